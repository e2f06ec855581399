"""One child process: started, its output kept in a bounded log, ended in order.

A child dies with the supervisor, however the supervisor dies
(PR_SET_PDEATHSIG); it has a session of its own, so Ctrl-C reaches the
supervisor alone, which then ends the children in its own order.
"""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from webvisio_hub.supervision.plan import ChildPlan

MAX_LOG_BYTES: Final = 5 * 1024 * 1024
KEPT_LOGS: Final = 3
LAST_LINES: Final = 12
_CHUNK_BYTES: Final = 64 * 1024
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans, so that it can end them."""
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def die_with_parent() -> Callable[[], None]:
    """Build a `preexec_fn` that kills the child when its parent has died, even before it began."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Child:
    """A running process and its log."""

    def __init__(self, plan: ChildPlan, logs: Path) -> None:
        self.plan = plan
        self.log = BoundedLog(logs / f"{plan.name}.log")
        self.is_up = asyncio.Event()
        """Set once the child has answered for the first time."""
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process; its output goes to the log from then on."""
        self._process = await asyncio.create_subprocess_exec(
            *self.plan.command,
            env=dict(self.plan.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        self._reading = asyncio.create_task(self._keep_output(self._process))

    async def ended(self) -> int:
        """Wait for the end; returns the exit status, minus the signal's number when killed."""
        assert self._process is not None
        status = await self._process.wait()
        if self._reading is not None:
            # orphans of the child may hold its output open for as long as they live
            await asyncio.wait([self._reading], timeout=0.2)
        return status

    async def stop(self) -> None:
        """Ask the process to end, and kill it when it takes too long."""
        if self._process is not None and self._process.returncode is None:
            self._send(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), self.plan.stop_timeout_s)
            except TimeoutError:
                self._send(signal.SIGKILL)
                await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
        self.log.close()

    def kill(self) -> None:
        """End the process at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _keep_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while chunk := await process.stdout.read(_CHUNK_BYTES):
            self.log.write(chunk)


class BoundedLog:
    """A log file that is set aside when it is full; the oldest ones go. Mode 600."""

    def __init__(self, path: Path, max_bytes: int = MAX_LOG_BYTES, kept: int = KEPT_LOGS) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._descriptor: int | None = None
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Append a chunk, setting the file aside first when it is full."""
        if self._descriptor is None:
            self._open()
        if self._size + len(chunk) > self._max_bytes and self._size:
            self._turn()
        assert self._descriptor is not None
        os.write(self._descriptor, chunk)
        self._size += len(chunk)

    def last_lines(self, count: int = LAST_LINES) -> list[str]:
        """Read the end of the log, to show it when a child cannot be kept up."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _CHUNK_BYTES))
            return file.read().decode(errors="replace").splitlines()[-count:]

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def _turn(self) -> None:
        self.close()
        for number in range(self._kept - 1, 0, -1):
            older = self.path.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(self.path.with_suffix(f".log.{number + 1}"))
        self.path.replace(self.path.with_suffix(".log.1"))
        self._open()
