"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).

A publisher numbers every packet that it sends on a transport; the receiver
tells when each one came, and the publisher's own estimator finds its
bitrate. Times travel in steps (*ticks*) of 250 us from a reference in steps of
64 ms.
"""

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from webvisio_media.errors import Malformed
from webvisio_media.rtp.numbers import FIRST_EXTENDED, extend

TICK_US = 250
REFERENCE_TICKS = 256
REFERENCE_US = REFERENCE_TICKS * TICK_US
MOST_STATUSES = 400
"""Packets told of in one feedback message: it fits a datagram."""
MOST_WAITING = 4000
"""Arrivals kept between two feedbacks; beyond, the oldest are not told of."""
MOST_READ = 4096
"""Packet statuses read out of one message."""


class Feedback(NamedTuple):
    """One feedback message, read: what became of the packet `first` (16 bits) and of those that follow it.

    `times` are in ticks on the receiver's clock, None for a packet that did not come.
    """

    serial: int
    first: int
    times: Sequence[int | None]


class ArrivalLog:
    """Arrivals of one publisher's packets since the last feedback."""

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}
        self._highest: int | None = None
        self._next = 0
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._arrivals)

    def arrived(self, number: int, at_us: int) -> None:
        """Note that the packet with the 16-bit transport `number` came at `at_us`."""
        if self._highest is None:
            self._highest = self._next = number + FIRST_EXTENDED
        extended = extend(number, self._highest)
        if extended < self._next:
            return
        if extended > self._highest:
            self._highest = extended
        if len(self._arrivals) < MOST_WAITING:
            self._arrivals.setdefault(extended, at_us)

    def feedback(self) -> list[bytes]:
        """Pack what came since the last call: bodies for `rtcp.transport_feedback`."""
        numbers = sorted(self._arrivals)
        bodies: list[bytes] = []
        at = 0
        while at < len(numbers):
            # A hole that is larger than a message is skipped: the sender takes silence for loss anyway.
            base = self._next if numbers[at] - self._next < MOST_STATUSES // 2 else numbers[at]
            body, at = self._pack(base, numbers, at)
            bodies.append(body)
        self._arrivals.clear()
        return bodies

    def _pack(self, base: int, numbers: list[int], at: int) -> tuple[bytes, int]:
        reference = self._arrivals[numbers[at]] // REFERENCE_US
        previous_us = reference * REFERENCE_US
        symbols: list[int] = []
        deltas = bytearray()
        while at < len(numbers) and numbers[at] - base < MOST_STATUSES:
            arrival_us = self._arrivals[numbers[at]]
            delta = round((arrival_us - previous_us) / TICK_US)
            if not -0x8000 <= delta <= 0x7FFF:
                break
            symbols.extend([0] * (numbers[at] - base - len(symbols)))
            if 0 <= delta <= 0xFF:
                symbols.append(1)
                deltas.append(delta)
            else:
                symbols.append(2)
                deltas += struct.pack("!h", delta)
            previous_us += delta * TICK_US
            at += 1
        self._next = base + len(symbols)
        head = struct.pack("!HHI", base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        return head + _chunks(symbols) + bytes(deltas), at


def _chunks(symbols: list[int]) -> bytes:
    """Pack statuses: runs where they pay, else vectors of seven two-bit symbols."""
    packed = bytearray()
    at = 0
    while at < len(symbols):
        symbol, run = symbols[at], 1
        while at + run < len(symbols) and symbols[at + run] == symbol and run < 0x1FFF:
            run += 1
        if run >= 7 or at + run == len(symbols):
            packed += struct.pack("!H", symbol << 13 | run)
            at += run
            continue
        chunk = 0xC000
        for place, value in enumerate(symbols[at : at + 7]):
            chunk |= value << (12 - 2 * place)
        packed += struct.pack("!H", chunk)
        at += 7
    return bytes(packed)


def tells_that_all_came(body: bytes) -> bool:
    """Whether a feedback says that everything came, in short steps: so it is nearly always."""
    if len(body) < 18 or body[16] >> 5 != 1:
        return False
    count = body[10] << 8 | body[11]
    return 0 < count <= min((body[16] & 0x1F) << 8 | body[17], len(body) - 18, MOST_READ)


def read_feedback(body: bytes) -> Feedback:
    """Read the body of a feedback packet, SSRCs included; raises `Malformed`."""
    if len(body) < 16:
        raise Malformed("transport feedback")
    first, count, reference = struct.unpack_from("!HHI", body, 8)
    if count > MOST_READ:
        raise Malformed("transport feedback: too many statuses")
    now = (reference >> 8) * REFERENCE_TICKS
    if tells_that_all_came(body):
        return Feedback(reference & 0xFF, first, list(accumulate(body[18 : 18 + count], initial=now))[1:])
    symbols, at = _symbols(body, count)
    times: list[int | None] = []
    for symbol in symbols:
        if symbol == 1:
            if at + 1 > len(body):
                raise Malformed("transport feedback deltas")
            now += body[at]
            at += 1
        elif symbol == 2:
            if at + 2 > len(body):
                raise Malformed("transport feedback deltas")
            now += struct.unpack_from("!h", body, at)[0]
            at += 2
        times.append(now if symbol in (1, 2) else None)
    return Feedback(reference & 0xFF, first, times)


def _symbols(body: bytes, count: int) -> tuple[list[int], int]:
    """Unpack `count` statuses; returns where the times begin too."""
    symbols: list[int] = []
    at = 16
    while len(symbols) < count:
        if at + 2 > len(body):
            raise Malformed("transport feedback chunks")
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols)))
            if not chunk & 0x1FFF:
                raise Malformed("transport feedback run")
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    return symbols[:count], at
