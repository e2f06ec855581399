"""What documents refuse for being too much, a kind each; the service and the others go on."""

import asyncio
import json
from typing import Any

import pytest
from pycrdt import Text
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from shared.patience import PATIENCE_S
from unit.rooms.rooms_world import PREFIX, ROOM
from unit.rooms_documents.documents_world import Classroom
from webvisio_protocol.documents import MAX_AWARENESS_BYTES, MAX_UPDATE_BYTES, DocumentId
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application import documents
from webvisio_rooms.documents import wire
from webvisio_rooms.documents.live import Line, LiveDocument
from webvisio_rooms.documents.wire import SyncKind
from webvisio_rooms.web.document_socket import MAX_UNSENT_BYTES


async def test_a_room_holds_so_many_documents_and_says_so_in_the_readers_language(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 1)
    await room.create("note", "un")
    body = {"kind": "note", "name": "deux", "content": ""}
    told: dict[str, dict[str, Any]] = {}
    for language in ("fr", "en"):
        headers = {"Accept-Language": language}
        answer = await room.world.ask("POST", f"api/rooms/{ROOM}/documents", room.trainer, body, headers)
        told[language] = json.loads(answer.body)

    assert {problem["code"] for problem in told.values()} == {"documents_limit"}
    assert told["fr"]["title"] != told["en"]["title"]


async def test_a_document_that_would_outgrow_its_limit_is_told_and_begun_anew(room: Classroom) -> None:
    document = await room.create("note", "", rule="all_write")
    line, other = await room.open(document, room.trainer), await room.open(document, room.trainee)
    opened = room.world.shared.documents.open[DocumentId(document)]
    opened.live._max_bytes = 1000

    line.text.insert(0, "x" * 2000)

    assert (await line.until("document_refused"))["refusal"]["code"] == "document_too_large"
    assert await line.closed() == CloseCode.STALE
    await other.settled()
    assert str(other.text) == ""


async def test_presence_that_is_too_large_is_refused_and_reaches_nobody(room: Classroom) -> None:
    document = await room.create("note", "", rule="all_write")
    line, other = await room.open(document, room.trainer), await room.open(document, room.trainee)

    line.aware(cursors="x" * MAX_AWARENESS_BYTES)

    assert (await line.until("document_refused"))["refusal"]["code"] == "message_malformed"
    line.text.insert(0, "toujours là")
    await line.settled()
    await other.eventually(lambda: str(other.text) == "toujours là")
    assert line.doc.client_id not in other.awareness


async def test_a_paste_of_two_hundred_megabytes_is_not_even_read(room: Classroom) -> None:
    document = await room.create("note", "", rule="all_write")
    line, other = await room.open(document, room.trainer), await room.open(document, room.trainee)
    assert line.socket is not None
    stream = line.socket.protocol.stream  # type: ignore[union-attr]

    # the head of a masked binary message of 200 MB; what follows never comes
    size = 200 * 1024 * 1024
    assert size > MAX_UPDATE_BYTES
    await stream.write(b"\x82\xff" + size.to_bytes(8, "big") + bytes(4) + bytes(1024))

    await line.closed()
    other.text.insert(0, "la vie continue")
    await other.settled()
    assert len(room.world.shared.documents.open[DocumentId(document)].lines) == 1


async def test_whoever_does_not_read_is_given_up_and_the_others_wait_for_nobody(room: Classroom) -> None:
    document = await room.create("note", "", rule="all_write")
    line = await room.open(document, room.trainer)
    url = f"ws://127.0.0.1:{room.world.port}{PREFIX}documents/{ROOM}/{document}"
    headers = {"Cookie": room.world.cookies(room.trainee), "Origin": f"http://127.0.0.1:{room.world.port}"}
    deaf = await websocket_connect(HTTPRequest(url, headers=headers))
    lines = room.world.shared.documents.open[DocumentId(document)].lines
    dropped = room.world.rooms.figures.dropped.labels("slow")
    before = dropped._value.get()
    async with asyncio.timeout(PATIENCE_S):
        while len(lines) < 2:
            await line.settled()
    # a client of tornado reads nothing of its socket while a message waits to be taken
    socket = deaf.protocol.stream.socket  # type: ignore[union-attr]
    asyncio.get_running_loop().remove_reader(socket.fileno())

    sent, update_bytes = 0, 500_000
    async with asyncio.timeout(PATIENCE_S):
        while len(lines) > 1:
            line.text.insert(0, "x" * update_bytes)
            sent += update_bytes
            await line.settled()

    assert dropped._value.get() == before + 1
    assert sent > MAX_UNSENT_BYTES
    deaf.close()


def test_a_class_that_opens_a_document_at_once_is_given_the_same_bytes() -> None:
    class Reader:
        frames: list[bytes]

        def __init__(self) -> None:
            self.frames = []

        def send_frame(self, frame: bytes) -> None:
            self.frames.append(frame)

    live = LiveDocument("e")
    readers = [Reader(), Reader()]
    ask = wire.sync(SyncKind.STEP_1, b"\x00")
    for reader in readers:
        as_line: Line = reader
        live.join(as_line, "someone", {}, may_write=False)
        live.take(as_line, ask)
    live.edit(lambda: live.doc.get("source", type=Text).insert(0, "neuf"))
    live.take(readers[0], ask)

    assert readers[0].frames[0] is readers[1].frames[0]
    assert readers[0].frames[-1] != readers[0].frames[0]
