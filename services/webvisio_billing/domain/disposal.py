"""The end of the data and of the file (clause 8.2).

Nothing is deleted before the customer's choice, or before a deadline that the
operator set and journalled. The certificate holds the hash of what was
returned, or the list of what was destroyed. A contract closes when that is
done and nothing is owed either way.
"""

import re
from datetime import datetime

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    ChooseDisposal,
    Close,
    CompleteDisposal,
    Disposal,
    SetDisposalDeadline,
)
from webvisio_billing.domain.events import (
    ContractClosed,
    DisposalChosen,
    DisposalCompleted,
    DisposalDeadlineSet,
    Event,
)
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.terms import Party

_SHA256 = re.compile(r"[0-9a-f]{64}")


def choose(contract: Contract, command: ChooseDisposal, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Record the customer's choice, once the end is known; it may change until it is carried out."""
    if contract.lifecycle not in (Lifecycle.ENDING, Lifecycle.ENDED):
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if contract.is_disposal_complete:
        return refuse(DomainCode.DISPOSAL_ALREADY_COMPLETE)
    return (DisposalChosen(at=now, choice=command.choice, by=Party.CUSTOMER),)


def set_deadline(
    contract: Contract, command: SetDisposalDeadline, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Set the day from which the operator may destroy without a choice."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if contract.disposal_choice is not None:
        return refuse(DomainCode.DISPOSAL_ALREADY_CHOSEN)
    if not command.actor.strip() or command.deadline <= now:
        return refuse(DomainCode.DEADLINE_INVALID)
    return (DisposalDeadlineSet(at=now, deadline=command.deadline, actor=command.actor),)


def complete(
    contract: Contract, command: CompleteDisposal, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Certify the disposal that was chosen."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if contract.is_disposal_complete:
        return refuse(DomainCode.DISPOSAL_ALREADY_COMPLETE)
    choice = contract.disposal_choice
    if choice is None:
        return refuse(DomainCode.DISPOSAL_NOT_CHOSEN)
    is_certified = (
        _SHA256.fullmatch(command.returned_sha256) is not None
        if choice is Disposal.RETURN
        else bool(command.destroyed)
    )
    if not is_certified:
        return refuse(DomainCode.CERTIFICATE_INCOMPLETE)
    return (
        DisposalCompleted(
            at=now,
            choice=choice,
            actor=command.actor,
            returned_sha256=command.returned_sha256,
            destroyed=command.destroyed,
        ),
    )


def close(contract: Contract, command: Close, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Close an ended contract whose data is disposed of and whose balance is zero."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if not contract.is_disposal_complete:
        return refuse(DomainCode.DISPOSAL_PENDING)
    if contract.balance_minor != 0:
        return refuse(DomainCode.BALANCE_OPEN, balance=format_amount(contract.balance_minor))
    return (ContractClosed(at=now, actor=command.actor),)
