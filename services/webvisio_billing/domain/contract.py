"""The contract: decide, fold, and let time pass.

- `handle` decides a command at `now`: events, or a `DomainRefusal`;
- `advance` says everything that fell due up to `now`, in time order;
- `evolve` folds an event, `fold` many; the journal is the list of events;
- `next_due` says when `advance` would next do something;
- `act` does what a caller wants: advance, handle, advance again;
- `preview` shows the invoice that comes next, before it is issued.

`handle` wants a contract that is advanced to the same `now`. Rates come as an
argument (`tables`), printed numbers at commit time (`numbering`). Decisions
about one contract depend on nothing but these arguments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from webvisio_billing.domain import (
    blocks,
    cases,
    disposal,
    late,
    lifecycle,
    notices,
    ordering,
    payments,
    rooms,
    tickets,
)
from webvisio_billing.domain import commands as asked
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Command
from webvisio_billing.domain.errors import NotAdvanced
from webvisio_billing.domain.events import Event, InvoiceIssued
from webvisio_billing.domain.evolution import evolve
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.tables import KNOWN, Tables

__all__ = ["Acted", "Contract", "act", "advance", "evolve", "fold", "handle", "next_due", "preview"]

MAX_DUES_AT_ONCE = 20_000
"""More steps than this in one `advance` are a defect, not a long absence."""


def fold(contract: Contract | None, events: Iterable[Event]) -> Contract | None:
    """Fold events in order."""
    for event in events:
        contract = evolve(contract, event)
    return contract


def next_due(contract: Contract) -> datetime | None:
    """Tell when something next happens by itself (UTC); None where nothing will."""
    return min((due.at for due in lifecycle.dues(contract)), default=None)


def advance(contract: Contract, now: datetime, tables: Tables = KNOWN) -> tuple[Event, ...]:
    """Let time pass up to and including `now`; each event carries its own instant.

    What was overdue before the contract's last event happens at that event's
    instant. Raises `MissingTaxRate` where an invoice falls due on a day without a rate.
    """
    happened: list[Event] = []
    for _ in range(MAX_DUES_AT_ONCE):
        due = min(lifecycle.dues(contract), default=None)
        if due is None or due.at > now:
            return tuple(happened)
        at = max(due.at, contract.as_of)
        step = lifecycle.fall_due(contract, due, at, tables)
        contract, step = _with_consequences(contract, step, at)
        happened += step
    raise NotAdvanced("the contract has more overdue than can ever fall due")


def handle(
    contract: Contract | None, command: Command, now: datetime, tables: Tables = KNOWN
) -> tuple[Event, ...] | DomainRefusal:
    """Decide a command; raises `NotAdvanced` where something was overdue at `now`."""
    if contract is None:
        if isinstance(command, asked.Order):
            return ordering.order(command, now)
        return refuse(DomainCode.NOT_ORDERED)
    due = next_due(contract)
    if now < contract.as_of or (due is not None and due <= now):
        raise NotAdvanced("advance the contract to the same instant before a command")
    if refusal := _refuse_by_lifecycle(contract, command):
        return refusal
    decided = _decide(contract, command, now, tables)
    if isinstance(decided, DomainRefusal):
        return decided
    return _with_consequences(contract, decided, now)[1]


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of a command: all events in order, what they make, and the refusal if there was one.

    Events of time passing stand even when the command itself is refused.
    """

    events: tuple[Event, ...]
    contract: Contract | None
    refusal: DomainRefusal | None = None


def act(contract: Contract | None, command: Command, now: datetime, tables: Tables = KNOWN) -> Acted:
    """Let time pass to `now`, decide the command, and let what it made due happen at once."""
    before = () if contract is None else advance(contract, now, tables)
    contract = fold(contract, before)
    decided = handle(contract, command, now, tables)
    if isinstance(decided, DomainRefusal):
        return Acted(before, contract, decided)
    contract = fold(contract, decided)
    after = () if contract is None else advance(contract, now, tables)
    return Acted((*before, *decided, *after), fold(contract, after))


def _with_consequences(
    contract: Contract, step: tuple[Event, ...], at: datetime
) -> tuple[Contract, tuple[Event, ...]]:
    """Fold a step and add what follows from it at once.

    Credit settles what is owed (6.1), and a block for non-payment falls when
    nothing justifies it any more (6.4).
    """
    for event in step:
        contract = evolve(contract, event)
    if contract.lifecycle is Lifecycle.CLOSED:
        return contract, step
    allocated = payments.allocate(contract, contract.credit_minor, at)
    for event in allocated:
        contract = evolve(contract, event)
    lifted = blocks.lift_if_unjustified(contract, at)
    for event in lifted:
        contract = evolve(contract, event)
    return contract, (*step, *allocated, *lifted)


def preview(contract: Contract, tables: Tables = KNOWN) -> InvoiceIssued | None:
    """Show the next invoice that will fall due by itself, unnumbered: the pro-forma (6.1).

    It is made by the very code that will issue it, at the rates known now.
    """
    billed = (lifecycle.DueKind.ACTIVATE, lifecycle.DueKind.RENEW, lifecycle.DueKind.START_DAY)
    ends_at = contract.ends_at
    for due in sorted(lifecycle.dues(contract)):
        if due.kind in billed and (ends_at is None or due.at < ends_at):
            step = lifecycle.fall_due(contract, due, max(due.at, contract.as_of), tables)
            return next(event for event in step if isinstance(event, InvoiceIssued))
    return None


