"""Documents over HTTP: created, listed, changed, exported, restored; and what is refused."""

import json
from typing import Any

import pytest

from unit.rooms.rooms_world import ROOM
from unit.rooms_documents.documents_world import NOTEBOOK, Classroom
from webvisio_protocol.documents import MAX_UPDATE_BYTES
from webvisio_protocol.identifiers import Role


def sources(notebook: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


async def test_a_trainee_lists_what_they_may_read_with_their_own_access(room: Classroom) -> None:
    shown = await room.create(name="cours.ipynb")
    await room.create(name="corrigé", rule="hidden")
    board = await room.create("board", None, name="tableau")

    _, listed = await room.ask("GET", "", room.trainee)

    rows = {row["documentId"]: row for row in listed["documents"]}
    assert set(rows) == {shown, board}
    assert (rows[shown]["name"], rows[shown]["access"]) == ("cours.ipynb", "read")
    assert (rows[board]["name"], rows[board]["access"]) == ("tableau.excalidraw", "write")
    assert listed["mayCreate"] is False


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_trainee_neither_creates_nor_changes_nor_removes(room: Classroom, method: str) -> None:
    document = await room.create()
    path = "" if method == "POST" else document
    body = {"kind": "note", "name": "x"} if method == "POST" else {"name": "x"}

    status, problem = await room.ask(method, path, room.trainee, body)

    assert (status, problem["code"]) == (403, "role_too_weak")


async def test_a_hidden_document_is_not_there_for_a_trainee(room: Classroom) -> None:
    document = await room.create(rule="hidden")

    status, _ = await room.ask("GET", document, room.trainee)

    assert status == 404


async def test_a_notebook_goes_in_and_comes_out_the_same(room: Classroom) -> None:
    document = await room.create()

    _, exported = await room.ask("GET", f"{document}/export?format=ipynb", room.trainee)

    assert sources(exported) == [cell["source"] for cell in NOTEBOOK["cells"]]  # type: ignore[attr-defined]
    assert [cell["id"] for cell in exported["cells"]] == ["title", "first", "second"]
    assert (exported["nbformat"], exported["metadata"]["kernelspec"]["name"]) == (4, "python3")


async def test_an_export_is_an_attachment_in_a_sandbox(room: Classroom) -> None:
    document = await room.create(name="données & co")

    answer = await room.world.ask("GET", f"api/rooms/{ROOM}/documents/{document}/export", room.trainee)

    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''donn%C3%A9es")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_an_html_export_runs_no_script_and_asks_no_host(room: Classroom) -> None:
    evil = json.loads(json.dumps(NOTEBOOK))
    evil["cells"][0]["source"] = "# Données\n<script>alert(1)</script>"
    evil["cells"][1]["outputs"] = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<b>gras</b><img src=x onerror=alert(2)><script>alert(3)</script>"},
        }
    ]
    document = await room.create(content=evil)

    answer = await room.world.ask(
        "GET", f"api/rooms/{ROOM}/documents/{document}/export?format=html", room.trainee
    )

    page = answer.body.decode()
    assert answer.code == 200
    assert "Données" in page
    assert "<b>gras</b>" in page
    assert "<script>alert" not in page
    assert "<img src=x onerror" not in page
    assert 'src="http' not in page


async def test_a_format_that_cannot_be_made_is_refused_in_words(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBVISIO_PDF_BROWSER", raising=False)
    document = await room.create()

    status, problem = await room.ask("GET", f"{document}/export?format=pdf", room.trainee)

    assert (status, problem["code"]) == (501, "export_unavailable")


@pytest.mark.parametrize(
    "content",
    [
        "text",
        {"nbformat": 3, "worksheets": []},
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "nonsense"}]},
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": "many"},
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}] * 5001},
    ],
    ids=["text", "old", "no cell", "no list", "too many"],
)
async def test_what_is_no_notebook_is_refused(room: Classroom, content: Any) -> None:
    body = {"kind": "notebook", "name": "n", "content": content}

    status, problem = await room.ask("POST", "", room.trainer, body)

    assert (status, problem["code"]) == (422, "document_invalid")


async def test_nesting_without_end_is_refused(room: Classroom) -> None:
    body = '{"kind":"notebook","name":"n","content":' + "[" * 100_000 + "]" * 100_000 + "}"

    status, problem = await room.ask("POST", "", room.trainer, body)

    assert (status, problem["code"]) == (400, "message_malformed")


