"""How fast a shared notebook and a shared board are for a hundred people, and what they cost.

    python benchmarks/documents_live.py [--people 100] [--peer PYTHON]

The service runs in a process of its own (real tornado, database and disk, fake
hub and media, as in `tests/unit/rooms`), the people are plain sockets in another
(`crowd`). `edit` is from sending a change of one character to its arrival, at
each person (p50, p99) and at the last; `saved` until its author hears that it is
on the disk. `board` is one element moved; `with_cursors` are edits of the
notebook while ten others move their cursors each time. `floor` is a bare tornado
WebSocket that copies each message to all others, the same crowd, the same run:
what this machine takes for the sending alone. `open` is a notebook of 5 MB from
the WebSocket's opening to the whole state applied. `wall` is what a trainer's wall
of 30 copies is sent, WebSocket frames and all, while each of their owners types
and runs something, after the first picture. Memory is resident, by difference.

`--peer` measures jupyter-collaboration in the same way: PYTHON is the
interpreter of a virtual environment that has jupyterlab and
jupyter-collaboration, outside of this checkout. It has no rules and
acknowledges nothing. The file is long because one run measures all of it, beside
its floor and its peer.
"""

import argparse
import asyncio
import json
import os
import secrets
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
from crowd import Member, arrivals
from pycrdt import Array, Doc, Map
from served_room import (
    LiveTimers,
    admit,
    announce,
    connect,
    connect_to_floor,
    cpu_s,
    memory_mb,
    serving,
    surroundings,
)
from tornado.testing import bind_unused_port

from unit.rooms.rooms_world import ROOM, World, contract
from webvisio_rooms.documents import wire
from webvisio_rooms.documents.wire import AwarenessState, SyncFrame, SyncKind

RESULTS = Path(__file__).parent / "results" / "documents_live.json"
ROUNDS = 200
PAUSE_S = 0.02
"""Between two edits: a fast typist's is five times as long."""
CURSORS = 10
IDLE_DOCUMENTS = 30
CELLS = 60
ELEMENTS = 200
START_S = 60
WALL_COPIES = 30
WALL_S = 15
KEYS_PER_S = 5
"""Of each of them: a fast typist."""

UPDATE, STEP_2 = b"\x00\x02", b"\x00\x01"


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


def scene(elements: int) -> dict[str, Any]:
    """Make a board of rectangles."""
    return {
        "elements": [
            {
                "id": f"element-{n}",
                "type": "rectangle",
                "x": n,
                "y": n,
                "width": 40,
                "height": 20,
                "version": 1,
            }
            for n in range(elements)
        ]
    }


async def serve(people: int) -> None:
    """Serve until the input ends; prints where, a cookie for each person, and the documents."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), contract())
        world.timers = LiveTimers()
        async with world:
            tokens = admit(world, people)
            contents: list[tuple[str, Any]] = [
                ("notebook", notebook(CELLS)),
                ("notebook", notebook(200, 25_000)),
            ]
            contents += [("board", scene(ELEMENTS)), *[("notebook", notebook(CELLS, 2000))] * IDLE_DOCUMENTS]
            documents = []
            for kind, content in contents:
                body = {"kind": kind, "name": "cours", "content": content, "rule": "moderators_write"}
                answer = await world.ask("POST", f"api/rooms/{ROOM}/documents", tokens[0], body)
                documents.append(json.loads(answer.body)["documentId"])
            body = {"documentId": documents[0]}
            answer = await world.ask("POST", f"api/rooms/{ROOM}/exercises", tokens[0], body)
            copies = [
                one["documentId"]
                for token in tokens[1 : 1 + WALL_COPIES]
                for one in json.loads((await world.ask("GET", f"api/rooms/{ROOM}/documents", token)).body)[
                    "documents"
                ]
                if one["copy"] is not None
            ]
            exercise = json.loads(answer.body)["exerciseId"]
            await announce(world, tokens, documents=documents, exercise=exercise, copies=copies)


def opened(member: Member, doc: "Doc[Any] | None" = None, *, begins: bool = False) -> Member:
    """Read a document's state, into `doc` if given; `begins` says what a writer of ours says."""
    own: Doc[Any] = doc or Doc()
    member.send(wire.sync(SyncKind.STEP_1, own.get_state()))
    for message in member.messages():
        if begins and message.startswith(b"{") and json.loads(message)["type"] == "document_opened":
            begin = {"type": "begin", "epoch": json.loads(message)["epoch"], "clientId": own.client_id}
            member.send(json.dumps(begin))
        elif message.startswith(STEP_2):
            if doc is not None:
                frame = wire.read(message)
                assert isinstance(frame, SyncFrame)
                doc.apply_update(frame.payload)
            return member
    raise AssertionError("messages never end")


