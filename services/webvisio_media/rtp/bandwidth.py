"""How much a receiver's line carries, from its transport-wide feedback (after draft-ietf-rmcat-gcc-02).

Two opinions, the lower counts. *Delay*: when packets need longer and longer
on their way, a queue fills somewhere; the trend of that delay tells before
anything is lost. *Loss*: above `LOSS_TOO_MUCH` the rate is lowered; up to
there retransmission mends it, so that a bad radio link is not starved.
A sender that has little to send learns nothing of what more would do: the
estimate does not grow beyond what was tried, and `probed` takes the result of
trying.

Pure: all times are arguments; a receiver's clock need not be this machine's.
"""

from collections import deque

from webvisio_media.rtp.send_log import Arrival, Delivery

START_BPS = 1_000_000.0
LEAST_BPS = 50_000.0
MOST_BPS = 20_000_000.0

WINDOW = 20
"""Bursts over which the trend is taken."""
FAR_MS = 60_000.0
"""So far from where times are counted from, it is moved."""
SMOOTHING = 0.9
TREND_GAIN = 4.0
FIRST_THRESHOLD_MS = 12.5
THRESHOLD_RANGE_MS = (6.0, 600.0)
THRESHOLD_UP, THRESHOLD_DOWN = 0.0087, 0.039
OVERUSE_S = 0.01
MOST_DELTAS = 60

ACKED_WINDOW_S = 0.6
LEAST_ACKED_S = 0.15
BACK_OFF = 0.85
GROWTH_PER_S = 0.08
STEP_BITS = 9600
"""One packet: what a response time adds near the known capacity."""
LOSS_TOO_MUCH, LOSS_LITTLE = 0.15, 0.05
LOSS_MARGIN = 0.05
"""A line that loses about as much whatever is sent over it (bad radio) is as good as one that loses little: its
usual loss is the least of the last one to two `LEAST_LOSS_WINDOW_S`, and so much above it is still usual."""
LEAST_LOSS_WINDOW_S = 10.0
LOSS_SMOOTHING = 0.5
LOSS_WINDOW = 100
"""Packets over which a share of loss means something."""
FEW, FEW_AFTER_S = 20, 2.0
"""Where little is sent, so many are enough after so long."""
DECREASE_PAUSE_S = 0.3
"""Feedback of what was sent before a decrease says nothing of what comes after it."""
QUEUE_LONG_MS, QUEUE_SHORT_MS = 150.0, 70.0
"""A queue that neither grows nor empties is seen by the delay above the least one; it must be emptied too."""
QUEUE_CALM_MS = 20.0
REST_S = 0.15
"""So long feedback need not be read after one that told of nothing wrong: every second one at ten a second is
read, every third at twenty. A line that goes bad is then noticed at most so much later."""
LEAST_DELAY_WINDOW_S = 20.0
"""The least delay is looked for in the last one to two of these: routes change, clocks drift."""


