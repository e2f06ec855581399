"""Requests with an idempotency key: reserved before they are carried out, answered once.

A reservation without an answer means that the process died in between: the
request is then never carried out a second time under that key.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.storage.errors import JournalConflict
from webvisio_billing.storage.payment_tables import AnsweredRequestRow

KEPT_FOR: Final = timedelta(days=7)
UNDER_WAY: Final = 0
"""The status of a request that has no answer yet."""


class KeptRequest(msgspec.Struct, frozen=True):
    digest: str
    status: int
    body: bytes


def reserve(session: Session, actor: str, key: str, digest: str, now: datetime) -> KeptRequest | None:
    """Reserve a key for a request; gives the earlier request where there was one."""
    session.execute(delete(AnsweredRequestRow).where(AnsweredRequestRow.answered_at < now - KEPT_FOR))
    row = session.get(AnsweredRequestRow, (actor, key))
    if row is not None:
        return KeptRequest(row.digest, row.status, row.body)
    session.add(
        AnsweredRequestRow(actor=actor, key=key, digest=digest, status=UNDER_WAY, body=b"", answered_at=now)
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise JournalConflict(key) from error
    return None


def answer(session: Session, actor: str, key: str, status: int, body: bytes, now: datetime) -> None:
    """Keep the answer of a reserved request."""
    row = session.get(AnsweredRequestRow, (actor, key))
    if row is not None:
        row.status, row.body, row.answered_at = status, body, now
        session.flush()


def release(session: Session, actor: str, key: str) -> None:
    """Give a key back: the request was refused and has changed nothing."""
    row = session.get(AnsweredRequestRow, (actor, key))
    if row is not None and row.status == UNDER_WAY:
        session.delete(row)
        session.flush()
