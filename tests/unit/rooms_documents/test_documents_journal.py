"""The log of documents: grouped, in order, patient with a database that fails, merged when old."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from unit.rooms.rooms_world import ROOM, START
from webvisio_protocol.documents import DocumentId, DocumentKind, DocumentRule
from webvisio_rooms.application import journal as journals
from webvisio_rooms.application.document_views import content_of, doc_of
from webvisio_rooms.application.journal import Compaction, Journal
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_records import DocumentRecord, LogEntry, Snapshot
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.store import Store

NOTE = DocumentId("note")


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    engine = open_database(f"sqlite:///{tmp_path}/rooms.sqlite")
    migrate(engine)
    Store(engine).ensure_room(ROOM, "Salle", "Acme", "abcde", START)
    store = DocumentStore(engine, KeyFolder(tmp_path / "keys"))
    content = content_of(DocumentKind.NOTE, "")
    record = DocumentRecord(
        NOTE, ROOM, DocumentKind.NOTE, "n.md", DocumentRule.ALL_WRITE, "e", START, START, len(content)
    )
    assert store.create(record, "Claire", content)
    return store


@pytest.fixture
def changes() -> Iterator[Any]:
    """Make changes of one text: the n-th call types the letter n."""
    doc: Doc[Any] = Doc()
    made: list[bytes] = []
    subscription = doc.observe(lambda event: made.append(event.update))
    text = doc.get("source", type=Text)

    def change(letter: str) -> bytes:
        text.insert(len(str(text)), letter)
        return made.pop()

    yield change
    doc.unobserve(subscription)


def entry(seq: int, payload: bytes, after_s: float = 0, author: str = "Claire") -> LogEntry:
    return LogEntry(NOTE, seq, "e", START + timedelta(seconds=after_s), author, payload)


def text_of(store: DocumentStore) -> str:
    loaded = store.load(NOTE)
    assert loaded is not None
    return str(doc_of(loaded.states).get("source", type=Text))


async def test_what_was_done_is_on_the_disk_and_together_in_few_commits(
    store: DocumentStore, changes: Any
) -> None:
    journal, done = Journal(store), []
    for number in range(100):
        journal.add(entry(number + 2, changes("x")), lambda number=number: done.append(number))  # type: ignore[misc]
    journal.start()
    await journal.drain()
    journal.close()

    assert done == list(range(100))
    assert journal.commits == 1
    assert text_of(store) == "x" * 100


async def test_a_database_that_fails_is_asked_again_and_nothing_is_said_before(
    store: DocumentStore, changes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, appended = 2, store.log.append
    monkeypatch.setattr(journals, "RETRY_S", 0.01)

    def append(connection: Connection, entries: Any) -> frozenset[DocumentId]:
        nonlocal failures
        if failures:
            failures -= 1
            raise OperationalError("INSERT", None, Exception("disk is full"))
        return appended(connection, entries)

    monkeypatch.setattr(store.log, "append", append)
    journal, done = Journal(store), asyncio.Event()
    journal.start()
    journal.add(entry(2, changes("a")), done.set)
    await journal.drain()
    journal.close()

    assert done.is_set()
    assert journal.failures == 2
    assert text_of(store) == "a"


async def test_changes_of_a_document_that_was_removed_hold_up_nobody(
    store: DocumentStore, changes: Any
) -> None:
    journal = Journal(store)
    gone = LogEntry(DocumentId("gone"), 1, "e", START, "Claire", b"\x00\x00")
    journal.add(gone)
    journal.add(entry(2, changes("a")))
    journal.start()
    await journal.drain()
    journal.close()

    assert text_of(store) == "a"


async def test_old_entries_are_merged_a_minute_each_and_the_text_stays(
    store: DocumentStore, changes: Any
) -> None:
    journal = Journal(store)
    journal.start()
    for number in range(12):
        author = "Claire" if number % 2 else "Amina"
        journal.add(entry(number + 2, changes("abcdefghijkl"[number]), 100 + 20 * number, author))
    journal.add(Compaction(NOTE, START + timedelta(seconds=100 + 160)))
    await journal.drain()
    await journal.drain()
    journal.close()

    marks = store.log.marks(NOTE)
    assert [mark.seq for mark in marks] == [1, 4, 7, 9, 10, 11, 12, 13]
    assert marks[1].author_name == "Amina, Claire"
    assert text_of(store) == "abcdefghijkl"
    assert str(doc_of(store.log.states_at(NOTE, 7)).get("source", type=Text)) == "abcdef"


async def test_a_snapshot_shortens_loading_and_changes_nothing(store: DocumentStore, changes: Any) -> None:
    journal, doc = Journal(store), Doc()  # type: ignore[var-annotated]
    journal.start()
    for number, letter in enumerate("abc"):
        update = changes(letter)
        doc.apply_update(update)
        journal.add(entry(number + 2, update))
    journal.add(Snapshot(NOTE, 4, doc.get_update()))
    journal.add(entry(5, changes("d")))
    await journal.drain()
    journal.close()

    loaded = store.load(NOTE)
    assert loaded is not None
    assert (len(loaded.states), loaded.last_seq) == (2, 5)
    assert text_of(store) == "abcd"


async def test_writers_wait_while_the_disk_is_behind(
    store: DocumentStore, changes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MAX_PENDING_BYTES", 10)
    journal = Journal(store)
    journal.add(entry(2, changes("a" * 50)))
    assert journal.is_behind

    journal.start()
    await journal.caught_up()

    assert not journal.is_behind
    journal.close()
