"""The WebSocket from the outside: who gets in, who waits, who hears what, what is refused.

Long, for every message is here with each way to be refused.
"""

import json

import pytest
from rooms_world import OFFER, OTHER_ROOM, ROOM, SOURCES, World, contract
from tornado.httpclient import HTTPClientError

from webvisio_protocol.identifiers import JOIN_SCOPE, Role
from webvisio_protocol.signalling import (
    MAX_CHAT_CHARACTERS,
    MAX_FAULTS,
    MAX_MESSAGE_BYTES,
    RESUME_GRACE_S,
    CloseCode,
)

# ---- coming in -----------------------------------------------------------------------


async def test_a_trainer_opens_the_room_by_coming_in(world: World) -> None:
    host = await world.join("trainer", Role.HOST)

    welcome = await host.until("welcome")

    assert welcome["room"]["state"] == "open"
    assert [(p["name"], p["role"]) for p in welcome["participants"]] == [("Trainer", "host")]


async def test_a_trainee_waits_until_a_trainer_comes(world: World) -> None:
    trainee = await world.join("trainee")
    waiting = await trainee.until("waiting")
    assert (waiting["reason"], waiting["room"]["state"]) == ("no_host", "waiting")

    host = await world.join("trainer", Role.HOST)

    welcome = await trainee.until("welcome")
    assert {p["name"] for p in welcome["participants"]} == {"Trainer", "Trainee"}
    await host.until("participant_joined")


async def test_nothing_of_the_room_is_heard_before_welcome(world: World) -> None:
    host, _ = await world.hosted()
    late = await world.connect(world.hub.add("late", Role.PARTICIPANT))
    host.send("chat_send", clientId="1", text="hello")
    await host.until("chat_posted")
    late.say_hello()

    await late.settled()

    assert [m["type"] for m in late.heard] == ["welcome", "pong"]
    assert [line["text"] for line in late.heard[0]["chat"]] == ["hello"]


async def test_a_person_of_another_room_is_not_invited(world: World) -> None:
    stranger = await world.join("stranger", Role.HOST, room=ROOM)
    await stranger.until("welcome")
    outsider = await world.connect(world.hub.add("outsider", Role.HOST, room=OTHER_ROOM))

    outsider.say_hello()

    refusal = (await outsider.until("refused"))["refusal"]
    assert (refusal["code"], refusal["clause"]) == ("not_invited", "4.5")
    assert await outsider.closed() == CloseCode.REFUSED


async def test_an_administrator_of_the_hub_is_no_guest_of_every_room(world: World) -> None:
    token = world.hub.add("admin", None, admin=True)
    admin = await world.connect(token)

    admin.say_hello()

    assert (await admin.until("refused"))["refusal"]["code"] == "not_invited"


async def test_a_role_without_the_scope_to_join_is_refused(world: World) -> None:
    token = world.hub.add("trainee", Role.PARTICIPANT, scopes=["access:services!service=rooms"])
    client = await world.connect(token)

    client.say_hello()

    assert (await client.until("refused"))["refusal"]["code"] == "forbidden"


@pytest.mark.parametrize("scope", [JOIN_SCOPE, f"{JOIN_SCOPE}!user=trainee"])
async def test_the_scope_to_join_may_carry_a_filter(world: World, scope: str) -> None:
    token = world.hub.add("trainee", Role.HOST, scopes=["access:services!service=rooms", scope])
    client = await world.connect(token)

    client.say_hello()

    await client.until("welcome")


async def test_nobody_known_is_asked_to_log_in(world: World) -> None:
    client = await world.connect()

    client.say_hello(locale="fr")

    assert (await client.until("refused"))["refusal"]["title"] == "Connectez-vous"
    assert await client.closed() == CloseCode.LOGIN_REQUIRED


async def test_a_token_in_the_url_or_in_a_header_lets_nobody_in(world: World) -> None:
    token = world.hub.add("trainee", Role.HOST)
    client = await world.connect(None, f"{ROOM}?token={token}")

    client.say_hello()

    assert (await client.until("refused"))["refusal"]["code"] == "login_required"


async def test_a_page_of_another_origin_cannot_connect(world: World) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await world.connect(world.hub.add("trainee", Role.HOST), origin="https://evil.example")

    assert refused.value.code == 403


async def test_a_room_that_does_not_exist_is_not_found(world: World) -> None:
    client = await world.connect(world.hub.add("trainee", Role.HOST), "nowhere")

    client.say_hello()

    assert (await client.until("refused"))["refusal"]["code"] == "not_found"


async def test_an_old_page_is_told_to_reload(world: World) -> None:
    client = await world.connect(world.hub.add("trainee", Role.HOST))

    client.say_hello(protocol=99)

    assert (await client.until("refused"))["refusal"]["code"] == "protocol_mismatch"


