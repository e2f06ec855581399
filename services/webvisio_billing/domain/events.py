"""What happened to a contract. Past tense, immutable, JSON-serialisable; the journal is their list.

Each event carries its own instant `at` (UTC) and everything its fold needs:
rates and amounts are written down here, so replaying never consults a table.
`number` fields are empty until `numbering.stamp` fills them at commit time.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from webvisio_billing.domain.commands import (
    Channel,
    Delivery,
    Disposal,
    Method,
    Precision,
    Severity,
)
from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, PaymentKey, ServiceRef, TicketRef
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.tables import VatCode
from webvisio_billing.domain.terms import Customer, Extra, Formula, Party, Prices, TermsVersion
from webvisio_protocol.entitlements import BlockReason, Interval, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId


class LineKind(StrEnum):
    """What an invoice line charges for; documents word it."""

    SETUP = "setup"
    ROOM_MONTH = "room_month"
    ROOM_DAY = "room_day"
    SERVICE = "service"


class Part(StrEnum):
    """Which part of a debt a payment settles, in the order of art. 1343-1 C. civ."""

    RECOVERY = "recovery"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class EndCause(StrEnum):
    """Why a contract ends."""

    NOTICE = "notice"
    BREACH_LETTER = "breach_letter"
    CONSUMER_NOTICE = "consumer_notice"
    UNJUSTIFIED_EXIT = "unjustified_exit"


class InvoiceLine(msgspec.Struct, frozen=True, gc=False):
    """One line: `net_minor` is what is charged, after any share of a period.

    `is_for_period` tells rents and recurring services from what is paid once.
    """

    kind: LineKind
    label: str
    quantity: int
    unit_net_minor: int
    net_minor: int
    vat_code: VatCode
    is_for_period: bool


class TaxLine(msgspec.Struct, frozen=True, gc=False):
    """VAT of one rate, on the sum of its lines, rounded once (clause 6.2)."""

    vat_code: VatCode
    rate: Decimal
    net_minor: int
    tax_minor: int
    exemption: str | None = None


class EventBase(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """What every event has: its tag and its instant, in UTC."""

    at: datetime


# ---- the order and its life ------------------------------------------------------------


class ContractOrdered(EventBase, frozen=True, kw_only=True, tag="contract_ordered"):
    contract_id: ContractId
    customer_id: CustomerId
    customer: Customer
    formula: Formula
    effective: date
    timezone: str
    has_setup: bool
    extras: tuple[Extra, ...]
    rooms: tuple[RentedRoom, ...]
    prices: Prices
    terms: TermsVersion
    tax_exemption: str | None
    are_prerequisites_acknowledged: bool


class DayPassOrdered(EventBase, frozen=True, kw_only=True, tag="day_pass_ordered"):
    day: date
    has_setup: bool
    extras: tuple[Extra, ...]


class ContractAccepted(EventBase, frozen=True, kw_only=True, tag="contract_accepted"):
    channel: Channel
    terms_sha256: str
    locale: str | None
    actor: str | None


class ContractActivated(EventBase, frozen=True, kw_only=True, tag="contract_activated"):
    period: Period


class ContractRenewed(EventBase, frozen=True, kw_only=True, tag="contract_renewed"):
    period: Period


class DayPassStarted(EventBase, frozen=True, kw_only=True, tag="day_pass_started"):
    """A day after the first begins; contiguous days are one entitlement (clause 3)."""

    period: Period


class NoticeReceived(EventBase, frozen=True, kw_only=True, tag="notice_received"):
    """`is_late`: too late for the next term, kept for the one after it."""

    by: Party
    cause: EndCause
    ends_at: datetime
    is_late: bool


class NoticeWithdrawn(EventBase, frozen=True, kw_only=True, tag="notice_withdrawn"):
    by: Party


class BreachLetterReceived(EventBase, frozen=True, kw_only=True, tag="breach_letter_received"):
    by: Party
    clauses: tuple[str, ...]
    registered_ref: str
    precision: Precision
    ends_at: datetime


class ContractEnding(EventBase, frozen=True, kw_only=True, tag="contract_ending"):
    """The end is known, or has moved."""

    ends_at: datetime


class ContractContinues(EventBase, frozen=True, kw_only=True, tag="contract_continues"):
    """The end that was known is no longer: the notice was withdrawn."""


class ContractEnded(EventBase, frozen=True, kw_only=True, tag="contract_ended"):
    pass


class ContractClosed(EventBase, frozen=True, kw_only=True, tag="contract_closed"):
    actor: str


# ---- access ----------------------------------------------------------------------------


class EntitlementOpened(EventBase, frozen=True, kw_only=True, tag="entitlement_opened"):
    """A room opens; `interval` is what is certain at that moment."""

    room_id: RoomId
    interval: Interval


class EntitlementClosed(EventBase, frozen=True, kw_only=True, tag="entitlement_closed"):
    room_id: RoomId


class BlockOpened(EventBase, frozen=True, kw_only=True, tag="block_opened"):
    reason: BlockReason
    actor: str
    evidence: str
    invoice: DocumentRef | None


class BlockLifted(EventBase, frozen=True, kw_only=True, tag="block_lifted"):
    """`actor` is empty where the block fell by itself (the principal was paid)."""

    reason: BlockReason
    actor: str


class RoomAdded(EventBase, frozen=True, kw_only=True, tag="room_added"):
    room_id: RoomId
    name: str


class RoomRenamed(EventBase, frozen=True, kw_only=True, tag="room_renamed"):
    room_id: RoomId
    name: str


class RoomRemoved(EventBase, frozen=True, kw_only=True, tag="room_removed"):
    room_id: RoomId


class ServiceOrdered(EventBase, frozen=True, kw_only=True, tag="service_ordered"):
    service: ServiceRef
    extra: Extra


class ServiceEnded(EventBase, frozen=True, kw_only=True, tag="service_ended"):
    service: ServiceRef


# ---- money -----------------------------------------------------------------------------


class InvoiceIssued(EventBase, frozen=True, kw_only=True, tag="invoice_issued"):
    """An invoice, immutable from here on.

    `period` is what it covers, None for one-off charges; (period, revision)
    is unique in a contract: revision 0 is the period's bill, later ones are
    additions within it or replacements.
    """

    ref: DocumentRef
    number: str = ""
    issued_on: date
    due_on: date
    period: Period | None
    revision: int
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxLine, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    currency: str
    replaces: DocumentRef | None = None


class CreditNoteIssued(EventBase, frozen=True, kw_only=True, tag="credit_note_issued"):
    """A credit note (type 381) on `invoice`; amounts are positive and reduce it."""

    ref: DocumentRef
    number: str = ""
    issued_on: date
    invoice: DocumentRef
    is_cancellation: bool
    taxes: tuple[TaxLine, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    currency: str
    reason: str = ""


class LateChargeClaimed(EventBase, frozen=True, kw_only=True, tag="late_charge_claimed"):
    """A debit note, outside VAT, of the interest to `through` and the recovery indemnity."""

    ref: DocumentRef
    number: str = ""
    issued_on: date
    invoice: DocumentRef
    through: date
    interest_minor: int
    recovery_minor: int
    currency: str


class PaymentReceived(EventBase, frozen=True, kw_only=True, tag="payment_received"):
    """Money came in; it is the customer's credit until allocated."""

    key: PaymentKey
    amount_minor: int
    method: Method
    currency: str
    invoice: DocumentRef | None = None
    received_on: date | None = None
    """The day of the receipt where it was told later; None is the day of `at`."""


