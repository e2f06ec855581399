"""The contract over any authenticator: who is refused, with which words (clauses 2.1, 3, 5.4, 5.5, 6.4)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.auth import Authenticator
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from traitlets.config import Configurable

from webvisio_entitlements.source import FixedEntitlements
from webvisio_hub.contract import ContractMixin, contract_authenticator
from webvisio_hub.refusing import RefusedRequest, RefusedSpawn
from webvisio_protocol.entitlements import Block, BlockReason, ContractAccess, Interval, RentedRoom
from webvisio_protocol.identifiers import OPERATORS_GROUP, ContractId, CustomerId, RoomId, customer_group

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Inner(Authenticator):
    """Stands for any authenticator of JupyterHub: believes whoever says their name."""

    refreshed = 0
    answer: Any = True

    async def authenticate(self, handler: Any, data: Any) -> Any:
        return data["username"]

    async def refresh_user(self, user: Any, handler: Any = None) -> Any:
        Inner.refreshed += 1
        return self.answer


class Hub(Configurable):
    """What the authenticator needs of JupyterHub: a database."""

    db: Any = None


class HandClock:
    recheck_s = 0.0
    time = NOW

    def now(self) -> datetime:
        return self.time


def contract(customer: str = "atelier", **changes: Any) -> ContractAccess:
    fields: dict[str, Any] = {
        "contract_id": ContractId(f"contract-{customer}"),
        "customer_id": CustomerId(customer),
        "customer_name": customer.title(),
        "timezone": "Europe/Paris",
        "intervals": (Interval(NOW - DAY, NOW + 30 * DAY),),
        "rooms": (RentedRoom(RoomId("python"), "Python"),),
    }
    return ContractAccess(**fields | changes)


BLOCKED = [
    (BlockReason.UNPAID, "6.4", "facture", "invoice"),
    (BlockReason.ILLEGAL_CONTENT, "5.5", "illicite", "unlawful"),
    (BlockReason.FRAUD, "5.4", "codes d’accès", "credentials"),
    (BlockReason.MAINTENANCE, "4.3", "maintenance", "maintenance"),
]


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    made.db = orm.new_session_factory("sqlite:///:memory:")()
    groups = {name: orm.Group(name=name) for name in (customer_group(CustomerId("atelier")),
              customer_group(CustomerId("nord")), OPERATORS_GROUP)}  # fmt: skip
    people = {
        "amina": ["webvisio-customer-atelier"],
        "erik": ["webvisio-customer-nord"],
        "both": ["webvisio-customer-atelier", "webvisio-customer-nord"],
        "operator": [OPERATORS_GROUP, "webvisio-customer-atelier"],
        "stranger": [],
    }
    for name, of in people.items():
        made.db.add(orm.User(name=name, groups=[groups[group] for group in of]))
    made.db.add(orm.User(name="root", admin=True))
    made.db.add_all(groups.values())
    made.db.commit()
    yield made
    made.db.close()


@pytest.fixture
async def entitlements() -> FixedEntitlements:
    source = FixedEntitlements([contract("atelier"), contract("nord", rooms=())])
    await source.start()
    return source


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def authenticator(
    hub: Hub, entitlements: FixedEntitlements, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setenv("WEBVISIO_PSEUDONYM_KEY", "00" * 32)
    Inner.refreshed, Inner.answer = 0, True
    return contract_authenticator(Inner)(
        parent=hub, allow_all=True, entitlement_source=entitlements, clock=clock
    )


def request(locale: str = "en", is_token: bool = False, user: Any = None) -> Any:
    """What the authenticator looks at in a request's handler."""
    found = HTTPServerRequest(
        headers=HTTPHeaders({"Accept-Language": locale, "Host": "localhost"}),
        connection=SimpleNamespace(context=None),  # type: ignore[arg-type]  # nothing of it is used
        start_line=RequestStartLine("GET", "/hub/home", "HTTP/1.1"),
    )
    return SimpleNamespace(
        request=found, get_cookie=lambda name: None, _token_authenticated=is_token, current_user=user
    )


async def login(authenticator: Any, name: str, locale: str = "en") -> Any:
    return await authenticator.get_authenticated_user(request(locale), {"username": name})