async def test_a_hub_that_is_away_asks_the_browser_to_come_back(world: World) -> None:
    token = world.hub.add("trainee", Role.HOST)
    world.hub.is_down = True

    client = await world.connect(token)

    assert await client.closed() == CloseCode.RESTARTING


async def test_a_service_that_is_full_asks_the_browser_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webvisio_rooms.web.vigil.MAX_CONNECTIONS", 1)
    await world.connect(world.hub.add("first", Role.HOST))

    second = await world.connect(world.hub.add("second", Role.HOST))

    assert await second.closed() == CloseCode.RESTARTING


# ---- the waiting room ----------------------------------------------------------------


async def test_members_only_lets_guests_wait_and_a_trainer_admits_them(world: World) -> None:
    await world.rooms.change_room(ROOM, guest_password="correct horse")
    host, _ = await world.hosted()
    host.send("room_settings", admission="members")
    await host.until("room_changed")
    guest = await world.connect(**await world.guest_cookie("Ana", "correct horse"))
    guest.say_hello()
    assert (await guest.until("waiting"))["reason"] == "needs_admission"
    waiting = (await host.until("waiting_changed"))["waiting"]
    assert [(p["name"], p["isGuest"]) for p in waiting] == [("Ana", True)]

    host.send("admit", participantId=waiting[0]["participantId"], isAdmitted=True)

    await guest.until("welcome")
    assert (await host.until("waiting_changed"))["waiting"] == []


async def test_one_who_is_turned_away_is_told_and_cannot_knock_at_once(world: World) -> None:
    host, _ = await world.hosted()
    host.send("room_settings", admission="nobody")
    late = await world.join("late")
    who = (await late.until("waiting"))["participantId"]
    await host.until("waiting_changed")

    host.send("admit", participantId=who, isAdmitted=False)

    assert (await late.until("refused"))["refusal"]["code"] == "not_admitted"
    again = await world.join("late")
    assert (await again.until("refused"))["refusal"]["code"] == "not_admitted"
    world.timers.advance(61)
    later = await world.join("late")
    await later.until("waiting")


async def test_the_waiting_list_is_for_moderators_only(world: World) -> None:
    host, trainee = await world.hosted()
    host.send("room_settings", admission="nobody")
    late = await world.join("late")
    await late.until("waiting")
    await host.until("waiting_changed")

    heard = await trainee.settled()

    assert "waiting_changed" not in [m["type"] for m in heard]


# ---- what people do ------------------------------------------------------------------


async def test_chat_reaches_everybody_once_even_when_sent_twice(world: World) -> None:
    host, trainee = await world.hosted()

    trainee.send("chat_send", clientId="c1", text="Bonjour")
    trainee.send("chat_send", clientId="c1", text="Bonjour")
    await trainee.settled()

    posted = [m for m in await host.settled() if m["type"] == "chat_posted"]
    assert [(p["chat"]["text"], p["chat"]["authorName"]) for p in posted] == [("Bonjour", "Trainee")]


async def test_hands_queue_by_the_instant_they_were_raised(world: World) -> None:
    host, trainee = await world.hosted()
    other = await world.join("other")
    await other.until("welcome")

    other.send("hand", isRaised=True)
    await other.settled()
    world.timers.advance(1)
    trainee.send("hand", isRaised=True)
    await trainee.settled()

    changes = [m["participant"] for m in await host.settled() if m["type"] == "participant_changed"]
    raised = sorted((p for p in changes if p["handRaisedAt"]), key=lambda p: p["handRaisedAt"])
    assert [p["name"] for p in raised] == ["Other", "Trainee"]


async def test_a_trainee_may_not_mute_and_hears_why(world: World) -> None:
    host, trainee = await world.hosted()
    target = host.heard[0]["participantId"]

    trainee.send("mute_participant", participantId=target, source="microphone")

    failed = await trainee.until("failed")
    assert (failed["refusal"]["code"], failed["inReplyTo"]) == ("role_too_weak", "mute_participant")


async def test_a_muted_trainee_is_told_by_whom_and_may_speak_again(world: World) -> None:
    host, trainee = await world.hosted()
    who = trainee.heard[0]["participantId"]
    trainee.send("source_switch", source="microphone", isOn=True)
    await host.until("participant_changed")

    host.send("mute_participant", participantId=who, source="microphone")

    muted = await trainee.until("muted_by_moderator")
    assert (muted["source"], muted["by"]) == ("microphone", "Trainer")
    trainee.send("source_switch", source="microphone", isOn=True)
    switched = [(await host.until("participant_changed"))["participant"]["sources"] for _ in range(2)]
    assert switched == [[], ["microphone"]]


