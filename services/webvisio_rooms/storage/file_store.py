"""Reads and writes the catalogue of files. Synchronous; every method is one transaction.

Nothing is decided here, but for one thing that only a transaction can decide:
whether a name is free, and which version comes next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, delete, func, or_, select
from sqlalchemy.orm import Session

from webvisio_protocol.files import FileRule
from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_rooms.storage.file_tables import FileRow, FileVersionRow, FolderRow, UploadRow


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One content of a file."""

    version: int
    blob_id: str
    size_bytes: int
    content_type: str
    sha256: str
    by_name: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file with its newest content."""

    file_id: str
    room_id: RoomId
    customer_id: CustomerId
    folder: str
    name: str
    rule: FileRule
    owner: str
    owner_name: str
    recipient: str | None
    recipient_name: str | None
    newest: VersionRecord


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """An upload under way."""

    upload_id: str
    room_id: RoomId
    customer_id: CustomerId
    person: str
    person_name: str
    folder: str
    name: str
    rule: FileRule
    recipient: str | None
    recipient_name: str | None
    size_bytes: int
    blob_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """What keeping an upload did: the file, and blobs that nothing names any more."""

    file: FileRecord
    freed_blob_ids: tuple[str, ...]


class FileStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ---- files -----------------------------------------------------------------------

    def files(self, room_id: RoomId) -> tuple[FileRecord, ...]:
        """List a room's files by folder and name."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(FileRow)
                .where(FileRow.room_id == room_id)
                .order_by(FileRow.folder, FileRow.name, FileRow.file_id)
            ).all()
            newest = _newest(session, [row.file_id for row in rows])
            return tuple(_file(row, newest[row.file_id]) for row in rows)

    def file(self, room_id: RoomId, file_id: str) -> FileRecord | None:
        """Find a file of a room."""
        with Session(self._engine) as session:
            row = session.get(FileRow, file_id)
            if row is None or row.room_id != room_id:
                return None
            return _file(row, _newest(session, [file_id])[file_id])

    def versions(self, file_id: str) -> tuple[VersionRecord, ...]:
        """List the contents of a file, the newest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(FileVersionRow)
                .where(FileVersionRow.file_id == file_id)
                .order_by(FileVersionRow.version.desc())
            )
            return tuple(_version(row) for row in rows)

    def same_name(self, room_id: RoomId, folder: str, name: str) -> tuple[FileRecord, ...]:
        """List the files of a folder with this name; files between two people may share one."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(FileRow).where(
                    FileRow.room_id == room_id, FileRow.folder == folder, FileRow.name == name
                )
            ).all()
            newest = _newest(session, [row.file_id for row in rows])
            return tuple(_file(row, newest[row.file_id]) for row in rows)

    def change(
        self,
        file_id: str,
        *,
        name: str,
        folder: str,
        rule: FileRule,
        recipient: str | None,
        recipient_name: str | None,
    ) -> None:
        """Change what a file is called, where it lies and who reads it."""
        with Session(self._engine) as session, session.begin():
            row = session.get(FileRow, file_id)
            if row is not None:
                row.name, row.folder, row.rule = name, folder, rule.value
                row.recipient, row.recipient_name = recipient, recipient_name
                _ensure_folders(session, RoomId(row.room_id), folder)

    def remove(self, file_id: str) -> tuple[str, ...]:
        """Forget a file; returns the blobs that nothing names any more."""
        with Session(self._engine) as session, session.begin():
            blobs = session.scalars(
                select(FileVersionRow.blob_id).where(FileVersionRow.file_id == file_id)
            ).all()
            session.execute(delete(FileVersionRow).where(FileVersionRow.file_id == file_id))
            session.execute(delete(FileRow).where(FileRow.file_id == file_id))
            return tuple(blobs)

    def count(self, room_id: RoomId) -> int:
        """Count a room's files."""
        with Session(self._engine) as session:
            found = session.scalar(
                select(func.count()).select_from(FileRow).where(FileRow.room_id == room_id)
            )
            return found or 0

    def used_bytes(self, room_ids: Iterable[RoomId]) -> int:
        """Add up what rooms hold: every version, and what uploads under way will need."""
        rooms = list(room_ids)
        with Session(self._engine) as session:
            kept = session.scalar(
                select(func.coalesce(func.sum(FileVersionRow.size_bytes), 0))
                .join(FileRow, FileRow.file_id == FileVersionRow.file_id)
                .where(FileRow.room_id.in_(rooms))
            )
            coming = session.scalar(
                select(func.coalesce(func.sum(UploadRow.size_bytes), 0)).where(UploadRow.room_id.in_(rooms))
            )
            return int(kept or 0) + int(coming or 0)

    # ---- folders ---------------------------------------------------------------------

    def folders(self, room_id: RoomId) -> tuple[str, ...]:
        """List a room's folders, by path."""
        with Session(self._engine) as session:
            return tuple(
                session.scalars(
                    select(FolderRow.path).where(FolderRow.room_id == room_id).order_by(FolderRow.path)
                )
            )

    def make_folder(self, room_id: RoomId, path: str) -> None:
        """Make a folder and those it lies in; does nothing when it is there."""
        with Session(self._engine) as session, session.begin():
            _ensure_folders(session, room_id, path)

    def remove_folder(self, room_id: RoomId, path: str) -> bool:
        """Remove a folder and its empty folders; False when a file lies in it."""
        below = f"{_like(path)}/%"
        with Session(self._engine) as session, session.begin():
            holds = session.scalar(
                select(FileRow.file_id)
                .where(
                    FileRow.room_id == room_id,
                    or_(FileRow.folder == path, FileRow.folder.like(below, escape="\\")),
                )
                .limit(1)
            )
            if holds is not None:
                return False
            session.execute(
                delete(FolderRow).where(
                    FolderRow.room_id == room_id,
                    or_(FolderRow.path == path, FolderRow.path.like(below, escape="\\")),
                )
            )
            return True

    # ---- uploads ---------------------------------------------------------------------

    def begin_upload(self, upload: UploadRecord) -> None:
        """Note an upload that begins."""
        with Session(self._engine) as session, session.begin():
            session.add(
                UploadRow(
                    upload_id=upload.upload_id,
                    room_id=upload.room_id,
                    customer_id=upload.customer_id,
                    person=upload.person,
                    person_name=upload.person_name,
                    folder=upload.folder,
                    name=upload.name,
                    rule=upload.rule.value,
                    recipient=upload.recipient,
                    recipient_name=upload.recipient_name,
                    size_bytes=upload.size_bytes,
                    blob_id=upload.blob_id,
                    expires_at=upload.expires_at,
                )
            )

    def upload(self, room_id: RoomId, upload_id: str) -> UploadRecord | None:
        """Find an upload under way."""
        with Session(self._engine) as session:
            row = session.get(UploadRow, upload_id)
            return None if row is None or row.room_id != room_id else _upload(row)

    def open_uploads(self, room_id: RoomId) -> tuple[UploadRecord, ...]:
        """List a room's uploads under way."""
        with Session(self._engine) as session:
            return tuple(
                _upload(row) for row in session.scalars(select(UploadRow).where(UploadRow.room_id == room_id))
            )

    def put_off(self, upload_id: str, expires_at: datetime) -> None:
        """Give an upload more time."""
        with Session(self._engine) as session, session.begin():
            row = session.get(UploadRow, upload_id)
            if row is not None:
                row.expires_at = expires_at

    def give_up(self, upload_id: str) -> None:
        """Forget an upload."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(UploadRow).where(UploadRow.upload_id == upload_id))

    def expired(self, now: datetime) -> tuple[UploadRecord, ...]:
        """List the uploads whose time is over."""
        with Session(self._engine) as session:
            return tuple(
                _upload(row) for row in session.scalars(select(UploadRow).where(UploadRow.expires_at <= now))
            )

    def keep(
        self,
        upload: UploadRecord,
        version: VersionRecord,
        file_id: str,
        replaces: str | None,
        max_versions: int,
    ) -> Stored:
        """Make a file, or another version of `replaces`, out of an upload that is complete."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(UploadRow).where(UploadRow.upload_id == upload.upload_id))
            row = None if replaces is None else session.get(FileRow, replaces)
            freed: tuple[str, ...] = ()
            if row is None:
                row = FileRow(
                    file_id=file_id,
                    room_id=upload.room_id,
                    customer_id=upload.customer_id,
                    folder=upload.folder,
                    name=upload.name,
                    rule=upload.rule.value,
                    owner=upload.person,
                    owner_name=upload.person_name,
                    recipient=upload.recipient,
                    recipient_name=upload.recipient_name,
                )
                session.add(row)
                _ensure_folders(session, upload.room_id, upload.folder)
                session.flush()
            else:
                before = session.scalars(
                    select(FileVersionRow)
                    .where(FileVersionRow.file_id == row.file_id)
                    .order_by(FileVersionRow.version.desc())
                ).all()
                version = replace(version, version=before[0].version + 1)
                freed = tuple(old.blob_id for old in before[max_versions - 1 :])
                for old in before[max_versions - 1 :]:
                    session.delete(old)
            session.add(
                FileVersionRow(
                    file_id=row.file_id,
                    version=version.version,
                    blob_id=version.blob_id,
                    size_bytes=version.size_bytes,
                    content_type=version.content_type,
                    sha256=version.sha256,
                    by_name=version.by_name,
                    stored_at=version.stored_at,
                )
            )
            return Stored(_file(row, version), freed)

    def known_blob_ids(self) -> frozenset[str]:
        """List every blob that a version or an upload names."""
        with Session(self._engine) as session:
            return frozenset(session.scalars(select(FileVersionRow.blob_id))) | frozenset(
                session.scalars(select(UploadRow.blob_id))
            )


