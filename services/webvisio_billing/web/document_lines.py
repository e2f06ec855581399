"""The documents of a contract, as its page and the account list them: what was issued, and what is left of it."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from webvisio_billing.application.documents import DocumentView
from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.state import Contract


class DocumentLine(msgspec.Struct, frozen=True):
    """One document; a credit note has no due date and nothing outstanding."""

    document: DocumentView
    period: Period | None
    due_on: date | None
    gross_minor: int | None
    outstanding_minor: int | None
    currency: str


def document_lines(
    documents: Iterable[DocumentView], contract: Contract, happened: Sequence[Event]
) -> list[DocumentLine]:
    """Join documents to the amounts of their events, in the order given."""
    grosses: dict[str, int] = {}
    for event in happened:
        match event:
            case InvoiceIssued() | CreditNoteIssued():
                grosses[event.number] = event.gross_minor
            case LateChargeClaimed():
                grosses[event.number] = event.interest_minor + event.recovery_minor
            case _:
                pass
    invoices = {invoice.number: invoice for invoice in contract.invoices}
    left = {note.number: note.interest_open_minor + note.recovery_open_minor for note in contract.debit_notes}
    left |= {number: invoice.outstanding_minor for number, invoice in invoices.items()}
    lines = []
    for document in documents:
        invoice = invoices.get(document.number)
        is_owed = document.number in left
        lines.append(
            DocumentLine(
                document,
                period=invoice.period if invoice else None,
                due_on=invoice.due_on if invoice else document.issued_on if is_owed else None,
                gross_minor=grosses.get(document.number),
                outstanding_minor=left.get(document.number),
                currency=contract.prices.currency,
            )
        )
    return lines
