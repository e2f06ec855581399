"""What moderators withhold and present: enforced, told to everybody, kept, and over with the session."""

import pytest
from rooms_world import World

from webvisio_protocol.identifiers import Role


async def test_who_comes_in_is_told_who_may_use_what(world: World) -> None:
    host = await world.join("trainer", Role.HOST)

    welcome = await host.until("welcome")

    open_to = {one["feature"]: one["audience"] for one in welcome["permissions"]}
    assert open_to == {
        "chat": "all",
        "publish_audio": "all",
        "publish_video": "all",
        "share_screen": "all",
        "draw": "all",
        "write_notes": "all",
        "upload": "moderators",
    }
    assert welcome["presented"] is None


async def test_chat_that_is_withheld_is_refused_until_it_is_open_again(world: World) -> None:
    host, trainee = await world.hosted()
    for audience in ("moderators", "all"):
        host.send("set_permission", permission={"feature": "chat", "audience": audience})
        await trainee.until("permissions_changed")
        trainee.send("chat_send", clientId=audience, text="Bonjour")
        if audience == "moderators":
            refused = await trainee.until("failed", inReplyTo=audience)
            assert refused["refusal"]["code"] == "feature_withheld"
        else:
            await host.until("chat_posted")


async def test_moderators_keep_what_they_withhold_from_others(world: World) -> None:
    host, _ = await world.hosted()
    host.send("set_permission", permission={"feature": "chat", "audience": "moderators"})
    host.send("chat_send", clientId="mine", text="Bonjour")

    assert (await host.until("chat_posted"))["chat"]["clientId"] == "mine"


async def test_a_feature_may_be_one_persons(world: World) -> None:
    host, trainee = await world.hosted()
    me = trainee.heard[0]["participantId"]
    other = await world.join("other")
    await other.until("welcome")
    host.send("set_permission", permission={"feature": "chat", "audience": "people", "people": [me]})
    await other.until("permissions_changed")
    trainee.send("chat_send", clientId="t", text="oui")
    other.send("chat_send", clientId="o", text="non")

    await host.until("chat_posted")
    assert (await other.until("failed"))["inReplyTo"] == "o"


async def test_a_feature_may_be_kept_from_one_person(world: World) -> None:
    host, trainee = await world.hosted()
    me = trainee.heard[0]["participantId"]
    host.send("set_permission", permission={"feature": "chat", "audience": "except", "people": [me]})
    newcomer = await world.join("newcomer")
    await newcomer.until("welcome")
    trainee.send("chat_send", clientId="t", text="non")
    newcomer.send("chat_send", clientId="n", text="oui")

    assert (await trainee.until("failed"))["inReplyTo"] == "t"
    assert (await host.until("chat_posted"))["chat"]["clientId"] == "n"


async def test_a_camera_that_is_on_goes_off_when_cameras_are_withheld(world: World) -> None:
    host, trainee = await world.hosted()
    trainee.send("source_switch", source="camera", isOn=True)
    await host.until("participant_changed")
    host.send("set_permission", permission={"feature": "publish_video", "audience": "moderators"})

    changed = await host.until("participant_changed")
    assert changed["participant"]["sources"] == []
    assert (await trainee.until("muted_by_moderator"))["source"] == "camera"
    trainee.send("source_switch", source="camera", isOn=True)
    assert (await trainee.until("failed"))["refusal"]["code"] == "feature_withheld"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("set_permission", {"permission": {"feature": "chat", "audience": "moderators"}}),
        ("present", {"what": {"kind": "document", "target": "d"}}),
    ],
)
async def test_trainees_neither_withhold_nor_present(
    world: World, kind: str, fields: dict[str, object]
) -> None:
    _, trainee = await world.hosted()
    trainee.send(kind, **fields)

    assert (await trainee.until("failed"))["refusal"]["code"] == "role_too_weak"


async def test_what_is_presented_is_told_to_those_inside_and_those_who_come(world: World) -> None:
    host, trainee = await world.hosted()
    host.send("present", what={"kind": "document", "target": "doc-1", "page": 3, "by": "somebody else"})

    told = await trainee.until("presented")
    late = await (await world.join("late")).until("welcome")

    assert told["what"] == late["presented"]
    assert told["what"]["target"] == "doc-1"
    assert told["what"]["by"] == host.heard[0]["participantId"]
    host.send("present", what=None)
    assert (await trainee.until("presented"))["what"] is None


async def test_scrolling_is_told_to_everybody_within_a_page(world: World) -> None:
    host, trainee = await world.hosted()
    page = {"kind": "file", "target": "handout"}
    for scroll in (0.0, 0.25, 1.0):
        host.send("present", what=page | {"scroll": scroll})
        assert (await trainee.until("presented"))["what"]["scroll"] == scroll
    host.send("present", what=page | {"scroll": 1.5})
    assert (await host.until("failed"))["refusal"]["code"] == "message_malformed"


async def test_stage_and_permissions_outlive_a_restart_of_the_service(world: World) -> None:
    host, _ = await world.hosted()
    host.send("present", what={"kind": "web", "target": "https://example.org/"})
    host.send("set_permission", permission={"feature": "draw", "audience": "moderators"})
    await host.settled()
    await world.rooms.drain()
    await world.stop()
    await world.start()

    welcome = await (await world.join("trainer", Role.HOST)).until("welcome")

    assert welcome["presented"]["target"] == "https://example.org/"
    assert {"feature": "draw", "audience": "moderators", "people": []} in welcome["permissions"]


async def test_a_new_session_begins_with_an_empty_stage(world: World) -> None:
    host, _ = await world.hosted()
    host.send("present", what={"kind": "document", "target": "doc-1"})
    host.send("set_permission", permission={"feature": "chat", "audience": "moderators"})
    host.send("end_session")
    await host.until("session_ended")

    welcome = await (await world.join("trainer", Role.HOST)).until("welcome")

    assert welcome["presented"] is None
    assert {"feature": "chat", "audience": "all", "people": []} in welcome["permissions"]
