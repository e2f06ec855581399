"""What an operator asks for beyond the contract's own commands; already checked in shape.

`web.intake` makes these from forms and from JSON; the rules of the contract
itself (dates, SIREN, amounts) are the domain's.
"""

from datetime import date

import msgspec

from webvisio_billing.domain.terms import CustomerKind, Formula
from webvisio_billing.storage.registry import BillingDetails
from webvisio_protocol.identifiers import CustomerId, Role, RoomId


class NewCustomer(msgspec.Struct, frozen=True):
    """A customer to be; `customer_id` None lets the name decide."""

    name: str
    customer_id: CustomerId | None = None
    kind: CustomerKind = CustomerKind.PROFESSIONAL
    siren: str | None = None
    contact_name: str = ""
    contact_email: str = ""
    details: BillingDetails = BillingDetails()


class ChangedCustomer(msgspec.Struct, frozen=True):
    """What may change of a customer: who they are in law and in print, and whom to write to."""

    customer_id: CustomerId
    name: str
    siren: str | None
    contact_name: str
    contact_email: str
    details: BillingDetails


class NewRoom(msgspec.Struct, frozen=True):
    """A room to rent, with its trainer; a known `room_id` of the same customer is rented again."""

    name: str
    room_id: RoomId | None = None
    trainer: str | None = None


class NewContract(msgspec.Struct, frozen=True):
    """An order that is accepted by signature at once (clauses 3 and 6.3)."""

    customer_id: CustomerId
    formula: Formula
    effective: date
    rooms: tuple[NewRoom, ...]
    timezone: str = "Europe/Paris"
    has_setup: bool = False
    plan_id: str = ""
    """A plan of the catalogue; empty takes the built-in prices."""
    exemption_id: str = ""
    """A reason of the catalogue not to charge VAT; empty charges it."""
    is_signed: bool = True
    """Whether the customer has signed; otherwise it waits as a draft for a signature or an online payment."""


class NewMember(msgspec.Struct, frozen=True):
    """A person to be given a role in a room (clause 4.5)."""

    room_id: RoomId
    username: str
    role: Role
