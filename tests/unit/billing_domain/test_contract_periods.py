"""Periods, terms and deadlines on the wall clock (clause 3)."""

from datetime import date, timedelta

import pytest
from contract_playing import PARIS, at, day

from webvisio_billing.domain import periods
from webvisio_billing.domain.periods import Period
from webvisio_protocol.entitlements import Interval

pytestmark = pytest.mark.clause("3")


@pytest.mark.parametrize(
    ("anchor", "starts"),
    [
        ("2027-01-31", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ("2027-01-30", ["2027-01-30", "2027-02-28", "2027-03-30"]),
        ("2026-02-28", ["2026-02-28", "2026-03-28"]),
        ("2028-01-31", ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2026-12-31", ["2026-12-31", "2027-01-31", "2027-02-28"]),
    ],
)
def test_periods_are_reckoned_from_the_anchor(anchor: str, starts: list[str]) -> None:
    found = [periods.month_period(day(anchor), index).start for index in range(len(starts))]

    assert found == [day(start) for start in starts]


def test_months_go_backwards_too() -> None:
    assert periods.add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert periods.add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


@pytest.mark.parametrize(
    ("anchor", "on", "index"),
    [
        ("2027-01-31", "2027-01-31", 0),
        ("2027-01-31", "2027-02-27", 0),
        ("2027-01-31", "2027-02-28", 1),
        ("2027-01-31", "2027-03-30", 1),
        ("2027-01-31", "2027-03-31", 2),
        ("2027-01-31", "2027-01-30", -1),
    ],
)
def test_index_finds_the_period_that_covers_a_day(anchor: str, on: str, index: int) -> None:
    assert periods.month_index(day(anchor), day(on)) == index
    assert periods.month_period(day(anchor), index).covers(day(on))


@pytest.mark.parametrize(
    ("first", "after", "hours"),
    [
        ("2026-03-29", "2026-03-30", 23),
        ("2026-10-25", "2026-10-26", 25),
        ("2026-11-23", "2026-11-24", 24),
        ("2026-03-15", "2026-04-15", 743),
        ("2026-10-15", "2026-11-15", 745),
    ],
)
def test_a_period_lasts_what_the_wall_clock_says(first: str, after: str, hours: int) -> None:
    entitled = periods.interval(Period(day(first), day(after)), PARIS)

    assert entitled.end - entitled.start == timedelta(hours=hours)


def test_a_day_that_has_no_midnight_begins_with_the_jump() -> None:
    # Beirut goes from 00:00 to 01:00 on 2026-03-29
    begins = periods.midnight(date(2026, 3, 29), "Asia/Beirut")

    assert begins == at("2026-03-29T01:00", "Asia/Beirut")


def test_a_day_with_two_midnights_begins_with_the_first() -> None:
    # Havana goes back from 01:00 to 00:00 on 2026-11-01
    day_before = periods.midnight(date(2026, 10, 31), "America/Havana")
    begins = periods.midnight(date(2026, 11, 1), "America/Havana")
    ends = periods.midnight(date(2026, 11, 2), "America/Havana")

    assert (begins - day_before, ends - begins) == (timedelta(hours=24), timedelta(hours=25))


def test_the_notice_deadline_is_seven_days_on_the_wall_clock() -> None:
    deadline = periods.notice_deadline(day("2026-03-31"), 7, PARIS)

    assert deadline == at("2026-03-24T00:00")
    assert periods.midnight(day("2026-03-31"), PARIS) - deadline == timedelta(hours=167)


def test_a_week_later_is_the_same_time_of_the_wall_clock() -> None:
    assert periods.wall_clock_later(at("2026-03-27T10:15"), 7, PARIS) == at("2026-04-03T10:15")


def test_a_week_later_at_a_skipped_time_is_after_the_jump() -> None:
    # 02:30 does not exist in Paris on 2026-03-29
    assert periods.wall_clock_later(at("2026-03-22T02:30"), 7, PARIS) == at("2026-03-29T03:30")


def test_touching_and_overlapping_intervals_merge() -> None:
    a, b, c, d = (at(f"2026-11-{n}T00:00") for n in (20, 21, 22, 25))

    assert periods.merged([Interval(c, d), Interval(a, b), Interval(b, c)]) == (Interval(a, d),)
    assert periods.merged([Interval(c, d), Interval(a, b)]) == (Interval(a, b), Interval(c, d))
    assert periods.merged([Interval(a, d), Interval(b, c)]) == (Interval(a, d),)
