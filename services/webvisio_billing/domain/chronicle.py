"""The hash chain of the chronicle: what is kept beside the contracts, who wrote it and when.

A line says what a record (a customer, a person's role, a plan, an operator's
action) was after a change; the present record is its last line. Each line's
hash covers the one before it and every field, so none can be changed, left
out or put between, and the head alone stands for the whole.
"""

import hashlib
from datetime import UTC, datetime

import msgspec

ROOT = bytes(32)
"""What the first line follows."""

_FORMAT = "webvisio-chronicle-1"
_encoder = msgspec.json.Encoder()


class Line(msgspec.Struct, frozen=True):
    """One change. `actor` is empty where no person did it; `content` is empty where the record is gone."""

    at: datetime
    actor: str
    kind: str
    subject: str
    content: bytes


def seal(previous: bytes, ordinal: int, line: Line) -> bytes:
    """Hash a line onto the chain."""
    at = line.at.astimezone(UTC).isoformat()
    header = _encoder.encode([_FORMAT, ordinal, at, line.actor, line.kind, line.subject])
    digest = hashlib.sha256(previous)
    digest.update(len(header).to_bytes(4, "big"))
    digest.update(header)
    digest.update(line.content)
    return digest.digest()
