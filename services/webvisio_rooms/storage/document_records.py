"""What the stores of documents give and take: plain values, no rows."""

from dataclasses import dataclass
from datetime import datetime

from webvisio_protocol.documents import (
    CopyState,
    DocumentId,
    DocumentKind,
    DocumentRule,
    ExerciseId,
    ExerciseState,
)
from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.domain.documents import Copy, Hand, Standing


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as it is stored, but for its content."""

    document_id: DocumentId
    room_id: RoomId
    kind: DocumentKind
    name: str
    rule: DocumentRule
    epoch: str
    created_at: datetime
    changed_at: datetime
    size_bytes: int
    writer: str | None = None
    writer_name: str | None = None
    exercise_id: ExerciseId | None = None
    owner: str | None = None
    owner_name: str | None = None
    copy_state: CopyState | None = None
    hand: Hand | None = None
    annotates: str | None = None

    @property
    def standing(self) -> Standing:
        """What of it decides on access."""
        copy = None
        if self.owner is not None and self.copy_state is not None:
            copy = Copy(self.owner, self.copy_state, self.hand)
        return Standing(self.kind, self.rule, self.writer, copy)


@dataclass(frozen=True, slots=True)
class ExerciseRecord:
    """An exercise, but for its template."""

    exercise_id: ExerciseId
    room_id: RoomId
    name: str
    state: ExerciseState
    handed_out_at: datetime
    deadline: datetime | None
    copies: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Changes to be kept."""

    document_id: DocumentId
    seq: int
    epoch: str
    at: datetime
    author_name: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a document after `seq`."""

    document_id: DocumentId
    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it takes to bring a document to life: updates of the present epoch, in order."""

    record: DocumentRecord
    states: tuple[bytes, ...]
    last_seq: int
    refused_clients: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LogMark:
    """An entry of the log, without its content."""

    seq: int
    epoch: str
    at: datetime
    author_name: str
