"""The token of a person's own server reads their rooms and enters none (clause 4.5)."""

import pytest
from rooms_world import ROOM, World

from webvisio_protocol.identifiers import JOIN_SCOPE, READ_SCOPE, Role

SERVER_TOKEN = ["users:activity!user=claire", "access:services!service=rooms", READ_SCOPE]


def as_kernel(token: str) -> dict[str, str]:
    """The headers of a request from a kernel: a token, no cookie, no XSRF token."""
    return {"Authorization": f"token {token}", "Cookie": "", "X-XSRFToken": "", "Sec-Fetch-Mode": ""}


@pytest.fixture
def token(world: World) -> str:
    return world.hub.add("claire", Role.HOST, scopes=SERVER_TOKEN)


async def test_a_kernel_lists_its_owners_rooms_and_reads_attendance(world: World, token: str) -> None:
    rooms = await world.ask("GET", "api/rooms", headers=as_kernel(token))
    attendance = await world.ask("GET", f"api/rooms/{ROOM}/attendance", headers=as_kernel(token))

    assert (rooms.code, attendance.code) == (200, 200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", f"api/rooms/{ROOM}"),
        ("POST", f"api/rooms/{ROOM}/link"),
        ("POST", f"whip/{ROOM}"),
        ("POST", f"whep/{ROOM}"),
    ],
)
async def test_a_kernel_changes_nothing_and_enters_nowhere(
    world: World, token: str, method: str, path: str
) -> None:
    answer = await world.ask(method, path, body="{}", headers=as_kernel(token))

    assert answer.code == 403


async def test_the_same_person_with_the_scope_to_join_may_change_the_room(world: World) -> None:
    token = world.hub.add("claire", Role.HOST, scopes=[*SERVER_TOKEN, JOIN_SCOPE])

    answer = await world.ask(
        "PATCH", f"api/rooms/{ROOM}", body={"welcome": "Bienvenue"}, headers=as_kernel(token)
    )

    assert answer.code == 200


async def test_the_attendance_stays_with_the_moderators(world: World) -> None:
    token = world.hub.add("karim", Role.PARTICIPANT, scopes=SERVER_TOKEN)

    answer = await world.ask("GET", f"api/rooms/{ROOM}/attendance", headers=as_kernel(token))

    assert answer.code == 403
