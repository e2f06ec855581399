"""The heart of a contract's page: its periods, suspensions, invoices and letters along one line.

Positions are percentages of the stretch shown: from the contract's start (at
most four months back) to one period beyond what is certain. Everything on it
is also in the journal below it, in words.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from webvisio_billing.application.views import ContractView
from webvisio_billing.domain.events import (
    BlockLifted,
    BlockOpened,
    BreachLetterReceived,
    Event,
    InvoiceIssued,
    NoticeReceived,
    PaymentReceived,
)
from webvisio_billing.domain.periods import Period, day_period, interval, month_index, month_period
from webvisio_billing.domain.periods import local_day as day_of
from webvisio_billing.domain.terms import Formula
from webvisio_protocol.entitlements import BlockReason

BACK: Final = timedelta(days=120)
AHEAD_OF_DAYS: Final = timedelta(days=4)
MAX_MARKS: Final = 200
LABEL_PERCENT: Final = 18.0
"""How much of the line a mark's label takes at the narrowest; labels that would meet go into further rows."""
ROWS: Final = 4


class Bar(msgspec.Struct, frozen=True):
    """A stretch of time; `state` is past, current, certain or coming (a period), or a block's reason."""

    left: float
    width: float
    state: str
    number: int = 0
    period: Period | None = None
    since: datetime | None = None


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at an instant; its label stands in `row`, or is left out where none is free.

    Near the right edge labels run leftward.
    """

    left: float
    event: Event
    row: int | None
    is_leftward: bool


class Timeline(msgspec.Struct, frozen=True):
    """All lanes, ready to be drawn."""

    start: datetime
    end: datetime
    today: float
    periods: tuple[Bar, ...]
    blocks: tuple[Bar, ...]
    marks: tuple[Mark, ...]


class _Scale(msgspec.Struct, frozen=True):
    start: datetime
    end: datetime

    def at(self, instant: datetime) -> float:
        share = (instant - self.start) / (self.end - self.start)
        return round(min(1.0, max(0.0, share)) * 100, 3)

    def bar(self, start: datetime, end: datetime, state: str) -> Bar | None:
        left, right = self.at(start), self.at(end)
        return Bar(left, round(right - left, 3), state) if right > left else None


def timeline(view: ContractView, happened: Sequence[Event]) -> Timeline:
    """Lay out a contract as of `view.now`."""
    scale = _scale(view)
    return Timeline(
        scale.start,
        scale.end,
        scale.at(view.now),
        tuple(_periods(view, scale)),
        tuple(_blocks(view, happened, scale)),
        tuple(_marks(happened, scale)),
    )


def _scale(view: ContractView) -> _Scale:
    contract, zone = view.contract, view.contract.timezone
    first = interval(Period(contract.anchor, contract.anchor + timedelta(days=1)), zone).start
    last = max([view.now, *(piece.end for piece in view.access.intervals)])
    if contract.formula is Formula.MONTH:
        index = month_index(contract.anchor, day_of(last, zone))
        end = interval(month_period(contract.anchor, max(index, 0)), zone).end
        if contract.ends_at is not None or contract.ended_at is not None:
            end = max(last, view.now) + AHEAD_OF_DAYS
    else:
        end = last + AHEAD_OF_DAYS
    return _Scale(min(view.now, max(first, view.now - BACK)) - timedelta(days=1), end)


def _periods(view: ContractView, scale: _Scale) -> Iterator[Bar]:
    contract, zone = view.contract, view.contract.timezone
    ends_at = contract.ended_at or contract.ends_at
    if contract.formula is Formula.DAY:
        pieces = [day_period(day_pass.day) for day_pass in sorted(contract.passes, key=lambda p: p.day)]
    else:
        first = max(0, month_index(contract.anchor, day_of(scale.start, zone)))
        last = max(first, month_index(contract.anchor, day_of(scale.end - timedelta(seconds=1), zone)))
        pieces = [month_period(contract.anchor, index) for index in range(first, last + 1)]
    certain_to = max((piece.end for piece in view.access.intervals), default=None)
    for period in pieces:
        span = interval(period, zone)
        end = span.end if ends_at is None else min(span.end, ends_at)
        if span.end <= view.now:
            state = "past"
        elif span.start <= view.now:
            state = "current"
        else:
            state = "certain" if certain_to is not None and span.end <= certain_to else "coming"
        bar = scale.bar(span.start, end, state)
        if bar is not None:
            number = (
                month_index(contract.anchor, period.start) + 1
                if contract.formula is Formula.MONTH
                else pieces.index(period) + 1
            )
            yield msgspec.structs.replace(bar, number=number, period=period)


def _blocks(view: ContractView, happened: Sequence[Event], scale: _Scale) -> Iterator[Bar]:
    opened: dict[BlockReason, datetime] = {}
    spans: list[tuple[BlockReason, datetime, datetime]] = []
    for event in happened:
        match event:
            case BlockOpened():
                opened[event.reason] = event.at
            case BlockLifted() if event.reason in opened:
                spans.append((event.reason, opened.pop(event.reason), event.at))
            case _:
                pass
    spans += [(reason, since, scale.end) for reason, since in opened.items()]
    for reason, since, until in spans:
        bar = scale.bar(since, until, reason.value)
        if bar is not None:
            yield msgspec.structs.replace(bar, since=since)


def _marks(happened: Sequence[Event], scale: _Scale) -> Iterator[Mark]:
    kinds = InvoiceIssued | NoticeReceived | BreachLetterReceived | PaymentReceived
    shown = [event for event in happened if isinstance(event, kinds) and event.at >= scale.start]
    free_from = [0.0] * ROWS
    for event in shown[-MAX_MARKS:]:
        left = scale.at(event.at)
        is_leftward = left > 100 - LABEL_PERCENT
        begins = left - LABEL_PERCENT if is_leftward else left
        row = next((row for row in range(ROWS) if free_from[row] <= begins), None)
        if row is not None:
            free_from[row] = begins + LABEL_PERCENT
        yield Mark(left, event, row, is_leftward)
