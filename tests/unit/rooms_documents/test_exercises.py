"""Exercises: a copy each, collected by hand or by the clock, the helping hand, and the trainer's wall."""

import json
from datetime import timedelta
from typing import Any

from pycrdt import Array, Map
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from unit.rooms.rooms_world import PREFIX, ROOM, Client, World
from unit.rooms_documents.documents_world import NOTEBOOK, Classroom, YClient
from webvisio_protocol.identifiers import Role

WITH_SOLUTION = json.loads(json.dumps(NOTEBOOK))
WITH_SOLUTION["cells"][1] |= {
    "source": "def f(x):\n    ### BEGIN SOLUTION\n    return x + 1\n    ### END SOLUTION\n",
    "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret"}],
    "execution_count": 3,
    "metadata": {"nbgrader": {"grade": True, "points": 2, "grade_id": "f", "solution": True}},
}


async def handed_out(room: Classroom, **more: Any) -> tuple[str, str]:
    """Hand a notebook out to the trainee inside; returns the exercise and the trainee's copy."""
    await room.world.hosted()
    document = await room.create(content=WITH_SOLUTION, rule="hidden")
    status, exercise = await room.ask(
        "POST", "", room.trainer, {"documentId": document} | more, base="exercises"
    )
    assert status == 201, exercise
    return exercise["exerciseId"], (await copy_of(room, room.trainee))["documentId"]


async def copy_of(room: Classroom, token: str) -> dict[str, Any]:
    _, listed = await room.ask("GET", "", token)
    return next(row for row in listed["documents"] if row["copy"] and row["copy"]["isMine"])


async def test_each_trainee_gets_one_copy_without_solutions_and_outputs(room: Classroom) -> None:
    _, copy = await handed_out(room)

    line = await room.open(copy, room.trainee)

    assert line.opened["access"] == "write"
    assert line.sources[1] == "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    assert len(line.cell(1)["outputs"]) == 0
    assert line.cell(1)["metadata"].to_py()["nbgrader"]["points"] == 2


async def test_a_copy_is_its_owners_and_the_trainers_alone(room: Classroom) -> None:
    _, copy = await handed_out(room)
    other = room.world.hub.add("other", Role.PARTICIPANT)

    assert (await room.ask("GET", copy, other))[0] == 404
    assert (await room.ask("GET", f"{copy}/hand", other))[0] == 404
    assert (await room.ask("GET", copy, room.trainer))[1]["access"] == "read"


async def test_whoever_comes_later_gets_a_copy_and_nobody_gets_two(room: Classroom) -> None:
    await handed_out(room)
    late = await room.world.join("late")
    await late.until("welcome")
    await room.world.shared.documents.settled()
    token = "token-late"

    first = await copy_of(room, token)
    again = await copy_of(room, token)

    assert first["documentId"] == again["documentId"]
    _, listed = await room.ask("GET", "", room.trainer)
    assert listed["exercises"][0]["copies"] == 2


async def test_the_deadline_collects_by_the_clock(room: Classroom) -> None:
    deadline = room.world.timers.now() + timedelta(seconds=30)
    _, copy = await handed_out(room, deadline=deadline.isoformat())
    line = await room.open(copy, room.trainee)
    await room.pass_time(20)
    room.world.timers.advance(11)

    assert (await line.until("access_changed"))["access"] == "read"
    assert (await copy_of(room, room.trainee))["copy"]["state"] == "collected"
    assert (await room.ask("GET", copy, room.trainer))[1]["access"] == "write"


async def test_a_deadline_that_came_while_the_service_was_away_collects_at_its_start(room: Classroom) -> None:
    deadline = room.world.timers.now() + timedelta(seconds=30)
    _, copy = await handed_out(room, deadline=deadline.isoformat())
    await room.world.stop()
    room.world.timers.advance(60)
    await room.world.start()
    room.world.timers.advance(1)
    await room.world.shared.documents.settled()

    assert (await copy_of(room, room.trainee))["copy"]["state"] == "collected"
    assert copy == (await copy_of(room, room.trainee))["documentId"]


