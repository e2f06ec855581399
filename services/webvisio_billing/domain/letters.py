"""What the customer is told in writing, and when (clauses 3, 5.4, 5.5, 6.1, 6.4, 8.1, 8.2).

A letter is a fact, not yet words: its kind, what it is about, and a key that
is the same however often it is reckoned, so that nobody is told twice. Some
follow from an event; reminders wait for a day before or after a due date. Of
an absence only the latest reminder of each invoice is sent, never a pile.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from webvisio_billing.domain import blocks, periods
from webvisio_billing.domain import events as happened
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.state import Contract, Invoice

REMINDER_HOUR: Final = 8
"""Reminders go out at this hour of the contract's wall clock."""
STALE_DAYS: Final = 30
"""A reminder that nobody sent for this long is not sent any more."""


class LetterKind(StrEnum):
    """What a letter says."""

    INVOICE_ISSUED = "invoice_issued"
    CREDIT_NOTE_ISSUED = "credit_note_issued"
    LATE_CHARGES_CLAIMED = "late_charges_claimed"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_REFUNDED = "payment_refunded"
    PAYMENT_REVERSED = "payment_reversed"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    NOTICE_ACKNOWLEDGED = "notice_acknowledged"
    NOTICE_WITHDRAWN = "notice_withdrawn"
    BREACH_LETTER_ACKNOWLEDGED = "breach_letter_acknowledged"
    SUSPENDED = "suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    CONTRACT_ENDED = "contract_ended"


