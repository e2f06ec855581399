"""Shared documents: the views of their HTTP interface and what their WebSocket says beside Yjs.

Binary frames of `documents/ROOM/DOC` are the Yjs sync and awareness protocols
as y-websocket speaks them; text frames are the JSON messages below. The server
first sends `DocumentOpened`. Reading (sync step 1) is answered at once; writing
needs `Begin`, which names the epoch of the client's Yjs document: one that was
restored or replaced meanwhile, or that made changes while it could only read,
is `DocumentStale`, and the client starts from an empty Yjs document.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NewType

import msgspec

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.signalling import (
    ClientMessageBase,
    Ping,
    Pong,
    RefusalView,
    ServerMessageBase,
    ShortText,
)

DocumentId = NewType("DocumentId", str)
ExerciseId = NewType("ExerciseId", str)

MAX_DOCUMENT_NAME_CHARACTERS = 120
MAX_DOCUMENTS = 500
"""Documents of one room, trainees' copies apart."""
MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
"""Of the encoded Yjs state."""
MAX_UPDATE_BYTES = 12 * 1024 * 1024
"""Of one WebSocket frame, and of what is imported."""
MAX_AWARENESS_BYTES = 16 * 1024
"""Of one client's awareness state."""
LONGEST_HAND_MINUTES = 120
MAX_LOGGED_HANDS = 100
"""Helping hands that a copy's log shows, and cells run under each of them that are kept: the latest."""
MAX_LOGGED_RUNS = 200

DocumentName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_DOCUMENT_NAME_CHARACTERS)]


class DocumentKind(StrEnum):
    """What a Yjs document holds.

    `notebook`: the roots of `jupyter_ydoc.YNotebook`. `board`: maps `elements`
    (id to Excalidraw element) and `files` (id to Excalidraw binary file). `note`:
    the text `source`, in Markdown.
    """

    NOTEBOOK = "notebook"
    BOARD = "board"
    NOTE = "note"


class DocumentRule(StrEnum):
    """Who may read and write; moderators may always read."""

    MODERATORS_WRITE = "moderators_write"
    ALL_WRITE = "all_write"
    OWNER_WRITES = "owner_writes"
    ONE_WRITES = "one_writes"
    HIDDEN = "hidden"


class DocumentAccess(StrEnum):
    NONE = "none"
    READ = "read"
    WRITE = "write"


class CopyState(StrEnum):
    """Where a person's copy of an exercise is on its way."""

    WORKING = "working"
    HANDED_IN = "handed_in"
    COLLECTED = "collected"
    RETURNED = "returned"


class ExerciseState(StrEnum):
    OPEN = "open"
    COLLECTED = "collected"
    RETURNED = "returned"


# ---- views -----------------------------------------------------------------------------


class HandView(msgspec.Struct, frozen=True, rename="camel"):
    """A helping hand: the owner lets a trainer edit, and run cells in their kernel, until an instant."""

    until: datetime
    granted_at: datetime


class HandRunView(msgspec.Struct, frozen=True, rename="camel"):
    """A cell that a trainer asked the owner's page to run, under a helping hand."""

    at: datetime
    by: str
    cell_id: str


class HandLogEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A helping hand that was given; `until` is when it ended or will; `ended_by` is None when the clock did."""

    granted_at: datetime
    until: datetime
    ended_by: str | None
    runs: tuple[HandRunView, ...]


class HandLog(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET .../hand`: the helping hands of a copy, latest first; `at` is now, by the service's clock."""

    hands: tuple[HandLogEntry, ...]
    at: datetime


class CopyView(msgspec.Struct, frozen=True, rename="camel"):
    """What makes a document somebody's copy of an exercise."""

    exercise_id: ExerciseId
    state: CopyState
    owner_name: str
    is_mine: bool
    deadline: datetime | None = None
    hand: HandView | None = None


class DocumentView(msgspec.Struct, frozen=True, rename="camel"):
    """A document as one person sees it; `access` is theirs at this moment.

    `annotates` is the file over whose pages a board lies.
    """

    document_id: DocumentId
    kind: DocumentKind
    name: str
    rule: DocumentRule
    access: DocumentAccess
    epoch: str
    created_at: datetime
    changed_at: datetime
    size_bytes: int
    writer_name: str | None = None
    copy: CopyView | None = None
    annotates: str | None = None


class ExerciseView(msgspec.Struct, frozen=True, rename="camel"):
    """A notebook that was handed out; `copies` counts those that exist."""

    exercise_id: ExerciseId
    name: str
    state: ExerciseState
    handed_out_at: datetime
    deadline: datetime | None
    copies: int


