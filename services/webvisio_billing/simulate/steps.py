"""The actions of a scenario: one frozen type each, and how its arguments are read.

An action holds what was written; the player turns it into a domain command.
`expect` belongs to no action: it is what the author says should come out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from webvisio_billing.domain.commands import Channel, Disposal, Method, Precision, Severity
from webvisio_billing.domain.terms import Extra, Formula, Party
from webvisio_billing.simulate.fields import Fields
from webvisio_billing.simulate.reading import Tree
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import RoomId, is_identifier


@dataclass(frozen=True, slots=True)
class OrderStep:
    formula: Formula
    effective: date | None
    has_setup: bool
    extras: tuple[Extra, ...]
    rooms: tuple[RoomId, ...]


@dataclass(frozen=True, slots=True)
class AcceptStep:
    channel: Channel


@dataclass(frozen=True, slots=True)
class AdvanceStep:
    pass


@dataclass(frozen=True, slots=True)
class NoticeStep:
    by: Party


@dataclass(frozen=True, slots=True)
class WithdrawNoticeStep:
    by: Party
    is_agreed: bool


@dataclass(frozen=True, slots=True)
class BreachLetterStep:
    by: Party
    clauses: tuple[str, ...]
    registered_ref: str
    precision: Precision | None
    is_justified: bool


@dataclass(frozen=True, slots=True)
class PayStep:
    amount_minor: int
    method: Method
    key: str | None
    invoice: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class RefundStep:
    amount_minor: int
    method: Method
    key: str | None


@dataclass(frozen=True, slots=True)
class ClaimLateChargesStep:
    invoice: str | None


@dataclass(frozen=True, slots=True)
class InterestDueStep:
    invoice: str | None


@dataclass(frozen=True, slots=True)
class SuspendStep:
    reason: BlockReason
    evidence: str
    invoice: str | None
    actor: str


@dataclass(frozen=True, slots=True)
class LiftStep:
    reason: BlockReason
    by: Party
    invoice: str | None
    actor: str


@dataclass(frozen=True, slots=True)
class ReportTicketStep:
    severity: Severity


@dataclass(frozen=True, slots=True)
class CancelInvoiceStep:
    invoice: str | None
    is_reissued: bool


@dataclass(frozen=True, slots=True)
class MayJoinStep:
    room: RoomId | None


@dataclass(frozen=True, slots=True)
class LiabilityCapStep:
    pass


@dataclass(frozen=True, slots=True)
class ChooseDisposalStep:
    choice: Disposal


@dataclass(frozen=True, slots=True)
class CompleteDisposalStep:
    returned_sha256: str
    destroyed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteOffStep:
    reason: str


@dataclass(frozen=True, slots=True)
class CloseStep:
    pass


@dataclass(frozen=True, slots=True)
class AddRoomStep:
    room: RoomId


@dataclass(frozen=True, slots=True)
class RemoveRoomStep:
    room: RoomId


@dataclass(frozen=True, slots=True)
class OrderServiceStep:
    extra: Extra


@dataclass(frozen=True, slots=True)
class StatusStep:
    pass


Action = (
    OrderStep
    | AcceptStep
    | AdvanceStep
    | NoticeStep
    | WithdrawNoticeStep
    | BreachLetterStep
    | PayStep
    | RefundStep
    | ClaimLateChargesStep
    | InterestDueStep
    | SuspendStep
    | LiftStep
    | ReportTicketStep
    | CancelInvoiceStep
    | MayJoinStep
    | LiabilityCapStep
    | ChooseDisposalStep
    | CompleteDisposalStep
    | WriteOffStep
    | CloseStep
    | AddRoomStep
    | RemoveRoomStep
    | OrderServiceStep
    | StatusStep
)


class Do(StrEnum):
    """The names of the actions, as written after `do`."""

    ORDER = "order"
    ACCEPT = "accept"
    ADVANCE = "advance"
    NOTICE = "notice"
    WITHDRAW_NOTICE = "withdraw_notice"
    BREACH_LETTER = "breach_letter"
    PAY = "pay"
    REFUND = "refund"
    CLAIM_LATE_CHARGES = "claim_late_charges"
    INTEREST_DUE = "interest_due"
    SUSPEND = "suspend"
    LIFT = "lift"
    REPORT_TICKET = "report_ticket"
    CANCEL_INVOICE = "cancel_invoice"
    MAY_JOIN = "may_join"
    LIABILITY_CAP = "liability_cap"
    CHOOSE_DISPOSAL = "choose_disposal"
    COMPLETE_DISPOSAL = "complete_disposal"
    WRITE_OFF = "write_off"
    CLOSE = "close"
    ADD_ROOM = "add_room"
    REMOVE_ROOM = "remove_room"
    ORDER_SERVICE = "order_service"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when (UTC; `is_date` if only a day was written), what, on which contract."""

    number: int
    at: datetime
    is_date: bool
    do: Do
    action: Action
    contract: int | None
    """Which contract, in order of their orders from 1; None is the latest."""
    expect: Tree | None


