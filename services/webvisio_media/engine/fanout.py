"""The tight loop: the packets of a burst, to every receiver.

A receiver's packets differ from another's in their first 12 to 20 bytes. So a
burst is laid out once, as one block of cells that lacks those bytes; for each
receiver the block is copied whole. The missing numbers of all cells are put
side by side (those that count up are cut out of a string of all numbers) and
brought to their places by one strided copy each. Then one `map` encrypts
every cell in place, and the outbox sends a chunk of receivers by one system
call. So Python works per receiver and burst, never per packet and receiver.
Chunks fit the processor's cache.

Invariant: nothing leaves unencrypted. When encryption fails, the cell is
wiped and the receiver sees rubbish that it drops.
"""

import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, repeat
from struct import Struct
from typing import Any, NamedTuple

from webvisio_media.engine.libc import ffi, srtp, srtp_ffi
from webvisio_media.engine.outbox import Outbox
from webvisio_media.engine.tcp import TcpAddress, TcpConnection
from webvisio_media.engine.udp import Address, UdpSocket
from webvisio_media.rtp.packet import HEADER_BYTES, Packet
from webvisio_media.rtp.send_log import Burst, SendLog, burst_of
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
FEW = 6
"""So many cells are filled one by one."""

_HEADER = Struct("!HHQ").pack_into
_FULL_HEADER = Struct("!HHII").pack_into
_EXTENSION = Struct("!IBHB").pack_into


def _in_network_order(kind: str, values: Sequence[int]) -> "array[int]":
    """Make an array of `values` whose bytes are as they travel."""
    made = array(kind, values)
    if sys.byteorder == "little":
        made.byteswap()
    return made


NUMBERS = _in_network_order("H", [*range(1 << 16), *range(MOST_BURST)]).tobytes()
"""Every 16-bit number in order, as it travels; it goes on over the end for the longest burst."""


class Part(NamedTuple):
    """Packets of one frame that leave together, and what all rows of a group have in common."""

    burst: Sequence[Packet]
    packets: int
    header_bytes: int
    plain_sizes: "array[int]"
    sizes: Sequence[int]
    """Encrypted."""
    sent: Burst | None
    """For the log of each row; None where rows have none."""


class Column(NamedTuple):
    """Numbers of one kind, and where they belong: each `step` elements of `view` one more, from `first` on."""

    view: memoryview
    first: int
    step: int
    width: int
    """Of a cell, in elements of `view`."""
    values: "memoryview | array[int] | bytes"
    per_row: int


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
        self._ones, self._timestamp_offsets, self._ssrcs, self._low_halves = (
            int.from_bytes(b"".join([value.to_bytes(8, "big") for value in values]), "big")
            for values in (
                [1] * len(rows),
                [row.timestamp_offset for row in rows],
                [row.ssrc for row in rows],
                [0xFFFF_FFFF] * len(rows),
            )
        )
        """One integer each, with 64 bits a row: so what is done to all rows is one operation."""
        self.is_renumbering = any(row.picture_id_offset or row.tl0_offset for row in rows)
        self.picture_id_offsets = [row.picture_id_offset for row in rows]
        self.tl0_offsets = [row.tl0_offset for row in rows]
        self.logs = [row.log for row in rows if row.log is not None]
        self.names = memoryview(array("Q", [row.address.pointer_number for row in rows]))

    def __len__(self) -> int:
        return len(self.sessions)

    def stamps(self, timestamp: int) -> memoryview:
        """Timestamp and SSRC of each row, as they travel, for packets with the publisher's `timestamp`."""
        timestamps = self._ones * timestamp + self._timestamp_offsets & self._low_halves
        return memoryview((timestamps << 32 | self._ssrcs).to_bytes(8 * len(self), "big")).cast("Q")


