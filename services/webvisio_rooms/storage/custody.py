"""What a customer's rooms hold beside documents and files, and what becomes of it at the end (clause 8.2).

Synchronous; every method is one transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_rooms.storage.custody_tables import CustodyRow
from webvisio_rooms.storage.document_tables import DocumentRow
from webvisio_rooms.storage.file_tables import FileRow, FileVersionRow
from webvisio_rooms.storage.tables import ChatRow, RoomRow, SessionRow


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of a session's chat."""

    session_opened_at: datetime
    author_name: str
    text: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """A finished archive."""

    blob_id: str
    made_at: datetime
    size_bytes: int
    sha256: str
    entries: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class CustodyRecord:
    """Where a customer's data is on its way back, or out of the world."""

    customer_id: CustomerId
    asked_at: datetime | None
    has_failed: bool
    archive: ArchiveRecord | None
    destroyed_at: datetime | None
    destroyed: tuple[str, ...]

    @property
    def is_being_made(self) -> bool:
        return self.asked_at is not None and self.archive is None and not self.has_failed


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much there is of a customer's, old versions of files included."""

    documents: int
    files: int
    versions: int
    chat_lines: int


class Custody:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rooms(self, customer_id: CustomerId) -> tuple[tuple[RoomId, str], ...]:
        """List a customer's rooms with their names, by identifier."""
        with Session(self._engine) as session:
            rows = session.execute(
                select(RoomRow.room_id, RoomRow.name)
                .where(RoomRow.customer_id == customer_id)
                .order_by(RoomRow.room_id)
            )
            return tuple((RoomId(room_id), name) for room_id, name in rows)

    def chat(self, room_id: RoomId) -> tuple[ChatLine, ...]:
        """List what was written in a room's sessions, in order."""
        with Session(self._engine) as session:
            rows = session.execute(
                select(SessionRow.opened_at, ChatRow.author_name, ChatRow.text, ChatRow.posted_at)
                .join(SessionRow, SessionRow.session_id == ChatRow.session_id)
                .where(SessionRow.room_id == room_id)
                .order_by(SessionRow.opened_at, ChatRow.message_id)
            )
            return tuple(ChatLine(*row) for row in rows)

    def holdings(self, customer_id: CustomerId) -> Holdings:
        """Count what there is."""
        rooms = select(RoomRow.room_id).where(RoomRow.customer_id == customer_id)
        with Session(self._engine) as session:
            return Holdings(
                session.scalar(select(func.count()).where(DocumentRow.room_id.in_(rooms))) or 0,
                session.scalar(select(func.count()).where(FileRow.customer_id == customer_id)) or 0,
                session.scalar(
                    select(func.count())
                    .select_from(FileVersionRow)
                    .join(FileRow, FileRow.file_id == FileVersionRow.file_id)
                    .where(FileRow.customer_id == customer_id)
                )
                or 0,
                session.scalar(
                    select(func.count())
                    .select_from(ChatRow)
                    .join(SessionRow, SessionRow.session_id == ChatRow.session_id)
                    .where(SessionRow.room_id.in_(rooms))
                )
                or 0,
            )

    # ---- the end of the data -----------------------------------------------------------

    def find(self, customer_id: CustomerId) -> CustodyRecord | None:
        """Tell how far a customer's data is; None while nothing was asked."""
        with Session(self._engine) as session:
            row = session.get(CustodyRow, customer_id)
            return None if row is None else _record(row)

    def being_made(self) -> tuple[CustodyRecord, ...]:
        """List the archives that were asked for and are not there yet, oldest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(CustodyRow).where(CustodyRow.asked_at.is_not(None)).order_by(CustodyRow.asked_at)
            )
            return tuple(record for row in rows if (record := _record(row)).is_being_made)

    def ask(self, customer_id: CustomerId, now: datetime) -> str | None:
        """Note that an archive is wanted; returns the blob of the one that it replaces."""
        with Session(self._engine) as session, session.begin():
            row = _row_of(session, customer_id)
            replaced = row.blob_id
            row.asked_at, row.has_failed = now, False
            _take_archive_away(row)
            return replaced

    def keep(self, customer_id: CustomerId, archive: ArchiveRecord) -> bool:
        """Note a finished archive; False when it is wanted no longer, for all was destroyed meanwhile."""
        with Session(self._engine) as session, session.begin():
            row = _row_of(session, customer_id)
            if row.asked_at is None:
                return False
            row.made_at, row.blob_id = archive.made_at, archive.blob_id
            row.size_bytes, row.sha256 = archive.size_bytes, archive.sha256
            row.entries, row.unreadable = archive.entries, archive.unreadable
            return True

    def fail(self, customer_id: CustomerId) -> None:
        """Note that the archive broke off."""
        with Session(self._engine) as session, session.begin():
            _row_of(session, customer_id).has_failed = True

    def destroy(self, customer_id: CustomerId, now: datetime, destroyed: Iterable[str]) -> str | None:
        """Forget what people wrote in the chat, and note the end; returns the blob of the archive."""
        rooms = select(RoomRow.room_id).where(RoomRow.customer_id == customer_id)
        sessions = select(SessionRow.session_id).where(SessionRow.room_id.in_(rooms))
        with Session(self._engine) as session, session.begin():
            session.execute(delete(ChatRow).where(ChatRow.session_id.in_(sessions)))
            row = _row_of(session, customer_id)
            blob_id = row.blob_id
            row.asked_at, row.has_failed = None, False
            _take_archive_away(row)
            row.destroyed_at, row.destroyed = now, "\n".join(destroyed)
            return blob_id

    def blob_ids(self) -> frozenset[str]:
        """List the archives' blobs."""
        with Session(self._engine) as session:
            return frozenset(
                blob_id for blob_id in session.scalars(select(CustodyRow.blob_id)) if blob_id is not None
            )


def _row_of(session: Session, customer_id: CustomerId) -> CustodyRow:
    row = session.get(CustodyRow, customer_id)
    if row is None:
        row = CustodyRow(customer_id=customer_id, asked_at=None, has_failed=False)
        row.destroyed_at, row.destroyed = None, ""
        _take_archive_away(row)
        session.add(row)
    return row


def _take_archive_away(row: CustodyRow) -> None:
    row.made_at, row.blob_id = None, None
    row.size_bytes, row.sha256, row.entries, row.unreadable = 0, "", 0, 0


def _record(row: CustodyRow) -> CustodyRecord:
    archive = None
    if row.blob_id is not None and row.made_at is not None:
        archive = ArchiveRecord(
            row.blob_id, row.made_at, row.size_bytes, row.sha256, row.entries, row.unreadable
        )
    return CustodyRecord(
        CustomerId(row.customer_id),
        row.asked_at,
        row.has_failed,
        archive,
        row.destroyed_at,
        tuple(row.destroyed.splitlines()),
    )