class PaymentAllocated(EventBase, frozen=True, kw_only=True, tag="payment_allocated"):
    """Credit settles a part of a document, as of `settled_on` (None is the day of `at`)."""

    document: DocumentRef
    part: Part
    amount_minor: int
    settled_on: date | None = None


class PaymentReleased(EventBase, frozen=True, kw_only=True, tag="payment_released"):
    """What had settled a document is the customer's credit again.

    A credit note left it overpaid, or the money behind it has gone back.
    """

    document: DocumentRef
    amount_minor: int
    part: Part = Part.PRINCIPAL


class PaymentRefunded(EventBase, frozen=True, kw_only=True, tag="payment_refunded"):
    key: PaymentKey
    amount_minor: int
    method: Method


class PaymentReversed(EventBase, frozen=True, kw_only=True, tag="payment_reversed"):
    """Money of a payment was taken back by the bank or the gateway (a rejected cheque, a chargeback)."""

    key: PaymentKey
    payment: PaymentKey
    amount_minor: int
    method: Method


class DebtWrittenOff(EventBase, frozen=True, kw_only=True, tag="debt_written_off"):
    document: DocumentRef
    part: Part
    amount_minor: int
    reason: str
    actor: str


# ---- support, cases, data --------------------------------------------------------------


class TicketReported(EventBase, frozen=True, kw_only=True, tag="ticket_reported"):
    """`ack_due_at` is None for a minor anomaly; `calendar` names the holidays used."""

    ticket: TicketRef
    severity: Severity
    summary: str
    ack_due_at: datetime | None
    calendar: str


