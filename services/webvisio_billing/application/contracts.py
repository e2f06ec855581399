"""The use cases of contracts: each is one transaction around the contract's own rules.

A decision is taken on the folded journal, written behind the sequence it was
taken from, and published in the same transaction (`decisions`). Writers of one
contract wait for each other; where that is not enough (two begin the same
series at once) the sequence decides, and the decision is taken again
(`transactions`). All methods are synchronous and run on the worker thread.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application import new_contracts
from webvisio_billing.application.customers import Customers
from webvisio_billing.application.decisions import Decisions, owner_of, view_of
from webvisio_billing.application.folding import FoldedContracts
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused
from webvisio_billing.application.policy import Policy
from webvisio_billing.application.requests import NewContract
from webvisio_billing.application.run import Foreseen, Run, StuckCode, foresee
from webvisio_billing.application.transactions import Transactions
from webvisio_billing.application.views import ContractFile, ContractView
from webvisio_billing.domain.commands import Command
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.tables import KNOWN, Tables
from webvisio_billing.storage import journal, listing, publication, registry, standings, stuck
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import JournalBroken
from webvisio_entitlements.clock import Clock
from webvisio_protocol.entitlements import ContractChanged, EntitlementSnapshot
from webvisio_protocol.identifiers import ContractId, CustomerId

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
        self._folded = FoldedContracts()
        self._transactions = Transactions(store, self._folded)
        self.decisions = Decisions(clock, self._folded, tables, policy)
        """What is decided inside a transaction of `look` or `transact`."""
        self.customers = Customers(self._transactions, self.decisions)
        self.seller_problems: Callable[[], tuple[str, ...]] = tuple
        """What the seller's identity lacks: with a gap nothing new is sold (clause 1)."""

    # ---- reading ---------------------------------------------------------------------

    def contracts(self, customer_id: CustomerId | None = None) -> list[ContractView]:
        """List contracts, of one customer or of all; those that need somebody first."""
        views = self.look(lambda session: self.decisions.views(session, customer_id))
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

        return self.look(work)

    def contract(self, contract_id: ContractId) -> ContractFile | None:
        """Find a contract with its journal."""

        def work(session: Session) -> ContractFile | None:
            head = registry.contract_head(session, contract_id)
            if head is None:
                return None
            view = self.decisions.view_for(session, contract_id, owner_of(session, head))
            return ContractFile(view, tuple(journal.read(session, contract_id)))

        return self.look(work)

    def actions(self, subject: str) -> list[registry.Action]:
        """List what operators did about a subject, newest first."""
        return self.look(lambda session: registry.actions(session, subject))

    def snapshot(self) -> EntitlementSnapshot:
        """Read what is published of all contracts."""
        return self.look(publication.snapshot)

    def newest_version(self) -> int:
        """Tell the newest version that is published."""
        return self.look(publication.newest_version)

    def changes_since(self, version: int) -> list[ContractChanged]:
        """List what was published above `version`, oldest first."""
        return self.look(lambda session: publication.changes_since(session, version))

    # ---- asking ----------------------------------------------------------------------

    def rehearse_contract(self, wish: NewContract, actor: str) -> ContractView | Refused:
        """Say what `create_contract` would make, and make nothing: the transaction is rolled back."""

        def work(session: Session) -> ContractView | Refused:
            made = self._create_contract(session, wish, actor)
            if isinstance(made, DomainRefusal | Problem):
                return made
            view = self.decisions.view(session, made)
            assert view is not None, "the contract was just made"
            raise _Rehearsed(view)

        try:
            return self.look(work)
        except _Rehearsed as rehearsed:
            return rehearsed.view

    def create_contract(self, wish: NewContract, actor: str) -> ContractId | Refused:
        """Order and accept a contract with its rooms; one effective today starts at once."""
        return self.transact(lambda session: self._create_contract(session, wish, actor))

    def preview(self, contract_id: ContractId, command: Command) -> Preview | Refused:
        """Say what a command would do now, and do nothing."""

        def work(session: Session) -> Preview | Refused:
            head = registry.contract_head(session, contract_id)
            if head is None:
                return NOT_FOUND
            owner = owner_of(session, head)
            before = self.decisions.view_for(session, contract_id, owner)
            acted = self.decisions.act(before.contract, command, before.now)
            if acted.refusal is not None:
                return acted.refusal
            assert acted.contract is not None
            after = view_of(acted.contract, owner, head.sequence + len(acted.events), before.now)
            return Preview(before, after, acted.events)

        return self.look(work)

    def execute(
        self,
        contract_id: ContractId,
        command: Command,
        actor: str,
        seen_sequence: int | None = None,
    ) -> ContractView | Refused:
        """Carry out a command; see `Decisions.execute`."""
        return self.transact(
            lambda session: self.decisions.execute(session, contract_id, command, actor, seen_sequence)
        )

    def refresh_tables(self) -> None:
        """Take the rates that the operator has added to the catalogue; they count from the next decision on."""
        self.look(self.decisions.refresh_tables)

    # ---- transactions ----------------------------------------------------------------

    def look(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work that only reads."""
        return self._transactions.look(work)

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work: tried again when another writer was first, so it may run more than once."""
        return self._transactions.transact(work)

    @property
    def on_commit(self) -> Callable[[], None]:
        """Called on the worker thread after each transaction that wrote something."""
        return self._transactions.on_commit

    @on_commit.setter
    def on_commit(self, tell: Callable[[], None]) -> None:
        self._transactions.on_commit = tell

    # ---- time ------------------------------------------------------------------------

    def run(self) -> Run:
        """Begin a pass over everything that is due now; call its `step` until it says False."""
        return Run(self._store, self._folded, self._clock.now(), self.decisions.tables, self.decisions.policy)

    def foresee(self, now: datetime) -> Iterator[Foreseen]:
        """Say what a pass would do at `now`, contract by contract, and do nothing."""
        return foresee(self._store, self._folded, now, self.decisions.tables, self.decisions.policy)

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
        return self.look(lambda session: registry.next_due_at(session, behind))

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

        return self.look(work)

    def _create_contract(self, session: Session, wish: NewContract, actor: str) -> ContractId | Refused:
        return new_contracts.create(session, self.decisions, wish, actor, self.seller_problems())
