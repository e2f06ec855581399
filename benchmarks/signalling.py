"""How fast a room lets people in and tells all of them something, from a small class to a large one.

    python benchmarks/signalling.py [--people 30 100 300]

The service runs in a process of its own (`served_room`), the people are plain
sockets in another (`crowd`). `join` is from opening the WebSocket to `Welcome`,
one after another; `burst` is the other half of the people at once, as after a
break or a restart, until the last one is in. `chat` is from sending a line to its
arrival, at each person (p50, p99) and at the last; `hand` the same for a hand
raised, which changes the list of people. `floor` is a bare tornado WebSocket
that copies a message of the same length, to the same crowd, in the same run.
Writes benchmarks/results/signalling.json.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from crowd import Member, arrivals, drain
from served_room import (
    LiveTimers,
    admit,
    announce,
    connect,
    connect_to_floor,
    cpu_s,
    memory_mb,
    serving,
    surroundings,
)

from unit.rooms.rooms_world import ROOM, World, contract

RESULTS = Path(__file__).parent / "results" / "signalling.json"
ROUNDS = 20
PAUSE_S = 1.1
"""The rate at which one person may write."""
LINE = "Bonjour à tous"

Figures = dict[str, float]


async def serve(people: int) -> None:
    """Serve one room until the input ends."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), contract())
        world.timers = LiveTimers()
        async with world:
            await announce(world, admit(world, people))


def join(port: int, cookie: str) -> tuple[Member, float]:
    """Come in; returns the line and how long it took."""
    began = time.perf_counter()
    member = connect(port, cookie, f"ws/{ROOM}")
    member.send(json.dumps({"type": "hello", "protocol": 1, "locale": "fr", "tabId": "tab", "resume": None}))
    for message in member.messages():
        if b'"type":"welcome"' in message:
            return member, time.perf_counter() - began
    raise AssertionError("messages never end")


def tell(members: list[Member], say: Callable[[int], bytes]) -> tuple[Figures, bytes]:
    """Let the first say something to all, `ROUNDS` times; `say` returns by what it is known when it comes.

    Returns the times, and the last message.
    """
    took: list[float] = []
    last: list[float] = []
    heard = b""

    for number in range(ROUNDS):
        drain(members, PAUSE_S)
        began = time.perf_counter()
        mark = say(number)

        def is_it(message: bytes, mark: bytes = mark) -> bool:
            nonlocal heard
            if mark in message:
                heard = message
            return mark in message

        each = [found - began for found in arrivals(members[1:], is_it)]
        took += each
        last.append(max(each))
    cuts = statistics.quantiles(took, n=100)
    figures = {
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "last_p50_ms": round(statistics.median(last) * 1000, 2),
    }
    return figures, heard


def measure(where: dict[str, Any], service: psutil.Process) -> dict[str, Any]:
    """Let everybody in, then tell everybody something."""
    port, cookies = where["port"], where["cookies"]
    empty_mb = memory_mb(service)
    middle = len(cookies) // 2
    lines: list[Member] = []
    one_by_one = []
    for cookie in cookies[:middle]:
        line, took = join(port, cookie)
        lines.append(line)
        one_by_one.append(took)
        drain(lines)
    began, before_s = time.perf_counter(), cpu_s(service)
    with ThreadPoolExecutor(len(cookies) - middle) as threads:
        burst = list(threads.map(lambda cookie: join(port, cookie), cookies[middle:]))
    burst_s, burst_cpu_s = time.perf_counter() - began, cpu_s(service) - before_s
    lines += [line for line, _ in burst]
    full_mb = memory_mb(service)
    host = lines[0]

    def write(number: int) -> bytes:
        host.send(json.dumps({"type": "chat_send", "clientId": f"line-{number}", "text": LINE}))
        return f'"clientId":"line-{number}"'.encode()

    def raise_or_lower_hand(number: int) -> bytes:
        host.send(json.dumps({"type": "hand", "isRaised": number % 2 == 0}))
        return b'"type":"participant_changed"'

    before_s = cpu_s(service)
    chat, message = tell(lines, write)
    chat_cpu_s = cpu_s(service) - before_s
    hand, _ = tell(lines, raise_or_lower_hand)
    for line in lines:
        line.close()
    floor_lines = [connect_to_floor(where["floor"]) for _ in cookies]

    def copy(number: int) -> bytes:
        mark = f"copy-{number:04}".encode()
        floor_lines[0].send(mark.ljust(len(message), b"."))
        return mark

    floor, _ = tell(floor_lines, copy)
    for line in floor_lines:
        line.close()
    return {
        "people": len(lines),
        "join_p50_ms": round(statistics.median(one_by_one) * 1000, 2),
        "burst_people": len(burst),
        "burst_all_in_ms": round(burst_s * 1000, 1),
        "burst_cpu_ms_a_person": round(burst_cpu_s / len(burst) * 1000, 2),
        "chat": chat,
        "hand": hand,
        "floor": floor,
        "chat_p50_over_floor": round(chat["p50_ms"] / floor["p50_ms"], 2),
        "service_cpu_us_a_message": round(chat_cpu_s / ROUNDS / len(lines) * 1e6, 1),
        "memory_kb_a_person": round((full_mb - empty_mb) / len(lines) * 1000, 1),
    }


def main() -> None:
    """Run both processes for each size, print the figures, write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.people[0]))
        return
    results = surroundings("tornado", "msgspec", "sqlalchemy")
    results["rooms"] = []
    for people in given.people:
        with serving(__file__, people) as (where, service):
            results["rooms"].append(measure(where, service))
        print(json.dumps(results["rooms"][-1], indent=1), flush=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