async def test_a_removed_person_is_out_for_this_session(world: World) -> None:
    host, trainee = await world.hosted()
    who = trainee.heard[0]["participantId"]

    host.send("remove_participant", participantId=who)

    assert (await trainee.until("refused"))["refusal"]["code"] == "removed"
    assert (await host.until("participant_left"))["wasRemoved"] is True
    again = await world.join("trainee")
    assert (await again.until("refused"))["refusal"]["code"] == "removed"


async def test_a_co_host_made_in_the_session_sees_who_waits(world: World) -> None:
    host, trainee = await world.hosted()
    who = trainee.heard[0]["participantId"]

    host.send("set_role", participantId=who, role="cohost")

    changed = await host.until("participant_changed")
    assert changed["participant"]["role"] == "cohost"
    await trainee.until("waiting_changed")


async def test_the_end_of_a_session_sends_everybody_away(world: World) -> None:
    host, trainee = await world.hosted()

    host.send("end_session")

    assert (await trainee.until("session_ended"))["by"] == "Trainer"
    assert await trainee.closed() == CloseCode.ENDED
    assert world.rooms.live == {}


async def test_leaving_takes_no_grace(world: World) -> None:
    host, trainee = await world.hosted()

    trainee.send("leave")

    assert await trainee.closed() == CloseCode.ENDED
    await host.until("participant_left")


async def test_a_session_without_trainers_lingers_and_then_ends(world: World) -> None:
    host, trainee = await world.hosted()
    host.send("leave")
    changed = await trainee.until("room_changed")
    assert changed["room"]["state"] == "lingering"

    for _ in range(180):
        world.timers.advance(5)
        if trainee.socket.close_code is not None:
            break
        trainee.send("ping", sentAtMs=0)
        await trainee.next()

    assert "session_ended" in [m["type"] for m in trainee.heard]


# ---- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"type":"unknown"}',
        '{"type":"hello"}',
        '{"type":"chat_send","clientId":"1","text":"x","extra":1}',
        '{"type":"source_switch","source":"kitchen","isOn":true}',
        '{"type":"layout","videos":[{"participantId":"a","source":"camera","width":-1,"height":1}]}',
    ],
)
async def test_a_malformed_message_is_answered_and_the_connection_stays(world: World, text: str) -> None:
    host, _ = await world.hosted()

    host.socket.write_message(text)

    assert (await host.until("failed"))["refusal"]["code"] == "message_malformed"
    assert await host.settled() == []


async def test_binary_messages_are_malformed(world: World) -> None:
    host, _ = await world.hosted()

    host.socket.write_message(b'{"type":"leave"}', binary=True)

    assert (await host.until("failed"))["refusal"]["code"] == "message_malformed"


async def test_too_many_faults_close_the_connection(world: World) -> None:
    host, _ = await world.hosted()

    for _ in range(MAX_FAULTS):
        host.socket.write_message("nonsense")

    assert await host.closed() == CloseCode.MALFORMED
    assert [m["type"] for m in host.heard].count("failed") == MAX_FAULTS


async def test_a_message_of_exactly_the_limit_is_read(world: World) -> None:
    host, _ = await world.hosted()
    frame = '{"type":"media_offer","sources":{},"sdp":"%s"}'

    host.socket.write_message(frame % ("x" * (MAX_MESSAGE_BYTES - len(frame) + 2)))

    # its sdp is longer than the schema allows, which shows that it was read
    assert (await host.until("failed"))["refusal"]["code"] == "message_malformed"


async def test_an_oversized_message_is_refused_and_the_connection_closed(world: World) -> None:
    host, _ = await world.hosted()

    host.socket.write_message("x" * (MAX_MESSAGE_BYTES + 1))

    assert (await host.until("failed"))["refusal"]["code"] == "message_too_large"
    assert await host.closed() == CloseCode.TOO_LARGE


async def test_chat_at_its_limit_passes_and_above_is_refused(world: World) -> None:
    host, _ = await world.hosted()

    host.send("chat_send", clientId="1", text="é" * MAX_CHAT_CHARACTERS)
    await host.until("chat_posted")
    host.send("chat_send", clientId="2", text="é" * (MAX_CHAT_CHARACTERS + 1))

    assert (await host.until("failed"))["refusal"]["code"] == "message_malformed"


async def test_chat_too_fast_is_refused_by_its_own_identifier(world: World) -> None:
    host, _ = await world.hosted()

    for number in range(9):
        host.send("chat_send", clientId=f"c{number}", text="spam")

    failed = await host.until("failed")
    assert (failed["refusal"]["code"], failed["inReplyTo"]) == ("rate_limited", "c8")


async def test_a_flood_is_slowed_and_then_cut_off(world: World) -> None:
    host, _ = await world.hosted()

    for _ in range(400):
        host.socket.write_message(json.dumps({"type": "hand", "isRaised": True}))

    assert await host.closed() == CloseCode.MALFORMED


