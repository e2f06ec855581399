"""Periods, midnights and merged intervals on their own, over drawn anchors, zones and lists (clause 3)."""

from datetime import UTC, date, timedelta
from itertools import pairwise

from contract_lives import ZONES, anchors
from hypothesis import given
from hypothesis import strategies as st

from webvisio_billing.domain import periods
from webvisio_billing.domain.periods import Period


@given(anchors, st.integers(0, 600))
def test_periods_touch_and_the_anchor_comes_back(anchor: date, index: int) -> None:
    period = periods.month_period(anchor, index)

    assert periods.month_period(anchor, index + 1).start == period.end
    assert periods.month_index(anchor, period.start) == index
    assert periods.month_index(anchor, period.end - timedelta(days=1)) == index
    assert period.start.day == anchor.day or (period.start + timedelta(days=1)).day == 1
    assert 28 <= period.days <= 31


@given(anchors, st.sampled_from(ZONES), st.integers(0, 60))
def test_a_midnight_is_the_first_instant_of_its_day(anchor: date, timezone: str, index: int) -> None:
    day = periods.month_period(anchor, index).start
    instant = periods.midnight(day, timezone)

    assert instant.tzinfo is UTC
    assert periods.local_day(instant, timezone) == day
    assert periods.local_day(instant - timedelta(microseconds=1), timezone) < day


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=8))
def test_merged_intervals_cover_the_same_days(pieces: list[tuple[int, int]]) -> None:
    first = date(2026, 3, 1)
    given_days = {first + timedelta(days=start + n) for start, length in pieces for n in range(length)}
    whole = [
        periods.interval(
            Period(first + timedelta(days=start), first + timedelta(days=start + length)), "Europe/Paris"
        )
        for start, length in pieces
    ]

    runs = periods.merged(whole)

    covered = {
        day
        for day in (first + timedelta(days=n) for n in range(70))
        if any(run.start <= periods.midnight(day, "Europe/Paris") < run.end for run in runs)
    }
    assert covered == given_days
    assert all(before.end < after.start for before, after in pairwise(runs))