class Trend:
    """Whether the queue on the way fills (1), is level (0) or empties (-1)."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._sum_x = self._sum_y = self._sum_xx = self._sum_xy = 0.0
        self._before: Arrival | None = None
        self._first_ms: float | None = None
        self._delay_ms = 0.0
        self._smoothed_ms = 0.0
        self._deltas = 0
        self._threshold_ms = FIRST_THRESHOLD_MS
        self._adapted_at: float | None = None
        self._elapsed_s = 0.0
        self._over_s = 0.0
        self._slope = 0.0
        self._least_ms = self._least_before_ms = float("inf")
        self._least_since = float("-inf")
        self.state = 0

    @property
    def queue_ms(self) -> float:
        """How much longer packets need than the quickest lately."""
        least_ms = self._least_ms if self._least_ms < self._least_before_ms else self._least_before_ms
        return self._smoothed_ms - least_ms if self._smoothed_ms > least_ms else 0.0

    def arrived(self, arrival: Arrival) -> None:
        """Take the next burst; `judge` follows the last one of a feedback.

        Comparisons stand here where `min` and `max` would: this is the most frequent line of the estimate.
        """
        before, self._before = self._before, arrival
        sent_at, _, last_at, _, _ = arrival
        if before is None:
            self._first_ms = last_at * 1000
            return
        sent_ms = (sent_at - before[0]) * 1000
        came_ms = (last_at - before[2]) * 1000
        longer_ms = came_ms - sent_ms
        if sent_ms < 0 or not -3000 <= longer_ms <= 3000:
            self._begin()  # a clock was set, or an outage passed
            return
        if self._deltas < MOST_DELTAS:
            self._deltas += 1
        self._delay_ms += longer_ms
        smoothed_ms = self._smoothed_ms = SMOOTHING * self._smoothed_ms + (1 - SMOOTHING) * self._delay_ms
        if last_at - self._least_since > LEAST_DELAY_WINDOW_S:
            self._least_since = last_at
            self._least_before_ms, self._least_ms = self._least_ms, smoothed_ms
        elif smoothed_ms < self._least_ms:
            self._least_ms = smoothed_ms
        self._elapsed_s += sent_ms / 1000
        assert self._first_ms is not None
        self._add_point(last_at * 1000 - self._first_ms, smoothed_ms)

    def _add_point(self, x: float, y: float) -> None:
        """Add a point and let the oldest go; the sums for the line through all of them follow."""
        points = self._points
        old_x, old_y = points[0] if len(points) == WINDOW else (0.0, 0.0)
        points.append((x, y))
        self._sum_x += x - old_x
        self._sum_y += y - old_y
        self._sum_xx += x * x - old_x * old_x
        self._sum_xy += x * y - old_x * old_y
        if points[0][0] > FAR_MS:
            # Small numbers again: differences of large squares would lose the slope in rounding.
            assert self._first_ms is not None
            moved_ms = points[0][0]
            self._first_ms += moved_ms
            kept = [(at - moved_ms, delay) for at, delay in points]
            points.clear()
            self._sum_x = self._sum_y = self._sum_xx = self._sum_xy = 0.0
            for at, delay in kept:
                self._add_point(at, delay)

    def judge(self) -> None:
        """Set `state` from what arrived since the last time."""
        if self._elapsed_s and self._before is not None:
            slope = self._fit() if len(self._points) == WINDOW else self._slope
            self._detect(slope, self._elapsed_s, self._before.last_at)
            self._elapsed_s = 0.0

    def _fit(self) -> float:
        square = WINDOW * self._sum_xx - self._sum_x * self._sum_x
        product = WINDOW * self._sum_xy - self._sum_x * self._sum_y
        return product / square if square > 0 else self._slope

    def _detect(self, slope: float, elapsed_s: float, now: float) -> None:
        trend_ms = self._deltas * slope * TREND_GAIN
        if trend_ms > self._threshold_ms:
            self._over_s += elapsed_s
            if self._over_s > OVERUSE_S and slope >= self._slope:
                self._over_s = 0.0
                self.state = 1
        else:
            self._over_s = 0.0
            self.state = -1 if trend_ms < -self._threshold_ms else 0
        self._slope = slope
        distance = abs(trend_ms)
        if distance <= self._threshold_ms + 15:
            gain = THRESHOLD_DOWN if distance < self._threshold_ms else THRESHOLD_UP
            since_ms = 0.0 if self._adapted_at is None else min(100.0, (now - self._adapted_at) * 1000)
            least, most = THRESHOLD_RANGE_MS
            moved = self._threshold_ms + gain * (distance - self._threshold_ms) * since_ms
            self._threshold_ms = min(most, max(least, moved))
        self._adapted_at = now


class Throughput:
    """What arrived lately, in bits per second."""

    def __init__(self) -> None:
        self._arrivals: deque[tuple[float, float]] = deque()
        self._octets = 0.0

    def arrived(self, at: float, octets: float) -> None:
        """Count a burst."""
        if self._arrivals and at < self._arrivals[-1][0] - 1:
            self._arrivals.clear()  # the receiver's clock was set back
            self._octets = 0.0
        self._arrivals.append((at, octets))
        self._octets += octets
        while self._arrivals[0][0] < at - ACKED_WINDOW_S:
            self._octets -= self._arrivals.popleft()[1]

    @property
    def bps(self) -> float | None:
        """None while there is too little to tell."""
        if len(self._arrivals) < 2:
            return None
        span = self._arrivals[-1][0] - self._arrivals[0][0]
        if span < LEAST_ACKED_S:
            return None
        return 8 * (self._octets - self._arrivals[0][1]) / span


class Least:
    """The least that a figure was in the last one to two windows."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._since = float("-inf")
        self._now = self._before = float("inf")

    def take(self, figure: float, now: float) -> None:
        """Take the next figure."""
        if now - self._since > self._window_s:
            self._since, self._before, self._now = now, self._now, figure
        else:
            self._now = min(self._now, figure)

    @property
    def value(self) -> float:
        """Infinite before the first figure."""
        return min(self._now, self._before)