async def test_a_returned_copy_is_its_owners_again_with_the_corrections(room: Classroom) -> None:
    exercise, copy = await handed_out(room)
    await room.ask("PATCH", exercise, room.trainer, {"state": "collected"}, base="exercises")
    trainer = await room.open(copy, room.trainer)
    trainer.type_in(0, "Bien ! ")
    await trainer.settled()

    status, view = await room.ask("PATCH", exercise, room.trainer, {"state": "returned"}, base="exercises")

    assert (status, view["state"]) == (200, "returned")
    line = await room.open(copy, room.trainee)
    assert (line.opened["access"], line.sources[0]) == ("write", "Bien ! # Données")


async def test_what_is_handed_in_rests_until_it_is_taken_back(room: Classroom) -> None:
    _, copy = await handed_out(room)

    _, view = await room.ask("POST", f"{copy}/hand-in", room.trainee, {})
    assert (view["copy"]["state"], view["access"]) == ("handed_in", "read")
    _, view = await room.ask("DELETE", f"{copy}/hand-in", room.trainee)
    assert (view["copy"]["state"], view["access"]) == ("working", "write")


async def test_nobody_hands_in_for_another_nor_after_the_collection(room: Classroom) -> None:
    exercise, copy = await handed_out(room)
    assert (await room.ask("POST", f"{copy}/hand-in", room.trainer, {}))[0] == 403
    await room.ask("PATCH", exercise, room.trainer, {"state": "collected"}, base="exercises")

    status, problem = await room.ask("POST", f"{copy}/hand-in", room.trainee, {})

    assert (status, problem["code"]) == (403, "feature_withheld")


async def test_a_helping_hand_lets_the_trainer_write_until_it_ends_by_the_clock(room: Classroom) -> None:
    _, copy = await handed_out(room)
    owner = await room.open(copy, room.trainee)
    trainer = await room.open(copy, room.trainer)
    assert trainer.opened["access"] == "read"
    status, view = await room.ask("POST", f"{copy}/hand", room.trainee, {"minutes": 1})
    assert (status, view["copy"]["hand"] is not None) == (200, True)
    assert (await owner.until("hand_changed"))["hand"] is not None
    await trainer.closed()
    trainer.fresh()
    await trainer.connect()
    trainer.type_in(2, "help ")
    await owner.eventually(lambda: owner.sources[2] == "help x + 41")

    await room.pass_time(50)
    room.world.timers.advance(10)

    assert await trainer.closed() == 4420
    assert (await owner.until("hand_changed"))["hand"] is None
    _, log = await room.ask("GET", f"{copy}/hand", room.trainee)
    assert [hand["endedBy"] for hand in log["hands"]] == [None]


async def test_a_helping_hand_is_taken_back_at_once(room: Classroom) -> None:
    _, copy = await handed_out(room)
    await room.ask("POST", f"{copy}/hand", room.trainee, {"minutes": 30})
    trainer = await room.open(copy, room.trainer)
    assert trainer.opened["access"] == "write"

    _, view = await room.ask("DELETE", f"{copy}/hand", room.trainee)

    assert view["copy"]["hand"] is None
    assert (await trainer.until("access_changed"))["access"] == "read"


async def test_only_the_owner_asks_for_a_helping_hand(room: Classroom) -> None:
    _, copy = await handed_out(room)

    assert (await room.ask("POST", f"{copy}/hand", room.trainer, {"minutes": 30}))[0] == 403


async def test_a_cell_is_run_in_the_owners_page_under_a_helping_hand_alone(room: Classroom) -> None:
    _, copy = await handed_out(room)
    owner, trainer = await room.open(copy, room.trainee), await room.open(copy, room.trainer)
    trainer.say("run_cell", cellId="second")
    assert (await trainer.until("document_refused"))["refusal"]["code"] == "role_too_weak"
    await room.ask("POST", f"{copy}/hand", room.trainee, {"minutes": 5})
    await trainer.closed()
    trainer.fresh()
    await trainer.connect()
    trainer.say("run_cell", cellId="second")

    asked = await owner.until("run_requested")

    assert (asked["cellId"], asked["by"]) == ("second", "Trainer")
    await room.ask("DELETE", f"{copy}/hand", room.trainee)
    for reader in (room.trainee, room.trainer):
        (hand,) = (await room.ask("GET", f"{copy}/hand", reader))[1]["hands"]
        assert hand["endedBy"] == "Trainee"
        assert [(run["by"], run["cellId"]) for run in hand["runs"]] == [("Trainer", "second")]


# ---- the wall --------------------------------------------------------------------------


