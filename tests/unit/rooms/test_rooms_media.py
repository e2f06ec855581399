"""Media as the room drives it, over the fake engine: offers, slots, loss of the worker, WHIP and WHEP."""

from rooms_world import OFFER, OTHER_ROOM, ROOM, SOURCES, Client, World, blocked, contract

from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import PeerId, Role, TrackId


async def offered(client: Client) -> None:
    """Negotiate the client's peer."""
    client.send("media_offer", sdp=OFFER, sources=SOURCES)
    await client.until("media_answer")


def peer_of(world: World, client: Client) -> PeerId:
    """The engine's peer of a client."""
    who = client.heard[0]["participantId"]
    return next(peer for peer in world.engine.peers if peer.startswith(f"{who}-"))


def shown(message: dict) -> dict[str, tuple[str, str] | None]:  # type: ignore[type-arg]  # JSON
    return {
        slot["mid"]: None if slot["participantId"] is None else (slot["participantId"], slot["source"])
        for slot in message["assignments"]
    }


async def test_an_offer_is_answered_and_the_others_see_that_media_flows(world: World) -> None:
    host, trainee = await world.hosted()

    await offered(trainee)

    assert (await host.until("participant_changed"))["participant"]["hasMedia"] is True
    assert world.engine.peers[peer_of(world, trainee)].sources == SOURCES


async def test_after_a_change_of_networks_ice_restarts_and_the_peer_stays(world: World) -> None:
    _, trainee = await world.hosted()
    await offered(trainee)
    peer = peer_of(world, trainee)

    trainee.send("ice_restart", ufrag="abcd")

    restarted = await trainee.until("ice_restarted")
    assert (restarted["ufrag"], restarted["password"]) == ("ufrag-1", "password-1")
    assert peer_of(world, trainee) == peer


async def test_ice_of_a_peer_that_is_gone_cannot_restart(world: World) -> None:
    _, trainee = await world.hosted()

    trainee.send("ice_restart", ufrag="abcd")

    failed = await trainee.until("failed")
    assert (failed["refusal"]["code"], failed["inReplyTo"]) == ("media_unavailable", "ice_restart")


async def test_what_is_switched_off_is_not_forwarded(world: World) -> None:
    _, trainee = await world.hosted()
    trainee.send("source_switch", source="microphone", isOn=True)

    await offered(trainee)

    peer = peer_of(world, trainee)
    assert world.engine.stopped_tracks == {TrackId(f"{peer}/camera"), TrackId(f"{peer}/screen")}


async def test_a_camera_that_goes_on_is_shown_in_a_slot(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)
    await offered(trainee)
    who = trainee.heard[0]["participantId"]

    trainee.send("source_switch", source="camera", isOn=True)

    assert shown(await host.until("slots")) == {"4": (who, "camera"), "5": None}
    choice = world.engine.peers[peer_of(world, host)].slots["4"]
    assert choice.track_id == f"{peer_of(world, trainee)}/camera"


async def test_a_layout_decides_what_is_shown_and_how_large(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)
    await offered(trainee)
    who = trainee.heard[0]["participantId"]
    for source in ("camera", "screen"):
        trainee.send("source_switch", source=source, isOn=True)
    await trainee.settled()
    await host.settled()

    host.send("layout", videos=[{"participantId": who, "source": "screen", "width": 1280, "height": 720}])

    slots = shown(await host.until("slots"))
    assert sorted(slots.values(), key=str) == [(who, "screen"), None]
    sizes = {
        (c.width, c.height) for c in world.engine.peers[peer_of(world, host)].slots.values() if c.track_id
    }
    assert sizes == {(1280, 720)}


async def test_speakers_are_told_by_participant(world: World) -> None:
    host, trainee = await world.hosted()
    trainee.send("source_switch", source="microphone", isOn=True)
    await offered(trainee)

    world.engine.speak(world.rooms.live[ROOM].group_id, peer_of(world, trainee))

    assert (await host.until("speakers"))["participantIds"] == [trainee.heard[0]["participantId"]]