_BEFORE_ACCEPTANCE = (
    asked.Accept
    | asked.OrderDay
    | asked.AddRoom
    | asked.RenameRoom
    | asked.RemoveRoom
    | asked.Pay
    | asked.Refund
    | asked.ReversePayment
)
"""What a draft already understands."""

_AFTER_THE_END = (
    asked.Pay
    | asked.Refund
    | asked.ReversePayment
    | asked.ClaimLateCharges
    | asked.CancelInvoice
    | asked.WriteOff
    | asked.LiftBlock
    | asked.CloseTicket
    | asked.ConfirmFraud
    | asked.CloseFraud
    | asked.OpenDispute
    | asked.AttemptAmicably
    | asked.GoToCourt
    | asked.SettleDispute
    | asked.ChooseDisposal
    | asked.SetDisposalDeadline
    | asked.CompleteDisposal
    | asked.RecordDataTaken
    | asked.RecordDestruction
    | asked.BreakGlass
    | asked.Close
)
"""What an ended contract still understands: money, cases, data."""


def _refuse_by_lifecycle(contract: Contract, command: Command) -> DomainRefusal | None:
    if isinstance(command, asked.Order):
        return refuse(DomainCode.ALREADY_ORDERED)
    match contract.lifecycle:
        case Lifecycle.CLOSED:
            return refuse(DomainCode.CONTRACT_CLOSED)
        case Lifecycle.ENDED if not isinstance(command, _AFTER_THE_END):
            assert contract.ended_at is not None
            return refuse(DomainCode.CONTRACT_OVER, contract.timezone, ended_at=contract.ended_at)
        case Lifecycle.DRAFT if not isinstance(command, _BEFORE_ACCEPTANCE):
            return refuse(DomainCode.CONTRACT_NOT_ACCEPTED)
        case _:
            return None


def _decide(
    contract: Contract, command: Command, now: datetime, tables: Tables
) -> tuple[Event, ...] | DomainRefusal:
    match command:
        case asked.Order():
            return refuse(DomainCode.ALREADY_ORDERED)
        case asked.OrderDay():
            return ordering.order_day(contract, command, now)
        case asked.Accept():
            return ordering.accept(contract, command, now, tables)
        case asked.GiveNotice():
            return notices.give_notice(contract, command, now)
        case asked.WithdrawNotice():
            return notices.withdraw_notice(contract, command, now)
        case asked.BreachLetter():
            return notices.receive_breach_letter(contract, command, now)
        case asked.Close():
            return disposal.close(contract, command, now)
        case asked.OpenBlock():
            return blocks.open_block(contract, command, now)
        case asked.LiftBlock():
            return blocks.lift_block(contract, command, now)
        case asked.AddRoom():
            return rooms.add_room(contract, command, now, tables)
        case asked.RenameRoom():
            return rooms.rename_room(contract, command, now)
        case asked.RemoveRoom():
            return rooms.remove_room(contract, command, now)
        case asked.OrderService():
            return rooms.order_service(contract, command, now, tables)
        case asked.EndService():
            return rooms.end_service(contract, command, now)
        case asked.Pay():
            return payments.pay(contract, command, now)
        case asked.Refund():
            return payments.refund(contract, command, now)
        case asked.ReversePayment():
            return payments.reverse(contract, command, now)
        case asked.ClaimLateCharges():
            return late.claim(contract, command, now, tables)
        case asked.CancelInvoice():
            return payments.cancel_invoice(contract, command, now)
        case asked.WriteOff():
            return payments.write_off(contract, command, now)
        case asked.ReportTicket():
            return tickets.report(contract, command, now)
        case asked.AcknowledgeTicket():
            return tickets.acknowledge(contract, command, now)
        case asked.AskForTests():
            return tickets.ask_for_tests(contract, command, now)
        case asked.ReportTests():
            return tickets.report_tests(contract, command, now)
        case asked.CloseTicket():
            return tickets.close(contract, command, now)
        case asked.ReportFraud():
            return cases.report_fraud(contract, command, now)
        case asked.ConfirmFraud():
            return cases.confirm_fraud(contract, command, now)
        case asked.CloseFraud():
            return cases.close_fraud(contract, command, now)
        case asked.OpenDispute():
            return cases.open_dispute(contract, command, now)
        case asked.AttemptAmicably():
            return cases.attempt_amicably(contract, command, now)
        case asked.GoToCourt():
            return cases.go_to_court(contract, command, now)
        case asked.SettleDispute():
            return cases.settle_dispute(contract, command, now)
        case asked.ChooseDisposal():
            return disposal.choose(contract, command, now)
        case asked.SetDisposalDeadline():
            return disposal.set_deadline(contract, command, now)
        case asked.CompleteDisposal():
            return disposal.complete(contract, command, now)
        case asked.RecordDataTaken():
            return disposal.take(contract, command, now)
        case asked.RecordDestruction():
            return disposal.destroy(contract, command, now)
        case asked.RecordDelivery():
            return cases.record_delivery(contract, command, now)
        case asked.BreakGlass():
            return cases.break_glass(contract, command, now)
        case _:
            assert_never(command)
