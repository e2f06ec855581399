"""One key a customer, each in a file of its own (clauses 2.2 and 8.2).

Destroying a key destroys everything that was written with it, wherever copies
of the content lie. That is why keys live in a folder apart from content and
database: whoever backs it up must be able to destroy there too. Keys are read
when they are needed and never kept, so that a destroyed one is gone at once.
"""

import os
import secrets
from pathlib import Path
from typing import NewType

from webvisio_protocol.identifiers import CustomerId
from webvisio_rooms.files.errors import ContentDestroyed

KEY_BYTES = 32
KEY_ID_BYTES = 16

KeyId = NewType("KeyId", bytes)


class KeyFolder:
    """Keys by customer. A file is named `CUSTOMER.KEYID`; the last one made is used for new content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self, customer_id: CustomerId) -> tuple[KeyId, bytes]:
        """Find the key for new content, or make one."""
        found = self._of(customer_id)
        if found:
            key_id = KeyId(bytes.fromhex(found[-1].suffix.removeprefix(".")))
            return key_id, self.find(customer_id, key_id)
        return self._make(customer_id)

    def find(self, customer_id: CustomerId, key_id: KeyId) -> bytes:
        """Read a key; raises `ContentDestroyed` when it is gone."""
        key = self.look_up(customer_id, key_id)
        if key is None:
            raise ContentDestroyed
        return key

    def look_up(self, customer_id: CustomerId, key_id: bytes) -> bytes | None:
        """Read a key; None when it is gone."""
        try:
            return self._path(customer_id, key_id).read_bytes()
        except FileNotFoundError:
            return None

    def destroy(self, customer_id: CustomerId) -> int:
        """Destroy every key of a customer; returns how many there were."""
        found = self._of(customer_id)
        for path in found:
            with path.open("r+b") as file:
                # a disk may keep what was overwritten; it does not keep it under this name
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        if found:
            _sync_folder(self._folder)
        return len(found)

    def _make(self, customer_id: CustomerId) -> tuple[KeyId, bytes]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key_id, key = KeyId(secrets.token_bytes(KEY_ID_BYTES)), secrets.token_bytes(KEY_BYTES)
        path = self._path(customer_id, key_id)
        made = path.with_name(f".{path.name}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        made.rename(path)
        _sync_folder(self._folder)
        return key_id, key

    def _of(self, customer_id: CustomerId) -> list[Path]:
        # a customer's identifier has no dot and no pattern character
        found = self._folder.glob(f"{customer_id}.*")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def _path(self, customer_id: CustomerId, key_id: bytes) -> Path:
        return self._folder / f"{customer_id}.{key_id.hex()}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
