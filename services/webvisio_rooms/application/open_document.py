"""A document that somebody looks at: what is said on its lines, what is kept of it, who runs its cells.

A change goes to the others at once and to the journal at the same time; its
author hears `Saved` when it is on the disk. A cell that runs is remembered with
the Yjs clients of whoever started it: when they are gone for `RUNNER_GRACE_S`,
the cell is marked as idle, for nobody else would.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from webvisio_protocol.documents import (
    MAX_DOCUMENT_BYTES,
    AccessChanged,
    Begin,
    Collaborator,
    DocumentAccess,
    DocumentOpened,
    DocumentServerMessage,
    DocumentStale,
)
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application.journal import Compaction, Journal
from webvisio_rooms.application.timing import Alarm, Timers
from webvisio_rooms.documents import progress
from webvisio_rooms.documents.errors import MalformedUpdate
from webvisio_rooms.documents.live import (
    Answered,
    Changed,
    Dropped,
    Gap,
    LiveDocument,
    Stale,
    TooLarge,
    Unbegun,
)
from webvisio_rooms.documents.live import Line as YjsLine
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.document_records import Loaded, LogEntry, Snapshot

SNAPSHOT_UPDATES = 500
SNAPSHOT_BYTES = 2 * 1024 * 1024
"""Changes after which a snapshot is taken, so that loading stays short."""
HISTORY_IS_OLD_S = 120
"""Entries of the log so old are merged with their neighbours."""
AWARENESS_EVERY_S = 0.05
RUNNER_GRACE_S = 15
RUNNER_RETURN_S = 60
"""After a restart of the service: how long a runner has to come back."""


class DocumentLine(YjsLine, Protocol):
    """A person's connection to a document."""

    identity: Identity
    access: DocumentAccess

    @property
    def room_of_line(self) -> RoomId:
        """The room that the line is in."""
        ...

    def tell(self, message: DocumentServerMessage) -> None:
        """Queue a text message."""
        ...

    def decline(self, refusal: Refusal) -> None:
        """Word a refusal; the line stays."""
        ...

    def saved(self, count: int) -> None:
        """Note that so many changes of this line are on the disk."""
        ...

    def end(self, code: CloseCode) -> None:
        """Close after what is queued."""
        ...


