"""The worker's side of the control socket (`webvisio_protocol.media_control`).

This side is given its end as a descriptor; it says `WorkerReady`, carries
out commands in their order and writes events as they happen. When the
connection ends, so does the worker.
"""

import asyncio
import logging
import os
import socket

import msgspec

from webvisio_media.engine.engine import Engine
from webvisio_media.errors import LimitReached, OfferInvalid
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
    OpenPeer,
    PlaceGroup,
    RestartIce,
    SetTrackForwarding,
    WorkerReady,
)
from webvisio_protocol.refusals import RefusalCode

log = logging.getLogger(__name__)

MOST_WAITING_BYTES = 8 << 20
"""Events that the rooms service does not read; beyond, the connection is broken off."""


class ControlClient:
    """Speaks for one engine."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(Command)
        self._encoder = msgspec.json.Encoder()
        self._writer: asyncio.StreamWriter | None = None

    def emit(self, event: Event) -> None:
        """Write one event; without a connection it goes nowhere."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > MOST_WAITING_BYTES:
            log.error("the control connection is not read: closing")
            writer.transport.abort()
            return
        writer.write(self._encoder.encode(event) + b"\n")

    async def run(self, descriptor: int, engine: Engine) -> None:
        """Serve commands until the connection ends."""
        end = socket.socket(fileno=descriptor)
        end.set_inheritable(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=end, limit=MAX_CONTROL_LINE_BYTES)
        self.emit(WorkerReady(os.getpid(), engine.port))
        try:
            while line := await reader.readline():
                self._carry_out(line, engine)
        except (ConnectionError, ValueError):
            log.error("the control connection broke")
        finally:
            self._writer.close()

    def _carry_out(self, line: bytes, engine: Engine) -> None:
        try:
            command = self._decoder.decode(line)
        except msgspec.DecodeError:
            engine.counts["control_malformed"] += 1
            log.error("a command could not be read")
            return
        try:
            self._do(command, engine)
        except OfferInvalid as problem:
            self._failed(command, RefusalCode.OFFER_INVALID, str(problem))
        except LimitReached as problem:
            self._failed(command, RefusalCode.MEDIA_LIMIT, str(problem))
        except Exception:
            # The outermost loop: one command fails, the worker and its other peers go on.
            engine.counts["internal_errors"] += 1
            log.exception("a command failed")
            self._failed(command, RefusalCode.MEDIA_UNAVAILABLE, "internal error")

    def _do(self, command: Command, engine: Engine) -> None:
        match command:
            case OpenPeer():
                answer = engine.open_peer(
                    command.group_id,
                    command.peer_id,
                    command.offer,
                    command.sources,
                    fills_video_slots=command.fills_video_slots,
                    video_codecs=command.video_codecs,
                )
                self.emit(Answered(command.request_id, sdp=answer))
            case RestartIce():
                credentials = engine.restart_ice(command.peer_id, command.ufrag)
                if credentials is None:
                    self._failed(command, RefusalCode.NOT_FOUND, "the peer is gone")
                else:
                    self.emit(Answered(command.request_id, ufrag=credentials[0], password=credentials[1]))
            case AssignSlots():
                engine.assign_slots(command.peer_id, command.choices)
            case SetTrackForwarding():
                engine.set_forwarding(command.track_id, command.is_forwarded)
            case ClosePeer():
                engine.close_peer(command.peer_id)
            case CloseGroup():
                engine.close_group(command.group_id)
            case PlaceGroup():
                engine.place_group(command.group_id, command.links)
            case GetStatistics():
                figures, by_group = engine.statistics(), engine.statistics_by_group()
                self.emit(Answered(command.request_id, statistics=figures, groups=by_group))

    def _failed(self, command: Command, code: RefusalCode, detail: str) -> None:
        if isinstance(command, OpenPeer | RestartIce | GetStatistics):
            self.emit(CommandFailed(command.request_id, code.value, detail))
