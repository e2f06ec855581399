"""The service on PostgreSQL: what sessions, documents, files and archives leave there, over a restart too."""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from shared.billing_databases import postgresql  # noqa: F401 - a fixture
from unit.rooms.rooms_world import INTERNAL, ROOM, World, contract
from unit.rooms_files.files_client import listed, upload
from webvisio_protocol.identifiers import Role
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.tables import Base


@pytest.fixture
def url(postgresql: str) -> Iterator[str]:  # noqa: F811 - the fixture
    """An empty database."""
    engine = create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield postgresql


def test_the_migrations_make_exactly_the_tables_on_postgresql(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "rooms_alembic_version", "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


async def test_a_lesson_is_kept_over_a_restart_and_given_back(url: str, tmp_path: Path) -> None:
    world = World(tmp_path, contract())
    world.database = url
    async with world:
        host = await world.join("trainer", Role.HOST)
        await host.until("welcome")
        host.send("chat_send", clientId="c1", text="bonjour à tous")
        await host.until("chat_posted")
        note = {"kind": "note", "name": "Compte rendu", "content": "nos notes"}
        made = await world.ask("POST", f"api/rooms/{ROOM}/documents", "token-trainer", note)
        assert made.code == 201
        await upload(world, "token-trainer", "plan.bin", b"le premier", folder="Semaine 1")
        await upload(world, "token-trainer", "plan.bin", bytes(range(256)) * 600, folder="Semaine 1")
        await world.rooms.drain()
        await world.stop()

        await world.start()

        again = await world.connect("token-trainer")
        again.say_hello(tab="tab-2")
        welcome = await again.until("welcome")
        assert "bonjour à tous" in json.dumps(welcome["chat"], ensure_ascii=False)
        (file,) = (await listed(world, "token-trainer"))["files"]
        assert (file["name"], file["folder"], file["version"]) == ("plan.bin", "Semaine 1", 2)
        document = json.loads(made.body)["documentId"]
        path = f"api/rooms/{ROOM}/documents/{document}"
        exported = await world.ask("GET", f"{path}/export?format=md", "token-trainer")
        assert exported.body == b"nos notes"
        history = await world.ask("GET", f"{path}/history", "token-trainer")
        assert history.code == 200, history.body
        stays = await world.ask("GET", f"api/rooms/{ROOM}/attendance", "token-trainer")
        assert len(json.loads(stays.body)["intervals"]) >= 1

        bearer = {"Authorization": f"Bearer {INTERNAL}"}
        data = "api/internal/customers/acme/data"
        assert (await world.ask("POST", data, headers=bearer)).code == 200
        await world.custody.settled()
        archive = await world.ask("GET", f"{data}/archive", headers=bearer)
        with zipfile.ZipFile(BytesIO(archive.body)) as found:
            assert found.read(f"{ROOM}/documents/Compte rendu.md") == b"nos notes"
            assert len(found.namelist()) == 5
