"""The hub's groups follow the memberships; one contract suite for the fake hub and the real client."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from billing_scenario import MORNING, OPERATOR, ROOM, HandClock, month_contract
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from shared.patience import PATIENCE_S
from webvisio_billing.application import people
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.hub import (
    FakeHub,
    HubAdministration,
    HubRefused,
    HubUnavailable,
    Invitation,
)
from webvisio_billing.application.hub_client import HubClient
from webvisio_billing.application.people import PeopleKeeper, wanted_pairs
from webvisio_billing.application.requests import NewMember
from webvisio_billing.application.worker import Worker
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.registry import Membership
from webvisio_protocol.identifiers import CustomerId, Role

CUSTOMER = CustomerId("atelier-lumiere")


def membership(name: str, role: Role) -> Membership:
    return Membership(name, ROOM, CUSTOMER, role, MORNING, OPERATOR)


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.HOST, "webvisio-hosts"),
        (Role.COHOST, "webvisio-hosts"),
        (Role.PARTICIPANT, "webvisio-members"),
        (Role.OBSERVER, "webvisio-members"),
    ],
)
def test_a_role_is_three_groups(role: Role, kind: str) -> None:
    assert wanted_pairs([membership("claire", role)]) == {
        ("webvisio-customer-atelier-lumiere", "claire"),
        (f"webvisio-room-{ROOM}-{role.value}", "claire"),
        (kind, "claire"),
    }


# ---- the keeper ------------------------------------------------------------------------


class Kept:
    """A keeper with its database and a fake hub."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.billing = Billing(store, clock)
        self.worker = Worker()
        self.hub = FakeHub()
        self.keeper = PeopleKeeper(store, self.worker, self.hub, clock)


@pytest.fixture
async def kept(store: Store, clock: HandClock) -> AsyncIterator[Kept]:
    made = Kept(store, clock)
    month_contract(made.billing)
    yield made
    await made.keeper.stop()
    made.worker.close()


async def test_people_and_groups_are_made(kept: Kept) -> None:
    await kept.keeper.reconcile()
    assert kept.hub.user_names == {"claire"}
    assert kept.hub.group_members == {
        "webvisio-customer-atelier-lumiere": {"claire"},
        f"webvisio-room-{ROOM}-host": {"claire"},
        "webvisio-hosts": {"claire"},
    }
    assert kept.keeper.is_settled


async def test_comparing_again_changes_nothing(kept: Kept) -> None:
    await kept.keeper.reconcile()
    before = {name: set(members) for name, members in kept.hub.group_members.items()}
    await kept.keeper.reconcile()
    assert kept.hub.group_members == before


async def test_a_new_role_takes_the_old_one_away(kept: Kept) -> None:
    await kept.keeper.reconcile()
    kept.billing.customers.give_role(NewMember(ROOM, "claire", Role.PARTICIPANT), OPERATOR)
    await kept.keeper.reconcile()
    assert kept.hub.group_members == {
        "webvisio-customer-atelier-lumiere": {"claire"},
        f"webvisio-room-{ROOM}-host": set(),
        f"webvisio-room-{ROOM}-participant": {"claire"},
        "webvisio-hosts": set(),
        "webvisio-members": {"claire"},
    }


async def test_groups_that_others_made_are_left_alone(kept: Kept) -> None:
    kept.hub.user_names = {"boris", "claire"}
    kept.hub.group_members = {
        "webvisio-hosts": {"boris"},
        "webvisio-operators": {"claire"},
        "own": {"claire"},
    }
    await kept.keeper.reconcile()
    kept.billing.customers.take_role(ROOM, "claire", OPERATOR)
    await kept.keeper.reconcile()
    assert kept.hub.group_members["webvisio-hosts"] == {"boris"}
    assert kept.hub.group_members["webvisio-operators"] == {"claire"}
    assert kept.hub.group_members["own"] == {"claire"}
    assert kept.hub.group_members["webvisio-customer-atelier-lumiere"] == set()


