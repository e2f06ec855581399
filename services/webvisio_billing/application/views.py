"""What the pages and the JSON API show of contracts: facts, not yet words."""

from datetime import datetime

import msgspec

from webvisio_billing.domain.blocks import suspension_allowed_at
from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.standing import ENDS_SOON, Urgency
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.storage.journal import Recorded
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_entitlements.access import Access, Open, decide
from webvisio_protocol.entitlements import ContractAccess


class ContractView(msgspec.Struct, frozen=True):
    """One contract with its customer, as of `now`; `sequence` is that of its newest event."""

    contract: Contract
    customer: CustomerRecord
    access: ContractAccess
    sequence: int
    now: datetime

    @property
    def door(self) -> Access:
        """Whether the doors are open now, and until when, or why not."""
        return decide(self.access, self.now)

    @property
    def is_open(self) -> bool:
        return isinstance(self.door, Open)

    @property
    def overdue_minor(self) -> int:
        """What is owed past its due date, without claimed charges."""
        today = local_day(self.now, self.contract.timezone)
        late = (i for i in self.contract.invoices if i.due_on < today)
        return sum(max(0, invoice.outstanding_minor) for invoice in late)

    @property
    def suspension_allowed_at(self) -> datetime | None:
        """When clause 6.4 first allows to suspend for what is owed; None while nothing is."""
        owed = (i for i in self.contract.invoices if i.outstanding_minor > 0)
        return min((suspension_allowed_at(self.contract, invoice) for invoice in owed), default=None)

    @property
    def ticket_due_at(self) -> datetime | None:
        """When the first anomaly must be acknowledged (clause 4.4); None while none waits."""
        waiting = (t for t in self.contract.tickets if not t.is_closed and t.acknowledged_at is None)
        return min((t.ack_due_at for t in waiting if t.ack_due_at is not None), default=None)

    @property
    def urgency(self) -> Urgency:
        """Say who needs the operator today, and for what."""
        contract = self.contract
        ends_at = contract.ends_at
        if contract.blocks and contract.lifecycle.is_live:
            return Urgency.SUSPENDED
        if self.overdue_minor:
            return Urgency.OVERDUE
        if self.ticket_due_at is not None:
            return Urgency.TICKET
        if contract.lifecycle is Lifecycle.ENDING and ends_at is not None and ends_at - self.now <= ENDS_SOON:
            return Urgency.ENDING
        if contract.lifecycle is Lifecycle.DRAFT:
            return Urgency.UNSIGNED
        return Urgency.NONE


def state_of(view: ContractView) -> str:
    """Name a contract's state for its badge: `state_...` in the catalogue."""
    lifecycle = view.contract.lifecycle
    if lifecycle in (Lifecycle.DRAFT, Lifecycle.ACCEPTED, Lifecycle.ENDED, Lifecycle.CLOSED):
        return "suspended" if view.access.blocks and lifecycle is Lifecycle.ACCEPTED else lifecycle.value
    if view.access.blocks:
        return "suspended"
    if not view.is_open:
        return "shut"
    return "ending" if lifecycle is Lifecycle.ENDING else "open"


class ContractFile(msgspec.Struct, frozen=True):
    """A contract with its whole journal, oldest first."""

    view: ContractView
    journal: tuple[Recorded, ...]
