"""Churns a media worker and looks whether anything grows: memory, descriptors, peers, groups.

    python benchmarks/media_soak.py [--seconds 3600] [--rooms 4]

Publishers and subscribers come and go without a pause, some by closing, some
by vanishing; TCP strangers connect and say nothing. Every `ROUND_S` the worker
is read while nobody is connected. Ends with 1 when memory after the first
fifth grew by more than `MOST_GROWTH`, or when anything else is not back where
it was.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from contextlib import suppress

import psutil
from media import Worker, fetch
from media_peers import Drain, Publisher, Subscriber, use_address
from tornado.httpclient import AsyncHTTPClient

ROUND_S = 20.0
MOST_GROWTH = 1.05
VANISHED_S = 30.0
"""After so long a peer that vanished is noticed by its silence."""


async def figures(worker: Worker) -> dict[str, float]:
    """Read the worker's own figures."""
    text = await fetch(worker.url("/metrics"))
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {name.removeprefix("webvisio_media_"): float(value) for name, value in lines}


async def visit(worker: Worker, dice: random.Random, drain: Drain) -> None:
    """One room's life: a publisher, some subscribers, a few seconds of media, everybody gone."""
    room = f"room{dice.randrange(1000)}"
    publisher = Publisher()
    viewers = [Subscriber() for _ in range(dice.randrange(1, 6))]
    try:
        await publisher.connect(lambda offer: fetch(worker.url(f"/whip/{room}"), offer))
        for viewer in viewers:
            await viewer.connect(lambda offer: fetch(worker.url(f"/whep/{room}"), offer))
            await viewer.ready(drain)
        await publisher.pump(dice.choice((60, 120, 300)), dice.uniform(0.5, 3))
    finally:
        await asyncio.gather(publisher.close(), *(viewer.close() for viewer in viewers))


async def stand_about(worker: Worker) -> None:
    """Connect over TCP, say rubbish, go."""
    port = int((await figures(worker))["tcp_port"])
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x00\x08rubbish!")
        await writer.drain()
        writer.close()


async def churn(worker: Worker, dice: random.Random, until: float) -> int:
    """Visit again and again; returns how often."""
    drain = Drain()
    visits = 0
    try:
        while time.monotonic() < until:
            await asyncio.gather(visit(worker, dice, drain), stand_about(worker))
            visits += 1
    finally:
        drain.close()
    return visits


async def soak(seconds: float, rooms: int, seed: int) -> int:
    """Churn and look, round by round; returns the exit status."""
    AsyncHTTPClient.configure(None, max_clients=100)
    use_address("127.0.0.1")
    dice = random.Random(seed)  # noqa: S311 - a load, not a secret
    async with Worker.running("127.0.0.1") as worker:
        process = psutil.Process(worker.pid)
        began = time.monotonic()
        kept: list[tuple[float, int]] = []
        while time.monotonic() - began < seconds:
            until = time.monotonic() + ROUND_S
            visits = await asyncio.gather(*(churn(worker, dice, until) for _ in range(rooms)))
            waited = time.monotonic() + VANISHED_S
            while (now := await figures(worker))["peers"] and time.monotonic() < waited:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            memory_kb = process.memory_full_info().uss / 1000
            kept.append((memory_kb, process.num_fds()))
            print(
                f"{time.monotonic() - began:6.0f} s: {sum(visits)} visits, {memory_kb:.0f} kB,"
                f" {kept[-1][1]} descriptors, {now['peers']:.0f} peers, {now['groups']:.0f} groups,"
                f" {now['tcp_connections']:.0f} TCP",
                flush=True,
            )
            if now["peers"] or now["groups"] or now.get("internal_errors_total"):
                print("what left is still there, or something failed inside")
                return 1
    # The first rounds fill caches: of codecs, of packers, of the allocator.
    settled = kept[min(len(kept) - 1, max(3, len(kept) // 5)) :]
    growth = settled[-1][0] / settled[0][0]
    print(
        f"memory after the first fifth: x {growth:.3f}; descriptors {settled[0][1]} to {settled[-1][1]}; seed {seed}"
    )
    return int(growth > MOST_GROWTH or settled[-1][1] > settled[0][1])


def main() -> int:
    """Parse the command line and soak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("WEBVISIO_SOAK_S", "3600")))
    parser.add_argument("--rooms", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    return asyncio.run(soak(arguments.seconds, arguments.rooms, arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