async def test_what_the_hub_lost_is_made_again(kept: Kept) -> None:
    await kept.keeper.reconcile()
    kept.hub.user_names.clear()
    kept.hub.group_members.clear()
    await kept.keeper.reconcile()
    assert kept.hub.group_members["webvisio-hosts"] == {"claire"}


async def test_a_hub_that_is_away_is_asked_until_it_answers(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(people, "POLL_S", 0.001)
    kept.hub.failure = HubUnavailable("starting")
    asked = asyncio.Event()
    groups = kept.hub.groups

    async def listening() -> Any:
        asked.set()
        return await groups()

    monkeypatch.setattr(kept.hub, "groups", listening)
    kept.keeper.start()
    await asyncio.wait_for(asked.wait(), PATIENCE_S)
    assert not kept.keeper.is_settled
    kept.hub.failure = None
    await settled(kept)
    assert kept.hub.group_members["webvisio-hosts"] == {"claire"}


async def test_a_change_by_another_process_is_noticed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "POLL_S", 0.001)
    kept.keeper.start()
    await settled(kept)
    kept.billing.customers.give_role(NewMember(ROOM, "amina", Role.PARTICIPANT), OPERATOR)
    kept.keeper.is_settled = False
    await settled(kept)
    assert "amina" in kept.hub.user_names


async def settled(kept: Kept) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not kept.keeper.is_settled:  # noqa: ASYNC110 - the keeper tells nobody; the turns are short
            await asyncio.sleep(0)


# ---- the port: one suite for the fake and for the client of the real API ---------------


class HubStandIn:
    """The few routes of JupyterHub's REST API that the client uses, over the fake's memory."""

    token = "token-of-billing"

    def __init__(self, memory: FakeHub) -> None:
        self.memory = memory
        self.status: int | None = None
        self.body: bytes | None = None
        self.page_size = 1
        self.server = HTTPServer(Application([("/hub/api/(.*)", HubRoute, {"stand_in": self})]))
        (listener,) = bind_sockets(0, "127.0.0.1")
        self.server.add_socket(listener)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hub/api"


class HubRoute(RequestHandler):
    def initialize(self, stand_in: HubStandIn) -> None:
        self.hub = stand_in

    async def prepare(self) -> None:
        if self.request.headers.get("Authorization") != f"token {HubStandIn.token}":
            self.stop(403)
        elif self.hub.status is not None:
            self.stop(self.hub.status, self.hub.body or b"")

    def stop(self, status: int, body: bytes = b"") -> None:
        self.set_status(status)
        self.finish(body)

    def page(self, items: list[dict[str, Any]]) -> None:
        offset = int(self.get_query_argument("offset"))
        end = offset + self.hub.page_size
        following = {"offset": end, "limit": 1, "url": ""} if end < len(items) else None
        self.finish({"items": items[offset:end], "_pagination": {"next": following, "total": len(items)}})

    async def get(self, path: str) -> None:
        if path == "users":
            self.page([{"name": name, "admin": False} for name in sorted(self.hub.memory.user_names)])
        elif path == "groups":
            self.page([{"name": n, "users": sorted(m)} for n, m in self.hub.memory.group_members.items()])
        elif path == "webvisio/invitations" and await self.hub.memory.has_passwords():
            self.stop(200, b"{}")
        else:
            self.stop(404)

    async def post(self, path: str) -> None:
        memory, body = self.hub.memory, msgspec.json.decode(self.request.body or b"null")
        if path == "webvisio/invitations":
            await self.invite(body["name"])
        elif match := re.fullmatch("users/(.+)", path):
            name = unquote(match[1])
            status = 409 if name in memory.user_names else 201
            await memory.create_user(name)
            self.stop(status)
        elif match := re.fullmatch("groups/([^/]+)/users", path):
            try:
                await memory.add_to_group(unquote(match[1]), frozenset(body["users"]))
                self.stop(200)
            except HubRefused:
                self.stop(400)
        elif match := re.fullmatch("groups/([^/]+)", path):
            status = 409 if unquote(match[1]) in memory.group_members else 201
            await memory.create_group(unquote(match[1]))
            self.stop(status)

    async def delete(self, path: str) -> None:
        body = msgspec.json.decode(self.request.body)
        match = re.fullmatch("groups/([^/]+)/users", path)
        assert match is not None
        if unquote(match[1]) not in self.hub.memory.group_members:
            self.stop(404)
        elif not set(body["users"]) <= self.hub.memory.user_names:
            self.stop(400)
        else:
            await self.hub.memory.remove_from_group(unquote(match[1]), frozenset(body["users"]))
            self.stop(200)

    async def invite(self, name: str) -> None:
        try:
            invitation = await self.hub.memory.invite(name)
        except HubRefused:
            self.stop(400)
            return
        if invitation is None:
            self.stop(404)
            return
        self.set_status(201)
        self.finish(msgspec.json.encode(invitation))


