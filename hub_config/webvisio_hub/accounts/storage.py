"""Keeps accounts and invitations in an SQLite file of their own, mode 600.

Passwords are kept as argon2id hashes, invitations as SHA-256 of their token:
whoever reads the file can log in as nobody.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import DateTime, Dialect, String, create_engine, delete, event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from webvisio_hub.errors import SettingsError

SCHEMA_VERSION: Final = 1
"""SQLite's `user_version` of the file; a newer one is refused, an older one upgraded."""


class _Utc(TypeDecorator[datetime]):
    """An instant: aware outside, UTC without a zone in the file (SQLite has no zones)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class _Base(DeclarativeBase):
    pass


class Account(_Base):
    """A person who may log in; `password_hash` is None until an invitation was followed."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    display_name: Mapped[str | None] = mapped_column(String(128))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(_Utc)
    password_changed_at: Mapped[datetime | None] = mapped_column(_Utc)


class Invitation(_Base):
    """The right to choose the password of an account, once, until `expires_at`. One an account."""

    __tablename__ = "invitations"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    expires_at: Mapped[datetime] = mapped_column(_Utc)


class AccountStorage:
    """The file, and one transaction at a time over it."""

    def __init__(self, path: Path) -> None:
        _make_private(path)
        self._engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _prepare_connection)
        _upgrade(self._engine)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    def session(self) -> Session:
        """Open a session; use it as `with storage.session() as session, session.begin():`."""
        return self._sessions()

    def close(self) -> None:
        self._engine.dispose()


def find_account(session: Session, name: str) -> Account | None:
    return session.get(Account, name)


def find_invitation(session: Session, token_hash: str) -> Invitation | None:
    return session.get(Invitation, token_hash)


def take_invitation(session: Session, token_hash: str, now: datetime) -> bool:
    """Use an invitation up; False when it is gone, or too old at `now`."""
    used = session.execute(
        delete(Invitation)
        .where(Invitation.token_hash == token_hash, Invitation.expires_at > now)
        .returning(Invitation.name)
    )
    return used.first() is not None


def drop_invitations(session: Session, name: str) -> None:
    """Forget the invitation of an account, if there is one."""
    session.execute(delete(Invitation).where(Invitation.name == name))


def drop_expired(session: Session, now: datetime) -> None:
    """Forget the invitations that nobody followed in time."""
    session.execute(delete(Invitation).where(Invitation.expires_at <= now))


def names(session: Session) -> list[str]:
    """List all accounts, by name."""
    return list(session.scalars(select(Account.name).order_by(Account.name)))


def _make_private(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    path.chmod(0o600)


def _prepare_connection(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # the DB-API's connection has no common type
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        version = int(connection.scalar(text("PRAGMA user_version")) or 0)
        if version > SCHEMA_VERSION:
            raise SettingsError(f"the accounts were written by a newer version ({version}) of Web Visio")
        _Base.metadata.create_all(connection)
        connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
