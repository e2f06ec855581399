"""The life of a contract: order, acceptance, activation, renewal, end (clauses 2, 3, 5.3, 6.3)."""

import pytest
from contract_playing import ACCEPT, PARIS, Life, at, day, days, of_type, order, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    Accept,
    AddRoom,
    Channel,
    Close,
    GiveNotice,
    OrderDay,
    ReportTicket,
    Severity,
)
from webvisio_billing.domain.contract import advance, evolve, fold, handle, next_due, preview
from webvisio_billing.domain.errors import HistoryError, NotAdvanced, SellerIncomplete
from webvisio_billing.domain.events import (
    ContractAccepted,
    ContractActivated,
    ContractEnded,
    ContractOrdered,
    ContractRenewed,
    EntitlementClosed,
    EntitlementOpened,
    InvoiceIssued,
)
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.registration import Seller
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.tables import Tables
from webvisio_billing.domain.terms import Customer, Extra, Formula, Party, Prices
from webvisio_protocol.identifiers import RoomId

SELLER = Seller(
    name="Web Visio SARL",
    siren="732829320",
    address="1 rue de la Paix, 75002 Paris",
    vat_number="FR44732829320",
    iban="FR7630006000011234567890189",
)


@pytest.mark.clause("3")
def test_a_contract_takes_effect_at_its_date_and_not_before() -> None:
    life = Life()
    life.ask("2026-11-10T09:00", order("2026-11-15"))
    life.ask("2026-11-10T09:05", ACCEPT)

    assert life.wait("2026-11-14T23:59") == ()
    assert life.contract.lifecycle is Lifecycle.ACCEPTED
    activated = of_type(ContractActivated, life.wait("2026-11-15T00:00"))
    assert activated[0].at == at("2026-11-15T00:00")
    assert activated[0].period == Period(day("2026-11-15"), day("2026-12-15"))


@pytest.mark.clause("3")
def test_an_acceptance_during_the_first_period_keeps_the_anchor() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    events = life.ask("2026-11-20T10:00", ACCEPT)

    assert of_type(ContractActivated, events)[0].period.start == day("2026-11-15")
    assert of_type(InvoiceIssued, events)[0].due_on == day("2026-11-20")


@pytest.mark.clause("3")
def test_an_order_lapses_with_its_first_period() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))

    assert life.code("2026-12-15T00:00", ACCEPT) is DomainCode.OFFER_LAPSED


@pytest.mark.clause("3")
def test_missed_periods_are_caught_up_in_order_each_at_its_own_instant() -> None:
    life = running("2026-11-15")

    renewed = of_type(ContractRenewed, life.wait("2027-03-01T12:00"))

    assert [event.at for event in renewed] == [
        at(f"{d}T00:00") for d in ("2026-12-15", "2027-01-15", "2027-02-15")
    ]


@pytest.mark.clause("3")
def test_catching_up_at_once_or_day_by_day_is_the_same() -> None:
    at_once, daily = running("2026-11-15"), running("2026-11-15")

    at_once.wait("2027-01-20T00:00")
    for number in range(16, 31):
        daily.wait(f"2026-11-{number}T00:00")
    for month, last in ((12, 31), (1, 20)):
        for number in range(1, last + 1):
            daily.wait(f"{2026 if month == 12 else 2027}-{month:02d}-{number:02d}T00:00")

    assert at_once.events == daily.events


def test_next_due_is_when_advance_does_something() -> None:
    contract = running("2026-11-15").contract
    due = next_due(contract)

    assert due == at("2026-12-15T00:00")
    assert advance(contract, at("2026-12-14T23:59")) == ()
    assert advance(contract, due) != ()


def test_nothing_is_due_in_a_draft_or_after_the_end() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    assert next_due(life.contract) is None

    ended = days("2026-11-23")
    ended.wait("2026-11-24T00:00")
    assert next_due(ended.contract) is None


@pytest.mark.clause("2.1", "3")
def test_contiguous_days_are_one_entitlement() -> None:
    life = days("2026-11-23", "2026-11-24")
    life.wait("2026-11-26T00:00")

    assert len(of_type(EntitlementOpened, life.events)) == 1
    assert [e.at for e in of_type(EntitlementClosed, life.events)] == [at("2026-11-25T00:00")]
    assert [e.at for e in of_type(ContractEnded, life.events)] == [at("2026-11-25T00:00")]
    assert [i.gross_minor for i in of_type(InvoiceIssued, life.events)] == [18_00, 18_00]


@pytest.mark.clause("3")
def test_a_day_bought_at_the_last_minute_joins_the_one_before() -> None:
    life = days("2026-11-23")
    life.ask("2026-11-23T23:59", OrderDay(day=day("2026-11-24")))
    life.wait("2026-11-24T00:00")

    assert life.contract.lifecycle is Lifecycle.ACTIVE
    assert life.contract.period == Period(day("2026-11-23"), day("2026-11-25"))


