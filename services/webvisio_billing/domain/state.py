"""What a contract is after its events: the fold's result, never written by hand.

Two regions (rules.md): `lifecycle`, and access, which is derived from the
open entitlements and `blocks` (see `access`). Collections only grow or are
replaced whole; a document's ordinal in its tuple is the number in its ref.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from webvisio_billing.domain.commands import Disposal, Severity
from webvisio_billing.domain.events import EndCause, InvoiceLine, Part, TaxLine
from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, PaymentKey, ServiceRef, TicketRef
from webvisio_billing.domain.periods import Period, month_period
from webvisio_billing.domain.terms import Customer, Extra, Formula, Party, Prices, TermsVersion
from webvisio_protocol.entitlements import BlockReason, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId
from webvisio_protocol.signalling import Locale


class Lifecycle(StrEnum):
    """Where a contract is in its life; it only moves down this list, but for a withdrawn notice."""

    DRAFT = "draft"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    CLOSED = "closed"

    @property
    def is_live(self) -> bool:
        """Whether the contract binds: accepted and not over."""
        return self in (Lifecycle.ACCEPTED, Lifecycle.ACTIVE, Lifecycle.ENDING)

    @property
    def is_running(self) -> bool:
        """Whether the contract has taken effect and is not over."""
        return self in (Lifecycle.ACTIVE, Lifecycle.ENDING)


class Ending(msgspec.Struct, frozen=True, gc=False):
    """One reason to end; the earliest of them decides."""

    by: Party
    cause: EndCause
    ends_at: datetime


class OpenedBlock(msgspec.Struct, frozen=True, gc=False):
    """A suspension that is not lifted yet."""

    reason: BlockReason
    opened_at: datetime
    invoice: DocumentRef | None


class DayPass(msgspec.Struct, frozen=True, gc=False):
    """A day that was ordered, and what is billed with it."""

    day: date
    ordered_at: datetime
    has_setup: bool
    extras: tuple[Extra, ...]
    is_started: bool = False


class Service(msgspec.Struct, frozen=True, gc=False):
    """A complementary service; a recurring one is billed until it has ended."""

    ref: ServiceRef
    extra: Extra
    ended_at: datetime | None = None


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What lowered the principal of an invoice on a day (raised it, when negative)."""

    day: date
    amount_minor: int


