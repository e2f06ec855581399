"""Imported bank statements and what became of their entries. Decides nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.storage import chronicle
from webvisio_billing.storage.errors import JournalConflict
from webvisio_billing.storage.payment_tables import StatementEntryRow, StatementRow
from webvisio_protocol.identifiers import ContractId

MATCHED: Final = "matched"
QUEUED: Final = "queued"
ASSIGNED: Final = "assigned"
REFUSED: Final = "refused"
OUTGOING: Final = "outgoing"
STATES: Final = (QUEUED, MATCHED, ASSIGNED, REFUSED, OUTGOING)
MAX_LISTED: Final = 200


class KeptEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept; `entry_id` 0 before that."""

    entry_id: int = 0
    fingerprint: str
    line: int
    booked_on: date
    amount_minor: int
    currency: str
    account: str
    counterparty: str
    iban: str
    text: str
    state: str
    doubt: str = ""
    basis: str = ""
    suggestions: tuple[ContractId, ...] = ()
    contract_id: ContractId | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    remark: str = ""


class KeptStatement(msgspec.Struct, frozen=True):
    statement_id: int
    kind: str
    imported_at: datetime
    imported_by: str
    entry_count: int


def is_known_file(session: Session, sha256: str) -> bool:
    """Tell whether these very bytes were imported before."""
    return session.scalar(select(StatementRow.statement_id).where(StatementRow.sha256 == sha256)) is not None


def add_statement(
    session: Session, sha256: str, kind: str, imported_at: datetime, imported_by: str, entry_count: int
) -> int:
    """Keep that a file was imported; raises `JournalConflict` when another import of it was first."""
    row = StatementRow(
        sha256=sha256, kind=kind, imported_at=imported_at, imported_by=imported_by, entry_count=entry_count
    )
    _keep(session, row, imported_at, imported_by)
    return row.statement_id


def statements(session: Session) -> list[KeptStatement]:
    """List imports, newest first, at most `MAX_LISTED`."""
    query = select(StatementRow).order_by(StatementRow.statement_id.desc()).limit(MAX_LISTED)
    return [
        KeptStatement(row.statement_id, row.kind, row.imported_at, row.imported_by, row.entry_count)
        for row in session.scalars(query)
    ]


def known_fingerprints(session: Session, fingerprints: Sequence[str]) -> set[str]:
    """Say which of these bookings are kept already."""
    found: set[str] = set()
    for start in range(0, len(fingerprints), 500):
        part = fingerprints[start : start + 500]
        query = select(StatementEntryRow.fingerprint).where(StatementEntryRow.fingerprint.in_(part))
        found.update(session.scalars(query))
    return found


def look_alikes(session: Session, statement_id: int, booked_on: date, amount_minor: int) -> int:
    """Count bookings of other files that have the same day and amount."""
    query = select(func.count()).where(
        StatementEntryRow.booked_on == booked_on,
        StatementEntryRow.amount_minor == amount_minor,
        StatementEntryRow.statement_id != statement_id,
    )
    return session.scalar(query) or 0


def add_entry(session: Session, statement_id: int, entry: KeptEntry, now: datetime, actor: str) -> int:
    """Keep an entry; raises `JournalConflict` when another import has just kept it."""
    values = msgspec.structs.asdict(entry)
    del values["entry_id"]
    values["suggestions"] = list(entry.suggestions)
    row = StatementEntryRow(statement_id=statement_id, **values)
    _keep(session, row, now, actor)
    return row.entry_id


def entry(session: Session, entry_id: int, *, is_to_change: bool = False) -> KeptEntry | None:
    """Find an entry; `is_to_change` makes other writers of it wait."""
    row = session.get(StatementEntryRow, entry_id, with_for_update=is_to_change or None)
    return None if row is None else _entry(row)


def decide(
    session: Session,
    entry_id: int,
    state: str,
    decided_by: str,
    decided_at: datetime,
    contract_id: ContractId | None = None,
    remark: str = "",
) -> None:
    """Write what a person decided on a queued entry; the database refuses to do so twice."""
    row = session.get(StatementEntryRow, entry_id)
    assert row is not None, "the caller has just read it"
    row.state, row.decided_by, row.decided_at = state, decided_by, decided_at
    row.contract_id, row.remark = contract_id, remark
    chronicle.keep(session, row, decided_at, decided_by)


def entries(session: Session, state: str | None, before: int | None, limit: int) -> list[KeptEntry]:
    """List entries, newest first, below `before`; of one state or of all."""
    query = select(StatementEntryRow).order_by(StatementEntryRow.entry_id.desc()).limit(limit)
    if state is not None:
        query = query.where(StatementEntryRow.state == state)
    if before is not None:
        query = query.where(StatementEntryRow.entry_id < before)
    return [_entry(row) for row in session.scalars(query)]


def count(session: Session, state: str) -> int:
    """Count the entries of a state."""
    return session.scalar(select(func.count()).where(StatementEntryRow.state == state)) or 0


def account_contracts(session: Session) -> dict[str, ContractId]:
    """Tell by IBAN which contract its money was last for."""
    query = (
        select(StatementEntryRow.iban, StatementEntryRow.contract_id)
        .where(StatementEntryRow.state.in_((MATCHED, ASSIGNED)), StatementEntryRow.iban != "")
        .order_by(StatementEntryRow.entry_id)
    )
    return {iban: ContractId(name) for iban, name in session.execute(query) if name is not None}


def _keep(session: Session, row: StatementRow | StatementEntryRow, now: datetime, actor: str) -> None:
    try:
        chronicle.keep(session, row, now, actor)
    except IntegrityError as error:
        raise JournalConflict(row.__tablename__) from error


def _entry(row: StatementEntryRow) -> KeptEntry:
    return KeptEntry(
        entry_id=row.entry_id,
        fingerprint=row.fingerprint,
        line=row.line,
        booked_on=row.booked_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        account=row.account,
        counterparty=row.counterparty,
        iban=row.iban,
        text=row.text,
        state=row.state,
        doubt=row.doubt,
        basis=row.basis,
        suggestions=tuple(ContractId(name) for name in row.suggestions),
        contract_id=None if row.contract_id is None else ContractId(row.contract_id),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        remark=row.remark,
    )
