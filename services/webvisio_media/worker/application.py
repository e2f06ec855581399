"""`python -m webvisio_media`: settings, signals, and what runs until it is told to stop.

With `--control FD` the process serves the rooms service and ends with it;
with `--http-port N` it serves WHIP and WHEP on loopback, without a token.
"""

import asyncio
import gc
import ipaddress
import logging
import signal
import socket
from dataclasses import fields

from traitlets import Bool, Dict, Float, Integer, List, TraitError, Unicode, validate
from traitlets.config import Application

from webvisio_media.engine.engine import Engine
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.rtp.preference import KNOWN_CODECS
from webvisio_media.web.server import serve
from webvisio_media.worker.control import ControlClient
from webvisio_protocol.media_control import Event

log = logging.getLogger("webvisio_media")


class MediaWorker(Application):
    """One media worker process."""

    name = "webvisio-media"
    description = "Forwards WebRTC media between the peers of a group, on one UDP port."

    control = Integer(
        -1, min=-1, help="Descriptor of the socket that the rooms service holds the other end of."
    ).tag(config=True)
    udp_port = Integer(0, min=0, max=65535, help="Port of all media; 0 takes a free one.").tag(config=True)
    tcp_port = Integer(
        -1,
        min=-1,
        max=65535,
        help="Port of ICE-TCP, for networks that block UDP; -1: the number of the UDP port, 0: none.",
    ).tag(config=True)
    http_port = Integer(
        -1,
        min=-1,
        max=65535,
        help="Standalone: serve WHIP and WHEP on this loopback port; 0 takes a free one.",
    ).tag(config=True)
    ip = List(Unicode(), help="Addresses told to browsers, best first; may be given several times.").tag(
        config=True
    )
    limits = Dict(
        value_trait=Integer(min=1), key_trait=Unicode(), help="Limits by name; see engine/limits.py."
    ).tag(config=True)
    link = Dict(
        value_trait=Integer(min=0),
        key_trait=Unicode(),
        help="Sockets that lead to other workers, NUMBER=DESCRIPTOR; may be given several times.",
    ).tag(config=True)
    timing = Dict(
        value_trait=Float(min=0.0001), key_trait=Unicode(), help="Durations in seconds; see engine/limits.py."
    ).tag(config=True)
    codecs = List(
        Unicode(),
        help="Codecs that are taken, best first (VP8, H264, VP9, AV1; OPUS, RED); without one of a kind, all"
        " that can be forwarded, as browsers prefer them.",
    ).tag(config=True)
    segmentation = Bool(True, help="Let the kernel cut bursts into datagrams (UDP_SEGMENT).").tag(config=True)

    aliases = {  # noqa: RUF012 - traitlets declares it so
        "control": "MediaWorker.control",
        "udp-port": "MediaWorker.udp_port",
        "tcp-port": "MediaWorker.tcp_port",
        "http-port": "MediaWorker.http_port",
        "link": "MediaWorker.link",
        "ip": "MediaWorker.ip",
        "codec": "MediaWorker.codecs",
        "log-level": "Application.log_level",
    }

    @validate("ip")
    def _check_addresses(self, proposal: dict[str, list[str]]) -> list[str]:
        for address in proposal["value"]:
            try:
                ipaddress.ip_address(address)
            except ValueError as problem:
                raise TraitError(f"--ip: {problem}") from problem
        return proposal["value"]

    @validate("link")
    def _check_links(self, proposal: dict[str, dict[str, int]]) -> dict[str, int]:
        if not all(number.isascii() and number.isdigit() for number in proposal["value"]):
            raise TraitError("--link takes NUMBER=DESCRIPTOR")
        return proposal["value"]

    @validate("codecs")
    def _check_codecs(self, proposal: dict[str, list[str]]) -> list[str]:
        names = [name.upper() for name in proposal["value"]]
        if unknown := set(names) - KNOWN_CODECS:
            raise TraitError(f"unknown codecs: {', '.join(sorted(unknown))}")
        return names

    @validate("limits")
    def _check_limits(self, proposal: dict[str, dict[str, int]]) -> dict[str, int]:
        known = {field.name for field in fields(Limits)}
        if unknown := set(proposal["value"]) - known:
            raise TraitError(
                f"unknown limits: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            )
        return proposal["value"]

    @validate("timing")
    def _check_timing(self, proposal: dict[str, dict[str, float]]) -> dict[str, float]:
        known = {field.name for field in fields(Timing)}
        if unknown := set(proposal["value"]) - known:
            raise TraitError(
                f"unknown durations: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            )
        return proposal["value"]

    def start(self) -> None:
        """Run until the control connection ends or a signal comes."""
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
        level = self.log_level
        assert isinstance(level, int | str)  # traitlets declares it as an object
        log.setLevel(level)
        if self.control < 0 and self.http_port < 0:
            self.exit_with("one of --control and --http-port is required")
        asyncio.run(self._serve())

    def exit_with(self, message: str) -> None:
        """Say why, and leave with status 2."""
        log.error(message)
        self.exit(2)

    async def _serve(self) -> None:
        client = ControlClient()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        engine = Engine(
            client.emit if self.control >= 0 else _ignore,
            tuple(self.ip) or ("127.0.0.1",),
            self.udp_port,
            Limits(**self.limits),
            Timing(**self.timing),
            is_segmenting=self.segmentation,
            tcp_port=None if self.tcp_port < 0 else self.tcp_port,
            links={int(number): socket.socket(fileno=end) for number, end in self.link.items()},
            codecs=self.codecs,
        )
        try:
            await engine.start()
        except OSError as problem:
            self.exit_with(f"UDP port {self.udp_port} cannot be had: {problem.strerror}")
        waits: list[asyncio.Task[object]] = [loop.create_task(stop.wait())]
        if self.http_port >= 0:
            _, port = serve(engine, self.http_port)
            print(f"http://127.0.0.1:{port}/whip udp {engine.port}", flush=True)
        if self.control >= 0:
            waits.append(loop.create_task(client.run(self.control, engine)))
        # What is there now stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await engine.close()
        for task in done:
            task.result()


def _ignore(event: Event) -> None:
    """Standalone, nobody listens."""


main = MediaWorker.launch_instance
