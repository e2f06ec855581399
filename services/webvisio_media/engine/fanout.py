"""The tight loop: the packets of a burst, to every receiver.

For each receiver and packet: a fresh header and the payload in one
`pack_into`, encryption in place, and a place in a `sendmmsg` batch. Packets of
equal size that follow one another leave as one message that the kernel, or
the network card, cuts up (UDP_SEGMENT). Receivers that send transport-wide
feedback get a number in a header extension with each packet. Receivers are taken in chunks whose
packets fit the processor's cache.

Invariant: nothing leaves unencrypted. When encryption fails, the cell is
wiped and the receiver sees rubbish that it drops.
"""

import errno
import time
from array import array
from collections.abc import Sequence
from itertools import cycle
from struct import Struct
from typing import Any, NamedTuple

from webvisio_media.engine.libc import CMSG_BYTES, DONT_WAIT, ffi, libc, segment_control, srtp, srtp_ffi
from webvisio_media.engine.tcp import TcpAddress, TcpConnection
from webvisio_media.engine.udp import Address, UdpSocket
from webvisio_media.rtp.packet import HEADER_BYTES, Packet
from webvisio_media.rtp.send_log import SendLog
from webvisio_media.rtp.vp8 import renumber

CELLS = 256
"""Packets that are encrypted before a system call: 400 kB."""
CELL_BYTES = 1600
NUMBERED_HEADER_BYTES = HEADER_BYTES + 8
EXTENSION_WORD = 0xBEDE_0001
"""One-byte extensions, one word of them (RFC 8285): the transport-wide number."""
MOST_PAYLOAD_BYTES = CELL_BYTES - NUMBERED_HEADER_BYTES - 32
MOST_BURST = 32
MOST_SEGMENTED_BYTES = 60_000
MMSGHDR_WORDS, IOVEC_WORDS, IOVEC_BYTES = 8, 2, 16
REFUSES_SEGMENTS = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT)
"""What a kernel, a route or a network card says that cannot do UDP_SEGMENT."""
REFUSES_THIS_MESSAGE = (errno.EINVAL, errno.EMSGSIZE)
"""Those that may concern one receiver's route alone."""


class Run(NamedTuple):
    """Consecutive packets of a burst that leave as one message a receiver."""

    first: int
    packets: int
    size: int


class Row(NamedTuple):
    """What the loop needs of one slot: its constants while it is bound to the stream."""

    session: Any
    first_word: int
    sequence_offset: int
    timestamp_offset: int
    ssrc: int
    picture_id_offset: int
    tl0_offset: int
    address: Address | TcpAddress
    log: SendLog | None = None


class RowGroup:
    """Rows whose packets have equal sizes: the same socket, length of tag, and header."""

    def __init__(
        self, udp: UdpSocket | TcpConnection, tag_bytes: int, rows: Sequence[Row], extension: int = 0
    ) -> None:
        """`extension` is the number of the transport-wide one, 0 for receivers without it."""
        self.socket = udp
        self.tag_bytes = tag_bytes
        self.element = extension << 4 | 1 if extension else 0
        self.rows = list(rows)
        self.names = memoryview(array("Q", [row.address.pointer_number for row in rows]))


