"""The outbox: messages written in the transaction of what they tell, delivered at least once.

A message waits, is claimed for a while by whoever delivers it, and ends as
delivered or dead. A claim that runs out (its holder was killed) makes the
message due again, under the same key, by which the receiver knows it. Rows
are unique by key: a message that exists is never written twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webvisio_billing.storage.rows import insert_rows
from webvisio_billing.storage.tables import OutboxRow
from webvisio_protocol.identifiers import ContractId

CLAIM: Final = timedelta(minutes=5)
"""How long whoever claims a message may take; afterwards another one tries."""
KEPT_FOR: Final = timedelta(days=400)
"""Delivered messages are forgotten after this long; reminders are stale much earlier."""
MAX_SHOWN: Final = 200
MAX_FORGOTTEN_AT_ONCE: Final = 1000


class Channel(StrEnum):
    """By which way a message goes out."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class State(StrEnum):
    """Where a message is: `dead` needs somebody."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A message to be written; `payload` is what its channel understands."""

    key: str
    channel: Channel
    kind: str
    contract_id: ContractId
    payload: bytes
    endpoint: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message as it is stored. `attempts` counts the one under way; `error` is a stable code, or empty."""

    message_id: int
    key: str
    channel: Channel
    kind: str
    contract_id: ContractId
    payload: bytes
    endpoint: str
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    error: str


def put(session: Session, drafts: Sequence[Draft], now: datetime) -> int:
    """Write the messages whose key is new; tells how many."""
    rows = [
        {
            "key": draft.key,
            "channel": draft.channel.value,
            "kind": draft.kind,
            "contract_id": draft.contract_id,
            "payload": draft.payload,
            "endpoint": draft.endpoint,
            "state": State.WAITING.value,
            "attempts": 0,
            "created_at": now,
            "due_at": now,
            "settled_at": None,
            "error": "",
        }
        for draft in drafts
    ]
    return insert_rows(session, OutboxRow, rows, unless_key="key")


def claim(session: Session, now: datetime, limit: int) -> list[Message]:
    """Take up to `limit` messages that are due, oldest first, for `CLAIM`; another claimant gets others."""
    due = (
        select(OutboxRow)
        .where(OutboxRow.state == State.WAITING.value, OutboxRow.due_at <= now)
        .order_by(OutboxRow.due_at, OutboxRow.message_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.scalars(due))
    for row in rows:
        row.attempts += 1
        row.due_at = now + CLAIM
    session.flush()
    return [_message(row) for row in rows]


def settle(
    session: Session,
    message_id: int,
    now: datetime,
    *,
    error: str = "",
    retry_at: datetime | None = None,
) -> None:
    """Say what became of a claimed message: delivered, to be tried again, or dead."""
    failed = State.DEAD if retry_at is None else State.WAITING
    state = failed if error else State.DELIVERED
    values: dict[str, object] = {"state": state.value, "error": error}
    if state is State.WAITING:
        values["due_at"] = retry_at
    else:
        values["settled_at"] = now
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id, OutboxRow.state != State.DELIVERED.value)
        .values(**values)
    )


def revive(session: Session, message_id: int, now: datetime) -> bool:
    """Let a dead message be tried again from the start; False where it is not dead."""
    found = session.execute(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id, OutboxRow.state == State.DEAD.value)
        .values(state=State.WAITING.value, attempts=0, due_at=now, settled_at=None)
        .returning(OutboxRow.message_id)
    )
    return found.one_or_none() is not None


def forget(session: Session, now: datetime) -> int:
    """Delete some of what was delivered long ago; tells how many."""
    old = (
        select(OutboxRow.message_id)
        .where(OutboxRow.state == State.DELIVERED.value, OutboxRow.due_at < now - KEPT_FOR)
        .limit(MAX_FORGOTTEN_AT_ONCE)
    )
    return len(
        session.scalars(
            delete(OutboxRow).where(OutboxRow.message_id.in_(old)).returning(OutboxRow.message_id)
        ).all()
    )


def next_due_at(session: Session) -> datetime | None:
    """Tell when the next message is to be tried."""
    return session.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.state == State.WAITING.value))


def counts(session: Session) -> dict[State, int]:
    """Count the messages by state."""
    found = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all()
    return dict.fromkeys(State, 0) | {State(name): count for name, count in found}


def count(session: Session, state: State) -> int:
    """Count the messages of a state: those that were delivered may be millions."""
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == state.value)
    return session.scalar(query) or 0


def newest(session: Session, state: State | None = None, limit: int = MAX_SHOWN) -> list[Message]:
    """List messages: those that need somebody on top, then newest first."""
    needs_nobody = OutboxRow.state != State.DEAD.value
    query = select(OutboxRow).order_by(needs_nobody, OutboxRow.message_id.desc()).limit(limit)
    if state is not None:
        query = query.where(OutboxRow.state == state.value)
    return [_message(row) for row in session.scalars(query)]


def find(session: Session, message_id: int) -> Message | None:
    """Find a message."""
    row = session.get(OutboxRow, message_id)
    return None if row is None else _message(row)


def _message(row: OutboxRow) -> Message:
    return Message(
        row.message_id,
        row.key,
        Channel(row.channel),
        row.kind,
        ContractId(row.contract_id),
        row.payload,
        row.endpoint,
        State(row.state),
        row.attempts,
        row.created_at,
        row.due_at,
        row.settled_at,
        row.error,
    )