async def test_one_who_is_muted_is_no_speaker(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(trainee)

    world.engine.speak(world.rooms.live[ROOM].group_id, peer_of(world, trainee))

    assert "speakers" not in [m["type"] for m in await host.settled()]


async def test_an_observer_publishes_nothing(world: World) -> None:
    await world.hosted()
    observer = await world.join("observer", Role.OBSERVER)
    await observer.until("welcome")
    await offered(observer)
    peer = peer_of(world, observer)

    observer.send("source_switch", source="camera", isOn=True)

    assert (await observer.until("failed"))["refusal"]["code"] == "role_too_weak"
    assert {f"{peer}/{source}" for source in SOURCES.values()} <= world.engine.stopped_tracks


async def test_a_bad_offer_fails_and_the_connection_stays(world: World) -> None:
    host, _ = await world.hosted()

    host.send("media_offer", sdp="nonsense", sources={})

    failed = await host.until("failed")
    assert (failed["refusal"]["code"], failed["inReplyTo"]) == ("offer_invalid", "media_offer")


async def test_when_the_worker_dies_everybody_offers_again_once_there_is_another(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)
    await offered(trainee)
    await host.settled()
    world.engine.die()
    assert "media_reset" not in [m["type"] for m in await host.settled()]

    world.engine.revive()

    await host.until("media_reset")
    await trainee.until("media_reset")
    await offered(trainee)
    assert len(world.engine.peers) == 1


async def test_when_one_of_several_workers_dies_only_its_people_offer_again(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)
    await offered(trainee)
    trainee.send("source_switch", source="camera", isOn=True)
    await host.until("slots")
    kept = peer_of(world, host)
    world.engine.speak(world.rooms.live[ROOM].group_id, kept)

    world.engine.lose_some(peer_of(world, trainee))

    await trainee.until("media_reset")
    assert set(shown(await host.until("slots")).values()) == {None}
    await offered(trainee)
    assert [m["type"] for m in await host.settled()].count("media_reset") == 0
    assert peer_of(world, host) == kept
    assert len(world.engine.peers) == 2


async def test_an_offer_without_a_worker_fails_and_is_asked_for_again(world: World) -> None:
    host, _ = await world.hosted()
    world.engine.die()
    host.send("media_offer", sdp=OFFER, sources=SOURCES)
    assert (await host.until("failed"))["refusal"]["code"] == "media_unavailable"

    world.engine.revive()

    await host.until("media_reset")


async def test_a_new_offer_replaces_the_peer(world: World) -> None:
    _, trainee = await world.hosted()
    await offered(trainee)
    first = peer_of(world, trainee)

    await offered(trainee)

    assert list(world.engine.peers) != [first]
    assert len(world.engine.peers) == 1


async def test_media_that_was_lost_is_not_kept_over_a_resume(world: World) -> None:
    _, trainee = await world.hosted()
    await offered(trainee)
    world.engine.lose_peer(peer_of(world, trainee))

    again = await world.join("trainee", resume=trainee.heard[0]["resume"])

    assert (await again.until("welcome"))["isMediaKept"] is False


async def test_leaving_closes_the_peer(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(trainee)

    trainee.send("leave")

    await host.until("participant_left")
    assert world.engine.peers == {}


# ---- WHIP and WHEP -------------------------------------------------------------------


SDP = {"Content-Type": "application/sdp"}


def bearer(token: str) -> dict[str, str]:
    """What a tool sends: a token, no cookies of use, no fetch metadata."""
    return SDP | {"Authorization": f"Bearer {token}", "X-XSRFToken": ""}


async def test_a_tool_publishes_into_the_room_and_is_seen_in_the_roster(world: World) -> None:
    host, _ = await world.hosted()

    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))

    assert (answer.code, answer.headers["Content-Type"]) == (201, "application/sdp")
    joined = await host.until("participant_joined")
    assert (joined["participant"]["name"], joined["participant"]["role"]) == ("Trainer (WHIP)", "participant")
    location = answer.headers["Location"]
    assert location == f"/services/rooms/whip/{ROOM}/{joined['participant']['participantId']}"


async def test_deleting_the_resource_ends_the_line(world: World) -> None:
    host, _ = await world.hosted()
    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))
    path = answer.headers["Location"].removeprefix("/services/rooms/")

    deleted = await world.ask("DELETE", path, headers=bearer("token-trainer"))

    assert deleted.code == 200
    await host.until("participant_left")
    assert world.engine.peers == {}
    assert (await world.ask("DELETE", path, headers=bearer("token-trainer"))).code == 404


async def test_nobody_else_may_end_the_line(world: World) -> None:
    await world.hosted()
    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))
    path = answer.headers["Location"].removeprefix("/services/rooms/")

    assert (await world.ask("DELETE", path, headers=bearer("token-trainee"))).code == 403


