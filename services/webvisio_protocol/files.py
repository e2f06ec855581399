"""Files of a room over HTTP: what the list shows and what requests say.

Content travels apart: uploads speak tus 1.0.0 (creation and termination, see
https://tus.io/protocols/resumable-upload), downloads are plain GET with ranges.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from webvisio_protocol.identifiers import ParticipantId

TUS_VERSION = "1.0.0"
MAX_UPLOAD_PIECE_BYTES = 16 * 1024 * 1024
"""The body of one `PATCH` of an upload."""

FileName = Annotated[str, msgspec.Meta(max_length=200)]
FolderPath = Annotated[str, msgspec.Meta(max_length=400)]


class FileRule(StrEnum):
    """Who reads a file."""

    EVERYBODY = "everybody"
    MODERATORS = "moderators"
    PERSON = "person"


class FileVersionView(msgspec.Struct, frozen=True, rename="camel"):
    """One content that a file has or had."""

    version: int
    size_bytes: int
    by: str
    at: datetime


class FileView(msgspec.Struct, frozen=True, rename="camel"):
    """A file as one reader sees it; `sha256` is of the newest content."""

    file_id: str
    name: str
    folder: str
    rule: FileRule
    content_type: str
    size_bytes: int
    sha256: str
    version: int
    owner_name: str
    recipient_name: str | None
    is_mine: bool
    may_manage: bool
    changed_at: datetime


class FileList(msgspec.Struct, frozen=True, rename="camel"):
    """What one person may read, by folder and name; sizes are of all the contract's rooms."""

    files: tuple[FileView, ...]
    folders: tuple[str, ...]
    may_upload: bool
    used_bytes: int
    quota_bytes: int
    max_file_bytes: int


class FileVersions(msgspec.Struct, frozen=True, rename="camel"):
    """The contents of a file, the newest first."""

    file_id: str
    versions: tuple[FileVersionView, ...]


class FileChange(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `PATCH api/rooms/ROOM/files/FILE`; what is not there stays."""

    name: FileName | msgspec.UnsetType = msgspec.UNSET
    folder: FolderPath | msgspec.UnsetType = msgspec.UNSET
    rule: FileRule | msgspec.UnsetType = msgspec.UNSET
    recipient: ParticipantId | msgspec.UnsetType = msgspec.UNSET


class FolderCreation(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `POST api/rooms/ROOM/folders`."""

    path: FolderPath
