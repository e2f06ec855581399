"""Invoices, taxes, shares of a month, credit notes (clauses 2.1, 2.2, 6.1, 6.2, 8.1)."""

from decimal import Decimal

import pytest
from contract_playing import Life, at, day, days, of_type, order, running, vat

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    AddRoom,
    BreachLetter,
    CancelInvoice,
    EndService,
    GiveNotice,
    OrderService,
    Precision,
    RemoveRoom,
    RenameRoom,
)
from webvisio_billing.domain.contract import advance
from webvisio_billing.domain.errors import MissingTaxRate
from webvisio_billing.domain.events import (
    CreditNoteIssued,
    EntitlementClosed,
    EntitlementOpened,
    InvoiceIssued,
    LineKind,
    PaymentAllocated,
    PaymentReleased,
    ServiceEnded,
)
from webvisio_billing.domain.identifiers import DocumentRef, ServiceRef
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.terms import Customer, CustomerKind, Extra, Party, Prices
from webvisio_protocol.identifiers import RoomId

HOSTING = Extra("Hébergement", 30_00, is_recurring=True)
TRAINING = Extra("Formation", 200_00)
ROOM_2 = AddRoom(room_id=RoomId("room-2"), name="Salle 2")


def invoices(life: Life) -> list[InvoiceIssued]:
    return of_type(InvoiceIssued, life.events)


@pytest.mark.clause("6.1")
def test_the_first_bill_has_setup_rent_and_services() -> None:
    life = running("2026-11-15", command=order("2026-11-15", setup=True, extras=(HOSTING, TRAINING)))
    first = invoices(life)[0]

    kinds = [line.kind for line in first.lines]
    assert kinds == [LineKind.SETUP, LineKind.ROOM_MONTH, LineKind.SERVICE, LineKind.SERVICE]
    assert (first.net_minor, first.tax_minor, first.gross_minor) == (380_00, 76_00, 456_00)
    assert (first.due_on, first.revision) == (day("2026-11-15"), 0)


@pytest.mark.clause("6.1", "2.2")
def test_later_bills_have_rent_and_recurring_services_only() -> None:
    life = running("2026-11-15", command=order("2026-11-15", setup=True, extras=(HOSTING, TRAINING)))
    life.wait("2026-12-15T00:00")

    assert [line.net_minor for line in invoices(life)[1].lines] == [100_00, 30_00]


@pytest.mark.clause("6.1")
def test_each_period_has_one_bill() -> None:
    life = running("2027-01-31")
    life.wait("2028-01-31T00:00")

    billed = [(invoice.period, invoice.revision) for invoice in invoices(life)]
    assert len(billed) == len(set(billed)) == 13


@pytest.mark.clause("6.2")
@pytest.mark.parametrize(
    ("issued", "gross_minor"), [("2026-12-31", 120_00), ("2027-01-01", 121_00), ("2027-01-02", 121_00)]
)
def test_the_tax_is_that_of_the_day_of_issue(issued: str, gross_minor: int) -> None:
    tables = vat({"2014-01-01": "20", "2027-01-01": "21"})

    assert invoices(running(issued, tables=tables))[0].gross_minor == gross_minor


@pytest.mark.clause("6.2")
def test_a_day_without_a_rate_is_an_error_that_names_it() -> None:
    life = running("2026-11-15")

    with pytest.raises(MissingTaxRate, match="2026-12-15"):
        advance(life.contract, at("2026-12-15T00:00"), vat({"2027-01-01": "21"}))


@pytest.mark.clause("6.2")
def test_tax_is_reckoned_on_the_sum_of_the_lines() -> None:
    extras = (Extra("a", 33_33), Extra("b", 33_33))
    command = order("2026-11-15", extras=extras, prices=Prices(room_month_minor=33_33))
    first = invoices(running("2026-11-15", command=command))[0]

    assert (first.net_minor, first.tax_minor) == (99_99, 20_00)


@pytest.mark.clause("6.2")
def test_half_a_cent_of_tax_rounds_up() -> None:
    # 0.25 x 5.5 % is 1.375 cents; 0.10 x 5 % is half a cent
    command = order("2026-11-15", prices=Prices(room_month_minor=10))

    assert invoices(running("2026-11-15", command=command, tables=vat({"2014-01-01": "5"})))[0].tax_minor == 1


@pytest.mark.clause("6.2")
def test_an_exempt_order_names_its_legal_reference() -> None:
    reference = "CGI, art. 283-2"
    first = invoices(running("2026-11-15", command=order("2026-11-15", tax_exemption=reference)))[0]

    assert first.gross_minor == first.net_minor == 100_00
    assert [(tax.rate, tax.exemption) for tax in first.taxes] == [(Decimal(0), reference)]


