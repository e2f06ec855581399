"""Reading bank statements: what banks write is understood, what cannot be is refused whole, by line."""

from datetime import date

import pytest
from bank_files import IBAN_OF_ATELIER, OWN_IBAN, camt, camt_entry, csv_file
from hypothesis import given, settings
from hypothesis import strategies as st

from webvisio_billing.payments.bank_csv import parse_bank_amount, parse_bank_date
from webvisio_billing.payments.reading import read_statement
from webvisio_billing.payments.statements import (
    MAX_FAULTS,
    MAX_STATEMENT_BYTES,
    Entry,
    FaultCode,
    Statement,
    Unreadable,
)

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.clause("6.3")


def entries(data: bytes) -> tuple[Entry, ...]:
    found = read_statement(data, TODAY)
    assert isinstance(found, Statement), found
    return found.entries


def faults(data: bytes) -> list[tuple[FaultCode, int]]:
    found = read_statement(data, TODAY)
    assert isinstance(found, Unreadable), found
    return [(fault.code, fault.line) for fault in found.faults]


# ---- CAMT.053 --------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_camt_entry_is_read_in_every_version(version: str) -> None:
    status = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    (entry,) = entries(camt(camt_entry("120.5", "Facture  F2026-000001", status=status), version=version))
    assert (entry.amount_minor, entry.booked_on, entry.currency) == (120_50, date(2026, 11, 20), "EUR")
    assert (entry.counterparty, entry.iban) == ("ATELIER LUMIERE", IBAN_OF_ATELIER)
    assert (entry.account, entry.text, entry.line) == (OWN_IBAN, "Facture F2026-000001", 5)


def test_money_out_is_negative_and_names_whom_it_went_to() -> None:
    (entry,) = entries(camt(camt_entry("15.00", "Frais", side="DBIT", name="LA BANQUE")))
    assert (entry.amount_minor, entry.counterparty) == (-15_00, "LA BANQUE")


def test_what_is_only_pending_is_left_out() -> None:
    pending = camt_entry("9.00", "à venir", status="<Sts><Cd>PDNG</Cd></Sts>")
    assert [e.amount_minor for e in entries(camt(camt_entry("1.00", "x"), pending))] == [1_00]


@pytest.mark.parametrize(
    ("amount", "expected"), [("1<!-- -->20", 120_00), ("<!-- 9 -->120", 120_00), ("1<?x y?>20.5", 120_50)]
)
def test_a_comment_within_an_amount_changes_nothing(amount: str, expected: int) -> None:
    """A reader that stops at the comment would book 1.00."""
    (entry,) = entries(camt(camt_entry(amount, "x")))
    assert entry.amount_minor == expected


def test_an_amount_with_elements_in_it_is_refused() -> None:
    assert faults(camt(camt_entry("1<b/>20", "x"))) == [(FaultCode.AMOUNT_UNREADABLE, 5)]


@pytest.mark.parametrize(
    "day", ["2026-W01-1", "20260101", "2026-001", "2026-02-31", "2026-01-011", "0000-01-01"]
)
def test_a_day_that_iso_20022_does_not_write_is_refused(day: str) -> None:
    assert faults(camt(camt_entry("1.00", "x", day=day))) == [(FaultCode.DATE_IMPOSSIBLE, 5)]


@pytest.mark.parametrize(
    "day", ["2026-01-01", "2026-01-01T23:00:00+01:00", "2026-01-01Z", "2026-01-01+01:00"]
)
def test_the_days_that_iso_20022_writes_are_read(day: str) -> None:
    (entry,) = entries(camt(camt_entry("1.00", "x", day=day)))
    assert entry.booked_on == date(2026, 1, 1)


def test_no_character_that_a_database_cannot_hold_comes_through_a_statement() -> None:
    """UTF-16 may carry NUL, which PostgreSQL takes in no text."""
    heading = "Date;Libellé;Montant;IBAN;Contrepartie;Référence"
    row = "20/11/2026;a\x00b;10,00;FR\x0076;c\x00d;e\x00f"
    (entry,) = entries(csv_file([row], heading).encode("utf-16"))
    kept = (entry.text, entry.iban, entry.counterparty, entry.bank_reference)
    assert kept == ("a b", "FR76", "c d", "e f")


