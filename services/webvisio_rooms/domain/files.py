"""Files of a room: their names, who reads and changes them, what fits (clauses 2.2, 4.5).

A file has a rule: `everybody` of the room reads it, `moderators` only, or
`person`: one recipient and the sender, nobody else, whatever their role. Who
reads a file is decided here and nowhere else.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from webvisio_protocol.files import FileRule
from webvisio_protocol.identifiers import ContractId, ParticipantId, Role

GB = 10**9
MAX_FILE_NAME_BYTES = 200
MAX_FOLDER_DEPTH = 8
MAX_FOLDER_BYTES = 400
MAX_FILES_IN_ROOM = 5000
MAX_FOLDERS_IN_ROOM = 500
MAX_VERSIONS = 50
"""Versions that a file keeps; the oldest goes when another comes."""
MAX_UPLOADS_OF_PERSON = 10
MAX_UPLOADS_OF_ROOM = 200
UPLOAD_LIFE_S = 24 * 3600
"""An upload that nobody continued for so long is given up."""

_forbidden = re.compile(r'[/\\<>:"|?*]')
_reserved = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What contracts may store, unless one has a quota of its own."""

    quota_bytes: int = 20 * GB
    max_file_bytes: int = 2 * GB
    quota_by_contract: Mapping[ContractId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadWish:
    """What somebody wants to upload, as they said it."""

    name: str
    folder: str
    size_bytes: int
    rule: FileRule = FileRule.EVERYBODY
    recipient: ParticipantId | None = None


class FileAccess(StrEnum):
    """What somebody may do with one file; each includes the one before."""

    NONE = "none"
    READ = "read"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Ownership:
    """What decides over a file."""

    rule: FileRule
    owner: str
    recipient: str | None


@dataclass(frozen=True, slots=True)
class Quota:
    """Bytes that a contract's rooms hold, and may hold."""

    used_bytes: int
    limit_bytes: int

    def has_room_for(self, size_bytes: int) -> bool:
        """Tell whether so much more fits."""
        return self.used_bytes + size_bytes <= self.limit_bytes


def access_to(file: Ownership, person: str, role: Role) -> FileAccess:
    """Decide what `person`, who has `role` in the room, may do with a file."""
    if file.owner == person:
        return FileAccess.MANAGE
    match file.rule:
        case FileRule.PERSON:
            return FileAccess.READ if file.recipient == person else FileAccess.NONE
        case FileRule.MODERATORS:
            return FileAccess.MANAGE if role.moderates else FileAccess.NONE
        case FileRule.EVERYBODY:
            return FileAccess.MANAGE if role.moderates else FileAccess.READ


def clean_file_name(text: str) -> str | None:
    """Make a name that every system takes, or None: no path, no control or direction characters."""
    name = "".join(
        c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    ).strip()
    if not name or name.strip(". ") == "" or _forbidden.search(name) or _reserved.fullmatch(name):
        return None
    if name != name.rstrip(". ") or len(name.encode()) > MAX_FILE_NAME_BYTES:
        return None
    return name


def clean_folder(text: str) -> str | None:
    """Make a folder's path out of clean names joined by slashes; "" is the top; None when one is not clean."""
    if text == "":
        return ""
    parts = text.split("/")
    names = [clean_file_name(part) for part in parts]
    if len(parts) > MAX_FOLDER_DEPTH or any(name is None for name in names):
        return None
    path = "/".join(name for name in names if name is not None)
    return path if len(path.encode()) <= MAX_FOLDER_BYTES else None


def ancestors(folder: str) -> tuple[str, ...]:
    """List a folder and those it lies in, the outermost first; the top is none of them."""
    parts = folder.split("/") if folder else []
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def numbered(name: str, taken: Collection[str]) -> str:
    """Find a free name beside `taken`: "plan (2).pdf"."""
    stem, dot, ending = name.rpartition(".") if "." in name.lstrip(".") else (name, "", "")
    number = 2
    while (found := f"{stem} ({number}){dot}{ending}") in taken:
        number += 1
    return found
