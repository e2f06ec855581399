"""Online payments under way, and the messages of gateways that were heard. Decides nothing."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.storage import chronicle
from webvisio_billing.storage.errors import JournalConflict
from webvisio_billing.storage.payment_tables import CheckoutRow, ReturnRow, WebhookEventRow
from webvisio_protocol.identifiers import ContractId

BOOKED: Final = "booked"


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """One online payment; the first half is the acceptance, stored before the gateway hears of it."""

    checkout_id: str
    contract_id: ContractId
    amount_minor: int
    currency: str
    terms_sha256: str
    locale: str
    actor: str
    accepted_at: datetime
    state: str
    order_id: str | None = None
    capture_id: str | None = None
    updated_at: datetime


def add(session: Session, checkout: Checkout) -> None:
    """Keep a new checkout."""
    row = CheckoutRow(**msgspec.structs.asdict(checkout))
    chronicle.keep(session, row, checkout.accepted_at, checkout.actor)


def find(session: Session, checkout_id: str, *, is_to_change: bool = False) -> Checkout | None:
    """Find a checkout; `is_to_change` makes other writers of it wait."""
    row = session.get(CheckoutRow, checkout_id, with_for_update=is_to_change or None)
    return None if row is None else _checkout(row)


def by_order(session: Session, order_id: str) -> Checkout | None:
    """Find the checkout of a gateway's order."""
    row = session.scalar(select(CheckoutRow).where(CheckoutRow.order_id == order_id))
    return None if row is None else _checkout(row)


def in_states(session: Session, states: Collection[str], limit: int) -> list[Checkout]:
    """List checkouts in any of `states`, those untouched longest first."""
    query = select(CheckoutRow).where(CheckoutRow.state.in_(states)).order_by(CheckoutRow.updated_at)
    return [_checkout(row) for row in session.scalars(query.limit(limit))]


def count(session: Session, state: str) -> int:
    """Count the checkouts of a state."""
    query = select(func.count()).select_from(CheckoutRow).where(CheckoutRow.state == state)
    return session.scalar(query) or 0


def of_contract(session: Session, contract_id: ContractId, limit: int) -> list[Checkout]:
    """List a contract's checkouts, newest first."""
    query = (
        select(CheckoutRow)
        .where(CheckoutRow.contract_id == contract_id)
        .order_by(CheckoutRow.accepted_at.desc())
        .limit(limit)
    )
    return [_checkout(row) for row in session.scalars(query)]


def move(
    session: Session,
    checkout_id: str,
    state: str,
    now: datetime,
    order_id: str | None = None,
    capture_id: str | None = None,
    actor: str = "",
) -> None:
    """Write where a checkout stands; what is already known of order and capture stays."""
    row = session.get(CheckoutRow, checkout_id)
    assert row is not None, "the caller has just read it"
    row.state, row.updated_at = state, now
    row.order_id = order_id or row.order_id
    row.capture_id = capture_id or row.capture_id
    chronicle.keep(session, row, now, actor)


class KeptReturn(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went back at the gateway; `outcome` is `BOOKED` or the code of why it was not."""

    return_id: str
    checkout_id: str
    contract_id: ContractId
    amount_minor: int
    currency: str
    is_reversal: bool
    outcome: str
    noted_at: datetime


def by_capture(session: Session, capture_id: str) -> Checkout | None:
    """Find the checkout whose money a capture took."""
    row = session.scalar(select(CheckoutRow).where(CheckoutRow.capture_id == capture_id))
    return None if row is None else _checkout(row)


def paid_since(session: Session, since: datetime, after: str, limit: int) -> list[Checkout]:
    """List paid checkouts that were accepted since, by identifier, behind `after`."""
    query = (
        select(CheckoutRow)
        .where(CheckoutRow.state == "paid", CheckoutRow.accepted_at >= since, CheckoutRow.checkout_id > after)
        .order_by(CheckoutRow.checkout_id)
        .limit(limit)
    )
    return [_checkout(row) for row in session.scalars(query)]


def is_known_return(session: Session, return_id: str) -> bool:
    """Tell whether a return was noted before."""
    return session.get(ReturnRow, return_id) is not None


def add_return(session: Session, made: KeptReturn) -> None:
    """Note what went back and what became of it; raises `JournalConflict` when another has just done so."""
    values = msgspec.structs.asdict(made)
    del values["contract_id"]
    try:
        chronicle.keep(session, ReturnRow(**values), made.noted_at)
    except IntegrityError as error:
        raise JournalConflict(made.return_id) from error


def returns(session: Session, limit: int) -> list[KeptReturn]:
    """List what went back, newest first."""
    query = (
        select(ReturnRow, CheckoutRow.contract_id)
        .join(CheckoutRow, CheckoutRow.checkout_id == ReturnRow.checkout_id)
        .order_by(ReturnRow.noted_at.desc(), ReturnRow.return_id)
        .limit(limit)
    )
    return [
        KeptReturn(
            return_id=row.return_id,
            checkout_id=row.checkout_id,
            contract_id=ContractId(contract_id),
            amount_minor=row.amount_minor,
            currency=row.currency,
            is_reversal=row.is_reversal,
            outcome=row.outcome,
            noted_at=row.noted_at,
        )
        for row, contract_id in session.execute(query)
    ]


def hear(session: Session, event_id: str, kind: str, now: datetime) -> bool:
    """Note a gateway's message; False when it was heard before."""
    if session.get(WebhookEventRow, event_id) is not None:
        return False
    try:
        chronicle.keep(session, WebhookEventRow(event_id=event_id, type=kind, received_at=now), now)
    except IntegrityError as error:
        raise JournalConflict(event_id) from error
    return True


def _checkout(row: CheckoutRow) -> Checkout:
    return Checkout(
        checkout_id=row.checkout_id,
        contract_id=ContractId(row.contract_id),
        amount_minor=row.amount_minor,
        currency=row.currency,
        terms_sha256=row.terms_sha256,
        locale=row.locale,
        actor=row.actor,
        accepted_at=row.accepted_at,
        state=row.state,
        order_id=row.order_id,
        capture_id=row.capture_id,
        updated_at=row.updated_at,
    )