class DocumentList(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET api/rooms/ROOM/documents`: what the caller may read, oldest first.

    `may_print`: notebooks can be had as PDF here.
    """

    documents: tuple[DocumentView, ...]
    exercises: tuple[ExerciseView, ...] = ()
    may_create: bool = False
    may_print: bool = False


class VersionView(msgspec.Struct, frozen=True, rename="camel"):
    """A state that a document had; `version` goes into `history/VERSION` and `restore`."""

    version: int
    at: datetime
    authors: tuple[str, ...]


class DocumentHistory(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of `GET .../history`, latest first."""

    versions: tuple[VersionView, ...]


# ---- bodies ----------------------------------------------------------------------------


class DocumentBodyBase(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What every body has: strict fields."""


class NewDocument(DocumentBodyBase, frozen=True):
    """Body of `POST api/rooms/ROOM/documents`.

    `content` is a notebook (nbformat 4), an Excalidraw scene, or Markdown; any
    JSON value here, checked by kind afterwards. `annotates` makes a board the
    annotations of a file; who asks for those that are there already gets them.
    """

    kind: DocumentKind
    name: DocumentName
    rule: DocumentRule | None = None
    content: Any = None
    annotates: ShortText | None = None


class DocumentPatch(DocumentBodyBase, frozen=True):
    """Body of `PATCH api/rooms/ROOM/documents/DOC`; what is not there stays. `writer` goes with `one_writes`."""

    name: DocumentName | msgspec.UnsetType = msgspec.UNSET
    rule: DocumentRule | msgspec.UnsetType = msgspec.UNSET
    writer: ParticipantId | msgspec.UnsetType = msgspec.UNSET


class RestoreVersion(DocumentBodyBase, frozen=True):
    """Body of `POST .../restore`."""

    version: Annotated[int, msgspec.Meta(ge=0)]


class HandGrant(DocumentBodyBase, frozen=True):
    """Body of `POST .../hand`: the owner of a copy asks for help."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_HAND_MINUTES)] = 10


class NewExercise(DocumentBodyBase, frozen=True):
    """Body of `POST api/rooms/ROOM/exercises`: hands a notebook of the room out, one copy a trainee."""

    document_id: DocumentId
    name: DocumentName | None = None
    deadline: datetime | None = None


class ExercisePatch(DocumentBodyBase, frozen=True):
    """Body of `PATCH api/rooms/ROOM/exercises/ID`; a null deadline takes it away."""

    state: ExerciseState | msgspec.UnsetType = msgspec.UNSET
    deadline: datetime | msgspec.UnsetType | None = msgspec.UNSET


# ---- the document's WebSocket ----------------------------------------------------------


class Begin(ClientMessageBase, frozen=True, tag="begin"):
    """Before writing: the epoch of the client's Yjs document and its client id."""

    epoch: ShortText
    client_id: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class RunCell(ClientMessageBase, frozen=True, tag="run_cell"):
    """Under a helping hand: asks the owner's page to run a cell in the owner's kernel."""

    cell_id: ShortText


DocumentClientMessage = Begin | RunCell | Ping


class Collaborator(msgspec.Struct, frozen=True, rename="camel"):
    """Who one is in documents; the server puts the same into each awareness state as `user`."""

    username: str
    name: str
    initials: str
    color: str
    is_moderator: bool = False


class DocumentOpened(ServerMessageBase, frozen=True, tag="document_opened"):
    """First message. `access` holds until the connection is closed; `begin` names this `epoch`."""

    document_id: DocumentId
    access: DocumentAccess
    epoch: str
    participant: Collaborator
    max_update_bytes: int = MAX_UPDATE_BYTES


class AccessChanged(ServerMessageBase, frozen=True, tag="access_changed"):
    """Access is another from now on; the connection is closed after it (`ACCESS_CHANGED`)."""

    access: DocumentAccess


class DocumentStale(ServerMessageBase, frozen=True, tag="document_stale"):
    """The client's Yjs document is of no use any more; the connection is closed after it (`STALE`)."""

    epoch: str


class DocumentRefused(ServerMessageBase, frozen=True, tag="document_refused"):
    """A change was dropped, or the document is closed to the client (then the connection is closed)."""

    refusal: RefusalView


class Saved(ServerMessageBase, frozen=True, tag="saved"):
    """The first `up_to` changes (binary frames 0,1 and 0,2) of this connection are on the disk."""

    up_to: int


class HandChanged(ServerMessageBase, frozen=True, tag="hand_changed"):
    """The helping hand of this document is given, or taken back (None)."""

    hand: HandView | None


class RunRequested(ServerMessageBase, frozen=True, tag="run_requested"):
    """To the owner's pages: somebody with a helping hand wants this cell run."""

    cell_id: str
    by: str


DocumentServerMessage = (
    DocumentOpened
    | AccessChanged
    | DocumentStale
    | DocumentRefused
    | Saved
    | HandChanged
    | RunRequested
    | Pong
)


# ---- the wall --------------------------------------------------------------------------


class CellProgress(StrEnum):
    """What became of a code cell; the letters stand one after another in `WallRow.cells`."""

    NOT_RUN = "-"
    RUNNING = "*"
    OK = "+"
    ERROR = "!"


class WallRow(msgspec.Struct, frozen=True, rename="camel"):
    """A copy of the exercise: `cells` has one letter (`CellProgress`) a code cell, in order.

    `excerpt` is what the owner is working on: the end of a cell's source and of its
    text output; None in a change means that it is as before.
    """

    document_id: DocumentId
    owner_name: str
    participant_id: ParticipantId | None
    state: CopyState
    cells: str
    is_present: bool
    has_hand: bool = False
    excerpt: "WallExcerpt | None" = None


class WallExcerpt(msgspec.Struct, frozen=True, rename="camel"):
    """The cell last worked on; `cell` counts code cells from 0."""

    cell: int
    source: str
    output: str


class Wall(ServerMessageBase, frozen=True, tag="wall"):
    """First message of `documents/ROOM/wall?exercise=ID`: every copy. `cell_ids` are the code cells' in order."""

    exercise: ExerciseView
    cell_ids: tuple[str, ...]
    rows: tuple[WallRow, ...]


class WallChanged(ServerMessageBase, frozen=True, tag="wall_changed"):
    """The rows that changed, whole but for their excerpt."""

    rows: tuple[WallRow, ...]


WallServerMessage = Wall | WallChanged | DocumentRefused | Pong
