"""The tables of money from outside and of the catalogue: statements, checkouts, requests, prices.

What a bank or a gateway said is kept as it was said; only the decision on it
is written later, once. Versions of the catalogue are never changed: a contract
refers to the one that it was ordered by.
"""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webvisio_billing.storage.tables import (
    IDENTIFIER_CHARACTERS,
    NAME_CHARACTERS,
    USERNAME_CHARACTERS,
    Base,
    Instant,
)

ENTRY_TEXT_CHARACTERS = 500
REMARK_CHARACTERS = 500
KEY_CHARACTERS = 64
RETURN_CHARACTERS = 80


class StatementRow(Base):
    """A statement file that was imported; the same bytes are never imported twice."""

    __tablename__ = "statements"

    statement_id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    imported_at: Mapped[datetime] = mapped_column(Instant)
    imported_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
    entry_count: Mapped[int]


class StatementEntryRow(Base):
    """A booking, and what became of it: `matched`, `queued`, `assigned`, `refused` or `outgoing`."""

    __tablename__ = "statement_entries"

    entry_id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.statement_id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    line: Mapped[int]
    booked_on: Mapped[date] = mapped_column(Date)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    account: Mapped[str] = mapped_column(String(34))
    counterparty: Mapped[str] = mapped_column(String(ENTRY_TEXT_CHARACTERS))
    iban: Mapped[str] = mapped_column(String(34))
    text: Mapped[str] = mapped_column(String(ENTRY_TEXT_CHARACTERS))
    state: Mapped[str] = mapped_column(String(12), index=True)
    doubt: Mapped[str] = mapped_column(String(24))
    basis: Mapped[str] = mapped_column(String(12))
    suggestions: Mapped[list[str]] = mapped_column(JSON)
    contract_id: Mapped[str | None] = mapped_column(ForeignKey("contracts.contract_id"))
    decided_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    remark: Mapped[str] = mapped_column(String(REMARK_CHARACTERS))

    __table_args__ = (Index("ix_statement_entries_iban_state", "iban", "state"),)


class CheckoutRow(Base):
    """An online payment, from the stored acceptance (clause 6.3) to its outcome."""

    __tablename__ = "checkouts"

    checkout_id: Mapped[str] = mapped_column(String(KEY_CHARACTERS), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.contract_id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    terms_sha256: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    actor: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(12), index=True)
    order_id: Mapped[str | None] = mapped_column(String(KEY_CHARACTERS), unique=True)
    capture_id: Mapped[str | None] = mapped_column(String(KEY_CHARACTERS), unique=True)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class ReturnRow(Base):
    """Money of an online payment that went back at the gateway; `outcome` is `booked` or why it was not."""

    __tablename__ = "gateway_returns"

    return_id: Mapped[str] = mapped_column(String(RETURN_CHARACTERS), primary_key=True)
    checkout_id: Mapped[str] = mapped_column(ForeignKey("checkouts.checkout_id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    is_reversal: Mapped[bool]
    outcome: Mapped[str] = mapped_column(String(48))
    noted_at: Mapped[datetime] = mapped_column(Instant, index=True)


class WebhookEventRow(Base):
    """A message of a gateway that was verified and heard; it comes as often as it likes, it counts once."""

    __tablename__ = "gateway_events"

    event_id: Mapped[str] = mapped_column(String(KEY_CHARACTERS), primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant)


class AnsweredRequestRow(Base):
    """The answer that was given to a request with an idempotency key."""

    __tablename__ = "answered_requests"

    actor: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS), primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARACTERS), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime] = mapped_column(Instant, index=True)


class PlanRow(Base):
    """A version of a plan: what a room and the set-up cost from a day on, net."""

    __tablename__ = "plans"

    plan_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    formula: Mapped[str] = mapped_column(String(8))
    name_fr: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    name_en: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    room_minor: Mapped[int] = mapped_column(BigInteger)
    setup_minor: Mapped[int] = mapped_column(BigInteger)
    is_offered: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))


class ServiceOfferRow(Base):
    """A version of a complementary service (clause 2.2)."""

    __tablename__ = "service_offers"

    service_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_fr: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    name_en: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    is_recurring: Mapped[bool]
    is_offered: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))


class RateRow(Base):
    """A rate that the operator added: VAT by first day, the legal interest rate by half-year."""

    __tablename__ = "rates"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    since: Mapped[str] = mapped_column(String(10), primary_key=True)
    percent: Mapped[str] = mapped_column(String(12))
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))


class ExemptionRow(Base):
    """A reason not to charge VAT, with the legal reference that invoices print."""

    __tablename__ = "exemptions"

    exemption_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS), primary_key=True)
    reference: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))


class ContactRow(Base):
    """Who, by user name of the hub, sees a customer's contracts and pays them."""

    __tablename__ = "contacts"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("people.username"), primary_key=True)
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[str] = mapped_column(String(USERNAME_CHARACTERS))
