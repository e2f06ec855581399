"""The shared documents of all rooms: which exist, what stands in them and stood there before.

Who may do what is decided by `rights`; those that somebody looks at are in
`open`. A document is read from there, or from the disk once the journal has
written what came before.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import ParamSpec, TypeVar

import msgspec

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
    NewDocument,
)
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_rooms.application import randomness
from webvisio_rooms.application.document_exports import may_print
from webvisio_rooms.application.document_rights import DocumentRights
from webvisio_rooms.application.document_views import (
    content_of,
    doc_of,
    exercise_view,
    hand_view,
    readable_content,
    versions,
    with_suffix,
)
from webvisio_rooms.application.journal import Journal, Sealing
from webvisio_rooms.application.open_document import OpenDocument
from webvisio_rooms.application.open_documents import OpenDocuments
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.documents import contents
from webvisio_rooms.domain.documents import DEFAULT_RULES, Reader
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.storage.document_records import DocumentRecord, ExerciseRecord, Loaded, LogEntry
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.sealing import DocumentDestroyed

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Documents:
    """See the module."""

    def __init__(self, rooms: Rooms, store: DocumentStore) -> None:
        self.rooms = rooms
        self.timers = rooms.timers
        self.store = store
        self.writer = Writer()
        self.journal = Journal(store)
        self.rights = DocumentRights(rooms)
        self.open = OpenDocuments(
            rooms,
            self.rights,
            self.journal,
            load=self.loaded,
            keep_refused=self._keep_refused,
            announce=self.announce,
        )
        self.on_people: Callable[[RoomId], None] = lambda room_id: None
        self.on_announce: Callable[[RoomId], None] = lambda room_id: None
        self._forget_source: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep and to serve."""
        self.journal.start()
        self.journal.on_destroyed = self._hear_destroyed
        self.background(self._seal_clear())
        self.rooms.on_standing = self._hear_people
        self._forget_source = self.rooms.source.on_change(self._hear_entitlements)
        self.open.start()

    async def stop(self) -> None:
        """Let everybody go (they will come back), then finish writing."""
        self._forget_source()
        for task in tuple(self._tasks):
            task.cancel()
        self.open.stop()
        await asyncio.to_thread(self.journal.close)
        self.writer.close()

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

    # ---- finding ---------------------------------------------------------------------

    async def readable(
        self, room_id: RoomId, document_id: DocumentId, reader: Reader
    ) -> tuple[DocumentRecord, DocumentAccess]:
        """Find a document that a reader may read; raises `Refused`: others are not there."""
        record = await self.record(document_id)
        allowed = DocumentAccess.NONE
        if record is not None and record.room_id == room_id:
            allowed = self.rights.access(record, reader)
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
        reader = self.rights.require_reader(room_id, identity)
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
                hand_view(record, self.timers.now()),
            )
        return DocumentView(
            record.document_id,
            record.kind,
            record.name,
            record.rule,
            self.rights.access(record, reader),
            record.epoch,
            record.created_at,
            record.changed_at,
            record.size_bytes,
            record.writer_name,
            copy,
            record.annotates,
        )

    async def create(self, room_id: RoomId, identity: Identity, new: NewDocument) -> DocumentView:
        """Add a document (moderators); raises `Refused`."""
        reader = self.rights.require_manager(room_id, identity)
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
        async with self.open.exclusive:
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
        reader = self.rights.require_manager(room_id, identity)
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
        self.open.replaced(changed)
        self.announce(room_id)
        return self.view(changed, reader)

    async def remove(self, room_id: RoomId, document_id: DocumentId, identity: Identity) -> None:
        """Remove a document with its history (moderators); raises `Refused`."""
        reader = self.rights.require_manager(room_id, identity)
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
                self.open.replaced(changed)
                self.announce(room_id)

    async def _remove(self, room_id: RoomId, document_id: DocumentId) -> None:
        async with self.open.exclusive:
            self.open.turn_away(document_id, Refusal(RefusalCode.NOT_FOUND))
            await self.journal.drain()
            await self.writer.call(self.store.delete, document_id)
        self.announce(room_id)

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
        reader = self.rights.require_manager(room_id, identity)
        record, allowed = await self.readable(room_id, document_id, reader)
        if allowed is not DocumentAccess.WRITE:
            raise Refused(Refusal(RefusalCode.DOCUMENT_READ_ONLY))
        content = content_of(record.kind, await self.content_at(record, version))
        async with self.open.exclusive:
            self.open.outdate(document_id)
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

    def _keep_refused(self, document: OpenDocument, clients: frozenset[int]) -> None:
        self.writer.later(self.store.refuse_clients, document.record.document_id, sorted(clients))

    # ---- what changes around -----------------------------------------------------------

    def _hear_people(self, room_id: RoomId) -> None:
        self.open.recheck(room_id)
        self.on_people(room_id)

    def _hear_entitlements(self, changed: tuple[ContractAccess, ...]) -> None:
        self.background(self._seal_clear())
        self.open.watch_doors()

    async def _seal_clear(self) -> None:
        """Have sealed what was written before its room's customer was known, or by an older release."""
        await self.rooms.drain()  # which names the rooms' customers
        names = await self.writer.call(self.store.seals.plain)
        if names:
            self.journal.add(Sealing(names))

    def _hear_destroyed(self, documents: frozenset[DocumentId]) -> None:
        for document_id in documents:
            self.open.turn_away(document_id, Refusal(RefusalCode.FILE_DESTROYED))

    def _present(self, record: DocumentRecord) -> DocumentRecord:
        document = self.open.get(record.document_id)
        return record if document is None else replace(record, size_bytes=document.live.size_bytes)
