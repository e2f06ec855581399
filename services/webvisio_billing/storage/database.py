"""Opens the database and brings it to the newest schema. SQLite and PostgreSQL differ only here.

SQLite: write-ahead log, foreign keys, a busy time-out, and transactions that
take the write lock at once (`BEGIN IMMEDIATE`), so that two processes queue
instead of failing half-way. PostgreSQL: an advisory lock around migrations,
so that two instances started together migrate once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from webvisio_billing.storage import chronicle, ledger, standings
from webvisio_billing.storage.errors import DatabaseUnavailable, JournalConflict

BUSY_TIMEOUT_MS: Final = 5000
PAGE_CACHE_KIB: Final = 65_536
"""A connection's cache: the indexes of 100,000 contracts fit in, the default of 2 MB holds a fraction."""
_MIGRATION_LOCK: Final = 0x57_56_62_69  # any number of our own: "WVbi"
_RUN_LOCK: Final = 0x57_56_72_75  # "WVru"
_BEFORE_THE_LEDGER: Final = "0001"
_THE_CHRONICLE: Final = "0006"
_THE_STANDINGS: Final = "0009"
_TRY_AGAIN: Final = ("40001", "40P01")
"""PostgreSQL's serialization failure and deadlock."""


class Store:
    """A database that is migrated and ready."""

    def __init__(self, url: str, *, is_read_only: bool = False) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self._engine = create_engine(parsed, pool_pre_ping=True)
        if parsed.get_backend_name() == "sqlite":
            _tame_sqlite(self._engine, is_read_only)
        elif is_read_only:
            _only_read_postgresql(self._engine)

    @property
    def engine(self) -> Engine:
        """The engine, for migrations and tests."""
        return self._engine

    def migrate(self) -> None:
        """Bring the schema to its newest revision; safe to run twice and by two at once."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            was = MigrationContext.configure(connection).get_current_revision()
            command.upgrade(migrations(connection), "head")
            with Session(connection) as session:
                if was == _BEFORE_THE_LEDGER:
                    ledger.book_everything(session)
                if was is not None and was < _THE_CHRONICLE:
                    chronicle.begin(session, datetime.now(UTC))
                if was is not None and was < _THE_STANDINGS:
                    standings.fill(session)
                session.flush()

    @property
    def is_current(self) -> bool:
        """Whether the schema is the one that this version works with."""
        with self.transaction() as session:
            connection = session.connection()
            newest = ScriptDirectory.from_config(migrations(connection)).get_current_head()
            return MigrationContext.configure(connection).get_current_revision() == newest

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Run a unit of work: committed at the end, rolled back by an exception.

        Raises `DatabaseUnavailable` where the database is locked or gone, and
        `JournalConflict` where it asks to try again (PostgreSQL's deadlocks).
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
                chronicle.write_notes(session)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) in _TRY_AGAIN:
                raise JournalConflict("the database asks to try again") from error
            raise DatabaseUnavailable(type(error.orig).__name__) from error
        except DatabaseError as error:
            if type(error) is DatabaseError and self._engine.dialect.name == "sqlite":
                # what SQLite says of a file that is none of its own, or damaged
                raise DatabaseUnavailable("the file is not a database") from error
            raise

    def take_turn(self, session: Session) -> None:
        """Wait until no other run is within a batch; SQLite has one writer anyway."""
        if self._engine.dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _RUN_LOCK})

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def migrations(connection: Connection) -> Config:
    """Point Alembic at the package's own migrations and an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _tame_sqlite(engine: Engine, is_read_only: bool) -> None:
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # the driver's own transactions begin too late (before the first write)
        # and end at schema changes; SQLAlchemy's are issued below instead
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "query_only = ON" if is_read_only else "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"cache_size = -{PAGE_CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _only_read_postgresql(engine: Engine) -> None:
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(engine, "begin", begun)
