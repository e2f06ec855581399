"""Ten documents of different kinds, made by playing contracts: what a year of an operator's life issues."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from webvisio_billing.documents.assemble import DocumentEvent, Parties, assemble
from webvisio_billing.documents.model import Document, Layout
from webvisio_billing.documents.parties import Address, Buyer, SellerIdentity
from webvisio_billing.domain import contract as life
from webvisio_billing.domain import numbering
from webvisio_billing.domain.commands import (
    Accept,
    AddRoom,
    BreachLetter,
    CancelInvoice,
    Channel,
    ClaimLateCharges,
    Command,
    Order,
    OrderService,
    Pay,
)
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.tables import KNOWN
from webvisio_billing.domain.terms import Customer, CustomerKind, Extra, Formula, Party
from webvisio_protocol.entitlements import RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

SELLER = SellerIdentity(
    name="Visioformation SAS",
    legal_form="SAS au capital de 10 000 €",
    siren="732829320",
    register="RCS Lyon",
    address=Address(street="12 rue de la République", postcode="69002", city="Lyon"),
    vat_number="FR44732829320",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    email="facturation@visioformation.example",
    phone="04 72 00 00 00",
    website="visioformation.example",
)
BUYER = Buyer(
    name="Atelier Lumière",
    kind=CustomerKind.PROFESSIONAL,
    address=Address(street="3 quai des Célestins", more="Bâtiment B", postcode="75004", city="Paris"),
    siren="552100554",
    vat_number="FR96552100554",
    contact_name="Claire Fontaine",
    email="compta@atelier-lumiere.example",
    order_reference="BC-2026-117",
)
FOREIGN = Buyer(
    name="Studio Nord GmbH",
    kind=CustomerKind.PROFESSIONAL,
    address=Address(street="Kaiserstraße 8", postcode="79098", city="Freiburg", country="DE"),
    vat_number="DE136695976",
    email="rechnung@studio-nord.example",
)
CONSUMER = Buyer(
    name="Maëlys Le Goff",
    kind=CustomerKind.CONSUMER,
    address=Address(street="7 venelle du Port", postcode="29200", city="Brest"),
    email="maelys@example.org",
)
PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    """Read a wall clock time of Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


class Played:
    """A contract and every document that it issued."""

    def __init__(self, parties: Parties) -> None:
        self.parties = parties
        self.contract: Contract | None = None
        self.counters: dict[numbering.Series, int] = {}
        self.documents: list[Document] = []

    def do(self, command: Command, when: str) -> "Played":
        acted = life.act(self.contract, command, at(when), KNOWN)
        assert acted.refusal is None, acted.refusal
        return self._take(acted.events)

    def until(self, when: str) -> "Played":
        assert self.contract is not None
        return self._take(life.advance(self.contract, at(when), KNOWN))

    def _take(self, events: tuple[Event, ...]) -> "Played":
        stamped, self.counters = numbering.stamp(events, self.counters)
        for event in stamped:
            if isinstance(event, DocumentEvent):
                assert self.contract is not None
                around = [other for other in stamped if other.at == event.at]
                self.documents.append(assemble(self.contract, event, around, self.parties, KNOWN))
            self.contract = life.evolve(self.contract, event)
        return self


def ordered(
    parties: Parties,
    effective: str,
    *,
    formula: Formula = Formula.MONTH,
    has_setup: bool = False,
    extras: tuple[Extra, ...] = (),
    exemption: str | None = None,
    room: str = "Python pour débutants",
) -> Played:
    """Order and accept a contract."""
    buyer = parties.buyer
    order = Order(
        contract_id=ContractId("atelier-lumiere-1"),
        customer_id=CustomerId("atelier-lumiere"),
        customer=Customer(buyer.kind, buyer.siren or None),
        formula=formula,
        effective=date.fromisoformat(effective),
        has_setup=has_setup,
        extras=extras,
        rooms=(RentedRoom(RoomId("python-debutants"), room),),
        tax_exemption=exemption,
    )
    when = f"{effective}T09:00"
    return Played(parties).do(order, when).do(Accept(channel=Channel.SIGNATURE), when)


def samples() -> Iterator[tuple[str, Document]]:
    """Play them; names are what the documents show."""
    french = Parties(SELLER, BUYER)
    bilingual = Parties(SELLER, FOREIGN, Layout.BILINGUAL)
    assistance = Extra("Assistance en direct", 45_00, is_recurring=True)
    logo = Extra("Personnalisation : logo et page d'accueil", 120_00)

    month = ordered(french, "2026-01-31", has_setup=True, extras=(assistance, logo))
    yield "first_invoice", month.documents[0]

    month.do(AddRoom(room_id=RoomId("bureautique"), name="Bureautique"), "2026-02-10T10:00")
    yield "added_room", month.documents[1]

    month.do(OrderService(extra=Extra("Hébergement sécurisé de documents", 30_00, True)), "2026-02-12T10:00")
    month.do(Pay(key=PaymentKey("virement-1"), amount_minor=1_000_00), "2026-02-20T10:00")
    month.until("2026-02-28T00:00")
    yield "renewal_paid_by_credit", month.documents[3]

    month.do(
        CancelInvoice(invoice=DocumentRef("F2"), is_reissued=True, reason="salle louée par erreur"),
        "2026-03-02T11:00",
    )
    yield "cancelling_credit_note", month.documents[4]
    yield "replacing_invoice", month.documents[5]

    late = ordered(french, "2025-12-01")
    late.do(Pay(key=PaymentKey("cheque-7"), amount_minor=20_00), "2025-12-20T10:00")
    late.do(ClaimLateCharges(invoice=DocumentRef("F1")), "2026-01-25T10:00")
    yield "late_charges", late.documents[-1]

    elsewhere = "Autoliquidation par le preneur, art. 283-2 du CGI"
    breach = ordered(bilingual, "2026-03-01", has_setup=True, exemption=elsewhere)
    yield "bilingual_invoice", breach.documents[0]
    letter = BreachLetter(by=Party.CUSTOMER, clauses=("4.2",), registered_ref="RK 12 345 678 9 FR")
    breach.do(letter, "2026-03-10T09:00").until("2026-03-20T00:00")
    yield "bilingual_refund", breach.documents[1]

    exempt = ordered(french, "2026-05-04", exemption="Exonération de TVA, art. 261-4-4° a du CGI")
    yield "exempt_invoice", exempt.documents[0]

    consumer = ordered(Parties(SELLER, CONSUMER), "2026-06-15", formula=Formula.DAY, room="Aquarelle")
    yield "consumer_day", consumer.documents[0]

    demonstration = Parties(SellerIdentity(**{**_fields(SELLER), "is_demonstration": True}), BUYER)
    yield "demonstration", ordered(demonstration, "2026-09-01").documents[0]

    waiting = Played(french)
    waiting.contract = ordered(french, "2026-10-01").contract
    assert waiting.contract is not None
    coming = life.preview(waiting.contract)
    assert coming is not None
    yield "pro_forma", assemble(waiting.contract, coming, (), french, KNOWN)


def _fields(seller: SellerIdentity) -> dict[str, object]:
    return {name: getattr(seller, name) for name in seller.__struct_fields__}
