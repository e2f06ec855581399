"""Contracts that time does not pass for, kept until they go on, so that a restart forgets none."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webvisio_billing.storage.rows import insert_rows
from webvisio_billing.storage.tables import StuckRow
from webvisio_protocol.identifiers import ContractId


class StuckContract(NamedTuple):
    """A stuck contract, why (a `StuckCode`), and since when it is known."""

    contract_id: ContractId
    code: str
    since: datetime


def note(session: Session, codes: Mapping[ContractId, str], now: datetime) -> None:
    """Keep why contracts are stuck; one that was stuck for the same reason keeps its time."""
    known = _codes(session) if codes else {}
    news = {name: code for name, code in codes.items() if known.get(name) != code}
    _forget(session, news.keys() & known.keys())
    insert_rows(
        session, StuckRow, [{"contract_id": name, "code": code, "since": now} for name, code in news.items()]
    )


def clear(session: Session, contract_ids: Collection[ContractId], code: str = "") -> None:
    """Forget contracts that go on; with `code`, only those stuck for that reason."""
    known = _codes(session)
    gone = {name for name in contract_ids if name in known and code in ("", known[name])}
    _forget(session, gone)


def longest(session: Session, limit: int) -> list[StuckContract]:
    """List stuck contracts, those that have waited longest first."""
    query = select(StuckRow).order_by(StuckRow.since, StuckRow.contract_id).limit(limit)
    return [StuckContract(ContractId(row.contract_id), row.code, row.since) for row in session.scalars(query)]


def count(session: Session) -> int:
    """Count the stuck contracts."""
    return session.scalar(select(func.count()).select_from(StuckRow)) or 0


def _codes(session: Session) -> dict[ContractId, str]:
    """Read all of them: few, or the operator has one cause to mend."""
    rows = session.execute(select(StuckRow.contract_id, StuckRow.code))
    return {ContractId(contract_id): code for contract_id, code in rows}


def _forget(session: Session, contract_ids: Collection[ContractId]) -> None:
    for contract_id in contract_ids:
        session.execute(delete(StuckRow).where(StuckRow.contract_id == contract_id))