@pytest.mark.clause("2.1", "6.1")
def test_one_more_room_is_billed_for_the_days_left_then_whole() -> None:
    life = running("2026-11-15")

    events = life.ask("2026-11-25T16:00", ROOM_2)
    life.wait("2026-12-15T00:00")

    # 20 of 30 days are left, the day it is added included
    added = of_type(InvoiceIssued, events)[0]
    assert (added.net_minor, added.revision) == (66_67, 1)
    assert added.period == Period(day("2026-11-25"), day("2026-12-15"))
    assert of_type(EntitlementOpened, events)[0].room_id == "room-2"
    assert invoices(life)[-1].net_minor == 200_00


@pytest.mark.clause("2.1")
def test_a_room_given_back_shuts_at_once_and_lowers_the_next_bill() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-15T10:00", ROOM_2)

    events = life.ask("2026-11-20T10:00", RemoveRoom(room_id=RoomId("room-2")))
    life.wait("2026-12-15T00:00")

    assert [closed.room_id for closed in of_type(EntitlementClosed, events)] == ["room-2"]
    assert of_type(CreditNoteIssued, life.events) == []
    assert invoices(life)[-1].net_minor == 100_00


@pytest.mark.clause("2.1")
def test_rooms_that_cannot_be() -> None:
    life = running("2026-11-15")
    again = AddRoom(room_id=RoomId("room-1"), name="encore")

    assert life.code("2026-11-16T00:00", again) is DomainCode.ROOM_ALREADY_RENTED
    assert life.code("2026-11-16T00:00", RemoveRoom(room_id=RoomId("room-9"))) is DomainCode.ROOM_UNKNOWN
    rename = RenameRoom(room_id=RoomId("room-9"), name="x")
    assert life.code("2026-11-16T00:00", rename) is DomainCode.ROOM_UNKNOWN


@pytest.mark.clause("2.1")
def test_a_room_is_renamed() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", RenameRoom(room_id=RoomId("room-1"), name="Grande salle"))

    assert [room.name for room in life.contract.rooms] == ["Grande salle"]


@pytest.mark.clause("2.1", "3")
def test_a_room_added_to_a_run_of_days_is_billed_by_the_day() -> None:
    life = days("2026-11-23", "2026-11-24")
    life.wait("2026-11-24T00:00")

    added = of_type(InvoiceIssued, life.ask("2026-11-24T10:00", ROOM_2))[0]

    assert added.net_minor == 15_00


@pytest.mark.clause("2.2")
def test_a_service_in_mid_month_is_billed_at_once() -> None:
    life = running("2026-11-15")

    one_off = of_type(InvoiceIssued, life.ask("2026-11-25T00:00", OrderService(extra=TRAINING)))[0]
    recurring = of_type(InvoiceIssued, life.ask("2026-11-25T00:00", OrderService(extra=HOSTING)))[0]

    assert (one_off.net_minor, one_off.period) == (200_00, None)
    assert (recurring.net_minor, recurring.period) == (20_00, Period(day("2026-11-25"), day("2026-12-15")))


@pytest.mark.clause("2.2")
def test_a_service_that_was_stopped_is_billed_no_more() -> None:
    life = running("2026-11-15", command=order("2026-11-15", extras=(HOSTING,)))
    life.ask("2026-11-20T00:00", EndService(service=ServiceRef("S1")))
    life.wait("2026-12-15T00:00")

    assert invoices(life)[-1].net_minor == 100_00
    again = EndService(service=ServiceRef("S1"))
    assert life.code("2026-12-16T00:00", again) is DomainCode.SERVICE_UNKNOWN


@pytest.mark.clause("2.2")
def test_services_end_with_the_contract_and_need_a_live_one() -> None:
    life = running("2026-11-15", command=order("2026-11-15", extras=(HOSTING, TRAINING)))
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))

    ended = of_type(ServiceEnded, life.wait("2026-12-15T00:00"))

    assert [(event.service, event.at) for event in ended] == [("S1", at("2026-12-15T00:00"))]
    assert life.code("2026-12-16T00:00", OrderService(extra=HOSTING)) is DomainCode.CONTRACT_OVER
    unborn = Life()
    unborn.ask("2026-11-15T00:00", order("2026-11-15"))
    assert unborn.code("2026-11-15T00:00", OrderService(extra=HOSTING)) is DomainCode.CONTRACT_NOT_ACCEPTED


