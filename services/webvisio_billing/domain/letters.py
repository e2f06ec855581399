"""What the customer is told in writing, and when (clauses 3, 5.4, 5.5, 6.1, 6.4, 8.1, 8.2).

A letter is a fact, not yet words: its kind, what it is about, and a key that
is the same however often it is reckoned, so that nobody is told twice. Some
follow from an event; reminders wait for a day before or after a due date. Of
an absence only the latest reminder of each invoice is sent, never a pile.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from webvisio_billing.domain import blocks, periods
from webvisio_billing.domain import events as happened
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.terms import Formula

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
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    NOTICE_ACKNOWLEDGED = "notice_acknowledged"
    NOTICE_WITHDRAWN = "notice_withdrawn"
    BREACH_LETTER_ACKNOWLEDGED = "breach_letter_acknowledged"
    SUSPENDED = "suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    CONTRACT_ENDED = "contract_ended"


class LetterFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class Letter(msgspec.Struct, frozen=True):
    """A letter to be sent once; `key` is unique over all contracts."""

    key: str
    kind: LetterKind
    facts: LetterFacts


class ReminderPolicy(msgspec.Struct, frozen=True):
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
    for key, slots in _slots(contract, policy):
        passed = [slot for slot in slots if slot.at <= now]
        if passed and now < passed[-1].until:
            latest = passed[-1]
            yield Letter(f"{contract.contract_id}:{key}:{latest.name}", latest.kind, latest.facts)


def next_reminder(contract: Contract, now: datetime, policy: ReminderPolicy) -> datetime | None:
    """Tell when a reminder is next to be sent, after `now`."""
    coming = (slot.at for _, slots in _slots(contract, policy) for slot in slots if slot.at > now)
    return min(coming, default=None)


class _Slot(msgspec.Struct, frozen=True):
    """One reminder: sent from `at` on, pointless from `until` on."""

    at: datetime
    until: datetime
    name: str
    kind: LetterKind
    facts: LetterFacts


def _slots(contract: Contract, policy: ReminderPolicy) -> Iterator[tuple[str, list[_Slot]]]:
    """List the reminders of each debt, in time order."""
    if contract.lifecycle.is_running:
        yield from _before_renewal(contract, policy)
    for invoice in contract.invoices:
        if invoice.outstanding_minor <= 0 or invoice.is_cancelled:
            continue
        facts = LetterFacts(
            timezone=contract.timezone,
            number=invoice.number,
            amount_minor=invoice.outstanding_minor,
            currency=invoice.currency,
            due_on=invoice.due_on,
            suspension_on=periods.local_day(
                blocks.suspension_allowed_at(contract, invoice), contract.timezone
            ),
        )
        slots = []
        for days in sorted(policy.days_after):
            at = _morning(invoice.due_on + timedelta(days=days), contract.timezone)
            until = at + timedelta(days=STALE_DAYS)
            slots.append(_Slot(at, until, f"+{days}", LetterKind.OVERDUE, facts))
        yield invoice.ref, slots


def _before_renewal(contract: Contract, policy: ReminderPolicy) -> Iterator[tuple[str, list[_Slot]]]:
    term = contract.next_term
    if contract.formula is Formula.DAY or term is None:
        return
    renews_at = periods.midnight(term, contract.timezone)
    if contract.ends_at is not None and contract.ends_at <= renews_at:
        return
    facts = LetterFacts(timezone=contract.timezone, due_on=term, currency=contract.prices.currency)
    slots = [
        _Slot(
            _morning(term - timedelta(days=days), contract.timezone),
            renews_at,
            f"-{days}",
            LetterKind.DUE_SOON,
            facts,
        )
        for days in sorted(policy.days_before, reverse=True)
    ]
    if slots:
        yield term.isoformat(), slots


def _morning(day: date, timezone: str) -> datetime:
    """Give the instant at which reminders of `day` go out."""
    return datetime.combine(day, time(REMINDER_HOUR), ZoneInfo(timezone)).astimezone(UTC)


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