async def test_trickled_candidates_are_taken_and_restarts_are_not(world: World) -> None:
    await world.hosted()
    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))
    path = answer.headers["Location"].removeprefix("/services/rooms/")
    fragment = bearer("token-trainer") | {"Content-Type": "application/trickle-ice-sdpfrag"}

    trickled = await world.ask("PATCH", path, body="a=candidate:1", headers=fragment)
    restarted = await world.ask("PATCH", path, body="a=ice-ufrag:x", headers=fragment | {"If-Match": "*"})
    other = await world.ask("PATCH", path, body="x", headers=bearer("token-trainer"))

    assert (trickled.code, restarted.code, other.code) == (204, 422, 400)


async def test_a_tool_watches_as_an_observer(world: World) -> None:
    host, _ = await world.hosted()

    offer = OFFER.replace("sendonly", "recvonly")
    answer = await world.ask("POST", f"whep/{ROOM}", body=offer, headers=bearer("token-trainee"))

    assert answer.code == 201
    joined = await host.until("participant_joined")
    assert (joined["participant"]["name"], joined["participant"]["role"]) == ("Trainee (WHEP)", "observer")
    assert [peer.fills_video_slots for peer in world.engine.peers.values()] == [True]


async def test_whip_is_refused_to_those_who_may_not_publish(world: World) -> None:
    await world.hosted()
    observer = world.hub.add("observer", Role.OBSERVER)
    stranger = world.hub.add("stranger", Role.HOST, room=OTHER_ROOM)
    service = world.hub.add("robot", Role.HOST, kind="service")

    codes = [
        (await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer(token))).code
        for token in (observer, stranger, service, "nobody")
    ]

    assert codes == [403, 403, 403, 401]


async def test_whip_without_a_session_says_that_a_trainer_comes_first(world: World) -> None:
    token = world.hub.add("trainer", Role.HOST)

    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer(token))

    assert (answer.code, b"a trainer opens it first" in answer.body) == (409, True)


async def test_whip_takes_sdp_only(world: World) -> None:
    await world.hosted()
    headers = bearer("token-trainer")

    as_json = await world.ask(
        "POST", f"whip/{ROOM}", body="{}", headers=headers | {"Content-Type": "text/json"}
    )
    nonsense = await world.ask("POST", f"whip/{ROOM}", body="nonsense", headers=headers)

    assert (as_json.code, nonsense.code) == (400, 400)
    assert world.rooms.participants(ROOM) == 2


async def test_the_cut_ends_tools_too(world: World) -> None:
    await world.hosted()
    await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))

    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.UNPAID)))

    assert world.engine.peers == {}
    answer = await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))
    assert (answer.code, b'"clause":"6.4"' in answer.body) == (403, True)


async def test_a_tool_whose_media_is_lost_leaves_the_roster(world: World) -> None:
    host, _ = await world.hosted()
    await world.ask("POST", f"whip/{ROOM}", body=OFFER, headers=bearer("token-trainer"))
    await host.until("participant_joined")

    world.engine.die()

    await host.until("participant_left")


async def test_how_a_line_is_doing_is_told_to_the_others_once(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(trainee)
    await host.until("participant_changed")

    trainee.send("line_report", sends="good", receives="good")
    trainee.send("line_report", sends="poor", receives="none")

    told = (await host.until("participant_changed"))["participant"]
    assert (told["sends"], told["receives"]) == ("poor", "none")


async def test_a_line_that_is_made_anew_has_no_past(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(trainee)
    trainee.send("line_report", sends="none", receives="none")
    await host.until("participant_changed")

    world.engine.lose_peer(peer_of(world, trainee))

    while (told := (await host.until("participant_changed"))["participant"])["hasMedia"]:
        pass
    assert (told["sends"], told["receives"]) == ("good", "good")


async def test_paused_pictures_and_watched_layers_are_told_to_their_owner_alone(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)
    await offered(trainee)

    world.engine.pause(peer_of(world, trainee), "4")
    world.engine.watch(peer_of(world, trainee), 2)

    assert (await trainee.until("slots_paused"))["mids"] == ["4"]
    assert (await trainee.until("camera_layers"))["layers"] == 2
    assert not {"slots_paused", "camera_layers"} & {message["type"] for message in host.heard}


async def test_a_server_that_does_not_keep_up_is_told_to_everybody_and_whoever_comes(world: World) -> None:
    host, trainee = await world.hosted()
    await offered(host)

    world.engine.strain(is_strained=True)

    for one in (host, trainee):
        assert (await one.until("media_strained"))["isStrained"] is True
    late = await world.join("cohost")
    assert (await late.until("welcome"))["isMediaStrained"] is True
    world.engine.strain(is_strained=True)  # again: nobody is told twice
    world.engine.strain(is_strained=False)
    assert (await host.until("media_strained"))["isStrained"] is False
