"""Measures the media worker with rooms as they are: what a room costs, and how that grows.

    python benchmarks/media_rooms.py [--listeners 1,4,9,30,100,300] [--people 30] [--seconds 4]

*Growth*: one speaker (a camera of 150 packets a second, sound) and more and
more listeners. *A class*: everybody's camera is on, in three simulcast layers,
and everybody is shown nine others (the trainer large, eight small), three
speak. All peers answer as browsers do (`light_peers`) and stop the layers that
nobody watches when they are told. The worker has one core, all peers another,
over loopback: delivery to the receivers is in the worker's time. Writes
benchmarks/results/media_rooms.json and the table of docs/media.md.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench_network import PEER_CORE
from documentation import put_tables
from light_peers import Camera, Crowd, Peer, Section, Stream, pump, quantile_ms
from media import LOOPBACK, Figures, machine
from media_targets import Worker, cpu_s, memory_kb

from webvisio_protocol.identifiers import PeerId
from webvisio_protocol.media_control import SlotChoice, track_id
from webvisio_protocol.signalling import Mid, Source

RESULTS = Path(__file__).parent / "results" / "media_rooms.json"
CAMERA = [[1000] * 5]
LAYERS = [[500], [830] * 2, [1000] * 5]
"""Packets of a frame: 180, 360 and 720 lines; 0.12, 0.4 and 1.2 Mbit/s."""
RIDS = ("q", "h", "f")
SHOWN, AUDIO_SLOTS, SPEAKERS = 9, 5, 3
STAGE_HEIGHT, TILE_HEIGHT = 720, 180
MOST_WARM_UP_S = 12
STEADY = 0.02
"""Two seconds that differ by no more are steady."""

Send = Callable[[float], Awaitable[None]]
"""Sends pictures and sound for so many seconds."""


async def settle(worker: Worker, crowd: Crowd, send: Send) -> None:
    """Send until nothing is paused any more, and what is forwarded does not grow."""
    before = 0
    for _ in range(MOST_WARM_UP_S):
        crowd.reset()
        await send(1.0)
        if not sum(worker.paused.values()) and abs(crowd.packets - before) <= STEADY * crowd.packets:
            return
        before = crowd.packets


async def measure(worker: Worker, crowd: Crowd, send: Send, seconds: float, empty_kb: float) -> Figures:
    """Measure a room that flows."""
    crowd.reset()
    before_s, started, counts = cpu_s(worker.pid), time.monotonic(), await worker.statistics()
    await send(seconds)
    await asyncio.sleep(0.05)
    spent_s, elapsed_s, after = (
        cpu_s(worker.pid) - before_s,
        time.monotonic() - started,
        await worker.statistics(),
    )
    came = after["packets_received"] - counts.get("packets_received", 0)
    return {
        "received_per_s": round(came / elapsed_s),
        "forwarded_per_s": round(crowd.packets / elapsed_s),
        "cpu_us_per_forwarded_packet": round(1e6 * spent_s / max(1, crowd.packets), 2),
        "cpu_percent_of_a_core": round(100 * spent_s / elapsed_s, 1),
        "latency_p50_ms": round(quantile_ms(crowd.latencies_s, 0.5), 2),
        "latency_p99_ms": round(quantile_ms(crowd.latencies_s, 0.99), 2),
        "memory_mb": round(memory_kb(worker.pid) / 1000, 1),
        "memory_mb_of_the_room": round((memory_kb(worker.pid) - empty_kb) / 1000, 1),
        "slots_paused": sum(worker.paused.values()),
        "undecryptable": crowd.undecryptable,
    }


async def grow(steps: list[int], seconds: float) -> list[Figures]:
    """One speaker, more and more listeners."""
    rows: list[Figures] = []
    async with Worker.running(LOOPBACK, None) as worker:
        crowd = Crowd(LOOPBACK)
        try:
            empty_kb = memory_kb(worker.pid)
            speaker = Peer(crowd, [Section("audio", sends=True), Section("video", sends=True)])
            await worker.publish(speaker)
            cameras = [Camera(speaker, 1, CAMERA)]
            voices = [(speaker, speaker.by_section[0][0])]

            async def send(duration_s: float) -> None:
                await pump(duration_s, cameras, voices)

            await send(1)
            present = 0
            for step in steps:
                started = time.monotonic()
                sending = asyncio.ensure_future(send(0.5))
                for _ in range(step - present):
                    listener = Peer(crowd, [Section("video", sends=False), Section("audio", sends=False)])
                    await worker.subscribe(listener)
                    if sending.done():
                        sending = asyncio.ensure_future(send(0.5))
                joined_s = time.monotonic() - started
                await sending
                await settle(worker, crowd, send)
                row = {"listeners": step, "ms_per_join": round(1000 * joined_s / (step - present), 1)}
                row |= await measure(worker, crowd, send, seconds, empty_kb)
                present = step
                rows.append(row)
                print(row, flush=True)
        finally:
            await crowd.close()
    return rows


def choices(people: list[Peer], place: int) -> list[SlotChoice]:
    """Say what somebody is shown: the trainer large, and the eight who follow."""
    count = len(people)
    others = [(place + step) % count for step in range(1, count)]
    stage = 0 if place else 1
    shown = [stage, *[other for other in others if other != stage]][:SHOWN]
    heights = [STAGE_HEIGHT] + [TILE_HEIGHT] * SHOWN
    return [
        SlotChoice(
            Mid(str(2 + slot)),
            track_id(PeerId(people[other].ufrag), Source.CAMERA),
            height * 16 // 9,
            height,
        )
        for slot, (other, height) in enumerate(zip(shown, heights, strict=False))
    ]


async def teach(people: int, seconds: float) -> Figures:
    """Everybody's camera is on."""
    async with Worker.running(LOOPBACK, None) as worker:
        crowd = Crowd(LOOPBACK)
        try:
            empty_kb = memory_kb(worker.pid)
            sections = [
                Section("audio", sends=True),
                Section("video", sends=True, rids=RIDS),
                *[Section("video", sends=False)] * SHOWN,
                *[Section("audio", sends=False)] * AUDIO_SLOTS,
            ]
            room: list[Peer] = []
            cameras: list[Camera] = []
            started = time.monotonic()
            for _ in range(people):
                peer = Peer(crowd, sections)
                await worker.join(peer)
                room.append(peer)
                cameras.append(Camera(peer, 1, LAYERS))
            joined_s = time.monotonic() - started
            voices: list[tuple[Peer, Stream]] = [(peer, peer.by_section[0][0]) for peer in room[:SPEAKERS]]
            for place, peer in enumerate(room):
                worker.show(peer, choices(room, place))

            async def send(duration_s: float) -> None:
                for peer, camera in zip(room, cameras, strict=True):
                    track = track_id(PeerId(peer.ufrag), Source.CAMERA)
                    camera.layers = worker.layers.get(track, len(RIDS))
                await pump(duration_s, cameras, voices)

            await settle(worker, crowd, send)
            found = {"people": people, "ms_per_join": round(1000 * joined_s / people, 1)}
            found |= await measure(worker, crowd, send, seconds, empty_kb)
            found["layers_sent"] = sum(camera.layers for camera in cameras)
            print(found, flush=True)
            return found
        finally:
            await crowd.close()


