"""A commercial document as it is issued: who, what, how much. Pure, and complete without any table.

Invariant: amounts are those of the domain's event, in minor units; nothing
is reckoned here but how a line's price is said. What is printed and what the
XML says come from the same value.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from webvisio_billing.documents.parties import Buyer, SellerIdentity


class Kind(StrEnum):
    """What a document is; `PRO_FORMA` is never issued and has no number."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    DEBIT_NOTE = "debit_note"
    PRO_FORMA = "pro_forma"


class Layout(StrEnum):
    """In which language a document speaks; French alone, or with English beside it."""

    FRENCH = "fr"
    BILINGUAL = "fr-en"


class Unit(StrEnum):
    """Units of UN/ECE Recommendation 20."""

    PIECE = "C62"
    DAY = "DAY"
    MONTH = "MON"


class VatCategory(StrEnum):
    """Categories of UNTDID 5305 that occur here."""

    STANDARD = "S"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    """Exempt here, owed by a business of another member state (art. 283-2 CGI)."""
    OUTSIDE = "O"
    """Outside the scope of VAT: late charges."""


class Said(msgspec.Struct, frozen=True):
    """A text in French and in English."""

    fr: str
    en: str


class Span(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both included."""

    first: date
    last: date


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`quantity` x `unit_minor` is always exactly `net_minor`."""

    name: Said
    detail: Said | None = None
    quantity: int
    unit: Unit
    unit_minor: int
    net_minor: int
    vat: VatCategory
    rate: Decimal
    span: Span | None = None


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """The VAT of one category and rate."""

    vat: VatCategory
    rate: Decimal
    net_minor: int
    tax_minor: int
    reason: str = ""
    """Why none is due, with its legal reference."""


class Earlier(msgspec.Struct, frozen=True):
    """An earlier document that this one refers to."""

    number: str
    issued_on: date


class LateTerms(msgspec.Struct, frozen=True):
    """What the document says of late payment (L441-10, D441-5; clause 6.4)."""

    points: Decimal
    floor_multiple: Decimal | None
    """Times the legal rate, where that floor holds."""
    recovery_minor: int
    """Zero where no indemnity is owed."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document, whole. Totals are positive on a credit note too: its kind turns them round."""

    kind: Kind
    number: str
    """Empty on a pro-forma."""
    issued_on: date
    due_on: date | None
    """None on a credit note."""
    supplied_on: date
    """The day of the supply, or the first day of the period (242 nonies A, I, 10°)."""
    seller: SellerIdentity
    buyer: Buyer
    contract: str
    layout: Layout
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    prepaid_minor: int = 0
    currency: str
    span: Span | None = None
    earlier: Earlier | None = None
    """What a note is about; on an invoice, the cancelled one that it stands in for."""
    late: LateTerms

    @property
    def payable_minor(self) -> int:
        """What is left to pay; on a credit note, what is given back or set off."""
        return self.gross_minor - self.prepaid_minor

    @property
    def is_paid(self) -> bool:
        """Whether the customer's credit had settled it when it was issued."""
        return self.kind is Kind.INVOICE and self.gross_minor > 0 and self.payable_minor == 0
