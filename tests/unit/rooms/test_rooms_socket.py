"""The WebSocket from the outside: who gets in, what is refused, who hears what."""

from rooms_world import World

from webvisio_protocol.identifiers import Role


async def test_a_trainer_opens_the_room_by_coming_in(world: World) -> None:
    host = await world.join("trainer", Role.HOST)

    welcome = await host.until("welcome")

    assert welcome["room"]["state"] == "open"
    assert [p["name"] for p in welcome["participants"]] == ["Trainer"]
