"""Decisions about contracts inside one transaction: taken on the folded journal, written behind it.

`now` is the clock's, never before the contract's last event: a clock that was
set back must not stop an operator. The rates of a decision are those of the
catalogue as it was last read (`refresh_tables`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.changes import Change, Folded, write
from webvisio_billing.application.folding import FoldedContracts
from webvisio_billing.application.naming import slug
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, conflict, invalid
from webvisio_billing.application.policy import Policy
from webvisio_billing.application.requests import NewRoom
from webvisio_billing.application.views import ContractView
from webvisio_billing.domain import access, contract
from webvisio_billing.domain.commands import AddRoom, Command
from webvisio_billing.domain.contract import Acted, Contract
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.tables import STANDARD_VAT, HalfYear, Tables
from webvisio_billing.storage import catalogue, registry
from webvisio_billing.storage.registry import ContractHead, CustomerRecord, RoomRecord
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId


class Decisions:
    """See the module."""

    def __init__(self, clock: Clock, folded: FoldedContracts, tables: Tables, policy: Policy) -> None:
        self.clock = clock
        self.folded = folded
        self.policy = policy
        self.tables = self._base_tables = tables

    # ---- reading ---------------------------------------------------------------------

    def view(self, session: Session, contract_id: ContractId) -> ContractView | None:
        """Find a contract."""
        head = registry.contract_head(session, contract_id)
        return None if head is None else self.view_for(session, contract_id, owner_of(session, head))

    def views(self, session: Session, customer_id: CustomerId | None = None) -> list[ContractView]:
        """List contracts, of one customer or of all, by identifier."""
        owners = {record.customer_id: record for record in registry.customers(session)}
        heads = registry.contract_heads(session, customer_id)
        return [self.view_for(session, head.contract_id, owners[head.customer_id]) for head in heads]

    def view_for(self, session: Session, contract_id: ContractId, owner: CustomerRecord) -> ContractView:
        """Show a contract that is there."""
        folded = self.folded.load(session, contract_id)
        now = max(self.clock.now(), folded.contract.as_of)
        return view_of(folded.contract, owner, folded.sequence, now)

    def refresh_tables(self, session: Session) -> None:
        """Take the rates that the operator has added to the catalogue; they count from the next decision on."""
        rates = catalogue.rates(session)
        vat = {date.fromisoformat(r.since): Decimal(r.percent) for r in rates if r.kind == catalogue.VAT}
        legal = {HalfYear(r.since): Decimal(r.percent) for r in rates if r.kind == catalogue.LEGAL}
        self.tables = replace(
            self._base_tables,
            vat={**self._base_tables.vat, STANDARD_VAT: {**self._base_tables.vat[STANDARD_VAT], **vat}},
            legal_rates={**self._base_tables.legal_rates, **legal},
        )

    # ---- deciding --------------------------------------------------------------------

    def act(self, before: Contract | None, command: Command, now: datetime) -> Acted:
        """Say what a command does to a contract, by the rates of now; nothing is written."""
        return contract.act(before, command, now, self.tables)

    def execute(
        self,
        session: Session,
        contract_id: ContractId,
        command: Command,
        actor: str,
        seen_sequence: int | None = None,
    ) -> ContractView | Refused:
        """Carry out a command; the refusal, too, is written into the audit.

        `seen_sequence` is what the operator had on screen: when the contract
        has moved on since, nothing is done.
        """
        head = registry.contract_head(session, contract_id, is_to_change=True)
        if head is None:
            return NOT_FOUND
        now = self.clock.now()
        action = str(command.__struct_config__.tag)
        if seen_sequence is not None and seen_sequence != head.sequence:
            return conflict("contract_moved_on")
        owner = owner_of(session, head)
        room: RoomRecord | None = None
        if isinstance(command, AddRoom):
            found = room_to_rent(session, owner, NewRoom(command.name, command.room_id), ())
            if isinstance(found, Problem):
                return found
            room = found
        folded = self.folded.load(session, contract_id)
        now = max(now, folded.contract.as_of)
        acted = self.act(folded.contract, command, now)
        self.save(session, contract_id, owner, folded, acted.events, now)
        if room is not None and acted.refusal is None:
            registry.put_room(session, room, now, actor)
        details = {"command": msgspec.json.encode(command).decode()}
        outcome = "done" if acted.refusal is None else acted.refusal.code.value
        registry.record_action(session, now, actor, action, contract_id, outcome, details)
        return acted.refusal or self.view_for(session, contract_id, owner)

    def save(
        self,
        session: Session,
        contract_id: ContractId,
        owner: CustomerRecord,
        before: Folded | None,
        events: Sequence[Event],
        now: datetime,
    ) -> None:
        """Write what was decided about one contract."""
        (written,) = write(session, [Change(contract_id, owner, before, tuple(events))], now, self.policy)
        self.folded.remember(contract_id, written.folded)

    def republish(self, session: Session, owner: CustomerRecord, now: datetime) -> None:
        """Publish all of a customer's contracts under its new name."""
        changes: list[Change] = []
        for head in registry.contract_heads(session, owner.customer_id):
            registry.contract_head(session, head.contract_id, is_to_change=True)
            folded = self.folded.load(session, head.contract_id)
            changes.append(Change(head.contract_id, owner, folded, ()))
        if changes:
            write(session, changes, now, self.policy)


def owner_of(session: Session, head: ContractHead) -> CustomerRecord:
    """Find whose contract it is."""
    owner = registry.customer(session, head.customer_id)
    assert owner is not None, "a contract has a customer"
    return owner


def view_of(folded: Contract, owner: CustomerRecord, sequence: int, now: datetime) -> ContractView:
    """Show a contract with what is published of it."""
    return ContractView(folded, owner, access.contract_access(folded, owner.name, now), sequence, now)


def room_to_rent(
    session: Session, owner: CustomerRecord, wish: NewRoom, taken: Sequence[RoomId]
) -> RoomRecord | Problem:
    """Find the room that a contract is to open; nobody else's, and none of `taken`."""
    room_id = wish.room_id or RoomId(slug(wish.name))
    if not room_id:
        return invalid("room_name", "identifier_needed")
    known = registry.room(session, room_id)
    if room_id in taken or (known is not None and known.customer_id != owner.customer_id):
        return conflict("room_taken", room=room_id)
    return RoomRecord(room_id, owner.customer_id, wish.name)
