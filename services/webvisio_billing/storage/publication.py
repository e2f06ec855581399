"""The outbox of entitlements: the newest state of each contract under a growing version.

Versions come from a counter row, taken in the transaction of the change: on
any database their order is the order of the commits, so a reader that asks
for "all above the last version I saw" misses nothing.
"""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webvisio_billing.storage.registry import take_numbers
from webvisio_billing.storage.tables import EntitlementRow
from webvisio_protocol.entitlements import ContractAccess, ContractChanged, EntitlementSnapshot
from webvisio_protocol.identifiers import ContractId

VERSION_COUNTER: Final = "entitlements"
_access = msgspec.json.Decoder(ContractAccess)


def publish(session: Session, access: ContractAccess, now: datetime) -> bool:
    """Put a contract's access into the outbox; False when it says nothing new."""
    payload = msgspec.json.encode(access)
    row = session.get(EntitlementRow, access.contract_id)
    if row is not None and row.payload == payload:
        return False
    version = take_numbers(session, VERSION_COUNTER) + 1
    if row is None:
        row = EntitlementRow(contract_id=access.contract_id)
        session.add(row)
    row.version, row.payload, row.published_at = version, payload, now
    session.flush()
    return True


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
