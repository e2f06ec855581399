"""Printed numbers: one gapless series per kind and year, given at commit time.

The domain decides without numbers: its documents carry a `ref` that is unique
in the contract ("F3"), and an empty `number`. Inside the transaction that
appends events to the journal the caller

1. asks `series_needed(events)` and reads (locks) those counter rows,
2. calls `stamp(events, counters)`, and
3. writes back the counters it returns, together with the stamped events.

A rollback takes the counters back with the events, so there is no gap; the
lock makes two issuers wait for each other, so there is no duplicate. The
simulator does the same with a dictionary.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed


class DocumentKind(StrEnum):
    """The letter that a document's number begins with."""

    INVOICE = "F"
    CREDIT_NOTE = "A"
    DEBIT_NOTE = "D"


class Series(msgspec.Struct, frozen=True, gc=False, order=True):
    """One gapless series: a kind of document in the year of its issue."""

    kind: DocumentKind
    year: int

    def number(self, ordinal: int) -> str:
        """Print the number of the document `ordinal` (1 is the first): "F2026-000001"."""
        return f"{self.kind.value}{self.year:04d}-{ordinal:06d}"


Counters = Mapping[Series, int]
"""The last ordinal given in each series; a series that is missing stands at 0."""


def series_of(event: Event) -> Series | None:
    """Tell which series numbers an event; None for events that are no documents."""
    match event:
        case InvoiceIssued():
            return Series(DocumentKind.INVOICE, event.issued_on.year)
        case CreditNoteIssued():
            return Series(DocumentKind.CREDIT_NOTE, event.issued_on.year)
        case LateChargeClaimed():
            return Series(DocumentKind.DEBIT_NOTE, event.issued_on.year)
        case _:
            return None


def ordinal(series: Series, number: str) -> int | None:
    """Read the ordinal out of a printed number; None where it is none of the series."""
    digits = number.removeprefix(f"{series.kind.value}{series.year:04d}-")
    if not (digits.isascii() and digits.isdigit()) or series.number(int(digits)) != number:
        return None
    return int(digits)


def series_needed(events: Sequence[Event]) -> tuple[Series, ...]:
    """List the series that `events` take numbers from, in a fixed order (so locks cannot cross)."""
    return tuple(sorted({series for event in events if (series := series_of(event))}))


def stamp(events: Sequence[Event], counters: Counters) -> tuple[tuple[Event, ...], dict[Series, int]]:
    """Number the documents among `events` in order; returns them and the counters afterwards."""
    after = dict(counters)
    stamped: list[Event] = []
    for event in events:
        series = series_of(event)
        if series is not None:
            assert isinstance(event, InvoiceIssued | CreditNoteIssued | LateChargeClaimed)
            assert not event.number, "a document is numbered once"
            after[series] = after.get(series, 0) + 1
            event = replace(event, number=series.number(after[series]))
        stamped.append(event)
    return tuple(stamped), after
