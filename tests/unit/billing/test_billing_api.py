"""The JSON API: what it does, what it refuses in both languages, and whom it lets in."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from billing_scenario import MORNING, ROOM, HandClock, month_contract
from billing_site import INTERNAL_TOKEN, PEOPLE, Site
from tornado.web import RequestHandler

from webvisio_billing.application.hub import FakeHub, HubUnavailable
from webvisio_billing.storage.database import Store
from webvisio_billing.web.base import MAX_BODY_BYTES, BaseHandler, Gate
from webvisio_billing.web.routes import ROUTES

CUSTOMER = {"name": "Atelier Lumière"}
CONTRACT = {
    "customer_id": "atelier-lumiere",
    "formula": "month",
    "effective": "2026-11-23",
    "room_name": "Python pour débutants",
    "room_id": ROOM,
    "trainer": "Claire",
}


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock, hub=FakeHub(MORNING)).start()
    yield made
    await made.stop()


@pytest.fixture
async def contract_site(site: Site) -> Site:
    month_contract(site.billing)
    return site


# ---- what it does ----------------------------------------------------------------------


async def test_a_customer_and_a_contract_open_a_room(site: Site) -> None:
    status, customer = await site.call("api/customers", "POST", CUSTOMER)
    assert (status, customer["customer_id"]) == (201, "atelier-lumiere")
    status, contract = await site.call("api/contracts", "POST", CONTRACT)
    assert (status, contract["state"], contract["contract_id"]) == (201, "open", "atelier-lumiere-1")
    assert [room["room_id"] for room in contract["access"]["rooms"]] == [ROOM]
    _, members = await site.call(f"api/rooms/{ROOM}/members")
    assert [(m["username"], m["role"], m["given_by"]) for m in members] == [("claire", "host", "olga")]
    _, listed = await site.call("api/contracts")
    assert [c["contract_id"] for c in listed] == ["atelier-lumiere-1"]
    _, customers = await site.call("api/customers")
    assert [c["name"] for c in customers] == ["Atelier Lumière"]


async def test_suspend_and_lift(contract_site: Site) -> None:
    blocks = "api/contracts/atelier-lumiere-1/blocks"
    status, contract = await contract_site.call(
        blocks, "POST", {"reason": "illegal_content", "evidence": "report 2026-17"}
    )
    assert (status, contract["state"]) == (200, "suspended")
    status, contract = await contract_site.call(f"{blocks}/illegal_content", "DELETE")
    assert (status, contract["state"]) == (200, "open")


async def test_notice_and_its_withdrawal(contract_site: Site) -> None:
    notices = "api/contracts/atelier-lumiere-1/notices"
    _, contract = await contract_site.call(notices, "POST", {"by": "customer"})
    assert (contract["lifecycle"], contract["ends_at"]) == ("ending", "2026-12-22T23:00:00Z")
    _, contract = await contract_site.call(f"{notices}?by=customer", "DELETE")
    assert (contract["lifecycle"], contract["ends_at"]) == ("active", None)


async def test_a_payment_counts_once(contract_site: Site) -> None:
    payments = "api/contracts/atelier-lumiere-1/payments"
    for _ in range(2):
        status, contract = await contract_site.call(payments, "POST", {"amount": "100,00", "key": "V-1"})
        assert (status, contract["balance_minor"]) == (200, 2000)


async def test_a_room_more(contract_site: Site) -> None:
    status, contract = await contract_site.call(
        "api/contracts/atelier-lumiere-1/rooms", "POST", {"room_name": "Atelier à deux"}
    )
    assert status == 200
    assert [room["room_id"] for room in contract["access"]["rooms"]] == [ROOM, "atelier-a-deux"]


async def test_a_day_more_for_day_passes(site: Site) -> None:
    await site.call("api/customers", "POST", CUSTOMER)
    await site.call("api/contracts", "POST", {**CONTRACT, "formula": "day"})
    status, contract = await site.call("api/contracts/atelier-lumiere-1/days", "POST", {"day": "2026-11-24"})
    assert status == 200
    assert [i["end"] for i in contract["access"]["intervals"]] == ["2026-11-24T23:00:00Z"]


async def test_people_come_go_and_are_invited_once(contract_site: Site) -> None:
    members = f"api/rooms/{ROOM}/members"
    status, member = await contract_site.call(members, "POST", {"username": "Amina", "role": "participant"})
    assert (status, member["username"]) == (201, "amina")
    status, _ = await contract_site.call(members, "POST", {"username": "amina", "role": "participant"})
    assert status == 200
    status, invitation = await contract_site.call(f"{members}/amina/invitation", "POST")
    assert (status, invitation["url"]) == (201, "https://hub.example/hub/invitation/1")
    assert contract_site.hub.group_members["webvisio-members"] == {"amina"}
    response = await contract_site.ask(f"{members}/amina", "DELETE", "operator-token")
    assert response.code == 204
    status, _ = await contract_site.call(f"{members}/amina/invitation", "POST")
    assert status == 404


@pytest.mark.parametrize("failure", [HubUnavailable("away"), None])
async def test_an_invitation_that_cannot_be_given(contract_site: Site, failure: Exception | None) -> None:
    contract_site.hub.failure = failure
    contract_site.hub.expires_at = None
    status, problem = await contract_site.call(f"api/rooms/{ROOM}/members/claire/invitation", "POST")
    assert (status, problem["code"]) == (409, "conflict")


# ---- what it refuses -------------------------------------------------------------------


def assert_problem(answer: tuple[int, Any], status: int, code: str) -> dict[str, str]:
    assert answer[0] == status
    problem: dict[str, str] = answer[1]
    assert problem["type"] == f"urn:webvisio:refusal:{code}"
    assert problem["status"] == status
    assert problem["detail"] == problem["message"]
    assert problem["code"] == code
    return problem


async def test_a_suspension_too_early_names_its_clause_in_both_languages(contract_site: Site) -> None:
    blocks = "api/contracts/atelier-lumiere-1/blocks"
    answers = {
        locale: await contract_site.call(blocks, "POST", {"reason": "unpaid"}, Accept_Language=locale)
        for locale in ("fr", "en")
    }
    for answer in answers.values():
        assert assert_problem(answer, 409, "suspension_too_early")["clause"] == "6.4"
    assert "décembre" in answers["fr"][1]["message"]
    assert "December" in answers["en"][1]["message"]


@pytest.mark.parametrize(
    ("change", "field_fr"),
    [
        ({"effective": "2026-02-30"}, "Date d’effet"),
        ({"effective": "20261123"}, "Date d’effet"),
        ({"effective": "२०२६-११-२३"}, "Date d’effet"),
        ({"effective": ""}, "Date d’effet"),
        ({"formula": "week"}, "Formule"),
        ({"room_name": ""}, "Nom de la salle"),
        ({"room_name": "x" * 121}, "Nom de la salle"),
        ({"room_name": "salle\x00"}, "Nom de la salle"),
        ({"room_name": "会議室", "room_id": ""}, "Nom de la salle"),
        ({"room_id": "../etc"}, "Identifiant de la salle"),
        ({"room_id": "Salle"}, "Identifiant de la salle"),
        ({"room_id": "a" * 49}, "Identifiant de la salle"),
        ({"trainer": "claire; DROP TABLE people"}, "Formateur (identifiant)"),
        ({"trainer": "<b>claire</b>"}, "Formateur (identifiant)"),
        ({"trainer": "a" * 65}, "Formateur (identifiant)"),
    ],
)
async def test_a_field_that_cannot_be_is_named(site: Site, change: dict[str, str], field_fr: str) -> None:
    await site.call("api/customers", "POST", CUSTOMER)
    french = await site.call("api/contracts", "POST", {**CONTRACT, **change}, Accept_Language="fr")
    english = await site.call("api/contracts", "POST", {**CONTRACT, **change})
    problem = assert_problem(french, 400, "input_invalid")
    assert problem["message"].startswith(field_fr)
    assert assert_problem(english, 400, "input_invalid")["message"] != problem["message"]
    assert site.billing.contracts() == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"effective": "2026-11-22"}, 422, "effective_date_past"),
        ({"effective": "9999-12-31"}, 422, "effective_date_too_far"),
        ({"timezone": "Europe/Nowhere"}, 422, "timezone_unknown"),
        ({"timezone": "../../etc/passwd"}, 422, "timezone_unknown"),
        ({"customer_id": "nobody"}, 404, "not_found"),
        ({"customer_id": "' OR 1=1 --"}, 400, "input_invalid"),
    ],
)
async def test_an_order_that_the_rules_forbid(
    site: Site, change: dict[str, str], status: int, code: str
) -> None:
    await site.call("api/customers", "POST", CUSTOMER)
    answer = await site.call("api/contracts", "POST", {**CONTRACT, **change})
    assert_problem(answer, status, code)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 121},
        {"name": "line\nbreak"},
        {"siren": "123456789"},
        {"siren": "١٢٣٤٥٦٧٨٩"},
        {"kind": "friend"},
        {"contact_email": "nowhere"},
        {"customer_id": "Not an id"},
    ],
)
async def test_a_customer_that_cannot_be(site: Site, change: dict[str, str]) -> None:
    for locale in ("fr", "en"):
        answer = await site.call("api/customers", "POST", {**CUSTOMER, **change}, Accept_Language=locale)
        assert_problem(answer, 400, "input_invalid")
    assert site.billing.customers.all() == []


async def test_the_same_customer_twice_is_a_conflict(site: Site) -> None:
    await site.call("api/customers", "POST", CUSTOMER)
    problem = assert_problem(await site.call("api/customers", "POST", CUSTOMER), 409, "conflict")
    assert "atelier-lumiere" in problem["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b'"text"', b'{"name": {"a": 1}}', b'{"name": ["a"]}', b"\xff\xfe", b"[" * 60000],
)
async def test_a_body_that_is_no_object_of_texts(site: Site, body: bytes) -> None:
    response = await site.ask("api/customers", "POST", "operator-token", body)
    assert response.code == 400
    assert msgspec.json.decode(response.body)["code"] == "input_invalid"


@pytest.mark.parametrize(("locale", "words"), [("fr", "L’envoi dépasse"), ("en", "larger than")])
async def test_a_huge_body_is_refused_with_words(site: Site, locale: str, words: str) -> None:
    for size, expected in ((MAX_BODY_BYTES, 400), (MAX_BODY_BYTES + 1, 413)):
        response = await site.ask(
            "api/customers", "POST", "operator-token", b"x" * size, {"Accept-Language": locale}
        )
        assert response.code == expected
    problem = msgspec.json.decode(response.body)
    assert problem["code"] == "message_too_large"
    assert words in problem["message"]


@pytest.mark.parametrize(
    "path", ["api/contracts/none-1", "api/contracts/%27--", "api/nothing", "api/rooms/x/members"]
)
async def test_what_is_not_there(site: Site, path: str) -> None:
    assert_problem(await site.call(path), 404, "not_found")


async def test_a_method_that_is_not_there(site: Site) -> None:
    status, problem = await site.call("api/customers", "DELETE")
    assert (status, problem["code"]) == (405, "message_malformed")


@pytest.mark.parametrize("amount", ["-1", "0", "1e9", "12.345", "NaN", "999999999999999"])
async def test_an_amount_that_cannot_be(contract_site: Site, amount: str) -> None:
    status, problem = await contract_site.call(
        "api/contracts/atelier-lumiere-1/payments", "POST", {"amount": amount, "key": "V"}
    )
    assert status in (400, 409, 422)
    assert problem["code"] in ("input_invalid", "amount_invalid")


# ---- whom it lets in -------------------------------------------------------------------


def example(pattern: str) -> str:
    """A path of a route, with the scenario's identifiers in it."""
    if pattern.startswith("static/"):
        return "static/billing.css"
    first = "atelier-lumiere" if pattern.startswith("customers/") else "atelier-lumiere-1"
    if "rooms/([^/]+)/members" in pattern and pattern.startswith("api/"):
        first = ROOM
    filled = pattern.replace("([^/]+)", first, 1)
    second = "claire" if "members/" in pattern else (ROOM if "rooms/" in pattern else "fraud")
    return filled.replace("([^/]+)", second)