class FanOut:
    """The memory and the loop; one a worker."""

    def __init__(self, is_segmenting: bool = True) -> None:
        self.is_segmenting = is_segmenting
        self.packets = 0
        self.octets = 0
        self.calls = 0
        self.unsent = 0
        self.encryption_failures = 0
        self._memory = ffi.new("char[]", CELLS * CELL_BYTES)
        self._view = memoryview(ffi.buffer(self._memory)).cast("B")
        base = int(ffi.cast("uintptr_t", self._memory))
        self._cells = [(i * CELL_BYTES, srtp_ffi.cast("char *", base + i * CELL_BYTES)) for i in range(CELLS)]
        self._parts = ffi.new("struct iovec[]", CELLS)
        for i in range(CELLS):
            self._parts[i].iov_base = self._memory + i * CELL_BYTES
        self._parts_at = int(ffi.cast("uintptr_t", self._parts))
        self._part_words = memoryview(ffi.buffer(self._parts)).cast("B").cast("Q")
        self._messages = ffi.new("struct mmsghdr[]", CELLS)
        self._message_words = memoryview(ffi.buffer(self._messages)).cast("B").cast("Q")
        self._length = srtp_ffi.new("int *")
        self._packers: dict[int, Any] = {}
        self._controls: dict[int, Any] = {}

    def send(self, group: RowGroup, burst: Sequence[Packet]) -> None:
        """Send `burst` (at most `MOST_BURST` packets, oldest first) to every row of `group`."""
        element = group.element
        header_bytes = NUMBERED_HEADER_BYTES if element else HEADER_BYTES
        prepared = [
            (
                self._packer(len(packet.payload), bool(element)),
                packet.marker,
                packet.sequence,
                packet.timestamp,
                packet.payload,
                header_bytes + len(packet.payload),
            )
            for packet in burst
        ]
        count = len(burst)
        sizes = [item[5] + group.tag_bytes for item in prepared]
        runs = self._runs(sizes)
        octets = sum(sizes)
        now = time.monotonic() if element else 0.0
        rows = group.rows
        step = CELLS // count
        view, cells, length, protect = self._view, self._cells, self._length, srtp.srtp_protect
        for start in range(0, len(rows), step):
            chunk = rows[start : start + step]
            free = iter(cells)
            for (
                session,
                word,
                sequence_offset,
                timestamp_offset,
                ssrc,
                picture_offset,
                tl0_offset,
                _,
                log,
            ) in chunk:
                if log is not None:
                    number = log.next_number
                    for (pack, marker, sequence, timestamp, payload, size), (place, pointer), packet in zip(
                        prepared, free, burst, strict=False
                    ):
                        pack(
                            view,
                            place,
                            word | marker,
                            (sequence + sequence_offset) & 0xFFFF,
                            (timestamp + timestamp_offset) & 0xFFFFFFFF,
                            ssrc,
                            EXTENSION_WORD,
                            element,
                            number & 0xFFFF,
                            0,
                            payload,
                        )
                        number += 1
                        if packet.descriptor is not None and (picture_offset or tl0_offset):
                            at = place + NUMBERED_HEADER_BYTES
                            renumber(view, at, packet.descriptor, picture_offset, tl0_offset)
                        length[0] = size
                        if protect(session, pointer, length):
                            self._wipe(place)
                    log.sent(count, octets, now)
                    continue
                if picture_offset or tl0_offset:
                    for (pack, marker, sequence, timestamp, payload, size), (place, pointer), packet in zip(
                        prepared, free, burst, strict=False
                    ):
                        pack(
                            view,
                            place,
                            word | marker,
                            (sequence + sequence_offset) & 0xFFFF,
                            (timestamp + timestamp_offset) & 0xFFFFFFFF,
                            ssrc,
                            payload,
                        )
                        if packet.descriptor is not None:
                            renumber(
                                view, place + HEADER_BYTES, packet.descriptor, picture_offset, tl0_offset
                            )
                        length[0] = size
                        if protect(session, pointer, length):
                            self._wipe(place)
                    continue
                # The same without VP8 numbers: most rows, and every cycle counts here.
                for (pack, marker, sequence, timestamp, payload, size), (place, pointer) in zip(
                    prepared, free, strict=False
                ):
                    pack(
                        view,
                        place,
                        word | marker,
                        (sequence + sequence_offset) & 0xFFFF,
                        (timestamp + timestamp_offset) & 0xFFFFFFFF,
                        ssrc,
                        payload,
                    )
                    length[0] = size
                    if protect(session, pointer, length):
                        self._wipe(place)
            if isinstance(group.socket, TcpConnection):
                self._write_frames(group.socket, len(chunk) * count, sizes)
                self.packets += len(chunk) * count
                self.octets += len(chunk) * octets
                continue
            for offset, size in enumerate(sizes):
                words = len(chunk) * count * IOVEC_WORDS
                lengths = array("Q", [size]) * len(chunk)
                self._part_words[IOVEC_WORDS * offset + 1 : words : IOVEC_WORDS * count] = lengths
            for run in runs:
                self._send_run(group, group.socket, start, len(chunk), count, run)
            self.packets += len(chunk) * count
            self.octets += len(chunk) * octets

    def _write_frames(self, connection: TcpConnection, packets: int, sizes: Sequence[int]) -> None:
        """Send the cells of a chunk over a connection, each after its length (RFC 4571)."""
        view = self._view
        frames = bytearray()
        for (place, _), size in zip(self._cells[:packets], cycle(sizes), strict=False):
            frames += size.to_bytes(2, "big")
            frames += view[place : place + size]
        self.calls += 1
        if not connection.write(bytes(frames)):
            self.unsent += packets

    def _send_run(self, group: RowGroup, udp: UdpSocket, start: int, rows: int, count: int, run: Run) -> None:
        """Fill and send the messages of one run: packets `run.first` and on, of each row of a chunk."""
        if not rows:
            return
        words = self._message_words
        end = rows * MMSGHDR_WORDS
        first_part = self._parts_at + run.first * IOVEC_BYTES
        name_bytes = udp.name_bytes
        words[0:end:MMSGHDR_WORDS] = group.names[start : start + rows]
        words[1:end:MMSGHDR_WORDS] = array("Q", [name_bytes]) * rows
        words[2:end:MMSGHDR_WORDS] = array(
            "Q", range(first_part, first_part + rows * count * IOVEC_BYTES, count * IOVEC_BYTES)
        )
        words[3:end:MMSGHDR_WORDS] = array("Q", [run.packets]) * rows
        control = self._control(run.size) if run.packets > 1 else 0
        words[4:end:MMSGHDR_WORDS] = array("Q", [control]) * rows
        words[5:end:MMSGHDR_WORDS] = array("Q", [CMSG_BYTES if control else 0]) * rows
        sent = 0
        while sent < rows:
            taken = libc.sendmmsg(udp.descriptor, self._messages + sent, rows - sent, DONT_WAIT)
            self.calls += 1
            if taken > 0:
                sent += taken
                continue
            problem = ffi.errno
            if problem in (errno.EAGAIN, errno.ENOBUFS):
                # The network card's queue is full: the rest of the burst is lost, as on any network.
                self.unsent += (rows - sent) * run.packets
                return
            if run.packets > 1 and problem in REFUSES_SEGMENTS:
                if problem not in REFUSES_THIS_MESSAGE:
                    self.is_segmenting = False
                for packet in range(run.packets):
                    first = run.first + sent * count + packet
                    self._send_run(group, udp, start + sent, 1, count, Run(first, 1, run.size))
                sent += 1
                rest = Run(run.first + sent * count, run.packets, run.size)
                self._send_run(group, udp, start + sent, rows - sent, count, rest)
                return
            # This one receiver cannot be reached now; the others can.
            self.unsent += run.packets
            sent += 1

    def _runs(self, sizes: Sequence[int]) -> list[Run]:
        """Cut a burst into runs of equal sizes; the last packet of a run may be shorter."""
        if not self.is_segmenting:
            return [Run(index, 1, size) for index, size in enumerate(sizes)]
        runs: list[Run] = []
        first = 0
        for index in range(1, len(sizes) + 1):
            if (
                index == len(sizes)
                or sizes[index] > sizes[first]
                or sizes[index - 1] < sizes[first]
                or (index - first + 1) * sizes[first] > MOST_SEGMENTED_BYTES
            ):
                runs.append(Run(first, index - first, sizes[first]))
                first = index
        return runs

    def _packer(self, payload_bytes: int, is_numbered: bool) -> Any:
        key = -payload_bytes if is_numbered else payload_bytes
        packer = self._packers.get(key)
        if packer is None:
            extension = "IBHB" if is_numbered else ""
            packer = self._packers[key] = Struct(f"!HHII{extension}{payload_bytes}s").pack_into
        return packer

    def _control(self, size: int) -> int:
        control = self._controls.get(size)
        if control is None:
            control = self._controls[size] = segment_control(size)
        return int(ffi.cast("uintptr_t", control))

    def _wipe(self, place: int) -> None:
        self.encryption_failures += 1
        self._view[place : place + CELL_BYTES] = bytes(CELL_BYTES)