class FanOut:
    """The memory and the loop; one a worker."""

    def __init__(self, is_segmenting: bool = True) -> None:
        self.packets = 0
        self.octets = 0
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
        self.outbox = Outbox(base, CELLS, CELL_BYTES, is_segmenting)

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
        count, receivers = len(burst), len(group)
        header_bytes = NUMBERED_HEADER_BYTES if group.element else HEADER_BYTES
        plain_sizes = array("i", [header_bytes + len(packet.payload) for packet in burst])
        sizes = [size + group.tag_bytes for size in plain_sizes]
        octets = sum(sizes)
        sent = burst_of(count, octets, time.monotonic()) if group.element else None
        part = Part(burst, count, header_bytes, plain_sizes, sizes, sent)
        step = min(CELLS // count, receivers)
        if isinstance(group.socket, UdpSocket):
            self.outbox.lay_out(sizes, step, group.socket.name_bytes)
        if receivers * count <= FEW:
            self._fill_few(group, part)
            self._send_cells(group, part, 0, receivers)
        else:
            block = self._lay_out_block(group, part)
            columns = self._columns(group, part)
            for start in range(0, receivers, step):
                rows = min(step, receivers - start)
                self._fill(block, columns, start, rows, rows * count)
                self._send_cells(group, part, start, rows)
        self.packets += receivers * count
        self.octets += receivers * octets

    def _fill_few(self, group: RowGroup, part: Part) -> None:
        """Fill the cells of all rows one by one: so few are not worth the preparations."""
        view, element = self._view, group.element
        at = 0
        for row, (timestamp_offset, ssrc) in enumerate(group.sources):
            sequence_offset = group.sequence_offsets[row]
            number = group.logs[row].keep(part.sent) if part.sent is not None else 0
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

    def _lay_out_block(self, group: RowGroup, part: Part) -> memoryview:
        """Lay out what all receivers of `group` get alike."""
        block = self._block
        at = 0
        for packet in part.burst:
            _HEADER(block, at, group.first_word | packet.marker, 0, 0)
            if group.element:
                _EXTENSION(block, at + HEADER_BYTES, EXTENSION_WORD, group.element, 0, 0)
            payload_at = at + part.header_bytes
            block[payload_at : payload_at + len(packet.payload)] = packet.payload
            at += CELL_BYTES
        return block[:at]

    def _columns(self, group: RowGroup, part: Part) -> list[Column]:
        """List the numbers that are a receiver's own, of all rows."""
        count = part.packets
        first, stamps = part.burst[0].sequence, group.stamps(part.burst[0].timestamp)
        sequences = _count_up([(first + offset) & 0xFFFF for offset in group.sequence_offsets], count)
        half, quad = CELL_BYTES // 2, CELL_BYTES // 8
        columns = [Column(self._halves, SEQUENCE_AT // 2, half, half, sequences, count)]
        columns += [
            Column(self._quads, index * quad, count * quad, quad, stamps, 1) for index in range(count)
        ]
        if part.sent is not None:
            sent = part.sent
            numbers = _count_up([log.keep(sent) & 0xFFFF for log in group.logs], count)
            columns.append(Column(self._odd_halves, NUMBER_AT // 2, half, half, numbers, count))
        if part.burst[0].descriptor is not None and group.is_renumbering:
            columns += self._picture_columns(group, part)
        return columns

    def _picture_columns(self, group: RowGroup, part: Part) -> Iterator[Column]:
        """List the picture ids and TL0PICIDX of a VP8 frame."""
        descriptor = part.burst[0].descriptor
        assert descriptor is not None
        mask, length = (0x7FFF, 0x8000) if descriptor.is_long else (0x7F, 0)
        pictures = [(descriptor.picture_id + offset) & mask | length for offset in group.picture_id_offsets]
        halves = _in_network_order("H", pictures) if length else array("H")
        octets = bytes(pictures) if not length else b""
        levels = bytes((descriptor.tl0 + offset) & 0xFF for offset in group.tl0_offsets)
        half, step = CELL_BYTES // 2, part.packets * CELL_BYTES
        for index, packet in enumerate(part.burst):
            found = packet.descriptor
            if found is None:
                continue
            at = index * CELL_BYTES + part.header_bytes + found.picture_id_at
            if found.picture_id_at >= 0 and length:
                view = self._odd_halves if at & 1 else self._halves
                yield Column(view, at >> 1, step // 2, half, halves, 1)
            elif found.picture_id_at >= 0:
                yield Column(self._view, at, step, CELL_BYTES, octets, 1)
            if found.tl0_at >= 0:
                at = index * CELL_BYTES + part.header_bytes + found.tl0_at
                yield Column(self._view, at, step, CELL_BYTES, levels, 1)

    def _fill(self, block: memoryview, columns: Sequence[Column], start: int, rows: int, cells: int) -> None:
        """Fill the cells of a chunk: `rows` rows from `start` on."""
        view, width = self._view, len(block)
        for at in range(0, rows * width, width):
            view[at : at + width] = block
        for target, first, step, cell_width, values, per_row in columns:
            target[first : cells * cell_width : step] = values[start * per_row : (start + rows) * per_row]

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
        if isinstance(group.socket, UdpSocket):
            self.outbox.send(group.socket, group.names[start : start + rows])
        else:
            self._write_frames(group.socket, cells, part.sizes)

    def _write_frames(self, connection: TcpConnection, packets: int, sizes: Sequence[int]) -> None:
        """Send the cells of a chunk over a connection, each after its length (RFC 4571)."""
        view = self._view
        frames = bytearray()
        for index, size in zip(range(packets), cycle(sizes), strict=False):
            frames += size.to_bytes(2, "big")
            frames += view[index * CELL_BYTES : index * CELL_BYTES + size]
        self.outbox.calls += 1
        if not connection.write(bytes(frames)):
            self.outbox.unsent += packets

    def _wipe(self, failures: Sequence[int]) -> None:
        """Make rubbish of the cells that could not be encrypted."""
        for index, failure in enumerate(failures):
            if failure:
                self.encryption_failures += 1
                self._view[index * CELL_BYTES : (index + 1) * CELL_BYTES] = bytes(CELL_BYTES)


def _count_up(firsts: Sequence[int], count: int) -> memoryview:
    """Lay out `count` 16-bit numbers from each of `firsts` on, as they travel."""
    width = 2 * count
    return memoryview(b"".join([NUMBERS[2 * first : 2 * first + width] for first in firsts])).cast("H")


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
