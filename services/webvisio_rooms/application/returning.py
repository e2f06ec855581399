"""Gives a customer's data back (clause 8.2): one archive with everything that their rooms hold.

`ROOM/documents/` has notebooks, boards and notes as files of their kind, copies
of exercises under their owner's name; `ROOM/files/` the files, older versions in
`ROOM/older versions/`; `ROOM/chat.json` what was written. `manifest.json`, the
last entry, names each with its size and SHA-256, and what could not be read.
Everything is written as it is read: the largest file takes a chunk of memory.

A document that clients spoilt is given as the Yjs update that it is, so that
nothing is kept back.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Protocol, cast

import msgspec

from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_protocol.refusals import Refused
from webvisio_rooms.application.document_views import doc_of, readable_content
from webvisio_rooms.domain.files import numbered
from webvisio_rooms.files.errors import ContentDamaged, ContentDestroyed
from webvisio_rooms.files.vault import Vault
from webvisio_rooms.storage.custody import Custody
from webvisio_rooms.storage.document_records import DocumentRecord
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.file_store import FileRecord, FileStore, VersionRecord
from webvisio_rooms.storage.sealing import SealingFault

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Returned:
    """One entry of the archive."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a customer's data lies."""

    custody: Custody
    documents: DocumentStore
    files: FileStore
    vault: Vault


class Sink(Protocol):
    """Where an archive goes: a file, or anything that takes bytes in order."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


@dataclass(slots=True)
class _Archive:
    zip: zipfile.ZipFile
    on_entry: Callable[[], None]
    entries: list[Returned] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _taken: dict[str, set[str]] = field(default_factory=dict)

    def free(self, folder: str, name: str) -> str:
        """Give a path that no other entry has."""
        taken = self._taken.setdefault(folder, set())
        found = numbered(name, taken) if name in taken else name
        taken.add(found)
        return str(PurePosixPath(folder, found))

    def put(self, path: str, pieces: Iterable[bytes]) -> None:
        """Write an entry as it is read; one that breaks off is told as unreadable."""
        digest, size_bytes = hashlib.sha256(), 0
        self.on_entry()
        try:
            with self.zip.open(path, "w", force_zip64=True) as entry:
                for piece in pieces:
                    digest.update(piece)
                    size_bytes += len(piece)
                    entry.write(piece)
        except (ContentDestroyed, ContentDamaged):
            self.unreadable.append(path)
            return
        self.entries.append(Returned(path, size_bytes, digest.hexdigest()))


def return_data(
    stores: Stores,
    customer_id: CustomerId,
    now: datetime,
    target: Sink,
    on_entry: Callable[[], None] = lambda: None,
) -> tuple[int, tuple[str, ...]]:
    """Write the archive; returns how many entries it has, and the paths that could not be read.

    `on_entry` is called as each begins; what it raises ends the writing.
    """
    # `zipfile` asks for no more than a sink of a target that cannot seek
    with zipfile.ZipFile(cast("IO[bytes]", target), "w", zipfile.ZIP_DEFLATED) as zipped:
        archive = _Archive(zipped, on_entry)
        rooms = stores.custody.rooms(customer_id)
        for room_id, _ in rooms:
            _documents(stores, room_id, archive)
            _files(stores, room_id, customer_id, archive)
            _chat(stores, room_id, archive)
        manifest = {
            "format": FORMAT,
            "customer": customer_id,
            "madeAt": now.isoformat(),
            "rooms": [{"room": room_id, "name": name} for room_id, name in rooms],
            "entries": [asdict(entry) for entry in archive.entries],
            "unreadable": archive.unreadable,
        }
        zipped.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    return len(archive.entries), tuple(archive.unreadable)


def _documents(stores: Stores, room_id: RoomId, archive: _Archive) -> None:
    for record in stores.documents.documents(room_id):
        folder = f"{room_id}/documents"
        if record.owner_name is not None:
            folder += f"/exercises/{_folder_name(record.owner_name)}"
        path = archive.free(folder, record.name)
        try:
            name, content = _content(stores.documents, record)
        except SealingFault:
            archive.unreadable.append(path)
            continue
        archive.put(path + name, [content])


def _content(store: DocumentStore, record: DocumentRecord) -> tuple[str, bytes]:
    """Read a document as a file; returns what its name has to end with besides, and the bytes."""
    loaded = store.load(record.document_id)
    doc = doc_of(() if loaded is None else loaded.states)
    try:
        content = readable_content(record.kind, doc)
    except Refused:
        return ".yjs", doc.get_update()
    return "", content.encode() if isinstance(content, str) else msgspec.json.encode(content)


def _files(stores: Stores, room_id: RoomId, customer_id: CustomerId, archive: _Archive) -> None:
    for file in stores.files.files(room_id):
        if file.customer_id != customer_id:
            continue
        for version in stores.files.versions(file.file_id):
            archive.put(_path(archive, file, version), _pieces(stores.vault, file, version))


def _path(archive: _Archive, file: FileRecord, version: VersionRecord) -> str:
    if version.version == file.newest.version:
        return archive.free(str(PurePosixPath(file.room_id, "files", file.folder)), file.name)
    folder = PurePosixPath(file.room_id, "older versions", file.folder, file.name)
    return archive.free(str(folder), f"{version.version} {file.name}")


def _pieces(vault: Vault, file: FileRecord, version: VersionRecord) -> Iterator[bytes]:
    yield from vault.read(version.blob_id, file.customer_id, version.size_bytes)


def _chat(stores: Stores, room_id: RoomId, archive: _Archive) -> None:
    lines = stores.custody.chat(room_id)
    if lines:
        told = [
            {
                "session": line.session_opened_at.isoformat(),
                "at": line.posted_at.isoformat(),
                "author": line.author_name,
                "text": line.text,
            }
            for line in lines
        ]
        archive.put(f"{room_id}/chat.json", [json.dumps(told, indent=2, ensure_ascii=False).encode()])


def _folder_name(name: str) -> str:
    shown = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else " " for c in name).strip(". ")
    return " ".join(shown.split()) or "-"
