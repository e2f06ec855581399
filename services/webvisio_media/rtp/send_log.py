"""What was sent to one receiver under transport-wide numbers, until its feedback tells when it came.

A burst is one entry, however many packets it has: they leave together, and
what matters is when the last one came and how many did not. Bounded by
`MOST_BURSTS`; what is older counts as never told of.
"""

from collections import deque
from typing import NamedTuple

from webvisio_media.rtp.numbers import FIRST_EXTENDED, extend
from webvisio_media.rtp.transport_cc import Feedback

MOST_BURSTS = 1024
OUTAGE_S = 0.8
"""Losses in a row that span so long are an outage (a tunnel, another network), not congestion."""
OVERHEAD_BYTES = 28
"""IPv4 and UDP headers, which a slow line carries too."""


class Burst(NamedTuple):
    """Packets `first` to `first + packets - 1`, sent at once; `probe` numbers the probe that they are of, or 0."""

    first: int
    packets: int
    sent_at: float
    octets: float
    probe: int


class Arrival(NamedTuple):
    """What a feedback says of one burst; times in seconds, the receiver's on a clock of its own."""

    sent_at: float
    first_at: float
    last_at: float
    octets: float
    probe: int


class Delivery(NamedTuple):
    """What a feedback says altogether, oldest burst first."""

    arrivals: list[Arrival]
    received: int
    lost: int


class SendLog:
    """The numbers and the memory of one receiver."""

    __slots__ = ("_bursts", "_next_told", "next_number", "probe")

    def __init__(self) -> None:
        self.next_number = FIRST_EXTENDED
        """To be given to the next packet; its lowest 16 bits travel."""
        self.probe = 0
        """Number of the probe that is being sent, else 0."""
        self._next_told = FIRST_EXTENDED
        self._bursts: deque[Burst] = deque(maxlen=MOST_BURSTS)

    def sent(self, packets: int, octets: float, now: float) -> None:
        """Note that `packets` with `octets` altogether left under the next numbers."""
        octets += packets * OVERHEAD_BYTES
        self._bursts.append(Burst(self.next_number, packets, now, octets, self.probe))
        self.next_number += packets

    def deliver(self, feedback: Feedback) -> Delivery:
        """Match feedback with what was sent; what it tells twice counts once."""
        bursts, arrivals = self._bursts, []
        received = lost = 0
        current: Burst | None = None
        first_us = last_us = came = 0
        gone: list[float] = []
        next_told = self._next_told
        for number, at_us in feedback.statuses:
            extended = extend(number & 0xFFFF, next_told)
            if extended < next_told or extended >= self.next_number:
                continue
            next_told = extended + 1
            while current is None or extended >= current.first + current.packets:
                if current is not None and came:
                    arrivals.append(_arrival(current, first_us, last_us, came))
                came = 0
                if not bursts:
                    current = None
                    break
                current = bursts.popleft()
            if current is None or extended < current.first:
                continue
            if at_us is None:
                gone.append(current.sent_at)
                continue
            lost += _congested(gone)
            received += 1
            if not came:
                first_us = at_us
            last_us = max(at_us, last_us) if came else at_us
            came += 1
        lost += _congested(gone)
        self._next_told = next_told
        if current is not None:
            if came:
                arrivals.append(_arrival(current, first_us, last_us, came))
            if next_told < current.first + current.packets:
                left = current.first + current.packets - next_told
                share = current.octets * left / current.packets
                bursts.appendleft(Burst(next_told, left, current.sent_at, share, current.probe))
        return Delivery(arrivals, received, lost)


def _arrival(burst: Burst, first_us: int, last_us: int, came: int) -> Arrival:
    octets = burst.octets * came / burst.packets
    return Arrival(burst.sent_at, first_us / 1e6, last_us / 1e6, octets, burst.probe)


def _congested(gone: list[float]) -> int:
    """Count the losses in a row, and forget them; none when they are an outage."""
    if not gone:
        return 0
    count = 0 if gone[-1] - gone[0] > OUTAGE_S else len(gone)
    gone.clear()
    return count
