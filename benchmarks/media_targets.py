"""Forwarders under load: this project's worker and Debian's janus, each alone on its core.

The worker is spoken to over a socket pair, as rooms does; janus over HTTP (its Unix
sockets do not start reliably on one core).
"""

import asyncio
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec
import psutil
from bench_network import FORWARDER_CORE, NEAR, enter
from light_peers import Peer

from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.media_control import (
    MAX_CONTROL_LINE_BYTES,
    Answered,
    AssignSlots,
    Command,
    CommandFailed,
    Event,
    GetStatistics,
    LayersWanted,
    OpenPeer,
    SlotChoice,
    SlotsPaused,
    WorkerReady,
)
from webvisio_protocol.signalling import Mid, Source

GROUP = GroupId("bench")
PATIENCE_S = 60
JANUS_URL = "http://127.0.0.1:8088/janus"
SERVICES = Path(__file__).parent.parent / "services"


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process so far, in the scheduler's own nanoseconds."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def core_busy_s(core: int) -> float:
    """How long a core was not idle so far, interrupts included; only differences mean anything."""
    for line in Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == f"cpu{core}":
            return -(int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")
    raise LookupError(core)


def memory_kb(pid: int) -> float:
    """Memory that is the process's own."""
    return float(psutil.Process(pid).memory_full_info().uss) / 1000


def start(namespace: str | None, *command: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start a forwarder on its core; `Any` as `Popen` has it."""
    inside = ["ip", "netns", "exec", namespace] if namespace else []
    return subprocess.Popen(
        [*inside, "taskset", "-c", str(FORWARDER_CORE), *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )


class Worker:
    """This project's media worker, spoken to as the rooms service does."""

    def __init__(self, process: subprocess.Popen[bytes], end: socket.socket) -> None:
        self.pid = process.pid
        self.paused: dict[str, int] = {}
        """How many slots of each peer are paused for want of bandwidth."""
        self.layers: dict[str, int] = {}
        """How many layers of each track are watched."""
        self._end = end
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answered]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]

    @staticmethod
    @asynccontextmanager
    async def running(
        address: str, namespace: str | None, python: str = sys.executable
    ) -> AsyncIterator["Worker"]:
        """Start it on its core, run by `python`, which may be another one of the same version."""
        ours, theirs = socket.socketpair()
        arguments = ["--control", str(theirs.fileno()), "--udp-port", "0", "--ip", address]
        places = [str(SERVICES), sysconfig.get_path("platlib")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
        process = start(
            namespace,
            *(python, "-m", "webvisio_media", *arguments),
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        worker = Worker(process, ours)
        try:
            await worker._open()
            yield worker
        finally:
            worker._close()
            process.terminate()
            process.wait(10)

    async def publish(self, peer: Peer) -> None:
        """Let a peer send, with its first audio section as microphone and its first video as camera."""
        await self.join(peer)

    async def subscribe(self, peer: Peer) -> None:
        """Let a peer see whatever there is."""
        await self.join(peer, fills_video_slots=True)

    async def join(self, peer: Peer, fills_video_slots: bool = False) -> None:
        """Open a peer."""
        names = {"audio": Source.MICROPHONE, "video": Source.CAMERA}
        sources = {
            Mid(str(index)): names[section.kind]
            for index, section in enumerate(peer.sections)
            if section.sends
        }

        async def exchange(offer: str) -> str:
            command = OpenPeer(
                next(self._numbers), GROUP, PeerId(peer.ufrag), offer, sources, fills_video_slots
            )
            return (await self._ask(command)).sdp

        await peer.connect(exchange)

    def show(self, peer: Peer, choices: list[SlotChoice]) -> None:
        """Say what a peer's slots show."""
        self._say(AssignSlots(PeerId(peer.ufrag), tuple(choices)))

    async def statistics(self) -> dict[str, float]:
        """Ask for its own figures."""
        return (await self._ask(GetStatistics(next(self._numbers)))).statistics

    async def _ask(self, command: OpenPeer | GetStatistics) -> Answered:
        future = self._waiting[command.request_id] = asyncio.get_running_loop().create_future()
        self._say(command)
        return await future

    def _say(self, command: Command) -> None:
        self._writer.write(msgspec.json.encode(command) + b"\n")

    async def _open(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(
            sock=self._end, limit=4 * MAX_CONTROL_LINE_BYTES
        )
        self._reading = asyncio.get_running_loop().create_task(self._read(reader))
        async with asyncio.timeout(PATIENCE_S):
            await self._ready

    def _close(self) -> None:
        if hasattr(self, "_reading"):
            self._reading.cancel()
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = msgspec.json.Decoder(Event)
        while line := await reader.readline():
            match event := decoder.decode(line):
                case WorkerReady():
                    self.pid = event.pid
                    self._ready.set_result(None)
                case Answered():
                    self._waiting.pop(event.request_id).set_result(event)
                case CommandFailed():
                    self._waiting.pop(event.request_id).set_exception(RuntimeError(event.detail))
                case SlotsPaused():
                    self.paused[event.peer_id] = len(event.mids)
                case LayersWanted():
                    self.layers[event.track_id] = event.layers
                case _:
                    pass


class Janus:
    """Debian's janus with its VideoRoom, over its HTTP interface."""

    def __init__(self, pid: int, namespace: str | None) -> None:
        self.pid = pid
        self._session = ""
        self._feed = 0
        # Its own threads, which stay where janus listens.
        self._threads = ThreadPoolExecutor(4, initializer=enter, initargs=(namespace,))

    @staticmethod
    @asynccontextmanager
    async def running(address: str, namespace: str | None) -> AsyncIterator["Janus"]:
        """Start it on the same core, with nothing but what the measurement needs."""
        with tempfile.TemporaryDirectory() as folder:
            settings = {
                "janus.jcfg": "general: { debug_level = 1, session_timeout = 0 }\n"
                f'nat: {{ ice_enforce_list = "{NEAR}", ice_lite = true }}\n',
                "janus.transport.http.jcfg": 'general: { http = true, port = 8088, base_path = "/janus" }\n',
                "janus.plugin.videoroom.jcfg": "general: {}\n",
            }
            for name, text in settings.items():
                (Path(folder) / name).write_text(text)
            process = start(namespace, "janus", "-F", folder)
            janus = Janus(process.pid, namespace)  # `ip` and `taskset` become it
            try:
                async with asyncio.timeout(PATIENCE_S):
                    while not await janus._is_there():  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.1)
                yield janus
            finally:
                janus._threads.shutdown(wait=False, cancel_futures=True)
                process.terminate()
                process.wait(10)

    async def publish(self, peer: Peer) -> None:
        """Make a room and send to it."""
        self._session = f"/{(await self._post('', janus='create'))['data']['id']}"
        room = {"request": "create", "room": 1, "publishers": 5, "bitrate": 0, "videocodec": "vp8"}
        await self._ask(await self._handle(), room)
        handle = await self._handle()
        joined, _ = await self._ask(handle, {"request": "join", "ptype": "publisher", "room": 1})
        self._feed = joined["id"]

        async def exchange(offer: str) -> str:
            configure = {"request": "configure", "video": True}
            _, answer = await self._ask(handle, configure, ("offer", offer))
            return answer

        await peer.connect(exchange)

    async def subscribe(self, peer: Peer) -> None:
        """Take its offer and start."""
        handle = await self._handle()
        wish = {"request": "join", "ptype": "subscriber", "room": 1, "streams": [{"feed": self._feed}]}
        _, offer = await self._ask(handle, wish)

        async def send_answer(answer: str) -> str:
            await self._ask(handle, {"request": "start"}, ("answer", answer))
            return ""

        await peer.accept(offer, send_answer)

    async def _is_there(self) -> bool:
        with suppress(OSError):
            await self._fetch("/info", None)
            return True
        return False

    async def _fetch(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()

        def fetch() -> dict[str, Any]:
            with urlopen(  # noqa: S310 - janus, which this program started
                JANUS_URL + path, data, timeout=PATIENCE_S
            ) as response:
                answer: dict[str, Any] = json.load(response)
                return answer

        return await asyncio.get_running_loop().run_in_executor(self._threads, fetch)

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return await self._fetch(path, body | {"transaction": secrets.token_hex(6)})

    async def _handle(self) -> str:
        attached = await self._post(self._session, janus="attach", plugin="janus.plugin.videoroom")
        return f"{self._session}/{attached['data']['id']}"

    async def _ask(
        self, handle: str, body: dict[str, Any], description: tuple[str, str] | None = None
    ) -> tuple[dict[str, Any], str]:
        more = {}
        if description:
            more = {"jsep": {"type": description[0], "sdp": description[1], "trickle": False}}
        reply = await self._post(handle, janus="message", body=body, **more)
        while reply["janus"] not in ("success", "event"):
            reply = await self._fetch(f"{self._session}?maxev=1", None)
        return reply["plugindata"]["data"], reply.get("jsep", {}).get("sdp", "")


Target = Worker | Janus
