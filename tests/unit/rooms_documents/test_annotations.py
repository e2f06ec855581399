"""Annotations: one board a file, read by whom the file is, gone with it."""

from typing import Any

import pytest

from unit.rooms.rooms_world import ROOM
from unit.rooms_documents.documents_world import Classroom
from unit.rooms_files.files_client import upload
from webvisio_protocol.identifiers import Role

PDF = b"%PDF-1.4\n%%EOF\n"


async def a_file(room: Classroom, **more: str) -> str:
    """Have the trainer upload a PDF."""
    return str((await upload(room.world, room.trainer, "cours.pdf", PDF, **more))["fileId"])


async def annotate(room: Classroom, file_id: str, **more: Any) -> tuple[int, Any]:
    """Ask for the annotations of a file."""
    body = {"kind": "board", "name": "cours.pdf", "annotates": file_id} | more
    return await room.ask("POST", "", room.trainer, body)


async def shown(room: Classroom) -> list[tuple[str, str]]:
    """List what annotates which file for the trainee, and what they may do with it."""
    _, listed = await room.ask("GET", "", room.trainee)
    return [(row["annotates"], row["access"]) for row in listed["documents"] if row["annotates"]]


async def test_a_file_has_one_board_of_annotations_however_often_it_is_asked_for(room: Classroom) -> None:
    file_id = await a_file(room)

    first = (await annotate(room, file_id))[1]
    again = (await annotate(room, file_id))[1]

    assert first["annotates"] == file_id
    assert again["documentId"] == first["documentId"]
    assert await shown(room) == [(file_id, "write")]


@pytest.mark.parametrize("change", [{"kind": "note"}, {"annotates": "0" * 32}])
async def test_only_a_board_annotates_and_only_a_file_that_is_there(
    room: Classroom, change: dict[str, str]
) -> None:
    status, _ = await annotate(room, await a_file(room), **change)

    assert status in (400, 404)
    assert await shown(room) == []


async def test_what_two_people_have_between_them_is_not_annotated(room: Classroom) -> None:
    await (await room.world.join("trainer", Role.HOST)).until("welcome")
    trainee = await (await room.world.join("trainee")).until("welcome")
    participant = trainee["participantId"]
    file_id = await a_file(room, rule="person", recipient=participant)

    status, problem = await annotate(room, file_id)

    assert (status, problem["code"]) == (400, "message_malformed")


async def test_the_annotations_of_a_trainers_file_are_the_trainers_until_the_file_is_for_all(
    room: Classroom,
) -> None:
    file_id = await a_file(room, rule="moderators")
    await annotate(room, file_id, rule="all_write")
    assert await shown(room) == []

    await room.ask("PATCH", file_id, room.trainer, {"rule": "everybody"}, base="files")
    assert await shown(room) == [(file_id, "write")]

    await room.ask("PATCH", file_id, room.trainer, {"rule": "moderators"}, base="files")
    assert await shown(room) == []


async def test_the_annotations_go_with_their_file_also_from_under_whoever_draws(room: Classroom) -> None:
    file_id = await a_file(room)
    board = (await annotate(room, file_id))[1]["documentId"]
    drawing = await room.open(board, room.trainee)

    await room.world.ask("DELETE", f"api/rooms/{ROOM}/files/{file_id}", room.trainer)

    assert await drawing.closed() is not None
    assert await shown(room) == []
