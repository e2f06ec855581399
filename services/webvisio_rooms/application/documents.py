"""The shared documents of all rooms: which exist, who may do what with them, which are open.

The door is the room's contract, as for the room itself. Access is decided
anew whenever something it rests on changes: a role, a rule, what the session
withholds, a helping hand, the clock. Whoever may do more or less than before is
disconnected and comes back with a fresh Yjs document; whoever may do nothing
any more is turned away. One module, though long: all of it keeps that one promise.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import ParamSpec, TypeVar

import msgspec

from webvisio_entitlements.access import Open
from webvisio_protocol.documents import (
    MAX_DOCUMENTS,
    CopyView,
    DocumentAccess,
    DocumentHistory,
    DocumentId,
    DocumentList,
    DocumentPatch,
    DocumentRule,
    DocumentView,
    HandChanged,
    HandView,
    NewDocument,
)
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_protocol.signalling import CloseCode, Feature
from webvisio_rooms.application import randomness
from webvisio_rooms.application.document_exports import may_print
from webvisio_rooms.application.document_views import (
    collaborator,
    content_of,
    doc_of,
    exercise_view,
    readable_content,
    versions,
    with_suffix,
)
from webvisio_rooms.application.journal import Journal, Sealing
from webvisio_rooms.application.open_document import DocumentLine, OpenDocument
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.documents import contents
from webvisio_rooms.domain.documents import DEFAULT_RULES, Reader, access, is_given
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.storage.document_records import DocumentRecord, ExerciseRecord, Loaded, LogEntry
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.sealing import DocumentDestroyed

P = ParamSpec("P")
T = TypeVar("T")

UNLOAD_AFTER_S = 30
"""A document that nobody looks at stays in memory for so long."""
ROUND_S = 10
MAX_OPEN_DOCUMENTS = 2000
MAX_LINES = 1000
"""Lines of one document."""
MAX_LINES_OF_A_PERSON = 60
"""Lines of one person in one room: a wall of copies, and tabs."""
_log = logging.getLogger(__name__)


class Documents:
    """See the module."""

    def __init__(self, rooms: Rooms, store: DocumentStore) -> None:
        self.rooms = rooms
        self.timers = rooms.timers
        self.store = store
        self.writer = Writer()
        self.journal = Journal(store)
        self.open: dict[DocumentId, OpenDocument] = {}
        self.on_change: Callable[[OpenDocument], None] = lambda document: None
        self.on_people: Callable[[RoomId], None] = lambda room_id: None
        self.on_announce: Callable[[RoomId], None] = lambda room_id: None
        self._loading: dict[DocumentId, asyncio.Task[OpenDocument | None]] = {}
        self._doors: dict[RoomId, Alarm] = {}
        self._round_alarm = Alarm(self.timers, self._round)
        self._forget_source: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._exclusive = asyncio.Lock()
        """Held while a document is loaded, replaced or removed."""

    # ---- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep and to serve."""
        self.journal.start()
        self.journal.on_destroyed = self._hear_destroyed
        self.background(self._seal_clear())
        self.rooms.on_standing = self._hear_people
        self._forget_source = self.rooms.source.on_change(self._hear_entitlements)
        self._round_alarm.set(self.timers.now() + timedelta(seconds=ROUND_S))

    async def stop(self) -> None:
        """Let everybody go (they will come back), then finish writing."""
        self._forget_source()
        self._round_alarm.set(None)
        for alarm in self._doors.values():
            alarm.set(None)
        for task in tuple(self._tasks):
            task.cancel()
        for document in tuple(self.open.values()):
            for line in tuple(document.lines.values()):
                line.end(CloseCode.RESTARTING)
            document.snap()
            document.close()
        self.open.clear()
        await asyncio.to_thread(self.journal.close)
        self.writer.close()

    def later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call once, by the real clock: for batches too short for the platform's."""
        asyncio.get_running_loop().call_later(delay_s, callback)

    def background(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside; it ends with the service."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("work on documents failed: %s", type(error).__name__)

    async def settled(self) -> None:
        """Return once everything under way is done and on the disk."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.journal.drain()
        await self.writer.drain()

    # ---- who may what ----------------------------------------------------------------

    def reader(self, room_id: RoomId, identity: Identity) -> Reader | Refusal:
        """Tell as whom somebody uses the documents of a room at this moment, or why not."""
        refusal = self.rooms.door(room_id)
        if refusal is not None:
            return refusal
        role = self.rooms.standing(room_id, identity)
        if isinstance(role, Refusal):
            return role
        withheld = frozenset(
            feature
            for feature in (Feature.DRAW, Feature.WRITE_NOTES)
            if not self.rooms.may_use(room_id, identity.person, role, feature)
        )
        return Reader(identity.person, role, withheld)

    def require_reader(self, room_id: RoomId, identity: Identity) -> Reader:
        """Tell as whom somebody uses the documents of a room; raises `Refused`."""
        reader = self.reader(room_id, identity)
        if isinstance(reader, Refusal):
            raise Refused(reader)
        return reader

    def require_manager(self, room_id: RoomId, identity: Identity) -> Reader:
        """Tell the same of somebody who creates, changes and removes documents; raises `Refused`."""
        reader = self.require_reader(room_id, identity)
        if not may(reader.role, Action.MANAGE_DOCUMENTS):
            raise Refused(Refusal(RefusalCode.ROLE_TOO_WEAK))
        return reader

    def access(self, record: DocumentRecord, reader: Reader) -> DocumentAccess:
        """Tell what a reader may do with a document now."""
        return access(record.standing, reader, self.timers.now())

    async def readable(
        self, room_id: RoomId, document_id: DocumentId, reader: Reader
    ) -> tuple[DocumentRecord, DocumentAccess]:
        """Find a document that a reader may read; raises `Refused`: others are not there."""
        record = await self.record(document_id)
        allowed = DocumentAccess.NONE
        if record is not None and record.room_id == room_id:
            allowed = self.access(record, reader)
        if record is None or allowed is DocumentAccess.NONE:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        return record, allowed

    async def record(self, document_id: DocumentId) -> DocumentRecord | None:
        """Find a document as it is now."""
        document = self.open.get(document_id)
        if document is not None:
            return document.record
        return await self.writer.call(self.store.document, document_id)

    # ---- lists and settings ----------------------------------------------------------

    async def listed(self, room_id: RoomId, identity: Identity) -> DocumentList:
        """List what somebody may read; raises `Refused`."""
        reader = self.require_reader(room_id, identity)
        records = await self.writer.call(self.store.documents, room_id)
        exercises = {
            one.exercise_id: one for one in await self.writer.call(self.store.exercises.of_room, room_id)
        }
        views = [self.view(self._present(record), reader, exercises.values()) for record in records]
        return DocumentList(
            tuple(view for view in views if view.access is not DocumentAccess.NONE),
            tuple(exercise_view(one) for one in exercises.values()) if reader.role.moderates else (),
            may(reader.role, Action.MANAGE_DOCUMENTS),
            may_print(),
        )

    def view(
        self, record: DocumentRecord, reader: Reader, exercises: Iterable[ExerciseRecord] = ()
    ) -> DocumentView:
        """Show a document to somebody."""
        copy = None
        if record.exercise_id is not None and record.copy_state is not None:
            deadline = next((e.deadline for e in exercises if e.exercise_id == record.exercise_id), None)
            copy = CopyView(
                record.exercise_id,
                record.copy_state,
                record.owner_name or "",
                record.owner == reader.person,
                deadline,
                self.hand_view(record),
            )
        return DocumentView(
            record.document_id,
            record.kind,
            record.name,
            record.rule,
            self.access(record, reader),
            record.epoch,
            record.created_at,
            record.changed_at,
            record.size_bytes,
            record.writer_name,
            copy,
            record.annotates,
        )

    def hand_view(self, record: DocumentRecord) -> HandView | None:
        """Show the helping hand of a copy, if one is given."""
        hand = record.hand
        if hand is None or not is_given(hand, self.timers.now()):
            return None
        return HandView(hand.until, hand.granted_at)

    async def create(self, room_id: RoomId, identity: Identity, new: NewDocument) -> DocumentView:
        """Add a document (moderators); raises `Refused`."""
        reader = self.require_manager(room_id, identity)
        if await self.writer.call(self.store.count, room_id) >= MAX_DOCUMENTS:
            raise Refused(Refusal(RefusalCode.DOCUMENTS_LIMIT, details={"limit": str(MAX_DOCUMENTS)}))
        now = self.timers.now()
        content = content_of(new.kind, new.content)
        record = DocumentRecord(
            randomness.document_id(),
            room_id,
            new.kind,
            with_suffix(new.kind, new.name),
            new.rule or DEFAULT_RULES[new.kind],
            randomness.epoch(),
            now,
            now,
            len(content),
            annotates=new.annotates,
        )
        async with self._exclusive:
            there = await self.annotations(new.annotates)
            if there is not None:
                return self.view(there, reader)
            await self.writer.call(self.store.create, record, identity.name, content)
        self.announce(room_id)
        return self.view(record, reader)

    async def annotations(self, file_id: str | None) -> DocumentRecord | None:
        """Find the board over the pages of a file."""
        return None if file_id is None else await self.writer.call(self.store.annotations, file_id)

    async def change(
        self, room_id: RoomId, document_id: DocumentId, identity: Identity, patch: DocumentPatch
    ) -> DocumentView:
        """Change a document's name, rule or writer (moderators); raises `Refused`."""
        reader = self.require_manager(room_id, identity)
        record, _ = await self.readable(room_id, document_id, reader)
        unset = msgspec.UnsetType
        name = None if isinstance(patch.name, unset) else with_suffix(record.kind, patch.name)
        writer = None
        if not isinstance(patch.writer, unset):
            live = self.rooms.live.get(room_id)
            presence = None if live is None else live.session.inside.get(patch.writer)
            if presence is None:
                raise Refused(Refusal(RefusalCode.NOT_FOUND))
            writer = (presence.identity.person, presence.identity.name)
        changed = await self.writer.call(
            self.store.change,
            document_id,
            name=name,
            rule=None if isinstance(patch.rule, unset) else patch.rule,
            writer=writer,
        )
        if changed is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        self.replaced(changed)
        self.announce(room_id)
        return self.view(changed, reader)

    async def remove(self, room_id: RoomId, document_id: DocumentId, identity: Identity) -> None:
        """Remove a document with its history (moderators); raises `Refused`."""
        reader = self.require_manager(room_id, identity)
        await self.readable(room_id, document_id, reader)
        await self._remove(room_id, document_id)

    async def file_changed(self, room_id: RoomId, file_id: str, rule: DocumentRule | None) -> None:
        """Have the annotations of a file read by whom the file is; None: it is gone, and they with it."""
        record = await self.annotations(file_id)
        if record is None:
            return
        if rule is None:
            await self._remove(room_id, record.document_id)
        elif (rule is DocumentRule.HIDDEN) is not (record.rule is DocumentRule.HIDDEN):
            changed = await self.writer.call(self.store.change, record.document_id, rule=rule)
            if changed is not None:
                self.replaced(changed)
                self.announce(room_id)

    async def _remove(self, room_id: RoomId, document_id: DocumentId) -> None:
        async with self._exclusive:
            document = self.open.pop(document_id, None)
            if document is not None:
                document.close()
                for line in tuple(document.lines.values()):
                    self._turn_away(document, line, Refusal(RefusalCode.NOT_FOUND))
            await self.journal.drain()
            await self.writer.call(self.store.delete, document_id)
        self.announce(room_id)

    def replaced(self, record: DocumentRecord) -> None:
        """Take a changed record into an open document, and look again who may do what."""
        document = self.open.get(record.document_id)
        if document is not None:
            document.record = replace(record, epoch=document.record.epoch)
            self._watch_hand(document)
            self._recheck_document(document)

    def announce(self, room_id: RoomId) -> None:
        """Have the people inside read the list again."""
        self.on_announce(room_id)
        live = self.rooms.live.get(room_id)
        if live is not None:
            live.act(lambda session, now: session.documents_changed(now))

    # ---- content ---------------------------------------------------------------------

    async def content(self, record: DocumentRecord) -> contents.Content:
        """Read what stands in a document now; raises `Refused` when clients spoilt it."""
        document = self.open.get(record.document_id)
        if document is not None:
            return readable_content(record.kind, document.live.doc)
        await self.journal.drain()
        loaded = await self.loaded(record.document_id)
        if loaded is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        return readable_content(record.kind, doc_of(loaded.states))

    async def loaded(self, document_id: DocumentId) -> Loaded | None:
        """Read a document from the disk; raises `Refused` when its key was destroyed."""
        return await self._unsealed(self.store.load, document_id)

    async def _unsealed(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self.writer.call(read, *args, **kwargs)
        except DocumentDestroyed as error:
            raise Refused(Refusal(RefusalCode.FILE_DESTROYED)) from error

    async def _seal_clear(self) -> None:
        """Have sealed what was written before its room's customer was known, or by an older release."""
        await self.rooms.drain()  # which names the rooms' customers
        names = await self.writer.call(self.store.seals.plain)
        if names:
            self.journal.add(Sealing(names))

    def _hear_destroyed(self, documents: frozenset[DocumentId]) -> None:
        for document_id in documents:
            document = self.open.pop(document_id, None)
            if document is not None:
                document.close()
                for line in tuple(document.lines.values()):
                    self._turn_away(document, line, Refusal(RefusalCode.FILE_DESTROYED))

    async def history(self, record: DocumentRecord) -> DocumentHistory:
        """List the states that a document had, latest first."""
        await self.journal.drain()
        marks = await self.writer.call(self.store.log.marks, record.document_id)
        return DocumentHistory(tuple(reversed(versions(marks))))

    async def content_at(self, record: DocumentRecord, version: int) -> contents.Content:
        """Read what stood in a document after a version; raises `Refused`."""
        await self.journal.drain()
        states = await self._unsealed(self.store.log.states_at, record.document_id, version)
        if not states:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        return readable_content(record.kind, doc_of(states))

    async def restore(
        self, room_id: RoomId, document_id: DocumentId, identity: Identity, version: int
    ) -> DocumentView:
        """Give a document the content it had, as a new epoch (moderators); raises `Refused`."""
        reader = self.require_manager(room_id, identity)
        record, allowed = await self.readable(room_id, document_id, reader)
        if allowed is not DocumentAccess.WRITE:
            raise Refused(Refusal(RefusalCode.DOCUMENT_READ_ONLY))
        content = content_of(record.kind, await self.content_at(record, version))
        async with self._exclusive:
            document = self.open.pop(document_id, None)
            if document is not None:
                document.close()
                for line in tuple(document.lines.values()):
                    document.leave(line)
                    line.end(CloseCode.STALE)
            await self.journal.drain()
            marks = await self.writer.call(self.store.log.marks, document_id)
            entry = LogEntry(
                document_id,
                marks[-1].seq + 1,
                randomness.epoch(),
                self.timers.now(),
                identity.name,
                content,
            )
            await self._unsealed(self.store.replace, entry)
        self.announce(room_id)
        restored = await self.record(document_id)
        assert restored is not None
        return self.view(restored, reader)

    # ---- lines -----------------------------------------------------------------------

    async def connect(self, document_id: DocumentId, line: DocumentLine) -> OpenDocument:
        """Bring somebody's line to a document; raises `Refused`."""
        document = await self._opened(document_id)
        reader = self.require_reader(line.room_of_line, line.identity)
        if document is None or document.record.room_id != line.room_of_line:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        line.access = self.access(document.record, reader)
        if line.access is DocumentAccess.NONE:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        if len(document.lines) >= MAX_LINES or self._count(line) >= MAX_LINES_OF_A_PERSON:
            raise Refused(Refusal(RefusalCode.RATE_LIMITED))
        document.join(line, collaborator(line.identity, reader))
        self._watch_door(line.room_of_line)
        return document

    async def _opened(self, document_id: DocumentId) -> OpenDocument | None:
        document = self.open.get(document_id)
        if document is not None:
            return document
        task = self._loading.get(document_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load(document_id))
            self._loading[document_id] = task
            task.add_done_callback(lambda _: self._loading.pop(document_id, None))
        return await asyncio.shield(task)

    async def _load(self, document_id: DocumentId) -> OpenDocument | None:
        if len(self.open) >= MAX_OPEN_DOCUMENTS:
            raise Refused(Refusal(RefusalCode.RATE_LIMITED))
        async with self._exclusive:
            await self.journal.drain()
            loaded = await self.loaded(document_id)
        if loaded is None:
            return None
        document = OpenDocument(
            loaded,
            journal=self.journal,
            timers=self.timers,
            later=self.later,
            on_change=lambda document: self.on_change(document),
            keep_refused=self._keep_refused,
        )
        self.open[document_id] = document
        self._watch_hand(document)
        return document

    def _keep_refused(self, document: OpenDocument, clients: frozenset[int]) -> None:
        self.writer.later(self.store.refuse_clients, document.record.document_id, sorted(clients))

    def _count(self, line: DocumentLine) -> int:
        person = line.identity.person
        return sum(
            other.identity.person == person and other.room_of_line == line.room_of_line
            for document in self.open.values()
            for other in document.lines.values()
        )

    # ---- looking again ---------------------------------------------------------------

    def recheck(self, room_id: RoomId) -> None:
        """Look again who may do what with the open documents of a room."""
        for document in tuple(self.open.values()):
            if document.record.room_id == room_id:
                self._recheck_document(document)

    def _recheck_document(self, document: OpenDocument) -> None:
        for line in tuple(document.lines.values()):
            self.recheck_line(document, line)

    def recheck_line(self, document: OpenDocument, line: DocumentLine) -> None:
        """Look again what one line may do."""
        reader = self.reader(line.room_of_line, line.identity)
        if isinstance(reader, Refusal):
            if reader.code is not RefusalCode.ENTITLEMENTS_UNKNOWN:
                self._turn_away(document, line, reader)
            return
        allowed = self.access(document.record, reader)
        if allowed is DocumentAccess.NONE:
            self._turn_away(document, line, Refusal(RefusalCode.NOT_FOUND))
        elif allowed is not line.access:
            document.leave(line)
            document.change_access(line, allowed)

    def _turn_away(self, document: OpenDocument, line: DocumentLine, refusal: Refusal) -> None:
        document.leave(line)
        line.decline(refusal)
        line.end(CloseCode.REFUSED)

    def _hear_people(self, room_id: RoomId) -> None:
        self.recheck(room_id)
        self.on_people(room_id)

    def _hear_entitlements(self, changed: tuple[ContractAccess, ...]) -> None:
        self.background(self._seal_clear())
        for room_id in {document.record.room_id for document in self.open.values()}:
            self._watch_door(room_id)

    def _watch_door(self, room_id: RoomId) -> None:
        """Look again who may do what, now and when the clock changes the door."""
        if not any(d.record.room_id == room_id and d.lines for d in self.open.values()):
            return
        found = self.rooms.source.copy.room_access(room_id, self.timers.now())
        if not isinstance(found, Open):
            self.recheck(room_id)
        alarm = self._doors.setdefault(room_id, Alarm(self.timers, lambda: self._watch_door(room_id)))
        alarm.set(found.until)

    def _watch_hand(self, document: OpenDocument) -> None:
        """Look again when a helping hand ends."""
        hand = document.record.hand
        until = hand.until if hand is not None and is_given(hand, self.timers.now()) else None
        if document.hand_alarm is None:
            document.hand_alarm = Alarm(self.timers, lambda: self._end_hand(document))
        document.hand_alarm.set(until)

    def _end_hand(self, document: OpenDocument) -> None:
        """A helping hand ended by the clock: everybody who looks is told, and trainers read again."""
        document.tell_all(HandChanged(self.hand_view(document.record)))
        self._recheck_document(document)
        self.announce(document.record.room_id)

    def _round(self) -> None:
        now = self.timers.now()
        for document_id, document in tuple(self.open.items()):
            idle = document.idle_since
            if idle is not None and now - idle >= timedelta(seconds=UNLOAD_AFTER_S):
                document.snap()
                document.close()
                del self.open[document_id]
        self._round_alarm.set(now + timedelta(seconds=ROUND_S))

    def _present(self, record: DocumentRecord) -> DocumentRecord:
        document = self.open.get(record.document_id)
        return record if document is None else replace(record, size_bytes=document.live.size_bytes)
