"""What the API takes and gives, as types: the OpenAPI document is made of these."""

from datetime import datetime
from typing import Annotated

import msgspec

from webvisio_billing.domain.commands import Method
from webvisio_billing.domain.terms import CustomerKind, Formula, Party
from webvisio_billing.web.intake import ContractAction
from webvisio_protocol.entitlements import BlockReason, ContractAccess
from webvisio_protocol.identifiers import IDENTIFIER_PATTERN, Role

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Identifier = Annotated[str, msgspec.Meta(pattern=f"^{IDENTIFIER_PATTERN}$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-23"])]
Amount = Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,2})?$", examples=["120.00"])]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ContractSummary(msgspec.Struct, frozen=True):
    """A contract as scripts see it; `sequence` is that of its newest event."""

    contract_id: str
    customer_id: str
    formula: str
    lifecycle: str
    state: str
    ends_at: datetime | None
    balance_minor: int
    sequence: int
    access: ContractAccess


class InvitationAnswer(msgspec.Struct, frozen=True):
    url: str
    expires_at: datetime


class ProblemDetails(msgspec.Struct, frozen=True):
    """RFC 9457, with the fields of a refusal: its stable code, its clause, and what to do."""

    type: str
    status: int
    title: str
    detail: str
    code: str
    message: str
    remedy: str
    clause: str | None = None
    clause_text: str | None = msgspec.field(default=None, name="clauseText")
    reference: str | None = None


class CustomerBody(msgspec.Struct, frozen=True, omit_defaults=True):
    name: Name
    customer_id: Identifier | None = None
    kind: CustomerKind = CustomerKind.PROFESSIONAL
    siren: str | None = None
    contact_name: str = ""
    contact_email: str = ""


class ContractBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order; `plan` and `exemption` are of the catalogue, `is_unsigned` waits for the acceptance."""

    customer_id: Identifier
    formula: Formula
    effective: Day
    room_name: Name
    room_id: Identifier | None = None
    trainer: str | None = None
    timezone: str = "Europe/Paris"
    has_setup: bool = False
    plan: Identifier | None = None
    exemption: Identifier | None = None
    is_unsigned: bool = False


class ActionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Any act of a contract's page, by its name; the other fields are those of its form."""

    action: ContractAction
    invoice: str | None = None
    amount: Amount | None = None
    key: Key | None = None
    method: Method | None = None
    by: Party | None = None
    clauses: str | None = None
    registered_ref: str | None = None
    explanation: str | None = None


class BlockBody(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: BlockReason
    evidence: str = ""


class NoticeBody(msgspec.Struct, frozen=True):
    by: Party


class PaymentBody(msgspec.Struct, frozen=True, omit_defaults=True):
    amount: Amount
    key: Key
    method: Method = Method.TRANSFER
    received_on: Day | None = None


class DayBody(msgspec.Struct, frozen=True):
    day: Day


class RoomBody(msgspec.Struct, frozen=True, omit_defaults=True):
    room_name: Name
    room_id: Identifier | None = None


class MemberBody(msgspec.Struct, frozen=True):
    username: Name
    role: Role
