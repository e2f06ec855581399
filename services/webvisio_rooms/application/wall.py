"""The trainer's wall: every copy of an exercise at a glance, on one line of bounded speed.

What a notebook has become is computed here, and only what changed is sent: a
row's letters at most once a second, its excerpt (the miniature) as far as
`WALL_BYTES_PER_S` allows, the copy that waited longest first. So thirty people
who type at once cost the trainer no more than ten.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import msgspec
from pycrdt import Array, Doc, Subscription

from webvisio_protocol.documents import (
    CopyState,
    DocumentId,
    ExerciseId,
    Wall,
    WallChanged,
    WallExcerpt,
    WallRow,
    WallServerMessage,
)
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application.document_views import doc_of, exercise_view, hand_view
from webvisio_rooms.application.documents import Documents
from webvisio_rooms.application.open_document import OpenDocument
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.documents import progress
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.storage.document_records import DocumentRecord
from webvisio_rooms.storage.sealing import DocumentDestroyed

TICK_S = 1.0
WALL_BYTES_PER_S = 10_000
"""80 kbit/s, framing aside: what one wall is sent in the long run."""
MAX_WALLS = 200


class WallLine(Protocol):
    """A moderator's connection to a wall."""

    identity: Identity

    @property
    def room_of_line(self) -> RoomId:
        """The room that the line is in."""
        ...

    def send(self, data: bytes) -> None:
        """Queue an encoded text message."""
        ...

    def turn_away(self, refusal: Refusal, code: CloseCode) -> None:
        """Say why, and close."""
        ...


@dataclass(slots=True)
class _Seen:
    """What a wall was told of a copy, and what it has not been told yet."""

    row: WallRow
    version: int = -1
    is_dirty: bool = False
    has_new_excerpt: bool = False
    waits_since: int = 0
    first: WallExcerpt | None = None
    """What was worked on before anybody watched."""


class _Watch:
    """Notes which cell of an open copy was touched last."""

    def __init__(self, document: OpenDocument) -> None:
        self.document = document
        self.cell = -1
        cells = document.live.doc.get("cells", type=Array)
        self._cells = cells
        self._subscription: Subscription = cells.observe_deep(self._touched)

    def _touched(self, events: Iterable[Any]) -> None:  # pycrdt's stubs know no `path`
        for event in events:
            if event.path and isinstance(event.path[0], int):
                self.cell = event.path[0]

    def stop(self) -> None:
        self._cells.unobserve(self._subscription)


