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
        times = feedback.times
        first = extend(feedback.first, self._next_told)
        at = max(first, self._next_told)
        end = min(first + len(times), self.next_number)
        bursts = self._bursts
        arrivals: list[Arrival] = []
        received = lost = 0
        gone: list[float] = []
        while at < end and bursts:
            burst = bursts[0]
            burst_end = burst.first + burst.packets
            if burst_end <= at:
                bursts.popleft()
                continue
            at = max(at, burst.first)
            stop = min(end, burst_end)
            told = times[at - first : stop - first]
            if gone or None in told:
                for ticks in told:
                    if ticks is None:
                        gone.append(burst.sent_at)
                    else:
                        lost += _congested(gone)
            came = [ticks for ticks in told if ticks is not None]
            if came:
                received += len(came)
                octets = burst.octets * len(came) / burst.packets
                first_s, last_s = came[0] / TICKS_A_SECOND, max(came) / TICKS_A_SECOND
                arrivals.append(Arrival(burst.sent_at, first_s, last_s, octets, burst.probe))
            if stop < burst_end:
                left = burst_end - stop
                share = burst.octets * left / burst.packets
                bursts[0] = Burst(stop, left, burst.sent_at, share, burst.probe)
            else:
                bursts.popleft()
            at = stop
        lost += _congested(gone)
        self._next_told = max(self._next_told, end)
        return Delivery(arrivals, received, lost)


def _congested(gone: list[float]) -> int:
    """Count the losses in a row, and forget them; none when they are an outage."""
    if not gone:
        return 0
    count = 0 if gone[-1] - gone[0] > OUTAGE_S else len(gone)
    gone.clear()
    return count