class Estimator:
    """The estimate for one receiver; `target_bps` is the answer."""

    def __init__(self, start_bps: float = START_BPS) -> None:
        self.target_bps = start_bps
        self.loss = 0.0
        """Share of packets lost lately, outages left out."""
        self._trend = Trend()
        self._throughput = Throughput()
        self._received = self._lost = 0
        self._loss_at = float("-inf")
        self._least_loss = Least(LEAST_LOSS_WINDOW_S)
        self._capacity_bps: float | None = None
        self._grew_at: float | None = None
        self._decreased_at = float("-inf")

    @property
    def throughput_bps(self) -> float:
        """What arrived lately; 0 while unknown."""
        return self._throughput.bps or 0.0

    @property
    def is_congested(self) -> bool:
        """Whether a queue fills at this moment."""
        return self._trend.state == 1

    @property
    def is_calm(self) -> bool:
        """Whether nothing is lost and no queue is to be seen."""
        return self._trend.state == 0 and self.loss <= LOSS_LITTLE and self._trend.queue_ms < QUEUE_CALM_MS

    @property
    def is_loss_usual(self) -> bool:
        """Whether no more is lost than this line loses anyhow, so that more may be tried."""
        return self.loss <= LOSS_LITTLE or self.loss <= min(
            LOSS_TOO_MUCH, self._least_loss.value + LOSS_MARGIN
        )

    def take(self, delivery: Delivery, round_trip_s: float, now: float) -> None:
        """Take one feedback."""
        for arrival in delivery.arrivals:
            self._throughput.arrived(arrival.last_at, arrival.octets)
            if not arrival.probe:
                self._trend.arrived(arrival)
        self._trend.judge()
        self._received += delivery.received
        self._lost += delivery.lost
        lossy = False
        told = self._received + self._lost
        if told >= LOSS_WINDOW or (told >= FEW and now - self._loss_at > FEW_AFTER_S):
            share = self._lost / told
            self.loss += (share - self.loss) * LOSS_SMOOTHING
            self._least_loss.take(self.loss, now)
            self._received = self._lost = 0
            self._loss_at = now
            lossy = self.loss > LOSS_TOO_MUCH
        rested = now - self._decreased_at > DECREASE_PAUSE_S + round_trip_s
        queue_ms = self._trend.queue_ms
        if self._trend.state == 1 or (queue_ms > QUEUE_LONG_MS and self._trend.state == 0):
            if rested:
                self._back_off(now)
        elif lossy:
            if rested:
                self._decrease_to(self.target_bps * (1 - 0.5 * self.loss), now)
        elif self._trend.state == 0 and self.is_loss_usual and queue_ms < QUEUE_SHORT_MS:
            self._grow(round_trip_s, now)
        else:
            self._grew_at = now

    def allows_rest(self, delivery: Delivery) -> bool:
        """Whether the feedback that was taken last says that all is well; then `REST_S` long none need be read."""
        return delivery.received > 0 and not delivery.lost and self.is_calm

    def probed(self, measured_bps: float, tried_bps: float) -> bool:
        """Take the result of a probe at `tried_bps`; True when the line carries it."""
        found = min(measured_bps, tried_bps)
        if found > self.target_bps and self._trend.state != 1:
            self.target_bps = min(MOST_BPS, found)
            if self._capacity_bps is not None and found > self._capacity_bps:
                self._capacity_bps = None
        return measured_bps >= 0.9 * tried_bps

    def _back_off(self, now: float) -> None:
        acked = self._throughput.bps
        if acked is None:
            self._decrease_to(self.target_bps / 2, now)
            return
        self._capacity_bps = acked if self._capacity_bps is None else 0.7 * self._capacity_bps + 0.3 * acked
        self._decrease_to(min(self.target_bps, BACK_OFF * acked), now)

    def _decrease_to(self, bps: float, now: float) -> None:
        self.target_bps = max(LEAST_BPS, min(self.target_bps, bps))
        self._decreased_at = self._grew_at = now

    def _grow(self, round_trip_s: float, now: float) -> None:
        before, self._grew_at = self._grew_at, now
        if before is None:
            return
        elapsed = min(1.0, now - before)
        acked = self._throughput.bps
        if acked is None:
            return
        if self._capacity_bps is not None and acked > 1.3 * self._capacity_bps:
            self._capacity_bps = None
        if self._capacity_bps is not None and self.target_bps > 0.8 * self._capacity_bps:
            step_bps = min(STEP_BITS / (round_trip_s + 0.1), GROWTH_PER_S * self.target_bps / 2)
            grown = self.target_bps + step_bps * elapsed
        else:
            grown = self.target_bps * (1 + GROWTH_PER_S * elapsed)
        most = max(self.target_bps, 1.5 * acked + 10_000)
        self.target_bps = min(grown, most, MOST_BPS)
