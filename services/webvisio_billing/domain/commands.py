"""What may be asked of a contract. Imperative, immutable, JSON-serialisable.

`Command` is the union that `contract.handle` decides; each is answered by
events or by a `DomainRefusal`. An `actor` names who did it, for the journal.
Documents are named by their `DocumentRef`, never by their printed number.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, PaymentKey, ServiceRef, TicketRef
from webvisio_billing.domain.money import EURO
from webvisio_billing.domain.terms import Customer, Extra, Formula, Party, Prices, TermsVersion
from webvisio_protocol.entitlements import BlockReason, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId


class Channel(StrEnum):
    """How the terms were accepted (clause 6.3: an online payment is an acceptance)."""

    SIGNATURE = "signature"
    ONLINE_PAYMENT = "online_payment"


class Precision(StrEnum):
    """How exactly the receipt of a letter is known (clause 8.1)."""

    INSTANT = "instant"
    DATE = "date"


class Method(StrEnum):
    """Means of payment (clause 6.3)."""

    CHEQUE = "cheque"
    TRANSFER = "transfer"
    PAYPAL = "paypal"
    OTHER = "other"

    @property
    def is_online(self) -> bool:
        """Whether paying so accepts the terms."""
        return self is Method.PAYPAL


class Severity(StrEnum):
    """How bad an anomaly is (clause 4.4)."""

    BLOCKING = "blocking"
    GRAVE = "grave"
    MINOR = "minor"


class Disposal(StrEnum):
    """What becomes of the customer's data at the end (clause 8.2)."""

    RETURN = "return"
    DESTROY = "destroy"


class Delivery(StrEnum):
    """What the provider hands over (clause 4.1)."""

    ROOM_LINK = "room_link"
    MODERATOR_CREDENTIALS = "moderator_credentials"
    USER_MANUAL = "user_manual"
    PARTICIPANT_PASSWORD = "participant_password"  # noqa: S105 - the name of a thing handed over


class CommandBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every command has: its own tag."""


# ---- the order and its life ------------------------------------------------------------


class Order(CommandBase, frozen=True, kw_only=True, tag="order"):
    """Drafts a contract (clauses 2, 3, 6.1). `rooms` may be empty and filled later."""

    contract_id: ContractId
    customer_id: CustomerId
    formula: Formula
    effective: date
    timezone: str = "Europe/Paris"
    customer: Customer = Customer()
    has_setup: bool = False
    extras: tuple[Extra, ...] = ()
    rooms: tuple[RentedRoom, ...] = ()
    prices: Prices = Prices()
    terms: TermsVersion = TermsVersion()
    tax_exemption: str | None = None
    """Legal reference of an exemption from VAT, printed on each invoice."""
    are_prerequisites_acknowledged: bool = True
    """Clause 5.3: the customer has read what a room needs."""


class OrderDay(CommandBase, frozen=True, kw_only=True, tag="order_day"):
    """Adds a day to a contract of day passes (clause 3)."""

    day: date
    has_setup: bool = False
    extras: tuple[Extra, ...] = ()


class Accept(CommandBase, frozen=True, kw_only=True, tag="accept"):
    """Accepts the terms (clause 6.3); online, all four facts must be known."""

    channel: Channel
    terms_sha256: str | None = None
    locale: str | None = None
    actor: str | None = None


class GiveNotice(CommandBase, frozen=True, kw_only=True, tag="give_notice"):
    """Refuses the tacit renewal (clause 3); `now` is the receipt."""

    by: Party


class WithdrawNotice(CommandBase, frozen=True, kw_only=True, tag="withdraw_notice"):
    """Takes a notice back, if the other party agrees and the contract still runs (clause 3)."""

    by: Party
    is_agreed: bool = True


class BreachLetter(CommandBase, frozen=True, kw_only=True, tag="breach_letter"):
    """Ends the contract for breach by registered letter (clause 8.1); `now` is the receipt.

    `is_justified` False is a unilateral exit: all is owed to expiry.
    """

    by: Party
    clauses: tuple[str, ...] = ()
    registered_ref: str = ""
    precision: Precision = Precision.INSTANT
    is_justified: bool = True


class Close(CommandBase, frozen=True, kw_only=True, tag="close"):
    """Closes an ended contract: data disposed of, nothing owed either way."""

    actor: str = ""


# ---- access ----------------------------------------------------------------------------


class OpenBlock(CommandBase, frozen=True, kw_only=True, tag="open_block"):
    """Suspends access (clauses 4.3, 5.4, 5.5, 6.4).

    `unpaid` is for `invoice`, or for the oldest one that is late enough.
    """

    reason: BlockReason
    actor: str = ""
    evidence: str = ""
    invoice: DocumentRef | None = None


class LiftBlock(CommandBase, frozen=True, kw_only=True, tag="lift_block"):
    """Lifts a suspension; only the provider does (clause 5.5)."""

    reason: BlockReason
    by: Party = Party.PROVIDER
    actor: str = ""


class AddRoom(CommandBase, frozen=True, kw_only=True, tag="add_room"):
    """Rents one more room; the first is in the price, another is billed from today (clause 2.1)."""

    room_id: RoomId
    name: str


class RenameRoom(CommandBase, frozen=True, kw_only=True, tag="rename_room"):
    room_id: RoomId
    name: str


class RemoveRoom(CommandBase, frozen=True, kw_only=True, tag="remove_room"):
    """Gives a room back at once; the rent falls with the next period."""

    room_id: RoomId


# ---- complementary services ------------------------------------------------------------


class OrderService(CommandBase, frozen=True, kw_only=True, tag="order_service"):
    """Orders a complementary service of a live contract (clause 2.2)."""

    extra: Extra


class EndService(CommandBase, frozen=True, kw_only=True, tag="end_service"):
    """Stops a recurring service from the next period on (clause 2.2)."""

    service: ServiceRef


# ---- money -----------------------------------------------------------------------------


class Pay(CommandBase, frozen=True, kw_only=True, tag="pay"):
    """Records money received (clause 6.3). The same `key` again has no effect.

    Goes to `invoice` first, then to what fell due first, then to the customer's credit.
    `received_on` is the day of the receipt where it is told later (a bank statement):
    interest stops then (6.4); None is the day of `now`.
    """

    key: PaymentKey
    amount_minor: int
    method: Method = Method.TRANSFER
    currency: str = EURO
    invoice: DocumentRef | None = None
    received_on: date | None = None


class Refund(CommandBase, frozen=True, kw_only=True, tag="refund"):
    """Pays the customer's credit back. The same `key` again has no effect."""

    key: PaymentKey
    amount_minor: int
    method: Method = Method.TRANSFER


class ReversePayment(CommandBase, frozen=True, kw_only=True, tag="reverse_payment"):
    """Records that money of a payment has gone back: taken back by bank or gateway, or paid back there.

    The same `key` again has no effect. What that money had settled is due again.
    """

    key: PaymentKey
    payment: PaymentKey
    amount_minor: int
    method: Method = Method.TRANSFER
    is_refund: bool = False
    """Whether the provider paid it back by itself, outside of the books."""


class ClaimLateCharges(CommandBase, frozen=True, kw_only=True, tag="claim_late_charges"):
    """Claims the interest run so far and the recovery indemnity of an invoice (clause 6.4)."""

    invoice: DocumentRef


class CancelInvoice(CommandBase, frozen=True, kw_only=True, tag="cancel_invoice"):
    """Cancels an invoice by a credit note; with `is_reissued`, issues its replacement."""

    invoice: DocumentRef
    is_reissued: bool = False
    reason: str = ""
    actor: str = ""


class WriteOff(CommandBase, frozen=True, kw_only=True, tag="write_off"):
    """Gives up what an ended contract still owes."""

    reason: str
    actor: str = ""


# ---- support, cases, data --------------------------------------------------------------


class ReportTicket(CommandBase, frozen=True, kw_only=True, tag="report_ticket"):
    """Reports an anomaly; starts the acknowledgement clock (clause 4.4)."""

    severity: Severity
    summary: str = ""


class AcknowledgeTicket(CommandBase, frozen=True, kw_only=True, tag="acknowledge_ticket"):
    ticket: TicketRef
    actor: str = ""


class AskForTests(CommandBase, frozen=True, kw_only=True, tag="ask_for_tests"):
    """Asks the customer to run tests and to report back (clause 4.4)."""

    ticket: TicketRef
    instructions: str


