"""Reads what people typed, or a script sent, into requests and commands; says what is wrong, by field.

Forms and the JSON API come through the same functions: a mapping of texts.
Only shape is checked here (present, not too long, a date that exists); what a
contract allows is the domain's.
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from webvisio_billing.application.naming import slug
from webvisio_billing.application.outcomes import Problem, ProblemKind, invalid
from webvisio_billing.application.requests import (
    ChangedCustomer,
    NewContract,
    NewCustomer,
    NewMember,
    NewRoom,
)
from webvisio_billing.documents.model import Layout
from webvisio_billing.documents.parties import COUNTRIES, FRANCE, is_vat_number
from webvisio_billing.domain import commands as asked
from webvisio_billing.domain.commands import (
    AddRoom,
    Command,
    GiveNotice,
    LiftBlock,
    Method,
    OpenBlock,
    OrderDay,
    Pay,
    WithdrawNotice,
)
from webvisio_billing.domain.identifiers import CaseRef, DocumentRef, PaymentKey, ServiceRef, TicketRef
from webvisio_billing.domain.money import parse_amount
from webvisio_billing.domain.terms import CustomerKind, Extra, Formula, Party
from webvisio_billing.storage.registry import BillingDetails
from webvisio_billing.storage.tables import NAME_CHARACTERS, USERNAME_CHARACTERS
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import CustomerId, Role, RoomId, is_identifier

MAX_EVIDENCE_CHARACTERS: Final = 2000
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Fields = Mapping[str, str]
Choice = TypeVar("Choice", bound=StrEnum)


class Wrong(Exception):  # noqa: N818 - an outcome with a name of its own
    """Carries what is wrong with a field up to the reader of the whole form."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


# ---- whole forms -----------------------------------------------------------------------


def customer(fields: Fields) -> NewCustomer | Problem:
    """Read a new customer."""
    try:
        name = _text(fields, "name")
        own_id = _optional_identifier(fields, "customer_id")
        siren = re.sub(r"\s", "", _optional_text(fields, "siren", 32)) or None
        return NewCustomer(
            name=name,
            customer_id=None if own_id is None else CustomerId(own_id),
            kind=_choice(fields, "kind", CustomerKind, CustomerKind.PROFESSIONAL),
            siren=siren,
            contact_name=_optional_text(fields, "contact_name"),
            contact_email=_email(fields, "contact_email"),
            details=_billing_details(fields, siren or ""),
        )
    except Wrong as wrong:
        return wrong.problem


def changed_customer(fields: Fields, customer_id: CustomerId) -> ChangedCustomer | Problem:
    """Read what changes of a customer; the whole form counts, an empty field empties."""
    try:
        siren = re.sub(r"\s", "", _optional_text(fields, "siren", 32)) or None
        return ChangedCustomer(
            customer_id,
            name=_text(fields, "name"),
            siren=siren,
            contact_name=_optional_text(fields, "contact_name"),
            contact_email=_email(fields, "contact_email"),
            details=_billing_details(fields, siren or ""),
        )
    except Wrong as wrong:
        return wrong.problem


def _billing_details(fields: Fields, siren: str) -> BillingDetails:
    country = _optional_text(fields, "country", 2) or FRANCE
    if country not in COUNTRIES:
        raise Wrong(invalid("country", "not_a_choice", choices=", ".join(COUNTRIES)))
    postcode = _optional_text(fields, "postcode", 16)
    if country == FRANCE and postcode and not re.fullmatch(r"\d{5}", postcode, re.ASCII):
        raise Wrong(invalid("postcode", "postcode_invalid"))
    vat_number = re.sub(r"\s", "", _optional_text(fields, "vat_number", 32)).upper()
    if vat_number and not is_vat_number(vat_number, siren):
        raise Wrong(invalid("vat_number", "vat_number_invalid"))
    return BillingDetails(
        street=_optional_text(fields, "street"),
        more_address=_optional_text(fields, "more_address"),
        postcode=postcode,
        city=_optional_text(fields, "city"),
        country=country,
        vat_number=vat_number,
        order_reference=_optional_text(fields, "order_reference", 64),
        document_layout=_choice(fields, "document_layout", Layout, Layout.FRENCH).value,
    )


