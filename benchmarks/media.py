"""Measures the media worker beside the C floor and Debian's janus, in turn, in one run.

    python benchmarks/media.py [--runs 3] [--subscribers 100] [--rate 300] [--seconds 5]

One publisher, N receivers that answer as browsers do (`light_peers`), history,
mapping, reports, NACKs and the estimation of bandwidth on. The forwarder has
one core, the peers another. Everything is measured in two ways:

- *local*: forwarder and receivers on one machine, as the kernel has it. What
  a receiver's machine would do to deliver a packet is billed to the sender.
- *steered*: over a cable whose far end delivers on the receivers' core, as if
  it had come through a network card (`bench_network`); once more with segments
  cut up by the kernel before the cable, as for a card that cannot.

The worker is run by the Python that runs this, and on the machine itself also
by Debian's, which is compiled with all optimizations, where it has the same version.

The floor is what one core can encrypt and send in C (`media_floor.c`): unread
as fast as it can, and at the same load to receivers that are read like the
forwarder's. Needs root and `apt install janus libsrtp2-dev gcc ethtool`;
without root the worker and the floor run on loopback alone. Writes
benchmarks/results/media.json, with the machine, and the tables of docs/media.md.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bench_network as net
from documentation import put_tables
from light_peers import FRAMES_PER_S, Camera, Crowd, Peer, Section, Sink, pump, quantile_ms
from media_targets import Janus, Target, Worker, core_busy_s, cpu_s, memory_kb

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "media.json"
PACKET_BYTES = 1100
JOINING_RATE = 60
"""Packets a second while receivers join."""
MOST_WARM_UP_S = 15
WARM = 0.995
"""Share of packets that arrives when every receiver's estimate has found out what its line carries."""
FLOOR_S = 3.0
LOOPBACK = "127.0.0.1"
LOCAL, STEERED = "local", "steered"
DEBIANS_PYTHON = "/usr/bin/python3"
BY_DEBIANS_PYTHON = "local worker, Debian's Python"

Figures = dict[str, float]
Runs = dict[str, list[Figures]]


class Place:
    """Where forwarder and receivers are."""

    def __init__(self, way: str, has_network: bool) -> None:
        self.namespace = net.FORWARDER if has_network else None
        self.forwarder = net.NEAR_ADDRESS if has_network else LOOPBACK
        self.receivers = net.FAR_ADDRESS if way == STEERED else self.forwarder
        if has_network:
            net.enter(net.PEERS if way == STEERED else net.FORWARDER)
            net.steer(way == STEERED)


