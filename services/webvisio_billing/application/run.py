"""The run: lets time pass for every contract that is due, in the order in which things fell due.

Contracts are taken in batches, each one transaction: whoever is killed leaves
whole batches behind, and the next run goes on from there without doing
anything twice. Batches of two runs at once wait for each other. An absence is
caught up due by due over all contracts, so documents are numbered in the
order of their dates. A contract that cannot go on (a missing rate, a broken
journal) is told, kept as stuck until it goes on, and left as it is; the others
are not held up by it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.changes import Change, Folded, Written, write
from webvisio_billing.application.folding import FoldedContracts
from webvisio_billing.application.policy import Policy
from webvisio_billing.domain import contract, letters
from webvisio_billing.domain.errors import ContractError, MissingTaxRate, SellerIncomplete
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.letters import Letter
from webvisio_billing.domain.tables import Tables
from webvisio_billing.storage import registry
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import JournalBroken, JournalConflict
from webvisio_billing.storage.registry import ContractHead
from webvisio_billing.storage.stuck import note as note_stuck
from webvisio_protocol.identifiers import ContractId

CONTRACTS_A_BATCH: Final = 500
"""Small enough that a batch holds other writers up for a fraction of a second only."""
WINDOW: Final = timedelta(hours=1)
"""A batch holds only what fell due within this time: a contract's own documents are further apart."""
MAX_TRIES: Final = 5

_log = logging.getLogger(__name__)


class StuckCode(StrEnum):
    """Why a contract cannot go on; stable."""

    MISSING_TAX_RATE = "missing_tax_rate"
    SELLER_INCOMPLETE = "seller_incomplete"
    JOURNAL_BROKEN = "journal_broken"
    DEFECT = "defect"


class Stuck(msgspec.Struct, frozen=True):
    """A contract that cannot go on; `reason` is for the operator's eyes, in English."""

    contract_id: ContractId
    code: StuckCode
    reason: str


class Foreseen(msgspec.Struct, frozen=True):
    """What a run would do to a contract: events without numbers, letters, or why it is stuck."""

    contract_id: ContractId
    events: tuple[Event, ...] = ()
    letters: tuple[Letter, ...] = ()
    stuck: Stuck | None = None


class Run:
    """One pass over everything that is due at `now`; `step` does a batch of it."""

    def __init__(
        self, store: Store, folded: FoldedContracts, now: datetime, tables: Tables, policy: Policy
    ) -> None:
        self.now = now
        self.looked_at = 0
        """How many times a contract was looked at; one that missed several dues is counted each time."""
        self.happened: Counter[str] = Counter()
        """How many events of each type were written."""
        self.stuck: dict[ContractId, Stuck] = {}
        self._store = store
        self._folded = folded
        self._tables = tables
        self._policy = policy
        self._cursor: tuple[datetime, ContractId] | None = None
        self._has_progressed = False

    def step(self) -> bool:
        """Do the next batch; False when there is nothing left to do."""
        for is_last_try in (*[False] * (MAX_TRIES - 1), True):
            try:
                with self._store.transaction() as session:
                    self._store.take_turn(session)
                    heads = registry.next_due(
                        session, self.now, CONTRACTS_A_BATCH, self._cursor, is_to_change=True
                    )
                    heads = _within_window(heads)
                    written, stuck = self._advance(session, heads)
                break
            except JournalConflict:
                self._folded.clear()
                if is_last_try:
                    raise
            except BaseException:
                self._folded.clear()
                raise
        self._take_note(written, stuck)
        if heads:
            assert heads[-1].next_due_at is not None, "only what is due was asked for"
            self._cursor = heads[-1].next_due_at, heads[-1].contract_id
            return True
        if not self._has_progressed:
            return False
        # what was advanced may be due again: from the start, until nothing moves
        self._cursor, self._has_progressed = None, False
        return True

    def finish(self, on_progress: Callable[[int], object] = lambda _: None) -> None:
        """Do all that is left; `on_progress` is told how many contracts were looked at since the last time."""
        before = self.looked_at
        while self.step():
            on_progress(self.looked_at - before)
            before = self.looked_at

    def _advance(
        self, session: Session, heads: list[ContractHead]
    ) -> tuple[list[Written], dict[ContractId, Stuck]]:
        heads = [head for head in heads if head.contract_id not in self.stuck]
        owners = registry.customers_of(session, [head.customer_id for head in heads])
        loaded = self._folded.load_many(session, heads)
        changes: list[Change] = []
        stuck: dict[ContractId, Stuck] = {}
        for head in heads:
            known = loaded[head.contract_id]
            if isinstance(known, Exception):
                stuck[head.contract_id] = _stuck(head.contract_id, known)
                continue
            assert head.next_due_at is not None, "only what is due was asked for"
            try:
                until = max(head.next_due_at, known.contract.as_of)
                events = contract.advance(known.contract, until, self._tables)
            except ContractError as error:
                stuck[head.contract_id] = _stuck(head.contract_id, error)
                continue
            changes.append(Change(head.contract_id, owners[head.customer_id], known, events))
        written = write(session, changes, self.now, self._policy) if changes else []
        due = {head.contract_id: head.next_due_at for head in heads}
        for one in written:
            was = due[one.change.contract_id]
            assert was is not None, "only what is due was asked for"
            if one.next_look is not None and one.next_look <= was and not one.events:
                reason = "time passes and nothing happens"
                stuck[one.change.contract_id] = Stuck(one.change.contract_id, StuckCode.DEFECT, reason)
        note_stuck(session, {name: one.code.value for name, one in stuck.items()}, self.now)
        return written, stuck

    def _take_note(self, written: list[Written], stuck: dict[ContractId, Stuck]) -> None:
        for one in written:
            self._folded.remember(one.change.contract_id, one.folded)
            self.happened.update(str(event.__struct_config__.tag) for event in one.events)
        for found in stuck.values():
            _log.error("contract %s cannot be advanced: %s", found.contract_id, found.reason)
        self.stuck |= stuck
        self.looked_at += len(written)
        self._has_progressed = self._has_progressed or bool(written)