def contract(fields: Fields, customer_id: CustomerId) -> NewContract | Problem:
    """Read a new contract with its first room and trainer."""
    try:
        room_id = _optional_identifier(fields, "room_id")
        room = NewRoom(
            _text(fields, "room_name"),
            None if room_id is None else RoomId(room_id),
            _optional_username(fields, "trainer"),
        )
        return NewContract(
            customer_id,
            _choice(fields, "formula", Formula, None),
            _date(fields, "effective"),
            (room,),
            timezone=_optional_text(fields, "timezone", 64) or "Europe/Paris",
            has_setup=_flag(fields, "has_setup"),
            plan_id=_optional_identifier(fields, "plan") or "",
            exemption_id=_optional_identifier(fields, "exemption") or "",
            is_signed=not _flag(fields, "is_unsigned"),
        )
    except Wrong as wrong:
        return wrong.problem


def member(fields: Fields, room_id: RoomId) -> NewMember | Problem:
    """Read who is to get which role."""
    try:
        username = _optional_username(fields, "username")
        if username is None:
            raise Wrong(invalid("username", "needed"))
        return NewMember(room_id, username, _choice(fields, "role", Role, None))
    except Wrong as wrong:
        return wrong.problem


class PlanForm(NamedTuple):
    plan_id: str
    name_fr: str
    name_en: str
    formula: Formula
    room_minor: int
    setup_minor: int
    is_offered: bool


def plan(fields: Fields) -> PlanForm | Problem:
    """Read a version of a plan."""
    try:
        return PlanForm(
            _optional_identifier(fields, "plan_id") or "",
            _text(fields, "name_fr"),
            _optional_text(fields, "name_en"),
            _choice(fields, "formula", Formula, None),
            _amount(fields, "room_price"),
            _amount(fields, "setup_price") if fields.get("setup_price", "").strip() else 0,
            not _flag(fields, "is_withdrawn"),
        )
    except Wrong as wrong:
        return wrong.problem


class ServiceForm(NamedTuple):
    service_id: str
    name_fr: str
    name_en: str
    net_minor: int
    is_recurring: bool
    is_offered: bool


def service(fields: Fields) -> ServiceForm | Problem:
    """Read a version of a complementary service."""
    try:
        return ServiceForm(
            _optional_identifier(fields, "service_id") or "",
            _text(fields, "name_fr"),
            _optional_text(fields, "name_en"),
            _amount(fields, "net"),
            _flag(fields, "is_recurring"),
            not _flag(fields, "is_withdrawn"),
        )
    except Wrong as wrong:
        return wrong.problem


def exemption(fields: Fields) -> str | Problem:
    """Read the legal reference of an exemption from VAT."""
    try:
        return _text(fields, "exemption_reference")
    except Wrong as wrong:
        return wrong.problem


def username(fields: Fields) -> str | Problem:
    """Read a person's user name."""
    try:
        found = _optional_username(fields, "username")
    except Wrong as wrong:
        return wrong.problem
    return found or invalid("username", "needed")


class ContractAction(StrEnum):
    """What a contract's page offers; the value names the form."""

    SUSPEND = "suspend"
    LIFT = "lift"
    NOTICE = "notice"
    WITHDRAW_NOTICE = "withdraw_notice"
    ADD_ROOM = "add_room"
    ORDER_DAY = "order_day"
    PAY = "pay"
    ACCEPT = "accept"
    CREDIT_NOTE = "credit_note"
    CLAIM_CHARGES = "claim_charges"
    REFUND = "refund"
    REVERSE_PAYMENT = "reverse_payment"
    WRITE_OFF = "write_off"
    ORDER_SERVICE = "order_service"
    END_SERVICE = "end_service"
    BREACH_LETTER = "breach_letter"
    REPORT_TICKET = "report_ticket"
    ACKNOWLEDGE_TICKET = "acknowledge_ticket"
    CLOSE_TICKET = "close_ticket"
    REPORT_FRAUD = "report_fraud"
    CONFIRM_FRAUD = "confirm_fraud"
    CLOSE_FRAUD = "close_fraud"
    OPEN_DISPUTE = "open_dispute"
    ATTEMPT_AMICABLY = "attempt_amicably"
    GO_TO_COURT = "go_to_court"
    SETTLE_DISPUTE = "settle_dispute"
    CHOOSE_DISPOSAL = "choose_disposal"
    COMPLETE_DISPOSAL = "complete_disposal"
    CLOSE = "close"


def command(action: ContractAction, fields: Fields, actor: str) -> Command | Problem:
    """Read the command behind an action of the contract's page or of the API."""
    try:
        return _command(action, fields, actor)
    except Wrong as wrong:
        return wrong.problem


def action(text: str) -> ContractAction | Problem:
    """Read which action is meant."""
    try:
        return ContractAction(text)
    except ValueError:
        return Problem(ProblemKind.NOT_FOUND)


