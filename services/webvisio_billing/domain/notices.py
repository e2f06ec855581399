"""Notices, their withdrawal, and breach letters (clauses 3 and 8.1; L215-1 C. conso.).

A notice received at or before term - 7 days (wall clock) ends the contract at
that term; a later one is kept and binds the next. A consumer's ends it at
once. A breach letter ends it a week after receipt, or earlier where a notice
already does. The earliest ending decides.
"""

from datetime import date, datetime

from webvisio_billing.domain import periods
from webvisio_billing.domain.clauses import is_cited
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import BreachLetter, GiveNotice, Precision, WithdrawNotice
from webvisio_billing.domain.events import (
    BreachLetterReceived,
    ContractContinues,
    ContractEnding,
    EndCause,
    Event,
    NoticeReceived,
    NoticeWithdrawn,
)
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.terms import CustomerKind, Formula, Party

NOTICES = (EndCause.NOTICE, EndCause.CONSUMER_NOTICE, EndCause.UNJUSTIFIED_EXIT)
"""Endings that a party may take back."""


def give_notice(contract: Contract, command: GiveNotice, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Record a notice and the term that it binds."""
    if contract.formula is Formula.DAY:
        return refuse(DomainCode.NO_RENEWAL)
    if _notice_of(contract, command.by):
        return refuse(DomainCode.NOTICE_ALREADY_GIVEN)
    if contract.customer.kind is CustomerKind.CONSUMER and command.by is Party.CUSTOMER:
        return _ending(
            contract,
            now,
            NoticeReceived(at=now, by=command.by, cause=EndCause.CONSUMER_NOTICE, ends_at=now, is_late=False),
        )
    return _notice(contract, command.by, EndCause.NOTICE, now)


def withdraw_notice(
    contract: Contract, command: WithdrawNotice, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Take a party's notice back; the contract goes on if nothing else ends it."""
    if not _notice_of(contract, command.by):
        return refuse(DomainCode.NO_NOTICE)
    if not command.is_agreed:
        return refuse(DomainCode.AGREEMENT_REQUIRED)
    others = [e for e in contract.endings if e.by is not command.by or e.cause not in NOTICES]
    ends_at = min((ending.ends_at for ending in others), default=None)
    withdrawn = NoticeWithdrawn(at=now, by=command.by)
    if ends_at is None:
        return (withdrawn, ContractContinues(at=now))
    if ends_at != contract.ends_at:
        return (withdrawn, ContractEnding(at=now, ends_at=ends_at))
    return (withdrawn,)


def receive_breach_letter(
    contract: Contract, command: BreachLetter, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Record a breach letter; refused without its reference and the clauses breached."""
    if not command.registered_ref.strip():
        return refuse(DomainCode.REGISTERED_REF_REQUIRED)
    if not command.clauses:
        return refuse(DomainCode.CLAUSES_REQUIRED)
    for clause in command.clauses:
        if not is_cited(clause):
            return refuse(DomainCode.CLAUSE_UNKNOWN, cited=clause)
    if not command.is_justified:
        return _exit_without_cause(contract, command, now)
    ends_at = breach_ends_at(contract, now, command.precision)
    letter = BreachLetterReceived(
        at=now,
        by=command.by,
        clauses=command.clauses,
        registered_ref=command.registered_ref,
        precision=command.precision,
        ends_at=ends_at,
    )
    return _ending(contract, now, letter)


def breach_ends_at(contract: Contract, received: datetime, precision: Precision) -> datetime:
    """Reckon the end of the week after receipt (8.1).

    A receipt known by its date only counts to the end of the seventh day.
    """
    days = contract.terms.breach_letter_days
    if precision is Precision.INSTANT:
        return periods.wall_clock_later(received, days, contract.timezone)
    received_on = periods.local_day(received, contract.timezone)
    return periods.midnight(date.fromordinal(received_on.toordinal() + days + 1), contract.timezone)


def notice_term(contract: Contract, received: datetime) -> date:
    """Find the first term that a notice received then still binds (clause 3)."""
    today = periods.local_day(received, contract.timezone)
    index = max(0, contract.period_index, periods.month_index(contract.anchor, today))
    while True:
        term = periods.month_period(contract.anchor, index).end
        if received <= periods.notice_deadline(term, contract.terms.notice_days, contract.timezone):
            return term
        index += 1


def _notice(
    contract: Contract, by: Party, cause: EndCause, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    term = notice_term(contract, now)
    is_late = term != contract.next_term
    if is_late and not contract.terms.is_late_notice_kept:
        return late_notice(contract, now)
    ends_at = periods.midnight(term, contract.timezone)
    return _ending(
        contract, now, NoticeReceived(at=now, by=by, cause=cause, ends_at=ends_at, is_late=is_late)
    )


def late_notice(contract: Contract, received: datetime) -> DomainRefusal:
    """Say that a notice is too late for the term at hand: refused, or told with the one it binds."""
    today = periods.local_day(received, contract.timezone)
    index = max(0, contract.period_index, periods.month_index(contract.anchor, today))
    term = periods.month_period(contract.anchor, index).end
    return refuse(
        DomainCode.NOTICE_LATE,
        contract.timezone,
        term=term,
        deadline=periods.notice_deadline(term, contract.terms.notice_days, contract.timezone),
        next_term=periods.month_period(contract.anchor, index + 1).end,
    )


def _exit_without_cause(
    contract: Contract, command: BreachLetter, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """An exit without a breach counts as a notice: all is owed to expiry (8.1)."""
    if contract.formula is Formula.DAY:
        return refuse(DomainCode.NO_RENEWAL)
    if _notice_of(contract, command.by):
        return refuse(DomainCode.NOTICE_ALREADY_GIVEN)
    return _notice(contract, command.by, EndCause.UNJUSTIFIED_EXIT, now)


def _ending(
    contract: Contract, now: datetime, received: NoticeReceived | BreachLetterReceived
) -> tuple[Event, ...]:
    if contract.ends_at is None or received.ends_at < contract.ends_at:
        return (received, ContractEnding(at=now, ends_at=received.ends_at))
    return (received,)


def _notice_of(contract: Contract, party: Party) -> bool:
    return any(ending.by is party and ending.cause in NOTICES for ending in contract.endings)