def _ensure_folders(session: Session, room_id: RoomId, path: str) -> None:
    parts = path.split("/") if path else []
    for depth in range(len(parts)):
        session.merge(FolderRow(room_id=room_id, path="/".join(parts[: depth + 1])))


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _newest(session: Session, file_ids: list[str]) -> dict[str, VersionRecord]:
    latest = (
        select(FileVersionRow.file_id, func.max(FileVersionRow.version).label("version"))
        .where(FileVersionRow.file_id.in_(file_ids))
        .group_by(FileVersionRow.file_id)
        .subquery()
    )
    rows = session.scalars(
        select(FileVersionRow).join(
            latest,
            (FileVersionRow.file_id == latest.c.file_id) & (FileVersionRow.version == latest.c.version),
        )
    )
    return {row.file_id: _version(row) for row in rows}


def _file(row: FileRow, newest: VersionRecord) -> FileRecord:
    return FileRecord(
        row.file_id,
        RoomId(row.room_id),
        CustomerId(row.customer_id),
        row.folder,
        row.name,
        FileRule(row.rule),
        row.owner,
        row.owner_name,
        row.recipient,
        row.recipient_name,
        newest,
    )


def _version(row: FileVersionRow) -> VersionRecord:
    return VersionRecord(
        row.version,
        row.blob_id,
        row.size_bytes,
        row.content_type,
        row.sha256,
        row.by_name,
        row.stored_at,
    )


def _upload(row: UploadRow) -> UploadRecord:
    return UploadRecord(
        row.upload_id,
        RoomId(row.room_id),
        CustomerId(row.customer_id),
        row.person,
        row.person_name,
        row.folder,
        row.name,
        FileRule(row.rule),
        row.recipient,
        row.recipient_name,
        row.size_bytes,
        row.blob_id,
        row.expires_at,
    )