def _command(action: ContractAction, fields: Fields, actor: str) -> Command:
    match action:
        case ContractAction.SUSPEND:
            evidence = _optional_text(fields, "evidence", MAX_EVIDENCE_CHARACTERS, is_long=True)
            reason = _choice(fields, "reason", BlockReason, None)
            return OpenBlock(reason=reason, actor=actor, evidence=evidence)
        case ContractAction.LIFT:
            return LiftBlock(reason=_choice(fields, "reason", BlockReason, None), actor=actor)
        case ContractAction.NOTICE:
            return GiveNotice(by=_choice(fields, "by", Party, None))
        case ContractAction.WITHDRAW_NOTICE:
            return WithdrawNotice(by=_choice(fields, "by", Party, None), is_agreed=_flag(fields, "is_agreed"))
        case ContractAction.ADD_ROOM:
            name = _text(fields, "room_name")
            room_id = _optional_identifier(fields, "room_id") or slug(name)
            if not room_id:
                raise Wrong(invalid("room_name", "identifier_needed"))
            return AddRoom(room_id=RoomId(room_id), name=name)
        case ContractAction.ORDER_DAY:
            return OrderDay(day=_date(fields, "day"))
        case ContractAction.PAY:
            received_on = _date(fields, "received_on") if fields.get("received_on", "").strip() else None
            return Pay(
                key=PaymentKey(_text(fields, "key", 64)),
                amount_minor=_amount(fields, "amount"),
                method=_choice(fields, "method", Method, Method.TRANSFER),
                received_on=received_on,
            )
        case _:
            return _rarer_command(action, fields, actor)


def _rarer_command(action: ContractAction, fields: Fields, actor: str) -> Command:
    match action:
        case ContractAction.ACCEPT:
            return asked.Accept(channel=asked.Channel.SIGNATURE, actor=actor)
        case ContractAction.CREDIT_NOTE:
            return asked.CancelInvoice(
                invoice=_document(fields, "invoice"),
                is_reissued=_flag(fields, "is_reissued"),
                reason=_text(fields, "explanation"),
                actor=actor,
            )
        case ContractAction.CLAIM_CHARGES:
            return asked.ClaimLateCharges(invoice=_document(fields, "invoice"))
        case ContractAction.REFUND:
            return asked.Refund(
                key=PaymentKey(_text(fields, "key", 64)),
                amount_minor=_amount(fields, "amount"),
                method=_choice(fields, "method", Method, Method.TRANSFER),
            )
        case ContractAction.REVERSE_PAYMENT:
            return asked.ReversePayment(
                key=PaymentKey(_text(fields, "key", 64)),
                payment=PaymentKey(_text(fields, "payment", 120)),
                amount_minor=_amount(fields, "amount"),
                method=_choice(fields, "method", Method, Method.TRANSFER),
                is_refund=_flag(fields, "is_refund"),
            )
        case ContractAction.WRITE_OFF:
            return asked.WriteOff(reason=_text(fields, "explanation"), actor=actor)
        case ContractAction.ORDER_SERVICE:
            extra = Extra(_text(fields, "label"), _amount(fields, "net"), _flag(fields, "is_recurring"))
            return asked.OrderService(extra=extra)
        case ContractAction.END_SERVICE:
            return asked.EndService(service=ServiceRef(_text(fields, "service", 12)))
        case ContractAction.BREACH_LETTER:
            clauses = re.split(r"[\s,;]+", _text(fields, "clauses"))
            return asked.BreachLetter(
                by=_choice(fields, "by", Party, None),
                clauses=tuple(clause for clause in clauses if clause),
                registered_ref=_text(fields, "registered_ref"),
                precision=_choice(fields, "precision", asked.Precision, asked.Precision.INSTANT),
                is_justified=fields.get("is_justified", "true") != "false",
            )
        case _:
            return _case_command(action, fields, actor)


