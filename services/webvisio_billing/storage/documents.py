"""Documents: what waits to be made, and the bytes of what was made, never changed afterwards.

A number is queued in the transaction that gives it, so none is ever forgotten;
its bytes are kept in one transaction with the end of its waiting.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webvisio_billing.storage import chronicle
from webvisio_billing.storage.document_tables import (
    PROBLEMS_CHARACTERS,
    DocumentRow,
    WaitingDocumentRow,
)
from webvisio_billing.storage.errors import DocumentBroken
from webvisio_billing.storage.rows import insert_rows
from webvisio_billing.storage.tables import ContractRow
from webvisio_protocol.identifiers import ContractId, CustomerId

KINDS: Final = {"F": "invoice", "A": "credit_note", "D": "debit_note"}
"""What a document is, by the letter of its number."""
CHECKED_AT_ONCE: Final = 50


class WaitingDocument(msgspec.Struct, frozen=True, gc=False):
    """A document to be made of the event at `sequence`."""

    number: str
    contract_id: ContractId
    sequence: int
    kind: str
    issued_on: date
    problems: tuple[str, ...] = ()


class KeptDocument(msgspec.Struct, frozen=True):
    """A document that was made, without its bytes."""

    number: str
    contract_id: ContractId
    sequence: int
    kind: str
    issued_on: date
    made_at: datetime
    sha256: bytes


def queue(session: Session, waiting: Sequence[WaitingDocument], now: datetime) -> None:
    """Let documents wait; in the transaction that numbers them."""
    rows = [
        {**msgspec.structs.asdict(one), "problems": ",".join(one.problems), "retry_at": now}
        for one in waiting
    ]
    insert_rows(session, WaitingDocumentRow, rows)


def due(session: Session, now: datetime, limit: int) -> list[WaitingDocument]:
    """List documents that may be made now, those that wait longest first; within an instant by number."""
    rows = session.scalars(
        select(WaitingDocumentRow)
        .where(WaitingDocumentRow.retry_at <= now)
        .order_by(WaitingDocumentRow.retry_at, WaitingDocumentRow.number)
        .limit(limit)
    )
    return [_waiting(row) for row in rows]


def waiting(session: Session, contract_id: ContractId) -> list[WaitingDocument]:
    """List a contract's documents that wait, by sequence."""
    rows = session.scalars(
        select(WaitingDocumentRow)
        .where(WaitingDocumentRow.contract_id == contract_id)
        .order_by(WaitingDocumentRow.sequence)
    )
    return [_waiting(row) for row in rows]


def waiting_of(session: Session, contract_ids: Sequence[ContractId]) -> list[WaitingDocument]:
    """List the documents of some contracts that wait, by contract and sequence."""
    rows = session.scalars(
        select(WaitingDocumentRow)
        .where(WaitingDocumentRow.contract_id.in_(contract_ids))
        .order_by(WaitingDocumentRow.contract_id, WaitingDocumentRow.sequence)
        .execution_options(populate_existing=True)
    )
    return [_waiting(row) for row in rows]


def waiting_count(session: Session) -> int:
    """Count the documents that wait."""
    return session.scalar(select(func.count()).select_from(WaitingDocumentRow)) or 0


def postpone(session: Session, number: str, problems: Iterable[str], retry_at: datetime) -> None:
    """Note why a document cannot be made, and when to try again."""
    told = ",".join(problems)[:PROBLEMS_CHARACTERS]
    session.execute(
        update(WaitingDocumentRow)
        .where(WaitingDocumentRow.number == number)
        .values(problems=told, retry_at=retry_at)
    )


def retry(session: Session, now: datetime, customer_id: CustomerId | None = None) -> None:
    """Let a customer's documents, or all, be tried at once: something was mended."""
    change = update(WaitingDocumentRow).values(retry_at=now).where(WaitingDocumentRow.retry_at > now)
    if customer_id is not None:
        theirs = select(ContractRow.contract_id).where(ContractRow.customer_id == customer_id)
        change = change.where(WaitingDocumentRow.contract_id.in_(theirs))
    session.execute(change.execution_options(synchronize_session=False))


def keep(session: Session, made: WaitingDocument, pdf: bytes, sha256: bytes, now: datetime) -> bool:
    """Keep the bytes of a document for good; False where another was faster and its bytes stand."""
    ended = session.execute(
        delete(WaitingDocumentRow)
        .where(WaitingDocumentRow.number == made.number)
        .returning(WaitingDocumentRow.number)
    )
    if ended.one_or_none() is None:
        return False
    row = DocumentRow(
        number=made.number,
        contract_id=made.contract_id,
        sequence=made.sequence,
        kind=made.kind,
        issued_on=made.issued_on,
        made_at=now,
        sha256=sha256,
        pdf=pdf,
    )
    chronicle.keep(session, row, now)
    return True


def kept(session: Session, contract_id: ContractId) -> list[KeptDocument]:
    """List a contract's documents that were made, by sequence."""
    row = DocumentRow
    found = session.execute(
        select(row.number, row.contract_id, row.sequence, row.kind, row.issued_on, row.made_at, row.sha256)
        .where(row.contract_id == contract_id)
        .order_by(row.sequence)
    )
    return [
        KeptDocument(number, ContractId(owner), sequence, kind, issued_on, made_at, sha256)
        for number, owner, sequence, kind, issued_on, made_at, sha256 in found
    ]


def document_bytes(session: Session, number: str) -> bytes | None:
    """Read the exact bytes of a document; None while it waits, or where there is none.

    Raises `DocumentBroken` where they are not what was kept.
    """
    row = session.get(DocumentRow, number)
    if row is None:
        return None
    if hashlib.sha256(row.pdf).digest() != row.sha256:
        raise DocumentBroken(number)
    return row.pdf


def numbers(session: Session) -> set[str]:
    """List the numbers of all documents, made or waiting."""
    return {*session.scalars(select(DocumentRow.number)), *session.scalars(select(WaitingDocumentRow.number))}


def broken(session: Session) -> list[str]:
    """Check the bytes of all documents against their hashes; list the numbers that do not hold."""
    wrong: list[str] = []
    rows = select(DocumentRow.number, DocumentRow.pdf, DocumentRow.sha256).order_by(DocumentRow.number)
    for number, pdf, sha256 in session.execute(rows.execution_options(yield_per=CHECKED_AT_ONCE)):
        if hashlib.sha256(pdf).digest() != sha256:
            wrong.append(number)
    return wrong


def _waiting(row: WaitingDocumentRow) -> WaitingDocument:
    return WaitingDocument(
        row.number,
        ContractId(row.contract_id),
        row.sequence,
        row.kind,
        row.issued_on,
        tuple(problem for problem in row.problems.split(",") if problem),
    )
