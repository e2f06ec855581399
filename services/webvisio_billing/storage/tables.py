"""The tables. `journal` is the truth; what is called a projection follows from it.

The journal is append-only, in the application and by triggers of the database
(see the migrations). Instants are UTC. A test compares these tables with what
the migrations make.
"""

from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAME_CHARACTERS = 120
IDENTIFIER_CHARACTERS = 48
USERNAME_CHARACTERS = 64
PIECE_CHARACTERS = 120
MESSAGE_KEY_CHARACTERS = 160
ENDPOINT_CHARACTERS = 255
FOLDED_CHARACTERS = 240
SUBJECT_CHARACTERS = 255


class Instant(TypeDecorator[datetime]):
    """A UTC instant, aware on both sides; SQLite keeps no zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: a wall clock's time is no instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; names of constraints are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(row: type[Base]) -> Table:
    """Give the table behind a class: many rows are written and read without an object of each."""
    assert isinstance(row.__table__, Table)
    return row.__table__


class CustomerRow(Base):
    """Who rents. `kind` and `siren` are copied into each contract's order."""

    __tablename__ = "customers"

    customer_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    kind: Mapped[str] = mapped_column(String(24))
    siren: Mapped[str | None] = mapped_column(String(9))
    contact_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    contact_email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(Instant)
    street: Mapped[str] = mapped_column(String(NAME_CHARACTERS), server_default="")
    more_address: Mapped[str] = mapped_column(String(NAME_CHARACTERS), server_default="")
    postcode: Mapped[str] = mapped_column(String(16), server_default="")
    city: Mapped[str] = mapped_column(String(NAME_CHARACTERS), server_default="")
    country: Mapped[str] = mapped_column(String(2), server_default="FR")
    vat_number: Mapped[str] = mapped_column(String(20), server_default="")
    order_reference: Mapped[str] = mapped_column(String(64), server_default="")
    document_layout: Mapped[str] = mapped_column(String(8), server_default="fr")


class ContractRow(Base):
    """Projection: where a contract's journal stands, when it must be looked at next, and what lists show of it.

    What lists show is `domain.standing`; `sort_key` and `words` are the folded
    texts by which customers are put in order and contracts are found.
    """

    __tablename__ = "contracts"

    contract_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), index=True)
    sequence: Mapped[int]
    lifecycle: Mapped[str] = mapped_column(String(16))
    next_due_at: Mapped[datetime | None] = mapped_column(Instant)
    formula: Mapped[str] = mapped_column(String(8), server_default="month")
    sort_key: Mapped[str] = mapped_column(String(FOLDED_CHARACTERS), server_default="")
    words: Mapped[str] = mapped_column(Text, server_default="")
    is_held: Mapped[bool] = mapped_column(Boolean, server_default=false())
    opens_at: Mapped[datetime | None] = mapped_column(Instant)
    shuts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    balance_minor: Mapped[int] = mapped_column(BigInteger, server_default="0")
    owed: Mapped[str] = mapped_column(Text, server_default="[]")
    overdue_at: Mapped[datetime | None] = mapped_column(Instant)
    suspension_at: Mapped[datetime | None] = mapped_column(Instant)
    ticket_due_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_contracts_next_due_at", "next_due_at", "contract_id"),
        Index("ix_contracts_sort_key", "sort_key", "contract_id"),
        Index("ix_contracts_lifecycle", "lifecycle", "is_held", "sort_key", "contract_id"),
        Index("ix_contracts_balance_minor", "balance_minor", "contract_id"),
        Index("ix_contracts_shuts_at", "shuts_at", "contract_id"),
        Index("ix_contracts_overdue_at", "overdue_at", "contract_id"),
        Index("ix_contracts_ticket_due_at", "ticket_due_at", "contract_id"),
    )


class StuckRow(Base):
    """A contract that time does not pass for, until it goes on; `code` is for the operator's page."""

    __tablename__ = "stuck_contracts"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(24))
    since: Mapped[datetime] = mapped_column(Instant)


class JournalRow(Base):
    """One event. `hash` is `domain.journal.seal` over the one before and every field."""

    __tablename__ = "journal"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(48))
    at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class RoomRow(Base):
    """A room belongs to one customer for good; any of its contracts may rent it."""

    __tablename__ = "rooms"

    room_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    created_at: Mapped[datetime] = mapped_column(Instant)


class BlockRow(Base):
    """Projection: the open blocks, for those who ask the database who is suspended and why."""

    __tablename__ = "blocks"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(24), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(Instant)


class EntitlementRow(Base):
    """The outbox: what was last published of a contract, under a version that only grows.

    One row a contract: a reader that was away needs the newest state, never
    the ones in between.
    """

    __tablename__ = "entitlements"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, unique=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime] = mapped_column(Instant)


class CounterRow(Base):
    """Gapless series (documents by kind and year, versions): taken inside the transaction."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]


class PersonRow(Base):
    """A person who was given a role; the account itself lives in the hub."""

    __tablename__ = "people"

    username: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class MembershipRow(Base):
    """Who has which role in which room, and who said so."""

    __tablename__ = "memberships"

    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.room_id"), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("people.username"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))


class GrantRow(Base):
    """Hub groups that billing itself put people in: only these does it ever take away."""

    __tablename__ = "hub_grants"

    group_name: Mapped[str] = mapped_column(String(128), primary_key=True)
    username: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS), primary_key=True)


class AuditRow(Base):
    """What an operator did, or was refused. Append-only, like the journal."""

    __tablename__ = "operator_actions"

    action_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
    action: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS))
    outcome: Mapped[str] = mapped_column(String(48))
    details: Mapped[dict[str, str]] = mapped_column(JSON)

    __table_args__ = (Index("ix_operator_actions_subject_at", "subject", "at"),)


class ChronicleRow(Base):
    """A line of the chronicle: what a record beside the contracts was after a change (see `chronicle`).

    `content` is the row as JSON, empty where it is gone; `hash` is
    `domain.chronicle.seal` over the line before and every field.
    """

    __tablename__ = "chronicle"

    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = (Index("ix_chronicle_kind_subject", "kind", "subject"),)


class LedgerPostingRow(Base):
    """One line of an entry: a debit where positive, a credit where negative. Written before its entry."""

    __tablename__ = "ledger_postings"

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(8))
    amount_minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(
            ["year", "ordinal"],
            ["ledger_entries.year", "ledger_entries.ordinal"],
            name="fk_ledger_postings_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class LedgerEntryRow(Base):
    """An entry of the ledger: seals its postings, which the database checks to sum to zero.

    `hash` is `domain.bookkeeping.seal` over the entry before it in the year and every field.
    """

    __tablename__ = "ledger_entries"

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contract_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS))
    sequence: Mapped[int]
    journal: Mapped[str] = mapped_column(String(2))
    booked_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(48))
    piece: Mapped[str] = mapped_column(String(PIECE_CHARACTERS))
    about: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = (
        UniqueConstraint("contract_id", "sequence", name="uq_ledger_entries_event"),
        ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_ledger_entries_event",
        ),
    )


class OutboxRow(Base):
    """A message to the outside, written with what it tells of; delivered at least once, under its `key`."""

    __tablename__ = "outbox"

    message_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(MESSAGE_KEY_CHARACTERS), unique=True)
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(48))
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), index=True)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    endpoint: Mapped[str] = mapped_column(String(ENDPOINT_CHARACTERS))
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(48))

    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)