def test_a_batch_becomes_its_transactions() -> None:
    whole = camt_entry("30.00", "lot")
    parts = "".join(
        f"<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs><Amt Ccy='EUR'>{n}0.00</Amt></TxDtls>"
        for n in (1, 2)
    )
    start, end = whole.index("<TxDtls>"), whole.index("</NtryDtls>")
    found = entries(camt(whole[:start] + parts + whole[end:]))
    assert [(e.amount_minor, e.text) for e in found] == [(10_00, "E1"), (20_00, "E2")]
    assert len({e.fingerprint for e in found}) == 2


def test_balances_that_fit_are_believed_and_others_refuse_the_file() -> None:
    moves = (camt_entry("120.00", "a"), camt_entry("20.00", "b", side="DBIT", reference="REF-2"))
    assert len(entries(camt(*moves, opening="1000.00", closing="1100.00"))) == 2
    assert faults(camt(*moves, opening="1000.00", closing="1120.00")) == [(FaultCode.BALANCE_MISMATCH, 3)]


def test_a_cut_camt_file_is_refused_wherever_it_is_cut() -> None:
    whole = camt(camt_entry("120.00", "F2026-000001"), opening="0.00", closing="120.00").rstrip()
    for end in range(1, len(whole)):
        assert isinstance(read_statement(whole[:end], TODAY), Unreadable), end


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (camt_entry("12.345", "x"), FaultCode.AMOUNT_UNREADABLE),
        (camt_entry("1e3", "x"), FaultCode.AMOUNT_UNREADABLE),
        (camt_entry("-5.00", "x"), FaultCode.AMOUNT_UNREADABLE),
        (camt_entry("0.00", "x"), FaultCode.AMOUNT_ABSURD),
        (camt_entry("999999999.00", "x"), FaultCode.AMOUNT_ABSURD),
        (camt_entry("5.00", "x", currency="USD"), FaultCode.CURRENCY_FOREIGN),
        (camt_entry("5.00", "x", side="BOTH"), FaultCode.SIDE_UNKNOWN),
        (camt_entry("5.00", "x", day="2026-02-30"), FaultCode.DATE_IMPOSSIBLE),
        (camt_entry("5.00", "x", day="1999-12-31"), FaultCode.DATE_IMPOSSIBLE),
        (camt_entry("5.00", "x", day="2026-11-24"), FaultCode.DATE_FUTURE),
    ],
)
def test_one_impossible_entry_refuses_the_whole_file_by_its_line(entry: str, code: FaultCode) -> None:
    assert faults(camt(camt_entry("1.00", "good", reference="OK"), entry)) == [(code, 20)]


def test_xml_that_declares_a_document_type_is_refused() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>'
    )
    assert faults(bomb) == [(FaultCode.XML_UNSAFE, 1)]


def test_other_xml_is_no_statement() -> None:
    assert faults(b"<html xmlns='http://www.w3.org/1999/xhtml'/>") == [(FaultCode.FORMAT_UNKNOWN, 1)]
    assert faults(camt().replace(b"camt.053", b"camt.052"))[0][0] is FaultCode.FORMAT_UNKNOWN


def test_a_statement_without_entries_is_empty() -> None:
    assert faults(camt()) == [(FaultCode.EMPTY, 0)]
    assert faults(b"") == faults(b" \r\n ") == [(FaultCode.EMPTY, 0)]


# ---- CSV -------------------------------------------------------------------------------

ROWS = ("20/11/2026;Virement d'Atelier Lumière – F2026-000001;1 234,56;EUR", "21/11/2026;Frais;-12,00;EUR")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_french_csv_is_read_in_every_encoding(encoding: str) -> None:
    first, second = entries(csv_file(ROWS).encode(encoding))
    assert (first.amount_minor, first.booked_on) == (1234_56, date(2026, 11, 20))
    assert first.text == "Virement d'Atelier Lumière – F2026-000001"
    assert (second.amount_minor, second.line) == (-12_00, 6)


def test_an_english_csv_with_commas_is_read() -> None:
    text = 'Booking date,Amount,Description\n2026-11-20,"1,234.56",Invoice F2026-000001\n'
    assert [e.amount_minor for e in entries(text.encode())] == [1234_56]