class Port:
    """An administration, and the memory behind it."""

    def __init__(self, hub: HubAdministration, memory: FakeHub) -> None:
        self.hub = hub
        self.memory = memory


@pytest.fixture(params=["fake", "client"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[Port]:
    memory = FakeHub(MORNING)
    if request.param == "fake":
        yield Port(memory, memory)
        return
    stand_in = HubStandIn(memory)
    yield Port(HubClient(stand_in.url, HubStandIn.token), memory)
    stand_in.server.stop()
    await stand_in.server.close_all_connections()


async def test_users_and_groups_are_listed_to_the_last_page(port: Port) -> None:
    for name in ("amina", "claire", "louis"):
        await port.hub.create_user(name)
    for group in ("a", "b", "c"):
        await port.hub.create_group(group)
    assert await port.hub.users() == {"amina", "claire", "louis"}
    assert set(await port.hub.groups()) == {"a", "b", "c"}


async def test_making_what_exists_is_a_success(port: Port) -> None:
    for _ in range(2):
        await port.hub.create_user("zoë@école.fr")
        await port.hub.create_group("a")
    assert port.memory.user_names == {"zoë@école.fr"}


async def test_members_come_and_go(port: Port) -> None:
    await port.hub.create_user("amina")
    await port.hub.create_group("a")
    await port.hub.add_to_group("a", frozenset({"amina"}))
    assert (await port.hub.groups())["a"] == {"amina"}
    await port.hub.remove_from_group("a", frozenset({"amina", "gone-user"}))
    await port.hub.remove_from_group("gone-group", frozenset({"amina"}))
    assert (await port.hub.groups())["a"] == frozenset()


async def test_adding_somebody_unknown_is_refused(port: Port) -> None:
    await port.hub.create_group("a")
    with pytest.raises(HubRefused):
        await port.hub.add_to_group("a", frozenset({"nobody"}))


async def test_an_invitation_is_a_link_with_an_end(port: Port) -> None:
    await port.hub.create_user("amina")
    assert await port.hub.invite("amina") == Invitation("https://hub.example/hub/invitation/1", MORNING)


async def test_a_hub_without_local_accounts_invites_nobody(port: Port) -> None:
    port.memory.expires_at = None
    await port.hub.create_user("amina")
    assert await port.hub.invite("amina") is None
    assert not await port.hub.has_passwords()


async def test_a_hub_with_local_accounts_keeps_passwords(port: Port) -> None:
    assert await port.hub.has_passwords()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, b"", HubUnavailable),
        (429, b"", HubUnavailable),
        (403, b"", HubRefused),
        (200, b"<html>", HubUnavailable),
        (200, b'{"items": 3}', HubUnavailable),
    ],
)
async def test_the_client_tells_later_from_never(status: int, body: bytes, outcome: type[Exception]) -> None:
    stand_in = HubStandIn(FakeHub())
    stand_in.status, stand_in.body = status, body
    with pytest.raises(outcome):
        await HubClient(stand_in.url, HubStandIn.token).users()
    stand_in.server.stop()


async def test_a_hub_that_is_not_there_is_unavailable() -> None:
    (listener,) = bind_sockets(0, "127.0.0.1")
    port_number = listener.getsockname()[1]
    listener.close()
    with pytest.raises(HubUnavailable):
        await HubClient(f"http://127.0.0.1:{port_number}/hub/api", "x").groups()
