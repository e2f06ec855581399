"""Measures the media worker beside the C floor and Debian's janus, in turn, in one run.

    python benchmarks/media.py [--runs 3] [--subscribers 100] [--rate 300] [--seconds 6]

One publisher, N subscribers; the forwarder has one core, the peers another.
Janus takes no loopback address, so everything runs in a network namespace of
its own with a veth pair (that needs root, and `apt install janus libsrtp2-dev
gcc`); without root, the worker and the floor run on loopback and janus is left
out. Prints the figures and the ratios, and writes them with the machine and
the versions to benchmarks/results/media.json.
"""

import argparse
import asyncio
import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from media_peers import Drain, Publisher, Subscriber, use_address
from tornado.httpclient import AsyncHTTPClient

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "media.json"
NAMESPACE, DEVICE, ADDRESS = "webvisio-bench", "d0", "10.77.0.1"
WARM_UP_S = 2.0
JOINING_RATE = 60
"""Packets a second while subscribers join: connecting is what the peers' core has to do then."""
SFU_CORE, PEER_CORE = 0, 1
JANUS_URL = "http://127.0.0.1:8088/janus"

Negotiate = Callable[[str], Awaitable[str]]
Figures = dict[str, float]


async def fetch(url: str, body: str | None = None, content_type: str = "application/sdp") -> str:
    """GET, or POST `body`."""
    response = await AsyncHTTPClient().fetch(
        url,
        method="GET" if body is None else "POST",
        body=body,
        headers={} if body is None else {"Content-Type": content_type},
        request_timeout=60,
    )
    return response.body.decode()