def block(entitlements: FixedEntitlements, reason: BlockReason, customer: str = "atelier") -> None:
    entitlements.apply_changes(contract(customer, blocks=(Block(reason, NOW - DAY),)))


def user(name: str) -> Any:
    return SimpleNamespace(name=name)


async def test_a_customer_in_order_lets_its_people_in(authenticator: Any) -> None:
    assert (await login(authenticator, "amina"))["name"] == "amina"


@pytest.mark.parametrize(("reason", "clause", "french", "english"), BLOCKED)
async def test_each_block_refuses_the_login_with_its_clause(
    authenticator: Any,
    entitlements: FixedEntitlements,
    reason: BlockReason,
    clause: str,
    french: str,
    english: str,
) -> None:
    block(entitlements, reason)
    for locale, word in (("fr", french), ("en", english)):
        with pytest.raises(RefusedRequest) as refused:
            await login(authenticator, "amina", locale)
        assert refused.value.refusal_view.clause == clause
        assert word in refused.value.jupyterhub_message
        assert f"§ {clause}" in refused.value.jupyterhub_message


async def test_the_end_of_an_interval_refuses_by_the_clock_alone(
    authenticator: Any, clock: HandClock
) -> None:
    clock.time = NOW + 30 * DAY
    with pytest.raises(RefusedRequest) as refused:
        await login(authenticator, "amina")
    assert refused.value.refusal_view.code == "period_over"


async def test_a_contract_that_has_not_started_refuses(
    authenticator: Any, entitlements: FixedEntitlements
) -> None:
    entitlements.apply_changes(contract(intervals=(Interval(NOW + DAY, NOW + 2 * DAY),)))
    with pytest.raises(RefusedRequest) as refused:
        await login(authenticator, "amina")
    assert refused.value.refusal_view.code == "contract_not_started"


async def test_another_customer_notices_nothing(authenticator: Any, entitlements: FixedEntitlements) -> None:
    block(entitlements, BlockReason.UNPAID)
    assert await login(authenticator, "erik")


async def test_one_open_customer_is_enough(authenticator: Any, entitlements: FixedEntitlements) -> None:
    block(entitlements, BlockReason.UNPAID)
    assert await login(authenticator, "both")
    block(entitlements, BlockReason.UNPAID, "nord")
    with pytest.raises(RefusedRequest):
        await login(authenticator, "both")


@pytest.mark.parametrize("name", ["operator", "root"])
async def test_operators_and_admins_are_never_refused(
    authenticator: Any, entitlements: FixedEntitlements, name: str
) -> None:
    block(entitlements, BlockReason.ILLEGAL_CONTENT)
    assert await login(authenticator, name)
    await authenticator.pre_spawn_start(user(name), SimpleNamespace(handler=None))
    assert await authenticator.refresh_user(user(name), request())


