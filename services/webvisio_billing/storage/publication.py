"""The outbox of entitlements: the newest state of each contract under a growing version.

Versions come from a counter row, taken in the transaction of the change: on
any database their order is the order of the commits, so a reader that asks
for "all above the last version I saw" misses nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webvisio_billing.storage.counters import take_numbers
from webvisio_billing.storage.rows import insert_rows, update_rows
from webvisio_billing.storage.tables import EntitlementRow, table_of
from webvisio_protocol.entitlements import ContractAccess, ContractChanged, EntitlementSnapshot
from webvisio_protocol.identifiers import ContractId

VERSION_COUNTER: Final = "entitlements"
CONTRACTS_AT_ONCE: Final = 500
_access = msgspec.json.Decoder(ContractAccess)
_table = table_of(EntitlementRow)


def encode(access: ContractAccess) -> bytes:
    """Write what is published of a contract, as it is stored."""
    return msgspec.json.encode(access)


def publish(session: Session, access: ContractAccess, now: datetime) -> bool:
    """Put a contract's access into the outbox; False when it says nothing new."""
    return publish_all(session, [access], now) > 0


def publish_all(session: Session, accesses: Sequence[ContractAccess], now: datetime) -> int:
    """Put the access of many contracts into the outbox; tells how many of them said something new."""
    payloads = {access.contract_id: encode(access) for access in accesses}
    known: dict[str, bytes] = {}
    for start in range(0, len(accesses), CONTRACTS_AT_ONCE):
        some = [access.contract_id for access in accesses[start : start + CONTRACTS_AT_ONCE]]
        query = select(_table.c.contract_id, _table.c.payload).where(_table.c.contract_id.in_(some))
        found = session.connection().execute(query)
        known.update((contract_id, payload) for contract_id, payload in found)
    news = [contract_id for contract_id in payloads if known.get(contract_id) != payloads[contract_id]]
    if not news:
        return 0
    version = take_numbers(session, VERSION_COUNTER, len(news))
    rows = [
        {
            "contract_id": contract_id,
            "version": version + place,
            "payload": payloads[contract_id],
            "published_at": now,
        }
        for place, contract_id in enumerate(news, start=1)
    ]
    insert_rows(session, EntitlementRow, [row for row in rows if row["contract_id"] not in known])
    update_rows(
        session, EntitlementRow, [row for row in rows if row["contract_id"] in known], key="contract_id"
    )
    return len(news)


def published(session: Session, contract_id: ContractId) -> ContractAccess | None:
    """Find what was last published of a contract."""
    row = session.get(EntitlementRow, contract_id)
    return None if row is None else _access.decode(row.payload)


def changes_since(session: Session, version: int) -> list[ContractChanged]:
    """List what was published above `version`, oldest first."""
    rows = session.scalars(
        select(EntitlementRow).where(EntitlementRow.version > version).order_by(EntitlementRow.version)
    )
    return [ContractChanged(row.version, _access.decode(row.payload)) for row in rows]


def newest_version(session: Session) -> int:
    """Tell the newest version; 0 when nothing was ever published."""
    return session.scalar(select(func.max(EntitlementRow.version))) or 0


def snapshot(session: Session) -> EntitlementSnapshot:
    """Read all contracts as they were last published; version 0 when there is none."""
    version = newest_version(session)
    rows = session.scalars(select(EntitlementRow).order_by(EntitlementRow.contract_id))
    return EntitlementSnapshot(version, tuple(_access.decode(row.payload) for row in rows))
