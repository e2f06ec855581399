"""ICE-TCP, the passive side (RFC 6544), for networks that let no UDP through.

A connection carries what datagrams would, each after two bytes of length
(RFC 4571). To the rest of the engine it looks like a socket with a single
peer and room for one datagram. What a slow connection does not take is kept
up to `MOST_UNSENT_BYTES`; beyond, whole bursts are lost, as on any network,
and the receiver's feedback tells.

A connection that nobody has authenticated in time is closed, and at most
`Limits.tcp_connections` are open.
"""

import asyncio
import errno
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from webvisio_media.engine.libc import ffi, srtp_ffi
from webvisio_media.engine.limits import Limits
from webvisio_media.engine.udp import BUFFER_BYTES, family_of

log = logging.getLogger(__name__)

MOST_UNSENT_BYTES = 256 * 1024
READ_BYTES = 64 * 1024
BACKLOG = 64


class TcpAddress:
    """Where a peer is, over TCP: a connection, and host and port for STUN."""

    __slots__ = ("host", "key", "pointer_number", "port", "socket")

    def __init__(self, connection: "TcpConnection", host: str, port: int) -> None:
        self.socket = connection
        self.key = connection.key(0)
        self.host = host
        self.port = port
        self.pointer_number = 0


class TcpConnection:
    """One accepted connection; its datagram, while it is handled, is number 0."""

    is_stream = True

    def __init__(
        self,
        connected: socket.socket,
        serial: int,
        take: Callable[["TcpConnection"], None],
        closed: Callable[["TcpConnection"], None],
        now: float,
    ) -> None:
        """`take` is called for each whole datagram, `closed` once."""
        self._socket = connected
        self._key = b"tcp" + serial.to_bytes(8, "big")
        self._take = take
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        name = connected.getpeername()
        self._address = TcpAddress(self, name[0].partition("%")[0], name[1])
        self.opened_at = now
        self.is_authentic = False
        self.is_open = True
        self.dropped = 0
        self._memory = ffi.new("char[]", BUFFER_BYTES)
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")
        self.pointers = [srtp_ffi.cast("char *", int(ffi.cast("uintptr_t", self._memory)))]
        self._size = 0
        self._arrived_us = 0
        self._received = bytearray()
        self._unsent = bytearray()
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(connected.fileno(), self._readable)

    # What a `UdpSocket` has too.

    def size(self, index: int) -> int:
        """Length of the datagram."""
        return self._size

    def arrival_us(self, index: int) -> int:
        """When it came, on the wall clock, in microseconds."""
        return self._arrived_us

    def key(self, index: int) -> bytes:
        """What peers are found by."""
        return self._key

    def address(self, key: bytes) -> TcpAddress:
        """The peer's address."""
        return self._address

    def send(self, data: bytes, address: Any = None) -> None:
        """Send one datagram."""
        self.write(len(data).to_bytes(2, "big") + data)

    # ---- bytes -------------------------------------------------------------------------

    def write(self, framed: bytes) -> bool:
        """Send whole frames, now or soon; False when they are lost."""
        if not self.is_open:
            return False
        if self._unsent:
            if len(self._unsent) + len(framed) > MOST_UNSENT_BYTES:
                self.dropped += 1
                return False
            self._unsent += framed
            return True
        try:
            sent = self._socket.send(framed)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return False
        if sent < len(framed):
            self._unsent += framed[sent:]
            self._loop.add_writer(self._socket.fileno(), self._writable)
        return True

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())

    def _readable(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._arrived_us = int(time.time() * 1e6)
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 2:
            size = received[at] << 8 | received[at + 1]
            if size > BUFFER_BYTES:
                self.close()  # nothing that we take is so large: this is no ICE-TCP
                return
            if len(received) - at - 2 < size:
                break
            self.view[:size] = received[at + 2 : at + 2 + size]
            self._size = size
            at += 2 + size
            self._take(self)
            if not self.is_open:
                return
        del received[:at]

    def close(self) -> None:
        """End the connection; nothing is called after `closed`."""
        if not self.is_open:
            return
        self.is_open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        self._closed(self)


class TcpListener:
    """Accepts connections for all advertised addresses on one port."""

    def __init__(
        self,
        take: Callable[[TcpConnection], None],
        closed: Callable[[TcpConnection], None],
        limits: Limits,
        counts: Counter[str],
    ) -> None:
        self._take = take
        self._tell_closed = closed
        self._limits = limits
        self._counts = counts
        self._listening: list[socket.socket] = []
        self._connections: set[TcpConnection] = set()
        self._serial = 0
        self.port = 0
        """0 while nothing listens."""

    def listen(self, addresses: Sequence[str], port: int) -> None:
        """Listen on `port` for the families of `addresses`; raises `OSError` when it is taken."""
        try:
            for family in sorted({family_of(address) for address in addresses}):
                listening = socket.socket(family, socket.SOCK_STREAM)
                self._listening.append(listening)
                if family == socket.AF_INET6:
                    listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listening.setblocking(False)
                try:
                    listening.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))  # noqa: S104
                except OSError as problem:
                    if problem.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                        raise
                    self._listening.remove(listening)
                    listening.close()
                    continue  # a machine without that family
                listening.listen(BACKLOG)
                port = int(listening.getsockname()[1])
        except OSError:
            self.close()
            raise
        self.port = port
        for listening in self._listening:
            asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        try:
            connected, _ = listening.accept()
        except OSError:
            return
        if len(self._connections) >= self._limits.tcp_connections:
            self._counts["tcp_refused"] += 1
            connected.close()
            return
        self._counts["tcp_accepted"] += 1
        self._serial += 1
        try:
            connection = TcpConnection(connected, self._serial, self._take, self._closed, time.monotonic())
        except OSError:
            connected.close()  # gone before we looked
            return
        self._connections.add(connection)

    def _closed(self, connection: TcpConnection) -> None:
        self._connections.discard(connection)
        self._tell_closed(connection)

    def close_strangers(self, now: float, patience_s: float) -> None:
        """Close connections that nobody authenticated in time."""
        for connection in list(self._connections):
            if not connection.is_authentic and now - connection.opened_at > patience_s:
                self._counts["tcp_strangers_closed"] += 1
                connection.close()

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    def close(self) -> None:
        """Close everything."""
        for connection in list(self._connections):
            connection.close()
        for listening in self._listening:
            if self.port:
                asyncio.get_running_loop().remove_reader(listening.fileno())
            listening.close()
        self._listening.clear()
        self.port = 0
