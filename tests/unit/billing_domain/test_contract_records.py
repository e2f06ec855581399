"""Journal, ledger, numbers, liability cap, availability, registration, money."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from contract_playing import Life, at, day, days, of_type, order, running

from webvisio_billing.domain import journal, ledger, money, numbering
from webvisio_billing.domain.availability import availability, recorded_maintenance
from webvisio_billing.domain.commands import CancelInvoice, ClaimLateCharges, GiveNotice, LiftBlock, OpenBlock
from webvisio_billing.domain.contract import fold
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.journal import Entry
from webvisio_billing.domain.ledger import Account
from webvisio_billing.domain.liability import liability_cap
from webvisio_billing.domain.numbering import DocumentKind, Series
from webvisio_billing.domain.registration import Seller, is_siren
from webvisio_billing.domain.terms import Extra, Party, TermsVersion
from webvisio_protocol.entitlements import BlockReason, Interval
from webvisio_protocol.identifiers import ContractId

CONTRACT = ContractId("contract-1")
NOW = at("2026-12-01T10:00")


def eventful() -> tuple[Event, ...]:
    """Live through invoices, late charges, a correction and payments; numbered."""
    life = running("2026-02-01", command=order("2026-02-01", setup=True))
    life.ask("2026-02-20T00:00", ClaimLateCharges(invoice=DocumentRef("F1")))
    life.pay("2026-02-21T00:00", 100_00)
    life.wait("2026-03-02T00:00")
    life.ask("2026-03-03T00:00", CancelInvoice(invoice=DocumentRef("F2"), is_reissued=True))
    life.pay("2026-03-04T00:00", 400_00)
    return numbering.stamp(life.events, {})[0]


# ---- journal ---------------------------------------------------------------------------


def test_an_untouched_journal_holds() -> None:
    entries = journal.append(CONTRACT, eventful(), NOW)

    assert journal.first_break(entries, CONTRACT, head=entries[-1].hash) is None


def test_a_journal_is_written_in_any_number_of_goes() -> None:
    events = eventful()
    at_once = journal.append(CONTRACT, events, NOW)
    first = journal.append(CONTRACT, events[:3], NOW)
    second = journal.append(CONTRACT, events[3:], NOW, after=3, head=first[-1].hash)

    assert first + second == at_once


@pytest.mark.parametrize(
    "tampered",
    [
        lambda e: replace(
            e, payload=e.payload.replace(b"120", b"121", 1) if b"120" in e.payload else e.payload + b" "
        ),
        lambda e: replace(e, recorded_at=e.recorded_at + timedelta(days=1)),
        lambda e: replace(e, contract_id=ContractId("contract-2")),
        lambda e: replace(e, sequence=e.sequence + 1),
        lambda e: replace(e, hash=bytes(32)),
    ],
)
@pytest.mark.parametrize("place", [0, 4, -1])
def test_any_changed_field_of_any_entry_is_found(tampered: object, place: int) -> None:
    entries = list(journal.append(CONTRACT, eventful(), NOW))
    changed: Entry = tampered(entries[place])  # type: ignore[operator]  # a parametrized function
    entries[place] = changed

    assert journal.first_break(entries, CONTRACT) == range(1, len(entries) + 1)[place]


def test_the_seal_covers_each_field() -> None:
    plain = journal.seal(journal.ROOT, CONTRACT, 1, NOW, b"{}")

    others = [
        journal.seal(bytes([1] * 32), CONTRACT, 1, NOW, b"{}"),
        journal.seal(journal.ROOT, ContractId("contract-2"), 1, NOW, b"{}"),
        journal.seal(journal.ROOT, CONTRACT, 2, NOW, b"{}"),
        journal.seal(journal.ROOT, CONTRACT, 1, NOW + timedelta(seconds=1), b"{}"),
        journal.seal(journal.ROOT, CONTRACT, 1, NOW, b"[]"),
    ]
    assert len({plain, *others}) == 6


def test_a_missing_and_a_swapped_entry_are_found() -> None:
    entries = list(journal.append(CONTRACT, eventful(), NOW))

    assert journal.first_break(entries[:2] + entries[3:], CONTRACT) == 3
    assert journal.first_break([entries[0], entries[2], entries[1]], CONTRACT) == 2


def test_entries_cut_off_at_the_end_are_found_by_the_head() -> None:
    entries = journal.append(CONTRACT, eventful(), NOW)

    assert journal.first_break(entries[:-1], CONTRACT) is None
    assert journal.first_break(entries[:-1], CONTRACT, head=entries[-1].hash) == len(entries)


def test_the_journal_gives_back_the_contract() -> None:
    events = eventful()
    entries = journal.append(CONTRACT, events, NOW)

    assert fold(None, [entry.event for entry in entries]) == fold(None, events)


def test_a_document_without_its_number_cannot_be_recorded() -> None:
    with pytest.raises(HistoryError, match="F1"):
        journal.append(CONTRACT, running("2026-11-15").events, NOW)


# ---- numbers ---------------------------------------------------------------------------


@pytest.mark.clause("6.1")
def test_each_series_is_gapless_by_kind_and_year() -> None:
    life = running("2026-11-15")
    life.wait("2027-02-01T00:00")
    life.ask("2027-02-02T00:00", CancelInvoice(invoice=DocumentRef("F1")))

    stamped, after = numbering.stamp(life.events, {Series(DocumentKind.INVOICE, 2026): 6})

    numbers = [e.number for e in stamped if isinstance(e, InvoiceIssued | CreditNoteIssued)]
    assert numbers == ["F2026-000007", "F2026-000008", "F2027-000001", "A2027-000001"]
    assert after == {
        Series(DocumentKind.INVOICE, 2026): 8,
        Series(DocumentKind.INVOICE, 2027): 1,
        Series(DocumentKind.CREDIT_NOTE, 2027): 1,
    }


@pytest.mark.clause("6.4")
def test_debit_notes_have_a_series_of_their_own() -> None:
    charge = next(e for e in eventful() if isinstance(e, LateChargeClaimed))

    assert charge.number == "D2026-000001"


def test_the_series_to_lock_come_in_a_fixed_order() -> None:
    assert numbering.series_needed(eventful()) == (
        Series(DocumentKind.CREDIT_NOTE, 2026),
        Series(DocumentKind.DEBIT_NOTE, 2026),
        Series(DocumentKind.INVOICE, 2026),
    )
    assert numbering.series_needed([]) == ()


def test_the_year_of_a_number_is_that_of_the_wall_clock() -> None:
    life = running("2027-01-01")  # 2026-12-31T23:00Z

    assert numbering.series_needed(life.events) == (Series(DocumentKind.INVOICE, 2027),)


# ---- ledger ----------------------------------------------------------------------------


@pytest.mark.clause("6.1", "6.3", "6.4")
def test_every_event_books_to_zero() -> None:
    for event in eventful():
        assert sum(posting.amount_minor for posting in ledger.postings(event)) == 0


@pytest.mark.clause("6.1", "6.3", "6.4")
def test_the_books_agree_with_the_contract() -> None:
    events = eventful()
    contract = fold(None, events)
    assert contract is not None

    balances = ledger.balances(events)

    assert balances[Account.CUSTOMERS] + balances[Account.CUSTOMERS_ADVANCES] == contract.balance_minor
    assert balances[Account.CUSTOMERS_ADVANCES] == -contract.credit_minor
    assert balances[Account.BANK] == 500_00
    assert balances[Account.VAT_COLLECTED] == -(30_00 + 20_00)
    assert balances[Account.RECOVERY_INDEMNITIES] == -40_00


# ---- liability cap ---------------------------------------------------------------------


def capped(*payments: tuple[str, int], until: str = "2027-02-16T00:00", command: object = None) -> int:
    life = running("2026-11-15", command=command)  # type: ignore[arg-type]  # an order or None
    for when, amount_minor in payments:
        life.pay(when, amount_minor)
    life.wait(until)
    return liability_cap(life.contract)


@pytest.mark.clause("7.3")
def test_the_cap_is_what_was_paid_for_the_two_latest_months() -> None:
    assert capped() == 0
    assert capped(("2026-11-16T00:00", 120_00)) == 120_00
    assert capped(("2026-11-16T00:00", 120_00), ("2026-12-16T00:00", 120_00)) == 240_00
    assert capped(("2026-11-16T00:00", 480_00)) == 240_00
    assert capped(("2026-11-16T00:00", 120_00), ("2026-12-16T00:00", 50_00)) == 170_00


@pytest.mark.clause("7.3")
def test_the_cap_forgets_what_was_paid_for_earlier_months() -> None:
    """Found by mutation: with equal months the two earliest looked like the two latest."""
    life = running("2026-11-15")
    life.pay("2026-11-15T10:00", 120_00)
    life.wait("2027-01-20T00:00")
    life.pay("2027-01-20T00:00", 150_00)

    assert liability_cap(life.contract) == 150_00


@pytest.mark.clause("7.3")
def test_set_up_and_one_off_services_are_no_price_of_a_month() -> None:
    extras = (Extra("Hébergement", 5_00, is_recurring=True), Extra("Formation", 45_00))
    command = order("2026-11-15", setup=True, extras=extras)
    both = order("2026-11-15", setup=True, extras=extras, terms=TermsVersion(liability_counts_one_offs=True))

    # 240.00 paid at first, 126.00 of it for the month; then 126.00
    paid = (("2026-11-16T00:00", 240_00), ("2026-12-16T00:00", 126_00))
    assert capped(*paid, command=command) == 252_00
    assert capped(*paid, command=both) == 366_00


@pytest.mark.clause("7.3")
def test_of_day_passes_those_of_the_last_two_months_count() -> None:
    life = days("2026-09-01", "2026-11-03", "2026-12-01", "2026-12-31")
    life.pay("2026-09-01T10:00", 200_00)
    life.wait("2027-01-01T00:00")

    # the last day paid ends on 2027-01-01: 1 November on counts
    assert liability_cap(life.contract) == 3 * 18_00


# ---- availability ----------------------------------------------------------------------

NOVEMBER = Interval(at("2026-11-01T00:00"), at("2026-12-01T00:00"))


def hours(first: str, last: str) -> Interval:
    return Interval(at(first), at(last))


@pytest.mark.clause("4.3")
def test_availability_excludes_maintenance() -> None:
    maintenance = [hours("2026-11-10T00:00", "2026-11-11T00:00")]

    assert availability(NOVEMBER, [], maintenance) == 1
    inside = [hours("2026-11-10T03:00", "2026-11-10T09:00")]
    assert availability(NOVEMBER, inside, maintenance) == 1
    half_outside = [hours("2026-11-10T21:00", "2026-11-11T03:00")]
    assert availability(NOVEMBER, half_outside, maintenance) == 1 - Decimal(3) / Decimal(29 * 24)


@pytest.mark.clause("4.3")
def test_overlapping_interruptions_count_once() -> None:
    twice = [hours("2026-11-20T00:00", "2026-11-20T12:00"), hours("2026-11-20T06:00", "2026-11-20T18:00")]

    assert availability(NOVEMBER, twice, []) == 1 - Decimal(18) / Decimal(30 * 24)


@pytest.mark.clause("4.3")
def test_what_lies_outside_the_month_does_not_count() -> None:
    before = [hours("2026-10-30T00:00", "2026-11-01T00:00")]

    assert availability(NOVEMBER, before, before) == 1
    assert availability(NOVEMBER, [], [hours("2026-10-01T00:00", "2026-12-31T00:00")]) is None


@pytest.mark.clause("4.3")
def test_maintenance_windows_are_recorded_events() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-20T01:00", OpenBlock(reason=BlockReason.MAINTENANCE))
    life.ask("2026-11-20T03:00", LiftBlock(reason=BlockReason.MAINTENANCE))
    life.ask("2026-11-21T01:00", OpenBlock(reason=BlockReason.MAINTENANCE))

    assert recorded_maintenance(life.events, at("2026-11-21T02:00")) == (
        hours("2026-11-20T01:00", "2026-11-20T03:00"),
        hours("2026-11-21T01:00", "2026-11-21T02:00"),
    )


# ---- registration, money, JSON ---------------------------------------------------------


@pytest.mark.clause("1")
@pytest.mark.parametrize(
    ("siren", "is_valid"),
    [
        ("732829320", True),
        ("497576959", True),
        ("732829321", False),
        ("000000000", False),
        ("73282932", False),
        ("7328293200", False),
        ("73282932O", False),
        ("٧٣٢٨٢٩٣٢٠", False),
    ],
)
def test_a_siren_has_nine_digits_and_a_key(siren: str, is_valid: bool) -> None:
    assert is_siren(siren) is is_valid


@pytest.mark.clause("1")
def test_a_complete_seller_has_no_problem() -> None:
    seller = Seller(name="a", siren="732829320", address="b", vat_number="c", iban="d")

    assert seller.problems() == ()
    assert Seller().problems() == ("name", "siren", "address", "vat_number", "iban")


@pytest.mark.parametrize(
    ("text", "amount_minor"),
    [
        ("120.00", 120_00),
        ("120", 120_00),
        ("120.5", 120_50),
        ("0.05", 5),
        ("-3.10", -3_10),
        ("", None),
        ("1,20", None),
        ("1.234", None),
        ("1e3", None),
        (" 1", None),
        ("9" * 16, None),
        ("NaN", None),
        ("１", None),
    ],
)
def test_amounts_are_read_exactly_or_not_at_all(text: str, amount_minor: int | None) -> None:
    assert money.parse_amount(text) == amount_minor


@pytest.mark.parametrize("amount_minor", [0, 5, 10, 99, 100, 120_00, -5, -120_50])
def test_amounts_are_written_as_they_are_read(amount_minor: int) -> None:
    assert money.parse_amount(money.format_amount(amount_minor)) == amount_minor


@pytest.mark.parametrize(
    ("exact", "rounded"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("0.49", 0)]
)
def test_halves_round_up(exact: str, rounded: int) -> None:
    assert money.round_half_up(Decimal(exact)) == rounded


def test_events_survive_json() -> None:
    events = eventful()
    decoder = msgspec.json.Decoder(Event)

    assert tuple(decoder.decode(msgspec.json.encode(event)) for event in events) == events


def test_a_contract_survives_json() -> None:
    life: Life = running("2026-11-15")
    life.pay("2026-11-16T00:00", 150_00)
    life.ask("2026-11-17T00:00", GiveNotice(by=Party.CUSTOMER))

    assert msgspec.json.decode(msgspec.json.encode(life.contract), type=type(life.contract)) == life.contract
    assert of_type(InvoiceIssued, life.events)[0].issued_on == day("2026-11-15")
