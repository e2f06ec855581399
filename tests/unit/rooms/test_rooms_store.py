"""The database: migrations agree with the tables, times stay aware, the command line sets passwords."""

import io
import logging
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from argon2 import PasswordHasher
from sqlalchemy import inspect, text
from sqlalchemy.exc import StatementError

from webvisio_protocol.identifiers import ParticipantId, Role, RoomId
from webvisio_rooms.application.randomness import LINK_ALPHABET, link_code
from webvisio_rooms.service import SetGuestPassword, own_addresses
from webvisio_rooms.storage.database import MIGRATIONS, migrate, open_database
from webvisio_rooms.storage.records import RetiredLink, RoomRecord, StayRecord
from webvisio_rooms.storage.store import Store
from webvisio_rooms.storage.tables import Base
from webvisio_service.settings import WithoutValues

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
ROOM = RoomId("python")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    engine = open_database(f"sqlite:///{tmp_path}/rooms.sqlite")
    migrate(engine)
    return Store(engine)


def test_the_migrations_make_exactly_the_tables() -> None:
    engine = open_database("sqlite://")
    migrate(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "rooms_alembic_version", "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing_and_going_back_leaves_nothing() -> None:
    engine = open_database("sqlite://")
    migrate(engine)
    migrate(engine)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert inspect(engine).get_table_names() == ["rooms_alembic_version"]


def test_sqlite_runs_with_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/rooms.sqlite")

    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_times_come_back_as_the_same_instant_in_utc(store: Store) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))

    store.beat(elsewhere)

    found = store.last_seen_at()
    assert found == NOW
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_our_own_mistake(store: Store) -> None:
    with pytest.raises(StatementError, match="aware"):
        store.beat(NOW.replace(tzinfo=None))


def test_a_retired_code_never_leads_anywhere_again(store: Store) -> None:
    store.ensure_room(ROOM, "Python", "Acme", "first", NOW)

    store.replace_link(ROOM, "second", NOW)

    assert isinstance(store.room_by_code("first"), RetiredLink)
    assert isinstance(store.room_by_code("second"), RoomRecord)
    assert store.room_by_code("third") is None


def test_naming_a_room_again_keeps_its_link_and_settings(store: Store) -> None:
    store.ensure_room(ROOM, "", "", "first", NOW)
    store.set_guest_password(ROOM, "hash")

    named = store.ensure_room(ROOM, "Python", "Acme", "other", NOW)

    assert (named.link_code, named.name, named.guest_password_hash) == ("first", "Python", "hash")


def test_an_interval_never_ends_before_it_began(store: Store) -> None:
    store.ensure_room(ROOM, "Python", "Acme", "first", NOW)
    store.open_session("s", ROOM, NOW)
    ana = ParticipantId("ana")
    store.begin_stay(StayRecord("s", ROOM, ana, "user:ana", "Ana", Role.PARTICIPANT, False, NOW))

    store.end_stay("s", ana, NOW - timedelta(seconds=5))

    assert [stay.left_at for stay in store.stays(ROOM)] == [NOW]


def test_link_codes_are_long_and_easy_to_read_aloud() -> None:
    codes = {link_code() for _ in range(200)}

    assert len(codes) == 200
    assert all(set(code) <= set(LINK_ALPHABET) | {"-"} for code in codes)
    assert len(LINK_ALPHABET) ** 20 > 2**98
    assert not set("ilo01") & set(LINK_ALPHABET)


def run_command(monkeypatch: pytest.MonkeyPatch, home: Path, password: str, *arguments: str) -> None:
    monkeypatch.setenv("WEBVISIO_HOME", str(home))
    monkeypatch.delenv("WEBVISIO_ROOMS_DATABASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    application = SetGuestPassword()
    application.initialize(list(arguments))
    application.start()


def test_the_command_line_sets_a_password_before_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_command(monkeypatch, tmp_path / "new", "correct horse\n", ROOM)

    record = Store(open_database(f"sqlite:///{tmp_path}/new/rooms.sqlite")).room(ROOM)
    assert record is not None
    assert record.guest_password_hash is not None
    assert PasswordHasher().verify(record.guest_password_hash, "correct horse")


@pytest.mark.parametrize(("password", "arguments"), [("short\n", [ROOM]), ("long enough\n", ["No Room"])])
def test_the_command_line_refuses_what_is_wrong(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    password: str,
    arguments: list[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(monkeypatch, tmp_path, password, *arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_libraries_log_their_templates_only() -> None:
    record = logging.LogRecord(
        "tornado.application", logging.INFO, "f", 1, "Logged-in user %s", ("ana",), None
    )

    assert WithoutValues().filter(record)

    assert record.getMessage() == "Logged-in user %s"


def test_loopback_is_always_among_the_addresses_told_to_browsers() -> None:
    assert own_addresses()[-1] == "127.0.0.1"
