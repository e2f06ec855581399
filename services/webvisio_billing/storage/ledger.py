"""The ledger as it is stored: numbered by year without a gap, chained, balanced, never changed.

Written in the transaction of the events that it books. Postings go in first
and the entry behind them seals them (see revision 0002), so the database
itself refuses what does not balance, on SQLite as on PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.domain import bookkeeping, contract
from webvisio_billing.domain.bookkeeping import AccountingJournal, Entry
from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.ledger import Account, Posting
from webvisio_billing.storage import journal, registry
from webvisio_billing.storage.counters import take_numbers
from webvisio_billing.storage.errors import JournalConflict, LedgerBroken
from webvisio_billing.storage.rows import insert_rows
from webvisio_billing.storage.tables import PIECE_CHARACTERS, LedgerEntryRow, LedgerPostingRow
from webvisio_protocol.identifiers import ContractId

ENTRIES_AT_ONCE: Final = 1000
"""How many entries are read at once by who walks through a year."""


class Booked(NamedTuple):
    """An entry with its place in the chain of its year."""

    year: int
    ordinal: int
    entry: Entry
    hash: bytes


def book(session: Session, entries: Sequence[Entry]) -> None:
    """Number, chain and write entries, in the order given within each year."""
    for year in sorted({entry.booked_on.year for entry in entries}):
        _book_year(session, year, [entry for entry in entries if entry.booked_on.year == year])


def years(session: Session) -> list[int]:
    """List the years that have entries."""
    return list(session.scalars(select(LedgerEntryRow.year).distinct().order_by(LedgerEntryRow.year)))


def read(session: Session, year: int) -> Iterator[Booked]:
    """Read the entries of a year in order, as they are stored. Raises `LedgerBroken` where a line is missing."""
    after = 0
    while True:
        found = _read(
            session,
            (LedgerEntryRow.year == year) & (LedgerEntryRow.ordinal > after),
            ENTRIES_AT_ONCE,
        )
        if not found:
            return
        yield from found
        after = found[-1].ordinal


def of_contracts(session: Session, contract_ids: Sequence[ContractId]) -> dict[ContractId, list[Booked]]:
    """Read the entries of some contracts, as they are stored."""
    found: dict[ContractId, list[Booked]] = {}
    for booked in _read(session, LedgerEntryRow.contract_id.in_(contract_ids)):
        found.setdefault(booked.entry.contract_id, []).append(booked)
    return found


def _read(session: Session, which: ColumnElement[bool], limit: int | None = None) -> list[Booked]:
    entries = session.scalars(
        select(LedgerEntryRow)
        .where(which)
        .order_by(LedgerEntryRow.year, LedgerEntryRow.ordinal)
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    if not entries:
        return []
    lines: dict[tuple[int, int], list[Posting]] = {}
    query = select(
        LedgerPostingRow.year,
        LedgerPostingRow.ordinal,
        LedgerPostingRow.line,
        LedgerPostingRow.account,
        LedgerPostingRow.amount_minor,
    ).order_by(LedgerPostingRow.year, LedgerPostingRow.ordinal, LedgerPostingRow.line)
    if limit is not None:
        first, last = entries[0], entries[-1]
        query = query.where(LedgerPostingRow.year == first.year).where(
            LedgerPostingRow.ordinal.between(first.ordinal, last.ordinal)
        )
    else:
        query = query.join(
            LedgerEntryRow,
            (LedgerEntryRow.year == LedgerPostingRow.year)
            & (LedgerEntryRow.ordinal == LedgerPostingRow.ordinal),
        ).where(which)
    for year, ordinal, line, account, amount_minor in session.execute(query):
        before = lines.setdefault((year, ordinal), [])
        if line != len(before) + 1:
            raise LedgerBroken(year, ordinal)
        before.append(Posting(Account(account), amount_minor))
    found: list[Booked] = []
    for row in entries:
        entry = Entry(
            ContractId(row.contract_id),
            row.sequence,
            AccountingJournal(row.journal),
            row.booked_on,
            row.kind,
            row.piece,
            row.about,
            row.currency,
            tuple(lines.get((row.year, row.ordinal), ())),
        )
        found.append(Booked(row.year, row.ordinal, entry, row.hash))
        session.expunge(row)
    return found


def entries_of(
    before: Contract | None, recorded: Sequence[journal.Recorded]
) -> tuple[list[Entry], Contract | None]:
    """Book events one by one, as each finds the contract; gives the contract after them, too."""
    found: list[Entry] = []
    folded = before
    for record in recorded:
        folded = contract.evolve(folded, record.event)
        entry = bookkeeping.entry(record.event, record.sequence, folded)
        if entry is not None:
            found.append(_clipped(entry))
    return found, folded


def book_everything(session: Session) -> None:
    """Book all that the journal holds: for a database from before there was a ledger."""
    entries: list[Entry] = []
    for head in registry.contract_heads(session):
        entries += entries_of(None, journal.read(session, head.contract_id))[0]
    entries.sort(key=lambda entry: entry.booked_on)
    book(session, entries)


def _book_year(session: Session, year: int, entries: list[Entry]) -> None:
    before = take_numbers(session, f"E{year}", len(entries))
    last = bookkeeping.ROOT
    if before:
        last = session.scalars(
            select(LedgerEntryRow.hash).where(LedgerEntryRow.year == year, LedgerEntryRow.ordinal == before)
        ).one()
    lines: list[dict[str, object]] = []
    sealed: list[dict[str, object]] = []
    for ordinal, entry in enumerate(entries, start=before + 1):
        last = bookkeeping.seal(last, year, ordinal, entry)
        lines += (
            {
                "year": year,
                "ordinal": ordinal,
                "line": line,
                "account": posting.account.value,
                "amount_minor": posting.amount_minor,
            }
            for line, posting in enumerate(entry.postings, start=1)
        )
        sealed.append(
            {
                "year": year,
                "ordinal": ordinal,
                "contract_id": entry.contract_id,
                "sequence": entry.sequence,
                "journal": entry.journal.value,
                "booked_on": entry.booked_on,
                "kind": entry.kind,
                "piece": entry.piece,
                "about": entry.about,
                "currency": entry.currency,
                "hash": last,
            }
        )
    try:
        insert_rows(session, LedgerPostingRow, lines)
        insert_rows(session, LedgerEntryRow, sealed)
    except IntegrityError as error:
        raise JournalConflict(f"ledger {year}") from error


def _clipped(entry: Entry) -> Entry:
    """Cut a piece that is too long for its column: a payment's key is chosen outside."""
    if len(entry.piece) <= PIECE_CHARACTERS:
        return entry
    return Entry(
        entry.contract_id,
        entry.sequence,
        entry.journal,
        entry.booked_on,
        entry.kind,
        entry.piece[:PIECE_CHARACTERS],
        entry.about,
        entry.currency,
        entry.postings,
    )
