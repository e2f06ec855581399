"""The service is killed in mid-edit (SIGKILL): nothing that it acknowledged is lost, nothing comes twice."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pycrdt import Doc, Text
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from unit.rooms.rooms_world import PREFIX, ROOM
from webvisio_rooms.documents import wire
from webvisio_rooms.documents.wire import SyncFrame, SyncKind
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_records import DocumentRecord
from webvisio_rooms.storage.document_store import DocumentStore

START_S = 60
KILLS = 2


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[tuple[dict[str, Any], asyncio.subprocess.Process]]:
    """A service on `folder`, killed at the end without a word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("documents_service.py")),
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        yield json.loads(line), process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def connected(where: dict[str, Any], document: str, doc: Doc[Any]) -> WebSocketClientConnection:
    """Open the document as the trainer, ready to write."""
    headers = {
        "Cookie": where["cookies"]["trainer"],
        "Sec-Fetch-Mode": "websocket",
        "Origin": f"http://127.0.0.1:{where['port']}",
    }
    url = f"ws://127.0.0.1:{where['port']}{PREFIX}documents/{ROOM}/{document}"
    line = await websocket_connect(HTTPRequest(url, headers=headers))
    while True:
        message = await line.read_message()
        assert message is not None
        if isinstance(message, str) and json.loads(message)["type"] == "document_opened":
            epoch = json.loads(message)["epoch"]
            line.write_message(json.dumps({"type": "begin", "epoch": epoch, "clientId": doc.client_id}))
        elif isinstance(message, bytes):
            frame = wire.read(message)
            assert isinstance(frame, SyncFrame)
            if frame.kind is SyncKind.STEP_1:
                line.write_message(wire.sync(SyncKind.STEP_2, doc.get_update(frame.payload)), binary=True)
                return line


def note_in(folder: Path) -> tuple[str, DocumentStore]:
    """Put an empty note into the database; returns its name."""
    from unit.rooms.rooms_world import START
    from webvisio_protocol.documents import DocumentId, DocumentKind, DocumentRule
    from webvisio_rooms.application.document_views import content_of
    from webvisio_rooms.documents.contents import SUFFIXES
    from webvisio_rooms.storage.store import Store

    engine = open_database(f"sqlite:///{folder}/rooms.sqlite")
    migrate(engine)
    Store(engine).ensure_room(ROOM, "Salle", "Acme", "abcde", START)
    kind, content = DocumentKind.NOTE, content_of(DocumentKind.NOTE, "")
    name = DocumentId("0123456789abcdef")
    record = DocumentRecord(
        name, ROOM, kind, "n" + SUFFIXES[kind], DocumentRule.ALL_WRITE, "e1", START, START, len(content)
    )
    store = DocumentStore(engine, KeyFolder(folder / "keys"))
    store.create(record, "Trainer", content)
    return name, store


async def test_what_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    document, store = note_in(tmp_path)
    doc: Doc[Any] = Doc()
    text = doc.get("source", type=Text)
    changes: list[bytes] = []
    subscription = doc.observe(lambda event: changes.append(event.update))
    acknowledged = 0
    for kill in range(KILLS):
        async with service(tmp_path) as (where, process):
            line = await connected(where, document, doc)
            sent, saved = 1, 0  # what answered the service's step 1 counts as a change
            sent_marks: dict[int, int] = {}
            while saved < 30:
                for _ in range(20):
                    text.insert(len(str(text).encode()), f"<{len(changes)}>")
                    line.write_message(wire.sync(SyncKind.UPDATE, changes[-1]), binary=True)
                    sent += 1
                    sent_marks[sent] = len(changes)
                message = await line.read_message()
                assert message is not None
                if isinstance(message, str) and json.loads(message)["type"] == "saved":
                    saved = json.loads(message)["upTo"]
            process.send_signal(signal.SIGKILL)  # with changes under way
            await process.wait()
            acknowledged = sent_marks.get(saved, acknowledged)
        kept: Doc[Any] = Doc()
        loaded = store.load(document)  # type: ignore[arg-type]
        assert loaded is not None
        for state in loaded.states:
            kept.apply_update(state)
        found = str(kept.get("source", type=Text))
        expected = "".join(f"<{number}>" for number in range(acknowledged))
        assert found.startswith(expected), f"kill {kill}: {len(found)} of {len(expected)} characters"
        assert found == "".join(f"<{number}>" for number in range(found.count("<")))
    doc.unobserve(subscription)
    async with service(tmp_path) as (where, _):
        line = await connected(where, document, doc)
        line.write_message(wire.sync(SyncKind.STEP_1, b"\x00"), binary=True)
        whole: Doc[Any] = Doc()
        while True:
            message = await line.read_message()
            assert message is not None
            if isinstance(message, bytes):
                frame = wire.read(message)
                if isinstance(frame, SyncFrame) and frame.kind is SyncKind.STEP_2:
                    whole.apply_update(frame.payload)
                    break
    assert str(whole.get("source", type=Text)) == str(text)  # what was not acknowledged came back once
