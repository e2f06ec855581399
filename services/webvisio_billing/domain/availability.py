"""The availability figure (clause 4.3): open round the clock, maintenance aside.

Maintenance windows and interruptions are recorded intervals. Availability is
the share of the time outside maintenance in which nothing was interrupted;
an interruption inside a window does not count.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from webvisio_billing.domain.events import BlockLifted, BlockOpened, Event
from webvisio_billing.domain.periods import merged
from webvisio_protocol.entitlements import BlockReason, Interval

_NOTHING = timedelta()


def availability(
    over: Interval, interruptions: Iterable[Interval], maintenance: Iterable[Interval]
) -> Decimal | None:
    """Reckon the share (0 to 1) of `over` in which access was open, as an exact `Decimal`.

    Intervals may overlap and come in any order. None where all of `over` was maintenance.
    """
    windows = merged(_within(over, maintenance))
    promised = (over.end - over.start) - _length(windows)
    if promised <= _NOTHING:
        return None
    down = merged(_within(over, interruptions))
    excused = sum((_length(_within(window, down)) for window in windows), _NOTHING)
    lost = _length(down) - excused
    return 1 - Decimal(lost // timedelta(microseconds=1)) / Decimal(promised // timedelta(microseconds=1))


def recorded_maintenance(events: Iterable[Event], until: datetime) -> tuple[Interval, ...]:
    """Read the maintenance windows out of a journal; one that is still open lasts to `until`."""
    windows: list[Interval] = []
    since: datetime | None = None
    for event in events:
        match event:
            case BlockOpened(reason=BlockReason.MAINTENANCE):
                since = event.at
            case BlockLifted(reason=BlockReason.MAINTENANCE) if since is not None:
                windows.append(Interval(since, event.at))
                since = None
            case _:
                pass
    if since is not None and since < until:
        windows.append(Interval(since, until))
    return tuple(windows)


def _within(bounds: Interval, pieces: Iterable[Interval]) -> tuple[Interval, ...]:
    clipped = (Interval(max(p.start, bounds.start), min(p.end, bounds.end)) for p in pieces)
    return tuple(piece for piece in clipped if piece.start < piece.end)


def _length(pieces: Iterable[Interval]) -> timedelta:
    return sum((piece.end - piece.start for piece in pieces), _NOTHING)