class Invoice(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An issued invoice and what has become of its debt."""

    ref: DocumentRef
    number: str
    issued_on: date
    due_on: date
    period: Period | None
    revision: int
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxLine, ...]
    net_minor: int
    gross_minor: int
    currency: str
    settlements: tuple[Settlement, ...] = ()
    paid_minor: int = 0
    credited: tuple[TaxLine, ...] = ()
    """What credit notes have taken off, by rate."""
    written_off_minor: int = 0
    is_cancelled: bool = False
    claimed_through: date | None = None
    is_recovery_claimed: bool = False
    is_suspension_spent: bool = False
    """A suspension for this invoice was opened or lifted: the automatic one does not repeat it."""

    @property
    def outstanding_minor(self) -> int:
        """The principal still owed; negative while a credit note has left it overpaid."""
        return self.gross_minor - sum(s.amount_minor for s in self.settlements)

    def outstanding_at_start_of(self, day: date) -> int:
        """The principal owed as `day` begins: a payment counts from the day after it (6.4)."""
        return self.gross_minor - sum(s.amount_minor for s in self.settlements if s.day < day)


class Spending(msgspec.Struct, frozen=True, gc=False):
    """What some money of a payment has settled."""

    payment: PaymentKey
    document: DocumentRef
    part: Part
    amount_minor: int


class DebitNote(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Late charges that were claimed for an invoice, and what is left of them."""

    ref: DocumentRef
    number: str
    invoice: DocumentRef
    issued_on: date
    interest_minor: int
    recovery_minor: int
    interest_open_minor: int
    recovery_open_minor: int


class Ticket(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    ref: TicketRef
    severity: Severity
    ack_due_at: datetime | None
    acknowledged_at: datetime | None = None
    are_tests_awaited: bool = False
    is_closed: bool = False


class FraudStage(StrEnum):
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


class FraudCase(msgspec.Struct, frozen=True, gc=False):
    ref: CaseRef
    stage: FraudStage = FraudStage.REPORTED


class DisputeStage(StrEnum):
    OPEN = "open"
    AMICABLE = "amicable"
    JUDICIAL = "judicial"
    SETTLED = "settled"


class Dispute(msgspec.Struct, frozen=True, gc=False):
    ref: CaseRef
    unpaid_invoice: DocumentRef | None
    stage: DisputeStage = DisputeStage.OPEN


class Contract(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One contract, as of its last event (`as_of`)."""

    contract_id: ContractId
    customer_id: CustomerId
    customer: Customer
    formula: Formula
    anchor: date
    timezone: str
    prices: Prices
    terms: TermsVersion
    tax_exemption: str | None
    has_setup: bool
    ordered_at: datetime
    as_of: datetime
    lifecycle: Lifecycle = Lifecycle.DRAFT
    accepted_at: datetime | None = None
    terms_sha256: str | None = None
    locale: Locale = "fr"
    """The language in which the customer accepted the terms online; French where on paper."""
    period: Period | None = None
    """The month period, or the run of days, at hand or last at hand."""
    period_index: int = -1
    ended_at: datetime | None = None
    endings: tuple[Ending, ...] = ()
    rooms: tuple[RentedRoom, ...] = ()
    entitled_rooms: tuple[RoomId, ...] = ()
    """Rooms whose entitlement is open now (blocks aside)."""
    passes: tuple[DayPass, ...] = ()
    services: tuple[Service, ...] = ()
    blocks: tuple[OpenedBlock, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    debit_notes: tuple[DebitNote, ...] = ()
    credit_note_numbers: tuple[str, ...] = ()
    credit_minor: int = 0
    """Money of the customer's that settles nothing yet."""
    payments: dict[PaymentKey, int] = {}
    refunds: dict[PaymentKey, int] = {}
    """What has gone back, by key: refunds and reversals."""
    unspent: dict[PaymentKey, int] = {}
    """Of which payments the credit is; their sum is `credit_minor`."""
    spent: tuple[Spending, ...] = ()
    """What which payment has settled, in order."""
    tickets: tuple[Ticket, ...] = ()
    fraud_cases: tuple[FraudCase, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    disposal_choice: Disposal | None = None
    disposal_deadline: datetime | None = None
    is_disposal_complete: bool = False
    taken_sha256: str = ""
    """The archive that the customer took; empty until they did."""
    data_taken_at: datetime | None = None
    data_destroyed_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When the contract ends, as far as it is decided."""
        return min((ending.ends_at for ending in self.endings), default=None)

    @property
    def next_term(self) -> date | None:
        """The term of the month period at hand; of the first one before activation."""
        if self.formula is Formula.DAY:
            return None
        return month_period(self.anchor, max(self.period_index, 0)).end

    @property
    def balance_minor(self) -> int:
        """What the customer owes (claimed late charges included); negative where money is due back."""
        owed = sum(invoice.outstanding_minor for invoice in self.invoices)
        claimed = sum(note.interest_open_minor + note.recovery_open_minor for note in self.debit_notes)
        return owed + claimed - self.credit_minor

    def block(self, reason: BlockReason) -> OpenedBlock | None:
        """Find the open block of a reason."""
        return next((block for block in self.blocks if block.reason is reason), None)

    def invoice(self, ref: DocumentRef) -> Invoice | None:
        """Find an invoice by its reference."""
        return next((invoice for invoice in self.invoices if invoice.ref == ref), None)

    def invoice_numbered(self, number: str) -> Invoice | None:
        """Find an invoice by its printed number."""
        return next((invoice for invoice in self.invoices if invoice.number == number and number), None)

    def document_number(self, ref: DocumentRef) -> str:
        """Give the printed number of an invoice, debit note or credit note; empty if unknown."""
        kind, ordinal = ref[:1], int(ref[1:]) - 1
        match kind:
            case "F":
                return self.invoices[ordinal].number
            case "D":
                return self.debit_notes[ordinal].number
            case _:
                return self.credit_note_numbers[ordinal]
