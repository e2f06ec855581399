"""Entries of the ledger: what an event books, as an accountant keeps it (clauses 6 and 8.1).

`ledger` says which accounts an event moves; here it becomes an entry of one
of three accounting journals, with its day on the contract's wall clock, the
piece that proves it, and the document that it is about, by which debts and
settlements are matched. Entries are numbered without a gap by year and
chained by hash, so that none can be changed, left out or put between.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec

from webvisio_billing.domain import events as happened
from webvisio_billing.domain import periods
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.ledger import Posting, postings
from webvisio_billing.domain.money import EURO
from webvisio_billing.domain.state import Contract
from webvisio_protocol.identifiers import ContractId

ROOT = bytes(32)
"""What the first entry of a year follows."""

_FORMAT = "webvisio-ledger-1"
_encoder = msgspec.json.Encoder()


class AccountingJournal(StrEnum):
    """The journal that an entry stands in, by its usual French code."""

    SALES = "VE"
    BANK = "BQ"
    MISCELLANEOUS = "OD"


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A booking: its postings sum to zero. `about` is the printed number of the document concerned, or empty."""

    contract_id: ContractId
    sequence: int
    journal: AccountingJournal
    booked_on: date
    kind: str
    piece: str
    about: str
    currency: str
    postings: tuple[Posting, ...]


def entry(event: Event, sequence: int, after: Contract) -> Entry | None:
    """Book an event; None where it moves no money. `after` is the contract that has folded it."""
    booked = postings(event)
    if not booked:
        return None
    journal, piece, about = _place(event, after)
    return Entry(
        contract_id=after.contract_id,
        sequence=sequence,
        journal=journal,
        booked_on=periods.local_day(event.at, after.timezone),
        kind=str(event.__struct_config__.tag),
        piece=piece,
        about=about,
        currency=getattr(event, "currency", EURO),
        postings=booked,
    )


def seal(previous: bytes, year: int, ordinal: int, booked: Entry) -> bytes:
    """Hash an entry onto the chain of its year."""
    return hashlib.sha256(previous + _encoder.encode([_FORMAT, year, ordinal, booked])).digest()


def is_balanced(lines: Iterable[Posting]) -> bool:
    """Whether debits and credits are equal."""
    return sum(line.amount_minor for line in lines) == 0


def _place(event: Event, after: Contract) -> tuple[AccountingJournal, str, str]:
    """Tell the journal, the piece and the document of an event that moves money."""

    def number(ref: DocumentRef) -> str:
        return after.document_number(ref)

    match event:
        case happened.InvoiceIssued() | happened.LateChargeClaimed():
            return AccountingJournal.SALES, event.number, event.number
        case happened.CreditNoteIssued():
            return AccountingJournal.SALES, event.number, number(event.invoice)
        case happened.PaymentReceived() | happened.PaymentRefunded() | happened.PaymentReversed():
            return AccountingJournal.BANK, event.key, ""
        case happened.PaymentAllocated() | happened.PaymentReleased() | happened.DebtWrittenOff():
            return AccountingJournal.MISCELLANEOUS, number(event.document), number(event.document)
        case _:
            raise AssertionError("only events of money have postings")