@pytest.mark.clause("3")
def test_a_day_ordered_before_acceptance_that_has_passed_is_not_billed() -> None:
    life = Life()
    life.ask("2026-11-23T09:00", order("2026-11-23", Formula.DAY))
    life.ask("2026-11-23T09:00", OrderDay(day=day("2026-11-25")))
    life.ask("2026-11-24T09:00", ACCEPT)
    life.wait("2026-11-26T00:00")

    assert [i.due_on for i in of_type(InvoiceIssued, life.events)] == [day("2026-11-25")]


@pytest.mark.clause("3")
def test_a_day_of_today_opens_at_once() -> None:
    life = Life()
    life.ask("2026-11-23T15:00", order("2026-11-23", Formula.DAY))
    events = life.ask("2026-11-23T15:00", ACCEPT)

    assert of_type(ContractActivated, events)[0].at == at("2026-11-23T15:00")
    assert life.contract.entitled_rooms == (RoomId("room-1"),)


@pytest.mark.clause("3")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OrderDay(day=day("2026-11-24")), DomainCode.PASS_ALREADY_ORDERED),
        (OrderDay(day=day("2026-11-22")), DomainCode.EFFECTIVE_DATE_PAST),
        (OrderDay(day=day("2037-11-24")), DomainCode.EFFECTIVE_DATE_TOO_FAR),
        (GiveNotice(by=Party.CUSTOMER), DomainCode.NO_RENEWAL),
    ],
)
def test_what_a_contract_by_the_day_refuses(command: OrderDay | GiveNotice, code: DomainCode) -> None:
    assert days("2026-11-23", "2026-11-24").code("2026-11-23T10:00", command) is code


@pytest.mark.clause("3")
def test_days_are_not_added_to_a_monthly_contract() -> None:
    life = running("2026-11-15")

    assert life.code("2026-11-16T00:00", OrderDay(day=day("2026-11-24"))) is DomainCode.NOT_A_DAY_CONTRACT


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (order("2026-11-14"), DomainCode.EFFECTIVE_DATE_PAST),
        (order("2040-01-01"), DomainCode.EFFECTIVE_DATE_TOO_FAR),
        (order("2026-11-15", timezone="Europe/Lutece"), DomainCode.TIMEZONE_UNKNOWN),
        (order("2026-11-15", timezone="../../etc/passwd"), DomainCode.TIMEZONE_UNKNOWN),
        (order("2026-11-15", customer=Customer(siren="732829321")), DomainCode.SIREN_INVALID),
        (order("2026-11-15", prices=Prices(currency="USD")), DomainCode.CURRENCY_MISMATCH),
        (order("2026-11-15", prices=Prices(room_month_minor=-1)), DomainCode.AMOUNT_INVALID),
        (order("2026-11-15", extras=(Extra("x", -1),)), DomainCode.AMOUNT_INVALID),
        (order("2026-11-15", extras=(Extra("x", 10**12),)), DomainCode.AMOUNT_INVALID),
    ],
)
@pytest.mark.clause("1", "3", "6.1")
def test_impossible_orders_are_refused(command: object, code: DomainCode) -> None:
    assert Life().code("2026-11-15T00:00", command) is code  # type: ignore[arg-type]  # parametrized orders


@pytest.mark.clause("6.3")
@pytest.mark.parametrize("missing", ["terms_sha256", "locale", "actor"])
def test_an_online_acceptance_needs_every_fact(missing: str) -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    facts = {"terms_sha256": life.contract.terms.sha256, "locale": "fr", "actor": "anna"}

    incomplete = Accept(channel=Channel.ONLINE_PAYMENT, **{**facts, missing: None})

    assert life.code("2026-11-15T00:00", incomplete) is DomainCode.ACCEPTANCE_INCOMPLETE


@pytest.mark.clause("6.3")
def test_the_acceptance_is_stored_with_the_terms_hash() -> None:
    life = running("2026-11-15")

    assert of_type(ContractAccepted, life.events)[0].terms_sha256 == life.contract.terms.sha256


@pytest.mark.clause("6.3")
def test_other_terms_than_those_ordered_cannot_be_accepted() -> None:
    life = Life()
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    other = Accept(channel=Channel.SIGNATURE, terms_sha256="0" * 64)

    assert life.code("2026-11-15T00:00", other) is DomainCode.TERMS_MISMATCH


def test_terms_are_accepted_once() -> None:
    assert running("2026-11-15").code("2026-11-15T00:00", ACCEPT) is DomainCode.ALREADY_ACCEPTED


@pytest.mark.clause("5.3")
def test_the_acknowledgement_of_prerequisites_is_recorded_with_the_order() -> None:
    assert of_type(ContractOrdered, running("2026-11-15").events)[0].are_prerequisites_acknowledged