class LetterFacts(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a letter's words need; amounts in minor units, days on the contract's wall clock."""

    timezone: str
    number: str = ""
    """Of the document that the letter is about and carries."""
    about: str = ""
    """Of the invoice that the document refers to."""
    amount_minor: int = 0
    currency: str = "EUR"
    day: date | None = None
    due_on: date | None = None
    ends_at: datetime | None = None
    suspension_on: date | None = None
    reason: str = ""
    party: str = ""
    is_late: bool = False


class Letter(msgspec.Struct, frozen=True, gc=False):
    """A letter to be sent once; `key` is unique over all contracts."""

    key: str
    kind: LetterKind
    facts: LetterFacts


class ReminderPolicy(msgspec.Struct, frozen=True, gc=False):
    """On which days before and after a due date the customer is reminded."""

    days_before: tuple[int, ...] = (5,)
    days_after: tuple[int, ...] = (3, 8, 13)


def letter_of(event: Event, sequence: int, after: Contract) -> Letter | None:
    """Write the letter that follows from an event; None where none does."""
    told = _told(event, after)
    if told is None:
        return None
    kind, facts = told
    return Letter(f"{after.contract_id}:{sequence}", kind, facts)


def reminders(contract: Contract, now: datetime, policy: ReminderPolicy) -> Iterator[Letter]:
    """List the reminders whose time has come: at most one for each debt, the latest."""
    for invoice in _owed(contract):
        passed = [d for d in policy.days_after if _morning_after(invoice.due_on, d, contract.timezone) <= now]
        latest = max(passed, default=None)
        if latest is not None and now < _morning_after(
            invoice.due_on, latest + STALE_DAYS, contract.timezone
        ):
            key = f"{contract.contract_id}:{invoice.ref}:+{latest}"
            yield Letter(key, LetterKind.OVERDUE, _overdue(contract, invoice))
    term = _renewal(contract)
    if term is None or now >= periods.midnight(term, contract.timezone):
        return
    due = [d for d in policy.days_before if _morning_after(term, -d, contract.timezone) <= now]
    if due:
        key = f"{contract.contract_id}:{term.isoformat()}:-{min(due)}"
        facts = LetterFacts(timezone=contract.timezone, due_on=term, currency=contract.prices.currency)
        yield Letter(key, LetterKind.DUE_SOON, facts)


def next_reminder(contract: Contract, now: datetime, policy: ReminderPolicy) -> datetime | None:
    """Tell when a reminder is next to be sent, after `now`."""
    mornings = [
        _morning_after(invoice.due_on, days, contract.timezone)
        for invoice in _owed(contract)
        for days in policy.days_after
    ]
    term = _renewal(contract)
    if term is not None:
        mornings += (_morning_after(term, -days, contract.timezone) for days in policy.days_before)
    return min((morning for morning in mornings if morning > now), default=None)


def _owed(contract: Contract) -> list[Invoice]:
    return [i for i in contract.invoices if i.outstanding_minor > 0 and not i.is_cancelled]


def _renewal(contract: Contract) -> date | None:
    """Tell on which day the contract will renew itself, as far as is known."""
    term = contract.next_term
    if term is None or not contract.lifecycle.is_running:
        return None
    ends_at = contract.ends_at
    if ends_at is not None and ends_at <= periods.midnight(term, contract.timezone):
        return None
    return term


def _overdue(contract: Contract, invoice: Invoice) -> LetterFacts:
    allowed_at = blocks.suspension_allowed_at(contract, invoice)
    return LetterFacts(
        timezone=contract.timezone,
        number=invoice.number,
        amount_minor=invoice.outstanding_minor,
        currency=invoice.currency,
        due_on=invoice.due_on,
        suspension_on=periods.local_day(allowed_at, contract.timezone),
    )


@lru_cache(maxsize=65_536)
def _morning_after(day: date, days: int, timezone: str) -> datetime:
    """Give the instant at which reminders go out `days` after a day, or before it."""
    morning = datetime.combine(day + timedelta(days=days), time(REMINDER_HOUR), ZoneInfo(timezone))
    return morning.astimezone(UTC)


def _told(event: Event, after: Contract) -> tuple[LetterKind, LetterFacts] | None:
    timezone = after.timezone
    match event:
        case happened.InvoiceIssued():
            return LetterKind.INVOICE_ISSUED, LetterFacts(
                timezone=timezone,
                number=event.number,
                amount_minor=event.gross_minor,
                currency=event.currency,
                due_on=event.due_on,
            )
        case happened.CreditNoteIssued():
            return LetterKind.CREDIT_NOTE_ISSUED, LetterFacts(
                timezone=timezone,
                number=event.number,
                about=after.document_number(event.invoice),
                amount_minor=event.gross_minor,
                currency=event.currency,
            )
        case happened.LateChargeClaimed():
            return LetterKind.LATE_CHARGES_CLAIMED, LetterFacts(
                timezone=timezone,
                number=event.number,
                about=after.document_number(event.invoice),
                amount_minor=event.interest_minor + event.recovery_minor,
                currency=event.currency,
            )
        case happened.PaymentReceived():
            day = periods.local_day(event.at, timezone)
            return LetterKind.PAYMENT_RECEIVED, LetterFacts(
                timezone=timezone, amount_minor=event.amount_minor, currency=event.currency, day=day
            )
        case happened.PaymentRefunded():
            day = periods.local_day(event.at, timezone)
            return LetterKind.PAYMENT_REFUNDED, LetterFacts(
                timezone=timezone, amount_minor=event.amount_minor, day=day
            )
        case happened.PaymentReversed():
            day = periods.local_day(event.at, timezone)
            return LetterKind.PAYMENT_REVERSED, LetterFacts(
                timezone=timezone, amount_minor=event.amount_minor, day=day
            )
        case happened.NoticeReceived():
            return LetterKind.NOTICE_ACKNOWLEDGED, LetterFacts(
                timezone=timezone,
                party=event.by.value,
                day=periods.local_day(event.at, timezone),
                ends_at=event.ends_at,
                is_late=event.is_late,
            )
        case happened.NoticeWithdrawn():
            return LetterKind.NOTICE_WITHDRAWN, LetterFacts(
                timezone=timezone, party=event.by.value, ends_at=after.ends_at
            )
        case happened.BreachLetterReceived():
            return LetterKind.BREACH_LETTER_ACKNOWLEDGED, LetterFacts(
                timezone=timezone,
                party=event.by.value,
                day=periods.local_day(event.at, timezone),
                ends_at=event.ends_at,
                reason=", ".join(event.clauses),
            )
        case happened.BlockOpened():
            about = after.document_number(event.invoice) if event.invoice is not None else ""
            return LetterKind.SUSPENDED, LetterFacts(
                timezone=timezone, reason=event.reason.value, about=about
            )
        case happened.BlockLifted():
            return LetterKind.SUSPENSION_LIFTED, LetterFacts(timezone=timezone, reason=event.reason.value)
        case happened.ContractEnded():
            return LetterKind.CONTRACT_ENDED, LetterFacts(timezone=timezone, ends_at=event.at)
        case _:
            return None
