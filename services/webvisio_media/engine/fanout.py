"""The tight loop: the packets of a burst, to every receiver.

A receiver's packets differ from another's in their first 12 to 20 bytes. So a
burst is laid out once, as one block of cells that lacks those bytes; for each
receiver the block is copied whole, and the missing numbers are filled in by
strided copies: those that count up a row (cut out of a table of all
numbers), the others a column for all receivers at once. Then
one `map` encrypts every cell in place and one `sendmmsg` sends a chunk of
receivers; packets of equal size that follow one another leave as one message
that the kernel, or the network card, cuts up (UDP_SEGMENT). So Python works
per receiver and burst, never per packet and receiver. Chunks fit the
processor's cache.

Invariant: nothing leaves unencrypted. When encryption fails, the cell is
wiped and the receiver sees rubbish that it drops.
"""

import errno
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle, repeat
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
SEQUENCE_AT, TIMESTAMP_AT, NUMBER_AT = 2, 4, HEADER_BYTES + 5
"""Where in a packet the numbers lie that are a receiver's own; the SSRC follows the timestamp."""
EXTENSION_WORD = 0xBEDE_0001
"""One-byte extensions, one word of them (RFC 8285): the transport-wide number."""
MOST_PAYLOAD_BYTES = CELL_BYTES - NUMBERED_HEADER_BYTES - 32
MOST_BURST = 32
MANY = 3
"""From so many packets on a row of cells is worth copies of its own."""
FEW = 6
"""So many cells are filled one by one."""
MOST_SEGMENTED_BYTES = 60_000
MMSGHDR_WORDS, IOVEC_WORDS, IOVEC_BYTES = 8, 2, 16
REFUSES_SEGMENTS = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT)
"""What a kernel, a route or a network card says that cannot do UDP_SEGMENT."""
REFUSES_THIS_MESSAGE = (errno.EINVAL, errno.EMSGSIZE)
"""Those that may concern one receiver's route alone."""

_HEADER = Struct("!HHQ").pack_into
_FULL_HEADER = Struct("!HHII").pack_into
_EXTENSION = Struct("!IBHB").pack_into


def _in_network_order(kind: str, values: Sequence[int]) -> "array[int]":
    """Make an array of `values` whose bytes are as they travel."""
    made = array(kind, values)
    if sys.byteorder == "little":
        made.byteswap()
    return made


NUMBERS = _in_network_order("H", [*range(1 << 16), *range(MOST_BURST)])
"""Every 16-bit number in order, as it travels; it goes on over the end for the longest burst."""


class Run(NamedTuple):
    """Consecutive packets of a burst that leave as one message a receiver."""

    first: int
    packets: int
    size: int


class Part(NamedTuple):
    """Packets that leave together, and what all rows of a group have in common."""

    burst: Sequence[Packet]
    header_bytes: int
    packets: int
    plain_sizes: "array[int]"
    sizes: Sequence[int]
    """Encrypted."""
    runs: Sequence[Run]
    sent: tuple[int, int, float]
    """For the log of each row: packets, octets, when."""


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
    """Rows whose packets differ in nothing but numbers: the same socket, length of tag, and header."""

    def __init__(
        self, udp: UdpSocket | TcpConnection, tag_bytes: int, rows: Sequence[Row], extension: int = 0
    ) -> None:
        """`rows` have the same `first_word`; `extension` is the number of the transport-wide one, 0 for
        receivers without it, who have no log."""
        self.socket = udp
        self.tag_bytes = tag_bytes
        self.first_word = rows[0].first_word
        self.element = extension << 4 | 1 if extension else 0
        self.rows = tuple(rows)
        """Keeps what pointers lead to."""
        self.sessions = [row.session for row in rows]
        self.sequence_offsets = [row.sequence_offset for row in rows]
        self.sources = [(row.timestamp_offset, row.ssrc) for row in rows]
        self.is_renumbering = any(row.picture_id_offset or row.tl0_offset for row in rows)
        self.picture_id_offsets = [row.picture_id_offset for row in rows]
        self.tl0_offsets = [row.tl0_offset for row in rows]
        self.logs = [row.log for row in rows if row.log is not None]
        self.names = memoryview(array("Q", [row.address.pointer_number for row in rows]))

    def __len__(self) -> int:
        return len(self.sessions)


