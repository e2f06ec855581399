"""The documents that somebody looks at: brought to memory, and looked at again whenever rights change.

What a line may do is decided anew whenever something it rests on changes: a
role, a rule, what the session withholds, a helping hand, the clock. Whoever may
do more or less than before is disconnected and comes back with a fresh Yjs
document; whoever may do nothing any more is turned away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from webvisio_entitlements.access import Open
from webvisio_protocol.documents import DocumentAccess, DocumentId, HandChanged
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application.document_rights import DocumentRights
from webvisio_rooms.application.document_views import collaborator, hand_view
from webvisio_rooms.application.journal import Journal
from webvisio_rooms.application.open_document import DocumentLine, OpenDocument
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.timing import Alarm
from webvisio_rooms.domain.documents import is_given
from webvisio_rooms.storage.document_records import DocumentRecord, Loaded

UNLOAD_AFTER_S = 30
"""A document that nobody looks at stays in memory for so long."""
ROUND_S = 10
MAX_OPEN_DOCUMENTS = 2000
MAX_LINES = 1000
"""Lines of one document."""
MAX_LINES_OF_A_PERSON = 60
"""Lines of one person in one room: a wall of copies, and tabs."""


class OpenDocuments(Mapping[DocumentId, OpenDocument]):
    """See the module.

    `load` reads a document from the disk, `keep_refused` keeps Yjs clients that
    wrote and might not, `announce` has a room's people read the list again.
    """

    def __init__(
        self,
        rooms: Rooms,
        rights: DocumentRights,
        journal: Journal,
        *,
        load: Callable[[DocumentId], Awaitable[Loaded | None]],
        keep_refused: Callable[[OpenDocument, frozenset[int]], None],
        announce: Callable[[RoomId], None],
    ) -> None:
        self._rooms = rooms
        self._timers = rooms.timers
        self._rights = rights
        self._journal = journal
        self._load = load
        self._keep_refused = keep_refused
        self._announce = announce
        self._open: dict[DocumentId, OpenDocument] = {}
        self._loading: dict[DocumentId, asyncio.Task[OpenDocument | None]] = {}
        self._doors: dict[RoomId, Alarm] = {}
        self._round_alarm = Alarm(self._timers, self._round)
        self.exclusive = asyncio.Lock()
        """Held while a document is loaded, replaced or removed."""

    def __getitem__(self, document_id: DocumentId) -> OpenDocument:
        return self._open[document_id]

    def __iter__(self) -> Iterator[DocumentId]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    # ---- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to put away what nobody looks at."""
        self._round_alarm.set(self._timers.now() + timedelta(seconds=ROUND_S))

    def stop(self) -> None:
        """Let everybody go: they will come back."""
        self._round_alarm.set(None)
        for alarm in self._doors.values():
            alarm.set(None)
        for document in tuple(self._open.values()):
            for line in tuple(document.lines.values()):
                line.end(CloseCode.RESTARTING)
            document.snap()
            document.close()
        self._open.clear()

    def _round(self) -> None:
        now = self._timers.now()
        for document_id, document in tuple(self._open.items()):
            idle = document.idle_since
            if idle is not None and now - idle >= timedelta(seconds=UNLOAD_AFTER_S):
                document.snap()
                document.close()
                del self._open[document_id]
        self._round_alarm.set(now + timedelta(seconds=ROUND_S))

    # ---- lines -----------------------------------------------------------------------

    async def connect(self, document_id: DocumentId, line: DocumentLine) -> OpenDocument:
        """Bring somebody's line to a document; raises `Refused`."""
        document = await self._opened(document_id)
        reader = self._rights.require_reader(line.room_of_line, line.identity)
        if document is None or document.record.room_id != line.room_of_line:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        line.access = self._rights.access(document.record, reader)
        if line.access is DocumentAccess.NONE:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        if len(document.lines) >= MAX_LINES or self._count(line) >= MAX_LINES_OF_A_PERSON:
            raise Refused(Refusal(RefusalCode.RATE_LIMITED))
        document.join(line, collaborator(line.identity, reader))
        self.watch_door(line.room_of_line)
        return document

    async def _opened(self, document_id: DocumentId) -> OpenDocument | None:
        document = self._open.get(document_id)
        if document is not None:
            return document
        task = self._loading.get(document_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._bring(document_id))
            self._loading[document_id] = task
            task.add_done_callback(lambda _: self._loading.pop(document_id, None))
        return await asyncio.shield(task)

    async def _bring(self, document_id: DocumentId) -> OpenDocument | None:
        if len(self._open) >= MAX_OPEN_DOCUMENTS:
            raise Refused(Refusal(RefusalCode.RATE_LIMITED))
        async with self.exclusive:
            await self._journal.drain()
            loaded = await self._load(document_id)
        if loaded is None:
            return None
        document = OpenDocument(
            loaded,
            journal=self._journal,
            timers=self._timers,
            later=_later,
            keep_refused=self._keep_refused,
        )
        self._open[document_id] = document
        self._watch_hand(document)
        return document

    def _count(self, line: DocumentLine) -> int:
        person = line.identity.person
        return sum(
            other.identity.person == person and other.room_of_line == line.room_of_line
            for document in self._open.values()
            for other in document.lines.values()
        )

    # ---- putting away ----------------------------------------------------------------

    def turn_away(self, document_id: DocumentId, refusal: Refusal) -> None:
        """Close a document that is no longer to be read, telling everybody why."""
        document = self._open.pop(document_id, None)
        if document is not None:
            document.close()
            for line in tuple(document.lines.values()):
                _turn_away(document, line, refusal)

    def outdate(self, document_id: DocumentId) -> None:
        """Close a document that is about to have another content; everybody comes back for it."""
        document = self._open.pop(document_id, None)
        if document is not None:
            document.close()
            for line in tuple(document.lines.values()):
                document.leave(line)
                line.end(CloseCode.STALE)

    # ---- looking again ---------------------------------------------------------------

    def replaced(self, record: DocumentRecord) -> None:
        """Take a changed record, and look again who may do what."""
        document = self._open.get(record.document_id)
        if document is not None:
            document.record = replace(record, epoch=document.record.epoch)
            self._watch_hand(document)
            self._recheck_document(document)

    def recheck(self, room_id: RoomId) -> None:
        """Look again who may do what with the open documents of a room."""
        for document in tuple(self._open.values()):
            if document.record.room_id == room_id:
                self._recheck_document(document)

    def _recheck_document(self, document: OpenDocument) -> None:
        for line in tuple(document.lines.values()):
            self.recheck_line(document, line)

    def recheck_line(self, document: OpenDocument, line: DocumentLine) -> None:
        """Look again what one line may do."""
        reader = self._rights.reader(line.room_of_line, line.identity)
        if isinstance(reader, Refusal):
            if reader.code is not RefusalCode.ENTITLEMENTS_UNKNOWN:
                _turn_away(document, line, reader)
            return
        allowed = self._rights.access(document.record, reader)
        if allowed is DocumentAccess.NONE:
            _turn_away(document, line, Refusal(RefusalCode.NOT_FOUND))
        elif allowed is not line.access:
            document.leave(line)
            document.change_access(line, allowed)

    def watch_doors(self) -> None:
        """Look again at the doors of all rooms with an open document: the entitlements have changed."""
        for room_id in {document.record.room_id for document in self._open.values()}:
            self.watch_door(room_id)

    def watch_door(self, room_id: RoomId) -> None:
        """Look again who may do what, now and when the clock changes the door."""
        if not any(d.record.room_id == room_id and d.lines for d in self._open.values()):
            return
        found = self._rooms.source.copy.room_access(room_id, self._timers.now())
        if not isinstance(found, Open):
            self.recheck(room_id)
        alarm = self._doors.setdefault(room_id, Alarm(self._timers, lambda: self.watch_door(room_id)))
        alarm.set(found.until)

    def _watch_hand(self, document: OpenDocument) -> None:
        """Look again when a helping hand ends."""
        hand = document.record.hand
        until = hand.until if hand is not None and is_given(hand, self._timers.now()) else None
        if document.hand_alarm is None:
            document.hand_alarm = Alarm(self._timers, lambda: self._end_hand(document))
        document.hand_alarm.set(until)

    def _end_hand(self, document: OpenDocument) -> None:
        """A helping hand ended by the clock: everybody who looks is told, and trainers read again."""
        document.tell_all(HandChanged(hand_view(document.record, self._timers.now())))
        self._recheck_document(document)
        self._announce(document.record.room_id)


def _turn_away(document: OpenDocument, line: DocumentLine, refusal: Refusal) -> None:
    document.leave(line)
    line.decline(refusal)
    line.end(CloseCode.REFUSED)


def _later(delay_s: float, callback: Callable[[], None]) -> None:
    """Call once, by the real clock: for batches too short for the platform's."""
    asyncio.get_running_loop().call_later(delay_s, callback)
