"""Invitations, passwords and the wait of those who guess, in the real hub (clause 5.4)."""

import secrets
from collections.abc import Iterator

import httpx
import pytest

from hub.platform_fixture import HubSession, Platform

GOOD = "girafe-nuage-sapin-tortue"


@pytest.fixture
def person(platform: Platform) -> Iterator[str]:
    """A user of the hub with an open contract, and no password yet."""
    name = f"person-{secrets.token_hex(3)}"
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        assert admin.api("POST", f"/users/{name}").status_code == 201
        added = admin.api("POST", "/groups/webvisio-customer-atelier-lumiere/users", {"users": [name]})
        assert added.status_code == 200
        yield name
        admin.api("DELETE", f"/users/{name}")


def invite(platform: Platform, name: str) -> str:
    """Invite by the API; returns the link's path."""
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        answer = admin.api("POST", "/webvisio/invitations", {"name": name})
        assert answer.status_code == 201, answer.text
        url = str(answer.json()["url"])
        assert url.startswith(f"{platform.url}/hub/invitation/")
        return httpx.URL(url).path


def choose(session: HubSession, path: str, password: str, repeated: str | None = None) -> httpx.Response:
    page = session.get(path)
    assert page.status_code == 200, session.text_of(page)
    fields = {"new_password": password, "repeated_password": password if repeated is None else repeated}
    return session.submit(page, fields, path)


def test_an_invitation_leads_to_a_password_and_in(platform: Platform, person: str) -> None:
    path = invite(platform, person)
    with platform.session() as session:
        assert person in session.text_of(session.get(path))
        assert choose(session, path, GOOD).headers["location"] == "/hub/home"
        assert session.get("/hub/home").status_code == 200
    with platform.session(person, GOOD):
        pass


def test_an_invitation_works_once(platform: Platform, person: str) -> None:
    path = invite(platform, person)
    with platform.session() as session:
        choose(session, path, GOOD)
    with platform.session(locale="en") as session:
        again = session.get(path)
        assert again.status_code == 410
        assert "no longer valid" in session.text_of(again)


def test_an_invitation_expires(platform: Platform, person: str) -> None:
    path = invite(platform, person)
    with platform.session() as session, platform.shifted_clock(days=7, seconds=1):
        assert session.get(path).status_code == 410


def test_an_invented_invitation_leads_nowhere(platform: Platform) -> None:
    with platform.session() as session:
        assert session.get("/hub/invitation/AAAAAAAAAAAAAAAAAAAAAAAA").status_code == 410


@pytest.mark.parametrize(
    ("password", "repeated", "code"),
    [
        ("court", None, "password_too_weak"),
        ("motdepasse12", None, "password_too_weak"),
        (GOOD, GOOD + "x", "passwords_differ"),
    ],
)
def test_a_bad_choice_is_told_and_may_be_made_again(
    platform: Platform, person: str, password: str, repeated: str | None, code: str
) -> None:
    path = invite(platform, person)
    with platform.session() as session:
        assert f'data-code="{code}"' in choose(session, path, password, repeated).text
        assert choose(session, path, GOOD).status_code == 302


def test_only_who_administers_users_may_invite(platform: Platform) -> None:
    with platform.session("claire") as claire:
        claire.get("/hub/home")
        assert claire.api("POST", "/webvisio/invitations", {"name": "amina"}).status_code == 403
        assert claire.api("GET", "/webvisio/invitations").status_code == 403
    anonymous = httpx.post(f"{platform.url}/hub/api/webvisio/invitations", json={"name": "amina"})
    assert anonymous.status_code == 403


def test_a_service_that_administers_users_cannot_become_the_admin(platform: Platform) -> None:
    import json

    token = json.loads((platform.home / "secrets.json").read_text())["billing_token"]
    answer = httpx.post(
        f"{platform.url}/hub/api/webvisio/invitations",
        json={"name": "admin"},
        headers={"Authorization": f"token {token}"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "../x"}, {"name": "a" * 65}, {"name": 1}, [], {"name": "x", "admin": True}],
)
def test_a_malformed_invitation_is_refused(platform: Platform, body: object) -> None:
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        assert admin.api("POST", "/webvisio/invitations", body).status_code == 400


def test_a_changed_password_ends_the_other_sessions(platform: Platform, person: str) -> None:
    with platform.session() as session:
        choose(session, invite(platform, person), GOOD)
    with platform.session(person, GOOD) as here, platform.session(person, GOOD) as elsewhere:
        page = here.get("/hub/password")
        fields = {
            "old_password": GOOD,
            "new_password": "volcan-lilas-etang",
            "repeated_password": "volcan-lilas-etang",
        }
        answer = here.submit(page, fields, "/hub/password")
        assert answer.headers["location"] == "/hub/password?done=1"
        assert "est changé" in here.text_of(here.get("/hub/password?done=1"))
        assert elsewhere.get("/hub/home").status_code == 302
    with platform.session() as session:
        assert session.login(person, GOOD).status_code == 403
        assert session.login(person, "volcan-lilas-etang").status_code == 302


def test_a_password_is_not_changed_without_the_old_one(platform: Platform, person: str) -> None:
    with platform.session() as session:
        choose(session, invite(platform, person), GOOD)
        fields = {
            "old_password": "wrong",
            "new_password": "volcan-lilas-etang",
            "repeated_password": "volcan-lilas-etang",
        }
        answer = session.submit(session.get("/hub/password"), fields, "/hub/password")
        assert 'data-code="credentials_wrong"' in answer.text
    with platform.session(person, GOOD):
        pass


def test_the_password_page_asks_for_a_login_and_a_token_of_its_own(platform: Platform) -> None:
    with platform.session() as session:
        assert session.get("/hub/password").status_code == 302
    with platform.session("claire") as claire:
        assert claire.post("/hub/password", data={"new_password": "x"}).status_code == 403


def test_who_guesses_waits_and_others_do_not(platform: Platform, person: str) -> None:
    with platform.session() as session:
        choose(session, invite(platform, person), GOOD)
    with platform.session(locale="en") as session:
        answers = [session.login(person, f"guess number {number}") for number in range(7)]
        assert [answer.status_code for answer in answers[:5]] == [403] * 5
        assert answers[-1].status_code == 429
        assert "second" in session.text_of(answers[-1])
        assert session.login(person, GOOD).status_code == 429
    with platform.session("claire"):
        pass


def test_a_deleted_users_password_is_gone_with_them(platform: Platform, person: str) -> None:
    with platform.session() as session:
        choose(session, invite(platform, person), GOOD)
    with platform.session("admin") as admin:
        admin.get("/hub/home")
        assert admin.api("DELETE", f"/users/{person}").status_code == 204
    with platform.session() as session:
        assert "ne correspondent pas" in session.text_of(session.login(person, GOOD))