def camera(peer: Peer, packets_per_s: int) -> Camera:
    """A camera without layers."""
    return Camera(peer, 0, [[PACKET_BYTES] * max(1, packets_per_s // FRAMES_PER_S)])


async def measure(target: Target, place: Place, subscribers: int, rate: int, seconds: float) -> Figures:
    """Load a forwarder that runs: joins first, then a steady camera."""
    crowd = Crowd(place.receivers)
    try:
        publisher = Peer(crowd, [Section("video", sends=True)])
        await target.publish(publisher)
        slow = camera(publisher, JOINING_RATE)
        await pump(1, [slow])
        empty_kb = memory_kb(target.pid)
        started, spent_s = time.monotonic(), cpu_s(target.pid)
        joined_s = 0.0

        async def join() -> None:
            nonlocal joined_s
            for _ in range(subscribers):
                await target.subscribe(Peer(crowd, [Section("video", sends=False)]))
            joined_s = time.monotonic() - started

        joining = asyncio.ensure_future(join())
        while not joining.done():
            await pump(0.25, [slow])
        await joining
        joining_cpu_ms = 1000 * (cpu_s(target.pid) - spent_s) / subscribers
        joining_p99_ms = quantile_ms(crowd.latencies_s, 0.99)
        fast = camera(publisher, rate)
        await warm_up(crowd, fast, subscribers)
        full_kb = memory_kb(target.pid)
        crowd.reset()
        before_s, busy_s, received = cpu_s(target.pid), core_busy_s(net.FORWARDER_CORE), net.processed()
        started = time.monotonic()
        sent = await pump(seconds, [fast])
        await asyncio.sleep(0.1)
        elapsed_s, spent_s = time.monotonic() - started, cpu_s(target.pid) - before_s
        busy_s = elapsed_s + core_busy_s(net.FORWARDER_CORE) - busy_s
        received = [after - before for after, before in zip(net.processed(), received, strict=True)]
        got = max(1, crowd.packets)
        return {
            "cpu_us_per_forwarded_packet": 1e6 * spent_s / got,
            "core_us_per_forwarded_packet": 1e6 * busy_s / got,
            "forwarded_per_s": crowd.packets / elapsed_s,
            "delivered": crowd.packets / (sent * subscribers),
            "latency_p50_ms": quantile_ms(crowd.latencies_s, 0.5),
            "latency_p99_ms": quantile_ms(crowd.latencies_s, 0.99),
            "joins_s": joined_s,
            "cpu_ms_per_join": joining_cpu_ms,
            "latency_p99_while_joining_ms": joining_p99_ms,
            "memory_kb_per_receiver": (full_kb - empty_kb) / subscribers,
            "repeated_per_s": crowd.repeats / elapsed_s,
            "undecryptable": float(crowd.undecryptable),
            "delivered_by_peers_core": received[net.PEER_CORE] / max(1, sum(received)),
        }
    finally:
        await crowd.close()


async def warm_up(crowd: Crowd, sending: Camera, subscribers: int) -> None:
    """Send until everybody gets everything: estimates begin low, and try."""
    for _ in range(MOST_WARM_UP_S):
        crowd.reset()
        sent = await pump(1, [sending])
        await asyncio.sleep(0.05)
        if crowd.packets >= WARM * sent * subscribers:
            return


def compile_floor(folder: Path) -> Path:
    """Compile the C floor."""
    program = folder / "media_floor"
    subprocess.run(["cc", "-O2", HERE / "media_floor.c", "-o", program, "-lsrtp2"], check=True)
    return program


async def run_floor(program: Path, place: Place, *more: str) -> Figures:
    """Run it on the forwarder's core, in its place."""
    inside = ["ip", "netns", "exec", place.namespace] if place.namespace else []
    process = await asyncio.create_subprocess_exec(
        *inside,
        *("taskset", "-c", str(net.FORWARDER_CORE), str(program), place.forwarder),
        *more,
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    figures: Figures = json.loads(output)
    return figures


async def read_floor(program: Path, place: Place, subscribers: int) -> Figures:
    """Run it against receivers that are read as those of the forwarders are."""
    crowd = Crowd(place.receivers)
    try:
        ports = [str(Sink(crowd).port) for _ in range(subscribers)]
        found = await run_floor(program, place, str(FLOOR_S), place.receivers, *ports)
        await asyncio.sleep(0.1)
        return found | {"delivered": crowd.packets / (2 * found["packets"])}
    finally:
        await crowd.close()


def middle(runs: list[Figures]) -> Figures:
    """The median of each figure."""
    return {name: round(statistics.median(run[name] for run in runs), 4) for name in runs[0]}


def has_debians_python() -> bool:
    """Whether there is another interpreter of the same version, which can load the same modules."""
    if not Path(DEBIANS_PYTHON).exists() or Path(DEBIANS_PYTHON).samefile(sys.executable):
        return False
    told = subprocess.run([DEBIANS_PYTHON, "-V"], capture_output=True, text=True, check=True).stdout
    return told.split()[1].split(".")[:2] == platform.python_version().split(".")[:2]


def machine() -> dict[str, str]:
    """What the figures belong to."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    janus = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "janus"], capture_output=True, text=True)
    packages = {name: version(name) for name in ("aiortc", "pylibsrtp", "cffi", "cryptography")}
    return {
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "janus": janus.stdout or "not installed",
        "load_average_before": f"{os.getloadavg()[0]:.2f}",
        **packages,
    }


async def measure_all(arguments: argparse.Namespace, has_network: bool, report: dict[str, Any]) -> None:
    """Measure each in turn, `arguments.runs` times; fills `report`."""
    os.sched_setaffinity(0, {net.PEER_CORE})
    load = (arguments.subscribers, arguments.rate, arguments.seconds)
    report["machine"] = machine()
    report["load"] = dict(zip(("subscribers", "rate", "seconds"), load, strict=True))
    found: Runs = {}

    def keep(name: str, figures: Figures) -> None:
        found.setdefault(name, []).append(figures)
        print(name, {key: round(value, 2) for key, value in figures.items()}, flush=True)

    async def load_worker(place: Place, python: str = sys.executable) -> Figures:
        async with Worker.running(place.forwarder, place.namespace, python) as worker:
            return await measure(worker, place, *load)

    with tempfile.TemporaryDirectory() as folder:
        program = compile_floor(Path(folder))
        for _ in range(arguments.runs):
            for way in (LOCAL, STEERED) if has_network else (LOCAL,):
                place = Place(way, has_network)
                if way == LOCAL:
                    keep("local floor unread", await run_floor(program, place))
                keep(f"{way} floor read", await read_floor(program, place, arguments.subscribers))
                keep(f"{way} worker", await load_worker(place))
                if way == LOCAL and has_debians_python():
                    keep(BY_DEBIANS_PYTHON, await load_worker(place, DEBIANS_PYTHON))
                if has_network:
                    async with Janus.running(place.forwarder, place.namespace) as janus:
                        keep(f"{way} janus", await measure(janus, place, *load))
            if has_network:
                net.cut_in_software(True)
                keep("steered worker, segments cut by the kernel", await load_worker(place))
                net.cut_in_software(False)
    report |= {name: middle(runs) for name, runs in found.items()}
    report["ratios"] = ratios(report, has_network)
    report["runs"] = {
        name: [{k: round(v, 3) for k, v in r.items()} for r in runs] for name, runs in found.items()
    }


def ratios(report: dict[str, Any], has_network: bool) -> dict[str, float]:
    """Set the worker's CPU time a packet against the others'."""

    def cpu(name: str) -> float:
        return float(report[name]["cpu_us_per_forwarded_packet"])

    found: dict[str, float] = {}
    for way, name in (("local", "local worker"), ("local, Debian's Python", BY_DEBIANS_PYTHON)):
        if name not in report:
            continue
        found[f"{way}, to the floor unread"] = cpu(name) / report["local floor unread"]["sendmmsg"]
        found[f"{way}, to the floor read"] = cpu(name) / report["local floor read"]["sendmmsg"]
        if has_network:
            found[f"{way}, to janus"] = cpu(name) / cpu("local janus")
    if has_network:
        floor = report["steered floor read"]["sendmmsg"]
        cut = cpu("steered worker, segments cut by the kernel")
        found |= {
            "steered, to the floor read": cpu("steered worker") / floor,
            "steered and cut by the kernel, to the floor read": cut / floor,
            "steered, to janus": cpu("steered worker") / cpu("steered janus"),
        }
    return {name: round(value, 3) for name, value in found.items()}


TABLE = (
    ("CPU a forwarded packet, us", "cpu_us_per_forwarded_packet", "sendmmsg", 1),
    ("latency p50, ms", "latency_p50_ms", "", 1),
    ("latency p99, ms", "latency_p99_ms", "", 1),
    ("p99 while joining, ms", "latency_p99_while_joining_ms", "", 1),
    ("100 joins, s", "joins_s", "", 1),
    ("memory a receiver, kB", "memory_kb_per_receiver", "", 0),
)


def table(runs: dict[str, list[Figures]]) -> str:
    """Write the figures as the documentation has them: from the least to the most of all runs."""
    names = list(runs)
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, figure, of_floor, digits in TABLE:
        cells = []
        for name in names:
            values = [run[key] for run in runs[name] for key in (figure, of_floor) if key in run]
            ends = (
                dict.fromkeys(f"{value:.{digits}f}" for value in (min(values), max(values))) if values else {}
            )
            cells.append(" - ".join(ends))
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ratio_table(found: dict[str, float]) -> str:
    """Write the ratios as the documentation has them."""
    rows = [f"| {name} | {value:.2f} |" for name, value in found.items()]
    return "\n".join(["| CPU a forwarded packet, worker to ... | ratio of medians |", "|---|---|", *rows])


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--rate", type=int, default=300, help="packets a second that the publisher sends")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    has_network = os.geteuid() == 0 and all(map(shutil.which, ("ip", "janus", "ethtool")))
    if not has_network:
        print("no root, or no janus: the worker and the floor alone, on loopback", file=sys.stderr)
    report: dict[str, Any] = {}
    with ExitStack() as stack:
        if has_network:
            stack.enter_context(net.network())
        asyncio.run(measure_all(arguments, has_network, report))
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    tables = f"{table(report['runs'])}\n\n{ratio_table(report['ratios'])}"
    print(tables)
    if arguments.output == RESULTS:
        put_tables("media", tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
