"""Reads the statements that French banks export as CSV.

Encodings UTF-8 (with or without mark), UTF-16 with mark, and Windows-1252;
separators `;`, `,` or tab; the columns are found by their headings, below up to
twenty lines of preamble; amounts as French banks write them ("1 234,56") or
as English software does ("1,234.56"), in one column or in two for debit and
credit. A row that is cut short, or a quote left open, refuses the file.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from webvisio_billing.payments.statements import (
    MAX_ENTRIES,
    Entry,
    Fault,
    FaultCode,
    Faults,
    FaultyFile,
    Statement,
    check_entry,
    clean_iban,
    clean_text,
    with_fingerprints,
)

KIND: Final = "csv"
MAX_PREAMBLE_ROWS: Final = 20
_DELIMITERS: Final = (";", ",", "\t")

_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": (
        "date",
        "date operation",
        "date de l operation",
        "date d operation",
        "date comptable",
        "date de comptabilisation",
        "dateop",
        "booking date",
        "transaction date",
    ),
    "amount": ("montant", "montant eur", "montant en euros", "amount", "amount eur"),
    "debit": ("debit", "debit eur", "debit euros", "montant debit"),
    "credit": ("credit", "credit eur", "credit euros", "montant credit"),
    "text": (
        "libelle",
        "libelle operation",
        "libelle de l operation",
        "libelle complementaire",
        "informations complementaires",
        "communication",
        "motif",
        "description",
        "label",
        "details",
        "remittance information",
    ),
    "counterparty": ("contrepartie", "nom contrepartie", "tiers", "emetteur", "nom", "name", "payer"),
    "iban": ("iban", "iban contrepartie", "compte contrepartie", "counterparty iban", "iban emetteur"),
    "currency": ("devise", "currency"),
    "reference": ("reference", "reference banque", "reference operation", "ref", "transaction id"),
}
_KIND_OF_HEADING: Final = {heading: kind for kind, headings in _HEADINGS.items() for heading in headings}
_FRENCH = re.compile(r"(\d+|\d{1,3}(?:[ .']\d{3})+)(?:,(\d{1,2}))?", re.ASCII)
_ENGLISH = re.compile(r"(\d+|\d{1,3}(?:,\d{3})+)\.(\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_csv(data: bytes, today: date, currency: str) -> Statement:
    """Read a file; raises `FaultyFile`."""
    rows = _rows(_decode(data))
    start, columns = _heading(rows)
    faults = Faults()
    width = len(rows[start][1])
    entries: list[Entry] = []
    for line, cells in rows[start + 1 :]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            faults.add(FaultCode.COLUMN_COUNT, line, f"{len(cells)}/{width}")
            continue
        entry = _entry(line, cells, columns, currency, faults)
        if entry is None:
            continue
        check_entry(entry, today, currency, faults)
        entries.append(entry)
        if len(entries) > MAX_ENTRIES:
            raise FaultyFile(Fault(FaultCode.TOO_MANY_ENTRIES, line))
    faults.stop()
    return Statement(KIND, with_fingerprints(entries))


def parse_bank_amount(text: str) -> int | None:
    """Read an amount in either notation as minor units; None where it is none, or might be two.

    "1,234" and "1.234" alone may be a thousand or a rounding of somebody's: refused.
    """
    plain = re.sub(r"[\u00a0\u202f\u2009]", " ", text).replace("€", "").replace("EUR", "").strip()
    sign = -1 if plain.startswith(("-", "\u2212")) or plain.endswith("-") else 1
    plain = plain.strip("+-\u2212 ")
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", plain):
        return None
    match = _ENGLISH.fullmatch(plain) or _FRENCH.fullmatch(plain)
    if match is None or len(plain) > 20:
        return None
    units, cents = re.sub(r"\D", "", match[1]), (match[2] or "0").ljust(2, "0")
    return sign * (int(units) * 100 + int(cents))


def parse_bank_date(text: str) -> date | None:
    """Read "31/12/2026", "31.12.26" or "2026-12-31"; None where there is no such day."""
    text = text.strip()
    try:
        if _YEAR_FIRST.fullmatch(text):
            return date.fromisoformat(text)
        if match := _DAY_FIRST.fullmatch(text):
            year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            return date(year, int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


def _decode(data: bytes) -> str:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        if b"\x00" in data:
            raise FaultyFile(Fault(FaultCode.FORMAT_UNKNOWN))
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FaultyFile(Fault(FaultCode.ENCODING, line)) from error


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Split the text by the separator under which a heading is found."""
    broken: Fault | None = None
    for delimiter in _DELIMITERS:
        rows: list[tuple[int, list[str]]] = []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            rows.extend((reader.line_num, cells) for cells in reader)
        except csv.Error:
            broken = broken or Fault(FaultCode.QUOTES_OPEN, reader.line_num)
            if _find_heading(rows) is not None:
                raise FaultyFile(Fault(FaultCode.QUOTES_OPEN, reader.line_num)) from None
            continue
        if _find_heading(rows) is not None:
            return rows
    raise FaultyFile(broken or Fault(FaultCode.COLUMNS_UNKNOWN))


def _find_heading(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, dict[str, list[int]]] | None:
    for index, (_, cells) in enumerate(rows[:MAX_PREAMBLE_ROWS]):
        columns: dict[str, list[int]] = {}
        for place, cell in enumerate(cells):
            if kind := _KIND_OF_HEADING.get(_plain(cell)):
                columns.setdefault(kind, []).append(place)
        if "date" in columns and ("amount" in columns or "credit" in columns):
            return index, columns
    return None


def _heading(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, dict[str, list[int]]]:
    found = _find_heading(rows)
    assert found is not None, "`_rows` returns only rows with a heading"
    return found


def _plain(heading: str) -> str:
    letters = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def _entry(
    line: int, cells: Sequence[str], columns: Mapping[str, list[int]], currency: str, faults: Faults
) -> Entry | None:
    def cell(kind: str) -> str:
        return " ".join(cells[place].strip() for place in columns.get(kind, ()) if cells[place].strip())

    date_text = cells[columns["date"][0]]
    booked_on = parse_bank_date(date_text)
    if booked_on is None:
        faults.add(FaultCode.DATE_IMPOSSIBLE, line, date_text)
    amount_text = cell("amount")
    amount_minor = parse_bank_amount(amount_text) if "amount" in columns else None
    if "amount" not in columns:
        debit, credit = cell("debit"), cell("credit")
        amount_text = credit or debit
        amount_minor = parse_bank_amount(amount_text)
        if amount_minor is not None and not credit:
            amount_minor = -abs(amount_minor)
        if debit and credit and parse_bank_amount(debit) and parse_bank_amount(credit):
            amount_minor = None  # a booking is on one side of the account
    if amount_minor is None:
        faults.add(FaultCode.AMOUNT_UNREADABLE, line, amount_text)
    if booked_on is None or amount_minor is None:
        return None
    return Entry(
        line=line,
        booked_on=booked_on,
        amount_minor=amount_minor,
        currency=cell("currency").upper() or currency,
        counterparty=clean_text(cell("counterparty")),
        iban=clean_iban(cell("iban")),
        text=clean_text(cell("text")),
        bank_reference=clean_text(cell("reference"))[:70],
    )
