"""A hundred WebSockets without a library: what a load generator may cost is a system call a message.

A tornado client takes longer to hear a message than the service takes to send
it, so that a hundred of them in one process measure themselves. Here a crowd is
plain sockets and one `epoll`: an arrival is the instant at which the bytes of a
frame were there. Only what the benchmarks need of RFC 6455: no extension, no
fragments, pings answered.
"""

import base64
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

PATIENCE_S = 30.0
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


class Member:
    """One WebSocket, opened."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.socket = socket.create_connection((parts.hostname, parts.port or 80), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        given = {
            "Host": parts.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        } | dict(headers)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self._heard = bytearray()
        while b"\r\n\r\n" not in self._heard:
            self._heard += self._received()
        head, _, rest = bytes(self._heard).partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(head.partition(b"\r\n")[0].decode())
        self._heard = bytearray(rest)

    def send(self, payload: bytes | str) -> None:
        """Send one message; strings go as text."""
        kind = _TEXT if isinstance(payload, str) else _BINARY
        self._put(kind, payload.encode() if isinstance(payload, str) else payload)

    def messages(self) -> Iterator[bytes]:
        """Yield the messages that are there or come, as bytes; ends with the line."""
        while True:
            yield from self.taken()
            self._heard += self._received()

    def hear(self) -> None:
        """Take what the socket has."""
        self._heard += self._received()

    def taken(self) -> Iterator[bytes]:
        """Yield the whole messages that were heard."""
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == _PING:
                self._put(_PONG, payload)
            elif kind == _CLOSE:
                raise RuntimeError(f"closed with {int.from_bytes(payload[:2], 'big')}")
            elif kind in (_TEXT, _BINARY):
                yield payload

    def close(self) -> None:
        """Let go without a word."""
        self.socket.close()

    def _received(self) -> bytes:
        data = self.socket.recv(1 << 20)
        if not data:
            raise RuntimeError("the line was closed")
        return data

    def _frame(self) -> tuple[int, bytes] | None:
        heard = self._heard
        if len(heard) < 2:
            return None
        size, start = heard[1] & 0x7F, 2
        if size == 126:
            size, start = (struct.unpack_from("!H", heard, 2)[0], 4) if len(heard) >= 4 else (1 << 62, 4)
        elif size == 127:
            size, start = (struct.unpack_from("!Q", heard, 2)[0], 10) if len(heard) >= 10 else (1 << 62, 10)
        if len(heard) < start + size:
            return None
        found = heard[0] & 0x0F, bytes(heard[start : start + size])
        del heard[: start + size]
        return found

    def _put(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | kind, 0x80 | size))
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        self.socket.sendall(head + bytes(4) + payload)  # a mask of zeroes is a mask


def drain(members: list[Member], seconds: float = 0.0) -> None:
    """Hear what comes for so long, and answer pings: whoever does not is taken for gone."""
    poll = select.epoll()
    by_number = {member.socket.fileno(): member for member in members}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    until = time.perf_counter() + seconds
    while True:
        left_s = max(0.0, until - time.perf_counter())
        ready = poll.poll(left_s)
        for number, _ in ready:
            by_number[number].hear()
            for _ in by_number[number].taken():
                pass
        if not ready and not left_s:
            poll.close()
            return


def arrivals(members: list[Member], is_it: Callable[[bytes], bool]) -> list[float]:
    """Wait until each member has heard such a message; returns the instants, by `perf_counter`."""
    poll = select.epoll()
    by_number = {member.socket.fileno(): member for member in members}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    found: list[float] = []
    until = time.perf_counter() + PATIENCE_S
    while by_number:
        ready = poll.poll(max(0.0, until - time.perf_counter()))
        if not ready:
            raise RuntimeError(f"{len(by_number)} of {len(members)} heard nothing")
        for number, _ in ready:
            member = by_number[number]
            member.hear()
            now = time.perf_counter()
            if any(is_it(message) for message in member.taken()):
                found.append(now)
                poll.unregister(number)
                del by_number[number]
    poll.close()
    return found