class TicketAcknowledged(EventBase, frozen=True, kw_only=True, tag="ticket_acknowledged"):
    ticket: TicketRef
    actor: str
    is_late: bool


class TestsAskedFor(EventBase, frozen=True, kw_only=True, tag="tests_asked_for"):
    ticket: TicketRef
    instructions: str


class TestsReported(EventBase, frozen=True, kw_only=True, tag="tests_reported"):
    ticket: TicketRef
    results: str


class TicketClosed(EventBase, frozen=True, kw_only=True, tag="ticket_closed"):
    ticket: TicketRef
    actor: str


class FraudReported(EventBase, frozen=True, kw_only=True, tag="fraud_reported"):
    case: CaseRef
    description: str


class CredentialsRotated(EventBase, frozen=True, kw_only=True, tag="credentials_rotated"):
    """Credentials and room passwords of the contract must change now (clause 5.4)."""

    case: CaseRef


class FraudConfirmed(EventBase, frozen=True, kw_only=True, tag="fraud_confirmed"):
    case: CaseRef
    registered_ref: str


class FraudClosed(EventBase, frozen=True, kw_only=True, tag="fraud_closed"):
    case: CaseRef
    actor: str


class DisputeOpened(EventBase, frozen=True, kw_only=True, tag="dispute_opened"):
    case: CaseRef
    subject: str
    unpaid_invoice: DocumentRef | None


class AmicableAttemptMade(EventBase, frozen=True, kw_only=True, tag="amicable_attempt_made"):
    case: CaseRef
    description: str


class DisputeBroughtToCourt(EventBase, frozen=True, kw_only=True, tag="dispute_brought_to_court"):
    case: CaseRef


class DisputeSettled(EventBase, frozen=True, kw_only=True, tag="dispute_settled"):
    case: CaseRef
    outcome: str


class DisposalChosen(EventBase, frozen=True, kw_only=True, tag="disposal_chosen"):
    """`by` is the provider where the operator's deadline passed without a choice."""

    choice: Disposal
    by: Party


class DisposalDeadlineSet(EventBase, frozen=True, kw_only=True, tag="disposal_deadline_set"):
    deadline: datetime
    actor: str


class DisposalCompleted(EventBase, frozen=True, kw_only=True, tag="disposal_completed"):
    """The certificate: the hash of what was returned, or the list of what was destroyed."""

    choice: Disposal
    actor: str
    returned_sha256: str
    destroyed: tuple[str, ...]


class DataTaken(EventBase, frozen=True, kw_only=True, tag="data_taken"):
    """A contact of the customer's took the archive of this hash, whole."""

    actor: str
    sha256: str


class DataDestroyed(EventBase, frozen=True, kw_only=True, tag="data_destroyed"):
    """What was held of the customer's was destroyed: its key, hence every copy."""

    actor: str
    destroyed: tuple[str, ...]


class DeliveryRecorded(EventBase, frozen=True, kw_only=True, tag="delivery_recorded"):
    delivery: Delivery
    actor: str
    room_id: RoomId | None


class GlassBroken(EventBase, frozen=True, kw_only=True, tag="glass_broken"):
    """Staff may read the customer's content until `until`; the customer is shown this."""

    actor: str
    reason: str
    until: datetime


Document = InvoiceIssued | CreditNoteIssued | LateChargeClaimed
"""The events that carry a printed number."""

Event = (
    ContractOrdered
    | DayPassOrdered
    | ContractAccepted
    | ContractActivated
    | ContractRenewed
    | DayPassStarted
    | NoticeReceived
    | NoticeWithdrawn
    | BreachLetterReceived
    | ContractEnding
    | ContractContinues
    | ContractEnded
    | ContractClosed
    | EntitlementOpened
    | EntitlementClosed
    | BlockOpened
    | BlockLifted
    | RoomAdded
    | RoomRenamed
    | RoomRemoved
    | ServiceOrdered
    | ServiceEnded
    | InvoiceIssued
    | CreditNoteIssued
    | LateChargeClaimed
    | PaymentReceived
    | PaymentAllocated
    | PaymentReleased
    | PaymentRefunded
    | PaymentReversed
    | DebtWrittenOff
    | TicketReported
    | TicketAcknowledged
    | TestsAskedFor
    | TestsReported
    | TicketClosed
    | FraudReported
    | CredentialsRotated
    | FraudConfirmed
    | FraudClosed
    | DisputeOpened
    | AmicableAttemptMade
    | DisputeBroughtToCourt
    | DisputeSettled
    | DisposalChosen
    | DisposalDeadlineSet
    | DisposalCompleted
    | DataTaken
    | DataDestroyed
    | DeliveryRecorded
    | GlassBroken
)
