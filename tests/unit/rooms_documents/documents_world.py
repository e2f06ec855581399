"""A browser's side of a document: a real Yjs document over a real WebSocket, as the provider in TypeScript."""

import asyncio
import json
import random
from typing import Any

from pycrdt import Array, Doc, Map, Text
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from shared.patience import PATIENCE_S
from unit.rooms.rooms_world import PREFIX, ROOM, World
from webvisio_protocol.identifiers import Role
from webvisio_rooms.documents import wire
from webvisio_rooms.documents.wire import AwarenessFrame, AwarenessState, SyncFrame, SyncKind

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "cells": [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Données"},
        {
            "cell_type": "code",
            "id": "first",
            "metadata": {},
            "source": "x = 1",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "second",
            "metadata": {},
            "source": "x + 41",
            "outputs": [],
            "execution_count": None,
        },
    ],
}


class YClient:
    """Keeps its Yjs document over reconnections, as the provider does; `drops` what it must not send."""

    def __init__(self, world: World, token: str | None, document_id: str, **jar: str) -> None:
        self.world = world
        self.token = token
        self.document_id = document_id
        self.jar = jar
        self.heard: list[dict[str, Any]] = []
        self.awareness: dict[int, Any] = {}
        self.close_code: int | None = None
        self.socket: WebSocketClientConnection | None = None
        self._arrived = asyncio.Event()
        self.fresh()

    def fresh(self) -> None:
        """Begin an empty Yjs document."""
        self.doc: Doc[Any] = Doc()
        self.epoch: str | None = None
        self.outbox: list[bytes] = []
        self.has_begun = False
        self.is_remote = False
        self._subscription = self.doc.observe(self._changed)

    async def connect(self) -> "YClient":
        """Open the line and greet; returns once the state is here, or the line is closed."""
        headers = {
            "Cookie": self.world.cookies(self.token, **self.jar),
            "Sec-Fetch-Mode": "websocket",
            "Origin": f"http://127.0.0.1:{self.world.port}",
        }
        url = f"ws://127.0.0.1:{self.world.port}{PREFIX}documents/{ROOM}/{self.document_id}"
        self.close_code = None
        self.has_begun = False
        self.synced = asyncio.Event()
        self.saved = 0
        self.sent = 0
        request = HTTPRequest(url, headers=headers, connect_timeout=PATIENCE_S, request_timeout=PATIENCE_S)
        self.socket = await websocket_connect(request, max_message_size=2**26)
        self._reading = asyncio.create_task(self._read(self.socket))
        self.send(wire.sync(SyncKind.STEP_1, self.doc.get_state()))
        done = [asyncio.create_task(self.synced.wait()), self._reading]
        await asyncio.wait(done, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        done[0].cancel()
        return self

    @property
    def is_open(self) -> bool:
        return self.close_code is None and not self._reading.done()

    @property
    def opened(self) -> dict[str, Any]:
        return next(m for m in reversed(self.heard) if m["type"] == "document_opened")

    def send(self, frame: bytes) -> None:
        """Send a binary frame if the line is open."""
        if self.socket is not None and self.close_code is None:
            self.socket.write_message(frame, binary=True)

    def say(self, kind: str, **fields: Any) -> None:
        """Send a text message."""
        assert self.socket is not None
        self.socket.write_message(json.dumps({"type": kind} | fields))

    def begin(self) -> None:
        self.say("begin", epoch=self.epoch, clientId=self.doc.client_id)
        self.has_begun = True

    def drop(self) -> None:
        """Lose the line."""
        if self.socket is not None:
            self.socket.close()
        self.close_code = 1006

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait for a text message that was not looked at before."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in self.heard:
                    if message["type"] == kind and all(message.get(k) == v for k, v in fields.items()):
                        self.heard.remove(message)
                        return message
                if self._reading.done():
                    raise AssertionError(f"closed ({self.close_code}) before {kind}; heard {self.heard}")
                await self._news()

    async def _news(self) -> None:
        """Wait for the next message, or the end of the line."""
        self._arrived.clear()
        await self._arrived.wait()

    async def closed(self) -> int | None:
        """Wait until the service closes."""
        await asyncio.wait_for(self._reading, PATIENCE_S)
        return self.close_code

    async def settled(self) -> None:
        """Wait until everything sent so far is on the disk, and what the others sent before is here."""
        async with asyncio.timeout(PATIENCE_S):
            while self.saved < self.sent and not self._reading.done():
                await self._news()
        number = random.random()  # noqa: S311 - a mark, no secret
        self.say("ping", sentAtMs=number)
        await self.until("pong", sentAtMs=number)

    async def eventually(self, condition: Any) -> None:
        """Wait until the document is as told."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await self._news()

    def aware(self, **state: Any) -> None:
        """Tell one's presence."""
        text = json.dumps(state).encode()
        self.send(wire.awareness([AwarenessState(self.doc.client_id, len(self.outbox) + 1, text)]))

    # ---- the document ----------------------------------------------------------------

    @property
    def cells(self) -> Array[Any]:
        return self.doc.get("cells", type=Array)

    def cell(self, index: int) -> Map[Any]:
        cell = self.cells[index]
        assert isinstance(cell, Map)
        return cell

    @property
    def sources(self) -> list[str]:
        return [str(cell["source"]) for cell in self.cells]

    @property
    def text(self) -> Text:
        return self.doc.get("source", type=Text)

    def type_in(self, index: int, text: str) -> None:
        """Type at the beginning of a cell."""
        source = self.cell(index)["source"]
        assert isinstance(source, Text)
        source.insert(0, text)

    def _changed(self, event: Any) -> None:
        if not self.is_remote:
            self.outbox.append(event.update)
            if self.has_begun and self.close_code is None:
                self.send_change(event.update)

    def send_change(self, update: bytes, kind: SyncKind = SyncKind.UPDATE) -> None:
        """Send a change; `sent` counts them as the service does."""
        self.sent += 1
        self.send(wire.sync(kind, update))

    async def _read(self, socket: WebSocketClientConnection) -> None:
        while (message := await socket.read_message()) is not None:
            if isinstance(message, bytes):
                self._take(message)
            else:
                self._hear(json.loads(message))
            self._arrived.set()
        if self.close_code is None:
            self.close_code = socket.close_code
        self._arrived.set()

    def _hear(self, message: dict[str, Any]) -> None:
        self.heard.append(message)
        if message["type"] == "document_opened":
            self.epoch = self.epoch or message["epoch"]
            if message["access"] == "write":
                self.begin()
        elif message["type"] == "saved":
            self.saved = message["upTo"]

    def _take(self, data: bytes) -> None:
        frame = wire.read(data)
        match frame:
            case SyncFrame(SyncKind.STEP_1, vector):
                self.send_change(self.doc.get_update(vector), SyncKind.STEP_2)
            case SyncFrame(kind, update):
                self.is_remote = True
                try:
                    self.doc.apply_update(update)
                finally:
                    self.is_remote = False
                if kind is SyncKind.STEP_2:
                    self.synced.set()
            case AwarenessFrame(states):
                for state in states:
                    self.awareness[state.client_id] = json.loads(state.json)


class Classroom:
    """A world with a trainer, a trainee and a notebook."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trainer = world.hub.add("trainer", Role.HOST)
        self.trainee = world.hub.add("trainee", Role.PARTICIPANT)
        self.clients: list[YClient] = []

    async def create(self, kind: str = "notebook", content: Any = NOTEBOOK, **more: Any) -> str:
        """Create a document; returns its identifier."""
        body = {"kind": kind, "name": "cours", "content": content} | more
        answer = await self.ask("POST", "", self.trainer, body)
        assert answer[0] == 201, answer
        return str(answer[1]["documentId"])

    async def ask(
        self, method: str, path: str, token: str | None, body: Any = None, base: str = "documents"
    ) -> tuple[int, Any]:
        """Ask below `api/rooms/ROOM/documents`; returns the status and the JSON."""
        tail = f"/{path}" if path else ""
        answer = await self.world.ask(method, f"api/rooms/{ROOM}/{base}{tail}", token, body)
        return answer.code, json.loads(answer.body) if answer.body else None

    async def open(self, document_id: str, token: str | None, **jar: str) -> YClient:
        """Open a document as somebody."""
        client = YClient(self.world, token, document_id, **jar)
        self.clients.append(client)
        return await client.connect()

    async def pass_time(self, seconds: int) -> None:
        """Move the clock in steps that silence survives: everybody answers between them."""
        while seconds > 0:
            self.world.timers.advance(min(10, seconds))
            seconds -= 10
            for client in self.clients:
                if client.is_open:
                    await client.settled()

    def close(self) -> None:
        for client in self.clients:
            client.drop()
