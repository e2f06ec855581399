"""Login, sessions, tokens and server starts under the contract, in the real hub."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.platform_fixture import HubSession, Platform, wait_for
from shared.patience import PATIENCE_S

REASONS = [
    ("illegal_content", "5.5", "contenu illicite", "unlawful content"),
    ("fraud", "5.4", "codes d’accès", "credentials"),
    ("maintenance", "4.3", "maintenance", "maintenance"),
]
CUSTOMER = "atelier-lumiere"
GOOD = "girafe-nuage-sapin-tortue"
CUT_WITHIN_S = 3.0
"""A block travels at once, and the hub looks at each session every second."""


def refusal_of(session: HubSession, response: httpx.Response) -> str:
    """Read the refusal that a page tells; fails when it tells none."""
    assert 'class="wv-refusal"' in response.text, session.text_of(response)[:500]
    return session.text_of(response)


def seconds_until(condition: Callable[[], bool]) -> float:
    started = time.monotonic()
    wait_for(condition, PATIENCE_S, lambda: "it did not happen")
    return time.monotonic() - started


@pytest.mark.parametrize("name", ["admin", "claire", "amina", "louis", "erik"])
def test_the_first_credentials_let_everybody_in(platform: Platform, name: str) -> None:
    with platform.session(name) as session:
        assert session.get("/hub/home").status_code == 200


def test_a_wrong_password_is_refused_with_words(platform: Platform) -> None:
    for locale, words in (("fr", "ne correspondent pas"), ("en", "do not go together")):
        with platform.session(locale=locale) as session:
            answer = session.login("louis", "not-the-password")
            assert answer.status_code == 403
            assert words in refusal_of(session, answer)
    with platform.session("louis"):
        pass  # the right one forgives


def test_an_unknown_name_is_answered_like_a_wrong_password(platform: Platform) -> None:
    with platform.session() as session:
        answer = session.login("nobody-at-all", "not-the-password")
        assert answer.status_code == 403
        assert "ne correspondent pas" in refusal_of(session, answer)


def test_members_land_on_their_rooms_and_trainers_in_lab(platform: Platform) -> None:
    with platform.session() as session:
        assert session.login("amina", platform.passwords["amina"]).headers["location"] == "/hub/home"
        assert "Python" in session.text_of(session.get("/hub/home"))
    with platform.session() as session:
        assert session.login("claire", platform.passwords["claire"]).headers["location"] in (
            "/hub/spawn",
            "/user/claire/",
        )


def test_a_link_survives_the_login(platform: Platform) -> None:
    path = httpx.URL(platform.room_link).path
    with platform.session() as session:
        answer = session.login("amina", platform.passwords["amina"], next_path=path)
        assert answer.headers["location"] == path


def test_the_start_page_leads_to_the_room(platform: Platform) -> None:
    with platform.session("amina") as session:
        answer = session.get("/hub/room/python-debutants")
        assert (answer.status_code, answer.headers["location"]) == (302, platform.room_link)
    with platform.session("erik") as session:
        assert session.get("/hub/room/python-debutants").status_code == 403


@pytest.mark.parametrize(("reason", "clause", "french", "english"), REASONS)
def test_a_block_refuses_login_with_its_clause_in_both_languages(
    platform: Platform, reason: str, clause: str, french: str, english: str
) -> None:
    with platform.blocked(CUSTOMER, reason):
        for locale, words in (("fr", french), ("en", english)):
            with platform.session(locale=locale) as session:

                def is_refused(session: HubSession = session) -> bool:
                    return session.login("louis", platform.passwords["louis"]).status_code != 302

                wait_for(is_refused, PATIENCE_S, lambda: "the block did not arrive")
                answer = session.login("louis", platform.passwords["louis"])
                assert words in refusal_of(session, answer)
                assert f'data-clause="{clause}"' in answer.text
    wait_for(lambda: _can_log_in(platform, "louis"), PATIENCE_S, lambda: "the lift did not arrive")


def _can_log_in(platform: Platform, name: str) -> bool:
    with platform.session() as session:
        return session.login(name, platform.passwords[name]).status_code == 302


@pytest.fixture
def day_trainee(platform: Platform) -> Iterator[tuple[str, str]]:
    """A trainer whose customer has a day pass for today (name and password), and the same again tomorrow."""
    name = f"jour-{secrets.token_hex(3)}"
    today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    with platform.operator() as operator:
        made = operator.post(
            "customers", json={"name": name, "customer_id": name, "kind": "non_professional"}
        )
        assert made.status_code == 201, made.text
        order = {
            "customer_id": name,
            "formula": "day",
            "effective": today,
            "room_name": name,
            "trainer": name,
        }
        made = operator.post("contracts", json=order)
        assert made.status_code == 201, made.text
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        invited = admin.api("POST", "/webvisio/invitations", {"name": name}).json()["url"]
        path = httpx.URL(invited).path

        def is_known() -> bool:
            groups = admin.api("GET", f"/users/{name}").json().get("groups", [])
            return f"webvisio-customer-{name}" in groups

        wait_for(is_known, PATIENCE_S, lambda: "billing did not tell the hub of the trainer")
    with platform.session() as session:
        fields = {"new_password": GOOD, "repeated_password": GOOD}
        assert session.submit(session.get(path), fields, path).status_code == 302
    yield name, GOOD
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        admin.api("DELETE", f"/users/{name}")


def test_the_end_of_a_day_pass_refuses_by_the_clock_alone(
    platform: Platform, day_trainee: tuple[str, str]
) -> None:
    name, password = day_trainee
    with platform.session(name, password) as session:
        assert session.get("/hub/home").status_code == 200
        with platform.shifted_clock(days=1):
            assert seconds_until(lambda: session.get("/hub/home").status_code == 302) < CUT_WITHIN_S
            answer = session.follow(session.get("/hub/home"))
            refusal_of(session, answer)
            assert 'data-code="period_over"' in answer.text or 'data-code="contract_ended"' in answer.text
            assert session.login(name, password).status_code == 403


def test_a_cut_ends_sessions_and_tokens_and_a_lift_brings_them_back(platform: Platform) -> None:
    with platform.session("amina") as amina:
        amina.get("/hub/home")
        token = amina.api("POST", "/users/amina/tokens", {"note": "test"}).json()["token"]
        client = httpx.Client(base_url=f"{platform.url}/hub/api", headers={"Authorization": f"token {token}"})
        with client:
            assert client.get("/user").status_code == 200
            with platform.blocked(CUSTOMER):
                assert seconds_until(lambda: amina.get("/hub/home").status_code == 302) < CUT_WITHIN_S
                answer = amina.follow(amina.get("/hub/home"))
                assert 'data-clause="4.3"' in answer.text
                assert client.get("/user").status_code in (401, 403)
                started = client.post("/users/amina/server")
                assert started.status_code in (401, 403)
            assert seconds_until(lambda: amina.get("/hub/home").status_code == 200) < CUT_WITHIN_S
            assert client.get("/user").status_code == 200


def test_a_server_start_by_an_admin_is_refused_with_the_same_words(platform: Platform) -> None:
    with platform.session("admin") as admin, platform.blocked(CUSTOMER, "illegal_content"):
        admin.get("/hub/home")

        def answer() -> httpx.Response:
            return admin.api("POST", "/users/louis/server")

        wait_for(lambda: answer().status_code == 403, PATIENCE_S, lambda: "the block did not arrive")
        assert "contenu illicite" in answer().json()["message"]
        page = admin.get("/hub/spawn/louis")
        assert page.status_code == 403
        assert 'data-clause="5.5"' in page.text


def test_others_notice_nothing_of_a_block(platform: Platform) -> None:
    with platform.session("erik") as erik, platform.session("admin") as admin, platform.blocked(CUSTOMER):
        wait_for(lambda: not _can_log_in(platform, "claire"), PATIENCE_S, lambda: "the block did not arrive")
        assert erik.get("/hub/home").status_code == 200
        assert admin.get("/hub/home").status_code == 200
        assert _can_log_in(platform, "erik")
        assert _can_log_in(platform, "admin")


def test_the_admin_page_has_a_tab_for_contracts_and_the_bar_a_link(platform: Platform) -> None:
    with platform.session("admin") as admin:
        page = admin.get("/hub/admin")
        assert page.status_code == 200
        assert page.text.count('href="/services/billing/"') == 2
        assert "Contrats" in page.text
    with platform.session("claire") as claire:
        assert 'href="/services/billing/"' not in claire.get("/hub/home").text


def test_the_language_is_switched_by_a_link_that_comes_back(platform: Platform) -> None:
    with platform.session(locale="fr") as session:
        page = session.get("/hub/login", params={"next": "/hub/token"})
        assert '<html lang="fr">' in page.text
        answer = session.get("/hub/locale/en", params={"next": "/hub/login?next=%2Fhub%2Ftoken"})
        assert answer.headers["location"] == "/hub/login?next=%2Fhub%2Ftoken"
        assert '<html lang="en">' in session.get(answer.headers["location"]).text


def test_the_language_link_leads_nowhere_else(platform: Platform) -> None:
    with platform.session() as session:
        for target in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
            location = session.get("/hub/locale/en", params={"next": target}).headers["location"]
            assert "elsewhere" not in httpx.URL(location).host


def test_no_name_password_or_address_is_logged(platform: Platform) -> None:
    with platform.session("amina") as session:
        session.get("/hub/home")
    with platform.session() as session:
        session.login("somebody-unknown", "a-password-nobody-has")
    for name in ("hub", "proxy", "billing", "rooms"):
        log = platform.log(name)
        for private in ("amina", "somebody-unknown", "a-password-nobody-has", *platform.passwords.values()):
            assert private not in log, name


def test_a_visitor_behind_a_tls_proxy_is_not_taken_for_this_machine(platform: Platform) -> None:
    """The proxy of this machine says where they come from; what they say themselves counts for nothing."""
    for said in ("192.0.2.7", "127.0.0.1, 192.0.2.7"):
        for service in ("billing", "rooms"):
            answer = httpx.get(
                f"{platform.url}/services/{service}/metrics", headers={"X-Forwarded-For": said}
            )
            assert answer.status_code in (401, 403), (service, said)


def test_secrets_and_databases_are_closed(platform: Platform) -> None:
    open_files = [
        path
        for path in platform.home.iterdir()
        if path.is_file() and path.stat().st_mode & 0o077 and path.name != "clock-offset"
    ]
    assert open_files == []
