"""The contract over OAuthenticator: the same refusals, whoever says who somebody is (a fake provider on loopback)."""

import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from hub.platform_fixture import HubSession, Platform, wait_for
from shared.patience import PATIENCE_S

CONFIG = Path(__file__).with_name("oauth_hub_config.py")


class Provider(ThreadingHTTPServer):
    """Says that whoever comes is `name`."""

    name = "claire"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if self.path.startswith("/authorize"):
            code = secrets.token_hex(8)
            self.server.codes[code] = self.server.name
            answer = urlencode({"code": code, "state": query["state"][0]})
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri'][0]}?{answer}")
            self.end_headers()
            return
        token = self.headers.get("Authorization", "").partition(" ")[2]
        self._answer({"preferred_username": self.server.tokens[token]})

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = secrets.token_hex(8)
        self.server.tokens[token] = self.server.codes.pop(body["code"][0])
        self._answer({"access_token": token, "token_type": "bearer"})

    def _answer(self, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Platform]:
    """A platform whose people log in at a provider."""
    home = tmp_path_factory.mktemp("school")
    with Platform.started(
        home, WEBVISIO_HUB_CONFIG=str(CONFIG), WEBVISIO_TEST_PROVIDER=provider.url
    ) as running:
        yield running


@pytest.fixture
def operator(school: Platform, provider: Provider) -> Iterator[HubSession]:
    """The operator, logged in by the provider; billing is told by a token of theirs."""
    with school.session() as session:
        log_in(school, provider, "admin", session)
        school.use_operator_token(session.api("POST", "/users/admin/tokens", {"note": "t"}).json()["token"])
        yield session


def log_in(school: Platform, provider: Provider, name: str, session: HubSession) -> httpx.Response:
    provider.name = name
    answer = session.get("/hub/oauth_login", params={"next": "/hub/home"})
    return session.follow(answer)


def test_the_login_page_leads_to_the_provider(school: Platform) -> None:
    with school.session() as session:
        page = session.get("/hub/login")
        assert "Se connecter avec the school" in session.text_of(page)
        assert "password_input" not in page.text


def test_a_member_of_an_open_customer_comes_in(school: Platform, provider: Provider) -> None:
    with school.session() as session:
        page = log_in(school, provider, "claire", session)
        assert page.status_code == 200
        assert "Python" in session.text_of(page)


def test_a_stranger_is_told_that_no_contract_covers_them(school: Platform, provider: Provider) -> None:
    with school.session() as session:
        page = log_in(school, provider, "passer-by", session)
        assert page.status_code == 403
        assert 'data-code="no_contract"' in page.text


def test_the_operator_cuts_and_lifts_as_with_local_accounts(
    school: Platform, provider: Provider, operator: HubSession
) -> None:
    with school.session() as claire:
        log_in(school, provider, "claire", claire)
        with school.blocked("atelier-lumiere", "illegal_content"):
            wait_for(
                lambda: claire.get("/hub/home").status_code == 302, PATIENCE_S, lambda: "the session went on"
            )
            page = log_in(school, provider, "claire", claire)
            assert page.status_code == 403
            assert 'data-clause="5.5"' in page.text
            assert operator.get("/hub/home").status_code == 200
        wait_for(
            lambda: claire.get("/hub/home").status_code == 200, PATIENCE_S, lambda: "the lift did not arrive"
        )


def test_a_running_server_is_stopped_after_its_grace(
    school: Platform, provider: Provider, operator: HubSession
) -> None:
    with school.session() as claire:
        log_in(school, provider, "claire", claire)
        assert claire.api("POST", "/users/claire/server").status_code in (201, 202)

        def is_ready() -> bool:
            return bool(operator.api("GET", "/users/claire").json()["servers"].get("", {}).get("ready"))

        wait_for(is_ready, 120.0, lambda: school.log("hub")[-3000:])
        with school.blocked("atelier-lumiere"):
            wait_for(lambda: not is_ready(), PATIENCE_S, lambda: "the server went on")

            def metrics() -> str:
                return operator.get("/hub/metrics").text

            wait_for(lambda: "webvisio_hub_stopped_servers_total 1.0" in metrics(), PATIENCE_S, metrics)
            assert "webvisio_hub_entitlements_connected 1.0" in metrics()


def test_there_are_no_passwords_to_change_and_no_invitations(school: Platform, provider: Provider) -> None:
    with school.session() as session:
        page = log_in(school, provider, "admin", session)
        assert "nav-password" not in page.text
        assert session.get("/hub/password").status_code == 404
        assert session.api("POST", "/webvisio/invitations", {"name": "x"}).status_code == 404
