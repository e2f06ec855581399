"""The end of the data and of the file (clause 8.2).

Nothing is deleted before the customer's choice, or before a deadline that the
operator set and journalled. The certificate holds the hash of what was
returned, or the list of what was destroyed. A contract closes when that is
done and nothing is owed either way.

The archive is the customer's to take from the contract's end, once they chose
return, until the disposal is certified. What is held is destroyed after the
choice of destruction, or after it was taken or certified as returned; that
certifies the disposal where nothing did before.
"""

import re
from datetime import datetime

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    ChooseDisposal,
    Close,
    CompleteDisposal,
    Disposal,
    RecordDataTaken,
    RecordDestruction,
    SetDisposalDeadline,
)
from webvisio_billing.domain.events import (
    ContractClosed,
    DataDestroyed,
    DataTaken,
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


def may_take(contract: Contract) -> DomainRefusal | None:
    """Say why the customer may not have the archive now; None when they may."""
    if contract.lifecycle is Lifecycle.CLOSED:
        return refuse(DomainCode.CONTRACT_CLOSED)
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if contract.data_destroyed_at is not None:
        return refuse(DomainCode.DATA_ALREADY_DESTROYED)
    if contract.is_disposal_complete:
        return refuse(DomainCode.DISPOSAL_ALREADY_COMPLETE)
    if contract.disposal_choice is None:
        return refuse(DomainCode.DISPOSAL_NOT_CHOSEN)
    if contract.disposal_choice is Disposal.DESTROY:
        return refuse(DomainCode.DATA_TO_BE_DESTROYED)
    return None


def take(contract: Contract, command: RecordDataTaken, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Record that the customer has the archive; the same one is recorded once."""
    refusal = may_take(contract)
    if refusal is not None:
        return refusal
    if _SHA256.fullmatch(command.sha256) is None:
        return refuse(DomainCode.CERTIFICATE_INCOMPLETE)
    if command.sha256 == contract.taken_sha256:
        return ()
    return (DataTaken(at=now, actor=command.actor, sha256=command.sha256),)


def destroy(
    contract: Contract, command: RecordDestruction, now: datetime
) -> tuple[Event, ...] | DomainRefusal:
    """Record the destruction, and certify with it the disposal that was not certified before."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if contract.data_destroyed_at is not None:
        return refuse(DomainCode.DATA_ALREADY_DESTROYED)
    choice = contract.disposal_choice
    if choice is None:
        return refuse(DomainCode.DISPOSAL_NOT_CHOSEN)
    if choice is Disposal.RETURN and not contract.taken_sha256 and not contract.is_disposal_complete:
        return refuse(DomainCode.DATA_NOT_TAKEN)
    if not command.destroyed:
        return refuse(DomainCode.CERTIFICATE_INCOMPLETE)
    destroyed = DataDestroyed(at=now, actor=command.actor, destroyed=command.destroyed)
    if contract.is_disposal_complete:
        return (destroyed,)
    certificate = DisposalCompleted(
        at=now,
        choice=choice,
        actor=command.actor,
        returned_sha256=contract.taken_sha256 if choice is Disposal.RETURN else "",
        destroyed=command.destroyed,
    )
    return (destroyed, certificate)


def close(contract: Contract, command: Close, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Close an ended contract whose data is disposed of and whose balance is zero."""
    if contract.lifecycle is not Lifecycle.ENDED:
        return refuse(DomainCode.CONTRACT_NOT_ENDED)
    if not contract.is_disposal_complete:
        return refuse(DomainCode.DISPOSAL_PENDING)
    if contract.balance_minor != 0:
        return refuse(DomainCode.BALANCE_OPEN, balance=format_amount(contract.balance_minor))
    return (ContractClosed(at=now, actor=command.actor),)
