"""The estimate of a receiver's bandwidth, on lines in virtual time; and how it is shared out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.media.media_link import Line, simulate
from webvisio_media.rtp.allocation import Wish, allocate, next_wanted_bps
from webvisio_media.rtp.bandwidth import START_BPS
from webvisio_media.rtp.layers import Layer, Step, steps
from webvisio_media.rtp.send_log import MOST_BURSTS, SendLog
from webvisio_media.rtp.transport_cc import Feedback


@pytest.mark.parametrize("rate_bps", [300e3, 600e3, 2e6])
def test_the_estimate_settles_below_the_line_and_keeps_its_queue_short(rate_bps: float) -> None:
    run = simulate(Line(lambda now: rate_bps), 40, offered_bps=2 * rate_bps)
    assert 0.55 * rate_bps < run.mean(20) < 1.1 * rate_bps
    assert run.longest_queue_s(20) < 0.35


def test_random_loss_of_a_tenth_starves_nobody() -> None:
    run = simulate(Line(lambda now: 10e6, delay_s=0.1, loss=0.1), 30, offered_bps=1.5e6)
    assert min(run.targets(0)) >= START_BPS


def test_a_line_that_loses_a_tenth_gets_over_a_jam() -> None:
    def jammed(now: float) -> float:
        return 60e3 if 105 <= now < 109 else 10e6

    line = Line(jammed, delay_s=0.1, loss=0.1)
    run = simulate(line, 60, offered_bps=1.5e6)
    assert min(run.targets(5, 15)) < 200e3
    assert run.mean(50) > 300e3


def test_a_line_that_drops_instead_of_queueing_is_found_by_its_loss() -> None:
    run = simulate(Line(lambda now: 400e3, queue_s=0.03), 40, offered_bps=2e6)
    assert run.mean(20) < 700e3


def test_an_outage_of_five_seconds_is_no_congestion() -> None:
    line = Line(lambda now: 5e6, is_out=lambda now: 115 <= now < 120)
    run = simulate(line, 40, offered_bps=1.5e6)
    assert min(run.targets(25)) > 0.7 * run.mean(10, 15)


def test_a_line_that_narrows_is_followed_within_seconds() -> None:
    run = simulate(Line(lambda now: 3e6 if now < 120 else 400e3), 45, offered_bps=2e6)
    assert run.mean(10, 20) > 900e3
    assert run.mean(30) < 480e3
    assert run.longest_queue_s(32) < 0.35


def narrowing(now: float) -> float:
    return 3e6 if now < 120 else 400e3


def first_fall_s(is_content_above_bps: float) -> tuple[float, int]:
    """When the estimate falls on a line that narrows after 20 s; and how much feedback was unread before."""
    run = simulate(Line(narrowing), 25, offered_bps=900e3, is_content_above_bps=is_content_above_bps)
    before = run.mean(19, 20)
    return next(at for at, target, _ in run.samples if at > 20 and target < 0.9 * before), run.unread


def test_a_content_line_that_narrows_is_noticed_nearly_as_soon_as_one_that_is_always_read() -> None:
    always_s, none_unread = first_fall_s(float("inf"))
    content_s, unread = first_fall_s(900e3)
    assert (none_unread, unread > 150) == (0, True)
    assert content_s - always_s < 0.3


def test_what_unread_feedback_told_of_counts_as_arrived() -> None:
    everything, some = SendLog(), SendLog()
    for log in (everything, some):
        for n in range(4):
            log.sent(5, 5000, 1.0 + n / 10)
    told = [Feedback(n, 5 * n, [400 * n + k for k in range(5)]) for n in range(4)]
    read = [arrival for feedback in told for arrival in everything.deliver(feedback).arrivals]
    few = some.deliver(told[0]).arrivals + some.deliver(told[3], has_unread=True).arrivals
    assert sum(arrival.octets for arrival in few) == sum(arrival.octets for arrival in read)
    assert few[-1].last_at == read[-1].last_at


def test_feedback_that_got_lost_does_not_count_as_arrived() -> None:
    log = SendLog()
    for n in range(3):
        log.sent(5, 5000, 1.0 + n / 10)
    assert [arrival.octets for arrival in log.deliver(Feedback(0, 10, [1] * 5)).arrivals] == [5000 + 5 * 28]


def test_a_content_line_of_bad_radio_starves_nobody() -> None:
    line = Line(lambda now: 10e6, delay_s=0.1, loss=0.1)
    run = simulate(line, 30, offered_bps=1.5e6, is_content_above_bps=START_BPS)
    assert min(run.targets(0)) >= START_BPS


def test_probes_find_what_became_free() -> None:
    def rate(now: float) -> float:
        return 300e3 if now < 120 else 5e6

    with_probes = simulate(Line(rate), 40, offered_bps=2e6, probes_every_s=3).mean(30)
    without = simulate(Line(rate), 26, offered_bps=2e6).mean(24)
    assert with_probes > 1.4e6 > 0.5e6 > without or with_probes > 2 * without


def test_bursts_beyond_the_limit_are_forgotten_and_feedback_for_them_counts_nothing() -> None:
    log = SendLog()
    for n in range(MOST_BURSTS + 10):
        log.sent(1, 100, n / 100)
    delivery = log.deliver(Feedback(0, 0, [4]))
    assert delivery == ([], 1, 0) or delivery.arrivals == []


def test_feedback_that_comes_twice_counts_once() -> None:
    log = SendLog()
    log.sent(4, 400, 1.0)
    feedback = Feedback(0, 0, [4, None, 8, 10])
    first = log.deliver(feedback)
    assert (first.received, first.lost) == (3, 1)
    assert [(a.first_at, a.last_at) for a in first.arrivals] == [(0.001, 0.0025)]
    assert log.deliver(feedback) == ([], 0, 0)


def test_a_burst_that_is_told_in_two_parts_counts_once() -> None:
    log = SendLog()
    log.sent(4, 400, 1.0)
    parts = [log.deliver(Feedback(0, 0, [10, 20])), log.deliver(Feedback(1, 2, [30, None]))]
    assert sum(part.received for part in parts) == 3
    assert sum(part.lost for part in parts) == 1
    total = sum(arrival.octets for part in parts for arrival in part.arrivals)
    assert total == pytest.approx((400 + 4 * 28) * 3 / 4)


@given(st.binary(max_size=40), st.lists(st.integers(1, 40), max_size=30))
def test_feedback_of_a_liar_breaks_nothing(noise: bytes, bursts: list[int]) -> None:
    log = SendLog()
    for packets in bursts:
        log.sent(packets, packets * 1000, 1.0)
    received = lost = 0
    for byte in noise:
        times = [None if byte >> n & 1 else byte * 4 - n for n in range(8)]
        delivery = log.deliver(Feedback(0, byte * 257 & 0xFFFF, times))
        received, lost = received + delivery.received, lost + delivery.lost
    assert received + lost <= sum(bursts)


CAMERA = steps([Layer(180, 100e3, True), Layer(360, 400e3, True), Layer(720, 1200e3, True)], 720)


def _cost(wishes: list[Wish], granted: list[int]) -> float:
    return sum(w.options[g].bitrate_bps for w, g in zip(wishes, granted, strict=True) if g >= 0)


wish_lists = st.lists(
    st.builds(
        lambda stage, height, costs, current: Wish(
            stage,
            height,
            [Step(n, 2, float(cost)) for n, cost in enumerate(sorted(costs))],
            min(current, len(costs) - 1),
        ),
        st.booleans(),
        st.integers(0, 1080),
        st.lists(st.integers(1, 3_000_000), min_size=1, max_size=6),
        st.integers(-1, 5),
    ),
    max_size=12,
)


@given(st.floats(0, 5e6), wish_lists)
def test_nothing_is_granted_beyond_the_budget(budget: float, wishes: list[Wish]) -> None:
    assert _cost(wishes, allocate(budget, wishes)) <= budget + 1e-6


@given(wish_lists)
def test_what_was_granted_is_granted_again(wishes: list[Wish]) -> None:
    granted = allocate(1e6, wishes)
    again = [wish._replace(current=chosen) for wish, chosen in zip(wishes, granted, strict=True)]
    for before, after in zip(granted, allocate(1e6, again), strict=True):
        assert after >= 0 or before < 0


def test_the_stage_comes_before_the_gallery_and_large_before_small() -> None:
    small, large = Wish(False, 180, CAMERA, -1), Wish(False, 360, CAMERA, -1)
    stage = Wish(True, 90, CAMERA, -1)
    granted = allocate(60e3, [small, large, stage])
    assert granted == [-1, -1, 0]
    granted = allocate(1e6, [small, large, stage])
    assert granted[2] > granted[1] >= granted[0] >= 0


def test_everybody_gets_a_little_before_anybody_gets_more() -> None:
    wishes = [Wish(False, 360, CAMERA, -1)] * 6
    assert min(allocate(6 * 60e3, wishes)) >= 0


def test_the_next_step_is_the_cheapest() -> None:
    wishes = [Wish(False, 720, CAMERA, 2), Wish(False, 720, CAMERA, -1)]
    wanted = next_wanted_bps(100e3, wishes, [2, -1])
    assert wanted == pytest.approx(100e3 + 1.25 * 45e3)
    assert next_wanted_bps(1e6, wishes[:1], [len(CAMERA) - 1]) is None