OPERATOR = "operator"
"""Who acts where a scenario names nobody."""


def read_action(do: Do, fields: Fields) -> Action:
    """Read the arguments of an action; raises `ScenarioError` for what is missing or wrong."""
    return _READERS[do](fields)


def _invoice(fields: Fields) -> str | None:
    return fields.text("invoice") if fields.has("invoice") else None


def _room(fields: Fields, name: str, room: str) -> RoomId:
    if not is_identifier(room):
        fields.fail(name, f"expected small letters, digits and hyphens, found {room!r}")
    return RoomId(room)


def _extra(fields: Fields) -> Extra:
    extra = Extra(fields.text("label"), fields.amount("net"), fields.flag("recurring", False))
    fields.finish()
    return extra


def _order(fields: Fields) -> Action:
    return OrderStep(
        formula=fields.choice("formula", Formula),
        effective=fields.day("effective") if fields.has("effective") else None,
        has_setup=fields.flag("setup", False),
        extras=tuple(_extra(group) for group in fields.groups("extras")),
        rooms=tuple(_room(fields, "rooms", room) for room in fields.texts("rooms")),
    )


def _breach_letter(fields: Fields) -> Action:
    return BreachLetterStep(
        by=fields.choice("by", Party),
        clauses=fields.texts("clauses"),
        registered_ref=fields.text("registered_ref", ""),
        precision=fields.choice("precision", Precision) if fields.has("precision") else None,
        is_justified=fields.flag("justified", True),
    )


def _pay(fields: Fields) -> Action:
    return PayStep(
        amount_minor=fields.amount("amount"),
        method=fields.choice("method", Method, Method.TRANSFER),
        key=fields.text("key") if fields.has("key") else None,
        invoice=_invoice(fields),
        currency=fields.text("currency", "EUR"),
    )


def _refund(fields: Fields) -> Action:
    return RefundStep(
        amount_minor=fields.amount("amount"),
        method=fields.choice("method", Method, Method.TRANSFER),
        key=fields.text("key") if fields.has("key") else None,
    )


def _suspend(fields: Fields) -> Action:
    return SuspendStep(
        reason=fields.choice("reason", BlockReason),
        evidence=fields.text("evidence", ""),
        invoice=_invoice(fields),
        actor=fields.text("actor", OPERATOR),
    )


def _lift(fields: Fields) -> Action:
    """Read a lift; it takes a suspension's arguments, of which it needs no evidence."""
    fields.text("evidence", "")
    return LiftStep(
        reason=fields.choice("reason", BlockReason),
        by=fields.choice("by", Party, Party.PROVIDER),
        invoice=_invoice(fields),
        actor=fields.text("actor", OPERATOR),
    )


_READERS: dict[Do, Callable[[Fields], Action]] = {
    Do.ORDER: _order,
    Do.ACCEPT: lambda fields: AcceptStep(fields.choice("channel", Channel)),
    Do.ADVANCE: lambda fields: AdvanceStep(),
    Do.NOTICE: lambda fields: NoticeStep(fields.choice("by", Party)),
    Do.WITHDRAW_NOTICE: lambda fields: WithdrawNoticeStep(
        fields.choice("by", Party), fields.flag("agreed", True)
    ),
    Do.BREACH_LETTER: _breach_letter,
    Do.PAY: _pay,
    Do.REFUND: _refund,
    Do.CLAIM_LATE_CHARGES: lambda fields: ClaimLateChargesStep(_invoice(fields)),
    Do.INTEREST_DUE: lambda fields: InterestDueStep(_invoice(fields)),
    Do.SUSPEND: _suspend,
    Do.LIFT: _lift,
    Do.REPORT_TICKET: lambda fields: ReportTicketStep(fields.choice("severity", Severity)),
    Do.CANCEL_INVOICE: lambda fields: CancelInvoiceStep(_invoice(fields), fields.flag("reissue", False)),
    Do.MAY_JOIN: lambda fields: MayJoinStep(RoomId(fields.text("room")) if fields.has("room") else None),
    Do.LIABILITY_CAP: lambda fields: LiabilityCapStep(),
    Do.CHOOSE_DISPOSAL: lambda fields: ChooseDisposalStep(fields.choice("choice", Disposal)),
    Do.COMPLETE_DISPOSAL: lambda fields: CompleteDisposalStep(
        fields.text("returned_sha256", ""), fields.texts("destroyed")
    ),
    Do.WRITE_OFF: lambda fields: WriteOffStep(fields.text("reason", "")),
    Do.CLOSE: lambda fields: CloseStep(),
    Do.ADD_ROOM: lambda fields: AddRoomStep(_room(fields, "room", fields.text("room"))),
    Do.REMOVE_ROOM: lambda fields: RemoveRoomStep(_room(fields, "room", fields.text("room"))),
    Do.ORDER_SERVICE: lambda fields: OrderServiceStep(
        Extra(fields.text("label"), fields.amount("net"), fields.flag("recurring", False))
    ),
    Do.STATUS: lambda fields: StatusStep(),
}