async def wall(world: World, token: str, exercise: str) -> Client:
    headers = {
        "Cookie": world.cookies(token),
        "Sec-Fetch-Mode": "websocket",
        "Origin": f"http://127.0.0.1:{world.port}",
    }
    url = f"ws://127.0.0.1:{world.port}{PREFIX}documents/{ROOM}/wall?exercise={exercise}"
    client = Client(await websocket_connect(HTTPRequest(url, headers=headers)))
    world.clients.append(client)
    return client


def fail(line: YClient, index: int) -> None:
    outputs = line.cell(index)["outputs"]
    assert isinstance(outputs, Array)
    error = {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": []}
    with line.doc.transaction():
        outputs.append(error)
        line.cell(index)["execution_count"] = 1.0


async def test_the_wall_tells_what_became_of_each_cell_and_shows_the_one_worked_on(room: Classroom) -> None:
    exercise, copy = await handed_out(room)
    line = await room.open(copy, room.trainee)
    screen = await wall(room.world, room.trainer, exercise)
    first = await screen.until("wall")
    assert [(row["ownerName"], row["cells"]) for row in first["rows"]] == [("Trainee", "--")]
    assert first["cellIds"] == ["first", "second"]
    room.world.timers.advance(1)
    line.cell(1)["execution_count"] = 1.0
    fail(line, 2)
    line.type_in(2, "y = ")
    await line.settled()
    room.world.timers.advance(1)

    changed = await screen.until("wall_changed")
    while not changed["rows"][0]["excerpt"]:
        room.world.timers.advance(1)
        changed = await screen.until("wall_changed")

    row = changed["rows"][0]
    assert (row["cells"], row["isPresent"]) == ("+!", True)
    assert row["excerpt"] == {"cell": 1, "source": "y = x + 41", "output": "NameError: x"}


async def test_a_wall_that_is_opened_late_shows_what_was_worked_on_before(room: Classroom) -> None:
    exercise, copy = await handed_out(room)
    line = await room.open(copy, room.trainee)
    line.type_in(2, "y = ")
    await line.settled()
    screen = await wall(room.world, room.trainer, exercise)
    await screen.until("wall")
    room.world.timers.advance(1)

    (row,) = (await screen.until("wall_changed"))["rows"]

    assert row["excerpt"] == {"cell": 1, "source": "y = x + 41", "output": ""}


async def test_the_wall_is_the_trainers_alone(room: Classroom) -> None:
    exercise, _ = await handed_out(room)

    screen = await wall(room.world, room.trainee, exercise)

    assert (await screen.until("document_refused"))["refusal"]["code"] == "role_too_weak"


async def test_the_wall_is_cut_with_the_contract(room: Classroom) -> None:
    from unit.rooms.rooms_world import blocked, contract
    from webvisio_protocol.entitlements import BlockReason

    exercise, _ = await handed_out(room)
    screen = await wall(room.world, room.trainer, exercise)
    await screen.until("wall")
    room.world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))
    room.world.timers.advance(1)

    assert (await screen.until("document_refused"))["refusal"]["code"] == "suspended_unpaid"


async def test_a_wall_of_thirty_who_type_at_once_stays_below_a_hundred_kilobits(room: Classroom) -> None:
    world = room.world
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    for number in range(30):
        await (await world.join(f"trainee{number}")).until("welcome")
    document = await room.create(content=WITH_SOLUTION)
    _, exercise = await room.ask("POST", "", room.trainer, {"documentId": document}, base="exercises")
    lines = []
    for number in range(30):
        token = f"token-trainee{number}"
        lines.append(await room.open((await copy_of(room, token))["documentId"], token))
    screen = await wall(world, room.trainer, exercise["exerciseId"])
    await screen.until("wall")
    seconds, received, seen = 20, 0, set()
    for _ in range(seconds):
        for line in lines:
            line.type_in(2, "une ligne de code assez longue\n" * 10)
        for line in lines:
            await line.settled()
        world.timers.advance(1)
        for message in await screen.settled():
            received += len(json.dumps(message, ensure_ascii=False).encode())
            seen |= {row["documentId"] for row in message["rows"] if row["excerpt"]}

    assert received * 8 / seconds < 100_000
    assert len(seen) == 30
    cell = lines[0].cell(2)
    assert isinstance(cell, Map)