def methods(handler: type[RequestHandler]) -> list[str]:
    """The methods that a handler, or an ancestor of ours, answers."""
    names = ("get", "post", "put", "patch", "delete")
    return [name.upper() for name in names if getattr(handler, name) is not getattr(BaseHandler, name)]


GUARDED = [
    (pattern, handler, method)
    for pattern, handler in ROUTES
    if getattr(handler, "gate", None) is Gate.MANAGERS
    for method in methods(handler)
]


def test_every_route_names_its_gate() -> None:
    for pattern, handler in ROUTES:
        assert isinstance(getattr(handler, "gate", None), Gate), pattern


def test_only_what_is_about_nobody_is_open_to_anybody() -> None:
    # the webhook believes a signature alone; the OpenAPI document describes, and shows nothing
    assert {p for p, h in ROUTES if getattr(h, "gate", None) is Gate.ANYBODY} == {
        "oauth_callback",
        "static/(.*)",
        "payments/paypal/webhook",
        "api/openapi.json",
    }


@pytest.mark.parametrize(
    "who", [None, *(name for name in PEOPLE if name not in ("admin-token", "operator-token")), INTERNAL_TOKEN]
)
async def test_nobody_else_gets_through_any_route(contract_site: Site, who: str | None) -> None:
    before = contract_site.billing.contracts()
    for pattern, _, method in GUARDED:
        response = await contract_site.ask(example(pattern), method, who)
        sent_to_login = who in (None, INTERNAL_TOKEN) and method == "GET" and response.code == 302
        assert sent_to_login or response.code in (401, 403), (pattern, method, response.code)
        assert b"Atelier" not in response.body, pattern
        assert b"claire" not in response.body, pattern
    assert contract_site.billing.contracts() == before


