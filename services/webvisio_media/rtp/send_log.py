"""What was sent to one receiver under transport-wide numbers, until its feedback tells when it came.

A burst is one entry, however many packets it has: they leave together, and
what matters is when the last one came and how many did not. Bounded by
`MOST_BURSTS`; what is older counts as never told of.
"""

from collections import deque
from typing import NamedTuple

from webvisio_media.rtp.numbers import FIRST_EXTENDED, extend
from webvisio_media.rtp.transport_cc import TICK_US, Feedback

MOST_BURSTS = 1024
OUTAGE_S = 0.8
"""Losses in a row that span so long are an outage (a tunnel, another network), not congestion."""
TICKS_A_SECOND = 1_000_000 / TICK_US
OVERHEAD_BYTES = 28
"""IPv4 and UDP headers, which a slow line carries too."""


class Burst(NamedTuple):
    """Packets that leave at once, to one receiver or alike to many; `burst_of` makes one."""

    packets: int
    octets: float
    """With `OVERHEAD_BYTES` a packet."""
    sent_at: float
    probe: int
    """Number of the probe that they are of, else 0."""


def burst_of(packets: int, octets: int, now: float, probe: int = 0) -> Burst:
    """Describe `packets` that leave with `octets` altogether."""
    return Burst(packets, octets + packets * OVERHEAD_BYTES, now, probe)


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

    __slots__ = ("_bursts", "_first", "_next_told", "next_number", "probe")

    def __init__(self) -> None:
        self.next_number = FIRST_EXTENDED
        """To be given to the next packet; its lowest 16 bits travel."""
        self.probe = 0
        """Number of the probe that is being sent, else 0."""
        self._next_told = FIRST_EXTENDED
        self._bursts: deque[Burst] = deque()
        self._first = FIRST_EXTENDED
        """Number of the first packet of the oldest burst."""

    def sent(self, packets: int, octets: int, now: float) -> None:
        """Note that `packets` with `octets` altogether leave under the next numbers."""
        self.keep(burst_of(packets, octets, now, self.probe))

    def keep(self, burst: Burst) -> int:
        """Note that `burst` leaves under the next numbers; returns the first of them."""
        bursts = self._bursts
        if len(bursts) == MOST_BURSTS:
            self._first += bursts.popleft().packets
        bursts.append(burst)
        number = self.next_number
        self.next_number = number + burst.packets
        return number

    def deliver(self, feedback: Feedback, has_unread: bool = False) -> Delivery:
        """Match feedback with what was sent; what it tells twice counts once.

        `has_unread`: feedback was left unread since the last time. What it told of
        counts as arrived with the first burst of this one, or a receiver whose
        feedback is not read would seem to get nothing.
        """
        times = feedback.times
        first = extend(feedback.first, self._next_told)
        at = max(first, self._next_told)
        end = min(first + len(times), self.next_number)
        has_holes = None in times
        bursts = self._bursts
        burst_first = self._first
        arrivals: list[Arrival] = []
        received = lost = 0
        unread_octets = 0.0
        gone: list[float] = []
        while at < end and bursts:
            packets, octets, sent_at, probe = bursts[0]
            burst_end = burst_first + packets
            if burst_end <= at:
                unread_octets += octets
                burst_first = burst_end
                bursts.popleft()
                continue
            if at < burst_first:
                at = burst_first
            stop = burst_end if burst_end < end else end
            told = times[at - first : stop - first]
            if has_holes:
                for ticks in told:
                    if ticks is None:
                        gone.append(sent_at)
                    elif gone:
                        lost += _congested(gone)
            came = [ticks for ticks in told if ticks is not None]
            if came:
                received += len(came)
                share = octets * len(came) / packets
                if has_unread:
                    share, has_unread = share + unread_octets, False
                first_s, last_s = came[0] / TICKS_A_SECOND, max(came) / TICKS_A_SECOND
                arrivals.append(Arrival(sent_at, first_s, last_s, share, probe))
            burst_first = at = stop
            if stop < burst_end:
                left = burst_end - stop
                bursts[0] = Burst(left, octets * left / packets, sent_at, probe)
            else:
                bursts.popleft()
        self._first = burst_first
        if gone:
            lost += _congested(gone)
        self._next_told = max(self._next_told, end)
        return Delivery(arrivals, received, lost)


def _congested(gone: list[float]) -> int:
    """Count the losses in a row, and forget them; none when they are an outage."""
    count = 0 if gone[-1] - gone[0] > OUTAGE_S else len(gone)
    gone.clear()
    return count
