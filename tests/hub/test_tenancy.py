"""Nobody reaches what is another's: every route of both services, tried by everybody.

The table below says who may come through each door; a route that is not in it,
or a method that a handler offers beyond it, fails the first test. "May" means:
is not turned away (an allowed caller may still be told that the body is wrong).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from hub.platform_fixture import Platform
from webvisio_billing.web.routes import ROUTES as BILLING_ROUTES
from webvisio_rooms.web.routes import ROUTES as ROOMS_ROUTES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CALLERS = ("anonymous", "guest", "trainee", "stranger", "service", "admin", "internal", "trainer")
"""A guest and a trainee of the room, the trainer of another customer, the other service's own
token, the platform's admin, the internal token, and the room's own trainer."""

ANYBODY = frozenset(CALLERS)
NOBODY: frozenset[str] = frozenset()
ADMIN = frozenset({"admin"})
TRAINER = frozenset({"trainer"})
INTERNAL = frozenset({"internal"})
MEMBERS = frozenset({"trainee", "trainer"})

ROOM = "python-debutants"

ACCOUNT_PATHS = (
    "",
    "/contracts/([^/]+)/terms",
    "/contracts/([^/]+)/pay",
    "/contracts/([^/]+)/documents/([^/]+)",
    "/contracts/([^/]+)/data",
    "/contracts/([^/]+)/data/state",
    "/contracts/([^/]+)/data/archive",
    "/checkouts/([^/]+)/(return|cancel)",
)

ALLOWED: dict[str, frozenset[str]] = {
    # rooms: doors that are open by nature
    "rooms GET ": ANYBODY,
    "rooms GET r/([^/]+)": ANYBODY,
    # a token is no login: every browser is sent to the hub, and comes back with a cookie
    "rooms GET login": NOBODY,
    "rooms GET session": NOBODY,
    "rooms GET oauth_callback": ANYBODY,
    # a token that is no person's is told so, even here
    "rooms GET api/links/([^/]+)": ANYBODY - {"service", "internal"},
    # a guest sends the page's XSRF token along, which a bare request lacks
    "rooms POST api/links/([^/]+)/guest": frozenset({"trainee", "stranger", "admin", "trainer"}),
    "rooms GET api/rooms": frozenset({"trainee", "stranger", "trainer"}),
    "rooms PATCH api/rooms/([^/]+)": TRAINER,
    "rooms POST api/rooms/([^/]+)/link": TRAINER,
    "rooms GET api/rooms/([^/]+)/attendance": TRAINER,
    "rooms GET api/rooms/([^/]+)/files": MEMBERS,
    "rooms GET api/rooms/([^/]+)/files/([^/]+)": MEMBERS,
    "rooms GET api/rooms/([^/]+)/files/([^/]+)/versions": MEMBERS,
    "rooms PATCH api/rooms/([^/]+)/files/([^/]+)": MEMBERS,
    "rooms DELETE api/rooms/([^/]+)/files/([^/]+)": MEMBERS,
    "rooms POST api/rooms/([^/]+)/folders": TRAINER,
    "rooms DELETE api/rooms/([^/]+)/folders": TRAINER,
    "rooms POST api/rooms/([^/]+)/uploads": MEMBERS,
    "rooms PATCH api/rooms/([^/]+)/uploads/([^/]+)": MEMBERS,
    "rooms DELETE api/rooms/([^/]+)/uploads/([^/]+)": MEMBERS,
    "rooms GET api/rooms/([^/]+)/documents": MEMBERS,
    "rooms POST api/rooms/([^/]+)/documents": TRAINER,
    "rooms GET api/rooms/([^/]+)/documents/([^/]+)": MEMBERS,
    "rooms PATCH api/rooms/([^/]+)/documents/([^/]+)": TRAINER,
    "rooms DELETE api/rooms/([^/]+)/documents/([^/]+)": TRAINER,
    "rooms GET api/rooms/([^/]+)/documents/([^/]+)/export": MEMBERS,
    "rooms GET api/rooms/([^/]+)/documents/([^/]+)/history": MEMBERS,
    "rooms GET api/rooms/([^/]+)/documents/([^/]+)/history/([^/]+)": MEMBERS,
    "rooms POST api/rooms/([^/]+)/documents/([^/]+)/restore": TRAINER,
    "rooms GET api/rooms/([^/]+)/documents/([^/]+)/hand": MEMBERS,
    "rooms POST api/rooms/([^/]+)/documents/([^/]+)/hand": MEMBERS,
    "rooms DELETE api/rooms/([^/]+)/documents/([^/]+)/hand": MEMBERS,
    "rooms POST api/rooms/([^/]+)/documents/([^/]+)/hand-in": MEMBERS,
    "rooms DELETE api/rooms/([^/]+)/documents/([^/]+)/hand-in": MEMBERS,
    "rooms POST api/rooms/([^/]+)/exercises": TRAINER,
    "rooms PATCH api/rooms/([^/]+)/exercises/([^/]+)": TRAINER,
    "rooms GET api/internal/rooms/([^/]+)/link": INTERNAL,
    "rooms GET api/internal/customers/([^/]+)/data": INTERNAL,
    "rooms POST api/internal/customers/([^/]+)/data": INTERNAL,
    "rooms GET api/internal/customers/([^/]+)/data/archive": INTERNAL,
    "rooms POST api/internal/customers/([^/]+)/data/destruction": INTERNAL,
    "rooms POST whip/([^/]+)": MEMBERS,
    "rooms POST whep/([^/]+)": MEMBERS,
    "rooms GET health": INTERNAL,
    "rooms GET metrics": INTERNAL,
    # billing: the operator's
    "billing GET oauth_callback": ANYBODY,
    "billing GET static/(.*)": ANYBODY,
    "billing GET api/openapi.json": ANYBODY,
    # PayPal knocks by signature: without one it is turned away, whoever it is
    "billing POST payments/paypal/webhook": NOBODY,
    # a customer's contact, about that customer alone; none of the callers here is one
    **{f"billing GET account{path}": NOBODY for path in ACCOUNT_PATHS},
    "billing POST account/contracts/([^/]+)/pay": NOBODY,
    "billing POST account/contracts/([^/]+)/data": NOBODY,
    "billing GET api/entitlements": INTERNAL,
    "billing GET api/entitlements/stream": INTERNAL,
    "billing GET health": INTERNAL,
    "billing GET metrics": INTERNAL,
}
"""What is not here is the operator's alone (billing) or nobody's (rooms)."""


@dataclass(frozen=True)
class Door:
    """One route and method of a service."""

    service: str
    method: str
    pattern: str
    is_socket: bool

    @property
    def name(self) -> str:
        return f"{self.service} {self.method} {self.pattern}"

    @property
    def allowed(self) -> frozenset[str]:
        return ALLOWED.get(self.name, ADMIN if self.service == "billing" else frozenset())


def _doors() -> list[Door]:
    found = []
    for service, routes in (("rooms", ROOMS_ROUTES), ("billing", BILLING_ROUTES)):
        for pattern, handler in routes:
            for method in METHODS:
                own = getattr(handler, method.lower(), None)
                inherited = getattr(RequestHandler, method.lower(), None)
                if own is not None and own is not inherited:
                    found.append(Door(service, method, pattern, issubclass(handler, WebSocketHandler)))
    return found


DOORS = _doors()
CHANGING = {
    "rooms POST api/rooms/([^/]+)/link",
    "rooms POST api/internal/customers/([^/]+)/data/destruction",
    "billing POST api/rooms/([^/]+)/members/([^/]+)/invitation",
}
"""Doors that would change the demonstration for the tests after these; `DELETE`s too."""
TRIALS = [
    (door, caller)
    for door in DOORS
    for caller in CALLERS
    if not door.is_socket
    and not (caller in door.allowed and (door.method == "DELETE" or door.name in CHANGING))
]


@dataclass
class World:
    """The platform and what each caller carries."""

    platform: Platform
    headers: dict[str, dict[str, str]]
    contract: str

    def path(self, door: Door) -> str:
        """Fill a route's identifiers with those of the first customer."""
        code = self.platform.room_link.rsplit("/", 1)[1]
        first = code if "links/" in door.pattern or door.pattern.startswith("r/") else ROOM
        if "customers/" in door.pattern:
            first = "atelier-lumiere"
        if "contracts/" in door.pattern and "customers/" not in door.pattern:
            first = self.contract
        values = iter((first, "amina" if "members/" in door.pattern else "unpaid", "1"))
        filled = re.sub(r"\(.*?\)(?:\?)?(?=/|$)", lambda _: next(values), door.pattern)
        return f"/services/{door.service}/{filled}"


