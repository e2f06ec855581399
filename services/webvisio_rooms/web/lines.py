"""A WebSocket of this service: who may open it, and how it writes.

What one turn of the loop has for a client leaves in one write, framed here
(`frames`): straight into the socket while nothing waits for the client, because
a hundred receivers of one change wait for each other's writes, and tornado's
takes twice as long as the system call. What the socket does not take, and
large pieces, which many receivers may share, go to tornado's buffer. A client
that does not read is given up once `max_unsent_bytes` wait for it; one that is
being closed already is left to that, so that what it was told last gets out.
"""

import asyncio
from contextlib import suppress
from typing import ClassVar
from urllib.parse import urlsplit

from tornado.iostream import IOStream, StreamBufferFullError, StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.web.base import BaseHandler
from webvisio_rooms.web.frames import binary_head, text_head

MAX_UNSENT_BYTES = 1024 * 1024
"""What may wait for a client that does not read; some ten seconds of a busy room."""
LARGE_BYTES = 64 * 1024
"""From here on a message is not copied for each receiver."""


class LineHandler(BaseHandler, WebSocketHandler):
    """See the module."""

    takes_tokens = False
    """The identity is the browser's own cookie, never a token in the URL or in a header."""
    max_unsent_bytes: ClassVar[int] = MAX_UNSENT_BYTES

    async def prepare(self) -> None:
        self.room_asked = RoomId("")
        self.heard_at_s = self.opened_at_s = self.checked_at_s = self.now_s()
        self._outgoing: list[bytes] = []
        self._stream: IOStream | None = None
        self.is_closing = False
        await super().prepare()

    def check_origin(self, origin: str) -> bool:
        """Take this host's pages and those of the public address, nobody else's."""
        asked = urlsplit(origin).netloc.lower()
        return asked in (self.request.host.lower(), urlsplit(self.web.public_url).netloc.lower())

    def begin(self) -> bool:
        """Take the line that is open and watch over it; False, and closed, where it is to come back later."""
        self._take_stream()
        is_full = self.web.vigil.is_full
        self.web.vigil.add(self)
        if is_full or self.is_hub_unreachable:
            self.close(CloseCode.RESTARTING)
        return not self.is_closing

    def _take_stream(self) -> None:
        connection = self.ws_connection
        assert connection is not None
        assert connection.stream is not None
        self._stream = connection.stream
        self._stream.set_nodelay(True)
        self._stream.max_write_buffer_size = self.max_unsent_bytes

    def make_room(self, size_bytes: int) -> None:
        """Let so much more wait for the client: an answer that it asked for."""
        if self._stream is not None:
            limit = self.max_unsent_bytes + size_bytes
            self._stream.max_write_buffer_size = max(limit, self._stream.max_write_buffer_size or 0)

    # ---- writing ---------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Queue an encoded text message until the end of this turn of the loop."""
        self._queue(text_head(len(data)), data)

    def send_binary(self, data: bytes) -> None:
        """Queue a binary message until the end of this turn of the loop."""
        self._queue(binary_head(len(data)), data)

    def _queue(self, head: bytes, data: bytes) -> None:
        if self.is_closing:
            return
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing += (head, data)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close after what is queued."""
        if not self.is_closing:
            self._flush()
        if not self.is_closing:
            self.is_closing = True
            super().close(code, reason)

    def _flush(self) -> None:
        """Write what is queued; gives the client up when too much waits for it."""
        pieces, self._outgoing = self._outgoing, []
        if not pieces or self.is_closing or self._stream is None or self._stream.closed():
            return  # `on_close` tells of a stream that is closed
        try:
            for piece in joined(pieces):
                self._write(self._stream, piece)
        except StreamBufferFullError:
            self.give_up("slow")
        except StreamClosedError:
            pass

    def _write(self, stream: IOStream, data: bytes) -> None:
        if len(data) >= LARGE_BYTES or stream.writing():
            stream.write(data)
            return
        try:
            sent = stream.socket.send(data)
        except OSError:  # not now, or never again: tornado finds out which
            sent = 0
        if sent < len(data):
            stream.write(data[sent:])

    def give_up(self, reason: str) -> None:
        """End the connection without waiting for a client that does not answer."""
        if self.is_closing:
            return
        self.rooms.figures.dropped.labels(reason).inc()
        self.is_closing = True
        self._outgoing.clear()
        if self._stream is not None:
            # not from within a write to it
            asyncio.get_running_loop().call_soon(self._stream.close)

    # ---- what the vigil sees ---------------------------------------------------------

    @property
    def watched_room(self) -> RoomId | None:
        """The room, once greeted."""
        raise NotImplementedError

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The hub token and session of a hub user; None for guests."""
        raise NotImplementedError

    def take_standing(self, user: HubUser | None) -> None:
        """Follow what the hub says of the person now; None: nobody any more."""
        raise NotImplementedError

    def on_pong(self, data: bytes) -> None:
        self.heard_at_s = self.now_s()

    def ask_for_life(self) -> None:
        """Send a ping of the WebSocket protocol: browsers answer even when a tab sleeps."""
        with suppress(WebSocketClosedError):
            self.ping()

    def now_s(self) -> float:
        """Tell the instant in seconds."""
        return self.rooms.timers.now().timestamp()


def joined(pieces: list[bytes]) -> list[bytes]:
    """Put small pieces together; large ones stay the objects that they are."""
    if all(len(piece) < LARGE_BYTES for piece in pieces):
        return [b"".join(pieces)]
    joined: list[bytes] = []
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) < LARGE_BYTES:
            small.append(piece)
        else:
            joined += (b"".join(small), piece)
            small = []
    return [*joined, b"".join(small)] if small else joined