async def test_an_admin_of_the_configuration_is_let_in_before_there_is_a_user(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    monkeypatch.setenv("WEBVISIO_PSEUDONYM_KEY", "00" * 32)
    authenticator = contract_authenticator(Inner)(
        parent=hub,
        allow_all=True,
        admin_users={"newcomer"},
        entitlement_source=FixedEntitlements(),
        clock=clock,
    )
    assert (await login(authenticator, "newcomer"))["admin"]


async def test_whoever_belongs_to_no_customer_is_refused_unless_configured(authenticator: Any) -> None:
    with pytest.raises(RefusedRequest) as refused:
        await login(authenticator, "stranger")
    assert refused.value.refusal_view.code == "no_contract"
    authenticator.requires_contract = False
    assert await login(authenticator, "stranger")


async def test_before_the_first_snapshot_nobody_but_operators_comes_in(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    monkeypatch.setenv("WEBVISIO_PSEUDONYM_KEY", "00" * 32)
    authenticator = contract_authenticator(Inner)(
        parent=hub, allow_all=True, entitlement_source=FixedEntitlements(), clock=clock
    )
    with pytest.raises(RefusedRequest) as refused:
        await login(authenticator, "amina")
    assert refused.value.status_code == 503
    assert await login(authenticator, "operator")


async def test_a_lift_lets_in_again(authenticator: Any, entitlements: FixedEntitlements) -> None:
    block(entitlements, BlockReason.UNPAID)
    with pytest.raises(RefusedRequest):
        await login(authenticator, "amina")
    entitlements.apply_changes(contract())
    assert await login(authenticator, "amina")


async def test_billing_away_changes_nothing_within_the_interval_and_never_beyond(
    authenticator: Any, entitlements: FixedEntitlements, clock: HandClock
) -> None:
    entitlements.lose()
    assert await login(authenticator, "amina")
    clock.time = NOW + 31 * DAY
    with pytest.raises(RefusedRequest):
        await login(authenticator, "amina")


async def test_a_server_start_is_refused_with_words_and_reason(
    authenticator: Any, entitlements: FixedEntitlements
) -> None:
    block(entitlements, BlockReason.UNPAID)
    with pytest.raises(RefusedSpawn) as refused:
        await authenticator.pre_spawn_start(user("amina"), SimpleNamespace(handler=request("fr")))
    assert refused.value.status_code == 403
    assert refused.value.reason == "contract"
    assert "facture" in refused.value.jupyterhub_message
    assert "facture" not in str(refused.value.get_message())  # what goes to the log


@pytest.mark.parametrize("is_token", [False, True])
async def test_sessions_and_tokens_are_refused_at_the_next_look(
    authenticator: Any, entitlements: FixedEntitlements, is_token: bool
) -> None:
    handler = request(is_token=is_token)
    assert await authenticator.refresh_user(user("amina"), handler)
    block(entitlements, BlockReason.UNPAID)
    assert await authenticator.refresh_user(user("amina"), handler) is False
    assert handler.webvisio_refusal.clause == "6.4"


def test_the_hub_looks_every_second_and_strictly(authenticator: Any) -> None:
    assert authenticator.auth_refresh_age == 1
    assert authenticator.auth_refresh_strict


async def test_the_inner_authenticator_is_asked_at_its_own_pace(authenticator: Any) -> None:
    for _ in range(3):
        await authenticator.refresh_user(user("amina"), request())
    assert Inner.refreshed == 1
    authenticator.identity_refresh_age_s = 0
    await authenticator.refresh_user(user("amina"), request())
    assert Inner.refreshed == 2


async def test_a_stale_identity_sends_a_browser_to_log_in_but_spares_tokens(authenticator: Any) -> None:
    Inner.answer = False
    amina = user("amina")
    assert await authenticator.refresh_user(amina, request(user=amina)) is False
    assert await authenticator.refresh_user(amina, request(user=amina, is_token=True)) is True
    assert await authenticator.refresh_user(amina, request(user=user("root"))) is True


async def test_what_the_inner_authenticator_refreshes_is_passed_on(authenticator: Any) -> None:
    Inner.answer = {"groups": ["x"]}
    assert await authenticator.refresh_user(user("amina"), request()) == {"groups": ["x"]}


async def test_login_gives_the_identity_that_lab_shows(authenticator: Any) -> None:
    model = await login(authenticator, "amina")
    assert model["user_info"]["initials"] == "AM"
    assert model["user_info"]["color"].startswith("#")


async def test_an_admin_becomes_an_operator_at_login(authenticator: Any, hub: Hub) -> None:
    await login(authenticator, "root")
    assert [group.name for group in orm.User.find(hub.db, "root").groups] == [OPERATORS_GROUP]


async def test_the_start_page_lists_the_rooms_one_has_a_role_in(authenticator: Any, hub: Hub) -> None:
    amina = orm.User.find(hub.db, "amina")
    amina.groups += [
        orm.Group(name="webvisio-room-python-participant"),
        orm.Group(name="webvisio-room-gone-host"),
    ]
    [room] = authenticator.rooms_of(amina)
    assert (room.room_id, room.name, room.role) == ("python", "Python", "participant")
    assert authenticator.rooms_of(None) == []


def test_traits_of_the_mixin_are_configured_under_its_name(hub: Hub) -> None:
    hub.config.ContractMixin.server_cut_grace_s = 5.0
    authenticator = contract_authenticator(Inner)(parent=hub)
    assert isinstance(authenticator, ContractMixin)
    assert authenticator.server_cut_grace_s == 5.0
    assert type(authenticator).__name__ == "ContractInner"
