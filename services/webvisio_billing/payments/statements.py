"""What a bank statement says, whatever its format, and why one is refused.

Invariant: a statement is read as a whole or not at all. Each entry has a
`fingerprint` that is the same in every file that tells the same booking, so
overlapping files never count money twice (clause 6.3).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

MAX_STATEMENT_BYTES: Final = 3 * 1024 * 1024
MAX_ENTRIES: Final = 10_000
MAX_FAULTS: Final = 20
"""Faults told at once; the file is refused from the first."""
MAX_TEXT_CHARACTERS: Final = 500
"""Of a remittance text or a name; longer ones are cut for keeping, never refused."""
MAX_ENTRY_MINOR: Final = 10_000_000_00
"""Ten million euros on one line of a training platform's account is a reading mistake."""
EARLIEST: Final = date(2000, 1, 1)
_NO_REFERENCE: Final = frozenset({"", "NONREF", "NOTPROVIDED", "NOTAVAILABLE", "N/A"})


class FaultCode(StrEnum):
    """Why a statement cannot be read; worded in `web`."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_ENTRIES = "too_many_entries"
    ENCODING = "encoding"
    FORMAT_UNKNOWN = "format_unknown"
    XML_BROKEN = "xml_broken"
    XML_UNSAFE = "xml_unsafe"
    FIELD_MISSING = "field_missing"
    COLUMNS_UNKNOWN = "columns_unknown"
    COLUMN_COUNT = "column_count"
    QUOTES_OPEN = "quotes_open"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_FUTURE = "date_future"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_ABSURD = "amount_absurd"
    CURRENCY_FOREIGN = "currency_foreign"
    SIDE_UNKNOWN = "side_unknown"
    BALANCE_MISMATCH = "balance_mismatch"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong on a line (from 1; 0 is the file as a whole); `text` is what stands there."""

    code: FaultCode
    line: int = 0
    text: str = ""


class Unreadable(msgspec.Struct, frozen=True):
    """A statement that is refused as a whole; at most `MAX_FAULTS` reasons, in order of line."""

    faults: tuple[Fault, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One booking: money in where positive, out where negative, in minor units of the account's currency.

    `account` and `bank_reference` are empty where the file does not tell them.
    """

    line: int
    booked_on: date
    amount_minor: int
    currency: str
    account: str = ""
    counterparty: str = ""
    iban: str = ""
    text: str = ""
    bank_reference: str = ""
    fingerprint: str = ""


class Statement(msgspec.Struct, frozen=True):
    """A file that was read; `kind` names its format."""

    kind: str
    entries: tuple[Entry, ...]


class FaultyFile(Exception):  # noqa: N818 - an outcome with a name of its own
    """Ends reading at once; carries its faults up to `reading.read_statement`."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].code)
        self.faults = faults


class Faults:
    """Collects faults while reading goes on, so that the operator sees several at once."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, code: FaultCode, line: int, text: str = "") -> None:
        """Note a fault; raises `FaultyFile` once there are enough."""
        self._found.append(Fault(code, line, text[:80]))
        if len(self._found) >= MAX_FAULTS:
            self.stop()

    def stop(self) -> None:
        """Raise `FaultyFile` if there is a fault."""
        if self._found:
            raise FaultyFile(*self._found)


def clean_iban(text: str) -> str:
    """Write an IBAN, or another account's number, in capitals, without spaces and what cannot be printed."""
    return "".join(c for c in text if c.isprintable() and not c.isspace()).upper()[:34]


def clean_text(text: str) -> str:
    """Make one line of a text and cut it to what is kept."""
    shown = "".join(" " if not character.isprintable() else character for character in text)
    return " ".join(shown.split())[:MAX_TEXT_CHARACTERS]


def check_entry(entry: Entry, today: date, currency: str, faults: Faults) -> None:
    """Refuse what no statement of this account can say."""
    if entry.currency != currency:
        faults.add(FaultCode.CURRENCY_FOREIGN, entry.line, entry.currency)
    if entry.booked_on < EARLIEST:
        faults.add(FaultCode.DATE_IMPOSSIBLE, entry.line, entry.booked_on.isoformat())
    if entry.booked_on > today:
        faults.add(FaultCode.DATE_FUTURE, entry.line, entry.booked_on.isoformat())
    if entry.amount_minor == 0 or abs(entry.amount_minor) > MAX_ENTRY_MINOR:
        faults.add(FaultCode.AMOUNT_ABSURD, entry.line, str(entry.amount_minor / 100))


def with_fingerprints(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Give each entry the hash that names its booking.

    The bank's own reference names it where there is one, and one that is told
    twice counts once. Without it, equal bookings of a day are numbered in the
    order of the file: two equal transfers are two, in each file that holds the day.
    """
    seen: Counter[str] = Counter()
    named: dict[str, Entry] = {}
    for entry in entries:
        own = [entry.account, entry.booked_on.isoformat(), str(entry.amount_minor), entry.currency]
        if entry.bank_reference.upper() not in _NO_REFERENCE:
            fingerprint = _hash("reference", *own, entry.bank_reference)
        else:
            told = _hash("text", *own, entry.counterparty, entry.iban, entry.text)
            seen[told] += 1
            fingerprint = _hash(told, str(seen[told]))
        named.setdefault(fingerprint, replace(entry, fingerprint=fingerprint))
    return tuple(named.values())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
