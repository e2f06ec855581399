"""Checks that what is stored is what was written, from the first event to the last cent.

The journal is the truth: each contract's chain must hold. Whatever follows
from it is reckoned again and compared: the ledger entry by entry, heads,
blocks, published access, the counters of all series, documents and their
bytes. Everything beside the contracts follows from the chronicle in the same
way (see `chronicle_check`). Heads that were anchored outside must still stand
in the chains, so that a chain that was rewritten from its beginning, or cut
off at its end, is found too.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webvisio_billing.application import chronicle_check
from webvisio_billing.application.findings import Anchored, Head, Place, Report
from webvisio_billing.domain import access, bookkeeping, contract, numbering
from webvisio_billing.domain.bookkeeping import Entry
from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.numbering import Series
from webvisio_billing.domain.standing import standing
from webvisio_billing.storage import (
    chronicle,
    documents,
    journal,
    ledger,
    publication,
    registry,
    standings,
)
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.documents import WaitingDocument
from webvisio_billing.storage.errors import JournalBroken, LedgerBroken
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_billing.storage.tables import BlockRow, ContractRow, CounterRow, EntitlementRow
from webvisio_protocol.identifiers import ContractId, CustomerId

CONTRACTS_AT_ONCE: Final = 250


def count_contracts(store: Store) -> int:
    """Count what `verify` walks through."""
    with store.transaction() as session:
        return registry.count_contracts(session)


def verify(store: Store, anchored: Anchored, on_progress: Callable[[int], object] = lambda _: None) -> Report:
    """Check everything at one instant of the database; `on_progress` is told contracts as they are done."""
    with store.transaction() as session:
        return verify_in(session, anchored, on_progress)


def verify_in(
    session: Session, anchored: Anchored, on_progress: Callable[[int], object] = lambda _: None
) -> Report:
    """Check everything as a transaction sees it."""
    return _Verification(session, anchored).run(on_progress)


class _Verification:
    """One walk through the database."""

    def __init__(self, session: Session, anchored: Anchored) -> None:
        self._session = session
        self._anchored = anchored
        self._report = Report()
        self._numbers: dict[Series, set[int]] = {}
        self._waiting = 0
        self._seen: set[str] = set()

    def run(self, on_progress: Callable[[int], object]) -> Report:
        heads = iter(
            self._session.execute(select(ContractRow.contract_id).order_by(ContractRow.contract_id)).all()
        )
        while page := [ContractId(contract_id) for (contract_id,) in islice(heads, CONTRACTS_AT_ONCE)]:
            self._check_readable(page)
            on_progress(len(page))
        self._check_orphans()
        for year in ledger.years(self._session):
            try:
                self._check_year(year)
            except (ValueError, LedgerBroken):
                self._report.found(Place.LEDGER, f"ledger-{year}", "what is stored of it cannot be read")
        self._check_counters()
        self._check_documents()
        self._counter(chronicle.COUNTER, chronicle_check.check(self._session, self._report, self._anchored))
        self._seen.add(chronicle_check.CHAIN)
        for chain in self._anchored.keys() - self._seen:
            self._report.found(Place.ANCHOR, chain, "was anchored and is gone")
        return self._report

    # ---- contracts -------------------------------------------------------------------

    def _check_readable(self, contract_ids: list[ContractId]) -> None:
        """Check a page; where something in it cannot even be read, one contract after the other."""
        try:
            self._check_page(contract_ids)
        except (ValueError, LedgerBroken):  # a date, a text, an account that is none; a line that is gone
            if len(contract_ids) == 1:
                self._report.found(Place.CONTRACTS, contract_ids[0], "what is stored of it cannot be read")
                self._seen.add(contract_ids[0])
                return
            for contract_id in contract_ids:
                self._check_readable([contract_id])

    def _check_page(self, contract_ids: list[ContractId]) -> None:
        session = self._session
        rows = {
            row.contract_id: row
            for row in session.execute(
                select(
                    ContractRow.contract_id,
                    ContractRow.customer_id,
                    ContractRow.sequence,
                    ContractRow.lifecycle,
                    ContractRow.next_due_at,
                ).where(ContractRow.contract_id.in_(contract_ids))
            )
        }
        owners = registry.customers_of(session, [CustomerId(row.customer_id) for row in rows.values()])
        booked = ledger.of_contracts(session, contract_ids)
        blocks: dict[str, set[tuple[str, datetime]]] = {}
        for block in session.execute(
            select(BlockRow.contract_id, BlockRow.reason, BlockRow.opened_at).where(
                BlockRow.contract_id.in_(contract_ids)
            )
        ):
            blocks.setdefault(block.contract_id, set()).add((block.reason, block.opened_at))
        published = {
            row.contract_id: row
            for row in session.execute(
                select(EntitlementRow.contract_id, EntitlementRow.payload, EntitlementRow.published_at).where(
                    EntitlementRow.contract_id.in_(contract_ids)
                )
            )
        }
        waiting: dict[str, list[WaitingDocument]] = {}
        for one in documents.waiting_of(session, contract_ids):
            self._waiting += 1
            waiting.setdefault(one.contract_id, []).append(one)
        shown = standings.stored(session, contract_ids)
        for contract_id, recorded in journal.read_many(session, contract_ids).items():
            self._report.contracts += 1
            self._seen.add(contract_id)
            row = rows[contract_id]
            if isinstance(recorded, JournalBroken):
                self._report.found(Place.JOURNAL, contract_id, str(recorded))
                continue
            try:
                expected, folded = ledger.entries_of(None, recorded)
            except HistoryError as error:
                self._report.found(Place.JOURNAL, contract_id, str(error))
                continue
            if folded is None:
                self._report.found(Place.JOURNAL, contract_id, "has no events")
                continue
            self._report.events += len(recorded)
            self._check_anchor(contract_id, recorded)
            self._report.heads.append(Head(contract_id, recorded[-1].sequence, recorded[-1].hash.hex()))
            self._note_numbers(contract_id, recorded)
            self._check_waiting(waiting.get(contract_id, []), recorded)
            self._check_head(folded, row.customer_id, row.sequence, row.lifecycle, row.next_due_at, recorded)
            self._check_entries(contract_id, expected, booked.get(contract_id, []))
            if blocks.get(contract_id, set()) != _open_blocks(folded):
                self._report.found(Place.BLOCKS, contract_id, "open blocks are not those of the journal")
            self._check_published(
                folded,
                owners.get(CustomerId(row.customer_id)),
                published.get(contract_id),
                recorded,
                shown.get(contract_id),
            )

    def _check_anchor(self, contract_id: ContractId, recorded: list[journal.Recorded]) -> None:
        anchor = self._anchored.get(contract_id)
        if anchor is None:
            return
        if anchor.position > len(recorded):
            self._report.found(
                Place.ANCHOR, contract_id, f"sequence {anchor.position} was anchored and is gone"
            )
        elif recorded[anchor.position - 1].hash.hex() != anchor.hash:
            problem = f"sequence {anchor.position} is not the one that was anchored"
            self._report.found(Place.ANCHOR, contract_id, problem)

    def _check_head(
        self,
        folded: Contract,
        customer_id: str,
        sequence: int,
        lifecycle: str,
        next_due_at: datetime | None,
        recorded: list[journal.Recorded],
    ) -> None:
        found = (customer_id, sequence, lifecycle)
        if found != (folded.customer_id, len(recorded), folded.lifecycle.value):
            self._report.found(Place.CONTRACTS, folded.contract_id, "its head is not that of the journal")
        due = contract.next_due(folded)
        if due is not None and (next_due_at is None or next_due_at > max(due, folded.as_of)):
            self._report.found(Place.CONTRACTS, folded.contract_id, "it would be looked at too late")

    def _check_entries(
        self, contract_id: ContractId, expected: list[Entry], booked: list[ledger.Booked]
    ) -> None:
        found = {one.entry.sequence: one.entry for one in booked}
        if len(found) != len(booked):
            self._report.found(Place.LEDGER, contract_id, "an event is booked twice")
        for entry in expected:
            if found.pop(entry.sequence, None) != entry:
                problem = f"the entry of sequence {entry.sequence} is not that of the journal"
                self._report.found(Place.LEDGER, contract_id, problem)
        for sequence in found:
            self._report.found(Place.LEDGER, contract_id, f"sequence {sequence} books nothing in the journal")

    def _check_published(
        self,
        folded: Contract,
        owner: CustomerRecord | None,
        published: object,
        recorded: list[journal.Recorded],
        shown: Mapping[str, object] | None,
    ) -> None:
        if owner is None:
            self._report.found(Place.CONTRACTS, folded.contract_id, "its customer is gone")
            return
        if published is None:
            self._report.found(Place.ENTITLEMENTS, folded.contract_id, "nothing is published")
            return
        payload: bytes = published.payload  # type: ignore[attr-defined]
        known_at: datetime = max(published.published_at, recorded[-1].recorded_at)  # type: ignore[attr-defined]
        expected = access.contract_access(folded, owner.name, known_at)
        if payload != publication.encode(expected):
            self._report.found(
                Place.ENTITLEMENTS, folded.contract_id, "what is published is not what is owed"
            )
        if shown != standings.columns(standing(folded, expected), expected):
            self._report.found(
                Place.CONTRACTS, folded.contract_id, "what lists show of it is not that of the journal"
            )

    def _check_orphans(self) -> None:
        for contract_id in journal.without_contract(self._session):
            self._report.found(Place.JOURNAL, contract_id, "has events and no contract")

    # ---- ledger and numbers ----------------------------------------------------------

    def _note_numbers(self, contract_id: ContractId, recorded: list[journal.Recorded]) -> None:
        for record in recorded:
            series = numbering.series_of(record.event)
            if series is None:
                continue
            number = str(getattr(record.event, "number", ""))
            ordinal = numbering.ordinal(series, number)
            known = self._numbers.setdefault(series, set())
            if ordinal is None or ordinal in known:
                self._report.found(Place.NUMBERS, number or contract_id, "is no number of its own")
            else:
                known.add(ordinal)

    def _check_waiting(self, waiting: list[WaitingDocument], recorded: list[journal.Recorded]) -> None:
        for one in waiting:
            event = recorded[one.sequence - 1].event if 0 < one.sequence <= len(recorded) else None
            found = (one.number, one.kind, one.issued_on)
            if event is None or found != (
                getattr(event, "number", ""),
                documents.KINDS.get(one.number[:1]),
                getattr(event, "issued_on", None),
            ):
                self._report.found(Place.DOCUMENTS, one.number, "waits and is no document of its contract")

    def _check_year(self, year: int) -> None:
        chain = f"ledger-{year}"
        self._seen.add(chain)
        last, position, total = bookkeeping.ROOT, 0, 0
        anchor = self._anchored.get(chain)
        is_anchor_met = anchor is None
        for one in ledger.read(self._session, year):
            position += 1
            self._report.entries += 1
            last = bookkeeping.seal(last, year, position, one.entry)
            if one.ordinal != position or one.hash != last or one.entry.booked_on.year != year:
                self._report.found(Place.LEDGER, chain, f"does not hold at entry {position}")
                return
            if not bookkeeping.is_balanced(one.entry.postings):
                self._report.found(Place.LEDGER, chain, f"entry {position} is not balanced")
            total += sum(posting.amount_minor for posting in one.entry.postings)
            if anchor is not None and anchor.position == position:
                is_anchor_met = anchor.hash == last.hex()
        if not is_anchor_met:
            self._report.found(Place.ANCHOR, chain, "is not the one that was anchored")
        if total:
            self._report.found(Place.LEDGER, chain, "debits and credits are not equal")
        self._counter(f"E{year}", position)
        self._report.heads.append(Head(chain, position, last.hex()))

    def _check_counters(self) -> None:
        for series, known in sorted(self._numbers.items()):
            if known != set(range(1, len(known) + 1)):
                self._report.found(Place.NUMBERS, f"{series.kind.value}{series.year}", "has a gap")
            self._counter(f"{series.kind.value}{series.year}", len(known))
        version = publication.newest_version(self._session)
        self._counter(publication.VERSION_COUNTER, version)

    def _check_documents(self) -> None:
        """Every number has its document, made or waiting; the bytes of those made are the ones kept."""
        if documents.waiting_count(self._session) != self._waiting:
            self._report.found(Place.DOCUMENTS, "waiting", "some belong to no contract")
        known = documents.numbers(self._session)
        for series, ordinals in sorted(self._numbers.items()):
            for ordinal in sorted(ordinals):
                if series.number(ordinal) not in known:
                    self._report.found(Place.DOCUMENTS, series.number(ordinal), "is neither made nor waiting")
        for number in documents.broken(self._session):
            self._report.found(Place.DOCUMENTS, number, "its bytes are not the ones that were kept")

    def _counter(self, name: str, expected: int) -> None:
        row = self._session.get(CounterRow, name)
        if (0 if row is None else row.value) != expected:
            self._report.found(Place.NUMBERS, name, "its counter does not stand at the last number given")


def _open_blocks(folded: Contract) -> set[tuple[str, datetime]]:
    if folded.ended_at is not None:
        return set()
    return {(block.reason.value, block.opened_at) for block in folded.blocks}
