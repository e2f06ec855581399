"""What an operator's day begins with: how many contracts are in which state, and what waits for a person.

Counted by the database over projections and queues; no journal is folded for it.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.checkouts import CheckoutState
from webvisio_billing.application.contracts import Billing
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.standing import ENDS_SOON, Urgency
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.tables import half_year
from webvisio_billing.storage import checkouts, outbox, registry, standings, statements, stuck
from webvisio_billing.storage.standings import Shown
from webvisio_billing.storage.stuck import StuckContract
from webvisio_entitlements.clock import Clock

TIMEZONE: Final = "Europe/Paris"
"""Of the operator's day."""
MAX_URGENT_SHOWN: Final = 50
MAX_STUCK_SHOWN: Final = 50


class Overview(msgspec.Struct, frozen=True):
    """The counts of one instant; `running` are the contracts in force that nothing suspends."""

    now: datetime
    running: int
    suspended: int
    upcoming: int
    drafts: int
    over: int
    due_today: int
    """Contracts on which something falls due until midnight: a renewal, an invoice, a reminder."""
    next_due_at: datetime | None
    queued_entries: int
    mismatched_checkouts: int
    dead_messages: int
    waiting_messages: int
    stuck: int
    longest_stuck: tuple[StuckContract, ...]
    """Those that have waited longest, at most `MAX_STUCK_SHOWN`."""
    urgent: tuple[tuple[Urgency, Shown], ...]
    """Who needs the operator, most pressing first, at most `MAX_URGENT_SHOWN`."""
    more_urgent: int
    has_customers: bool
    rateless: str = ""
    """The half-year of today where somebody is overdue in it and its legal rate is not known; empty otherwise."""


def overview(billing: Billing, clock: Clock) -> Overview:
    """Count everything in one look, on the worker's thread."""
    now = clock.now()
    counted = billing.look(lambda session: _counted(session, now))
    today = local_day(now, TIMEZONE)
    is_late = any(one.standing.overdue_minor(today) for _, one in counted.urgent)
    is_rateless = is_late and billing.decisions.tables.legal_rate(today) is None
    return msgspec.structs.replace(counted, rateless=half_year(today) if is_rateless else "")


def _counted(session: Session, now: datetime) -> Overview:
    midnight = datetime.combine(
        local_day(now, TIMEZONE) + timedelta(days=1), datetime.min.time(), ZoneInfo(TIMEZONE)
    )
    by_state = standings.count_by_state(session)
    free = {lifecycle: by_state.get((lifecycle, False), 0) for lifecycle in Lifecycle}
    held = {lifecycle: by_state.get((lifecycle, True), 0) for lifecycle in Lifecycle}
    urgent, more_urgent = standings.urgent(session, now, ENDS_SOON, MAX_URGENT_SHOWN)
    return Overview(
        now=now,
        running=free[Lifecycle.ACTIVE] + free[Lifecycle.ENDING],
        suspended=sum(held[lifecycle] for lifecycle in Lifecycle if lifecycle.is_live),
        upcoming=free[Lifecycle.ACCEPTED],
        drafts=free[Lifecycle.DRAFT] + held[Lifecycle.DRAFT],
        over=sum(free[lifecycle] + held[lifecycle] for lifecycle in (Lifecycle.ENDED, Lifecycle.CLOSED)),
        due_today=registry.count_due(session, midnight),
        next_due_at=registry.next_due_at(session),
        queued_entries=statements.count(session, statements.QUEUED),
        mismatched_checkouts=checkouts.count(session, CheckoutState.MISMATCH),
        dead_messages=outbox.count(session, outbox.State.DEAD),
        waiting_messages=outbox.count(session, outbox.State.WAITING),
        stuck=stuck.count(session),
        longest_stuck=tuple(stuck.longest(session, MAX_STUCK_SHOWN)),
        urgent=tuple(urgent),
        more_urgent=more_urgent,
        has_customers=registry.has_customers(session),
    )
