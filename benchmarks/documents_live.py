"""How fast a shared notebook is for a hundred people, and what it costs.

    python benchmarks/documents_live.py [--people 100] [--peer http://127.0.0.1:8899/?token=...]

The service runs in a process of its own (real tornado, database and disk, fake
hub and media, as in `tests/unit/rooms`), the people in another. `edit` is from
sending a change of one character to its arrival, at each person (p50, p99) and
at the last. `floor` is the same with a bare tornado WebSocket that copies each
message to all others: what this machine takes for the sending alone, in the
same run. `open` is a notebook of 5 MB from the WebSocket's opening to the whole
state applied. Memory is resident, by difference.

`--peer` measures a Jupyter server with jupyter-collaboration in the same way;
it has no rules and acknowledges nothing.
"""

import argparse
import asyncio
import json
import os
import platform as machine
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
from pycrdt import Array, Doc

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "documents_live.json"
sys.path[:0] = [str(ROOT / "services"), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from signalling import Moving  # noqa: E402
from tornado.httpclient import AsyncHTTPClient, HTTPRequest  # noqa: E402
from tornado.httpserver import HTTPServer  # noqa: E402
from tornado.testing import bind_unused_port  # noqa: E402
from tornado.web import Application  # noqa: E402
from tornado.websocket import WebSocketClientConnection, WebSocketHandler, websocket_connect  # noqa: E402

from unit.rooms.rooms_world import PREFIX, ROOM, World, contract  # noqa: E402
from webvisio_protocol.identifiers import Role  # noqa: E402
from webvisio_rooms.documents import wire  # noqa: E402
from webvisio_rooms.documents.wire import SyncFrame, SyncKind  # noqa: E402

ROUNDS = 200
PAUSE_S = 0.02
"""Between two edits: a fast typist's is five times as long."""
IDLE_DOCUMENTS = 50
CELLS = 60
LARGEST = 2**26
Line = WebSocketClientConnection


def notebook(cells: int, output_bytes: int = 0) -> dict[str, Any]:
    """Make a notebook with outputs of a given size in each cell."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * output_bytes}] * bool(output_bytes)
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "source": f"print({number})",
                "outputs": outputs,
                "execution_count": None,
            }
            for number in range(cells)
        ],
    }


class Copier(WebSocketHandler):
    """The floor: what one says, all others hear."""

    lines: "set[Copier]" = set()  # noqa: RUF012 - one server a process

    def check_origin(self, origin: str) -> bool:
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.lines.add(self)

    def on_message(self, message: str | bytes) -> None:
        for line in self.lines:
            if line is not self:
                line.write_message(message, binary=True)

    def on_close(self) -> None:
        self.lines.discard(self)


async def serve(people: int) -> None:
    """Serve until the input ends; prints where, a cookie for each person, and the documents."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), contract())
        world.timers = Moving()
        async with world:
            tokens = [world.hub.add("trainer", Role.HOST)]
            tokens += [world.hub.add(f"trainee{n}", Role.PARTICIPANT) for n in range(people - 1)]
            contents = [notebook(CELLS), notebook(200, 25_000), *[notebook(CELLS, 2000)] * IDLE_DOCUMENTS]
            documents = []
            for content in contents:
                body = {"kind": "notebook", "name": "cours", "content": content}
                answer = await world.ask("POST", f"api/rooms/{ROOM}/documents", tokens[0], body)
                documents.append(json.loads(answer.body)["documentId"])
            socket, floor = bind_unused_port()
            HTTPServer(Application([("/floor", Copier)])).add_socket(socket)
            found = {
                "port": world.port,
                "floor": floor,
                "documents": documents,
                "cookies": [world.cookies(token) for token in tokens],
            }
            print(json.dumps(found), flush=True)
            await asyncio.to_thread(sys.stdin.read)


async def opened(request: HTTPRequest, doc: "Doc[Any] | None" = None, *, begins: bool = False) -> Line:
    """Open a document and read its state, into `doc` if given; `begins` says what a writer of ours says."""
    line = await websocket_connect(request, max_message_size=LARGEST)
    own: Doc[Any] = Doc()
    await line.write_message(wire.sync(SyncKind.STEP_1, own.get_state()), binary=True)
    while True:
        message = await line.read_message()
        if message is None:
            raise RuntimeError(f"closed with {line.close_code}")
        if isinstance(message, str):
            said = json.loads(message)
            if begins and said["type"] == "document_opened" and doc is not None:
                begin = {"type": "begin", "epoch": said["epoch"], "clientId": doc.client_id}
                await line.write_message(json.dumps(begin))
            continue
        if message[0] != 0:
            continue
        frame = wire.read(message)
        if isinstance(frame, SyncFrame) and frame.kind is SyncKind.STEP_2:
            (own if doc is None else doc).apply_update(frame.payload)
            return line


async def arrival(line: Line) -> float:
    """Wait for the next change; returns the instant."""
    while True:
        message = await line.read_message()
        if message is None:
            raise RuntimeError(f"closed with {line.close_code}")
        if isinstance(message, bytes) and message[:2] in (b"\x00\x02", b"fl"):
            return time.perf_counter()


async def edits(writer: Line, readers: list[Line], change: Callable[[], bytes]) -> dict[str, float]:
    """Send one change after another; tells when it was at each reader, and at the last."""
    each, last = [], []
    for _ in range(ROUNDS):
        waiting = [asyncio.ensure_future(arrival(reader)) for reader in readers]
        await asyncio.sleep(PAUSE_S)
        frame = change()
        began = time.perf_counter()
        await writer.write_message(frame, binary=True)
        took = [found - began for found in await asyncio.gather(*waiting)]
        each += took
        last.append(max(took))
    cuts = statistics.quantiles(each, n=100)
    return {
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "last_p50_ms": round(statistics.median(last) * 1000, 2),
        "last_p99_ms": round(statistics.quantiles(last, n=100)[98] * 1000, 2),
    }


def typing(doc: "Doc[Any]") -> Callable[[], bytes]:
    """Type one character a time into the first cell; returns what makes the frame."""
    changes: list[bytes] = []
    subscription = doc.observe(lambda event: changes.append(event.update))
    cells = doc.get("cells", type=Array)

    def change() -> bytes:
        assert subscription is not None
        cells[0]["source"].insert(0, "x")
        return wire.sync(SyncKind.UPDATE, changes.pop())

    return change


async def opening(connect: Callable[["Doc[Any]"], Awaitable[Line]]) -> float:
    """Open a large notebook five times; returns the median in milliseconds."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        line = await connect(Doc())
        took.append(time.perf_counter() - began)
        line.close()
    return round(statistics.median(took) * 1000, 1)


async def measure(where: dict[str, Any], service: psutil.Process) -> dict[str, Any]:
    """Measure our service, and the floor beside it."""
    port, cookies, documents = where["port"], where["cookies"], where["documents"]

    def request(document: str, person: int) -> HTTPRequest:
        headers = {
            "Cookie": cookies[person],
            "Sec-Fetch-Mode": "websocket",
            "Origin": f"http://127.0.0.1:{port}",
        }
        return HTTPRequest(f"ws://127.0.0.1:{port}{PREFIX}documents/{ROOM}/{document}", headers=headers)

    empty_mb = _memory_mb(service)
    doc: Doc[Any] = Doc()
    writer = await opened(request(documents[0], 0), doc, begins=True)
    one_mb = _memory_mb(service)
    readers = [await opened(request(documents[0], person)) for person in range(1, len(cookies))]
    readers_mb = _memory_mb(service)
    cpu_s = _cpu_s(service)
    ours = await edits(writer, readers, typing(doc))
    used_s = _cpu_s(service) - cpu_s
    open_ms = await opening(lambda fresh: opened(request(documents[1], 0), fresh))
    idle_from_mb = _memory_mb(service)
    idle = [await opened(request(document, 0)) for document in documents[2:]]
    idle_mb = _memory_mb(service) - idle_from_mb
    floor_lines = [
        await websocket_connect(f"ws://127.0.0.1:{where['floor']}/floor") for _ in range(len(cookies))
    ]
    floor = await edits(floor_lines[0], floor_lines[1:], lambda: b"fl" + b"x" * 30)
    for line in (*idle, *readers, writer, *floor_lines):
        line.close()
    return {
        "people": len(cookies),
        "edit": ours,
        "floor": floor,
        "edit_p50_over_floor": round(ours["p50_ms"] / floor["p50_ms"], 2),
        "service_cpu_per_edit_ms": round(used_s / ROUNDS * 1000, 2),
        "open_5_mb_ms": open_ms,
        "memory": {
            "service_mb": round(empty_mb, 1),
            "reader_kb": round((readers_mb - one_mb) * 1000 / max(1, len(readers)), 1),
            "open_document_kb": round(idle_mb * 1000 / IDLE_DOCUMENTS, 1),
        },
    }


async def measure_peer(address: str, people: int) -> dict[str, Any]:
    """Measure a Jupyter server with jupyter-collaboration, the notebooks made through its own interface."""
    parts = urlsplit(address)
    token, host = parse_qs(parts.query)["token"][0], parts.netloc
    http = AsyncHTTPClient()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    async def ask(method: str, path: str, body: Any) -> Any:
        given = json.dumps(body)
        answer = await http.fetch(f"http://{host}/{path}", method=method, headers=headers, body=given)
        return json.loads(answer.body)

    async def request(name: str) -> HTTPRequest:
        session = await ask(
            "PUT", f"api/collaboration/session/{name}", {"format": "json", "type": "notebook"}
        )
        room = f"json:notebook:{session['fileId']}"
        url = f"ws://{host}/api/collaboration/room/{room}?sessionId={session['sessionId']}"
        return HTTPRequest(url, headers={"Authorization": f"token {token}"})

    for name, content in (("small.ipynb", notebook(CELLS)), ("large.ipynb", notebook(200, 25_000))):
        await ask("PUT", f"api/contents/{name}", {"type": "notebook", "content": content})
    small, large = await request("small.ipynb"), await request("large.ipynb")
    server = next(
        psutil.Process(one.pid)
        for one in psutil.net_connections("tcp")
        if one.pid and one.status == "LISTEN" and one.laddr.port == parts.port
    )
    doc: Doc[Any] = Doc()
    writer = await opened(small, doc)
    before_mb = _memory_mb(server)
    readers = [await opened(small) for _ in range(people - 1)]
    reader_kb = (_memory_mb(server) - before_mb) * 1000 / max(1, len(readers))
    found = await edits(writer, readers, typing(doc))
    open_ms = await opening(lambda fresh: opened(large, fresh))
    for line in (*readers, writer):
        line.close()
    return {
        "edit": found,
        "open_5_mb_ms": open_ms,
        "memory": {"service_mb": round(before_mb, 1), "reader_kb": round(reader_kb, 1)},
    }


def _memory_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Run both processes, print the figures, write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--peer", default="", help="a Jupyter server with jupyter-collaboration")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.people))
        return
    command = [sys.executable, __file__, "--serve", "--people", str(given.people)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        where = json.loads(service.stdout.readline())
        figures = asyncio.run(measure(where, psutil.Process(service.pid)))
        service.communicate("")
    if given.peer:
        figures["jupyter_collaboration"] = asyncio.run(measure_peer(given.peer, given.people))
    elif RESULTS.is_file():
        kept = json.loads(RESULTS.read_text()).get("jupyter_collaboration")
        figures |= {} if kept is None else {"jupyter_collaboration": kept}
    results = {
        "machine": f"{os.cpu_count()} cores, {machine.machine()}, Linux {machine.release()}",
        "versions": {name: version(name) for name in ("pycrdt", "jupyter-ydoc", "tornado", "sqlalchemy")},
        "date": time.strftime("%Y-%m-%d"),
        "load_at_start": round(os.getloadavg()[0], 1),
        **figures,
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
