"""Customers, rooms, people and their roles, and what operators did: the plain tables.

Functions take an open session and answer frozen records; none of them decides
whether something is allowed.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from webvisio_billing.domain.terms import Customer, CustomerKind
from webvisio_billing.storage import chronicle
from webvisio_billing.storage.rows import insert_rows
from webvisio_billing.storage.tables import (
    AuditRow,
    BlockRow,
    ContractRow,
    CustomerRow,
    GrantRow,
    MembershipRow,
    PersonRow,
    RoomRow,
    table_of,
)
from webvisio_protocol.entitlements import Block
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId

MAX_AUDIT_ROWS_SHOWN: Final = 200
CONTRACTS_AT_ONCE: Final = 500
"""How many contracts one query names."""


class BillingDetails(msgspec.Struct, frozen=True, gc=False):
    """What a customer's documents print besides the name; empty where it is not known.

    `country` is an ISO 3166 code; `document_layout` is "fr" or "fr-en".
    """

    street: str = ""
    more_address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FR"
    vat_number: str = ""
    order_reference: str = ""
    document_layout: str = "fr"


class CustomerRecord(msgspec.Struct, frozen=True, gc=False):
    """A customer as the operator sees it; `siren` is None where there is none."""

    customer_id: CustomerId
    name: str
    kind: CustomerKind
    siren: str | None
    contact_name: str
    contact_email: str
    created_at: datetime
    details: BillingDetails = BillingDetails()

    @property
    def terms(self) -> Customer:
        """What the contract's rules need to know."""
        return Customer(self.kind, self.siren)


class RoomRecord(msgspec.Struct, frozen=True):
    room_id: RoomId
    customer_id: CustomerId
    name: str


class Membership(msgspec.Struct, frozen=True):
    """`username` has `role` in `room_id`, hence belongs to `customer_id`."""

    username: str
    room_id: RoomId
    customer_id: CustomerId
    role: Role
    given_at: datetime
    given_by: str


class ContractHead(msgspec.Struct, frozen=True, gc=False):
    """Where a contract's journal stands."""

    contract_id: ContractId
    customer_id: CustomerId
    sequence: int
    next_due_at: datetime | None


class Action(msgspec.Struct, frozen=True):
    """One line of the operators' audit."""

    at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    details: dict[str, str]


# ---- customers and contracts -----------------------------------------------------------


def customers(session: Session) -> list[CustomerRecord]:
    """List all customers by name."""
    return [_customer(row) for row in session.scalars(select(CustomerRow).order_by(CustomerRow.name))]


def has_customers(session: Session) -> bool:
    """Whether there is any customer yet."""
    return session.scalar(select(CustomerRow.customer_id).limit(1)) is not None


def customer(session: Session, customer_id: CustomerId) -> CustomerRecord | None:
    """Find a customer."""
    row = session.get(CustomerRow, customer_id)
    return None if row is None else _customer(row)


def add_customer(session: Session, record: CustomerRecord, actor: str = "") -> None:
    """Add a customer; the caller has checked that the identifier is free."""
    fields = msgspec.structs.asdict(record) | {"kind": record.kind.value}
    fields |= msgspec.structs.asdict(fields.pop("details"))
    chronicle.keep(session, CustomerRow(**fields), record.created_at, actor)


def change_customer(session: Session, record: CustomerRecord, at: datetime, actor: str) -> None:
    """Write who a customer is in law and in print; what was issued before keeps what it says.

    Kind and identifier never change: contracts were ordered by them.
    """
    row = session.get(CustomerRow, record.customer_id)
    assert row is not None, "customers are never deleted"
    for name in ("name", "siren", "contact_name", "contact_email"):
        setattr(row, name, getattr(record, name))
    for name, value in msgspec.structs.asdict(record.details).items():
        setattr(row, name, value)
    chronicle.keep(session, row, at, actor)


def customer_history(session: Session, customer_id: CustomerId) -> list[chronicle.Change]:
    """Tell who changed a customer's record, when, and what; newest first."""
    return chronicle.history(session, CustomerRow, customer_id)


def contract_heads(session: Session, customer_id: CustomerId | None = None) -> list[ContractHead]:
    """List contracts, of one customer or of all, by identifier."""
    query = select(ContractRow).order_by(ContractRow.contract_id)
    if customer_id is not None:
        query = query.where(ContractRow.customer_id == customer_id)
    return [_head(row) for row in session.scalars(query)]


