"""The way to a receiver that tells what arrives: its numbers, its estimate, and what was tried on it."""

from webvisio_media.rtp.bandwidth import Estimator
from webvisio_media.rtp.send_log import Arrival, SendLog

FIRST_PROBE_PAUSE_S = 1.0
LONGEST_PROBE_PAUSE_S = 30.0
ENOUGH_OF_PROBE = 0.8
"""A train of which so much arrived is measured."""
PROBE_PATIENCE_S = 1.0


class Probe:
    """A train of padding that was sent to learn whether the line carries more."""

    def __init__(self, number: int, packets: int, tried_bps: float, now: float) -> None:
        self.number = number
        self.packets = packets
        self.tried_bps = tried_bps
        self.sent_at = now
        self.arrivals: list[Arrival] = []

    def is_over(self, now: float) -> bool:
        """Whether enough arrived, or nothing more is awaited."""
        return len(self.arrivals) >= ENOUGH_OF_PROBE * self.packets or now - self.sent_at > PROBE_PATIENCE_S

    def measured_bps(self) -> float:
        """Say how quickly the train arrived; 0 when too little did."""
        if len(self.arrivals) < max(2, ENOUGH_OF_PROBE * self.packets):
            return 0.0
        span_s = max(1e-4, self.arrivals[-1].last_at - self.arrivals[0].last_at)
        return 8 * sum(arrival.octets for arrival in self.arrivals[1:]) / span_s


class Line:
    """State of one; `engine.congestion` acts upon it."""

    def __init__(self, extension: int) -> None:
        self.extension = extension
        """Number of the transport-wide header extension."""
        self.log = SendLog()
        self.estimator = Estimator()
        self.rests_until = float("-inf")
        """Until then feedback need not be read: the last one told of nothing wrong, and nothing is wanted."""
        self.has_unread = False
        """Whether a feedback was left unread since the last one that was read."""
        self.allocated_at = float("-inf")
        self.allocated_bps = 0.0
        self.wanted_bps: float | None = None
        """The rate that would make something better; None when all is as good as can be."""
        self.paused: tuple[str, ...] = ()
        """Mids of the slots that are paused for want of bandwidth."""
        self.probe: Probe | None = None
        self.probe_count = 0
        self.probe_at = 0.0
        self.probe_pause_s = FIRST_PROBE_PAUSE_S
