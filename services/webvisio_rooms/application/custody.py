"""Gives a customer's data back, or destroys it, as billing asks (clause 8.2).

Whether the customer may have it is billing's to decide, where the contract is.
Here: an archive is made on a thread of its own, one after another, and lies
sealed under the customer's key like everything else, so that what destroys the
data destroys its copy too. Asked for is remembered: a service that was stopped
begins the archive anew. Nothing is destroyed while a room of the customer is
open, whoever asks.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from webvisio_protocol.custody import ArchiveStage, CustomerData
from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.application.content import stream, take
from webvisio_rooms.application.returning import Stores, return_data
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.writer import Writer
from webvisio_rooms.files.errors import FileFault
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.files.vault import BlobStream, Vault
from webvisio_rooms.storage.custody import ArchiveRecord, CustodyRecord

_log = logging.getLogger(__name__)


class _WantedNoLonger(Exception):  # noqa: N818 - an outcome with a name of its own
    """The service stops, or the data is to be destroyed, in the middle of an archive."""


@dataclass(slots=True)
class _Making:
    """An archive under way; `is_over` is set from the loop, read on the thread."""

    total: int = 0
    done: int = 0
    is_over: bool = False

    def step(self) -> None:
        """Count an entry that begins."""
        if self.is_over:
            raise _WantedNoLonger
        self.done += 1


@dataclass(slots=True)
class _Hashing:
    """Writes a blob and hashes it on the way."""

    blob: BlobStream
    digest: "hashlib._Hash"

    def write(self, data: bytes, /) -> int:
        self.digest.update(data)
        return self.blob.write(data)

    def flush(self) -> None:
        self.blob.flush()


class CustomerCustody:
    """See the module; `archives` is a vault of its own, for another's is cleared of what it does not know."""

    def __init__(self, rooms: Rooms, stores: Stores, archives: Vault, keys: KeyFolder) -> None:
        self._rooms = rooms
        self._stores = stores
        self._archives = archives
        self._keys = keys
        self._writer = Writer()
        self._making: dict[CustomerId, _Making] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    # ---- life ------------------------------------------------------------------------

    async def start(self) -> None:
        """Clear away archives that are nobody's, and go on with those that were being made."""
        known = await self._writer.call(self._stores.custody.blob_ids)
        for blob_id in await asyncio.to_thread(lambda: list(self._archives.blob_ids())):
            if blob_id not in known:
                await asyncio.to_thread(self._archives.delete, blob_id)
        for record in await self._writer.call(self._stores.custody.being_made):
            self._begin(record.customer_id)

    async def stop(self) -> None:
        """Break off what is being made; it is begun anew at the next start."""
        for making in self._making.values():
            making.is_over = True
        await self.settled()
        self._writer.close()

    async def settled(self) -> None:
        """Return once nothing is being made."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # ---- asking ----------------------------------------------------------------------

    async def state(self, customer_id: CustomerId) -> CustomerData:
        """Tell how far the archive is, and what was destroyed."""
        record = await self._writer.call(self._stores.custody.find, customer_id)
        return _told(record, self._making.get(customer_id))

    async def make(self, customer_id: CustomerId, *, anew: bool) -> CustomerData | Refusal:
        """Begin an archive; one that is there, or being made, stands unless `anew`."""
        if not await self._writer.call(self._stores.custody.rooms, customer_id):
            return Refusal(RefusalCode.NOT_FOUND)
        if customer_id not in self._making:
            record = await self._writer.call(self._stores.custody.find, customer_id)
            if anew or record is None or record.archive is None:
                now = self._rooms.timers.now()
                replaced = await self._writer.call(self._stores.custody.ask, customer_id, now)
                if replaced is not None:
                    await asyncio.to_thread(self._archives.delete, replaced)
                if customer_id not in self._making:
                    self._begin(customer_id)
        return await self.state(customer_id)

    async def content(
        self, customer_id: CustomerId, start: int, end: int
    ) -> tuple[ArchiveRecord, AsyncIterator[bytes]] | Refusal:
        """Read the bytes `[start, end)` of the archive."""
        record = await self._writer.call(self._stores.custody.find, customer_id)
        if record is None or record.archive is None:
            return Refusal(RefusalCode.NOT_FOUND)
        archive = record.archive
        chunks = self._archives.read(archive.blob_id, customer_id, archive.size_bytes, start, end)
        try:
            first = await asyncio.to_thread(take, chunks)
        except FileFault:
            return Refusal(RefusalCode.FILE_DESTROYED)
        return archive, stream(first, chunks)

    async def destroy(self, customer_id: CustomerId) -> CustomerData | Refusal:
        """Destroy all of a customer's data, the archive included; what is destroyed already stays as it was."""
        rooms = await self._writer.call(self._stores.custody.rooms, customer_id)
        if not self._rooms.source.copy.is_known:
            return Refusal(RefusalCode.ENTITLEMENTS_UNKNOWN)
        if any(self._is_open(room_id) for room_id, _ in rooms):
            return Refusal(RefusalCode.FORBIDDEN)
        making = self._making.get(customer_id)
        if making is not None:
            making.is_over = True
            await self.settled()
        destroyed = await asyncio.to_thread(self._destroy_now, customer_id, self._rooms.timers.now())
        if destroyed:
            _log.warning("a customer's keys were destroyed, as billing asked")
        return await self.state(customer_id)

    def _is_open(self, room_id: RoomId) -> bool:
        return self._rooms.door(room_id) is None

    def _destroy_now(self, customer_id: CustomerId, now: datetime) -> bool:
        custody = self._stores.custody
        record = custody.find(customer_id)
        holdings = custody.holdings(customer_id)
        keys = self._keys.destroy(customer_id)
        if keys == 0 and record is not None and record.destroyed_at is not None:
            return False
        archive = custody.destroy(
            customer_id,
            now,
            (
                f"keys: {keys}",
                f"documents: {holdings.documents}",
                f"files: {holdings.files}",
                f"versions: {holdings.versions}",
                f"messages: {holdings.chat_lines}",
            ),
        )
        if archive is not None:
            self._archives.delete(archive)
        return True

    # ---- making ----------------------------------------------------------------------

    def _begin(self, customer_id: CustomerId) -> None:
        making = self._making[customer_id] = _Making()
        task = asyncio.get_running_loop().create_task(self._make(customer_id, making))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, customer_id: CustomerId, making: _Making) -> None:
        try:
            async with self._turn:
                archive = await asyncio.to_thread(self._write, customer_id, making)
            if not await self._writer.call(self._stores.custody.keep, customer_id, archive):
                await asyncio.to_thread(self._archives.delete, archive.blob_id)
        except _WantedNoLonger:
            pass
        except Exception as error:
            _log.exception("an archive broke off: %s", type(error).__name__)
            with suppress(Exception):  # the database may be what is away; asking again helps then too
                await self._writer.call(self._stores.custody.fail, customer_id)
        finally:
            del self._making[customer_id]

    def _write(self, customer_id: CustomerId, making: _Making) -> ArchiveRecord:
        """Write the archive, on a thread."""
        holdings = self._stores.custody.holdings(customer_id)
        rooms_with_chat = sum(
            1 for room_id, _ in self._stores.custody.rooms(customer_id) if self._stores.custody.chat(room_id)
        )
        making.total = holdings.documents + holdings.versions + rooms_with_chat
        blob_id = secrets.token_hex(16)
        now = self._rooms.timers.now()
        self._archives.create(blob_id, customer_id)
        try:
            blob = self._archives.open_ended(blob_id, customer_id)
            sink = _Hashing(blob, hashlib.sha256())
            is_complete = False
            try:
                entries, unreadable = return_data(self._stores, customer_id, now, sink, making.step)
                if making.is_over:
                    raise _WantedNoLonger
                is_complete = True
            finally:
                blob.close(is_complete=is_complete)
        except BaseException:
            self._archives.delete(blob_id)
            raise
        return ArchiveRecord(blob_id, now, blob.size_bytes, sink.digest.hexdigest(), entries, len(unreadable))


def _told(record: CustodyRecord | None, making: _Making | None) -> CustomerData:
    if record is None:
        return CustomerData()
    if record.archive is not None:
        archive = record.archive
        return CustomerData(
            ArchiveStage.READY,
            archive.entries,
            archive.entries,
            record.asked_at,
            archive.made_at,
            archive.size_bytes,
            archive.sha256,
            archive.entries,
            archive.unreadable,
            record.destroyed_at,
            record.destroyed,
        )
    if making is not None:
        stage = ArchiveStage.MAKING
    else:
        stage = ArchiveStage.FAILED if record.asked_at is not None else ArchiveStage.NONE
    return CustomerData(
        stage,
        making.done if making else 0,
        making.total if making else 0,
        record.asked_at,
        destroyed_at=record.destroyed_at,
        destroyed=record.destroyed,
    )
