"""Where a contract stands: the few facts by which lists choose, sort and warn (clauses 3, 4.4, 6.1, 6.4).

Nothing here depends on the hour at which it is looked at. What changes by the
clock alone (a door that shuts, a debt that becomes overdue) is told by its
instant, so that a list can be read at any time without folding a journal.
"""

from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Final

import msgspec

from webvisio_billing.domain import periods
from webvisio_billing.domain.blocks import suspension_allowed_at
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.terms import Formula
from webvisio_protocol.entitlements import ContractAccess, Interval

ENDS_SOON: Final = timedelta(days=7)
"""So long before its end a contract is told to the operator."""


class Urgency(IntEnum):
    """Why a contract needs somebody today, most pressing first; `NONE` needs nobody."""

    SUSPENDED = 0
    OVERDUE = 1
    TICKET = 2
    ENDING = 3
    UNSIGNED = 4
    NONE = 9


class Owed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The principal that is owed of one invoice, in minor units."""

    due_on: date
    amount_minor: int


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Facts about one contract, as of its last event."""

    formula: Formula
    lifecycle: Lifecycle
    is_held: bool
    """Whether a block shuts it."""
    opens_at: datetime | None
    """When the interval at hand begins, or the next; None without any."""
    shuts_at: datetime | None
    ends_at: datetime | None
    balance_minor: int
    owed: tuple[Owed, ...]
    overdue_at: datetime | None
    """When the first debt is, or was, past its due date."""
    suspension_at: datetime | None
    """When clause 6.4 first allows to suspend for what is owed."""
    ticket_due_at: datetime | None
    """When the first anomaly must be acknowledged (clause 4.4)."""

    def overdue_minor(self, today: date) -> int:
        """Tell what is owed past its due date, without claimed charges."""
        return sum(one.amount_minor for one in self.owed if one.due_on < today)


def standing(contract: Contract, access: ContractAccess) -> Standing:
    """Tell where a contract stands that publishes `access`."""
    unpaid = [invoice for invoice in contract.invoices if invoice.outstanding_minor > 0]
    first_due = min((invoice.due_on for invoice in unpaid), default=None)
    waiting = (t for t in contract.tickets if not t.is_closed and t.acknowledged_at is None)
    at_hand = _at_hand(access.intervals, contract.as_of)
    return Standing(
        formula=contract.formula,
        lifecycle=contract.lifecycle,
        is_held=bool(access.blocks),
        opens_at=None if at_hand is None else at_hand.start,
        shuts_at=None if at_hand is None else at_hand.end,
        ends_at=contract.ends_at,
        balance_minor=contract.balance_minor,
        owed=tuple(Owed(invoice.due_on, invoice.outstanding_minor) for invoice in unpaid),
        overdue_at=None
        if first_due is None
        else periods.midnight(first_due + periods.ONE_DAY, contract.timezone),
        suspension_at=min((suspension_allowed_at(contract, invoice) for invoice in unpaid), default=None),
        ticket_due_at=min((t.ack_due_at for t in waiting if t.ack_due_at is not None), default=None),
    )


def _at_hand(intervals: tuple[Interval, ...], as_of: datetime) -> Interval | None:
    """Find the interval that covers an instant or is the next after it; else the last."""
    return next((one for one in intervals if one.end > as_of), intervals[-1] if intervals else None)
