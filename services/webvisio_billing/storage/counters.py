"""Gapless counters (documents by kind and year, entries of the ledger, lines of the chronicle, versions)."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.storage.errors import JournalConflict
from webvisio_billing.storage.tables import CounterRow


def take_numbers(session: Session, series: str, count: int = 1) -> int:
    """Take the next `count` numbers of a series; returns the last one given before them.

    Without a gap: they are given back if the transaction fails. The row stays
    locked until its end, so numbers are in the order of the commits. Raises
    `JournalConflict` when another began the same series at the same moment.
    """
    row = session.get(CounterRow, series, with_for_update=True, populate_existing=True)
    if row is None:
        row = CounterRow(name=series, value=0)
        session.add(row)
    before = row.value
    row.value = before + count
    try:
        session.flush()
    except IntegrityError as error:
        raise JournalConflict(series) from error
    return before
