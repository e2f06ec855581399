"""Which days a contract covers: always reckoned from the anchor, on the wall clock.

`period_n = [anchor + n months, anchor + (n+1) months)`, the day clamped to the
month's end (clause 3); never from the previous period, so an anchor on the
31st comes back to the 31st. Days become instants only here, through the
contract's time zone, so a period lasts 23, 24 or 25 hours more or less by
itself when the clock changes. Intervals are half-open.
"""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from webvisio_protocol.entitlements import Interval

ONE_DAY = timedelta(days=1)


class Period(msgspec.Struct, frozen=True, gc=False, order=True):
    """Whole days `[start, end)` on the contract's wall clock."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days

    def covers(self, day: date) -> bool:
        """Whether `day` is one of the period's days."""
        return self.start <= day < self.end


def add_months(anchor: date, months: int) -> date:
    """Go `months` on from `anchor` (may be negative), clamped to the month's last day."""
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(anchor.day, last))


@lru_cache(maxsize=65_536)
def month_period(anchor: date, index: int) -> Period:
    """Give the period number `index` (0 is the first) of a contract anchored at `anchor`."""
    return Period(add_months(anchor, index), add_months(anchor, index + 1))


def month_index(anchor: date, day: date) -> int:
    """Find the index of the period that covers `day`; negative before the anchor."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months) <= day else months - 1


def day_period(day: date) -> Period:
    """Give the single day that a day pass covers (clause 3, "accès libre")."""
    return Period(day, day + ONE_DAY)


@lru_cache(maxsize=65_536)
def midnight(day: date, timezone: str) -> datetime:
    """Give the instant (UTC) at which `day` begins on the wall clock of `timezone`.

    Where the clock jumps over midnight the day begins with the jump; where
    midnight comes twice, with the first.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def interval(period: Period, timezone: str) -> Interval:
    """Turn whole days into the instants `[start, end)`, in UTC."""
    return Interval(midnight(period.start, timezone), midnight(period.end, timezone))


def local_day(instant: datetime, timezone: str) -> date:
    """Tell which day it is at `instant` on the wall clock of `timezone`."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def wall_clock_later(instant: datetime, days: int, timezone: str) -> datetime:
    """Go `days` on at the same time of the wall clock; returns UTC.

    A wall-clock time that the spring change skips is taken after the jump.
    """
    local = instant.astimezone(ZoneInfo(timezone))
    return (local + timedelta(days=days)).replace(fold=0).astimezone(UTC)


def notice_deadline(term: date, notice_days: int, timezone: str) -> datetime:
    """Give the last instant at which a notice still counts for `term` (clause 3), itself included."""
    return midnight(term - timedelta(days=notice_days), timezone)


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Put intervals in order and merge those that touch or overlap (clause 3)."""
    runs: list[Interval] = []
    for piece in sorted(intervals, key=lambda i: (i.start, i.end)):
        if runs and piece.start <= runs[-1].end:
            runs[-1] = Interval(runs[-1].start, max(runs[-1].end, piece.end))
        else:
            runs.append(piece)
    return tuple(runs)