@pytest.mark.parametrize("who", ["admin-token", "operator-token"])
async def test_admins_and_operators_get_through(contract_site: Site, who: str) -> None:
    for pattern, _, method in GUARDED:
        response = await contract_site.ask(example(pattern), method, who)
        assert response.code not in (401, 403, 500), (pattern, method, response.code)


@pytest.mark.parametrize("path", ["health", "metrics"])
async def test_operations_are_for_this_machine_or_the_internal_token(site: Site, path: str) -> None:
    assert (await site.ask(path)).code == 200
    through_the_proxy = {"X-Forwarded-For": "127.0.0.1"}
    assert (await site.ask(path, headers=through_the_proxy)).code == 403
    with_token = {**through_the_proxy, "Authorization": f"Bearer {INTERNAL_TOKEN}"}
    assert (await site.ask(path, headers=with_token)).code == 200


async def test_metrics_count_what_happens_without_a_name(contract_site: Site) -> None:
    await contract_site.call("api/contracts/atelier-lumiere-1/blocks", "POST", {"reason": "unpaid"})
    body = (await contract_site.ask("metrics")).body.decode()
    assert 'webvisio_billing_refusals_total{code="suspension_too_early"} 1.0' in body
    assert "webvisio_billing_entitlement_version" in body
    assert "atelier" not in body
    assert "claire" not in body


async def test_health_says_when_the_database_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise OSError("no database")

    monkeypatch.setattr(site.billing, "newest_version", broken)
    response = await site.ask("health")
    assert response.code == 503
    assert msgspec.json.decode(response.body)["is_well"] is False


@pytest.mark.parametrize("customer_id", ["", "a\x00b", "../x", "x" * 5000, "Majuscule"])
async def test_a_customer_that_no_database_could_hold_is_refused_before_it(
    site: Site, customer_id: str
) -> None:
    answer = await site.call("api/contracts", "POST", {**CONTRACT, "customer_id": customer_id})
    assert_problem(answer, 400, "input_invalid")


async def test_a_member_whom_no_database_could_hold_is_not_there(contract_site: Site) -> None:
    answer = await contract_site.call(f"api/rooms/{ROOM}/members/cla%00ire", "DELETE")
    assert_problem(answer, 404, "not_found")
