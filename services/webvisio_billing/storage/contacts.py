"""A customer's contacts: people who see its contracts and pay them. Decides nothing."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from webvisio_billing.storage import chronicle, registry
from webvisio_billing.storage.payment_tables import ContactRow
from webvisio_protocol.identifiers import CustomerId


class Contact(msgspec.Struct, frozen=True):
    customer_id: CustomerId
    username: str
    given_at: datetime
    given_by: str


def contacts(session: Session, customer_id: CustomerId | None = None) -> list[Contact]:
    """List contacts, of one customer or of all, by name."""
    query = select(ContactRow).order_by(ContactRow.customer_id, ContactRow.username)
    if customer_id is not None:
        query = query.where(ContactRow.customer_id == customer_id)
    return [
        Contact(CustomerId(row.customer_id), row.username, row.given_at, row.given_by)
        for row in session.scalars(query)
    ]


def add(session: Session, customer_id: CustomerId, username: str, now: datetime, actor: str) -> bool:
    """Make somebody a contact; False when they are one."""
    if session.get(ContactRow, (customer_id, username)) is not None:
        return False
    registry.put_person(session, username, now, actor)
    row = ContactRow(customer_id=customer_id, username=username, given_at=now, given_by=actor)
    chronicle.keep(session, row, now, actor)
    return True


def remove(session: Session, customer_id: CustomerId, username: str, now: datetime, actor: str) -> bool:
    """Take a contact away; False when they were none."""
    row = session.get(ContactRow, (customer_id, username))
    if row is None:
        return False
    chronicle.remove(session, row, now, actor)
    return True
