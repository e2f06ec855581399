"""The tables. Times are UTC; names end in their unit where they have one.

`alembic` migrations in `migrations/` create them; a test compares both.
"""

from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite has no zones, so they are taken off and put on again."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "times are stored aware"
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, str: String(200)}  # noqa: RUF012 - read by SQLAlchemy


class RoomRow(Base):
    """A room that entitlements named once; `link_code` is what its link carries.

    `customer_id` is whose key its documents are sealed with; None until entitlements told.
    """

    __tablename__ = "rooms"

    room_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    link_code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    customer_name: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(String(48))
    admission: Mapped[str] = mapped_column(String(16))
    welcome: Mapped[str] = mapped_column(Text)
    guest_password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]


class RetiredLinkRow(Base):
    """A link that was replaced: it answers 410 for ever, never another room."""

    __tablename__ = "retired_links"

    link_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.room_id"))
    retired_at: Mapped[datetime]


class SessionRow(Base):
    """One session; `ended_at` is None while it may still be taken up.

    `stage` is JSON: what moderators withhold, what they present, and whose hand is up.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_by_room", "room_id", "ended_at"),)

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.room_id"))
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    stage: Mapped[str | None] = mapped_column(Text)


class SessionPersonRow(Base):
    """What a session remembers of somebody beyond their presence."""

    __tablename__ = "session_people"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    participant_id: Mapped[str] = mapped_column(String(32))
    lent_role: Mapped[str | None] = mapped_column(String(16))
    is_removed: Mapped[bool]


class StayRow(Base):
    """An attendance interval; `left_at` is None while the person is there."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index("attendance_by_room", "room_id", "joined_at"),
        Index("attendance_open", "session_id", "participant_id", "left_at"),
    )

    stay_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"))
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.room_id"))
    participant_id: Mapped[str] = mapped_column(String(32))
    person: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    is_guest: Mapped[bool]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class ChatRow(Base):
    """A chat line of a session."""

    __tablename__ = "chat"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    client_id: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[str] = mapped_column(String(32))
    author_name: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime]


class HeartbeatRow(Base):
    """The last instant the service is known to have lived; one row."""

    __tablename__ = "heartbeat"

    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_seen_at: Mapped[datetime]
