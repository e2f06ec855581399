"""The line between two workers: a socket pair that rooms made and both inherited.

Entries are gathered and leave as one datagram a turn of the loop. What the
other end does not read waits, in the kernel and then here, up to
`Limits.link_waiting_bytes`; beyond, whole datagrams are dropped and counted,
and the streams whose packets were in them get a key frame from their
publishers.
"""

import asyncio
import errno
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Collection

from webvisio_media.engine.limits import Limits
from webvisio_media.engine.streams import Stream
from webvisio_media.rtp.cascade import (
    ENTRY_BYTES,
    HEADER_BYTES,
    MOST_DATAGRAM_BYTES,
    write_header,
    write_packet,
)
from webvisio_media.rtp.packet import Packet

MOST_DATAGRAMS = 8
"""Datagrams read before the loop may do something else."""
SOCKET_BUFFER_BYTES = 4 << 20
BUFFER_BYTES = 1 << 16


class Link:
    """One end of it; `number` is the other worker's place."""

    def __init__(
        self,
        number: int,
        end: socket.socket,
        life: int,
        limits: Limits,
        counts: Counter[str],
        dropped: Callable[[Collection[Stream]], None],
    ) -> None:
        """`life` tells this process from the one that had the place before it."""
        self.number = number
        self.streams: dict[int, Stream] = {}
        """Streams of the other worker, by their number there."""
        self.other_life: int | None = None
        self._end = end
        self._life = life
        self._limits = limits
        self._counts = counts
        self._dropped = dropped
        self._parts: list[bytes] = []
        self._octets = HEADER_BYTES
        self._carried: dict[Stream, int] = {}
        self._waiting: deque[tuple[bytes, dict[Stream, int]]] = deque()
        self.waiting_bytes = 0
        self._is_flush_due = False
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        end.setblocking(False)
        end.set_inheritable(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            end.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)

    def start(self, read: Callable[["Link"], None]) -> None:
        """Begin to read; what lies there is of a time before this worker and is thrown away."""
        while self.receive() is not None:
            self._counts["cascade_stale"] += 1
        asyncio.get_running_loop().add_reader(self._end.fileno(), read, self)

    def close(self) -> None:
        """Give the socket back."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._end.fileno())
        loop.remove_writer(self._end.fileno())
        self._end.close()
        self._parts.clear()
        self._waiting.clear()

    def receive(self) -> memoryview | None:
        """Read one datagram, good until the next; None when there is none."""
        try:
            size = self._end.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            self._counts["cascade_broken"] += 1
            return None
        return self._view[:size]

    # ---- out ---------------------------------------------------------------------------

    def carry(self, stream: Stream, packet: Packet, level: int) -> None:
        """Take one packet along."""
        payload = packet.payload
        octets = ENTRY_BYTES + len(payload)
        if self._octets + octets > MOST_DATAGRAM_BYTES:
            self.flush()
        self._parts.append(
            write_packet(stream.number, packet.sequence, packet.timestamp, packet.marker, level, len(payload))
        )
        self._parts.append(payload)
        self._octets += octets
        self._carried[stream] = self._carried.get(stream, 0) + 1
        self._flush_soon()

    def say(self, entry: bytes) -> None:
        """Take one message along, as `write_message` made it."""
        if self._octets + len(entry) > MOST_DATAGRAM_BYTES:
            self.flush()
        self._parts.append(entry)
        self._octets += len(entry)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Send what was gathered."""
        self._is_flush_due = False
        if not self._parts:
            return
        data = b"".join((write_header(self._life, time.monotonic()), *self._parts))
        carried = self._carried
        self._parts, self._octets, self._carried = [], HEADER_BYTES, {}
        if self._waiting or not self._send(data, carried):
            self._keep(data, carried)

    def _send(self, data: bytes, carried: dict[Stream, int]) -> bool:
        """Hand one datagram to the kernel; False when it has to wait."""
        try:
            self._end.send(data)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as problem:
            if problem.errno == errno.ENOBUFS:
                return False
            self._drop(carried)
            return True
        self._counts["cascade_packets_sent"] += sum(carried.values())
        self._counts["cascade_octets_sent"] += len(data)
        return True

    def _keep(self, data: bytes, carried: dict[Stream, int]) -> None:
        if self.waiting_bytes + len(data) > self._limits.link_waiting_bytes:
            self._drop(carried)
            return
        if not self._waiting:
            asyncio.get_running_loop().add_writer(self._end.fileno(), self._drain)
        self._waiting.append((data, carried))
        self.waiting_bytes += len(data)

    def _drain(self) -> None:
        while self._waiting:
            data, carried = self._waiting[0]
            if not self._send(data, carried):
                return
            self._waiting.popleft()
            self.waiting_bytes -= len(data)
        asyncio.get_running_loop().remove_writer(self._end.fileno())

    def _drop(self, carried: dict[Stream, int]) -> None:
        self._counts["cascade_datagrams_dropped"] += 1
        self._counts["cascade_packets_dropped"] += sum(carried.values())
        if carried:
            self._dropped(carried.keys())
