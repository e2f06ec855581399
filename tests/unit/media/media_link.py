"""A line in virtual time: rate, queue, delay, loss and outages; and a sender that follows the estimate.

Nothing sleeps and nothing is random but for a seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from webvisio_media.rtp.bandwidth import REST_S, Estimator
from webvisio_media.rtp.send_log import TICKS_A_SECOND, SendLog
from webvisio_media.rtp.transport_cc import Feedback

FRAME_S, FEEDBACK_S = 1 / 30, 0.05
PACKET_BYTES = 1100
PROBE_BYTES = 280


@dataclass
class Line:
    """What lies between the worker and a receiver."""

    rate_bps: Callable[[float], float]
    delay_s: float = 0.02
    queue_s: float = 0.5
    loss: float = 0.0
    is_out: Callable[[float], bool] = lambda now: False
    seed: int = 1
    free_at: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a line, not a secret

    def carry(self, octets: float, now: float) -> float | None:
        """Say when a packet arrives; None when it does not."""
        start = max(now, self.free_at)
        if start - now > self.queue_s or self.is_out(now):
            return None
        self.free_at = start + octets * 8 / self.rate_bps(now)
        return None if self._random.random() < self.loss else self.free_at + self.delay_s


@dataclass
class Run:
    """What a simulation saw, a sample a feedback: time, estimate, queueing delay."""

    samples: list[tuple[float, float, float]] = field(default_factory=list)
    unread: int = 0
    """Feedback that was left unread."""

    def targets(self, since: float, until: float = 1e9) -> list[float]:
        return [target for at, target, _ in self.samples if since <= at < until]

    def mean(self, since: float, until: float = 1e9) -> float:
        targets = self.targets(since, until)
        return sum(targets) / len(targets)

    def longest_queue_s(self, since: float) -> float:
        return max(queue for at, _, queue in self.samples if at >= since)


def simulate(
    line: Line,
    seconds: float,
    offered_bps: float = 3e6,
    probes_every_s: float = 0.0,
    is_content_above_bps: float = float("inf"),
) -> Run:
    """Send at the estimate, at most `offered_bps`, in frames; feed the line's answers back.

    While the estimate is above `is_content_above_bps` the sender wants nothing more, and does not read
    all feedback.
    """
    log, estimator, run = SendLog(), Estimator(), Run()
    told: list[tuple[int, float | None]] = []
    feedback_at, probe_at, debt = FEEDBACK_S, probes_every_s or 1e9, 0.0
    tried_bps, probe, rests_until, has_unread = 0.0, 0, 0.0, False
    # feedback that travels back: (when it is there, what it says)
    back: list[tuple[float, Feedback]] = []
    for step in range(round(seconds / FRAME_S)):
        now = 100 + step * FRAME_S
        debt += min(estimator.target_bps, offered_bps) * FRAME_S / 8
        count = int(debt // PACKET_BYTES)
        debt -= count * PACKET_BYTES
        sizes = [PACKET_BYTES] * count
        if now - 100 >= probe_at:
            probe_at += probes_every_s
            probe, tried_bps = probe + 1, 2 * estimator.target_bps
            for is_probe, batch in (
                (0, sizes),
                (probe, [PROBE_BYTES] * round(tried_bps * 0.02 / 8 / PROBE_BYTES + 1)),
            ):
                _send(log, line, batch, is_probe, now, told)
        else:
            _send(log, line, sizes, 0, now, told)
        while now - 100 >= feedback_at:
            feedback_at += FEEDBACK_S
            here = [(number, at) for number, at in told if at is None or at <= now]
            if any(at is not None for _, at in here):
                last = max(index for index, (_, at) in enumerate(told) if at is not None and at <= now)
                ready, told[:] = told[: last + 1], told[last + 1 :]
                times = [None if at is None else round((at + 77) * TICKS_A_SECOND) for _, at in ready]
                back.append((now + line.delay_s, Feedback(0, ready[0][0] & 0xFFFF, times)))
        while back and back[0][0] <= now:
            feedback = back.pop(0)[1]
            if now < rests_until:
                has_unread, run.unread = True, run.unread + 1
                continue
            delivery, has_unread = log.deliver(feedback, has_unread), False
            estimator.take(delivery, 2 * line.delay_s, now)
            if estimator.target_bps > is_content_above_bps and estimator.allows_rest(delivery):
                rests_until = now + REST_S
            train = [arrival for arrival in delivery.arrivals if arrival.probe]
            if train:
                span = max(1e-4, train[-1].last_at - train[0].first_at)
                estimator.probed(8 * sum(a.octets for a in train) / span, tried_bps)
            run.samples.append((now - 100, estimator.target_bps, max(0.0, line.free_at - now)))
    return run


def _send(
    log: SendLog, line: Line, sizes: list[int], probe: int, now: float, told: list[tuple[int, float | None]]
) -> None:
    if not sizes:
        return
    log.probe = probe
    first = log.next_number
    log.sent(len(sizes), sum(sizes), now)
    log.probe = 0
    told += [(first + place, line.carry(size + 28, now)) for place, size in enumerate(sizes)]