def test_two_columns_for_debit_and_credit() -> None:
    text = "Date;Libellé;Débit euros;Crédit euros\n20/11/2026;frais;12,00;\n20/11/2026;virement;;120,00\n"
    assert [e.amount_minor for e in entries(text.encode())] == [-12_00, 120_00]
    both = "Date;Libellé;Débit;Crédit\n20/11/2026;x;12,00;12,00\n"
    assert faults(both.encode()) == [(FaultCode.AMOUNT_UNREADABLE, 2)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("20/11/2026;x;120", FaultCode.COLUMN_COUNT),
        ("20/11/2026;x;120,00;EUR;more", FaultCode.COLUMN_COUNT),
        ("31/02/2026;x;120,00;EUR", FaultCode.DATE_IMPOSSIBLE),
        ("20/11/2026;x;douze;EUR", FaultCode.AMOUNT_UNREADABLE),
        ("20/11/2026;x;1,234;EUR", FaultCode.AMOUNT_UNREADABLE),
        ("20/11/2026;x;0,00;EUR", FaultCode.AMOUNT_ABSURD),
        ("20/11/2026;x;120,00;CHF", FaultCode.CURRENCY_FOREIGN),
        ("24/11/2026;x;120,00;EUR", FaultCode.DATE_FUTURE),
    ],
)
def test_one_impossible_row_refuses_the_whole_csv_by_its_line(row: str, code: FaultCode) -> None:
    assert faults(csv_file([ROWS[0], row]).encode()) == [(code, 6)]


def test_a_csv_that_ends_inside_a_quote_is_cut_short() -> None:
    text = csv_file(["20/11/2026;\"Virement de l'Ate"])
    assert faults(text.rstrip().encode())[0][0] is FaultCode.QUOTES_OPEN


def test_what_is_no_statement_at_all_is_refused() -> None:
    assert faults(b"a;b;c\n1;2;3\n") == [(FaultCode.COLUMNS_UNKNOWN, 0)]
    assert faults(b"\x89PNG\r\n\x1a\n\x00\x00")[0][0] is FaultCode.FORMAT_UNKNOWN
    assert faults(csv_file(ROWS).encode("cp1252") + b"\x81\x8d\n")[0][0] is FaultCode.ENCODING
    assert faults(b"x" * (MAX_STATEMENT_BYTES + 1)) == [(FaultCode.TOO_LARGE, 0)]


def test_faults_are_told_together_up_to_a_limit() -> None:
    rows = [f"20/11/2026;x;{n} euros;EUR" for n in range(MAX_FAULTS + 5)]
    assert len(faults(csv_file(rows).encode())) == MAX_FAULTS


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("120", 120_00),
        ("120,5", 120_50),
        ("1 234,56", 1234_56),
        ("1\u202f234,56\u00a0€", 1234_56),
        ("1.234,56", 1234_56),
        ("1,234.56", 1234_56),
        ("+12.00", 12_00),
        ("\u221212,00", -12_00),
        ("12,00-", -12_00),
        ("1.234", None),
        ("1,23,4", None),
        ("12,345", None),
        ("", None),
        ("٣", None),
    ],
)
def test_amounts_in_both_notations_and_never_by_guess(text: str, minor: int | None) -> None:
    assert parse_bank_amount(text) == minor


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("20.11.26", date(2026, 11, 20)),
        ("11/20/2026", None),
        ("2026-02-29", None),
        ("hier", None),
    ],
)
def test_days_as_banks_write_them(text: str, day: date | None) -> None:
    assert parse_bank_date(text) == day


# ---- the same money --------------------------------------------------------------------


def test_the_banks_reference_names_a_booking_in_every_file() -> None:
    first = entries(camt(camt_entry("120.00", "a"), camt_entry("120.00", "b", reference="REF-2")))
    again = entries(camt(camt_entry("120.00", "told differently", reference="REF-2")))
    assert again[0].fingerprint == first[1].fingerprint
    assert len(entries(camt(camt_entry("120.00", "a"), camt_entry("120.00", "a")))) == 1


def test_equal_transfers_without_a_reference_are_two() -> None:
    row = "20/11/2026;Virement Atelier;120,00;EUR"
    once, twice = entries(csv_file([row]).encode()), entries(csv_file([row, row]).encode())
    assert len(twice) == 2
    assert once[0].fingerprint == twice[0].fingerprint != twice[1].fingerprint


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(data: bytes) -> None:
    assert isinstance(read_statement(data, TODAY), Statement | Unreadable)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_single_changed_byte_breaks_the_reader(data: st.DataObject) -> None:
    whole = bytearray(camt(camt_entry("120.00", "F2026-000001")))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_statement(bytes(whole), TODAY), Statement | Unreadable)