@pytest.mark.clause("2.2", "6.1")
@pytest.mark.parametrize("net_minor", [-1, 10**12])
def test_a_service_has_a_possible_price(net_minor: int) -> None:
    life = running("2026-11-15")

    impossible = OrderService(extra=Extra("x", net_minor))

    assert life.code("2026-11-16T00:00", impossible) is DomainCode.AMOUNT_INVALID


@pytest.mark.clause("6.1")
def test_a_cancelled_invoice_is_credited_whole_and_what_was_paid_comes_back() -> None:
    life = running("2026-11-15")
    life.pay("2026-11-15T10:00", 120_00)

    events = life.ask("2026-11-16T00:00", CancelInvoice(invoice=DocumentRef("F1")))

    assert [note.gross_minor for note in of_type(CreditNoteIssued, events)] == [120_00]
    assert [released.amount_minor for released in of_type(PaymentReleased, events)] == [120_00]
    assert (life.contract.balance_minor, life.contract.credit_minor) == (-120_00, 120_00)


@pytest.mark.clause("6.1")
def test_a_replacement_takes_the_lines_and_the_payment_of_what_it_replaces() -> None:
    life = running("2026-11-15", tables=vat({"2014-01-01": "20", "2026-11-16": "21"}))
    life.pay("2026-11-15T10:00", 120_00)

    events = life.ask("2026-11-17T00:00", CancelInvoice(invoice=DocumentRef("F1"), is_reissued=True))

    replacement = of_type(InvoiceIssued, events)[0]
    assert replacement.replaces == "F1"
    assert (replacement.period, replacement.revision) == (Period(day("2026-11-15"), day("2026-12-15")), 1)
    assert replacement.gross_minor == 120_00, "the tax is the original's: only a mention was wrong"
    assert of_type(PaymentAllocated, events)[0].document == replacement.ref
    assert life.contract.balance_minor == 0


@pytest.mark.clause("6.1")
def test_corrections_that_cannot_be() -> None:
    life = running("2026-11-15")
    unknown = CancelInvoice(invoice=DocumentRef("F9"))
    assert life.code("2026-11-16T00:00", unknown) is DomainCode.INVOICE_UNKNOWN
    life.ask("2026-11-16T00:00", CancelInvoice(invoice=DocumentRef("F1")))
    again = CancelInvoice(invoice=DocumentRef("F1"))
    assert life.code("2026-11-16T00:00", again) is DomainCode.INVOICE_CANCELLED


@pytest.mark.clause("8.1")
def test_a_cancellation_after_a_refund_credits_only_the_rest() -> None:
    life = running("2026-10-20")
    life.ask(
        "2026-11-06T00:00",
        BreachLetter(by=Party.CUSTOMER, clauses=("4.3",), registered_ref="RK 1", precision=Precision.DATE),
    )
    life.wait("2026-11-14T00:00")

    reissue = CancelInvoice(invoice=DocumentRef("F1"), is_reissued=True)
    assert life.code("2026-11-15T00:00", reissue) is DomainCode.INVOICE_CREDITED
    life.ask("2026-11-15T00:00", CancelInvoice(invoice=DocumentRef("F1")))

    notes = of_type(CreditNoteIssued, life.events)
    assert [note.gross_minor for note in notes] == [23_22, 96_78]
    assert life.contract.balance_minor == 0


@pytest.mark.clause("6.1")
def test_an_invoice_refunded_whole_leaves_nothing_to_cancel() -> None:
    """Found by the oracle: a credit note of 0.00 was issued."""
    life = running("2026-10-20", command=order("2026-10-20", customer=Customer(CustomerKind.CONSUMER)))
    life.ask("2026-10-20T00:00", GiveNotice(by=Party.CUSTOMER))

    cancel = CancelInvoice(invoice=DocumentRef("F1"))

    assert life.code("2026-10-21T00:00", cancel) is DomainCode.INVOICE_CANCELLED


@pytest.mark.clause("8.1")
def test_a_refund_counts_the_revisions_of_the_period_too() -> None:
    life = running("2026-10-20")
    life.ask("2026-10-31T00:00", ROOM_2)
    life.ask("2026-11-06T00:00", BreachLetter(by=Party.CUSTOMER, clauses=("4.3",), registered_ref="RK 1"))

    notes = of_type(CreditNoteIssued, life.wait("2026-11-13T00:00"))

    # 7 of 31 days of the first room; of the second, billed 64.52 for 20 days, 7 of 20
    assert [(note.ref, note.invoice, note.net_minor) for note in notes] == [
        ("A1", "F1", 22_58),
        ("A2", "F2", 22_58),
    ]