class LiveWall:
    """One exercise on one moderator's screen."""

    def __init__(self, documents: Documents, exercise_id: ExerciseId, line: WallLine) -> None:
        self.exercise_id = exercise_id
        self.line = line
        self._documents = documents
        self._seen: dict[DocumentId, _Seen] = {}
        self._watches: dict[DocumentId, _Watch] = {}
        self._allowance = float(2 * WALL_BYTES_PER_S)
        self._ticks = 0
        self._alarm = Alarm(documents.timers, self._tick)

    async def start(self) -> None:
        """Send the whole wall, then what changes; raises `Refused`."""
        documents, line = self._documents, self.line
        self._check()
        exercise = await documents.writer.call(documents.store.exercises.find, self.exercise_id)
        if exercise is None or exercise.room_id != line.room_of_line:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        copies = await documents.writer.call(documents.store.copies, self.exercise_id)
        ids: tuple[str, ...] = ()
        given = await self._given()
        for copy in copies:
            doc = await self._doc(copy)
            ids = ids or progress.cell_ids(doc)
            first = progress.excerpt(doc, progress.worked_on(doc, given))
            row = self._row(copy, progress.progress(doc))
            self._seen[copy.document_id] = _Seen(row, has_new_excerpt=first is not None, first=first)
        rows = tuple(seen.row for seen in self._seen.values())
        self._say(Wall(exercise_view(exercise), ids, rows))
        self._alarm.set(documents.timers.now() + timedelta(seconds=TICK_S))

    def stop(self) -> None:
        """Send nothing more."""
        self._alarm.set(None)
        for watch in self._watches.values():
            watch.stop()
        self._watches.clear()

    async def refresh(self) -> None:
        """Take in copies that were given out since, and states that changed."""
        documents = self._documents
        for copy in await documents.writer.call(documents.store.copies, self.exercise_id):
            seen = self._seen.get(copy.document_id)
            if seen is None:
                row = self._row(copy, progress.progress(await self._doc(copy)))
                seen = self._seen[copy.document_id] = _Seen(row, is_dirty=True)
            self._take(seen, self._row(copy, seen.row.cells))

    def _check(self) -> None:
        reader = self._documents.rights.require_reader(self.line.room_of_line, self.line.identity)
        if not may(reader.role, Action.MANAGE_DOCUMENTS):
            raise Refused(Refusal(RefusalCode.ROLE_TOO_WEAK))

    async def _doc(self, copy: DocumentRecord) -> Doc[Any]:
        document = self._documents.open.get(copy.document_id)
        if document is not None:
            return document.live.doc
        loaded = await self._documents.loaded(copy.document_id)
        return doc_of(() if loaded is None else loaded.states)

    async def _given(self) -> dict[str, str]:
        """Read the sources that were handed out, by cell."""
        documents = self._documents
        try:
            content = await documents.writer.call(documents.store.exercises.template, self.exercise_id)
        except DocumentDestroyed:  # with its customer's key
            return {}
        template = msgspec.json.decode(content)
        return {str(cell.get("id")): str(cell.get("source", "")) for cell in template["cells"]}

    # ---- ticking ---------------------------------------------------------------------

    def _tick(self) -> None:
        try:
            self._check()
        except Refused as refused:
            self.stop()
            self.line.turn_away(refused.refusal, CloseCode.REFUSED)
            return
        self._ticks += 1
        self._allowance = min(2.0 * WALL_BYTES_PER_S, self._allowance + WALL_BYTES_PER_S * TICK_S)
        for document_id, seen in self._seen.items():
            document = self._documents.open.get(document_id)
            self._follow(document_id, document)
            if document is None:
                self._take(seen, msgspec.structs.replace(seen.row, is_present=False))
            elif document.version != seen.version:
                seen.version = document.version
                row = self._row(document.record, progress.progress(document.live.doc))
                self._take(seen, row)
                if not seen.has_new_excerpt:
                    seen.has_new_excerpt, seen.waits_since = True, self._ticks
            else:
                self._take(seen, self._row(document.record, seen.row.cells))
        self._send_changes()
        self._alarm.set(self._documents.timers.now() + timedelta(seconds=TICK_S))

    def _send_changes(self) -> None:
        rows: dict[DocumentId, WallRow] = {}
        for document_id, seen in self._seen.items():
            if seen.is_dirty and self._afford(seen.row):
                seen.is_dirty = False
                rows[document_id] = seen.row
        waiting = [seen for seen in self._seen.values() if seen.has_new_excerpt]
        for seen in sorted(waiting, key=lambda one: one.waits_since):
            row = msgspec.structs.replace(seen.row, excerpt=self._excerpt(seen.row.document_id) or seen.first)
            if row.excerpt is None or self._afford(row):
                seen.has_new_excerpt = False
                if row.excerpt is not None:
                    rows[row.document_id] = row
        if rows:
            self._say(WallChanged(tuple(rows.values())))

    def _afford(self, row: WallRow) -> bool:
        size_bytes = len(msgspec.json.encode(row)) + 1
        if self._allowance < size_bytes:
            return False
        self._allowance -= size_bytes
        return True

    def _say(self, message: WallServerMessage) -> None:
        self.line.send(msgspec.json.encode(message))

    def _take(self, seen: _Seen, row: WallRow) -> None:
        if row != seen.row:
            seen.row, seen.is_dirty = row, True

    def _row(self, copy: DocumentRecord, letters: str) -> WallRow:
        live = self._documents.rooms.live.get(copy.room_id)
        presence = None if live is None or copy.owner is None else live.session.presence_of(copy.owner)
        document = self._documents.open.get(copy.document_id)
        lines = () if document is None else document.lines.values()
        return WallRow(
            copy.document_id,
            copy.owner_name or "",
            None if presence is None else presence.participant_id,
            copy.copy_state or CopyState.WORKING,
            letters,
            any(line.identity.person == copy.owner for line in lines),
            hand_view(copy, self._documents.timers.now()) is not None,
        )

    def _follow(self, document_id: DocumentId, document: OpenDocument | None) -> None:
        watch = self._watches.get(document_id)
        if watch is not None and watch.document is not document:
            watch.stop()
            del self._watches[document_id]
        if document is not None and document_id not in self._watches:
            self._watches[document_id] = _Watch(document)

    def _excerpt(self, document_id: DocumentId) -> WallExcerpt | None:
        watch = self._watches.get(document_id)
        return None if watch is None else progress.excerpt(watch.document.live.doc, watch.cell)


class Walls:
    """All walls that are being looked at."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._walls: set[LiveWall] = set()

    async def open(self, exercise_id: ExerciseId, line: WallLine) -> LiveWall:
        """Show an exercise to a moderator; raises `Refused`."""
        if len(self._walls) >= MAX_WALLS:
            raise Refused(Refusal(RefusalCode.RATE_LIMITED))
        wall = LiveWall(self._documents, exercise_id, line)
        await wall.start()
        self._walls.add(wall)
        return wall

    def close(self, wall: LiveWall) -> None:
        """Show it no longer."""
        wall.stop()
        self._walls.discard(wall)

    def refresh(self, room_id: RoomId) -> None:
        """Take in what changed of the copies of a room."""
        for wall in self._walls:
            if wall.line.room_of_line == room_id:
                self._documents.background(wall.refresh())

    def stop(self) -> None:
        """End all walls."""
        for wall in tuple(self._walls):
            self.close(wall)
