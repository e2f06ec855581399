"""The hash chain of a contract's journal: a pure function over what is stored.

Each entry's hash covers the hash before it and every stored field: contract,
sequence, time of recording, and the exact bytes of the event. A changed,
missing, added or reordered entry breaks the chain at a sequence that
`first_break` names; the head alone stands for the whole and can be kept
elsewhere. Documents enter the journal only with their printed number.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed
from webvisio_protocol.identifiers import ContractId

ROOT = bytes(32)
"""What the first entry of a contract follows."""

_FORMAT = "webvisio-journal-1"
"""Names the way of hashing, and is hashed with every entry."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is kept: `payload` is its JSON, `recorded_at` (UTC) when it was written."""

    contract_id: ContractId
    sequence: int
    recorded_at: datetime
    payload: bytes
    hash: bytes

    @property
    def event(self) -> Event:
        """The event itself."""
        return _decoder.decode(self.payload)


def seal(
    previous: bytes, contract_id: ContractId, sequence: int, recorded_at: datetime, payload: bytes
) -> bytes:
    """Hash one entry onto the chain. The JSON header keeps neighbouring fields apart."""
    header = _encoder.encode([_FORMAT, contract_id, sequence, _stamp(recorded_at)])
    digest = hashlib.sha256(previous)
    digest.update(len(header).to_bytes(4, "big"))
    digest.update(header)
    digest.update(payload)
    return digest.digest()


@lru_cache(maxsize=4096)
def _stamp(recorded_at: datetime) -> str:
    """Word an instant; a batch has one for all its entries."""
    return recorded_at.astimezone(UTC).isoformat()


def encode(event: Event) -> bytes:
    """Write an event as the bytes that are kept; raises `HistoryError` for a document without its number."""
    if isinstance(event, InvoiceIssued | CreditNoteIssued | LateChargeClaimed) and not event.number:
        raise HistoryError(f"document {event.ref} has no number yet")
    return _encoder.encode(event)


def append(
    contract_id: ContractId,
    events: Sequence[Event],
    recorded_at: datetime,
    after: int = 0,
    head: bytes = ROOT,
) -> tuple[Entry, ...]:
    """Make the entries that follow sequence `after`, whose hash is `head`.

    Raises `HistoryError` for a document without its printed number.
    """
    entries: list[Entry] = []
    for sequence, event in enumerate(events, start=after + 1):
        payload = encode(event)
        head = seal(head, contract_id, sequence, recorded_at, payload)
        entries.append(Entry(contract_id, sequence, recorded_at, payload, head))
    return tuple(entries)


def first_break(entries: Iterable[Entry], contract_id: ContractId, head: bytes | None = None) -> int | None:
    """Find the first sequence at which the chain does not hold; None where all of it does.

    With `head`, kept elsewhere, entries cut off at the end are found too.
    """
    last = ROOT
    expected = 1
    for entry in entries:
        sealed = seal(last, contract_id, expected, entry.recorded_at, entry.payload)
        if entry.contract_id != contract_id or entry.sequence != expected or entry.hash != sealed:
            return expected
        last = sealed
        expected += 1
    return None if head is None or head == last else expected
