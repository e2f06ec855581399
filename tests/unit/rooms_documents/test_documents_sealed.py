"""Documents on the disk are worth nothing without their customer's key (clauses 2.2 and 8.2)."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from pycrdt import Doc, Text
from sqlalchemy import update

from unit.rooms.rooms_world import OTHER_ROOM, ROOM, START, World, contract
from unit.rooms_documents.documents_world import NOTEBOOK, Classroom
from webvisio_protocol.documents import DocumentId, DocumentKind
from webvisio_protocol.identifiers import CustomerId, Role
from webvisio_rooms.application.document_views import content_of, doc_of
from webvisio_rooms.application.journal import Compaction
from webvisio_rooms.storage import sealing
from webvisio_rooms.storage.database import MIGRATIONS, open_database
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.document_tables import UpdateRow
from webvisio_rooms.storage.sealing import DocumentDamaged, DocumentDestroyed

ACME = CustomerId("acme")
SECRET = "le secret de fabrication"
OLD = DocumentId("0123456789abcdef")


def on_disk(folder: Path) -> bytes:
    """Everything that the database's files hold."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("rooms.sqlite*")))


def text_in(store: DocumentStore, document: str) -> str:
    loaded = store.load(DocumentId(document))
    assert loaded is not None
    return str(doc_of(loaded.states).get("source", type=Text))


def older_database(folder: Path) -> None:
    """A database of the release before, with a note, its history and a snapshot, and an exercise, in clear."""
    engine = open_database(f"sqlite:///{folder}/rooms.sqlite")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003_files")
    first = content_of(DocumentKind.NOTE, SECRET)
    doc: Doc[Any] = Doc()
    doc.apply_update(first)
    changes: list[bytes] = []
    subscription = doc.observe(lambda event: changes.append(event.update))
    for number in range(40):
        doc.get("source", type=Text).insert(0, f"{SECRET} {number}\n" * 200)
    doc.unobserve(subscription)
    now = START.replace(tzinfo=None).isoformat(" ")
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO rooms (room_id, link_code, name, customer_name, admission, welcome, created_at)"
            " VALUES (?, 'abcdefgh', 'Salle', 'Acme', 'everybody', '', ?)",
            (ROOM, now),
        )
        run(
            "INSERT INTO documents (document_id, room_id, kind, name, rule, epoch, created_at)"
            " VALUES (?, ?, 'note', 'n.md', 'all_write', 'e1', ?)",
            (OLD, ROOM, now),
        )
        for seq, payload in enumerate([first, *changes], 1):
            run(
                "INSERT INTO document_updates VALUES (?, ?, 'e1', ?, 'Claire', ?)",
                (OLD, seq, now, payload),
            )
        run("INSERT INTO document_snapshots VALUES (?, 20, ?)", (OLD, doc.get_update()))
        run(
            "INSERT INTO exercises VALUES ('exercice', ?, 'e.ipynb', 'open', ?, NULL, ?)",
            (ROOM, now, f'{{"cells": ["{SECRET}"]}}'.encode()),
        )
    engine.dispose()


async def test_nothing_that_is_written_stands_on_the_disk_in_clear(room: Classroom) -> None:
    document = await room.create("note", SECRET, rule="all_write")
    notebook = await room.create(content=NOTEBOOK | {"metadata": {"secret": SECRET}})
    await room.ask("POST", "", room.trainer, {"documentId": notebook}, base="exercises")
    line = await room.open(document, room.trainer)
    line.text.insert(0, f"encore {SECRET} ")
    await line.settled()
    documents = room.world.shared.documents
    documents.open[DocumentId(document)].snap()
    documents.journal.add(Compaction(DocumentId(document), START.replace(year=START.year + 1)))
    await documents.settled()

    assert SECRET.encode() not in on_disk(room.world.folder)
    assert text_in(room.world.document_store, document) == f"encore {SECRET} {SECRET}"


async def test_a_destroyed_key_destroys_documents_with_their_history_and_no_other_customers(
    tmp_path: Path,
) -> None:
    async with World(tmp_path, contract(), contract(OTHER_ROOM, customer="beta")) as world:
        room = Classroom(world)
        document = await room.create("note", SECRET, rule="all_write")
        other = world.hub.add("paul", Role.HOST, room=OTHER_ROOM)
        body = {"kind": "note", "name": "cours", "content": "le leur"}
        kept = await world.ask("POST", f"api/rooms/{OTHER_ROOM}/documents", other, body)
        line = await room.open(document, room.trainer)

        assert world.keys.destroy(ACME) == 1
        line.text.insert(0, "plus rien n'est gardé")

        refused = await line.until("document_refused")
        assert refused["refusal"]["code"] == "file_destroyed"
        await line.closed()
        for path in (f"{document}/export?format=md", f"{document}/history/1"):
            status, problem = await room.ask("GET", path, room.trainer)
            assert (status, problem["code"]) == (410, "file_destroyed")
        again = await room.open(document, room.trainer)
        assert (await again.until("document_refused"))["refusal"]["code"] == "file_destroyed"
        name = world.settings.hub and kept.body.decode().split('"documentId":"')[1].split('"')[0]
        assert text_in(world.document_store, name) == "le leur"
        room.close()


async def test_a_customer_who_comes_back_writes_new_documents_and_the_old_stay_destroyed(
    room: Classroom,
) -> None:
    document = await room.create("note", SECRET)
    room.world.keys.destroy(ACME)

    fresh = await room.create("note", "un nouveau départ")

    assert text_in(room.world.document_store, fresh) == "un nouveau départ"
    with pytest.raises(DocumentDestroyed):
        room.world.document_store.load(DocumentId(document))


async def test_what_an_older_release_left_in_clear_is_sealed_at_the_start(tmp_path: Path) -> None:
    older_database(tmp_path)
    assert SECRET.encode() in on_disk(tmp_path)

    async with World(tmp_path) as world:
        await world.shared.documents.settled()

        assert SECRET.encode() not in on_disk(tmp_path)
        assert not world.document_store.seals.plain()
        assert text_in(world.document_store, OLD).count(SECRET) == 8001
        assert SECRET.encode() in world.document_store.exercises.template("exercice")  # type: ignore[arg-type]
        first = world.document_store.log.states_at(OLD, 1)
        assert str(doc_of(first).get("source", type=Text)) == SECRET


async def test_sealing_that_stops_half_way_leaves_all_of_a_document_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_database(tmp_path)
    calls = 0

    def close(seal: sealing.KeyedSeal, payload: bytes, place: str) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 7:
            raise DocumentDamaged
        return payload

    with monkeypatch.context() as patched:
        patched.setattr(sealing.KeyedSeal, "close", close)
        async with World(tmp_path) as world:
            await world.shared.documents.settled()
            assert world.document_store.seals.plain() == (OLD,)
            assert text_in(world.document_store, OLD).count(SECRET) == 8001
    connection = sqlite3.connect(tmp_path / "rooms.sqlite")
    assert connection.execute("SELECT customer_id FROM documents").fetchall() == [(None,)]
    connection.close()


async def test_a_payload_that_was_moved_is_noticed(room: Classroom) -> None:
    document = await room.create("note", "un")
    line = await room.open(document, room.trainer)
    line.text.insert(0, "deux ")
    await line.settled()
    store = room.world.document_store

    with store._engine.begin() as connection:
        connection.execute(
            update(UpdateRow).where(UpdateRow.document_id == document, UpdateRow.seq == 2).values(seq=3)
        )

    with pytest.raises(DocumentDamaged):
        store.load(DocumentId(document))
