"""The engine behind worker processes: spawns, supervises and speaks to `webvisio_media`.

The worker inherits one end of a socket pair, which nobody else can reach, and
says `WorkerReady`; from then on this side sends commands and reads events
(`webvisio_protocol.media_control`). When either the process or its connection
is gone, both are ended and another worker is started: at once the first time,
then after a pause that doubles while workers do not live long. A worker exits
when its connection closes, so that none outlives this process, however it dies.
"""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import (
    MAX_CONTROL_LINE_BYTES,
    Answered,
    AssignSlots,
    CloseGroup,
    ClosePeer,
    Command,
    CommandFailed,
    Event,
    GetStatistics,
    GroupSpeakers,
    OpenPeer,
    PlaceGroup,
    RestartIce,
    SetTrackForwarding,
    SlotChoice,
    WorkerReady,
    WorkerStrained,
)
from webvisio_protocol.media_control import LayersWanted as LayersWantedLine
from webvisio_protocol.media_control import PeerConnected as PeerConnectedLine
from webvisio_protocol.media_control import PeerLost as PeerLostLine
from webvisio_protocol.media_control import SlotsPaused as SlotsPausedLine
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    LayersWanted,
    MediaRefused,
    PeerConnected,
    PeerLost,
    SlotsPaused,
    SpeakersChanged,
    StrainChanged,
)

ANSWER_TIMEOUT_S = 10.0
READY_TIMEOUT_S = 60.0
"""On a machine that is much too busy a process takes its time to come up."""
STOP_TIMEOUT_S = 3.0
DEATH_NOTICED_S = 0.2
"""In that time asyncio notices that a process has died; to kill it then would make asyncio complain."""
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
LONG_LIFE_S = 10.0
"""A worker that lived so long is replaced without a pause."""
MAX_UNSENT_BYTES = 8 * 1024 * 1024
"""Commands a worker has not read; one that reads no more is replaced."""

_log = logging.getLogger(__name__)
_events = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def worker_command(udp_port: int, addresses: Sequence[str], tcp_port: int = -1) -> list[str]:
    """Say how a worker is started; `--control FD` is added. `tcp_port` -1: the number of the UDP port."""
    command = [sys.executable, "-m", "webvisio_media", "--udp-port", str(udp_port)]
    command += ["--tcp-port", str(tcp_port)]
    for address in addresses:
        command += ["--ip", address]
    return command


