"""The journal: each contract's events, in sequence, chained by hash, never changed.

Invariant: (contract, sequence) is unique and dense from 1; whoever appends
states the sequence it decided from, so two writers can never both succeed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.domain.events import Event
from webvisio_billing.domain.journal import ROOT, encode, seal
from webvisio_billing.storage.errors import JournalBroken, JournalConflict
from webvisio_billing.storage.rows import insert_rows, update_rows
from webvisio_billing.storage.tables import ContractRow, JournalRow, table_of
from webvisio_protocol.identifiers import ContractId, CustomerId

ROOT_HASH: Final = ROOT
CONTRACTS_AT_ONCE: Final = 500
"""How many journals one query reads."""
_events = msgspec.json.Decoder(Event)
_Stored = Row[str, int, str, datetime, datetime, bytes, bytes]
_table = table_of(JournalRow)
_COLUMNS = (
    _table.c.contract_id,
    _table.c.sequence,
    _table.c.type,
    _table.c.at,
    _table.c.recorded_at,
    _table.c.payload,
    _table.c.hash,
)


class Recorded(NamedTuple):
    """An event with its place in the chain; `recorded_at` is when it was written, UTC."""

    sequence: int
    event: Event
    hash: bytes
    recorded_at: datetime


def read(
    session: Session, contract_id: ContractId, after: int = 0, last: bytes = ROOT_HASH
) -> list[Recorded]:
    """Read what follows sequence `after`, whose hash is `last`; the chain is checked.

    Raises `JournalBroken` where a row is missing or is not what was written.
    """
    rows = session.connection().execute(
        select(*_COLUMNS)
        .where(_table.c.contract_id == contract_id, _table.c.sequence > after)
        .order_by(_table.c.sequence)
    )
    return _checked(contract_id, rows.all(), after, last)


def read_many(
    session: Session, contract_ids: Sequence[ContractId]
) -> dict[ContractId, list[Recorded] | JournalBroken]:
    """Read the whole journals of many contracts; one that is broken does not spoil the others."""
    rows: dict[ContractId, list[_Stored]] = {contract_id: [] for contract_id in contract_ids}
    for start in range(0, len(contract_ids), CONTRACTS_AT_ONCE):
        some = contract_ids[start : start + CONTRACTS_AT_ONCE]
        query = select(*_COLUMNS).where(_table.c.contract_id.in_(some))
        for row in session.connection().execute(query.order_by(_table.c.contract_id, _table.c.sequence)):
            rows[ContractId(row[0])].append(row)
    found: dict[ContractId, list[Recorded] | JournalBroken] = {}
    for contract_id, stored in rows.items():
        try:
            found[contract_id] = _checked(contract_id, stored, 0, ROOT_HASH)
        except JournalBroken as broken:
            found[contract_id] = broken
    return found


def without_contract(session: Session) -> list[str]:
    """List whose events have no contract: only a foreign hand can make such."""
    query = select(JournalRow.contract_id).distinct().outerjoin(ContractRow)
    return list(session.scalars(query.where(ContractRow.contract_id.is_(None))))


class Append(NamedTuple):
    """Events to be written behind sequence `after` of a contract, sealed, and what its head becomes."""

    contract_id: ContractId
    customer_id: CustomerId
    rows: tuple[dict[str, object], ...]
    after: int
    sequence: int
    last: bytes
    lifecycle: str
    next_due_at: datetime | None
    shown: Mapping[str, object] = MappingProxyType({})
    """What lists show of the contract: columns of `standings.columns`."""


def chain(
    contract_id: ContractId,
    customer_id: CustomerId,
    events: Sequence[Event],
    *,
    after: int,
    last: bytes,
    recorded_at: datetime,
    lifecycle: str,
    next_due_at: datetime | None,
    shown: Mapping[str, object] = MappingProxyType({}),
) -> Append:
    """Seal `events` behind sequence `after`, whose hash is `last`; nothing is written yet."""
    rows: list[dict[str, object]] = []
    for sequence, event in enumerate(events, start=after + 1):
        payload = encode(event)
        last = seal(last, contract_id, sequence, recorded_at, payload)
        rows.append(
            {
                "contract_id": contract_id,
                "sequence": sequence,
                "type": _type(event),
                "at": event.at,
                "recorded_at": recorded_at,
                "payload": payload,
                "hash": last,
            }
        )
    return Append(
        contract_id, customer_id, tuple(rows), after, after + len(rows), last, lifecycle, next_due_at, shown
    )


def append_all(session: Session, appends: Sequence[Append]) -> None:
    """Write what was sealed for any number of contracts.

    Raises `JournalConflict` when another writer was first: the transaction is
    then lost, and the decision must be taken again.
    """
    first = [one for one in appends if one.after == 0]
    later = [one for one in appends if one.after]
    rows = [row for one in appends for row in one.rows]
    try:
        if first:
            begun = [
                {"contract_id": one.contract_id, "customer_id": one.customer_id, **_head(one)}
                for one in first
            ]
            insert_rows(session, ContractRow, begun)
        if later:
            moved = [
                {"contract_id": one.contract_id, "was_sequence": one.after, **_head(one)} for one in later
            ]
            if update_rows(session, ContractRow, moved, key="contract_id", also="sequence") != len(later):
                raise JournalConflict(later[0].contract_id)
        insert_rows(session, JournalRow, rows)
    except IntegrityError as error:
        raise JournalConflict(appends[0].contract_id) from error


def append(
    session: Session,
    contract_id: ContractId,
    customer_id: CustomerId,
    events: Sequence[Event],
    *,
    after: int,
    last: bytes,
    recorded_at: datetime,
    lifecycle: str,
    next_due_at: datetime | None,
) -> bytes:
    """Write `events` of one contract; returns the hash of the last. Raises `JournalConflict`."""
    sealed = chain(
        contract_id,
        customer_id,
        events,
        after=after,
        last=last,
        recorded_at=recorded_at,
        lifecycle=lifecycle,
        next_due_at=next_due_at,
    )
    append_all(session, [sealed])
    return sealed.last


def _head(one: Append) -> dict[str, object]:
    head = {"sequence": one.sequence, "lifecycle": one.lifecycle, "next_due_at": one.next_due_at}
    return {**head, **one.shown}


def _checked(contract_id: ContractId, rows: Sequence[_Stored], after: int, last: bytes) -> list[Recorded]:
    found: list[Recorded] = []
    for expected, (_, sequence, kind, at, recorded_at, payload, sealed) in enumerate(rows, start=after + 1):
        last = seal(last, contract_id, expected, recorded_at, payload)
        if sequence != expected or sealed != last:
            raise JournalBroken(contract_id, expected)
        event = _events.decode(payload)
        if (kind, at) != (_type(event), event.at):
            raise JournalBroken(contract_id, expected)
        found.append(Recorded(expected, event, last, recorded_at))
    return found


def _type(event: Event) -> str:
    return str(event.__struct_config__.tag)