@pytest.fixture(scope="module")
def world(platform: Platform) -> Iterator[World]:
    """Tokens for everybody; the guest has the cookie of the room."""
    tokens = {}
    for caller, name in (
        ("trainee", "amina"),
        ("stranger", "erik"),
        ("admin", "admin"),
        ("trainer", "claire"),
    ):
        with platform.session(name) as session:
            session.follow(session.get("/hub/home"))
            made = session.api("POST", f"/users/{name}/tokens", {"note": "tenancy", "expires_in": 3600})
            assert made.status_code == 201, made.text
            tokens[caller] = made.json()["token"]
    secrets = json.loads((platform.home / "secrets.json").read_text())
    headers = {caller: {"Authorization": f"token {token}"} for caller, token in tokens.items()}
    headers["anonymous"] = {}
    headers["service"] = {"Authorization": f"token {secrets['rooms_token']}"}
    headers["internal"] = {"Authorization": f"Bearer {secrets['internal_token']}"}
    headers["guest"] = {"Cookie": _guest_cookie(platform)}
    yield World(platform, headers, platform.contract_of("atelier-lumiere"))


def _guest_cookie(platform: Platform) -> str:
    with platform.session(locale="en") as browser:
        page = browser.get(httpx.URL(platform.room_link).path)
        token = re.search(r'"xsrf":\s*"([^"]+)"', page.text)
        assert token
        path = "/services/rooms/api/links/" + platform.room_link.rsplit("/", 1)[1] + "/guest"
        entered = browser.post(
            path,
            json={"name": "Guest", "password": platform.guest_password},
            headers={"X-XSRFToken": token[1], "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"},
        )
        assert entered.status_code == 200, entered.text
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)