class Places(NamedTuple):
    """Where the cells of one row are, and of them the numbers that a row fills in."""

    cells: slice
    sequences: slice
    numbers: slice


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
        self._halves = self._view.cast("H")
        self._odd_halves = self._view[1:-1].cast("H")
        self._quads = self._view[TIMESTAMP_AT : TIMESTAMP_AT - 8].cast("Q")
        base = int(ffi.cast("uintptr_t", self._memory))
        self._pointers = [srtp_ffi.cast("char *", base + i * CELL_BYTES) for i in range(CELLS)]
        self._sizes = srtp_ffi.new("int[]", CELLS)
        self._sizes_view = memoryview(srtp_ffi.buffer(self._sizes)).cast("B").cast("i")
        self._size_pointers = [self._sizes + i for i in range(CELLS)]
        self._block = memoryview(bytearray(MOST_BURST * CELL_BYTES))
        self._parts = ffi.new("struct iovec[]", CELLS)
        for i in range(CELLS):
            self._parts[i].iov_base = self._memory + i * CELL_BYTES
        self._parts_at = int(ffi.cast("uintptr_t", self._parts))
        self._part_words = memoryview(ffi.buffer(self._parts)).cast("B").cast("Q")
        self._messages = ffi.new("struct mmsghdr[]", CELLS)
        self._message_words = memoryview(ffi.buffer(self._messages)).cast("B").cast("Q")
        self._places: dict[int, list[Places]] = {}
        self._controls: dict[int, Any] = {}

    def send(self, group: RowGroup, burst: Sequence[Packet]) -> None:
        """Send `burst` (at most `MOST_BURST` packets, oldest first) to every row of `group`."""
        first, last = burst[0], burst[-1]
        if last.sequence - first.sequence == len(burst) - 1 and last.timestamp == first.timestamp:
            self._send_part(group, burst)
            return
        for part in _parts(burst):
            self._send_part(group, part)

    def _send_part(self, group: RowGroup, burst: Sequence[Packet]) -> None:
        """Send packets of one frame that follow one another without a hole."""
        count = len(burst)
        header_bytes = NUMBERED_HEADER_BYTES if group.element else HEADER_BYTES
        plain_sizes = [header_bytes + len(packet.payload) for packet in burst]
        sizes = [size + group.tag_bytes for size in plain_sizes]
        octets = sum(sizes)
        sent = (count, octets, time.monotonic() if group.element else 0.0)
        part = Part(burst, header_bytes, count, array("i", plain_sizes), sizes, self._runs(sizes), sent)
        if len(group) * count <= FEW:
            self._fill_few(group, part)
            self._send_cells(group, part, 0, len(group))
        else:
            fill = self._filling(group, part)
            step = CELLS // count
            for start in range(0, len(group), step):
                rows = min(step, len(group) - start)
                fill(start, rows)
                self._send_cells(group, part, start, rows)
        self.packets += len(group) * count
        self.octets += len(group) * octets

    def _fill_few(self, group: RowGroup, part: Part) -> None:
        """Fill the cells of all rows one by one: so few are not worth the preparations."""
        view, element = self._view, group.element
        at = 0
        for row, (timestamp_offset, ssrc) in enumerate(group.sources):
            sequence_offset = group.sequence_offsets[row]
            number = 0
            if element:
                log = group.logs[row]
                number = log.next_number
                log.sent(*part.sent)
            for packet in part.burst:
                _FULL_HEADER(
                    view,
                    at,
                    group.first_word | packet.marker,
                    (packet.sequence + sequence_offset) & 0xFFFF,
                    (packet.timestamp + timestamp_offset) & 0xFFFFFFFF,
                    ssrc,
                )
                if element:
                    _EXTENSION(view, at + HEADER_BYTES, EXTENSION_WORD, element, number & 0xFFFF, 0)
                    number += 1
                payload_at = at + part.header_bytes
                view[payload_at : payload_at + len(packet.payload)] = packet.payload
                if group.is_renumbering and packet.descriptor is not None:
                    picture_offset, tl0_offset = group.picture_id_offsets[row], group.tl0_offsets[row]
                    renumber(view, payload_at, packet.descriptor, picture_offset, tl0_offset)
                at += CELL_BYTES

    def _filling(self, group: RowGroup, part: Part) -> Callable[[int, int], None]:
        """Prepare what fills the cells of a chunk: rows from `start` on, that many."""
        count = part.packets
        block = self._lay_out_block(group, part.burst, part.header_bytes)
        columns = self._columns(group, part.burst, part.header_bytes)
        first_sequence = part.burst[0].sequence
        places = self._places_of(count)
        view, halves, odd_halves = self._view, self._halves, self._odd_halves

        def fill(start: int, rows: int) -> None:
            cells = rows * count
            if count < MANY:
                view[: cells * CELL_BYTES] = bytes(block) * rows
            else:
                offsets = group.sequence_offsets[start : start + rows]
                for place, offset in zip(places, offsets, strict=False):
                    view[place.cells] = block
                    number = (first_sequence + offset) & 0xFFFF
                    halves[place.sequences] = NUMBERS[number : number + count]
            if group.element:
                for place, log in zip(places, group.logs[start : start + rows], strict=False):
                    number = log.next_number & 0xFFFF
                    odd_halves[place.numbers] = NUMBERS[number : number + count]
                    log.sent(*part.sent)
            for target, first, width, values in columns:
                target[first : cells * width : count * width] = values[start : start + rows]

        return fill

    def _send_cells(self, group: RowGroup, part: Part, start: int, rows: int) -> None:
        """Encrypt the cells of a chunk, and send them."""
        count = part.packets
        cells = rows * count
        self._sizes_view[:cells] = part.plain_sizes * rows
        sessions = group.sessions[start : start + rows]
        each = chain.from_iterable(map(repeat, sessions, repeat(count))) if count > 1 else sessions
        # One call a packet, and no line of Python between them.
        failures = list(map(srtp.srtp_protect, each, self._pointers, self._size_pointers))
        if any(failures):
            self._wipe(failures)
        if isinstance(group.socket, TcpConnection):
            self._write_frames(group.socket, cells, part.sizes)
            return
        for offset, size in enumerate(part.sizes):
            self._part_words[IOVEC_WORDS * offset + 1 : cells * IOVEC_WORDS : IOVEC_WORDS * count] = (
                array("Q", [size]) * rows
            )
        for run in part.runs:
            self._send_run(group, group.socket, start, rows, count, run)

    def _lay_out_block(self, group: RowGroup, burst: Sequence[Packet], header_bytes: int) -> memoryview:
        """Lay out what all receivers of `group` get alike."""
        block = self._block
        for index, packet in enumerate(burst):
            at = index * CELL_BYTES
            _HEADER(block, at, group.first_word | packet.marker, 0, 0)
            if group.element:
                _EXTENSION(block, at + HEADER_BYTES, EXTENSION_WORD, group.element, 0, 0)
            at += header_bytes
            block[at : at + len(packet.payload)] = packet.payload
        return block[: len(burst) * CELL_BYTES]

    def _columns(
        self, group: RowGroup, burst: Sequence[Packet], header_bytes: int
    ) -> list[tuple[memoryview, int, int, "array[int] | bytes"]]:
        """List what differs by receiver in the same way in all cells of a row.

        Each as the view to write into, the place in the first row, the
        width of a cell in that view, and a value a row.
        """
        timestamp = burst[0].timestamp
        stamps = _in_network_order(
            "Q", [((timestamp + offset) & 0xFFFFFFFF) << 32 | ssrc for offset, ssrc in group.sources]
        )
        width = CELL_BYTES // 8
        columns: list[tuple[memoryview, int, int, array[int] | bytes]] = [
            (self._quads, index * width, width, stamps) for index in range(len(burst))
        ]
        if len(burst) < MANY:
            at, width = SEQUENCE_AT // 2, CELL_BYTES // 2
            for index, packet in enumerate(burst):
                number = packet.sequence
                sequences = _in_network_order("H", [(number + o) & 0xFFFF for o in group.sequence_offsets])
                columns.append((self._halves, at + index * width, width, sequences))
        descriptor = burst[0].descriptor
        if descriptor is None or not group.is_renumbering:
            return columns
        mask, length = (0x7FFF, 0x8000) if descriptor.is_long else (0x7F, 0)
        pictures = [(descriptor.picture_id + offset) & mask | length for offset in group.picture_id_offsets]
        halves = _in_network_order("H", pictures) if length else array("H")
        octets = bytes(pictures) if not length else b""
        levels = bytes((descriptor.tl0 + offset) & 0xFF for offset in group.tl0_offsets)
        for index, packet in enumerate(burst):
            found = packet.descriptor
            if found is None:
                continue
            at = index * CELL_BYTES + header_bytes + found.picture_id_at
            if found.picture_id_at >= 0 and length:
                target = self._odd_halves if at & 1 else self._halves
                columns.append((target, at >> 1, CELL_BYTES // 2, halves))
            elif found.picture_id_at >= 0:
                columns.append((self._view, at, CELL_BYTES, octets))
            if found.tl0_at >= 0:
                at = index * CELL_BYTES + header_bytes + found.tl0_at
                columns.append((self._view, at, CELL_BYTES, levels))
        return columns

    def _places_of(self, count: int) -> list[Places]:
        """Say where rows of `count` cells are."""
        places = self._places.get(count)
        if places is None:
            width, halves = count * CELL_BYTES, CELL_BYTES // 2
            places = self._places[count] = [
                Places(
                    slice(at, at + width),
                    slice((at + SEQUENCE_AT) // 2, (at + width) // 2, halves),
                    slice((at + NUMBER_AT) // 2, (at + width) // 2, halves),
                )
                for at in range(0, CELLS // count * width, width)
            ]
        return places

    def _write_frames(self, connection: TcpConnection, packets: int, sizes: Sequence[int]) -> None:
        """Send the cells of a chunk over a connection, each after its length (RFC 4571)."""
        view = self._view
        frames = bytearray()
        for index, size in zip(range(packets), cycle(sizes), strict=False):
            frames += size.to_bytes(2, "big")
            frames += view[index * CELL_BYTES : index * CELL_BYTES + size]
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

    def _control(self, size: int) -> int:
        control = self._controls.get(size)
        if control is None:
            control = self._controls[size] = segment_control(size)
        return int(ffi.cast("uintptr_t", control))

    def _wipe(self, failures: Sequence[int]) -> None:
        """Make rubbish of the cells that could not be encrypted."""
        for index, failure in enumerate(failures):
            if failure:
                self.encryption_failures += 1
                self._view[index * CELL_BYTES : (index + 1) * CELL_BYTES] = bytes(CELL_BYTES)


def _parts(burst: Sequence[Packet]) -> Iterator[Sequence[Packet]]:
    """Cut a burst where a packet is missing, or a frame ends."""
    start = 0
    for index in range(1, len(burst) + 1):
        if (
            index == len(burst)
            or burst[index].sequence != burst[index - 1].sequence + 1
            or burst[index].timestamp != burst[start].timestamp
        ):
            yield burst[start:index]
            start = index
