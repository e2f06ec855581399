"""Plays a scenario: moves the clock, asks the domain, numbers the documents.

Time passes as in the service's run: whatever falls due next, in whichever
contract, happens first, so that printed numbers are in the order of time.
Nothing is decided here.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from webvisio_billing.domain import commands as ask
from webvisio_billing.domain import contract as life
from webvisio_billing.domain import late, notices, numbering, periods
from webvisio_billing.domain.access import contract_access
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Command
from webvisio_billing.domain.events import Event, NoticeReceived, PaymentAllocated
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.liability import liability_cap
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.numbering import Series
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract, Invoice
from webvisio_billing.domain.terms import Formula
from webvisio_billing.simulate import output
from webvisio_billing.simulate import steps as do
from webvisio_billing.simulate.output import Json
from webvisio_billing.simulate.scenario import Scenario
from webvisio_billing.simulate.steps import Step
from webvisio_entitlements.access import EntitlementCopy, Open, decide
from webvisio_protocol.entitlements import EntitlementSnapshot, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId
from webvisio_protocol.refusals import Refusal
from webvisio_protocol.signalling import Locale

CUSTOMER = CustomerId("customer")
CUSTOMER_NAME = "Exemple SARL"
"""Whom the refusals speak of; a scenario names no customer."""

FIRST_ROOM = RoomId("room-1")

Result = dict[str, Json]


def play(scenario: Scenario, locale: Locale) -> Iterator[Result]:
    """Yield one answer a step, in order, as the output format fixes it."""
    player = _Player(scenario, locale)
    for step in scenario.steps:
        yield player.take(step)


@dataclass(frozen=True, slots=True)
class _Target:
    """A contract and one of its invoices, found by number or by default."""

    index: int
    invoice: Invoice


class _Player:
    def __init__(self, scenario: Scenario, locale: Locale) -> None:
        self._scenario = scenario
        self._settings = scenario.settings
        self._locale = locale
        self._contracts: list[Contract] = []
        self._counters: dict[Series, int] = dict(scenario.settings.counters)
        self._payments: dict[PaymentKey, int] = {}
        self._written_keys = {
            step.action.key for step in scenario.steps if isinstance(step.action, do.PayStep | do.RefundStep)
        }
        self._happened: list[tuple[int, Event]] = []
        self._dues: list[tuple[datetime, int]] = []
        """A heap of when something next happens in which contract; entries that time overtook stay in it."""

    def take(self, step: Step) -> Result:
        """Let time pass to a step, do it, and answer."""
        self._happened = []
        self._let_time_pass(step.at)
        outcome = self._do(step)
        answer: Result = {
            "scenario": self._scenario.name,
            "step": step.number,
            "at": output.instant(step.at, self._settings.timezone),
            "do": step.do.value,
        }
        if isinstance(outcome, DomainRefusal | Refusal):
            answer |= {"ok": False, "refused": output.refusal(outcome, self._locale)}
        else:
            answer |= {"ok": True, "result": outcome}
        answer["events"] = [output.event(event, self._contracts[i]) for i, event in self._happened]
        return answer

    # ---- time and commands -------------------------------------------------------------

    def _let_time_pass(self, now: datetime) -> None:
        while self._dues and self._dues[0][0] <= now:
            due_at, index = heapq.heappop(self._dues)
            contract = self._contracts[index]
            if due_at == life.next_due(contract):
                due_at = max(due_at, contract.as_of)
                self._record(index, life.advance(contract, due_at, self._settings.tables))

    def _ask(self, index: int, command: Command, now: datetime) -> DomainRefusal | None:
        """Put a command to a contract; a new one is added where `index` is one past the last."""
        known = self._contracts[index] if index < len(self._contracts) else None
        acted = life.act(known, command, now, self._settings.tables)
        self._record(index, acted.events)
        return acted.refusal

    def _record(self, index: int, events: tuple[Event, ...]) -> None:
        stamped, self._counters = numbering.stamp(events, self._counters)
        known = self._contracts[index] if index < len(self._contracts) else None
        changed = life.fold(known, stamped)
        if changed is not None:
            self._contracts[index : index + 1] = [changed]
            if due_at := life.next_due(changed):
                heapq.heappush(self._dues, (due_at, index))
        self._happened += [(index, event) for event in stamped]

    # ---- steps -------------------------------------------------------------------------

    def _do(self, step: Step) -> Result | DomainRefusal | Refusal:
        match step.action:
            case do.OrderStep():
                return self._order(step.action, step)
            case do.AdvanceStep():
                return {}
            case do.MayJoinStep():
                return self._may_join(step.action, step)
            case do.PayStep():
                return self._pay(step.action, step)
            case do.ClaimLateChargesStep() | do.InterestDueStep() | do.CancelInvoiceStep():
                return self._about_invoice(step.action, step)
            case do.SuspendStep() | do.LiftStep():
                return self._block(step.action, step)
            case _:
                return self._on_contract(step.action, step)

    def _on_contract(self, action: do.Action, step: Step) -> Result | DomainRefusal:
        index = self._index(step)
        if index is None:
            return refuse(DomainCode.NOT_ORDERED)

        def asked(command: Command, worded: Callable[[Contract], Result]) -> Result | DomainRefusal:
            return self._ask(index, command, step.at) or worded(self._contracts[index])

        match action:
            case do.AcceptStep():
                accepted = ask.Accept(
                    channel=action.channel,
                    terms_sha256=self._settings.terms.sha256,
                    locale=self._locale,
                    actor=CUSTOMER,
                )
                return asked(accepted, self._lifecycle)
            case do.NoticeStep():
                return asked(ask.GiveNotice(by=action.by), self._ending)
            case do.WithdrawNoticeStep():
                withdrawn = ask.WithdrawNotice(by=action.by, is_agreed=action.is_agreed)
                return asked(withdrawn, self._ending)
            case do.BreachLetterStep():
                return asked(_breach_letter(action, step), self._ending)
            case do.RefundStep():
                refunded = ask.Refund(
                    key=self._key(action, step),
                    amount_minor=action.amount_minor,
                    method=action.method,
                )
                return asked(refunded, self._balance)
            case do.ReportTicketStep():
                return asked(ask.ReportTicket(severity=action.severity), self._ticket)
            case do.ChooseDisposalStep():
                return asked(
                    ask.ChooseDisposal(choice=action.choice), lambda _: {"choice": action.choice.value}
                )
            case do.CompleteDisposalStep():
                completed = ask.CompleteDisposal(
                    actor=do.OPERATOR, returned_sha256=action.returned_sha256, destroyed=action.destroyed
                )
                return asked(completed, self._lifecycle)
            case do.WriteOffStep():
                return asked(ask.WriteOff(reason=action.reason, actor=do.OPERATOR), self._balance)
            case do.CloseStep():
                return asked(ask.Close(actor=do.OPERATOR), self._lifecycle)
            case do.AddRoomStep():
                return asked(ask.AddRoom(room_id=action.room, name=action.room), self._rooms)
            case do.RemoveRoomStep():
                return asked(ask.RemoveRoom(room_id=action.room), self._rooms)
            case do.OrderServiceStep():
                return asked(ask.OrderService(extra=action.extra), self._balance)
            case do.LiabilityCapStep():
                return {"cap": format_amount(liability_cap(self._contracts[index]))}
            case do.StatusStep():
                return self._status(self._contracts[index], step.at)
            case (
                do.OrderStep()
                | do.AdvanceStep()
                | do.MayJoinStep()
                | do.PayStep()
                | do.ClaimLateChargesStep()
                | do.InterestDueStep()
                | do.CancelInvoiceStep()
                | do.SuspendStep()
                | do.LiftStep()
            ):
                raise AssertionError("answered by _do")
            case _:
                assert_never(action)

    def _order(self, action: do.OrderStep, step: Step) -> Result | DomainRefusal:
        """Order a contract, or one more day of the contract of day passes that is not over."""
        effective = action.effective or periods.local_day(step.at, self._settings.timezone)
        index = self._index(step)
        if index is not None and action.formula is Formula.DAY and self._takes_days(self._contracts[index]):
            more = ask.OrderDay(day=effective, has_setup=action.has_setup, extras=action.extras)
            return self._ask(index, more, step.at) or self._ordered(index, effective.isoformat())
        index = len(self._contracts)
        rooms = action.rooms or (FIRST_ROOM,)
        order = ask.Order(
            contract_id=ContractId(f"contract-{index + 1}"),
            customer_id=CUSTOMER,
            formula=action.formula,
            effective=effective,
            timezone=self._settings.timezone,
            customer=self._scenario.customer,
            has_setup=action.has_setup,
            extras=action.extras,
            rooms=tuple(RentedRoom(room, room) for room in rooms),
            prices=self._settings.prices,
            terms=self._settings.terms,
        )
        return self._ask(index, order, step.at) or self._ordered(index, effective.isoformat())

    def _pay(self, action: do.PayStep, step: Step) -> Result | DomainRefusal:
        key = self._key(action, step)
        ref: DocumentRef | None = None
        index = self._payments.get(key)
        if index is None:
            if action.invoice is not None:
                target = self._invoice(action.invoice)
                if target is None:
                    return refuse(DomainCode.INVOICE_UNKNOWN)
                index, ref = target.index, target.invoice.ref
            else:
                oldest = self._oldest_due(step)
                index = self._index(step) if oldest is None else oldest.index
        if index is None:
            return refuse(DomainCode.NOT_ORDERED)
        payment = ask.Pay(
            key=key,
            amount_minor=action.amount_minor,
            method=action.method,
            currency=action.currency,
            invoice=ref,
        )
        before = len(self._happened)
        if refused := self._ask(index, payment, step.at):
            return refused
        self._payments[key] = index
        contract = self._contracts[index]
        allocated: list[Json] = [
            {
                "document": contract.document_number(event.document),
                "part": event.part.value,
                "amount": format_amount(event.amount_minor),
            }
            for _, event in self._happened[before:]
            if isinstance(event, PaymentAllocated)
        ]
        return {"allocated": allocated, **self._balance(contract)}

    def _about_invoice(
        self,
        action: do.ClaimLateChargesStep | do.InterestDueStep | do.CancelInvoiceStep,
        step: Step,
    ) -> Result | DomainRefusal:
        target = self._invoice(action.invoice) if action.invoice is not None else self._oldest_due(step)
        if target is None:
            return refuse(DomainCode.INVOICE_UNKNOWN if self._contracts else DomainCode.NOT_ORDERED)
        ref = target.invoice.ref
        match action:
            case do.InterestDueStep():
                return self._interest_due(target, step.at)
            case do.ClaimLateChargesStep():
                if refused := self._ask(target.index, ask.ClaimLateCharges(invoice=ref), step.at):
                    return refused
                note = self._contracts[target.index].debit_notes[-1]
                return {
                    "number": note.number,
                    "interest": format_amount(note.interest_minor),
                    "recovery": format_amount(note.recovery_minor),
                }
            case do.CancelInvoiceStep():
                cancelled = ask.CancelInvoice(invoice=ref, is_reissued=action.is_reissued, actor=do.OPERATOR)
                if refused := self._ask(target.index, cancelled, step.at):
                    return refused
                contract = self._contracts[target.index]
                replacement = contract.invoices[-1].number if action.is_reissued else None
                return {"credit_note": contract.credit_note_numbers[-1], "replacement": replacement}

    def _interest_due(self, target: _Target, now: datetime) -> Result | DomainRefusal:
        contract = self._contracts[target.index]
        today = periods.local_day(now, contract.timezone)
        charges = late.late_charges(contract, target.invoice, today, self._settings.tables)
        if isinstance(charges, DomainRefusal):
            return charges
        return {
            "interest": format_amount(charges.interest_minor),
            "recovery": format_amount(charges.recovery_minor),
        }

    def _block(self, action: do.SuspendStep | do.LiftStep, step: Step) -> Result | DomainRefusal:
        """Suspend or lift; an invoice that is named tells the contract."""
        index, ref = self._index(step), None
        if action.invoice is not None:
            target = self._invoice(action.invoice)
            if target is None:
                return refuse(DomainCode.INVOICE_UNKNOWN)
            index, ref = target.index, target.invoice.ref
        if index is None:
            return refuse(DomainCode.NOT_ORDERED)
        command: Command
        if isinstance(action, do.LiftStep):
            command = ask.LiftBlock(reason=action.reason, by=action.by, actor=action.actor)
        else:
            command = ask.OpenBlock(
                reason=action.reason, actor=action.actor, evidence=action.evidence, invoice=ref
            )
        return self._ask(index, command, step.at) or self._blocks(self._contracts[index])

    def _may_join(self, action: do.MayJoinStep, step: Step) -> Result | Refusal:
        """Ask what the hub and the rooms ask, of a copy such as theirs."""
        copy = EntitlementCopy()
        published = tuple(contract_access(c, CUSTOMER_NAME, step.at) for c in self._contracts)
        copy.apply(EntitlementSnapshot(version=1, contracts=published))
        index = self._index(step)
        rooms = self._contracts[index].rooms if index is not None else ()
        room = action.room or (rooms[0].room_id if rooms else FIRST_ROOM)
        access = copy.room_access(room, step.at)
        if isinstance(access, Refusal):
            return access
        return {"open": True}

    def _key(self, action: do.PayStep | do.RefundStep, step: Step) -> PaymentKey:
        """Take the key that a step names, or one that no other step names."""
        key = action.key or f"{step.do}-{step.number}"
        while action.key is None and key in self._written_keys:
            key += "'"
        return PaymentKey(key)

    # ---- finding -----------------------------------------------------------------------

    def _index(self, step: Step) -> int | None:
        """Find the contract a step is about: the one it names, or the latest."""
        if step.contract is not None:
            return step.contract - 1 if step.contract <= len(self._contracts) else None
        return len(self._contracts) - 1 if self._contracts else None

    def _invoice(self, number: str) -> _Target | None:
        for index, contract in enumerate(self._contracts):
            invoice = contract.invoice_numbered(number)
            if invoice is not None:
                return _Target(index, invoice)
        return None

    def _oldest_due(self, step: Step) -> _Target | None:
        """Find the invoice that fell due first and is unpaid; else the latest one issued."""
        issued = [
            _Target(index, invoice)
            for index, contract in enumerate(self._contracts)
            if step.contract in (None, index + 1)
            for invoice in contract.invoices
        ]
        unpaid = [target for target in issued if target.invoice.outstanding_minor > 0]
        if unpaid:
            return min(unpaid, key=lambda target: target.invoice.due_on)
        return max(issued, key=lambda target: target.invoice.issued_on, default=None)

    def _takes_days(self, contract: Contract) -> bool:
        return contract.formula is Formula.DAY and contract.ended_at is None

    # ---- answers -----------------------------------------------------------------------

    def _ordered(self, index: int, effective: str) -> Result:
        return {"contract": index + 1, "effective": effective}

    def _lifecycle(self, contract: Contract) -> Result:
        return {"lifecycle": contract.lifecycle.value}

    def _ending(self, contract: Contract) -> Result:
        result: Result = {"ends_at": self._optional(contract.ends_at)}
        latest = next((e for _, e in reversed(self._happened) if isinstance(e, NoticeReceived)), None)
        if latest is not None and latest.is_late:
            result["late"] = output.refusal(notices.late_notice(contract, latest.at), self._locale)
        return result

    def _balance(self, contract: Contract) -> Result:
        return {
            "balance": format_amount(contract.balance_minor),
            "credit": format_amount(contract.credit_minor),
        }

    def _blocks(self, contract: Contract) -> Result:
        return {"open_blocks": [block.reason.value for block in contract.blocks]}

    def _rooms(self, contract: Contract) -> Result:
        return {"rooms": [room.room_id for room in contract.rooms]}

    def _ticket(self, contract: Contract) -> Result:
        return {"ack_due_at": self._optional(contract.tickets[-1].ack_due_at)}

    def _status(self, contract: Contract, now: datetime) -> Result:
        access = decide(contract_access(contract, CUSTOMER_NAME, now), now)
        return {
            "lifecycle": contract.lifecycle.value,
            "access": "open" if isinstance(access, Open) else "closed",
            "open_until": self._optional(access.until if isinstance(access, Open) else None),
            "ends_at": self._optional(contract.ended_at or contract.ends_at),
            "current_period": output.period(contract.period if contract.lifecycle.is_running else None),
            **self._blocks(contract),
            **self._balance(contract),
        }

    def _optional(self, at: datetime | None) -> Json:
        return None if at is None else output.instant(at, self._settings.timezone)


def _breach_letter(action: do.BreachLetterStep, step: Step) -> ask.BreachLetter:
    """A receipt written as a date only is known by its date only."""
    by_writing = ask.Precision.DATE if step.is_date else ask.Precision.INSTANT
    return ask.BreachLetter(
        by=action.by,
        clauses=action.clauses,
        registered_ref=action.registered_ref,
        precision=action.precision or by_writing,
        is_justified=action.is_justified,
    )