def test_the_table_names_only_doors_that_exist() -> None:
    assert set(ALLOWED) <= {door.name for door in DOORS}


def test_no_sensitive_door_of_the_rooms_is_open_to_strangers() -> None:
    for door in DOORS:
        if "api/rooms/" in door.pattern or "whip" in door.pattern or "whep" in door.pattern:
            assert not door.allowed & {"anonymous", "guest", "stranger", "service"}


@pytest.mark.parametrize(("door", "caller"), TRIALS, ids=lambda value: getattr(value, "name", value))
def test_a_door_lets_in_whom_the_table_says(world: World, door: Door, caller: str) -> None:
    answer = _try(world, door, caller)
    told = (door.name, caller, answer.status_code, answer.text[:300])
    assert answer.status_code < 500, told
    if caller in door.allowed:
        # an identifier or a file that is not there is 404 for whoever may ask
        assert not _is_turned_away(answer) or answer.status_code == 404, told
    else:
        assert _is_turned_away(answer), told
        assert "Amina" not in answer.text
        assert "webvisio-room-" not in answer.text


def _try(world: World, door: Door, caller: str) -> httpx.Response:
    with httpx.Client(base_url=world.platform.url, timeout=20) as browser:
        content = b"" if door.method in ("GET", "DELETE") else b"not json"
        with browser.stream(
            door.method, world.path(door), headers=world.headers[caller], content=content
        ) as answer:
            if not door.pattern.endswith("stream"):
                answer.read()
            else:
                answer._content = b""  # the stream has no end
            return answer


def _is_turned_away(answer: httpx.Response) -> bool:
    if answer.status_code in (401, 403, 404):
        return True
    return answer.is_redirect and "oauth2/authorize" in answer.headers["location"]


async def _socket_status(world: World, room: str, caller: str) -> int:
    url = f"{world.platform.url}/services/rooms/ws/{room}".replace("http", "ws", 1)
    headers = {**world.headers[caller], "Origin": world.platform.url}
    try:
        socket = await websocket_connect(HTTPRequest(url, headers=headers))
    except HTTPClientError as error:
        return int(error.code)
    await socket.write_message('{"type":"hello","protocol":1,"locale":"en","tabId":"tenancy"}')
    answer = await socket.read_message()
    socket.close()
    text = answer.decode() if isinstance(answer, bytes) else str(answer)
    return 200 if re.search(r'"type":"(welcome|waiting)"', text) else 403


@pytest.mark.parametrize("caller", CALLERS)
async def test_the_rooms_socket_lets_in_its_own_people_only(world: World, caller: str) -> None:
    status = await _socket_status(world, ROOM, caller)
    # a token names a server, not the person in the browser: only cookies open the socket
    assert (status == 200) == (caller == "guest")


@pytest.mark.parametrize("caller", CALLERS)
async def test_another_customers_socket_stays_shut_for_everybody_here(world: World, caller: str) -> None:
    assert await _socket_status(world, "studio-nord-1", caller) != 200


def test_unknown_paths_are_not_found_and_say_nothing(world: World) -> None:
    for service in ("rooms", "billing"):
        for path in (
            "api/nonsense",
            "../hub/api/users",
            "static/../../../etc/passwd",
            "%2e%2e/%2e%2e/secrets.json",
        ):
            answer = httpx.get(
                f"{world.platform.url}/services/{service}/{path}", headers=world.headers["admin"]
            )
            assert answer.status_code in (302, 400, 403, 404), (path, answer.status_code)
            assert str(Path.home()) not in answer.text
            assert "Traceback" not in answer.text
