"""Content on its way: one request's part of an upload, and the pieces of a download.

Disk and encryption are given threads here, about a MiB at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from webvisio_rooms.files.vault import BlobWriter
from webvisio_rooms.storage.file_store import UploadRecord

CHUNKS_AT_ONCE = 16
"""Chunks that are decrypted in one visit to a thread: 1 MiB."""


class Continuation:
    """One request's part of an upload; always to be closed."""

    def __init__(self, upload: UploadRecord, writer: BlobWriter, busy: set[str]) -> None:
        self.upload = upload
        self._blob = writer
        self._busy = busy
        self._is_closed = False
        self._turn = asyncio.Lock()

    @property
    def is_complete(self) -> bool:
        return self._blob.is_complete

    @property
    def written_bytes(self) -> int:
        """What counts: whole chunks, and the end."""
        return self._blob.written_bytes

    async def write(self, data: bytes) -> bool:
        """Take bytes; False when there are more than were announced."""
        async with self._turn:
            if self._is_closed or self._blob.accepted_bytes + len(data) > self.upload.size_bytes:
                return False
            await asyncio.to_thread(self._blob.write, data)
            return True

    async def close(self) -> None:
        """Let another request go on."""
        async with self._turn:
            if not self._is_closed:
                self._is_closed = True
                await asyncio.to_thread(self._blob.close, must_last=self._blob.is_complete)
                self._busy.discard(self.upload.upload_id)


def take(chunks: Iterator[bytes]) -> bytes:
    """Read the next chunks; nothing when there is no more."""
    taken = []
    for chunk in chunks:
        taken.append(chunk)
        if len(taken) == CHUNKS_AT_ONCE:
            break
    return b"".join(taken)


async def stream(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield `first`, then the chunks that follow."""
    if first:
        yield first
    while piece := await asyncio.to_thread(take, chunks):
        yield piece