class OpenDocument:
    """See the module."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        journal: Journal,
        timers: Timers,
        later: Callable[[float, Callable[[], None]], None],
        keep_refused: Callable[["OpenDocument", frozenset[int]], None],
    ) -> None:
        self.record = loaded.record
        self.live = LiveDocument(
            loaded.record.epoch, loaded.states, loaded.refused_clients, self._awareness_changed
        )
        self.last_seq = loaded.last_seq
        self.lines: dict[YjsLine, DocumentLine] = {}
        self._journal = journal
        self._timers = timers
        self._later = later
        self._keep_refused = keep_refused
        self._is_awareness_due = False
        self._unsnapped_updates = max(0, len(loaded.states) - 1)
        self._unsnapped_bytes = 0
        self._runners: dict[str, frozenset[int]] = {}
        self._runner_alarm = Alarm(timers, self._reset_runners)
        self.hand_alarm: Alarm | None = None
        self.idle_since: datetime | None = timers.now()
        self.version = 0
        self._note_runners(frozenset())
        if self._runners:
            self._runner_alarm.set(timers.now() + timedelta(seconds=RUNNER_RETURN_S))

    # ---- lines -----------------------------------------------------------------------

    def join(self, line: DocumentLine, who: Collaborator) -> None:
        """Take a line in and greet it."""
        self.lines[line] = line
        self.idle_since = None
        line.tell(DocumentOpened(self.record.document_id, line.access, self.record.epoch, who))
        user = {
            "username": who.username,
            "name": who.name,
            "display_name": who.name,
            "initials": who.initials,
            "color": who.color,
            "avatar_url": None,
            "is_moderator": who.is_moderator,
        }
        may_write = line.access is DocumentAccess.WRITE
        self.live.join(line, line.identity.person, user, may_write=may_write)

    def leave(self, line: DocumentLine) -> None:
        """Let a line go."""
        if self.lines.pop(line, None) is None:
            return
        gone = self.live.leave(line)
        if not self.lines:
            self.idle_since = self._timers.now()
        if any(
            self._is_orphaned(clients) for clients in self._runners.values() if clients & gone or not clients
        ):
            self._runner_alarm.set(self._timers.now() + timedelta(seconds=RUNNER_GRACE_S))

    def begin(self, line: DocumentLine, message: Begin) -> None:
        """Let a writer write, or send it away with its stale Yjs document."""
        if line.access is not DocumentAccess.WRITE:
            line.decline(Refusal(RefusalCode.DOCUMENT_READ_ONLY))
        elif not self.live.begin(line, message.epoch, message.client_id):
            self._is_stale(line)

    def hear(self, line: DocumentLine, data: bytes) -> None:
        """Take a binary frame; raises `MalformedFrame` or `MalformedUpdate`."""
        outcome = self.live.take(line, data)
        match outcome:
            case Answered():
                pass
            case Changed(update):
                self._keep(update, line, self.live.changes_of(line))
            case Dropped(tainted):
                if tainted:
                    self._keep_refused(self, tainted)
                line.decline(Refusal(RefusalCode.DOCUMENT_READ_ONLY))
            case Unbegun():
                line.decline(Refusal(RefusalCode.MESSAGE_UNEXPECTED))
            case TooLarge():
                limit = {"limit": f"{MAX_DOCUMENT_BYTES // 1024 // 1024} MB"}
                line.decline(Refusal(RefusalCode.DOCUMENT_TOO_LARGE, details=limit))
                self._is_stale(line)
            case Stale():
                self._is_stale(line)
            case Gap():
                line.end(CloseCode.SLOW)

    def change_access(self, line: DocumentLine, access: DocumentAccess) -> None:
        """End a line whose access is another from now on; its client comes back with a fresh document."""
        line.tell(AccessChanged(access))
        line.end(CloseCode.ACCESS_CHANGED)

    def tell_all(self, message: DocumentServerMessage) -> None:
        """Tell everybody who looks at the document."""
        for line in tuple(self.lines.values()):
            line.tell(message)

    def _is_stale(self, line: DocumentLine) -> None:
        line.tell(DocumentStale(self.record.epoch))
        line.end(CloseCode.STALE)

    # ---- keeping ---------------------------------------------------------------------

    def _keep(self, update: bytes, line: DocumentLine, count: int) -> None:
        def done() -> None:
            line.saved(count)

        if not update:
            self._journal.barrier(done)
            return
        self._log(update, line.identity.name, done)
        if b"execution_state" in update or b"running" in update or b"idle" in update:
            self._note_runners(self.live.clients_of(line))

    def _log(self, update: bytes, author_name: str, done: Callable[[], None] | None = None) -> None:
        self.last_seq += 1
        self.version += 1
        record = self.record
        now = self._timers.now()
        entry = LogEntry(record.document_id, self.last_seq, record.epoch, now, author_name, update)
        self._journal.add(entry, done)
        self._unsnapped_updates += 1
        self._unsnapped_bytes += len(update)
        if self._unsnapped_updates >= SNAPSHOT_UPDATES or self._unsnapped_bytes >= SNAPSHOT_BYTES:
            self.snap()

    def snap(self) -> None:
        """Keep the whole state, if it changed since the last time, and merge old entries of the log."""
        if not self._unsnapped_updates:
            return
        self._unsnapped_updates = self._unsnapped_bytes = 0
        state = self.live.doc.get_update()
        self.live.size_bytes = len(state)
        self._journal.add(Snapshot(self.record.document_id, self.last_seq, state))
        before = self._timers.now() - timedelta(seconds=HISTORY_IS_OLD_S)
        self._journal.add(Compaction(self.record.document_id, before))

    # ---- presence --------------------------------------------------------------------

    def _awareness_changed(self) -> None:
        if not self._is_awareness_due:
            self._is_awareness_due = True
            self._later(AWARENESS_EVERY_S, self._flush_awareness)

    def _flush_awareness(self) -> None:
        self._is_awareness_due = False
        self.live.flush_awareness()

    # ---- cells that run --------------------------------------------------------------

    def _note_runners(self, clients: frozenset[int]) -> None:
        with suppress(MalformedUpdate):
            running = progress.running_cells(self.live.doc) if self._is_notebook else {}
            known = self._runners
            self._runners = {cell_id: known.get(cell_id, clients) for cell_id in running}

    @property
    def _is_notebook(self) -> bool:
        return self.record.kind.value == "notebook"

    def _is_orphaned(self, clients: frozenset[int]) -> bool:
        if not clients:  # it ran before a restart of the service: any writer may be its runner
            return not self.live.has_writers
        return not any(self.live.is_here(client) for client in clients)

    def _reset_runners(self) -> None:
        orphans = [cell_id for cell_id, clients in self._runners.items() if self._is_orphaned(clients)]
        cells = progress.running_cells(self.live.doc)

        def reset() -> None:
            for cell_id in orphans:
                if cell_id in cells:
                    cells[cell_id]["execution_state"] = progress.IDLE

        update = self.live.edit(reset)
        for cell_id in orphans:
            del self._runners[cell_id]
        if update:
            self._log(update, "")

    def close(self) -> None:
        """Stop the clocks."""
        self._runner_alarm.set(None)
        if self.hand_alarm is not None:
            self.hand_alarm.set(None)
