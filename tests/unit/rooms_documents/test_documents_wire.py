"""Frames and updates as they come over the network: read exactly, and nothing trusted."""

import contextlib
import random
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, create_awareness_message, create_sync_message

from webvisio_rooms.documents import exercise, updates, wire
from webvisio_rooms.documents.errors import DocumentError, MalformedFrame, MalformedUpdate
from webvisio_rooms.documents.live import Changed, LiveDocument, TooLarge
from webvisio_rooms.documents.wire import AwarenessFrame, AwarenessState, SyncFrame, SyncKind

# captured: yjs 13.6, `Y.encodeStateAsUpdate` of a text "hé" by client 1, then its first letter deleted
YJS_UPDATE = bytes.fromhex("01 01 01 00 04 01 01 74 03 68 c3 a9 00".replace(" ", ""))


class Listener:
    """A line that remembers."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send_frame(self, frame: bytes) -> None:
        self.frames.append(frame)


def test_a_sync_frame_of_pycrdt_is_read_as_it_was_meant() -> None:
    doc: Doc[Any] = Doc()
    frame = wire.read(create_sync_message(doc))

    assert frame == SyncFrame(SyncKind.STEP_1, doc.get_state())


def test_awareness_with_accents_survives_the_way_there_and_back() -> None:
    states = (AwarenessState(2**40, 7, '{"user":{"name":"Zoé 𝒳"}}'.encode()), AwarenessState(1, 0, b"null"))

    assert wire.read(wire.awareness(states)) == AwarenessFrame(states)


def test_awareness_as_y_protocols_writes_it_is_read() -> None:
    body = wire.varint(1) + wire.varint(5) + wire.varint(2) + wire.blob(b"{}")

    assert wire.read(create_awareness_message(body)) == AwarenessFrame((AwarenessState(5, 2, b"{}"),))


@pytest.mark.parametrize("cut", range(1, len(YJS_UPDATE)))
def test_an_update_that_is_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(MalformedUpdate):
        updates.changes_of(YJS_UPDATE[:cut])


def test_a_captured_update_tells_its_client_and_length_in_utf16() -> None:
    assert updates.changes_of(YJS_UPDATE) == updates.Changes({1: 2}, False)


def test_updates_with_every_kind_of_content_are_read_to_the_end() -> None:
    doc: Doc[Any] = Doc()
    text, cells = doc.get("text", type=Text), doc.get("cells", type=Array)
    text += "a𝒳é"
    text.format(0, 1, {"bold": True})
    text.insert_embed(1, {"image": "x"})
    cells.append(Map({"n": 1.5, "i": -70, "b": True, "z": None, "l": [1, {"x": "y"}], "t": Text("in")}))
    cells.append(b"bytes")
    del text[0:1]
    del cells[0]
    found = updates.changes_of(doc.get_update())

    cursor = wire.Cursor(doc.get_state())
    assert cursor.varint() == 1
    assert found.ends == {cursor.varint(): cursor.varint()}
    assert found.deletes


def test_noise_never_gets_further_than_a_refusal() -> None:
    chance = random.Random(20261123)  # noqa: S311 - a fuzz, not a secret
    doc: Doc[Any] = Doc()
    doc.get("cells", type=Array).append(Map({"source": Text("x = 1"), "outputs": Array([])}))
    good = wire.sync(SyncKind.UPDATE, doc.get_update())
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    data.insert(place, chance.randrange(256))
                case _ if len(data) > 1:
                    del data[place]
        live, line = LiveDocument("e"), Listener()
        live.join(line, "user:x", {}, may_write=True)
        live.begin(line, "e", 1)
        with contextlib.suppress(DocumentError):
            live.take(line, bytes(data))
        live.doc.get_update()  # the document still works


def test_a_document_grows_to_its_limit_and_no_further() -> None:
    live, line = LiveDocument("e", max_bytes=10_000), Listener()
    live.join(line, "user:x", {}, may_write=True)
    live.begin(line, "e", 1)

    def typed(count: int) -> bytes:
        doc: Doc[Any] = Doc()
        doc.get("source", type=Text).insert(0, "x" * count)
        return wire.sync(SyncKind.UPDATE, doc.get_update())

    assert isinstance(live.take(line, typed(5000)), Changed)
    assert isinstance(live.take(line, typed(5500)), TooLarge)
    assert isinstance(live.take(line, typed(4000)), Changed)


def test_room_is_counted_again_once_much_was_deleted() -> None:
    live, line = LiveDocument("e", max_bytes=10_000), Listener()
    live.join(line, "user:x", {}, may_write=True)
    live.begin(line, "e", 1)
    doc: Doc[Any] = Doc()
    changes: list[bytes] = []
    subscription = doc.observe(lambda event: changes.append(event.update))
    text = doc.get("source", type=Text)
    for _ in range(10):
        text.insert(0, "x" * 4000)
        del text[0:4000]
    assert subscription is not None

    assert all(isinstance(live.take(line, wire.sync(SyncKind.UPDATE, c)), Changed) for c in changes)


@pytest.mark.parametrize("data", [b"\x02\x00", b"\x00\x05\x00", b"\x01\x01\xff", b"\x00\x00\x00\x00"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedFrame):
        wire.read(data)


def test_solutions_and_hidden_tests_are_taken_out_and_the_rest_stays() -> None:
    source = (
        "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n"
        "assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(2) == 2\n### END HIDDEN TESTS\n"
    )
    cell = {"cell_type": "code", "source": source, "outputs": [1], "execution_count": 2, "metadata": {"a": 1}}

    (made,) = exercise.for_trainees({"cells": [cell]})["cells"]

    assert made["source"] == (
        "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\nassert f(1) == 1\n"
    )
    assert (made["outputs"], made["execution_count"], made["metadata"]) == ([], None, {"a": 1})
    assert cell["source"] == source