def foresee(
    store: Store, folded: FoldedContracts, now: datetime, tables: Tables, policy: Policy
) -> Iterator[Foreseen]:
    """Say what a run would do at `now`, contract by contract, and do nothing."""
    cursor: tuple[datetime, ContractId] | None = None
    while True:
        with store.transaction() as session:
            heads = registry.next_due(session, now, CONTRACTS_A_BATCH, cursor)
            loaded = folded.load_many(session, heads)
        if not heads:
            return
        for head in heads:
            yield _foreseen(head.contract_id, loaded[head.contract_id], now, tables, policy)
        assert heads[-1].next_due_at is not None, "only what is due was asked for"
        cursor = heads[-1].next_due_at, heads[-1].contract_id


def _foreseen(
    contract_id: ContractId,
    known: Folded | Exception,
    now: datetime,
    tables: Tables,
    policy: Policy,
) -> Foreseen:
    if isinstance(known, Exception):
        return Foreseen(contract_id, stuck=_stuck(contract_id, known))
    after = known.contract
    try:
        events = contract.advance(after, max(now, after.as_of), tables)
    except ContractError as error:
        return Foreseen(contract_id, stuck=_stuck(contract_id, error))
    written: list[Letter] = []
    for sequence, event in enumerate(events, start=known.sequence + 1):
        after = contract.evolve(after, event)
        letter = letters.letter_of(event, sequence, after)
        if letter is not None:
            written.append(letter)
    written += letters.reminders(after, now, policy.reminders)
    return Foreseen(contract_id, events, tuple(written))


def _within_window(heads: list[ContractHead]) -> list[ContractHead]:
    if not heads or heads[0].next_due_at is None:
        return []
    end = heads[0].next_due_at + WINDOW
    return [head for head in heads if head.next_due_at is not None and head.next_due_at < end]


def _stuck(contract_id: ContractId, error: Exception) -> Stuck:
    match error:
        case MissingTaxRate():
            code = StuckCode.MISSING_TAX_RATE
        case SellerIncomplete():
            code = StuckCode.SELLER_INCOMPLETE
        case JournalBroken():
            code = StuckCode.JOURNAL_BROKEN
        case _:
            code = StuckCode.DEFECT
    return Stuck(contract_id, code, str(error))
