"""Content on disk, encrypted: AES-256-GCM in chunks, so that a range needs only its chunks.

A blob is a header (magic, the key's id, a salt), then chunks. The blob's own
key is HKDF-SHA256 of the customer's key and the salt, so that no two blobs
share one. A chunk is a random nonce of 12 bytes, up to `CHUNK_BYTES` of
ciphertext and a tag of 16; what it authenticates besides is the blob's id, its
number and whether it is the last: chunks cannot be swapped, moved to another
blob or cut off without a reader noticing.

Everything here is synchronous; the application gives it a thread.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webvisio_protocol.identifiers import CustomerId
from webvisio_rooms.files.errors import ContentDamaged
from webvisio_rooms.files.keys import KEY_BYTES, KEY_ID_BYTES, KeyFolder, KeyId

CHUNK_BYTES = 64 * 1024
_MAGIC = b"WVBLOB1\n"
_SALT_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + KEY_ID_BYTES + _SALT_BYTES
_RECORD_BYTES = _NONCE_BYTES + CHUNK_BYTES + _TAG_BYTES


class Vault:
    """Blobs in a folder, by an id that the application made."""

    def __init__(self, folder: Path, keys: KeyFolder) -> None:
        self._folder = folder
        self._keys = keys

    def create(self, blob_id: str, customer_id: CustomerId) -> None:
        """Begin a blob."""
        path = self._path(blob_id)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        key_id, _ = self._keys.current(customer_id)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_MAGIC + key_id + secrets.token_bytes(_SALT_BYTES))

    def open_ended(self, blob_id: str, customer_id: CustomerId) -> "BlobStream":
        """Write a blob that was begun in one go, its size unknown until it is closed."""
        return BlobStream(self._path(blob_id), self._cipher(blob_id, customer_id), blob_id)

    def continued(self, blob_id: str, customer_id: CustomerId, size_bytes: int) -> "BlobWriter":
        """Go on with a blob that will have `size_bytes`, after its last whole chunk."""
        return BlobWriter(self._path(blob_id), self._cipher(blob_id, customer_id), blob_id, size_bytes)

    def written_bytes(self, blob_id: str, size_bytes: int) -> int:
        """Tell how much of an unfinished blob is there, in whole chunks; the last one is always to come."""
        return _whole_chunks(self._path(blob_id), size_bytes) * CHUNK_BYTES

    def read(
        self, blob_id: str, customer_id: CustomerId, size_bytes: int, start: int = 0, end: int | None = None
    ) -> Iterator[bytes]:
        """Yield the bytes `[start, end)` of a finished blob, a chunk at a time.

        Raises `ContentDestroyed` or `ContentDamaged`.
        """
        stop = size_bytes if end is None else min(end, size_bytes)
        cipher = self._cipher(blob_id, customer_id)
        last = _chunks(size_bytes) - 1
        with self._path(blob_id).open("rb") as file:
            for number in range(start // CHUNK_BYTES, _chunks(stop)):
                first = number * CHUNK_BYTES
                length = min(CHUNK_BYTES, size_bytes - first)
                file.seek(_HEADER_BYTES + number * _RECORD_BYTES)
                record = file.read(_NONCE_BYTES + length + _TAG_BYTES)
                try:
                    chunk = cipher.decrypt(
                        record[:_NONCE_BYTES],
                        record[_NONCE_BYTES:],
                        _context(blob_id, number, is_last=number == last),
                    )
                except (InvalidTag, ValueError) as error:
                    raise ContentDamaged from error
                yield chunk[max(0, start - first) : stop - first]

    def delete(self, blob_id: str) -> None:
        """Remove a blob, if it is there."""
        self._path(blob_id).unlink(missing_ok=True)

    def blob_ids(self) -> Iterator[str]:
        """List what lies in the folder."""
        for path in self._folder.glob("??/*"):
            yield path.name

    def _cipher(self, blob_id: str, customer_id: CustomerId) -> AESGCM:
        try:
            with self._path(blob_id).open("rb") as file:
                header = file.read(_HEADER_BYTES)
        except FileNotFoundError as error:
            raise ContentDamaged from error
        if len(header) != _HEADER_BYTES or not header.startswith(_MAGIC):
            raise ContentDamaged
        key_id = KeyId(header[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES])
        key = self._keys.find(customer_id, key_id)
        derived = HKDF(SHA256(), KEY_BYTES, header[-_SALT_BYTES:], b"webvisio blob " + blob_id.encode())
        return AESGCM(derived.derive(key))

    def _path(self, blob_id: str) -> Path:
        assert blob_id.isalnum(), "the application makes the ids"
        return self._folder / blob_id[:2] / blob_id


class BlobWriter:
    """Appends to one blob; only whole chunks, and the last one, reach the disk."""

    def __init__(self, path: Path, cipher: AESGCM, blob_id: str, size_bytes: int) -> None:
        self._cipher = cipher
        self._blob_id = blob_id
        self._size_bytes = size_bytes
        self._waiting = bytearray()
        self._file = path.open("r+b")
        self._number = _whole_chunks(path, size_bytes)
        self._file.truncate(_HEADER_BYTES + self._number * _RECORD_BYTES)
        self._file.seek(0, os.SEEK_END)

    @property
    def written_bytes(self) -> int:
        """What is on disk, in plain bytes."""
        return min(self._number * CHUNK_BYTES, self._size_bytes)

    @property
    def accepted_bytes(self) -> int:
        """What was given, on disk or not yet."""
        return self.written_bytes + len(self._waiting)

    @property
    def is_complete(self) -> bool:
        return self._number >= _chunks(self._size_bytes)

    def write(self, data: bytes) -> None:
        """Take bytes; the caller gives no more than the blob's size."""
        self._waiting += data
        assert self.accepted_bytes <= self._size_bytes, "more than was announced"
        while len(self._waiting) >= CHUNK_BYTES:
            self._put(CHUNK_BYTES)
        if self._waiting and self.accepted_bytes == self._size_bytes:
            self._put(len(self._waiting))

    def close(self, *, must_last: bool) -> None:
        """Close the file; `must_last` waits until the disk has it."""
        if must_last:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()

    def _put(self, length: int) -> None:
        chunk = bytes(self._waiting[:length])
        del self._waiting[:length]
        is_last = self._number == _chunks(self._size_bytes) - 1
        nonce = secrets.token_bytes(_NONCE_BYTES)
        context = _context(self._blob_id, self._number, is_last=is_last)
        self._file.write(nonce + self._cipher.encrypt(nonce, chunk, context))
        self._number += 1