def _case_command(action: ContractAction, fields: Fields, actor: str) -> Command:
    match action:
        case ContractAction.REPORT_TICKET:
            return asked.ReportTicket(
                severity=_choice(fields, "severity", asked.Severity, None),
                summary=_optional_text(fields, "summary", MAX_EVIDENCE_CHARACTERS, is_long=True),
            )
        case ContractAction.ACKNOWLEDGE_TICKET:
            return asked.AcknowledgeTicket(ticket=TicketRef(_text(fields, "ticket", 12)), actor=actor)
        case ContractAction.CLOSE_TICKET:
            return asked.CloseTicket(ticket=TicketRef(_text(fields, "ticket", 12)), actor=actor)
        case ContractAction.REPORT_FRAUD:
            return asked.ReportFraud(description=_long_text(fields, "description"))
        case ContractAction.CONFIRM_FRAUD:
            return asked.ConfirmFraud(
                case=CaseRef(_text(fields, "case", 12)), registered_ref=_text(fields, "registered_ref")
            )
        case ContractAction.CLOSE_FRAUD:
            return asked.CloseFraud(case=CaseRef(_text(fields, "case", 12)), actor=actor)
        case ContractAction.OPEN_DISPUTE:
            unpaid = fields.get("unpaid_invoice", "").strip()
            return asked.OpenDispute(
                subject=_text(fields, "subject"),
                unpaid_invoice=_document(fields, "unpaid_invoice") if unpaid else None,
            )
        case ContractAction.ATTEMPT_AMICABLY:
            return asked.AttemptAmicably(
                case=CaseRef(_text(fields, "case", 12)), description=_long_text(fields, "description")
            )
        case ContractAction.GO_TO_COURT:
            return asked.GoToCourt(case=CaseRef(_text(fields, "case", 12)))
        case ContractAction.SETTLE_DISPUTE:
            return asked.SettleDispute(
                case=CaseRef(_text(fields, "case", 12)), outcome=_optional_text(fields, "outcome")
            )
        case ContractAction.CHOOSE_DISPOSAL:
            return asked.ChooseDisposal(choice=_choice(fields, "choice", asked.Disposal, None))
        case ContractAction.COMPLETE_DISPOSAL:
            listed = _optional_text(fields, "destroyed", MAX_EVIDENCE_CHARACTERS, is_long=True)
            return asked.CompleteDisposal(
                actor=actor,
                returned_sha256=_optional_text(fields, "returned_sha256", 64).lower(),
                destroyed=tuple(line.strip() for line in listed.splitlines() if line.strip()),
            )
        case _:
            assert action is ContractAction.CLOSE, "every other action is read above"
            return asked.Close(actor=actor)


def _amount(fields: Fields, name: str) -> int:
    plain = re.sub(r"[ \u00a0\u202f€]|EUR", "", _text(fields, name, 20)).replace(",", ".")
    amount_minor = parse_amount(plain)
    if amount_minor is None:
        raise Wrong(invalid(name, "not_an_amount"))
    return amount_minor


def _document(fields: Fields, name: str) -> DocumentRef:
    return DocumentRef(_text(fields, name, 12))


def _long_text(fields: Fields, name: str) -> str:
    text = _optional_text(fields, name, MAX_EVIDENCE_CHARACTERS, is_long=True)
    if not text:
        raise Wrong(invalid(name, "needed"))
    return text


# ---- single fields ---------------------------------------------------------------------


def _text(fields: Fields, name: str, limit: int = NAME_CHARACTERS) -> str:
    text = _optional_text(fields, name, limit)
    if not text:
        raise Wrong(invalid(name, "needed"))
    return text


def _optional_text(fields: Fields, name: str, limit: int = NAME_CHARACTERS, *, is_long: bool = False) -> str:
    text = fields.get(name, "").strip()
    if len(text) > limit:
        raise Wrong(invalid(name, "too_long", limit=str(limit)))
    shown = re.sub(r"[\r\n\t]", " ", text) if is_long else text
    if _CONTROL.search(shown):
        raise Wrong(invalid(name, "control_characters"))
    return text


def _optional_identifier(fields: Fields, name: str) -> str | None:
    text = _optional_text(fields, name)
    if text and not is_identifier(text):
        raise Wrong(invalid(name, "not_an_identifier"))
    return text or None


def _optional_username(fields: Fields, name: str) -> str | None:
    text = _optional_text(fields, name, USERNAME_CHARACTERS).lower()
    if text and not _USERNAME.fullmatch(text):
        raise Wrong(invalid(name, "not_a_username"))
    return text or None


def _email(fields: Fields, name: str) -> str:
    text = _optional_text(fields, name, 254)
    if text and not _EMAIL.fullmatch(text):
        raise Wrong(invalid(name, "not_an_email"))
    return text


def _date(fields: Fields, name: str) -> date:
    text = _text(fields, name, 32)
    try:
        # the one form that <input type="date"> sends; others ("20261123", "2026-W48") would be guesses
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(invalid(name, "not_a_date", text=text)) from None


def _choice(fields: Fields, name: str, kind: type[Choice], fallback: Choice | None) -> Choice:
    text = fields.get(name, "").strip()
    if not text and fallback is not None:
        return fallback
    try:
        return kind(text)
    except ValueError:
        message = "not_a_choice" if text else "needed"
        raise Wrong(invalid(name, message, choices=", ".join(kind))) from None


def _flag(fields: Fields, name: str) -> bool:
    return fields.get(name, "") in ("on", "true", "1", "yes")
