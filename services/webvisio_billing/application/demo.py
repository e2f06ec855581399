"""The demonstration: two customers with a monthly contract each, their rooms and their people.

Idempotent: what exists is left as it is, so a second run says so and changes
nothing. Written into the database only; the running service tells the hub.
"""

from typing import Final

import msgspec

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.requests import NewContract, NewCustomer, NewMember, NewRoom
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage.registry import BillingDetails
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import CustomerId, Role, RoomId

ACTOR: Final = "seed-demo"
TIMEZONE: Final = "Europe/Paris"


class DemoRoom(msgspec.Struct, frozen=True):
    """A customer of the demonstration with the room they rent and its people."""

    customer_id: CustomerId
    customer_name: str
    room_id: RoomId
    room_name: str
    siren: str | None
    contact_name: str
    details: BillingDetails
    people: tuple[tuple[str, Role], ...]


DEMO: Final = (
    DemoRoom(
        CustomerId("atelier-lumiere"),
        "Atelier Lumière",
        RoomId("python-debutants"),
        "Python pour débutants",
        "000000026",
        "Claire Fontaine",
        BillingDetails(
            street="3 quai de l'Exemple",
            more_address="Bâtiment B",
            postcode="69002",
            city="Lyon",
            vat_number="FR90000000026",
        ),
        (("claire", Role.HOST), ("amina", Role.PARTICIPANT), ("louis", Role.PARTICIPANT)),
    ),
    DemoRoom(
        CustomerId("studio-nord"),
        "Studio Nord",
        RoomId("studio-nord-1"),
        "Studio Nord 1",
        "000000034",
        "Erik Nordström",
        BillingDetails(
            street="8 rue de la Démonstration",
            postcode="59000",
            city="Lille",
            vat_number="FR17000000034",
            document_layout="fr-en",
        ),
        (("erik", Role.HOST),),
    ),
)


class SeedFailed(Exception):  # noqa: N818 - a statement reads better
    """The demonstration does not fit what is in the database."""


def seed_demo(billing: Billing, clock: Clock) -> bool:
    """Make the demonstration; False when all of it was there. Raises `SeedFailed`."""
    made = [_seed(billing, clock, demo) for demo in DEMO]
    return any(made)


def people() -> dict[str, dict[str, str]]:
    """List who is in the demonstration: user name to customer, room and role."""
    return {
        name: {"customer": demo.customer_id, "room": demo.room_id, "role": role.value}
        for demo in DEMO
        for name, role in demo.people
    }


def _seed(billing: Billing, clock: Clock, demo: DemoRoom) -> bool:
    if billing.customers.find(demo.customer_id) is None:
        customer = NewCustomer(
            demo.customer_name,
            demo.customer_id,
            siren=demo.siren,
            contact_name=demo.contact_name,
            contact_email=f"facturation@{demo.customer_id}.example",
            details=demo.details,
        )
        _done(billing.customers.create(customer, ACTOR))
    is_new = not billing.contracts(demo.customer_id)
    if is_new:
        wish = NewContract(
            demo.customer_id,
            Formula.MONTH,
            local_day(clock.now(), TIMEZONE),
            (NewRoom(demo.room_name, demo.room_id),),
            timezone=TIMEZONE,
        )
        _done(billing.create_contract(wish, ACTOR))
        for name, role in demo.people:
            _done(billing.customers.give_role(NewMember(demo.room_id, name, role), ACTOR))
    return is_new


def _done(outcome: object) -> None:
    if isinstance(outcome, DomainRefusal | Problem):
        raise SeedFailed(str(outcome))