class BlobStream:
    """Writes one blob from its beginning, for whoever does not know its size before (a ZIP archive).

    A chunk waits until another byte comes: only `close` knows which is the last.
    """

    def __init__(self, path: Path, cipher: AESGCM, blob_id: str) -> None:
        self._cipher = cipher
        self._blob_id = blob_id
        self._waiting = bytearray()
        self._number = 0
        self.size_bytes = 0
        self._file = path.open("r+b")
        self._file.truncate(_HEADER_BYTES)
        self._file.seek(0, os.SEEK_END)

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._waiting += data
        self.size_bytes += len(data)
        while len(self._waiting) > CHUNK_BYTES:
            self._put(CHUNK_BYTES, is_last=False)
        return len(data)

    def flush(self) -> None:
        """Do nothing: what waits is no whole chunk."""

    def close(self, *, is_complete: bool) -> None:
        """Close the file; a complete blob is on the disk then, another one is to be deleted."""
        try:
            if is_complete:
                self._put(len(self._waiting), is_last=True)
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _put(self, length: int, *, is_last: bool) -> None:
        chunk = bytes(self._waiting[:length])
        del self._waiting[:length]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        context = _context(self._blob_id, self._number, is_last=is_last)
        self._file.write(nonce + self._cipher.encrypt(nonce, chunk, context))
        self._number += 1


def _whole_chunks(path: Path, size_bytes: int) -> int:
    """Count what of an unfinished blob is kept: its end is written again with whatever completes it."""
    try:
        stored = path.stat().st_size
    except FileNotFoundError:
        return 0
    return min(max(0, stored - _HEADER_BYTES) // _RECORD_BYTES, max(0, _chunks(size_bytes) - 1))


def _chunks(size_bytes: int) -> int:
    return -(-size_bytes // CHUNK_BYTES)


def _context(blob_id: str, number: int, *, is_last: bool) -> bytes:
    return f"{blob_id}|{number}|{'last' if is_last else 'more'}".encode()
