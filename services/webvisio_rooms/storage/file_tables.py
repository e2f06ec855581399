"""The tables of files. Content is not here: a version names a blob of the vault."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webvisio_rooms.storage.tables import Base


class FileRow(Base):
    """A file; what it contains is its newest version."""

    __tablename__ = "files"
    __table_args__ = (Index("files_by_room", "room_id", "folder", "name"),)

    file_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(48), ForeignKey("rooms.room_id"))
    customer_id: Mapped[str] = mapped_column(String(48))
    folder: Mapped[str] = mapped_column(String(400))
    name: Mapped[str]
    rule: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str]
    owner_name: Mapped[str]
    recipient: Mapped[str | None]
    recipient_name: Mapped[str | None]


class FileVersionRow(Base):
    """One content of a file."""

    __tablename__ = "file_versions"

    file_id: Mapped[str] = mapped_column(String(32), ForeignKey("files.file_id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    blob_id: Mapped[str] = mapped_column(String(32), unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str]
    stored_at: Mapped[datetime]


class FolderRow(Base):
    """A folder that somebody made, or that a file needed."""

    __tablename__ = "folders"

    room_id: Mapped[str] = mapped_column(String(48), ForeignKey("rooms.room_id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(400), primary_key=True)


class UploadRow(Base):
    """An upload under way: what it will be, and the blob that grows."""

    __tablename__ = "uploads"
    __table_args__ = (Index("uploads_by_room", "room_id", "person"),)

    upload_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(48), ForeignKey("rooms.room_id"))
    customer_id: Mapped[str] = mapped_column(String(48))
    person: Mapped[str]
    person_name: Mapped[str]
    folder: Mapped[str] = mapped_column(String(400))
    name: Mapped[str]
    rule: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str | None]
    recipient_name: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    blob_id: Mapped[str] = mapped_column(String(32), unique=True)
    expires_at: Mapped[datetime]
