"""Content of documents in the database, encrypted under its customer's key (clauses 2.2 and 8.2).

Each document, and each exercise's template, has a key of its own: HKDF-SHA256 of
the customer's key and the document's name. A payload is a random nonce of 12
bytes and AES-256-GCM; what it authenticates besides is its place, so that none
can be moved to another document, epoch or place in the log. The row of a
document names customer and key, never the key itself: who destroys the
customer's key destroys log, snapshots and history at once, in backups too.

`PLAIN` stands for what was written before the room's customer was known, or
before content was encrypted; `DocumentStore.seal` ends that, a document a
transaction.
"""

import secrets
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webvisio_protocol.identifiers import CustomerId

_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealingFault(Exception):  # noqa: N818 - as the others of storage
    """Base: content that cannot be read any more."""


class DocumentDestroyed(SealingFault):
    """The customer's key was destroyed."""


class DocumentDamaged(SealingFault):
    """What is stored is not what was written."""


class Keys(Protocol):
    """The customers' keys, read at each use."""

    def current(self, customer_id: CustomerId) -> tuple[bytes, bytes]:
        """Find the name and the bytes of the key for new content, or make one."""
        ...

    def look_up(self, customer_id: CustomerId, key_id: bytes) -> bytes | None:
        """Read a key; None when it is gone."""
        ...


class Seal(Protocol):
    """What the payloads of one document are written and read with."""

    def close(self, payload: bytes, place: str) -> bytes:
        """Encrypt."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt; raises `DocumentDamaged`."""
        ...


class PlainSeal:
    """No encryption: see the module."""

    def close(self, payload: bytes, place: str) -> bytes:
        return payload

    def open(self, sealed: bytes, place: str) -> bytes:
        return sealed


PLAIN = PlainSeal()


class KeyedSeal:
    """The key of one document, derived from its customer's."""

    def __init__(self, customer_key: bytes, name: str) -> None:
        derived = HKDF(SHA256(), _KEY_BYTES, name.encode(), b"webvisio document " + name.encode())
        self._cipher = AESGCM(derived.derive(customer_key))

    def close(self, payload: bytes, place: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, payload, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise DocumentDamaged from error


def fresh(keys: Keys, customer_id: CustomerId, name: str) -> tuple[str, Seal]:
    """Give the customer's present key, by its name in hexadecimal, to a document that begins."""
    key_id, key = keys.current(customer_id)
    return key_id.hex(), KeyedSeal(key, name)


def seal_of(keys: Keys, name: str, customer_id: str | None, key_id: str | None) -> Seal:
    """Find what a document is sealed with; raises `DocumentDestroyed`."""
    if customer_id is None or key_id is None:
        return PLAIN
    key = keys.look_up(CustomerId(customer_id), bytes.fromhex(key_id))
    if key is None:
        raise DocumentDestroyed
    return KeyedSeal(key, name)