async def test_messages_before_hello_are_unexpected(world: World) -> None:
    client = await world.connect(world.hub.add("trainee", Role.HOST))

    client.send("leave")

    assert (await client.until("failed"))["refusal"]["code"] == "message_unexpected"


async def test_somebody_before_the_door_can_do_nothing_inside(world: World) -> None:
    trainee = await world.join("trainee")
    await trainee.until("waiting")

    trainee.send("chat_send", clientId="1", text="let me in")

    failed = await trainee.until("failed")
    assert (failed["refusal"]["code"], failed["inReplyTo"]) == ("message_unexpected", "1")


# ---- coming back ---------------------------------------------------------------------


async def test_a_dropped_connection_comes_back_to_the_same_place(world: World) -> None:
    host, trainee = await world.hosted()
    welcome = trainee.heard[0]
    trainee.send("hand", isRaised=True)
    trainee.send("media_offer", sdp=OFFER, sources=SOURCES)
    await trainee.until("media_answer")
    trainee.socket.close()
    while not (await host.until("participant_changed"))["participant"]["isReconnecting"]:
        pass

    again = await world.join("trainee", resume=welcome["resume"])

    back = await again.until("welcome")
    mine = next(p for p in back["participants"] if p["participantId"] == welcome["participantId"])
    assert back["participantId"] == welcome["participantId"]
    assert back["isMediaKept"] is True
    assert mine["handRaisedAt"] is not None
    restored = await host.until("participant_changed")
    assert restored["participant"]["isReconnecting"] is False


async def test_whoever_does_not_come_back_has_left_after_the_grace(world: World) -> None:
    host, trainee = await world.hosted()
    trainee.socket.close()
    await host.until("participant_changed")

    world.timers.advance(RESUME_GRACE_S - 1)
    assert "participant_left" not in [m["type"] for m in await host.settled()]
    world.timers.advance(1)

    await host.until("participant_left")


async def test_of_two_tabs_the_newer_wins_and_the_older_stays_out(world: World) -> None:
    _, first = await world.hosted()
    resume = first.heard[0]["resume"]

    second = await world.join("trainee", tab="tab-2")

    welcome = await second.until("welcome")
    assert welcome["participantId"] == first.heard[0]["participantId"]
    await first.until("superseded")
    assert await first.closed() == CloseCode.SUPERSEDED
    stubborn = await world.join("trainee", tab="tab-1", resume=resume)
    await stubborn.until("superseded")
    assert await stubborn.closed() == CloseCode.SUPERSEDED
    assert await second.settled() == []


async def test_a_silent_connection_is_given_up(world: World) -> None:
    host, trainee = await world.hosted()

    world.timers.advance(31)  # all at once: no answer to a ping can arrive on the way

    await host.closed()
    await trainee.closed()
    assert world.rooms.figures.dropped.labels("silent")._value.get() == 2


async def test_a_tab_that_sleeps_but_answers_pings_is_kept(world: World) -> None:
    host, _ = await world.hosted()

    for _ in range(12):
        world.timers.advance(5)
        await host.settled()

    assert host.socket.close_code is None
    assert world.rooms.participants(ROOM) == 2


async def test_whoever_never_says_hello_is_given_up(world: World) -> None:
    client = await world.connect(world.hub.add("trainee", Role.HOST))

    world.timers.advance(16)

    await client.closed()
    assert world.rooms.figures.dropped.labels("no_hello")._value.get() == 1


# ---- rights that are taken away ------------------------------------------------------


async def test_one_who_logs_out_is_out_within_a_minute(world: World) -> None:
    host, trainee = await world.hosted()
    del world.hub.users["token-trainee"]

    for _ in range(14):
        world.timers.advance(5)
        await host.settled()
        await world.vigil.settled()

    assert await trainee.closed() == CloseCode.LOGIN_REQUIRED
    assert trainee.heard[-1]["refusal"]["code"] == "login_required"
    assert await host.settled() is not None


async def test_one_who_loses_the_role_is_out_when_contracts_change(world: World) -> None:
    _, trainee = await world.hosted()
    world.hub.add("trainee", None)

    world.entitlements.apply_changes(contract(end=world.timers.now().replace(year=2027)))

    assert (await trainee.until("refused"))["refusal"]["code"] == "not_invited"


async def test_one_who_is_made_a_trainer_by_the_hub_becomes_one(world: World) -> None:
    host, trainee = await world.hosted()
    world.hub.add("trainee", Role.COHOST)

    world.vigil.recheck([ROOM])

    changed = await host.until("participant_changed")
    assert (changed["participant"]["name"], changed["participant"]["role"]) == ("Trainee", "cohost")
    assert trainee.socket.close_code is None


async def test_a_hub_that_is_away_ends_nobodys_session(world: World) -> None:
    host, _ = await world.hosted()
    world.hub.is_down = True

    world.vigil.recheck([ROOM])
    await world.vigil.settled()

    assert await host.settled() == []
