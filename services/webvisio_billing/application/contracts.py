"""The use cases of billing: each is one transaction around the contract's own rules.

A decision is taken on the folded journal, written behind the sequence it was
taken from, and published in the same transaction. Writers of one contract
wait for each other; where that is not enough (two begin the same series at
once) the sequence decides, and the decision is taken again. All methods are synchronous and run on the worker
thread; `now` is the clock's, never before the contract's last event (a clock
that was set back must not stop an operator). The module is long because the use
cases are many and share one way to write.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.changes import Change, Folded, write
from webvisio_billing.application.folding import FoldedContracts
from webvisio_billing.application.naming import slug
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, conflict, invalid
from webvisio_billing.application.policy import Policy
from webvisio_billing.application.requests import (
    ChangedCustomer,
    NewContract,
    NewCustomer,
    NewMember,
    NewRoom,
)
from webvisio_billing.application.run import Foreseen, Run, StuckCode, foresee
from webvisio_billing.application.views import ContractFile, ContractView
from webvisio_billing.domain import access, contract
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Accept, AddRoom, Channel, Command, Order
from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.registration import is_siren
from webvisio_billing.domain.tables import KNOWN, STANDARD_VAT, HalfYear, Tables
from webvisio_billing.domain.terms import Prices
from webvisio_billing.storage import (
    catalogue,
    chronicle,
    documents,
    journal,
    listing,
    publication,
    registry,
    standings,
    stuck,
)
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import JournalBroken, JournalConflict
from webvisio_billing.storage.registry import CustomerRecord, RoomRecord
from webvisio_billing.storage.tables import IDENTIFIER_CHARACTERS
from webvisio_entitlements.clock import Clock
from webvisio_protocol.entitlements import ContractChanged, EntitlementSnapshot, RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId

MAX_TRIES: Final = 5
JOURNALS_A_PATROL: Final = 200
"""Few enough that nobody waits; at one patrol a minute 100,000 journals are read in nine hours."""
BROKEN: Final = StuckCode.JOURNAL_BROKEN.value

T = TypeVar("T")
_USUAL: Final = Policy()


class Preview(msgspec.Struct, frozen=True):
    """What a command would do: the contract before and after, and the events between."""

    before: ContractView
    after: ContractView
    events: tuple[Event, ...]


class ContractList(msgspec.Struct, frozen=True):
    """A page of contracts; `found` is how many there are in all, or at least, where they are not all counted."""

    rows: tuple[standings.Shown, ...]
    idle: tuple[tuple[CustomerId, str], ...]
    """Customers without any contract; on the first page of a list of all states."""
    page: int
    found: int
    is_counted: bool
    has_more: bool
    has_customers: bool
    now: datetime


class _Rehearsed(Exception):  # noqa: N818 - an outcome with a name of its own
    """Rolls a rehearsal back and carries what it showed."""

    def __init__(self, view: ContractView) -> None:
        super().__init__()
        self.view = view


class Billing:
    """All use cases on one database."""

    def __init__(self, store: Store, clock: Clock, tables: Tables = KNOWN, policy: Policy = _USUAL) -> None:
        self._store = store
        self._clock = clock
        self._tables = self._base_tables = tables
        self._policy = policy
        self._folded = FoldedContracts()
        self.on_commit: Callable[[], None] = lambda: None
        """Called on the worker thread after each transaction that wrote something."""
        self.seller_problems: Callable[[], tuple[str, ...]] = tuple
        """What the seller's identity lacks: with a gap nothing new is sold (clause 1)."""

    # ---- reading ---------------------------------------------------------------------

    def customers(self) -> list[CustomerRecord]:
        """List all customers by name."""
        return self._read(registry.customers)

    def customer(self, customer_id: CustomerId) -> CustomerRecord | None:
        """Find a customer."""
        return self._read(lambda session: registry.customer(session, customer_id))

    def customer_history(self, customer_id: CustomerId) -> list[chronicle.Change]:
        """Tell who changed a customer's record, when, and what; newest first, its making last."""
        return self._read(lambda session: registry.customer_history(session, customer_id))

    def contracts(self, customer_id: CustomerId | None = None) -> list[ContractView]:
        """List contracts, of one customer or of all; those that need somebody first."""

        views = self._read(lambda session: self.views_in(session, customer_id))
        return sorted(views, key=lambda v: (v.urgency, v.customer.name, v.contract.contract_id))

    def listed(self, wish: standings.Wish, page: int, size: int) -> ContractList:
        """List a page (from 1) of contracts, without folding them; the last one where there are fewer."""

        def work(session: Session) -> ContractList:
            now = self._clock.now()
            gathered = standings.gathered(session, wish, now)
            found = standings.count(session, wish, now) if gathered is None else len(gathered)
            is_counted = found <= standings.MAX_COUNTED
            last = max(1, -(-found // size)) if is_counted else page
            shown_page = max(1, min(page, last))
            offset = (shown_page - 1) * size
            if gathered is None:
                rows = standings.page(session, wish, now, offset, size + 1)
            else:
                rows = standings.shown(session, gathered[offset : offset + size + 1])
            idle: list[tuple[CustomerId, str]] = []
            if wish.state is None and shown_page == 1:
                idle = standings.without_contract(session, wish.query)
            has_customers = bool(rows or idle) or registry.has_customers(session)
            return ContractList(
                tuple(rows[:size]),
                tuple(idle),
                shown_page,
                min(found, standings.MAX_COUNTED),
                is_counted,
                has_more=len(rows) > size,
                has_customers=has_customers,
                now=now,
            )

        return self._read(work)

    def contract(self, contract_id: ContractId) -> ContractFile | None:
        """Find a contract with its journal."""

        def work(session: Session) -> ContractFile | None:
            head = registry.contract_head(session, contract_id)
            if head is None:
                return None
            owner = registry.customer(session, head.customer_id)
            assert owner is not None, "a contract has a customer"
            view = self._view(session, contract_id, owner)
            return ContractFile(view, tuple(journal.read(session, contract_id)))

        return self._read(work)

    def rooms(self, customer_id: CustomerId) -> list[RoomRecord]:
        """List a customer's rooms."""
        return self._read(lambda session: registry.rooms(session, customer_id))

    def room(self, room_id: RoomId) -> RoomRecord | None:
        """Find a room."""
        return self._read(lambda session: registry.room(session, room_id))

    def members(self, room_id: RoomId) -> list[registry.Membership]:
        """List the people of a room, trainers first."""
        return self._read(lambda session: registry.memberships(session, room_id))

    def actions(self, subject: str) -> list[registry.Action]:
        """List what operators did about a subject, newest first."""
        return self._read(lambda session: registry.actions(session, subject))

    def snapshot(self) -> EntitlementSnapshot:
        """Read what is published of all contracts."""
        return self._read(publication.snapshot)

    def newest_version(self) -> int:
        """Tell the newest version that is published."""
        return self._read(publication.newest_version)

    def changes_since(self, version: int) -> list[ContractChanged]:
        """List what was published above `version`, oldest first."""
        return self._read(lambda session: publication.changes_since(session, version))

    # ---- asking ----------------------------------------------------------------------

    def create_customer(self, wish: NewCustomer, actor: str) -> CustomerRecord | Refused:
        """Add a customer."""

        def work(session: Session) -> CustomerRecord | Refused:
            now = self._clock.now()
            customer_id = wish.customer_id or CustomerId(slug(wish.name))
            if wish.siren is not None and not is_siren(wish.siren):
                return invalid("siren", "siren_invalid")
            if not customer_id:
                return invalid("customer_id", "identifier_needed")
            if registry.customer(session, customer_id) is not None:
                return conflict("customer_exists", customer=customer_id)
            record = CustomerRecord(
                customer_id,
                wish.name,
                wish.kind,
                wish.siren,
                wish.contact_name,
                wish.contact_email,
                now,
                wish.details,
            )
            registry.add_customer(session, record, actor)
            registry.record_action(session, now, actor, "create_customer", customer_id, "done", {})
            return record

        return self._write(work)

    def change_customer(self, wish: ChangedCustomer, actor: str) -> CustomerRecord | Refused:
        """Change who a customer is in law and in print; issued documents keep what they say."""

        def work(session: Session) -> CustomerRecord | Refused:
            known = registry.customer(session, wish.customer_id)
            if known is None:
                return NOT_FOUND
            if wish.siren is not None and not is_siren(wish.siren):
                return invalid("siren", "siren_invalid")
            changed = msgspec.structs.replace(
                known,
                name=wish.name,
                siren=wish.siren,
                contact_name=wish.contact_name,
                contact_email=wish.contact_email,
                details=wish.details,
            )
            now = self._clock.now()
            registry.change_customer(session, changed, now, actor)
            documents.retry(session, now, wish.customer_id)
            if changed.name != known.name:
                self._republish(session, changed, now)
            registry.record_action(session, now, actor, "change_customer", wish.customer_id, "done", {})
            return changed

        return self._write(work)

    def rehearse_contract(self, wish: NewContract, actor: str) -> ContractView | Refused:
        """Say what `create_contract` would make, and make nothing: the transaction is rolled back."""

        def work(session: Session) -> ContractView | Refused:
            made = self._create_contract(session, wish, actor)
            if isinstance(made, DomainRefusal | Problem):
                return made
            owner = registry.customer(session, wish.customer_id)
            assert owner is not None, "the contract was just made for this customer"
            raise _Rehearsed(self._view(session, made, owner))

        try:
            return self._read(work)
        except _Rehearsed as rehearsed:
            return rehearsed.view

    def create_contract(self, wish: NewContract, actor: str) -> ContractId | Refused:
        """Order and accept a contract with its rooms; one effective today starts at once."""
        return self._write(lambda session: self._create_contract(session, wish, actor))

    def preview(self, contract_id: ContractId, command: Command) -> Preview | Refused:
        """Say what a command would do now, and do nothing."""

        def work(session: Session) -> Preview | Refused:
            head = registry.contract_head(session, contract_id)
            if head is None:
                return NOT_FOUND
            owner = registry.customer(session, head.customer_id)
            assert owner is not None, "a contract has a customer"
            before = self._view(session, contract_id, owner)
            acted = contract.act(before.contract, command, before.now, self._tables)
            if acted.refusal is not None:
                return acted.refusal
            assert acted.contract is not None
            after = _view_of(acted.contract, owner, head.sequence + len(acted.events), before.now)
            return Preview(before, after, acted.events)

        return self._read(work)

    def execute(
        self,
        contract_id: ContractId,
        command: Command,
        actor: str,
        seen_sequence: int | None = None,
    ) -> ContractView | Refused:
        """Carry out a command; the refusal, too, is written into the audit.

        `seen_sequence` is what the operator had on screen: when the contract
        has moved on since, nothing is done.
        """

        return self._write(
            lambda session: self.execute_in(session, contract_id, command, actor, seen_sequence)
        )

    def execute_in(
        self,
        session: Session,
        contract_id: ContractId,
        command: Command,
        actor: str,
        seen_sequence: int | None = None,
    ) -> ContractView | Refused:
        """Carry out a command inside a transaction of `transact`, with what else belongs to it."""
        head = registry.contract_head(session, contract_id, is_to_change=True)
        if head is None:
            return NOT_FOUND
        now = self._clock.now()
        action = str(command.__struct_config__.tag)
        if seen_sequence is not None and seen_sequence != head.sequence:
            return conflict("contract_moved_on")
        owner = registry.customer(session, head.customer_id)
        assert owner is not None, "a contract has a customer"
        room: RoomRecord | None = None
        if isinstance(command, AddRoom):
            found = self._room_to_rent(session, owner, NewRoom(command.name, command.room_id), ())
            if isinstance(found, Problem):
                return found
            room = found
        folded = self._folded.load(session, contract_id)
        now = max(now, folded.contract.as_of)
        acted = contract.act(folded.contract, command, now, self._tables)
        self._save(session, contract_id, owner, folded, acted.events, now)
        if room is not None and acted.refusal is None:
            registry.put_room(session, room, now, actor)
        details = {"command": msgspec.json.encode(command).decode()}
        outcome = "done" if acted.refusal is None else acted.refusal.code.value
        registry.record_action(session, now, actor, action, contract_id, outcome, details)
        return acted.refusal or self._view(session, contract_id, owner)

    def views_in(self, session: Session, customer_id: CustomerId | None = None) -> list[ContractView]:
        """List contracts inside a transaction, of one customer or of all, by identifier."""
        owners = {record.customer_id: record for record in registry.customers(session)}
        heads = registry.contract_heads(session, customer_id)
        return [self._view(session, head.contract_id, owners[head.customer_id]) for head in heads]

    def view_in(self, session: Session, contract_id: ContractId) -> ContractView | None:
        """Find a contract inside a transaction."""
        head = registry.contract_head(session, contract_id)
        if head is None:
            return None
        owner = registry.customer(session, head.customer_id)
        assert owner is not None, "a contract has a customer"
        return self._view(session, contract_id, owner)

    def refresh_tables(self) -> None:
        """Take the rates that the operator has added to the catalogue; they count from the next decision on."""
        rates = self._read(catalogue.rates)
        vat = {date.fromisoformat(r.since): Decimal(r.percent) for r in rates if r.kind == catalogue.VAT}
        legal = {HalfYear(r.since): Decimal(r.percent) for r in rates if r.kind == catalogue.LEGAL}
        self._tables = replace(
            self._base_tables,
            vat={**self._base_tables.vat, STANDARD_VAT: {**self._base_tables.vat[STANDARD_VAT], **vat}},
            legal_rates={**self._base_tables.legal_rates, **legal},
        )

    def look(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work that only reads."""
        return self._read(work)

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work: tried again when another writer was first, so it may run more than once."""
        return self._write(work)

    def give_role(self, wish: NewMember, actor: str) -> bool | Refused:
        """Give a person a role in a room; False when they have it already."""

        def work(session: Session) -> bool | Refused:
            if registry.room(session, wish.room_id) is None:
                return NOT_FOUND
            now = self._clock.now()
            changed = registry.put_membership(session, wish.room_id, wish.username, wish.role, now, actor)
            details = {"person": wish.username, "role": wish.role.value}
            registry.record_action(session, now, actor, "give_role", wish.room_id, "done", details)
            return changed

        return self._write(work)

    def take_role(self, room_id: RoomId, username: str, actor: str) -> bool | Refused:
        """Take a person out of a room; not found when they are not in it."""

        def work(session: Session) -> bool | Refused:
            now = self._clock.now()
            if not registry.remove_membership(session, room_id, username, now, actor):
                return NOT_FOUND
            details = {"person": username}
            registry.record_action(session, now, actor, "take_role", room_id, "done", details)
            return True

        return self._write(work)

    # ---- time ------------------------------------------------------------------------

    def run(self) -> Run:
        """Begin a pass over everything that is due now; call its `step` until it says False."""
        return Run(self._store, self._folded, self._clock.now(), self._tables, self._policy)

    def foresee(self, now: datetime) -> Iterator[Foreseen]:
        """Say what a pass would do at `now`, contract by contract, and do nothing."""
        return foresee(self._store, self._folded, now, self._tables, self._policy)

    def advance_due(self) -> datetime | None:
        """Let time pass for every contract that is due; tells when the next one is."""
        run = self.run()
        while self.step(run):
            pass
        return self.next_due_at(run.now)

    def step(self, run: Run) -> bool:
        """Do one batch of a pass; False when nothing is left."""
        before = run.looked_at
        goes_on = run.step()
        if run.looked_at > before:
            self.on_commit()
        return goes_on

    def next_due_at(self, behind: datetime) -> datetime | None:
        """Tell when the next contract is due, after `behind`."""
        return self._read(lambda session: registry.next_due_at(session, behind))

    def patrol(self, after: ContractId) -> ContractId:
        """Check the journals of the next contracts behind `after`; tells where to go on, "" from the start.

        A journal that a foreign hand changed is told on the operator's page
        even where nothing falls due that would read it.
        """

        def work(session: Session) -> ContractId:
            some = listing.contract_ids(session, after, JOURNALS_A_PATROL)
            read = journal.read_many(session, some)
            broken = {name: BROKEN for name, found in read.items() if isinstance(found, JournalBroken)}
            stuck.note(session, broken, self._clock.now())
            stuck.clear(session, read.keys() - broken.keys(), BROKEN)
            return some[-1] if len(some) == JOURNALS_A_PATROL else ContractId("")

        return self._read(work)

    # ---- inside a transaction --------------------------------------------------------

    def _republish(self, session: Session, owner: CustomerRecord, now: datetime) -> None:
        """Publish all of a customer's contracts under its new name."""
        changes: list[Change] = []
        for head in registry.contract_heads(session, owner.customer_id):
            registry.contract_head(session, head.contract_id, is_to_change=True)
            folded = self._folded.load(session, head.contract_id)
            changes.append(Change(head.contract_id, owner, folded, ()))
        if changes:
            write(session, changes, now, self._policy)

    def _create_contract(self, session: Session, wish: NewContract, actor: str) -> ContractId | Refused:
        now = self._clock.now()
        owner = registry.customer(session, wish.customer_id)
        if owner is None:
            return NOT_FOUND
        if missing := self.seller_problems():
            return refuse(DomainCode.SELLER_INCOMPLETE, missing=", ".join(missing))
        rooms: list[tuple[RoomRecord, str | None]] = []
        for wanted in wish.rooms:
            found = self._room_to_rent(session, owner, wanted, [room.room_id for room, _ in rooms])
            if isinstance(found, Problem):
                return found
            rooms.append((found, wanted.trainer))
        prices = _prices(session, wish)
        if isinstance(prices, Problem):
            return prices
        exemption = next(
            (e.reference for e in catalogue.exemptions(session) if e.exemption_id == wish.exemption_id), None
        )
        if wish.exemption_id and exemption is None:
            return invalid("exemption", "not_in_catalogue")
        contract_id = _next_contract_id(session, owner.customer_id)
        order = Order(
            contract_id=contract_id,
            customer_id=owner.customer_id,
            customer=owner.terms,
            formula=wish.formula,
            effective=wish.effective,
            timezone=wish.timezone,
            has_setup=wish.has_setup,
            prices=prices,
            tax_exemption=exemption,
            rooms=tuple(RentedRoom(room.room_id, room.name) for room, _ in rooms),
            terms=self._policy.terms,
        )
        ordered = contract.act(None, order, now, self._tables)
        if ordered.refusal is not None:
            return ordered.refusal
        events = ordered.events
        if wish.is_signed:
            accept = Accept(channel=Channel.SIGNATURE, actor=actor)
            accepted = contract.act(ordered.contract, accept, now, self._tables)
            if accepted.refusal is not None:
                return accepted.refusal
            events = (*events, *accepted.events)
        self._save(session, contract_id, owner, None, events, now)
        for room, trainer in rooms:
            registry.put_room(session, room, now, actor)
            if trainer is not None:
                registry.put_membership(session, room.room_id, trainer, Role.HOST, now, actor)
        registry.record_action(session, now, actor, "create_contract", contract_id, "done", {})
        return contract_id

    def _save(
        self,
        session: Session,
        contract_id: ContractId,
        owner: CustomerRecord,
        before: Folded | None,
        events: Sequence[Event],
        now: datetime,
    ) -> None:
        """Write what was decided about one contract."""
        (written,) = write(session, [Change(contract_id, owner, before, tuple(events))], now, self._policy)
        self._folded.remember(contract_id, written.folded)

    def _view(self, session: Session, contract_id: ContractId, owner: CustomerRecord) -> ContractView:
        folded = self._folded.load(session, contract_id)
        now = max(self._clock.now(), folded.contract.as_of)
        return _view_of(folded.contract, owner, folded.sequence, now)

    def _room_to_rent(
        self, session: Session, owner: CustomerRecord, wish: NewRoom, taken: Sequence[RoomId]
    ) -> RoomRecord | Problem:
        room_id = wish.room_id or RoomId(slug(wish.name))
        if not room_id:
            return invalid("room_name", "identifier_needed")
        known = registry.room(session, room_id)
        if room_id in taken or (known is not None and known.customer_id != owner.customer_id):
            return conflict("room_taken", room=room_id)
        return RoomRecord(room_id, owner.customer_id, wish.name)

    # ---- transactions ----------------------------------------------------------------

    def _read(self, work: Callable[[Session], T]) -> T:
        try:
            with self._store.transaction() as session:
                return work(session)
        except BaseException:
            self._folded.clear()  # it may hold what was rolled back
            raise

    def _write(self, work: Callable[[Session], T]) -> T:
        for _ in range(MAX_TRIES - 1):
            try:
                result = self._read(work)
                break
            except JournalConflict:
                continue
        else:
            result = self._read(work)
        self.on_commit()
        return result


def _view_of(folded: Contract, owner: CustomerRecord, sequence: int, now: datetime) -> ContractView:
    return ContractView(folded, owner, access.contract_access(folded, owner.name, now), sequence, now)


def _prices(session: Session, wish: NewContract) -> Prices | Problem:
    """Take the prices of the plan that was chosen, as it is offered now."""
    if not wish.plan_id:
        return Prices()
    plan = next((plan for plan in catalogue.plans(session) if plan.plan_id == wish.plan_id), None)
    if plan is None or not plan.is_offered or plan.formula is not wish.formula:
        return invalid("plan", "not_in_catalogue")
    return Prices(plan.room_minor, plan.room_minor, plan.setup_minor, plan=plan.reference)


def _next_contract_id(session: Session, customer_id: CustomerId) -> ContractId:
    ordinal = len(registry.contract_heads(session, customer_id)) + 1
    stem = customer_id[: IDENTIFIER_CHARACTERS - 1 - len(str(ordinal))].rstrip("-")
    return ContractId(f"{stem}-{ordinal}")