def contract_head(
    session: Session, contract_id: ContractId, *, is_to_change: bool = False
) -> ContractHead | None:
    """Find where a contract stands; `is_to_change` makes other writers of it wait for this transaction."""
    row = session.get(ContractRow, contract_id, with_for_update=is_to_change or None)
    return None if row is None else _head(row)


def count_contracts(session: Session) -> int:
    """Count all contracts."""
    return session.scalar(select(func.count()).select_from(ContractRow)) or 0


def count_due(session: Session, now: datetime) -> int:
    """Count the contracts to be advanced at `now`."""
    return (
        session.scalar(select(func.count()).select_from(ContractRow).where(ContractRow.next_due_at <= now))
        or 0
    )


def next_due(
    session: Session,
    now: datetime,
    limit: int,
    after: tuple[datetime, ContractId] | None = None,
    *,
    is_to_change: bool = False,
) -> list[ContractHead]:
    """List the next contracts that are due at `now`, by due time and name, behind `after`."""
    table = table_of(ContractRow)
    query = select(table.c.contract_id, table.c.customer_id, table.c.sequence, table.c.next_due_at).where(
        table.c.next_due_at <= now
    )
    if after is not None:
        query = query.where(tuple_(table.c.next_due_at, table.c.contract_id) > after)
    query = query.order_by(table.c.next_due_at, table.c.contract_id).limit(limit)
    if is_to_change:
        query = query.with_for_update()
    return [
        ContractHead(ContractId(contract_id), CustomerId(customer_id), sequence, next_due_at)
        for contract_id, customer_id, sequence, next_due_at in session.connection().execute(query)
    ]


def customers_of(session: Session, customer_ids: Collection[CustomerId]) -> dict[CustomerId, CustomerRecord]:
    """Find customers by their identifiers."""
    wanted = list(set(customer_ids))
    found: dict[CustomerId, CustomerRecord] = {}
    for start in range(0, len(wanted), CONTRACTS_AT_ONCE):
        query = select(CustomerRow).where(
            CustomerRow.customer_id.in_(wanted[start : start + CONTRACTS_AT_ONCE])
        )
        found |= {CustomerId(row.customer_id): _customer(row) for row in session.scalars(query)}
    return found


def next_due_at(session: Session, behind: datetime | None = None) -> datetime | None:
    """Tell when the next contract must be looked at; `behind` leaves out what was due up to then."""
    query = select(func.min(ContractRow.next_due_at))
    return session.scalar(query if behind is None else query.where(ContractRow.next_due_at > behind))


def replace_blocks(session: Session, contract_id: ContractId, blocks: Iterable[Block]) -> None:
    """Bring the projection of a contract's open blocks up to date."""
    replace_blocks_of(session, {contract_id: blocks})


def replace_blocks_of(session: Session, open_blocks: Mapping[ContractId, Iterable[Block]]) -> None:
    """Bring the projection of open blocks of many contracts up to date."""
    contract_ids = list(open_blocks)
    for start in range(0, len(contract_ids), CONTRACTS_AT_ONCE):
        some = contract_ids[start : start + CONTRACTS_AT_ONCE]
        session.execute(
            delete(BlockRow)
            .where(BlockRow.contract_id.in_(some))
            .execution_options(synchronize_session=False)
        )
    rows = [
        {"contract_id": contract_id, "reason": block.reason.value, "opened_at": block.opened_at}
        for contract_id, blocks in open_blocks.items()
        for block in blocks
    ]
    insert_rows(session, BlockRow, rows)


# ---- rooms and people ------------------------------------------------------------------


def rooms(session: Session, customer_id: CustomerId) -> list[RoomRecord]:
    """List a customer's rooms, by identifier."""
    query = select(RoomRow).where(RoomRow.customer_id == customer_id).order_by(RoomRow.room_id)
    return [_room(row) for row in session.scalars(query)]


def room(session: Session, room_id: RoomId) -> RoomRecord | None:
    """Find a room."""
    row = session.get(RoomRow, room_id)
    return None if row is None else _room(row)


def put_room(session: Session, record: RoomRecord, now: datetime, actor: str) -> None:
    """Add a room, or give a known one its new name."""
    row = session.get(RoomRow, record.room_id)
    if row is None:
        row = RoomRow(room_id=record.room_id, customer_id=record.customer_id, created_at=now)
    row.name = record.name
    chronicle.keep(session, row, now, actor)


