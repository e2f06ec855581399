"""The journal: each contract's events, in sequence, chained by hash, never changed.

Invariant: (contract, sequence) is unique and dense from 1; whoever appends
states the sequence it decided from, so two writers can never both succeed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.domain.events import Event
from webvisio_billing.domain.journal import ROOT, encode, seal
from webvisio_billing.storage.errors import JournalBroken, JournalConflict
from webvisio_billing.storage.tables import ContractRow, JournalRow
from webvisio_protocol.identifiers import ContractId, CustomerId

ROOT_HASH: Final = ROOT
_events = msgspec.json.Decoder(Event)


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
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.contract_id == contract_id, JournalRow.sequence > after)
        .order_by(JournalRow.sequence)
    )
    found: list[Recorded] = []
    for expected, row in enumerate(rows, start=after + 1):
        last = seal(last, contract_id, expected, row.recorded_at, row.payload)
        if row.sequence != expected or row.hash != last:
            raise JournalBroken(contract_id, expected)
        event = _events.decode(row.payload)
        if (row.type, row.at) != (_type(event), event.at):
            raise JournalBroken(contract_id, expected)
        found.append(Recorded(expected, event, last, row.recorded_at))
    return found


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
    """Write `events` behind sequence `after`; returns the hash of the last.

    Raises `JournalConflict` when another writer was first: the transaction is
    then lost, and the decision must be taken again.
    """
    head = {"sequence": after + len(events), "lifecycle": lifecycle, "next_due_at": next_due_at}
    try:
        if after == 0:
            session.add(ContractRow(contract_id=contract_id, customer_id=customer_id, **head))
            session.flush()
        else:
            moved = session.execute(
                update(ContractRow)
                .where(ContractRow.contract_id == contract_id, ContractRow.sequence == after)
                .values(**head)
                .returning(ContractRow.contract_id)
            )
            if moved.one_or_none() is None:
                raise JournalConflict(contract_id)
        for sequence, event in enumerate(events, start=after + 1):
            payload = encode(event)
            last = seal(last, contract_id, sequence, recorded_at, payload)
            session.add(
                JournalRow(
                    contract_id=contract_id,
                    sequence=sequence,
                    type=_type(event),
                    at=event.at,
                    recorded_at=recorded_at,
                    payload=payload,
                    hash=last,
                )
            )
        session.flush()
    except IntegrityError as error:
        raise JournalConflict(contract_id) from error
    return last


def _type(event: Event) -> str:
    return str(event.__struct_config__.tag)
