"""A restart, clean or not: people come back, chat and attendance are kept."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from rooms_world import ROOM, START, World, contract

from webvisio_protocol.identifiers import Role
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.domain.lifecycle import LINGER_S


async def test_after_a_restart_people_come_back_to_chat_roles_and_identifiers(world: World) -> None:
    host, trainee = await world.hosted()
    who = trainee.heard[0]["participantId"]
    host.send("set_role", participantId=who, role="cohost")
    await host.until("participant_changed")
    trainee.send("chat_send", clientId="1", text="kept")
    await trainee.settled()

    await world.stop()
    assert await trainee.closed() == CloseCode.RESTARTING
    world.timers.advance(5)
    await world.start()

    again = await world.join("trainee", resume=trainee.heard[0]["resume"])
    welcome = await again.until("welcome")
    assert welcome["participantId"] == who
    assert [line["text"] for line in welcome["chat"]] == ["kept"]
    assert welcome["room"]["openedAt"] == "2026-11-23T09:00:00Z"
    assert [(p["name"], p["role"]) for p in welcome["participants"]] == [("Trainee", "cohost")]


async def test_a_raised_hand_is_up_again_after_a_restart_and_one_that_was_lowered_is_not(
    world: World,
) -> None:
    host, trainee = await world.hosted()
    trainee.send("hand", isRaised=True)
    host.send("hand", isRaised=True)
    host.send("hand", isRaised=False)
    await trainee.settled()
    await host.settled()
    await world.stop()
    world.timers.advance(5)
    await world.start()

    back = await world.join("trainer", Role.HOST)
    await back.until("welcome")
    again = await world.join("trainee", resume=trainee.heard[0]["resume"])

    hands = {p["name"]: p["handRaisedAt"] for p in (await again.until("welcome"))["participants"]}
    assert hands == {"Trainer": None, "Trainee": "2026-11-23T09:00:00Z"}
    again.send("hand", isRaised=False)
    await again.settled()
    await world.rooms.drain()
    (running,) = world.store.running_sessions()
    assert running.hands == {}


async def test_a_hand_is_not_up_for_who_comes_back_long_after_a_restart(world: World) -> None:
    _, trainee = await world.hosted()
    trainee.send("hand", isRaised=True)
    await trainee.settled()
    await world.stop()
    await world.start()
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    world.timers.advance(LINGER_S + 1)

    again = await world.join("trainee")

    mine = (await again.until("welcome"))["participants"][-1]
    assert (mine["name"], mine["handRaisedAt"]) == ("Trainee", None)


async def test_new_chat_after_a_restart_goes_on_counting(world: World) -> None:
    host, _ = await world.hosted()
    host.send("chat_send", clientId="1", text="one")
    await host.settled()
    await world.stop()
    await world.start()
    again = await world.join("trainer", Role.HOST)
    await again.until("welcome")

    again.send("chat_send", clientId="2", text="two")

    assert (await again.until("chat_posted"))["chat"]["messageId"] == 2
    await world.rooms.drain()
    (running,) = world.store.running_sessions()
    assert [line.text for line in running.chat] == ["one", "two"]


async def test_a_removed_person_stays_out_over_a_restart(world: World) -> None:
    host, trainee = await world.hosted()
    host.send("remove_participant", participantId=trainee.heard[0]["participantId"])
    await trainee.closed()

    await world.stop()
    await world.start()

    again = await world.join("trainee")
    assert (await again.until("refused"))["refusal"]["code"] == "removed"


async def test_a_crash_closes_attendance_at_the_last_sign_of_life(world: World) -> None:
    await world.hosted()
    world.timers.advance(12)  # signs of life at 5 and 10 seconds
    await world.rooms.drain()
    crashed, world.rooms = world.rooms, world.rooms
    for live in crashed.live.values():
        live.say_goodbye = lambda: None  # type: ignore[method-assign]  # a crash says no goodbye
    crashed._writer.later = lambda *args, **kwargs: None  # type: ignore[method-assign]
    crashed._store.beat = lambda now: None  # type: ignore[method-assign]
    await world.stop()
    world.timers.advance(600)

    await world.start()

    stays = await world.rooms.attendance(ROOM)
    assert {stay.left_at for stay in stays} == {START + timedelta(seconds=10)}


async def test_a_short_restart_is_no_absence_in_the_report(world: World) -> None:
    _, trainee = await world.hosted()
    world.timers.advance(10)
    await world.stop()
    world.timers.advance(20)
    await world.start()
    again = await world.join("trainee", resume=trainee.heard[0]["resume"])
    await again.until("welcome")
    world.timers.advance(10)
    again.send("leave")
    await again.closed()
    await world.rooms.drain()

    stays = [stay for stay in await world.rooms.attendance(ROOM) if stay.name == "Trainee"]

    assert [(stay.joined_at, stay.left_at) for stay in stays] == [(START, START + timedelta(seconds=40))]


async def test_a_long_stop_ends_the_session(world: World) -> None:
    await world.hosted()
    await world.stop()
    world.timers.advance(LINGER_S + 1)

    await world.start()

    trainee = await world.join("trainee")
    assert (await trainee.until("waiting"))["reason"] == "no_host"
    assert world.store.running_sessions() == ()


async def test_rooms_keep_their_link_and_take_new_names(world: World) -> None:
    code = await world.link_code()
    renamed = contract()
    world.entitlements.apply_changes(
        type(renamed)(
            **{f: getattr(renamed, f) for f in renamed.__struct_fields__} | {"customer_name": "ACME SA"}
        )
    )
    await world.rooms.drain()
    await world.stop()
    await world.start()

    record = await world.rooms.record(ROOM)

    assert record is not None
    assert (record.link_code, record.customer_name) == (code, "ACME SA")


async def test_a_client_that_does_not_read_is_given_up_and_the_others_notice_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webvisio_rooms.web.socket.RoomSocket.max_unsent_bytes", 100_000)
    async with World(tmp_path) as world:
        host, _ = await world.hosted()
        slow = await world.join("slow")
        await slow.until("welcome")
        given_up = world.rooms.figures.dropped.labels("slow")._value
        connection = world.rooms.live[ROOM]._connections[slow.heard[0]["participantId"]]

        # without a turn of the loop nobody reads: the kernel's buffers fill, then the service's
        for _ in range(400):
            if given_up.get() == 0:
                connection.send(b'{"type":"pong","sentAtMs":1,"filler":"' + b"x" * 50_000 + b'"}')
                connection._flush()

        assert given_up.get() == 1
        left = await host.until("participant_changed")
        assert (left["participant"]["name"], left["participant"]["isReconnecting"]) == ("Slow", True)


async def test_no_name_token_address_or_sdp_reaches_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "webvisio_rooms")
    await world.rooms.change_room(ROOM, guest_password="correct horse")
    cookie = await world.guest_cookie("Anastasia", "correct horse")
    host, trainee = await world.hosted()
    guest = await world.connect(**cookie)
    guest.say_hello()
    await guest.until("welcome")
    guest.send("media_offer", sdp="v=0\r\na=secret-sdp\r\n", sources={})
    guest.send("chat_send", clientId="1", text="private words")
    await guest.settled()
    await world.ask("GET", "api/links/guess", headers={"X-Forwarded-For": "203.0.113.9"})
    host.send("end_session")
    await asyncio.gather(host.closed(), trainee.closed(), guest.closed())

    log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("webvisio"))

    assert log
    secrets = ["Anastasia", "Trainer", "trainee", "token-", "203.0.113.9", "127.0.0.1", "secret-sdp"]
    secrets += ["private words", await world.link_code(), *cookie.values()]
    assert [secret for secret in secrets if secret in log] == []
