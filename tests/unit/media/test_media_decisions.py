"""Holes, key-frame throttle, loudness and the choice of speakers: decisions with `now` as an argument."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.rtp.losses import GIVE_UP_S, MOST_MISSING, MOST_TRIES, REORDER_S, LossTracker
from webvisio_media.rtp.speakers import FRESH_S, HOLD_S, MARGIN, Loudness, Selection
from webvisio_media.rtp.strain import Strain
from webvisio_media.rtp.throttle import KeyFrameThrottle


def test_a_hole_is_asked_for_after_it_cannot_be_mere_reordering() -> None:
    losses = LossTracker()
    assert losses.jumped(10, 13, now=1.0)
    assert losses.due(1.0, 0.1) == []
    assert losses.due(1.0 + REORDER_S, 0.1) == [11, 12]
    assert losses.due(1.05, 0.1) == []


def test_a_hole_that_is_filled_is_not_asked_for() -> None:
    losses = LossTracker()
    losses.jumped(10, 13, now=1.0)
    assert losses.arrived(11)
    assert not losses.arrived(11)
    assert losses.due(2.0 - 0.5, 0.1) == [12]


def test_a_hole_is_asked_for_once_a_round_trip_and_then_given_up() -> None:
    losses = LossTracker()
    losses.jumped(10, 12, now=0.0)
    asked = [at for at in range(10, 3000, 10) if losses.due(at / 1000, 0.1)]
    assert 2 <= len(asked) <= MOST_TRIES
    assert all(later - earlier >= 120 for earlier, later in itertools.pairwise(asked))
    assert asked[-1] / 1000 <= GIVE_UP_S
    assert (bool(losses), losses.lost) == (False, 1)


def test_a_hole_too_large_to_mend_is_refused_and_everything_forgotten() -> None:
    losses = LossTracker()
    losses.jumped(10, 12, now=0.0)
    assert not losses.jumped(12, 12 + MOST_MISSING + 2, now=0.0)
    assert not losses
    assert losses.lost == MOST_MISSING + 2


def test_requests_within_the_interval_become_one() -> None:
    throttle = KeyFrameThrottle(0.4)
    assert throttle.request(1.0)
    assert not any(throttle.request(1.0 + n / 100) for n in range(1, 40))
    assert throttle.is_waiting
    assert throttle.is_due(1.41)
    assert not throttle.is_due(5.0)


def test_a_key_frame_makes_a_waiting_request_moot() -> None:
    throttle = KeyFrameThrottle(0.4)
    throttle.request(1.0)
    throttle.request(1.1)
    throttle.satisfy()
    assert not throttle.is_due(2.0)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_no_two_requests_leave_within_an_interval(times: list[float]) -> None:
    throttle = KeyFrameThrottle(0.4)
    sent = [now for now in sorted(times) if throttle.request(now)]
    assert sent[0] == min(times)
    assert all(later - earlier >= 0.4 for earlier, later in itertools.pairwise(sent))


def say(loudness: Loudness, level: int, start: float, seconds: float) -> float:
    now = start
    while now < start + seconds:
        loudness.heard(level, now)
        now += 0.02
    return now


def test_speech_is_noticed_within_half_a_second_and_ends_with_a_hold() -> None:
    loudness = Loudness()
    now = say(loudness, 30, 0.0, 0.5)
    assert loudness.is_speaking(now)
    now = say(loudness, 127, now, HOLD_S / 2)
    assert loudness.is_speaking(now)
    now = say(loudness, 127, now, 2.0)
    assert not loudness.is_speaking(now)


def test_a_click_is_not_speech() -> None:
    loudness = Loudness()
    now = say(loudness, 10, 0.0, 0.04)
    assert not loudness.is_speaking(now)


def test_a_track_that_sends_nothing_is_silent() -> None:
    loudness = Loudness()
    now = say(loudness, 20, 0.0, 1.0)
    assert loudness.loudness(now) > 80
    assert loudness.loudness(now + FRESH_S + 0.1) == 0


def test_all_are_heard_while_they_fit() -> None:
    selection: Selection[str] = Selection()
    assert set(selection.choose([("a", 0.0), ("b", 90.0), ("c", 5.0)], 3)) == {"a", "b", "c"}


def test_a_challenger_needs_a_margin() -> None:
    selection: Selection[str] = Selection()
    selection.choose([("a", 80.0), ("b", 70.0)], 2)
    assert set(selection.choose([("a", 80.0), ("b", 70.0), ("c", 70.0 + MARGIN - 1)], 2)) == {"a", "b"}
    assert set(selection.choose([("a", 80.0), ("b", 70.0), ("c", 70.0 + MARGIN)], 2)) == {"a", "c"}


def test_whoever_leaves_makes_room_for_the_loudest_left() -> None:
    selection: Selection[str] = Selection()
    selection.choose([("a", 80.0), ("b", 70.0), ("c", 10.0), ("d", 20.0)], 2)
    assert set(selection.choose([("b", 70.0), ("c", 10.0), ("d", 20.0)], 2)) == {"b", "d"}


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 127)), max_size=30), st.integers(0, 4)
)
def test_never_more_than_places_and_never_anybody_who_is_not_there(
    rounds: list[dict[str, float]], places: int
) -> None:
    selection: Selection[str] = Selection()
    for loudness in rounds:
        chosen = selection.choose(list(loudness.items()), places)
        assert len(chosen) == len(set(chosen)) == min(places, len(loudness))
        assert set(chosen) <= set(loudness)


def test_a_machine_that_does_not_keep_up_is_told_after_some_looks_and_relieved_after_more() -> None:
    strain = Strain()
    changes = [strain.look(lag_ms) for lag_ms in (500, 500, 20, *[500] * 6)]
    assert changes == [False] * 7 + [True, False]
    assert strain.is_strained
    # between the two marks nothing changes, and one bad look begins the relief anew
    changes = [strain.look(lag_ms) for lag_ms in (10, 10, 10, 10, 70, 10, 10, 10, 10, 10, 10)]
    assert changes == [False] * 9 + [True, False]
    assert not strain.is_strained