def table(growth: list[Figures], lesson: Figures) -> str:
    """Write the figures as the documentation has them."""
    rows = [(f"one speaker, {row['listeners']} listeners", row) for row in growth]
    rows.append((f"{lesson['people']} people, all cameras on, {SHOWN} shown", lesson))
    lines = [
        "| room | packets/s in, out | CPU a packet out, us | of a core | p99, ms | memory of the room, MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows:
        lines.append(
            f"| {name} | {row['received_per_s']}, {row['forwarded_per_s']} |"
            f" {row['cpu_us_per_forwarded_packet']:.0f} | {row['cpu_percent_of_a_core']:.0f} % |"
            f" {row['latency_p99_ms']:.1f} | {row['memory_mb_of_the_room']:.1f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listeners", default="1,4,9,30,100,300")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {PEER_CORE})
    report: dict[str, object] = {"machine": machine()}
    growth = asyncio.run(grow([int(n) for n in arguments.listeners.split(",")], arguments.seconds))
    lesson = asyncio.run(teach(arguments.people, arguments.seconds))
    report |= {"growth": growth, "class": lesson}
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print(table(growth, lesson))
    if arguments.output == RESULTS:
        put_tables("rooms", table(growth, lesson))
    return 0


if __name__ == "__main__":
    sys.exit(main())