def told(started: list[float], each: list[list[float]]) -> dict[str, float]:
    """Tell when changes that were sent at given instants arrived."""
    took = [found - began for began, heard in zip(started, each, strict=True) for found in heard]
    last = [max(heard) - began for began, heard in zip(started, each, strict=True)]
    return {
        "p50_ms": _cut(took, 50),
        "p99_ms": _cut(took, 99),
        "last_p50_ms": _cut(last, 50),
        "last_p99_ms": _cut(last, 99),
    }


def edits(
    writer: Member,
    readers: list[Member],
    change: Callable[[], bytes],
    mark: bytes = UPDATE,
    before: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Send one change after another; tells when it was at each reader, and at the last."""
    started, each = [], []
    for _ in range(ROUNDS):
        time.sleep(PAUSE_S)
        frame = change()
        before()
        started.append(time.perf_counter())
        writer.send(frame)
        each.append(arrivals(readers, lambda message: message.startswith(mark)))
    return told(started, each)


def saving(writer: Member, change: Callable[[], bytes]) -> dict[str, float]:
    """Tell how long a change takes until its author hears that it is on the disk."""
    took = []
    writer.send(json.dumps({"type": "ping", "sentAtMs": 1.0}))  # what was said before is past
    arrivals([writer], lambda message: b'"pong"' in message)
    for _ in range(ROUNDS):
        frame = change()
        began = time.perf_counter()
        writer.send(frame)
        took.append(arrivals([writer], lambda message: b'"saved"' in message)[0] - began)
    return {"p50_ms": _cut(took, 50), "p99_ms": _cut(took, 99)}


def typing(doc: "Doc[Any]") -> Callable[[], bytes]:
    """Type one character a time into the first cell; returns what makes the frame."""
    cells = doc.get("cells", type=Array)
    return _changing(doc, lambda: cells[0]["source"].insert(0, "x"))


def moving(doc: "Doc[Any]") -> Callable[[], bytes]:
    """Move one element of a board; returns what makes the frame."""
    elements = doc.get("elements", type=Map)

    def move() -> None:
        element = elements["element-7"]
        elements["element-7"] = element | {"x": element["x"] + 1, "version": element["version"] + 1}

    return _changing(doc, move)


def _changing(doc: "Doc[Any]", act: Callable[[], None]) -> Callable[[], bytes]:
    changes: list[bytes] = []
    subscription = doc.observe(lambda event: changes.append(event.update))

    def change() -> bytes:
        assert subscription is not None
        act()
        return wire.sync(SyncKind.UPDATE, changes.pop())

    return change


def watching(wall: Member, writers: list[Member], changes: list[Callable[[], bytes]]) -> dict[str, float]:
    """Let everybody type for a while before a trainer's wall; tells what it is sent."""
    keys = 0
    sizes: list[int] = []
    poll = select.poll()
    poll.register(wall.socket, select.POLLIN)
    until = time.perf_counter() + WALL_S
    while (now := time.perf_counter()) < until:
        due = (WALL_S - until + now) * KEYS_PER_S * len(writers)
        while keys < due:
            number = keys % len(writers)
            writers[number].send(changes[number]())
            keys += 1
        if poll.poll(5):
            wall.hear()
            # an unmasked frame's head is 2 to 10 bytes
            sizes += [len(message) + 4 for message in wall.taken()]
    return {
        "copies": len(writers),
        "keys_per_s": round(keys / WALL_S, 1),
        "messages_per_s": round(len(sizes) / WALL_S, 1),
        "kbit_per_s": round(sum(sizes) * 8 / WALL_S / 1000, 1),
    }


def opening(connect: Callable[["Doc[Any]"], Member]) -> float:
    """Open a large notebook five times; returns the median in milliseconds."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        member = connect(Doc())
        took.append(time.perf_counter() - began)
        member.close()
    return round(statistics.median(took) * 1000, 1)


def measure(where: dict[str, Any], service: psutil.Process) -> dict[str, Any]:
    """Measure our service, and the floor beside it."""
    port, cookies = where["port"], where["cookies"]
    small, large, board, *others = where["documents"]

    def enter(document: str, person: int, doc: "Doc[Any] | None" = None, *, begins: bool = False) -> Member:
        member = connect(port, cookies[person], f"documents/{ROOM}/{document}")
        return opened(member, doc, begins=begins)

    empty_mb = memory_mb(service)
    doc: Doc[Any] = Doc()
    writer = enter(small, 0, doc, begins=True)
    one_mb = memory_mb(service)
    people = range(1, len(cookies))
    readers = [enter(small, person) for person in people]
    readers_mb = memory_mb(service)
    change = typing(doc)
    before_s = cpu_s(service)
    ours = edits(writer, readers, change)
    used_s = cpu_s(service) - before_s
    saved = saving(writer, change)
    clock = 0

    def cursors() -> None:
        nonlocal clock
        clock += 1
        state = json.dumps({"position": {"active": "cell-0", "top": clock, "past": 0}}).encode()
        for number, reader in enumerate(readers[:CURSORS]):
            reader.send(wire.awareness([AwarenessState(1000 + number, clock, state)]))

    busy = edits(writer, readers, change, before=cursors)
    board_doc: Doc[Any] = Doc()
    board_writer = enter(board, 0, board_doc, begins=True)
    board_readers = [enter(board, person) for person in people]
    drawn = edits(board_writer, board_readers, moving(board_doc))
    for member in (*board_readers, board_writer):
        member.close()
    open_ms = opening(lambda fresh: enter(large, 0, fresh))
    idle_from_mb = memory_mb(service)
    idle = [enter(document, 0) for document in others]
    idle_mb = memory_mb(service) - idle_from_mb
    copy_docs: list[Doc[Any]] = [Doc() for _ in where["copies"]]
    owners = [
        enter(copy, 1 + number, copy_docs[number], begins=True) for number, copy in enumerate(where["copies"])
    ]
    wall = connect(port, cookies[0], f"documents/{ROOM}/wall?exercise={where['exercise']}")
    arrivals([wall], lambda message: message.startswith(b"{"))
    walled = watching(wall, owners, [typing(one) for one in copy_docs])
    floor_lines = [connect_to_floor(where["floor"]) for _ in cookies]
    floor = edits(floor_lines[0], floor_lines[1:], lambda: b"fl" + b"x" * 30, b"fl")
    for member in (*idle, *readers, writer, *floor_lines, *owners, wall):
        member.close()
    return {
        "people": len(cookies),
        "edit": ours,
        "saved": saved,
        "with_cursors": busy,
        "board": drawn,
        "floor": floor,
        "edit_p50_over_floor": round(ours["p50_ms"] / floor["p50_ms"], 2),
        "service_cpu_per_edit_ms": round(used_s / ROUNDS * 1000, 2),
        "open_5_mb_ms": open_ms,
        "wall": walled,
        "memory": {
            "service_mb": round(empty_mb, 1),
            "reader_kb": round((readers_mb - one_mb) * 1000 / max(1, len(readers)), 1),
            "open_document_kb": round(idle_mb * 1000 / IDLE_DOCUMENTS, 1),
        },
    }


def measure_peer(python: str, people: int) -> dict[str, Any]:
    """Measure jupyter-collaboration: a Jupyter server of its own, notebooks made through its own interface."""
    socket, port = bind_unused_port()
    socket.close()
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        idle = [(f"idle-{number}", notebook(CELLS, 2000)) for number in range(IDLE_DOCUMENTS)]
        for name, content in (("small", notebook(CELLS)), ("large", notebook(200, 25_000)), *idle):
            Path(folder, f"{name}.ipynb").write_text(json.dumps(content))
        command = [python, "-m", "jupyter_server", "--no-browser", f"--ServerApp.port={port}"]
        command += ["--allow-root", f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        surroundings = os.environ | {
            "JUPYTER_DATA_DIR": f"{folder}/.data",
            "JUPYTER_RUNTIME_DIR": f"{folder}/.run",
        }
        server = subprocess.Popen(command, env=surroundings, **quiet)  # type: ignore[call-overload]
        try:
            found = _measured_peer(psutil.Process(server.pid), f"127.0.0.1:{port}", token, people)
            return {"versions": _peer_versions(python), **found}
        finally:
            server.kill()
            server.wait()


def _measured_peer(server: psutil.Process, host: str, token: str, people: int) -> dict[str, Any]:
    headers = {"Authorization": f"token {token}"}

    def ask(method: str, path: str, body: Any = None) -> Any:
        given = headers | {"Content-Type": "application/json"}
        raw = None if body is None else json.dumps(body).encode()
        request = Request(f"http://{host}/{path}", raw, given, method=method)
        with urlopen(request, timeout=START_S) as answer:  # noqa: S310
            return json.loads(answer.read())

    until = time.monotonic() + START_S
    while True:
        try:
            ask("GET", "api/status")
            break
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)

    def address(name: str) -> str:
        session = ask(
            "PUT", f"api/collaboration/session/{name}.ipynb", {"format": "json", "type": "notebook"}
        )
        room = f"json:notebook:{session['fileId']}"
        return f"ws://{host}/api/collaboration/room/{room}?sessionId={session['sessionId']}"

    small, large = address("small"), address("large")
    doc: Doc[Any] = Doc()
    writer = opened(Member(small, headers), doc)
    before_mb = memory_mb(server)
    readers = [opened(Member(small, headers)) for _ in range(people - 1)]
    reader_kb = (memory_mb(server) - before_mb) * 1000 / max(1, len(readers))
    change = typing(doc)
    before_s = cpu_s(server)
    found = edits(writer, readers, change)
    used_s = cpu_s(server) - before_s
    open_ms = opening(lambda fresh: opened(Member(large, headers), fresh))
    idle_from_mb = memory_mb(server)
    idle = [opened(Member(address(f"idle-{number}"), headers)) for number in range(IDLE_DOCUMENTS)]
    idle_mb = memory_mb(server) - idle_from_mb
    for member in (*idle, *readers, writer):
        member.close()
    return {
        "edit": found,
        "service_cpu_per_edit_ms": round(used_s / ROUNDS * 1000, 2),
        "open_5_mb_ms": open_ms,
        "memory": {
            "service_mb": round(before_mb, 1),
            "reader_kb": round(reader_kb, 1),
            "open_document_kb": round(idle_mb * 1000 / IDLE_DOCUMENTS, 1),
        },
    }


def _peer_versions(python: str) -> dict[str, str]:
    names = ("jupyter-collaboration", "jupyter-server-ydoc", "jupyter-server", "pycrdt")
    code = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {names}}}))"
    found: dict[str, str] = json.loads(subprocess.check_output([python, "-c", code]))
    return found


def _cut(values: list[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1] * 1000, 2)


def main() -> None:
    """Run both processes, print the figures, write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--peer", default="", help="the Python of an environment with jupyter-collaboration")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.people))
        return
    about = surroundings("pycrdt", "jupyter-ydoc", "tornado", "sqlalchemy")
    with serving(__file__, given.people) as (where, service):
        figures = measure(where, service)
    if given.peer:
        figures["jupyter_collaboration"] = measure_peer(given.peer, given.people)
    elif RESULTS.is_file():
        kept = json.loads(RESULTS.read_text()).get("jupyter_collaboration")
        figures |= {} if kept is None else {"jupyter_collaboration": kept}
    results = about | figures
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
