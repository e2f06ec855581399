"""Starts the children, keeps them up, and ends everything.

Invariant: when `run` returns, or when this process dies in any way, no process
of the run is left. In order: children are stopped last planned first, then
whatever carries the run's mark or descends from this process. Out of order:
the children die with this process (PR_SET_PDEATHSIG) and the guardian ends
the rest.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from webvisio_hub.errors import GaveUp
from webvisio_hub.supervision import guardian
from webvisio_hub.supervision.child import Child, adopt_orphans
from webvisio_hub.supervision.console import Console
from webvisio_hub.supervision.marked import end_marked, mark_of_home
from webvisio_hub.supervision.plan import ChildPlan
from webvisio_hub.supervision.restarts import GiveUp, RestartPolicy
from webvisio_hub.supervision.words import line

START_TIMEOUT_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.1
_SERVER_GRACE_S: Final = 3.0
"""How long servers and kernels may take to end once the hub has gone."""


def new_run_id(home: Path) -> str:
    """Make the mark of one run: what all runs of this home share, and a part of its own."""
    return f"{mark_of_home(home)}:{secrets.token_hex(8)}"


def end_stale_runs(home: Path, grace_s: float = 2.0) -> int:
    """End what an earlier run of this home left behind; returns how many processes that was."""
    prefix = f"{mark_of_home(home)}:"
    return end_marked(lambda mark: mark.startswith(prefix), grace_s)


class Supervisor:
    """The children of one run."""

    def __init__(self, plans: Sequence[ChildPlan], logs: Path, run_id: str, console: Console) -> None:
        self._children = [Child(plan, logs) for plan in plans]
        self._run_id = run_id
        self._console = console
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._problem: GaveUp | None = None
        self._guardian: subprocess.Popen[bytes] | None = None

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def request_stop(self) -> None:
        """Begin the orderly end; may be called from a signal handler of the loop."""
        self._stopping.set()

    async def start(self) -> None:
        """Start every child at once and return when all answer; raises `GaveUp`."""
        adopt_orphans()
        self._guardian = start_guardian(self._run_id)
        self._keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        await self.unless_stopped(self._all_up())
        if self._problem is not None:
            raise self._problem

    async def _all_up(self) -> None:
        for child in self._children:
            await child.is_up.wait()

    async def unless_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Do `work` to its end, or drop it when somebody asks to stop."""
        task = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            return
        task.result()

    async def wait(self) -> None:
        """Wait until somebody asks to stop; raises `GaveUp` when a child cannot be kept up."""
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 2.0)
            self._keep_guardian()
            self._collect_orphans()
        if self._problem is not None:
            raise self._problem

    async def stop(self) -> None:
        """End everything; afterwards no process of this run is left."""
        self._stopping.set()
        for keeper in self._keepers:
            keeper.cancel()
        hub_first = list(reversed(self._children))
        # the hub ends its servers itself and needs its proxy for it; the services can go meanwhile
        await asyncio.gather(*(child.stop() for child in hub_first if child.plan.name != "proxy"))
        await asyncio.gather(*(child.stop() for child in hub_first if child.plan.name == "proxy"))
        await asyncio.to_thread(self._end_the_rest)

    def pids(self) -> dict[str, int]:
        """Tell the process of each child that runs."""
        return {child.plan.name: child.pid for child in self._children if child.is_running}

    async def _keep(self, child: Child) -> None:
        """Start a child, and start it again whenever it ends."""
        policy = RestartPolicy()
        while True:
            policy.started()
            await child.start()
            coming_up = asyncio.create_task(self._see_it_come_up(child, policy))
            status = await child.ended()
            coming_up.cancel()
            decision = policy.crashed(time.monotonic())
            if isinstance(decision, GiveUp):
                self._give_up(child, "gave_up", crashes=decision.crashes)
                return
            self._console.say(
                "crashed", name=child.plan.name, status=_describe(status), delay=f"{decision.delay_s:.1f}"
            )
            await asyncio.sleep(decision.delay_s)

    async def _see_it_come_up(self, child: Child, policy: RestartPolicy) -> None:
        """Wait for a child's first answer; one that never comes ends it, which counts as a crash."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not await answers(child.plan.health_url):
            if time.monotonic() > deadline:
                self._console.say("never_up", name=child.plan.name, seconds=f"{START_TIMEOUT_S:.0f}")
                child.kill()
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        policy.answered(time.monotonic())
        child.is_up.set()
        self._console.say("up", name=child.plan.name)

    def _give_up(self, child: Child, key: str, **values: object) -> None:
        message = line(key, name=child.plan.name, log=child.log.path, **values)
        self._problem = GaveUp("\n".join([message, *(f"  {text}" for text in child.log.last_lines())]))
        self._stopping.set()

    def _keep_guardian(self) -> None:
        if self._guardian is not None and self._guardian.poll() is not None:
            self._guardian = start_guardian(self._run_id)

    def _collect_orphans(self) -> None:
        """Collect ended processes that were handed to this one, its own children aside."""
        own = {child.pid for child in self._children if child.is_running}
        for process in psutil.Process().children():
            if process.pid in own or (self._guardian and process.pid == self._guardian.pid):
                continue
            with suppress(psutil.Error, ChildProcessError):
                if process.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(process.pid, os.WNOHANG)

    def _end_the_rest(self) -> None:
        """End servers, kernels and whatever they started, then the guardian."""
        own = {self._guardian.pid} if self._guardian else set()
        rest = [process for process in _descendants() if process.pid not in own]
        for process in rest:
            with suppress(psutil.Error):
                process.terminate()
        _, alive = psutil.wait_procs(rest, timeout=_SERVER_GRACE_S if rest else 0)
        for process in alive:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=2.0)
        if self._guardian is not None:
            self._guardian.kill()
            self._guardian.wait()
        end_marked(lambda mark: mark == self._run_id, grace_s=0.5)


def start_guardian(run_id: str) -> "subprocess.Popen[bytes]":
    """Start the process that ends the run should this one be killed."""
    return subprocess.Popen(
        [sys.executable, "-I", str(Path(guardian.__file__)), run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={"PATH": os.defpath},  # no mark: it must outlive the sweep
    )


async def answers(url: str) -> bool:
    """Tell whether the server meant is there: it answers at `url`, if only to ask who wants to know."""
    try:
        response = await AsyncHTTPClient().fetch(
            url, request_timeout=2.0, connect_timeout=1.0, follow_redirects=False, raise_error=False
        )
    except (HTTPClientError, OSError):
        return False
    return response.code in (200, 401, 403)


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _describe(status: int) -> str:
    """Word an exit status: a number, or the signal's name."""
    if status >= 0:
        return str(status)
    with suppress(ValueError):
        return signal.Signals(-status).name
    return str(status)
