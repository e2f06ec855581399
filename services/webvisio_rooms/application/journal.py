"""The log of all documents: a thread of its own that writes what has come meanwhile in one transaction.

What is handed over together costs one wait for the disk (group commit), and is
handed over at the end of a turn of the loop, after what that turn says to
everybody: the thread would take turns with it. `done` is called in the loop
once the entry is on the disk; nothing is acknowledged before. A database that
fails is asked again until it takes the entries, in the same order; meanwhile
`is_behind` makes those who write wait.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from webvisio_protocol.documents import DocumentId, ExerciseId
from webvisio_rooms.storage.document_records import LogEntry, Snapshot
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.sealing import SealingFault

T = TypeVar("T")

MAX_PENDING_BYTES = 64 * 1024 * 1024
"""Beyond it writers wait until the disk has caught up."""
MAX_BATCH = 2000
RETRY_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compaction:
    """Merge the old entries of a document."""

    document_id: DocumentId
    before: datetime


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seal what is stored in clear, beside no other writing of ours."""

    names: tuple[DocumentId | ExerciseId, ...]


Work = LogEntry | Snapshot | Compaction | Sealing


@dataclass(frozen=True, slots=True)
class _Job:
    entry: Work | None
    done: Callable[[], None] | None

    @property
    def size_bytes(self) -> int:
        return len(self.entry.payload) if isinstance(self.entry, LogEntry | Snapshot) else 0


class Journal:
    """See the module."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._jobs: deque[_Job] = deque()
        self._coming: list[_Job] = []
        self._changed = threading.Condition()
        self._is_closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="documents-journal", daemon=True)
        self._caught_up = asyncio.Event()
        self._caught_up.set()
        self.pending_bytes = 0
        self.commits = 0
        self.failures = 0
        self.on_destroyed: Callable[[frozenset[DocumentId]], None] = lambda documents: None
        """Told in the loop of documents whose key is gone: nothing more of them is kept."""

    def start(self) -> None:
        """Begin to write."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._hand_over()

    def add(self, entry: Work, done: Callable[[], None] | None = None) -> None:
        """Hand an entry over; `done` is called in the loop once it is on the disk."""
        self._put(_Job(entry, done))

    def barrier(self, done: Callable[[], None]) -> None:
        """Have `done` called once everything that was handed over before is on the disk."""
        self._put(_Job(None, done))

    async def drain(self) -> None:
        """Return once everything that was handed over is on the disk."""
        done = asyncio.Event()
        self.barrier(done.set)
        await done.wait()

    @property
    def is_behind(self) -> bool:
        """Whether the disk no longer keeps up."""
        return self.pending_bytes >= MAX_PENDING_BYTES

    async def caught_up(self) -> None:
        """Wait until the disk keeps up again."""
        await self._caught_up.wait()

    def close(self) -> None:
        """Write what is left, then end the thread."""
        self._hand_over()
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    # ---- the loop's side -------------------------------------------------------------

    def _put(self, job: _Job) -> None:
        self.pending_bytes += job.size_bytes
        if self.is_behind:
            self._caught_up.clear()
        if not self._coming and self._loop is not None:
            self._loop.call_soon(self._hand_over)
        self._coming.append(job)

    def _hand_over(self) -> None:
        coming, self._coming = self._coming, []
        with self._changed:
            self._jobs.extend(coming)
            self._changed.notify()

    def _written(self, batch: list[_Job], destroyed: frozenset[DocumentId]) -> None:
        self.pending_bytes -= sum(job.size_bytes for job in batch)
        if not self.is_behind:
            self._caught_up.set()
        for job in batch:
            is_kept = not isinstance(job.entry, LogEntry) or job.entry.document_id not in destroyed
            if job.done is not None and is_kept:
                job.done()
        if destroyed:
            self.on_destroyed(destroyed)

    # ---- the thread's side -----------------------------------------------------------

    def _run(self) -> None:
        connection = self._store.log.connection()
        while (batch := self._take()) is not None:
            entries = [job.entry for job in batch if isinstance(job.entry, LogEntry | Snapshot)]
            destroyed: frozenset[DocumentId] | None = frozenset()
            append = partial(self._store.log.append, connection, entries)
            while entries and (destroyed := self._try(append)) is None:
                if self._wait_or_give_up():
                    return
            self.commits += bool(entries)
            assert self._loop is not None
            assert destroyed is not None
            for job in batch:
                if isinstance(job.entry, Sealing):
                    self._seal(job.entry)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._written, batch, destroyed)
            for job in batch:
                if isinstance(job.entry, Compaction):
                    work = job.entry
                    self._try(partial(self._store.log.compact, work.document_id, work.before))
        connection.close()

    def _seal(self, work: Sealing) -> None:
        for name in work.names:
            self._try(partial(self._store.seals.seal, name))
        if work.names:
            self._try(self._store.seals.forget_clear)

    def _try(self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except (SQLAlchemyError, SealingFault) as error:
            self.failures += 1
            _log.error("documents could not be written: %s", type(error).__name__)
            return None

    def _take(self) -> list[_Job] | None:
        with self._changed:
            while not self._jobs and not self._is_closing:
                self._changed.wait()
            if not self._jobs:
                return None
            return [self._jobs.popleft() for _ in range(min(MAX_BATCH, len(self._jobs)))]

    def _wait_or_give_up(self) -> bool:
        with self._changed:
            if not self._is_closing:
                self._changed.wait(RETRY_S)
            return self._is_closing
