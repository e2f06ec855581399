"""One room served by a process of its own, for benchmarks whose people are in another.

Real tornado, database and disk; hub and media are the fakes of `tests/unit/rooms`.
Beside it, in the same process, the floor: a bare tornado WebSocket that copies.
A benchmark is started with `--serve` to be that process: it calls `announce`.
"""

import asyncio
import json
import os
import platform as machine
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "services"), str(ROOT / "tests")]

from crowd import Member  # noqa: E402
from tornado.httpserver import HTTPServer  # noqa: E402
from tornado.testing import bind_unused_port  # noqa: E402
from tornado.web import Application  # noqa: E402
from tornado.websocket import WebSocketHandler  # noqa: E402

from unit.rooms.rooms_world import PREFIX, START, ManualTimers, World  # noqa: E402
from webvisio_protocol.identifiers import Role  # noqa: E402


class LiveTimers(ManualTimers):
    """A clock that moves, and calls what falls due, as in the service."""

    def __init__(self) -> None:
        super().__init__()
        self._began_s = time.monotonic()

    def now(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began_s)

    def call_at(self, instant: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        wait_s = (instant - self.now()).total_seconds()
        return asyncio.get_running_loop().call_later(max(0.0, wait_s), callback).cancel


class Copier(WebSocketHandler):
    """The floor: what one says, all others hear."""

    lines: "set[Copier]" = set()  # noqa: RUF012 - one server a process

    def check_origin(self, origin: str) -> bool:
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.lines.add(self)

    def on_message(self, message: str | bytes) -> None:
        for line in self.lines:
            if line is not self:
                line.write_message(message, binary=True)

    def on_close(self) -> None:
        self.lines.discard(self)


def admit(world: World, people: int) -> list[str]:
    """Make a trainer and trainees known to the hub; returns their tokens, the trainer's first."""
    trainees = [world.hub.add(f"trainee{n}", Role.PARTICIPANT) for n in range(people - 1)]
    return [world.hub.add("trainer", Role.HOST), *trainees]


async def announce(world: World, tokens: list[str], **more: Any) -> None:
    """Print where the room and the floor are, with a cookie a person, and serve until the input ends."""
    socket, floor = bind_unused_port()
    HTTPServer(Application([("/floor", Copier)])).add_socket(socket)
    cookies = [world.cookies(token) for token in tokens]
    print(json.dumps({"port": world.port, "floor": floor, "cookies": cookies} | more), flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def serving(script: str, people: int) -> Iterator[tuple[dict[str, Any], psutil.Process]]:
    """Start `script` with `--serve`; yields what it announced, and the process."""
    command = [sys.executable, script, "--serve", "--people", str(people)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        yield json.loads(service.stdout.readline()), psutil.Process(service.pid)
        service.communicate("")


def connect(port: int, cookie: str, path: str) -> Member:
    """Open a WebSocket of the rooms service as a page does."""
    headers = {"Cookie": cookie, "Sec-Fetch-Mode": "websocket", "Origin": f"http://127.0.0.1:{port}"}
    return Member(f"ws://127.0.0.1:{port}{PREFIX}{path}", headers)


def connect_to_floor(port: int) -> Member:
    """Open a line of the floor."""
    return Member(f"ws://127.0.0.1:{port}/floor", {})


def memory_mb(process: psutil.Process) -> float:
    """Resident memory."""
    return float(process.memory_info().rss / 1e6)


def cpu_s(process: psutil.Process) -> float:
    """CPU time so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def surroundings(*packages: str) -> dict[str, Any]:
    """Say what the figures belong to."""
    return {
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Linux {machine.release()}",
        "versions": {name: version(name) for name in packages},
        "date": time.strftime("%Y-%m-%d"),
        "load_at_start": round(os.getloadavg()[0], 1),
    }
