"""Double entry: what each event of money books, on the French chart of accounts.

Every event's entries sum to zero, so does any journal's. An entry is never
edited: a correction is another event, which books the opposite. Late charges
are outside VAT; money received is owed to the customer (4191) until it
settles something.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from webvisio_billing.domain.commands import Method
from webvisio_billing.domain.events import (
    CreditNoteIssued,
    DebtWrittenOff,
    Event,
    InvoiceIssued,
    LateChargeClaimed,
    PaymentAllocated,
    PaymentReceived,
    PaymentRefunded,
    PaymentReleased,
    PaymentReversed,
)


class Account(StrEnum):
    """Accounts of the plan comptable général that the domain books on."""

    CUSTOMERS = "411"
    CUSTOMERS_ADVANCES = "4191"
    VAT_COLLECTED = "44571"
    CHEQUES = "5112"
    BANK = "512"
    PAYPAL = "5171"
    OTHER_MEANS = "5118"
    SERVICES_SOLD = "706"
    RECOVERY_INDEMNITIES = "7588"
    LATE_INTEREST = "7631"
    BAD_DEBTS = "654"


class Posting(msgspec.Struct, frozen=True, gc=False):
    """One line of a booking: a debit where positive, a credit where negative, in minor units."""

    account: Account
    amount_minor: int


_MEANS: dict[Method, Account] = {
    Method.CHEQUE: Account.CHEQUES,
    Method.TRANSFER: Account.BANK,
    Method.PAYPAL: Account.PAYPAL,
    Method.OTHER: Account.OTHER_MEANS,
}


def postings(event: Event) -> tuple[Posting, ...]:
    """Book an event; empty for those that move no money. The amounts sum to zero."""
    booked: tuple[Posting, ...]
    match event:
        case InvoiceIssued():
            booked = (
                Posting(Account.CUSTOMERS, event.gross_minor),
                Posting(Account.SERVICES_SOLD, -event.net_minor),
                Posting(Account.VAT_COLLECTED, -event.tax_minor),
            )
        case CreditNoteIssued():
            booked = (
                Posting(Account.CUSTOMERS, -event.gross_minor),
                Posting(Account.SERVICES_SOLD, event.net_minor),
                Posting(Account.VAT_COLLECTED, event.tax_minor),
            )
        case LateChargeClaimed():
            booked = (
                Posting(Account.CUSTOMERS, event.interest_minor + event.recovery_minor),
                Posting(Account.LATE_INTEREST, -event.interest_minor),
                Posting(Account.RECOVERY_INDEMNITIES, -event.recovery_minor),
            )
        case PaymentReceived():
            booked = _move(_MEANS[event.method], Account.CUSTOMERS_ADVANCES, event.amount_minor)
        case PaymentRefunded() | PaymentReversed():
            booked = _move(Account.CUSTOMERS_ADVANCES, _MEANS[event.method], event.amount_minor)
        case PaymentAllocated():
            booked = _move(Account.CUSTOMERS_ADVANCES, Account.CUSTOMERS, event.amount_minor)
        case PaymentReleased():
            booked = _move(Account.CUSTOMERS, Account.CUSTOMERS_ADVANCES, event.amount_minor)
        case DebtWrittenOff():
            booked = _move(Account.BAD_DEBTS, Account.CUSTOMERS, event.amount_minor)
        case _:
            booked = ()
    return tuple(posting for posting in booked if posting.amount_minor)


def balances(events: Iterable[Event]) -> dict[Account, int]:
    """Sum the postings of `events` by account; debit positive."""
    totals: dict[Account, int] = {}
    for event in events:
        for posting in postings(event):
            totals[posting.account] = totals.get(posting.account, 0) + posting.amount_minor
    return totals


def _move(debited: Account, credited: Account, amount_minor: int) -> tuple[Posting, ...]:
    return Posting(debited, amount_minor), Posting(credited, -amount_minor)
