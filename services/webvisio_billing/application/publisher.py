"""Pushes what was published to whoever reads the stream, within milliseconds of the commit.

It looks into the outbox when told of a commit, and every second besides, so
that a change made by another process (a command line, a second instance) is
pushed too. Each reader has a bounded queue; one that does not keep up is
dropped, reconnects and gets a snapshot.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.worker import Worker
from webvisio_protocol.entitlements import ContractChanged, EntitlementSnapshot

POLL_S: Final = 1.0
MAX_QUEUED_CHANGES: Final = 1000
MAX_READERS: Final = 100

_log = logging.getLogger(__name__)


class TooManyReaders(Exception):  # noqa: N818 - a statement reads better
    """More readers than the service serves."""


class Reader:
    """One open stream: a snapshot to begin with, then a queue of changes."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[ContractChanged | None] = asyncio.Queue(MAX_QUEUED_CHANGES + 1)
        self.is_over = False

    async def next(self, timeout_s: float) -> ContractChanged | None:
        """Wait for a change; None when none came in time (a heartbeat is due) or the stream must end."""
        try:
            return await asyncio.wait_for(self._queue.get(), timeout_s)
        except TimeoutError:
            return None

    def push(self, change: ContractChanged) -> None:
        """Queue a change, or end the stream of a reader that is too slow."""
        if self.is_over:
            return
        if self._queue.qsize() >= MAX_QUEUED_CHANGES:
            self.end()
            return
        self._queue.put_nowait(change)

    def end(self) -> None:
        """End the stream at the next opportunity."""
        self.is_over = True
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)


class Publisher:
    """Knows the readers and the version they have been told."""

    def __init__(self, billing: Billing, worker: Worker) -> None:
        self._billing = billing
        self._worker = worker
        self._readers: set[Reader] = set()
        self._committed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.version = 0
        self.on_news: Callable[[], None] = lambda: None
        """Called after changes were pushed: a contract has moved, whoever moved it."""

    @property
    def reader_count(self) -> int:
        """How many streams are open."""
        return len(self._readers)

    async def start(self) -> None:
        """Find the newest version and begin to look."""
        self.version = (await self._worker.run(self._billing.snapshot)).version
        self._task = asyncio.create_task(self._watch(), name="publisher")

    async def stop(self) -> None:
        """End looking and all streams."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for reader in self._readers:
            reader.end()

    def nudge(self) -> None:
        """Look now: something was committed."""
        self._committed.set()

    async def subscribe(self) -> tuple[EntitlementSnapshot, Reader]:
        """Open a stream; raises `TooManyReaders`.

        The reader is enrolled before the snapshot is read, so nothing falls
        between the two; what the snapshot already holds is skipped by version.
        """
        if len(self._readers) >= MAX_READERS:
            raise TooManyReaders
        reader = Reader()
        self._readers.add(reader)
        try:
            return await self._worker.run(self._billing.snapshot), reader
        except BaseException:
            self.unsubscribe(reader)
            raise

    def unsubscribe(self, reader: Reader) -> None:
        """Forget a reader."""
        self._readers.discard(reader)

    async def look(self) -> None:
        """Push what was published since the last look."""
        changes = await self._worker.run(self._billing.changes_since, self.version)
        for change in changes:
            self.version = change.version
            for reader in self._readers:
                reader.push(change)
        if changes:
            self.on_news()

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._committed.wait()
            self._committed.clear()
            try:
                await self.look()
            except Exception:  # the outermost loop of this job: the next look may succeed
                _log.exception("looking for changes failed")


def line(message: msgspec.Struct) -> bytes:
    """Write one line of the stream."""
    return msgspec.json.encode(message) + b"\n"
