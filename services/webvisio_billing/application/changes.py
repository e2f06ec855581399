"""Writes what was decided about contracts: one way, for one contract as for a thousand at once.

In one transaction: numbers, journal, documents to be made, ledger, projections,
entitlements and messages. Whatever order it takes locks in is the same for everybody:
contracts, then document series, then the ledger's, then the entitlements'.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application import messages
from webvisio_billing.application.policy import Policy
from webvisio_billing.domain import access, bookkeeping, contract, letters, numbering
from webvisio_billing.domain.bookkeeping import Entry
from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed
from webvisio_billing.domain.numbering import Series
from webvisio_billing.domain.standing import standing
from webvisio_billing.storage import (
    documents,
    journal,
    ledger,
    outbox,
    publication,
    registry,
    standings,
    stuck,
)
from webvisio_billing.storage.counters import take_numbers
from webvisio_billing.storage.documents import WaitingDocument
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import ContractId

_JUST_AFTER: Final = timedelta(microseconds=1)
"""A notice received exactly at its deadline still counts, so intervals grow just after it."""


class Folded(msgspec.Struct, frozen=True, gc=False):
    """A contract folded up to `sequence`, whose hash is `last`."""

    contract: Contract
    sequence: int
    last: bytes


class Change(msgspec.Struct, frozen=True, gc=False):
    """What was decided about one contract; without events only time is looked at again."""

    contract_id: ContractId
    owner: CustomerRecord
    before: Folded | None
    events: tuple[Event, ...]


class Written(msgspec.Struct, frozen=True, gc=False):
    """A change after it was written: its events with their printed numbers, and when to look again."""

    change: Change
    folded: Folded
    events: tuple[Event, ...]
    next_look: datetime | None


def write(session: Session, changes: Sequence[Change], now: datetime, policy: Policy) -> list[Written]:
    """Write decisions; `now` is the instant of recording. Raises `JournalConflict`."""
    stamped = _numbered(session, [change.events for change in changes])
    written: list[Written] = []
    appends: list[journal.Append] = []
    entries: list[Entry] = []
    drafts: list[outbox.Draft] = []
    issued: list[WaitingDocument] = []
    accesses: list[ContractAccess] = []
    for change, events in zip(changes, stamped, strict=True):
        before = change.before
        folded = None if before is None else before.contract
        after_sequence = 0 if before is None else before.sequence
        for sequence, event in enumerate(events, start=after_sequence + 1):
            folded = contract.evolve(folded, event)
            if isinstance(event, InvoiceIssued | CreditNoteIssued | LateChargeClaimed):
                issued.append(_waiting(event, sequence, change.contract_id))
            booked = bookkeeping.entry(event, sequence, folded)
            if booked is not None:
                entries.append(booked)
            drafts += _messages(event, sequence, folded, policy)
        assert folded is not None, "a contract begins with its order"
        moment = max(now, folded.as_of)  # a clock that was set back must stop nobody
        reminders = letters.reminders(folded, moment, policy.reminders)
        drafts += (messages.mail(letter, folded) for letter in reminders)
        next_look = look_at(folded, moment, policy)
        opens = access.contract_access(folded, change.owner.name, moment)
        append = journal.chain(
            change.contract_id,
            change.owner.customer_id,
            events,
            after=after_sequence,
            last=journal.ROOT_HASH if before is None else before.last,
            recorded_at=moment,
            lifecycle=folded.lifecycle.value,
            next_due_at=next_look,
            shown=standings.columns(standing(folded, opens), opens),
        )
        appends.append(append)
        accesses.append(opens)
        written.append(
            Written(change, Folded(folded, append.sequence, append.last), tuple(events), next_look)
        )
    journal.append_all(session, appends)
    stuck.clear(session, [change.contract_id for change in changes])
    documents.queue(session, issued, now)
    if entries:
        ledger.book(session, entries)
    registry.replace_blocks_of(session, {one.contract_id: one.blocks for one in accesses})
    publication.publish_all(session, accesses, now)
    if drafts:
        outbox.put(session, drafts, now)
    return written


def look_at(after: Contract, now: datetime, policy: Policy) -> datetime | None:
    """Tell when time next does something to a contract: falls due, publishes more, or reminds."""
    grows_at = access.publication_due(after, now)
    looks = (
        contract.next_due(after),
        None if grows_at is None else grows_at + _JUST_AFTER,
        letters.next_reminder(after, now, policy.reminders),
    )
    return min((look for look in looks if look is not None), default=None)


def _numbered(session: Session, decided: Sequence[tuple[Event, ...]]) -> list[tuple[Event, ...]]:
    """Number the documents of all decisions, in the order given."""
    everything = [event for events in decided for event in events]
    wanted = [numbering.series_of(event) for event in everything]
    counters: dict[Series, int] = {
        series: take_numbers(session, f"{series.kind.value}{series.year}", wanted.count(series))
        for series in numbering.series_needed(everything)
    }
    numbered: list[tuple[Event, ...]] = []
    for events in decided:
        stamped, counters = numbering.stamp(events, counters)
        numbered.append(stamped)
    return numbered


def _waiting(
    event: InvoiceIssued | CreditNoteIssued | LateChargeClaimed, sequence: int, contract_id: ContractId
) -> WaitingDocument:
    kind = documents.KINDS[event.number[:1]]
    return WaitingDocument(event.number, contract_id, sequence, kind, event.issued_on)


def _messages(event: Event, sequence: int, after: Contract, policy: Policy) -> list[outbox.Draft]:
    drafts = [messages.webhook(event, sequence, after, endpoint) for endpoint in policy.webhooks]
    letter = letters.letter_of(event, sequence, after)
    return drafts if letter is None else [messages.mail(letter, after), *drafts]