class WorkerEngine:
    """See the module; one worker at a time."""

    def __init__(self, command: Sequence[str], links: Mapping[int, int] | None = None) -> None:
        """`links`: descriptors of sockets that lead to other workers, by the place of these."""
        self._links = dict(links or {})
        self._command = [*command, *(f"--link={place}={end}" for place, end in self._links.items())]
        self._supervisor: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._requests: dict[int, asyncio.Future[Answered | CommandFailed]] = {}
        self._last_request_id = 0
        self._hear: Callable[[EngineEvent], None] = lambda event: None
        self._process: asyncio.subprocess.Process | None = None
        self._is_strained = False
        self.restarts = 0
        self.udp_port = 0

    # ---- the port --------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        return self._writer is not None

    @property
    def worker_pid(self) -> int | None:
        """The process at hand, or None."""
        return None if self._process is None else self._process.pid

    def listen(self, hear: Callable[[EngineEvent], None]) -> None:
        self._hear = hear

    async def start(self) -> None:
        if self._supervisor is not None:
            return
        self._supervisor = asyncio.create_task(self._supervise(), name="media-supervisor")

    async def stop(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await supervisor

    async def open_peer(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer: str,
        sources: Mapping[str, Source],
        *,
        fills_video_slots: bool = False,
        video_codecs: Sequence[str] = (),
    ) -> str:
        request_id = self._next_request_id()
        command = OpenPeer(
            request_id, group_id, peer_id, offer, dict(sources), fills_video_slots, tuple(video_codecs)
        )
        return (await self._ask(request_id, command)).sdp

    async def restart_ice(self, peer_id: PeerId, ufrag: str) -> tuple[str, str]:
        request_id = self._next_request_id()
        answered = await self._ask(request_id, RestartIce(request_id, peer_id, ufrag))
        return answered.ufrag, answered.password

    def assign_slots(self, peer_id: PeerId, choices: tuple[SlotChoice, ...]) -> None:
        self._send(AssignSlots(peer_id, choices))

    def set_forwarding(self, track_id: TrackId, is_forwarded: bool) -> None:
        self._send(SetTrackForwarding(track_id, is_forwarded))

    def is_strained(self, group_id: GroupId) -> bool:
        return self._is_strained

    def close_peer(self, peer_id: PeerId) -> None:
        self._send(ClosePeer(peer_id))

    def close_group(self, group_id: GroupId) -> None:
        self._send(CloseGroup(group_id))

    def place_group(self, group_id: GroupId, places: tuple[int, ...]) -> None:
        """Say which other workers have people of a group."""
        self._send(PlaceGroup(group_id, places))

    async def statistics(self) -> dict[str, float]:
        return (await self._figures()).statistics

    async def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        return (await self._figures()).groups

    async def _figures(self) -> Answered:
        request_id = self._next_request_id()
        try:
            return await self._ask(request_id, GetStatistics(request_id))
        except MediaRefused:
            return Answered(request_id)

    async def statistics_by_worker(self) -> list[dict[str, float]]:
        return [await self.statistics()]

    # ---- speaking --------------------------------------------------------------------

    def _next_request_id(self) -> int:
        self._last_request_id += 1
        return self._last_request_id

    async def _ask(self, request_id: int, command: Command) -> Answered:
        if self._writer is None:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE)
        future: asyncio.Future[Answered | CommandFailed] = asyncio.get_running_loop().create_future()
        self._requests[request_id] = future
        try:
            self._send(command)
            answer = await asyncio.wait_for(future, ANSWER_TIMEOUT_S)
        except TimeoutError:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE, "no answer") from None
        finally:
            self._requests.pop(request_id, None)
        if isinstance(answer, CommandFailed):
            try:
                code = RefusalCode(answer.code)
            except ValueError:
                code = RefusalCode.MEDIA_UNAVAILABLE
            raise MediaRefused(code, answer.detail)
        return answer

    def _send(self, command: Command) -> None:
        writer = self._writer
        if writer is None:
            return
        if writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            _log.error("the media worker reads no more: it is replaced")
            writer.transport.abort()
            return
        writer.write(_encoder.encode(command) + b"\n")

    # ---- supervising -----------------------------------------------------------------

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = 0.0
        while True:
            began_s = loop.time()
            try:
                await self._run_worker()
            except Exception:  # the outermost loop: media must come back whatever happened
                _log.exception("the media worker could not be run")
            if self._supervisor is None:
                return  # told to stop while the worker died: that may have ended only what was awaited just then
            self.restarts += 1
            if loop.time() - began_s >= LONG_LIFE_S:
                pause_s = 0.0
            _log.warning("the media worker is gone; another one starts in %.2f s", pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, pause_s * 2))

    async def _run_worker(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "--control",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *self._links.values()),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._process = process
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_CONTROL_LINE_BYTES)
        died = asyncio.ensure_future(process.wait())
        try:
            await self._converse(reader, writer, died)
        finally:
            writer.close()
            self._lose_worker()
            # asked to stop, a worker may say goodbye; one that failed us is ended at once
            await _end(process, STOP_TIMEOUT_S if self._supervisor is None else DEATH_NOTICED_S)
            await asyncio.gather(died, return_exceptions=True)
            self._process = None

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, died: "asyncio.Future[int]"
    ) -> None:
        reading = asyncio.ensure_future(self._read(reader, writer))
        try:
            ends = (reading, died)
            await asyncio.wait(ends, timeout=READY_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if self._writer is None:
                _log.error("the media worker did not come up")
                return
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, ConnectionError, ValueError):
                await reading

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                event = _events.decode(line)
            except msgspec.MsgspecError:
                _log.error("a line of the media worker was not understood: it is replaced")
                return
            if isinstance(event, WorkerReady):
                self.udp_port = event.udp_port
                self._writer = writer
                _log.info("a media worker is ready on UDP port %d", event.udp_port)
                self._tell(EngineReady())
            else:
                self._take_event(event)

    def _take_event(self, event: Event) -> None:
        match event:
            case Answered() | CommandFailed():
                future = self._requests.get(event.request_id)
                if future is not None and not future.done():
                    future.set_result(event)
            case PeerConnectedLine():
                self._tell(PeerConnected(event.peer_id))
            case PeerLostLine():
                self._tell(PeerLost(event.peer_id))
            case GroupSpeakers():
                self._tell(SpeakersChanged(event.group_id, event.peer_ids))
            case SlotsPausedLine():
                self._tell(SlotsPaused(event.peer_id, event.mids))
            case WorkerStrained():
                self._is_strained = event.is_strained
                self._tell(StrainChanged())
            case LayersWantedLine():
                self._tell(LayersWanted(event.peer_id, event.layers))
            case _:
                pass  # tracks that start and stop are the worker's own affair for now

    def _lose_worker(self) -> None:
        was_ready, self._writer = self._writer is not None, None
        self._is_strained = False
        for request_id, future in self._requests.items():
            if not future.done():
                code = RefusalCode.MEDIA_UNAVAILABLE.value
                future.set_result(CommandFailed(request_id, code, "the worker died"))
        if was_ready:
            self._tell(EngineLost())

    def _tell(self, event: EngineEvent) -> None:
        try:
            self._hear(event)
        except Exception:  # one room's fault must not stop the reading of all
            _log.exception("an event of the media worker was not taken")


async def _end(process: asyncio.subprocess.Process, grace_s: float) -> None:
    """End a worker: by its closed connection, then by force; whoever is told to stop meanwhile uses force."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):  # `wait_for` loses a cancellation that comes with the end
                await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
    await process.wait()
