"""Measures what it costs that a session is on two media workers.

    python benchmarks/media_cascade.py [--subscribers 100] [--runs 3]

First one camera and one viewer, on one worker and on two: the difference is
the way between workers, with both of its ends. Then one camera and many
viewers, on one worker and half on each of two. The workers share one core, the
peers have the other, so that CPU time is what is compared, not what two cores
would carry. Writes benchmarks/results/media_cascade.json.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from bench_network import FORWARDER_CORE as SFU_CORE
from bench_network import PEER_CORE
from light_peers import quantile_ms
from media import Figures, machine
from media_peers import Drain, Publisher, Subscriber, use_address
from media_targets import cpu_s, memory_kb

from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_rooms.domain.negotiation import published_sources
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.worker import WorkerEngine, worker_command

RESULTS = Path(__file__).parent / "results" / "media_cascade.json"
ADDRESS = "127.0.0.1"
GROUP = GroupId("bench")
WARM_UP_S = 1.5


async def measure(workers: int, peers_a_worker: int, viewers: int, rate: int, seconds: float) -> Figures:
    """Load a pool of workers with one camera and its viewers."""
    mesh = Mesh(workers)
    command = ["taskset", "-c", str(SFU_CORE), *worker_command(0, [ADDRESS])]
    engines = [WorkerEngine(command, mesh.ends(place)) for place in range(workers)]
    pool = WorkerPool(engines, peers_a_worker, mesh)
    await pool.start()
    while not all(engine.is_ready for engine in engines):  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.05)
    pids = [pid for engine in engines if (pid := engine.worker_pid) is not None]
    drain, publisher, people = Drain(), Publisher(), [Subscriber() for _ in range(viewers)]

    def negotiator(name: str, is_viewer: bool) -> Any:
        async def negotiate(offer: str) -> str:
            sources = published_sources(offer)
            return await pool.open_peer(GROUP, PeerId(name), offer, sources, fills_video_slots=is_viewer)

        return negotiate

    try:
        await publisher.connect(negotiator("camera", False))
        for number, viewer in enumerate(people):
            await viewer.connect(negotiator(f"viewer{number}", True))
            await viewer.ready(drain)
        await publisher.pump(rate, WARM_UP_S)
        publisher.sent = 0
        for viewer in people:
            viewer.reset()
        before = await pool.statistics()
        before_s = sum(map(cpu_s, pids))
        await publisher.pump(rate, seconds)
        await asyncio.sleep(0.2)
        spent_s = sum(map(cpu_s, pids)) - before_s
        after = await pool.statistics()
        got = sum(viewer.packets for viewer in people)
        latencies = [latency for viewer in people for latency in viewer.latencies_s]
        return {
            "cpu_us_per_published_packet": 1e6 * spent_s / max(1, publisher.sent),
            "cpu_us_per_forwarded_packet": 1e6 * spent_s / max(1, got),
            "delivered": got / (publisher.sent * viewers),
            "carried": (after["cascade_packets_received"] - before["cascade_packets_received"])
            / publisher.sent
            if workers > 1
            else 0.0,
            "latency_p50_ms": quantile_ms(latencies, 0.5),
            "latency_p99_ms": quantile_ms(latencies, 0.99),
            "memory_kb": sum(map(memory_kb, pids)),
        }
    finally:
        await asyncio.gather(publisher.close(), *(viewer.close() for viewer in people))
        drain.close()
        await pool.stop()


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure each in turn, `arguments.runs` times; the median counts."""
    use_address(ADDRESS)
    os.sched_setaffinity(0, {PEER_CORE})
    many, half = arguments.subscribers, arguments.subscribers // 2 + 1
    loads = {
        "one_viewer_one_worker": (1, 0, 1, 1800, 4.0),
        "one_viewer_two_workers": (2, 1, 1, 1800, 4.0),
        "many_viewers_one_worker": (1, 0, many, 300, 5.0),
        "many_viewers_two_workers": (2, half, many, 300, 5.0),
    }
    runs: dict[str, list[Figures]] = {name: [] for name in loads}
    for _ in range(arguments.runs):
        for name, load in loads.items():
            runs[name].append(await measure(*load))
            print(name, {key: round(value, 2) for key, value in runs[name][-1].items()}, flush=True)
    report: dict[str, Any] = {"machine": machine(), "subscribers": many}
    report |= {
        name: {key: round(statistics.median(each[key] for each in done), 3) for key in done[0]}
        for name, done in runs.items()
    }
    one, two = report["one_viewer_one_worker"], report["one_viewer_two_workers"]
    carrying = two["cpu_us_per_published_packet"] - one["cpu_us_per_published_packet"]
    report["cpu_us_per_carried_packet"] = round(carrying, 1)
    return report


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    report = asyncio.run(run(arguments))
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print("a carried packet:", report["cpu_us_per_carried_packet"], "us")
    return 0


if __name__ == "__main__":
    sys.exit(main())
