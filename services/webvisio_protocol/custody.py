"""A customer's data at the end (clause 8.2), as rooms tells billing of it; between processes alone."""

from datetime import datetime
from enum import StrEnum

import msgspec


class ArchiveStage(StrEnum):
    """How far the archive is."""

    NONE = "none"
    """Nobody asked for one, or what there was is destroyed."""
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    """It broke off, for want of room on the disk for instance; asking again begins anew."""


class CustomerData(msgspec.Struct, frozen=True, rename="camel"):
    """The archive of all that a customer's rooms hold, and what became of the data.

    `done` of `total` entries while it is made. `unreadable` counts what could
    not be read; the archive's own manifest names it.
    """

    stage: ArchiveStage = ArchiveStage.NONE
    done: int = 0
    total: int = 0
    asked_at: datetime | None = None
    made_at: datetime | None = None
    size_bytes: int = 0
    sha256: str = ""
    entries: int = 0
    unreadable: int = 0
    destroyed_at: datetime | None = None
    destroyed: tuple[str, ...] = ()
    """What was destroyed, for the certificate: "keys: 1", "documents: 12", "files", "versions", "messages"."""