def memberships(session: Session, room_id: RoomId | None = None) -> list[Membership]:
    """List who has which role, in one room or in all; by room, role and name."""
    query = select(MembershipRow, RoomRow.customer_id).join(RoomRow, RoomRow.room_id == MembershipRow.room_id)
    if room_id is not None:
        query = query.where(MembershipRow.room_id == room_id)
    found = [
        Membership(
            row.username,
            RoomId(row.room_id),
            CustomerId(customer_id),
            Role(row.role),
            row.given_at,
            row.given_by,
        )
        for row, customer_id in session.execute(query)
    ]
    strength = list(Role)
    return sorted(found, key=lambda m: (m.room_id, strength.index(m.role), m.username))


def put_membership(
    session: Session, room_id: RoomId, username: str, role: Role, now: datetime, actor: str
) -> bool:
    """Give a person a role in a room, in place of any other there; False when nothing changes."""
    put_person(session, username, now, actor)
    row = session.get(MembershipRow, (room_id, username))
    if row is None:
        row = MembershipRow(room_id=room_id, username=username)
    elif row.role == role.value:
        return False
    row.role, row.given_at, row.given_by = role.value, now, actor
    chronicle.keep(session, row, now, actor)
    return True


def put_person(session: Session, username: str, now: datetime, actor: str) -> None:
    """Know somebody from now on, whom a role or a customer was given."""
    if session.get(PersonRow, username) is None:
        chronicle.keep(session, PersonRow(username=username, created_at=now), now, actor)


def remove_membership(session: Session, room_id: RoomId, username: str, now: datetime, actor: str) -> bool:
    """Take a person out of a room; False when they were not in it."""
    row = session.get(MembershipRow, (room_id, username))
    if row is None:
        return False
    chronicle.remove(session, row, now, actor)
    return True


def grants(session: Session) -> set[tuple[str, str]]:
    """List the (group, username) pairs that billing made in the hub."""
    return {(row.group_name, row.username) for row in session.scalars(select(GrantRow))}


def put_grants(
    session: Session,
    made: Iterable[tuple[str, str]],
    taken: Iterable[tuple[str, str]],
    now: datetime,
) -> None:
    """Note which pairs billing has made in the hub, and which it has taken away."""
    for pair in sorted(taken):
        if (row := session.get(GrantRow, pair)) is not None:
            chronicle.remove(session, row, now)
    for group_name, username in sorted(made):
        if session.get(GrantRow, (group_name, username)) is None:
            chronicle.keep(session, GrantRow(group_name=group_name, username=username), now)


# ---- the audit -------------------------------------------------------------------------


def record_action(
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    outcome: str,
    details: Mapping[str, str],
) -> None:
    """Write one line of the operators' audit."""
    done = AuditRow(
        at=at, actor=actor, action=action, subject=subject, outcome=outcome, details=dict(details)
    )
    chronicle.keep(session, done, at, actor)


def actions(session: Session, subject: str) -> list[Action]:
    """List what was done about a subject, newest first, at most `MAX_AUDIT_ROWS_SHOWN`."""
    query = (
        select(AuditRow)
        .where(AuditRow.subject == subject)
        .order_by(AuditRow.action_id.desc())
        .limit(MAX_AUDIT_ROWS_SHOWN)
    )
    return [
        Action(row.at, row.actor, row.action, row.subject, row.outcome, row.details)
        for row in session.scalars(query)
    ]


def _customer(row: CustomerRow) -> CustomerRecord:
    return CustomerRecord(
        CustomerId(row.customer_id),
        row.name,
        CustomerKind(row.kind),
        row.siren,
        row.contact_name,
        row.contact_email,
        row.created_at,
        BillingDetails(
            row.street,
            row.more_address,
            row.postcode,
            row.city,
            row.country,
            row.vat_number,
            row.order_reference,
            row.document_layout,
        ),
    )


def _head(row: ContractRow) -> ContractHead:
    return ContractHead(
        ContractId(row.contract_id), CustomerId(row.customer_id), row.sequence, row.next_due_at
    )


def _room(row: RoomRow) -> RoomRecord:
    return RoomRecord(RoomId(row.room_id), CustomerId(row.customer_id), row.name)
