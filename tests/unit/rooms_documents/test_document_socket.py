"""A document over its WebSocket: edits reach everybody, readers change nothing, presence cannot be forged."""

import json
from datetime import timedelta

import pytest
from pycrdt import Map, Text

from unit.rooms.rooms_world import ROOM, blocked, contract
from unit.rooms_documents.documents_world import NOTEBOOK, Classroom
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import Role
from webvisio_rooms.documents import wire
from webvisio_rooms.documents.wire import AwarenessState, SyncKind


async def test_an_edit_of_the_trainer_reaches_the_trainee(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainer.type_in(1, "# ici\n")

    await trainee.eventually(lambda: trainee.sources[1] == "# ici\nx = 1")

    assert trainer.opened["access"] == "write"
    assert trainee.opened["access"] == "read"


async def test_what_is_acknowledged_is_told_by_number(room: Classroom) -> None:
    trainer = await room.open(await room.create(), room.trainer)
    for _ in range(3):
        trainer.type_in(1, "a")

    await trainer.settled()

    assert trainer.saved == trainer.sent == 4  # the answer to the service's step 1 is the first


async def test_a_readers_edit_is_dropped_and_told_and_reaches_nobody(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainee.type_in(1, "mine ")
    trainee.send_change(trainee.outbox[-1])

    refused = await trainee.until("document_refused")
    await trainer.settled()

    assert refused["refusal"]["code"] == "document_read_only"
    assert trainer.sources == ["# Données", "x = 1", "x + 41"]


async def test_a_patched_reader_that_begins_is_a_reader_still(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainee.begin()
    trainee.type_in(1, "mine ")

    await trainee.until("document_refused")
    await trainer.settled()

    assert trainer.sources[1] == "x = 1"


async def test_a_writer_is_not_heard_before_it_says_which_epoch_it_writes_to(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainer.drop()
    trainer.begin = lambda: None  # type: ignore[method-assign]
    await trainer.connect()
    trainer.has_begun = True
    trainer.type_in(1, "early ")

    refused = await trainer.until("document_refused")

    assert refused["refusal"]["code"] == "message_unexpected"
    assert trainee.sources[1] == "x = 1"


async def test_what_a_reader_tried_does_not_leak_in_after_a_promotion(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainee.type_in(1, "forbidden ")
    trainee.send_change(trainee.outbox[-1])
    await trainee.until("document_refused")
    await room.ask("PATCH", document, room.trainer, {"rule": "all_write"})
    assert (await trainee.until("access_changed"))["access"] == "write"
    assert await trainee.closed() == 4420

    await trainee.connect()  # with the same Yjs document, which a good client would have thrown away

    await trainee.until("document_stale")
    assert await trainee.closed() == 4421
    await trainer.settled()
    assert trainer.sources[1] == "x = 1"


async def test_nor_after_a_promotion_and_a_restart_of_the_service(room: Classroom) -> None:
    document = await room.create()
    trainee = await room.open(document, room.trainee)
    trainee.type_in(1, "forbidden ")
    trainee.send_change(trainee.outbox[-1])
    await trainee.until("document_refused")
    await room.ask("PATCH", document, room.trainer, {"rule": "all_write"})
    await trainee.closed()
    await room.world.stop()
    await room.world.start()

    await trainee.connect()

    await trainee.until("document_stale")


async def test_nor_smuggled_in_by_another_client_id(room: Classroom) -> None:
    document = await room.create(rule="all_write")
    trainee = await room.open(document, room.trainee)
    await room.ask("PATCH", document, room.trainer, {"rule": "moderators_write"})
    await trainee.closed()
    await trainee.connect()
    trainee.type_in(1, "forbidden ")
    trainee.send_change(trainee.outbox[-1])
    forbidden = trainee.outbox[-1]
    await trainee.until("document_refused")
    await room.ask("PATCH", document, room.trainer, {"rule": "all_write"})
    await trainee.closed()
    trainee.fresh()
    await trainee.connect()

    trainee.send_change(forbidden)

    await trainee.until("document_stale")
    assert (await room.open(document, room.trainer)).sources[1] == "x = 1"


async def test_a_fresh_document_writes_after_a_promotion(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    await room.ask("PATCH", document, room.trainer, {"rule": "all_write"})
    await trainee.closed()
    trainee.fresh()
    await trainee.connect()
    trainee.type_in(1, "allowed ")

    await trainer.eventually(lambda: trainer.sources[1] == "allowed x = 1")


async def test_a_demotion_closes_the_line_and_the_next_one_only_reads(room: Classroom) -> None:
    document = await room.create(rule="all_write")
    trainee = await room.open(document, room.trainee)
    await room.ask("PATCH", document, room.trainer, {"rule": "moderators_write"})

    assert (await trainee.until("access_changed"))["access"] == "read"
    assert await trainee.closed() == 4420
    await trainee.connect()
    assert trainee.opened["access"] == "read"


async def test_edits_made_offline_are_merged_once(room: Classroom) -> None:
    document = await room.create(rule="all_write")
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    await trainee.settled()
    trainee.drop()
    trainee.type_in(1, "offline ")
    trainee.cells.append(Map({"cell_type": "code", "id": "mine", "source": Text("y = 2"), "metadata": Map()}))
    trainer.type_in(2, "meanwhile ")
    await trainer.settled()

    await trainee.connect()
    await trainee.settled()

    expected = ["# Données", "offline x = 1", "meanwhile x + 41", "y = 2"]
    await trainer.eventually(lambda: trainer.sources == expected)
    assert trainee.sources == expected


async def test_a_notebook_that_comes_back_doubles_no_cell_after_a_restart_of_the_service(
    room: Classroom,
) -> None:
    document = await room.create()
    trainer = await room.open(document, room.trainer)
    trainer.type_in(1, "kept ")
    await trainer.settled()
    await room.world.stop()
    trainer.type_in(2, "offline ")
    await room.world.start()

    await trainer.connect()
    await trainer.settled()

    late = await room.open(document, room.trainee)
    assert late.sources == trainer.sources == ["# Données", "kept x = 1", "offline x + 41"]


async def test_presence_carries_the_authenticated_name_whatever_the_client_says(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainee.aware(user={"name": "Trainer", "username": "trainer"}, position={"cell": 2, "scroll": 0.5})

    await trainer.eventually(lambda: trainee.doc.client_id in trainer.awareness)

    state = trainer.awareness[trainee.doc.client_id]
    assert state["position"] == {"cell": 2, "scroll": 0.5}
    assert state["user"] == {
        "username": "trainee",
        "name": "Trainee",
        "display_name": "Trainee",
        "initials": "T",
        "color": state["user"]["color"],
        "avatar_url": None,
        "is_moderator": False,
    }


async def test_nobody_speaks_for_anothers_client(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainer.aware(position=1)
    await trainee.eventually(lambda: trainer.doc.client_id in trainee.awareness)
    forged = AwarenessState(trainer.doc.client_id, 99, json.dumps({"position": 7}).encode())
    gone = AwarenessState(trainer.doc.client_id, 100, b"null")
    trainee.send(wire.awareness([forged, gone]))
    trainee.aware(position=2)

    await trainer.eventually(lambda: trainee.doc.client_id in trainer.awareness)

    assert trainer.doc.client_id not in trainer.awareness or trainer.awareness[trainer.doc.client_id]
    late = await room.open(document, room.world.hub.add("late", Role.PARTICIPANT))
    await late.eventually(lambda: trainer.doc.client_id in late.awareness)
    assert late.awareness[trainer.doc.client_id]["position"] == 1


async def test_whoever_goes_disappears_from_presence(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainee.aware(position=1)
    await trainer.eventually(lambda: trainer.awareness.get(trainee.doc.client_id))
    trainee.drop()

    await trainer.eventually(lambda: trainer.awareness[trainee.doc.client_id] is None)


async def test_the_cut_of_the_contract_closes_documents_with_its_reason(room: Classroom) -> None:
    document = await room.create()
    trainer = await room.open(document, room.trainer)
    room.world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

    refused = await trainer.until("document_refused")

    assert refused["refusal"]["code"] == "suspended_unpaid"
    assert await trainer.closed() == 4403


async def test_the_end_of_the_paid_interval_closes_documents_by_the_clock(room: Classroom) -> None:
    now = room.world.timers.now()
    room.world.entitlements.apply_changes(contract(end=now + timedelta(seconds=20)))
    trainer = await room.open(await room.create(), room.trainer)
    room.world.timers.advance(21)

    await trainer.until("document_refused")
    assert await trainer.closed() == 4403


async def test_a_removed_person_loses_documents_at_once(room: Classroom) -> None:
    host, trainee = await room.world.hosted()
    document = await room.create()
    reader = await room.open(document, room.trainee)
    host.send("remove_participant", participantId=trainee.heard[0]["participantId"])

    assert (await reader.until("document_refused"))["refusal"]["code"] == "removed"
    assert await reader.closed() == 4403


async def test_a_lent_role_writes_and_a_role_taken_back_reads(room: Classroom) -> None:
    host, trainee = await room.world.hosted()
    document = await room.create()
    line = await room.open(document, room.trainee)
    me = trainee.heard[0]["participantId"]
    for role, expected in (("cohost", "write"), ("participant", "read")):
        host.send("set_role", participantId=me, role=role)
        assert (await line.until("access_changed"))["access"] == expected
        await line.closed()
        line.fresh()
        await line.connect()


async def test_a_board_is_drawn_on_by_those_whom_the_session_lets(room: Classroom) -> None:
    host, _ = await room.world.hosted()
    document = await room.create("board", None)
    line = await room.open(document, room.trainee)
    assert line.opened["access"] == "write"
    host.send("set_permission", permission={"feature": "draw", "audience": "moderators"})

    assert (await line.until("access_changed"))["access"] == "read"


async def test_a_guest_reads_only_while_inside(room: Classroom) -> None:
    world = room.world
    document = await room.create()
    await world.rooms.change_room(ROOM, guest_password="un-mot-de-passe")
    cookie = await world.guest_cookie("Nour", "un-mot-de-passe")
    outside = await room.open(document, None, **cookie)
    assert (await outside.until("document_refused"))["refusal"]["code"] == "not_admitted"
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    guest = await world.connect(None, **cookie)
    guest.say_hello()
    me = (await guest.until("welcome"))["participantId"]

    inside = await room.open(document, None, **cookie)
    assert inside.opened["access"] == "read"
    assert inside.sources == [cell["source"] for cell in NOTEBOOK["cells"]]  # type: ignore[attr-defined]
    host.send("remove_participant", participantId=me)
    assert await inside.closed() == 4403


@pytest.mark.parametrize("password", ["un-autre-mot-de-passe", None])
async def test_another_password_takes_nothing_from_a_guest_who_is_inside(
    room: Classroom, password: str | None
) -> None:
    world = room.world
    document = await room.create()
    await world.rooms.change_room(ROOM, guest_password="un-mot-de-passe")
    cookie = await world.guest_cookie("Nour", "un-mot-de-passe")
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    guest = await world.connect(None, **cookie)
    guest.say_hello()
    me = (await guest.until("welcome"))["participantId"]

    await world.rooms.change_room(ROOM, guest_password=password)

    inside = await room.open(document, None, **cookie)
    assert inside.opened["access"] == "read"
    assert (await world.ask("GET", f"api/rooms/{ROOM}/documents", None, **cookie)).code == 200
    assert (await world.ask("GET", f"api/rooms/{ROOM}/files", None, **cookie)).code == 200
    host.send("remove_participant", participantId=me)
    assert await inside.closed() == 4403
    outside = await room.open(document, None, **cookie)
    assert (await outside.until("document_refused"))["refusal"]["code"] == "login_required"


@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_strangers_learn_nothing(room: Classroom, who: str) -> None:
    document = await room.create()
    token = room.world.hub.add("stranger") if who == "stranger" else None

    line = await room.open(document, token)

    refused = await line.until("document_refused")
    assert refused["refusal"]["code"] == ("not_invited" if who == "stranger" else "login_required")
    assert await line.closed() == (4403 if who == "stranger" else 4401)


async def test_a_document_of_another_room_is_not_there(room: Classroom) -> None:
    line = await room.open("0123456789abcdef", room.trainer)

    assert (await line.until("document_refused"))["refusal"]["code"] == "not_found"


async def test_a_frame_that_is_no_frame_is_told_and_the_line_stays(room: Classroom) -> None:
    trainer = await room.open(await room.create(), room.trainer)
    for frame in (b"", b"\x07", b"\x00\x09\x00", b"\x00\x02\xff\xff\xff\xff\x0f", b"\x01\x02\x01\x05"):
        trainer.send(frame)
    trainer.send(wire.sync(SyncKind.UPDATE, b"\x05nonsense"))

    refused = await trainer.until("document_refused")
    assert refused["refusal"]["code"] == "message_malformed"
    number = 1.5
    trainer.say("ping", sentAtMs=number)
    await trainer.until("pong")


async def test_a_cell_left_running_by_somebody_who_went_becomes_idle(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainer.aware(position=1)
    trainer.cell(1)["execution_state"] = "running"
    await trainee.eventually(lambda: trainee.cell(1)["execution_state"] == "running")
    await trainee.eventually(lambda: trainee.awareness.get(trainer.doc.client_id))
    trainer.drop()
    await trainee.eventually(lambda: trainee.awareness[trainer.doc.client_id] is None)
    room.world.timers.advance(14)
    assert trainee.cell(1)["execution_state"] == "running"
    room.world.timers.advance(1)

    await trainee.eventually(lambda: trainee.cell(1)["execution_state"] == "idle")


async def test_a_runner_that_comes_back_in_time_keeps_its_cell_running(room: Classroom) -> None:
    document = await room.create()
    trainer, trainee = await room.open(document, room.trainer), await room.open(document, room.trainee)
    trainer.aware(position=1)
    trainer.cell(1)["execution_state"] = "running"
    await trainer.settled()
    await trainee.eventually(lambda: trainee.awareness.get(trainer.doc.client_id))
    trainer.drop()
    await trainee.eventually(lambda: trainee.awareness[trainer.doc.client_id] is None)
    await trainer.connect()
    await trainer.settled()
    room.world.timers.advance(20)
    await trainer.settled()
    await trainee.settled()

    assert trainee.cell(1)["execution_state"] == "running"