async def test_a_larger_import_than_the_limit_is_refused(room: Classroom) -> None:
    body = b'{"kind":"note","name":"n","content":"' + b"x" * MAX_UPDATE_BYTES + b'"}'

    answer = await room.world.ask("POST", f"api/rooms/{ROOM}/documents", room.trainer, body)

    assert answer.code in (400, 413, 599)  # tornado closes the line on whoever goes on sending
    assert (await room.ask("GET", "", room.trainer))[1]["documents"] == []


async def test_a_notebook_of_five_megabytes_is_taken(room: Classroom) -> None:
    big = json.loads(json.dumps(NOTEBOOK))
    big["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "0123456789abcdef\n" * 300_000}
    ]

    document = await room.create(content=big)

    line = await room.open(document, room.trainee)
    assert len(line.doc.get_update()) > 5_000_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "etc passwd.ipynb"),
        ("a\u202eb.ipynb", "a b.ipynb"),
        ("cours.IPYNB", "cours.ipynb"),
    ],
)
async def test_a_name_leads_nowhere(room: Classroom, given: str, kept: str) -> None:
    document = await room.create(name=given)

    assert (await room.ask("GET", document, room.trainer))[1]["name"] == kept


async def test_a_rule_for_one_person_is_set_by_who_they_are_in_the_room(room: Classroom) -> None:
    _, trainee = await room.world.hosted()
    document = await room.create()
    me = trainee.heard[0]["participantId"]

    _, view = await room.ask("PATCH", document, room.trainer, {"rule": "one_writes", "writer": me})

    assert view["writerName"] == "Trainee"
    assert (await room.ask("GET", document, room.trainee))[1]["access"] == "write"
    other = room.world.hub.add("other", Role.PARTICIPANT)
    assert (await room.ask("GET", document, other))[1]["access"] == "read"


async def test_the_people_inside_are_told_that_the_list_changed(room: Classroom) -> None:
    _, trainee = await room.world.hosted()

    await room.create()

    await trainee.until("documents_changed")


async def test_history_tells_when_and_who_and_gives_a_state_back(room: Classroom) -> None:
    document = await room.create()
    trainer = await room.open(document, room.trainer)
    for text in ("a ", "b "):
        await room.pass_time(100)
        trainer.type_in(1, text)
        await trainer.settled()

    _, history = await room.ask("GET", f"{document}/history", room.trainee)

    assert [row["authors"] for row in history["versions"]] == [["Trainer"]] * 3
    middle = history["versions"][1]["version"]
    _, then = await room.ask("GET", f"{document}/history/{middle}", room.trainee)
    assert sources(then)[1] == "a x = 1"


async def test_restoring_begins_a_new_epoch_and_old_documents_are_stale(room: Classroom) -> None:
    document = await room.create()
    trainer = await room.open(document, room.trainer)
    before = trainer.epoch
    trainer.type_in(1, "wrong ")
    await trainer.settled()
    first = 1

    status, view = await room.ask("POST", f"{document}/restore", room.trainer, {"version": first})

    assert status == 200
    assert view["epoch"] != before
    assert await trainer.closed() == 4421
    await trainer.connect()  # with its old Yjs document
    await trainer.until("document_stale")
    await trainer.closed()
    trainer.fresh()
    await trainer.connect()
    assert trainer.sources == ["# Données", "x = 1", "x + 41"]
    _, history = await room.ask("GET", f"{document}/history", room.trainer)
    assert len(history["versions"]) == 2


async def test_a_removed_document_is_gone_for_those_who_look_at_it(room: Classroom) -> None:
    document = await room.create()
    line = await room.open(document, room.trainee)

    status, _ = await room.ask("DELETE", document, room.trainer)

    assert status == 204
    assert await line.closed() == 4403
    assert (await room.ask("GET", document, room.trainer))[0] == 404


async def test_nothing_is_served_while_the_contract_is_shut(room: Classroom) -> None:
    from unit.rooms.rooms_world import blocked, contract
    from webvisio_protocol.entitlements import BlockReason

    document = await room.create()
    room.world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

    for path in ("", document, f"{document}/export", f"{document}/history"):
        status, problem = await room.ask("GET", path, room.trainer)
        assert (status, problem["code"]) == (403, "suspended_unpaid"), path


async def test_a_member_who_lost_the_room_reads_nothing_any_more(room: Classroom) -> None:
    document = await room.create()
    line = await room.open(document, room.trainee)
    room.world.hub.add("trainee")
    room.world.vigil.recheck([ROOM])

    assert (await line.until("document_refused"))["refusal"]["code"] == "not_invited"
    assert await line.closed() == 4403


async def test_a_logout_closes_the_line(room: Classroom) -> None:
    line = await room.open(await room.create(), room.trainee)
    del room.world.hub.users[room.trainee]
    room.world.vigil.recheck([ROOM])

    assert await line.closed() == 4401