@pytest.mark.clause("3")
def test_commands_meet_the_lifecycle() -> None:
    life = Life()
    assert life.code("2026-11-15T00:00", ACCEPT) is DomainCode.NOT_ORDERED
    life.ask("2026-11-15T00:00", order("2026-11-15"))
    assert life.code("2026-11-15T00:00", order("2026-11-15")) is DomainCode.ALREADY_ORDERED
    notice = GiveNotice(by=Party.CUSTOMER)
    assert life.code("2026-11-15T00:00", notice) is DomainCode.CONTRACT_NOT_ACCEPTED
    life.ask("2026-11-15T00:00", ACCEPT)
    life.ask("2026-11-16T00:00", notice)
    ticket = ReportTicket(severity=Severity.GRAVE)
    assert life.code("2026-12-15T00:00", ticket) is DomainCode.CONTRACT_OVER
    assert life.code("2026-12-15T00:00", Close()) is DomainCode.DISPOSAL_PENDING


def test_a_command_needs_a_contract_advanced_to_the_same_instant() -> None:
    contract = running("2026-11-15").contract

    with pytest.raises(NotAdvanced):
        handle(contract, GiveNotice(by=Party.CUSTOMER), at("2026-12-15T00:00"))
    with pytest.raises(NotAdvanced):
        handle(contract, GiveNotice(by=Party.CUSTOMER), at("2026-11-14T00:00"))


def test_events_fold_only_in_an_order_that_can_have_happened() -> None:
    life = running("2026-11-15")
    ordered, accepted = life.events[0], life.events[1]

    with pytest.raises(HistoryError):
        evolve(None, accepted)
    with pytest.raises(HistoryError):
        evolve(life.contract, ordered)
    with pytest.raises(HistoryError):
        evolve(life.contract, ContractEnded(at=at("2026-11-14T00:00")))
    invoice = of_type(InvoiceIssued, life.events)[0]
    with pytest.raises(HistoryError):
        evolve(life.contract, invoice)


def test_a_contract_is_the_fold_of_its_events() -> None:
    life = running("2026-11-15")
    life.wait("2027-02-01T00:00")

    assert fold(None, life.events) == life.contract


@pytest.mark.clause("1")
def test_nothing_is_sold_while_the_seller_is_incomplete() -> None:
    incomplete = Tables(seller=Seller(name="Web Visio SARL", siren="732829321"))
    life = Life(incomplete)
    life.ask("2026-11-15T00:00", order("2026-11-15"))

    refused = life.refused("2026-11-15T00:00", ACCEPT)

    assert refused.code is DomainCode.SELLER_INCOMPLETE
    assert refused.details["missing"] == "address, vat_number, iban, siren"


@pytest.mark.clause("1")
def test_no_invoice_is_issued_once_the_seller_has_become_incomplete() -> None:
    life = running("2026-11-15", tables=Tables(seller=SELLER))

    with pytest.raises(SellerIncomplete):
        advance(life.contract, at("2026-12-15T00:00"), Tables(seller=Seller(name="Web Visio SARL")))


@pytest.mark.clause("6.1")
def test_the_pro_forma_is_the_invoice_that_will_be_issued() -> None:
    life = running("2026-11-15", command=order("2026-11-15", extras=(Extra("Assistance", 10_00, True),)))

    shown = preview(life.contract)
    issued = of_type(InvoiceIssued, life.wait("2026-12-15T00:00"))

    assert [shown] == issued


@pytest.mark.clause("6.1")
def test_there_is_no_pro_forma_when_nothing_will_be_billed() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))

    assert preview(life.contract) is None


@pytest.mark.clause("3")
def test_a_contract_keeps_the_wall_clock_of_its_own_zone() -> None:
    life = Life()
    life.ask("2026-11-01T00:00", order("2026-11-15", timezone="Pacific/Noumea"))
    life.ask("2026-11-01T00:00", ACCEPT)
    life.wait("2026-12-31T00:00")

    assert of_type(ContractActivated, life.events)[0].at == at("2026-11-15T00:00", "Pacific/Noumea")
    assert of_type(InvoiceIssued, life.events)[1].issued_on == day("2026-12-15")
    assert life.contract.timezone != PARIS


@pytest.mark.clause("2.1")
def test_a_contract_may_be_ordered_without_a_room_and_get_it_later() -> None:
    life = running("2026-11-15", command=order("2026-11-15", rooms=()))
    assert of_type(EntitlementOpened, life.events) == []

    events = life.ask("2026-11-16T10:00", AddRoom(room_id=RoomId("room-9"), name="Salle 9"))

    assert [e.room_id for e in of_type(EntitlementOpened, events)] == ["room-9"]
    assert of_type(InvoiceIssued, events) == []
