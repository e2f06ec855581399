"""How fast a room lets people in and tells all of them something.

    python benchmarks/signalling.py [--people 300]

The service runs in a process of its own (real tornado and database, fake hub
and fake media, as in `tests/unit/rooms`), the people in another. Times are
wall-clock on the people's side: `join` from opening the WebSocket to `Welcome`,
`told` from sending a chat line to its arrival at the last person.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "services"), str(ROOT / "tests/unit/rooms")]

from rooms_world import ROOM, START, ManualTimers, World, contract  # noqa: E402
from tornado.httpclient import HTTPRequest  # noqa: E402
from tornado.websocket import WebSocketClientConnection, websocket_connect  # noqa: E402

from webvisio_protocol.identifiers import Role  # noqa: E402

ROUNDS = 20


async def serve(people: int) -> None:
    """Serve one room until the input ends; prints where, and a cookie for each person."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), contract())
        world.timers = Moving()
        async with world:
            tokens = [world.hub.add("trainer", Role.HOST)]
            tokens += [world.hub.add(f"trainee{n}", Role.PARTICIPANT) for n in range(people - 1)]
            cookies = [world.cookies(token) for token in tokens]
            print(json.dumps({"port": world.port, "cookies": cookies}), flush=True)
            await asyncio.to_thread(sys.stdin.read)


class Moving(ManualTimers):
    """Rate limits need a clock that moves; nothing is ever due by it."""

    def __init__(self) -> None:
        super().__init__()
        self._began_s = time.monotonic()

    def now(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began_s)


async def join(port: int, cookie: str, tab: str) -> tuple[WebSocketClientConnection, float]:
    """Come in; returns the line and how long it took."""
    began = time.perf_counter()
    headers = {"Cookie": cookie, "Sec-Fetch-Mode": "websocket", "Origin": f"http://127.0.0.1:{port}"}
    request = HTTPRequest(f"ws://127.0.0.1:{port}/services/rooms/ws/{ROOM}", headers=headers)
    line = await websocket_connect(request)
    hello = {"type": "hello", "protocol": 1, "locale": "fr", "tabId": tab, "resume": None}
    line.write_message(json.dumps(hello))
    await until(line, b'"type":"welcome"')
    return line, time.perf_counter() - began


async def until(line: WebSocketClientConnection, part: bytes) -> None:
    """Read up to a message that contains `part`."""
    while True:
        message = await line.read_message()
        if message is None:
            raise RuntimeError(f"closed with {line.close_code}")
        if part in (message.encode() if isinstance(message, str) else message):
            return


async def measure(port: int, cookies: list[str], service: psutil.Process) -> dict[str, float]:
    """Let everybody in, then tell everybody something, `ROUNDS` times."""
    host, _ = await join(port, cookies[0], "tab")
    one_by_one = []
    middle = len(cookies) // 2
    lines = [host]
    for cookie in cookies[1:middle]:
        line, took = await join(port, cookie, "tab")
        lines.append(line)
        one_by_one.append(took)
    began = time.perf_counter()
    burst = await asyncio.gather(*(join(port, cookie, "tab") for cookie in cookies[middle:]))
    burst_s = time.perf_counter() - began
    lines += [line for line, _ in burst]
    told, used = [], []
    for number in range(ROUNDS):
        await asyncio.sleep(1.1)  # the rate of chat
        cpu_s, began = _cpu_s(service), time.perf_counter()
        chat = {"type": "chat_send", "clientId": f"c{number}", "text": "Bonjour à tous"}
        host.write_message(json.dumps(chat))
        await asyncio.gather(*(until(line, f'"clientId":"c{number}"'.encode()) for line in lines))
        told.append(time.perf_counter() - began)
        used.append(_cpu_s(service) - cpu_s)
    deciles = statistics.quantiles(one_by_one, n=20)
    return {
        "people": len(lines),
        "join_p50_ms": statistics.median(one_by_one) * 1000,
        "join_p95_ms": deciles[18] * 1000,
        "burst_people": len(burst),
        "burst_all_in_ms": burst_s * 1000,
        "told_all_p50_ms": statistics.median(told) * 1000,
        "told_all_max_ms": max(told) * 1000,
        "service_cpu_per_message_us": statistics.mean(used) / len(lines) * 1e6,
        "service_memory_mb": service.memory_info().rss / 1e6,
    }


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Run both processes and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.people))
        return
    command = [sys.executable, __file__, "--serve", "--people", str(given.people)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        where = json.loads(service.stdout.readline())
        figures = asyncio.run(measure(where["port"], where["cookies"], psutil.Process(service.pid)))
        service.communicate("")
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