def start(*command: str) -> subprocess.Popen[str]:
    """Start a forwarder on its core."""
    return subprocess.Popen(
        ["taskset", "-c", str(SFU_CORE), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


class Worker:
    """This project's media worker, standalone."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.pid = process.pid
        self._url = url

    @staticmethod
    @asynccontextmanager
    async def running(address: str) -> AsyncIterator["Worker"]:
        """Start it on its core."""
        arguments = ["--udp-port", "0", "--http-port", "0", "--ip", address]
        process = start(sys.executable, "-m", "webvisio_media", *arguments)
        assert process.stdout is not None
        try:
            yield Worker(process, process.stdout.readline().split("/whip")[0])
        finally:
            process.terminate()
            process.wait(10)

    def url(self, path: str) -> str:
        """Say where its HTTP interface has `path`."""
        return self._url + path

    async def publish(self, publisher: Publisher) -> None:
        """Send to it by WHIP."""
        await publisher.connect(lambda offer: fetch(f"{self._url}/whip", offer))

    async def subscribe(self, subscriber: Subscriber) -> None:
        """Play from it by WHEP."""
        await subscriber.connect(lambda offer: fetch(f"{self._url}/whep", offer))


class Janus:
    """Debian's janus with its VideoRoom, over its HTTP interface."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._feed = 0

    @staticmethod
    @asynccontextmanager
    async def running(address: str) -> AsyncIterator["Janus"]:
        """Start it on the same core, with nothing but what the measurement needs."""
        with tempfile.TemporaryDirectory() as folder:
            settings = {
                "janus.jcfg": "general: { debug_level = 1, session_timeout = 0 }\n"
                f'nat: {{ ice_enforce_list = "{DEVICE}" }}\n',
                "janus.transport.http.jcfg": 'general: { http = true, port = 8088, base_path = "/janus" }\n',
                "janus.plugin.videoroom.jcfg": "general: {}\n",
            }
            for name, text in settings.items():
                (Path(folder) / name).write_text(text)
            process = start("janus", "-F", folder)
            try:
                for _ in range(100):
                    with suppress(OSError):
                        await fetch(f"{JANUS_URL}/info")
                        break
                    await asyncio.sleep(0.1)
                yield Janus(process.pid)
            finally:
                process.terminate()
                process.wait(10)

    async def publish(self, publisher: Publisher) -> None:
        """Make a room and send to it."""
        room = {"request": "create", "room": 1, "publishers": 5, "bitrate": 0, "videocodec": "vp8"}
        await self._ask(await self._handle(), room)
        handle = await self._handle()
        joined, _ = await self._ask(handle, {"request": "join", "ptype": "publisher", "room": 1})
        self._feed = joined["id"]

        async def negotiate(offer: str) -> str:
            _, answer = await self._ask(handle, {"request": "configure", "video": True}, ("offer", offer))
            return answer

        await publisher.connect(negotiate)

    async def subscribe(self, subscriber: Subscriber) -> None:
        """Take its offer and start."""
        handle = await self._handle()
        wish = {"request": "join", "ptype": "subscriber", "room": 1, "streams": [{"feed": self._feed}]}
        _, offer = await self._ask(handle, wish)
        await self._ask(handle, {"request": "start"}, ("answer", await subscriber.answer(offer)))

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        body["transaction"] = secrets.token_hex(6)
        answer: dict[str, Any] = json.loads(
            await fetch(JANUS_URL + path, json.dumps(body), "application/json")
        )
        return answer

    async def _handle(self) -> str:
        session = (await self._post("", janus="create"))["data"]["id"]
        attached = await self._post(f"/{session}", janus="attach", plugin="janus.plugin.videoroom")
        return f"/{session}/{attached['data']['id']}"

    async def _ask(
        self, handle: str, body: dict[str, Any], description: tuple[str, str] | None = None
    ) -> tuple[dict[str, Any], str]:
        more = (
            {"jsep": {"type": description[0], "sdp": description[1], "trickle": False}} if description else {}
        )
        reply = await self._post(handle, janus="message", body=body, **more)
        session = handle.rsplit("/", 1)[0]
        while reply["janus"] not in ("success", "event"):
            reply = json.loads(await fetch(f"{JANUS_URL}{session}?maxev=1"))
        return reply["plugindata"]["data"], reply.get("jsep", {}).get("sdp", "")


def cpu_s(pid: int) -> float:
    """CPU time of a process and its children so far."""
    process = psutil.Process(pid)
    times = [p.cpu_times() for p in [process, *process.children(recursive=True)]]
    return sum(t.user + t.system for t in times)


def memory_kb(pid: int) -> float:
    """Memory that is the process's own."""
    return psutil.Process(pid).memory_full_info().uss / 1000


def quantile_ms(values_s: list[float], share: float) -> float:
    """A quantile of latencies, in milliseconds."""
    if not values_s:
        return float("nan")
    return 1000 * sorted(values_s)[min(len(values_s) - 1, int(share * len(values_s)))]


async def measure(target: Worker | Janus, subscribers: int, rate: int, seconds: float) -> Figures:
    """Load a forwarder that runs: joins first, then a steady camera."""
    drain = Drain()
    publisher = Publisher()
    viewers: list[Subscriber] = []
    try:
        await target.publish(publisher)
        await publisher.pump(60, 1)
        empty_kb = memory_kb(target.pid)
        started = time.monotonic()
        joined_s = 0.0

        async def join() -> None:
            nonlocal joined_s
            for _ in range(subscribers):
                viewer = Subscriber()
                await target.subscribe(viewer)
                await viewer.ready(drain)
                viewers.append(viewer)
            joined_s = time.monotonic() - started

        joining = asyncio.ensure_future(join())
        while not joining.done():
            await publisher.pump(JOINING_RATE, 0.5)
        await joining
        joining_latencies = [x for viewer in viewers for x in viewer.latencies_s]
        full_kb = memory_kb(target.pid)
        await publisher.pump(60, WARM_UP_S)
        publisher.sent = 0
        for viewer in viewers:
            viewer.reset()
        before_s, started = cpu_s(target.pid), time.monotonic()
        await publisher.pump(rate, seconds)
        await asyncio.sleep(0.2)
        spent_s, elapsed_s = cpu_s(target.pid) - before_s, time.monotonic() - started
        got = sum(viewer.packets for viewer in viewers)
        latencies = [x for viewer in viewers for x in viewer.latencies_s]
        return {
            "cpu_us_per_forwarded_packet": 1e6 * spent_s / max(1, got),
            "forwarded_per_s": got / elapsed_s,
            "delivered": got / (publisher.sent * subscribers),
            "latency_p50_ms": quantile_ms(latencies, 0.5),
            "latency_p99_ms": quantile_ms(latencies, 0.99),
            "joins_s": joined_s,
            "latency_p99_while_joining_ms": quantile_ms(joining_latencies, 0.99),
            "memory_kb_per_receiver": (full_kb - empty_kb) / subscribers,
            "undecryptable": float(sum(viewer.undecryptable for viewer in viewers)),
        }
    finally:
        await asyncio.gather(publisher.close(), *(viewer.close() for viewer in viewers))
        drain.close()


def floor(address: str, folder: Path) -> Figures:
    """Compile and run the C floor."""
    program = folder / "media_floor"
    if not program.exists():
        subprocess.run(["cc", "-O2", HERE / "media_floor.c", "-o", program, "-lsrtp2"], check=True)
    done = subprocess.run(
        ["taskset", "-c", str(SFU_CORE), program, address], check=True, capture_output=True, text=True
    )
    figures: Figures = json.loads(done.stdout)
    return figures


def middle(runs: list[Figures]) -> Figures:
    """The median of each figure."""
    return {name: round(statistics.median(run[name] for run in runs), 4) for name in runs[0]}


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


async def run(arguments: argparse.Namespace, address: str, with_janus: bool) -> dict[str, Any]:
    """Measure each in turn, `arguments.runs` times."""
    AsyncHTTPClient.configure(None, max_clients=200)
    use_address(address)
    os.sched_setaffinity(0, {PEER_CORE})
    load = (arguments.subscribers, arguments.rate, arguments.seconds)
    report: dict[str, Any] = {
        "machine": machine(),
        "load": dict(zip(("subscribers", "rate", "seconds"), load, strict=True)),
    }
    all_runs: dict[str, list[Figures]] = {"floor": [], "webvisio": []} | ({"janus": []} if with_janus else {})
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.runs):
            all_runs["floor"].append(floor(address, Path(folder)))
            async with Worker.running(address) as worker:
                all_runs["webvisio"].append(await measure(worker, *load))
            if with_janus:
                async with Janus.running(address) as janus:
                    all_runs["janus"].append(await measure(janus, *load))
            for name, runs in all_runs.items():
                print(name, {key: round(value, 2) for key, value in runs[-1].items()}, flush=True)
    report |= {name: middle(runs) for name, runs in all_runs.items()}
    ours = report["webvisio"]["cpu_us_per_forwarded_packet"]
    report["ratios"] = {"to_c_floor": round(ours / report["floor"]["sendmmsg"], 3)}
    if with_janus:
        report["ratios"]["to_janus"] = round(ours / report["janus"]["cpu_us_per_forwarded_packet"], 3)
    report["runs"] = {
        name: [{k: round(v, 3) for k, v in r.items()} for r in runs] for name, runs in all_runs.items()
    }
    return report


def inside_namespace(words: list[str]) -> int:
    """Run this program again in a network namespace that is made for it."""
    commands = [
        ["ip", "netns", "add", NAMESPACE],
        *(
            ["ip", "netns", "exec", NAMESPACE, "ip", *line.split()]
            for line in (
                "link set lo up",
                f"link add {DEVICE} type veth peer name d1",
                f"addr add {ADDRESS}/24 dev {DEVICE}",
                f"link set {DEVICE} up",
                "link set d1 up",
            )
        ),
    ]
    # One that a killed run left behind.
    subprocess.run(["ip", "netns", "del", NAMESPACE], check=False, stderr=subprocess.DEVNULL)
    try:
        for command in commands:
            subprocess.run(command, check=True)
        inner = [sys.executable, __file__, "--inside", *words]
        return subprocess.run(["ip", "netns", "exec", NAMESPACE, *inner], check=False).returncode
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)


def main() -> int:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--rate", type=int, default=300, help="packets a second that the publisher sends")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside and os.geteuid() == 0 and shutil.which("ip") and shutil.which("janus"):
        return inside_namespace(sys.argv[1:])
    if not arguments.inside:
        print("no root, or no janus: the worker and the floor alone, on loopback", file=sys.stderr)
    address = ADDRESS if arguments.inside else "127.0.0.1"
    report = asyncio.run(run(arguments, address, with_janus=arguments.inside))
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report["ratios"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