class ReportTests(CommandBase, frozen=True, kw_only=True, tag="report_tests"):
    """Brings the results of the tests that were asked for (clause 4.4)."""

    ticket: TicketRef
    results: str


class CloseTicket(CommandBase, frozen=True, kw_only=True, tag="close_ticket"):
    ticket: TicketRef
    actor: str = ""


class ReportFraud(CommandBase, frozen=True, kw_only=True, tag="report_fraud"):
    """Reports that somebody else uses the credentials (clause 5.4)."""

    description: str


class ConfirmFraud(CommandBase, frozen=True, kw_only=True, tag="confirm_fraud"):
    """Confirms a fraud by registered letter (clause 5.4)."""

    case: CaseRef
    registered_ref: str = ""


class CloseFraud(CommandBase, frozen=True, kw_only=True, tag="close_fraud"):
    case: CaseRef
    actor: str = ""


class OpenDispute(CommandBase, frozen=True, kw_only=True, tag="open_dispute"):
    """Opens a dispute (clause 9); one about an unpaid invoice may go to court at once."""

    subject: str
    unpaid_invoice: DocumentRef | None = None


class AttemptAmicably(CommandBase, frozen=True, kw_only=True, tag="attempt_amicably"):
    """Records an attempt to settle out of court (clause 9)."""

    case: CaseRef
    description: str


class GoToCourt(CommandBase, frozen=True, kw_only=True, tag="go_to_court"):
    case: CaseRef


class SettleDispute(CommandBase, frozen=True, kw_only=True, tag="settle_dispute"):
    case: CaseRef
    outcome: str = ""


class ChooseDisposal(CommandBase, frozen=True, kw_only=True, tag="choose_disposal"):
    """Says what the customer wants done with the data (clause 8.2)."""

    choice: Disposal


class SetDisposalDeadline(CommandBase, frozen=True, kw_only=True, tag="set_disposal_deadline"):
    """Lets the operator destroy the data after `deadline` if no choice is made (clause 8.2)."""

    deadline: datetime
    actor: str


class CompleteDisposal(CommandBase, frozen=True, kw_only=True, tag="complete_disposal"):
    """Certifies what was returned (its hash) or destroyed (the list) (clause 8.2)."""

    actor: str
    returned_sha256: str = ""
    destroyed: tuple[str, ...] = ()


class RecordDataTaken(CommandBase, frozen=True, kw_only=True, tag="record_data_taken"):
    """Journals that a contact of the customer's took the archive whole (clause 8.2)."""

    actor: str
    sha256: str


class RecordDestruction(CommandBase, frozen=True, kw_only=True, tag="record_destruction"):
    """Journals that what was held was destroyed, and certifies it (clause 8.2)."""

    actor: str
    destroyed: tuple[str, ...]


class RecordDelivery(CommandBase, frozen=True, kw_only=True, tag="record_delivery"):
    """Journals what was handed over (clause 4.1)."""

    delivery: Delivery
    actor: str = ""
    room_id: RoomId | None = None


class BreakGlass(CommandBase, frozen=True, kw_only=True, tag="break_glass"):
    """Opens the customer's content to a member of staff, for a reason and a while (clause 4.5)."""

    actor: str
    reason: str
    until: datetime


Command = (
    Order
    | OrderDay
    | Accept
    | GiveNotice
    | WithdrawNotice
    | BreachLetter
    | Close
    | OpenBlock
    | LiftBlock
    | AddRoom
    | RenameRoom
    | RemoveRoom
    | OrderService
    | EndService
    | Pay
    | Refund
    | ReversePayment
    | ClaimLateCharges
    | CancelInvoice
    | WriteOff
    | ReportTicket
    | AcknowledgeTicket
    | AskForTests
    | ReportTests
    | CloseTicket
    | ReportFraud
    | ConfirmFraud
    | CloseFraud
    | OpenDispute
    | AttemptAmicably
    | GoToCourt
    | SettleDispute
    | ChooseDisposal
    | SetDisposalDeadline
    | CompleteDisposal
    | RecordDataTaken
    | RecordDestruction
    | RecordDelivery
    | BreakGlass
)
