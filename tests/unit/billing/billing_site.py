"""The whole service on a real tornado server, with a hub that knows a few people by token."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from billing_scenario import HandClock
from jupyterhub.services.auth import HubOAuth
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import create_signed_value

from shared.patience import PATIENCE_S
from webvisio_billing.application.bank import Bank
from webvisio_billing.application.catalogue import Catalogue
from webvisio_billing.application.checkouts import Checkouts
from webvisio_billing.application.contacts import Contacts
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.customer_data import FakeCustomerRooms, Returning
from webvisio_billing.application.document_keeper import DocumentKeeper
from webvisio_billing.application.documents import Documents
from webvisio_billing.application.hub import FakeHub
from webvisio_billing.application.people import PeopleKeeper
from webvisio_billing.application.publisher import Publisher
from webvisio_billing.application.room_links import FakeRoomLinks
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.application.terms import TermsShelf
from webvisio_billing.application.worker import Worker
from webvisio_billing.composition import make_courier
from webvisio_billing.documents.seller_file import SellerFile
from webvisio_billing.outbox.deliverer import Deliverer
from webvisio_billing.payments.gateway import PaymentGateway
from webvisio_billing.server import wire
from webvisio_billing.storage.database import Store
from webvisio_billing.web.base import HARD_BODY_LIMIT_BYTES
from webvisio_billing.web.look import Look
from webvisio_billing.web.measures import Measures
from webvisio_billing.web.routes import make_application
from webvisio_billing.web.settings import WebSettings
from webvisio_protocol.identifiers import CONTRACTS_SCOPE

PREFIX = "/services/billing/"
INTERNAL_TOKEN = "internal-token-of-the-test"
COOKIE_SECRET = b"cookie-secret-of-the-test"
LOOK = Look()
"""One for all tests: its templates are compiled once."""

OPERATOR_TOKEN = "operator-token"
ACCESS = "access:services!service=billing"

PEOPLE: dict[str, dict[str, Any]] = {
    "admin-token": {"name": "admin", "admin": True, "scopes": [ACCESS]},
    "operator-token": {"name": "olga", "admin": False, "scopes": [ACCESS, CONTRACTS_SCOPE]},
    "contact-token": {
        "name": "carole",
        "admin": False,
        "scopes": [ACCESS],
        "groups": ["webvisio-contact-atelier-lumiere"],
    },
    "other-contact-token": {
        "name": "nils",
        "admin": False,
        "scopes": [ACCESS],
        "groups": ["webvisio-contact-studio-nord"],
    },
    "trainer-token": {"name": "sofia", "admin": False, "scopes": [ACCESS, "custom:webvisio:rooms:host"]},
    "outsider-token": {"name": "mallory", "admin": False, "scopes": ["access:services!service=rooms"]},
    "service-token": {"name": "rooms", "kind": "service", "admin": False, "scopes": ["read:users"]},
}


class KnownTokens(HubOAuth):  # type: ignore[misc]
    """JupyterHub's own OAuth client, asking a dictionary instead of the hub."""

    def user_for_token(
        self, token: str, use_cache: bool = True, session_id: str = "", *, sync: bool = True
    ) -> Any:
        model = PEOPLE.get(token)
        found = None if model is None else {"kind": "user", "groups": [], **model}
        if sync:
            return found

        async def later() -> Any:
            return found

        return later()


def known_tokens() -> KnownTokens:
    return KnownTokens(
        api_token="token-of-the-service",
        api_url="http://127.0.0.1:1/hub/api",
        base_url=PREFIX,
        hub_prefix="/hub/",
        oauth_client_id="service-billing",
        access_scopes=[ACCESS],
    )


@dataclass
class Site:
    """A running service; `clock`, `hub` and `links` are in the test's hands."""

    store: Store
    clock: HandClock
    hub: FakeHub = field(default_factory=FakeHub)
    links: FakeRoomLinks = field(default_factory=FakeRoomLinks)
    customer_rooms: FakeCustomerRooms = field(default_factory=FakeCustomerRooms)
    gateway: PaymentGateway | None = None
    heartbeat_s: float = 5.0
    look: Look = field(default_factory=lambda: LOOK)
    home: Path = Path("/nowhere")
    """Where letters are written, once a test starts `deliverer`."""
    seller: Path = Path("/nowhere/seller.toml")
    """There is none unless a test names one; documents are made when it starts `papers`."""

    async def start(self, port: int = 0) -> "Site":
        self.worker = Worker()
        self.billing = Billing(self.store, self.clock)
        self.publisher = Publisher(self.billing, self.worker)
        self.scheduler = Scheduler(self.billing, self.worker, self.clock)
        self.people = PeopleKeeper(self.store, self.worker, self.hub, self.clock)
        self.documents = Documents(self.store, self.clock, SellerFile(self.seller))
        self.papers = DocumentKeeper(self.documents)
        self.courier = make_courier(self.store, self.clock, {"WEBVISIO_HOME": str(self.home)}, self.documents)
        self.deliverer = Deliverer(self.courier, self.worker, self.clock)
        wire(self.billing, self.publisher, self.scheduler, self.papers, self.deliverer)
        account_url = f"http://hub.test{PREFIX}account/"
        self.checkouts = Checkouts(self.billing, self.worker, self.clock, self.gateway, account_url)
        self.hub_auth = known_tokens()
        self.web = WebSettings(
            billing=self.billing,
            bank=Bank(self.billing, self.clock),
            catalogue=Catalogue(self.billing, self.clock),
            checkouts=self.checkouts,
            contacts=Contacts(self.billing, self.clock),
            returning=Returning(self.billing, self.worker, self.customer_rooms),
            terms=TermsShelf(self.home / "terms"),
            worker=self.worker,
            publisher=self.publisher,
            people=self.people,
            documents=self.documents,
            papers=self.papers,
            courier=self.courier,
            deliverer=self.deliverer,
            scheduler=self.scheduler,
            is_mail_by_hand=True,
            hub=self.hub,
            hub_auth=self.hub_auth,
            room_links=self.links,
            look=self.look,
            measures=Measures(),
            clock=self.clock,
            prefix=PREFIX,
            internal_token=INTERNAL_TOKEN,
        )
        self.application = make_application(self.web, COOKIE_SECRET, self.heartbeat_s)
        await self.scheduler.start()
        await self.publisher.start()
        self.server = HTTPServer(self.application, xheaders=True, max_body_size=HARD_BODY_LIMIT_BYTES)
        (listener,) = bind_sockets(port, "127.0.0.1")
        self.port: int = listener.getsockname()[1]
        self.server.add_socket(listener)
        self.url = f"http://127.0.0.1:{self.port}{PREFIX}"
        return self

    async def stop(self) -> None:
        self.server.stop()
        await self.papers.stop()
        await self.people.stop()
        await self.scheduler.stop()
        await self.publisher.stop()
        await self.server.close_all_connections()
        self.worker.close()

    # ---- asking ----------------------------------------------------------------------

    async def ask(
        self,
        path: str,
        method: str = "GET",
        token: str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        """Ask as whoever has a hub token, or as nobody."""
        said = {"Accept-Language": "en", **(headers or {})}
        if token is not None:
            said["Authorization"] = f"token {token}"
        client = SimpleAsyncHTTPClient(force_instance=True)
        try:
            return await client.fetch(
                HTTPRequest(
                    self.url + path,
                    method=method,
                    headers=said,
                    body=body if body is not None or method in ("GET", "DELETE", "HEAD") else b"",
                    allow_nonstandard_methods=True,
                    follow_redirects=False,
                    connect_timeout=PATIENCE_S,
                    request_timeout=PATIENCE_S,
                ),
                raise_error=False,
            )
        finally:
            client.close()

    async def call(
        self,
        path: str,
        method: str = "GET",
        fields: object = None,
        token: str = OPERATOR_TOKEN,
        **headers: str,
    ) -> tuple[int, Any]:
        """Call the JSON API; the answer's status and its JSON."""
        body = None if fields is None else msgspec.json.encode(fields)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.ask(path, method, token, body, said)
        return response.code, msgspec.json.decode(response.body) if response.body else None


class Browser:
    """Cookies and the forms' XSRF token, as a browser would hold them."""

    def __init__(self, site: Site, token: str = OPERATOR_TOKEN, locale: str = "en") -> None:
        self._site = site
        self.locale = locale
        signed = create_signed_value(COOKIE_SECRET, site.hub_auth.cookie_name, token)
        self.cookies = {site.hub_auth.cookie_name: signed.decode(), "jupyterhub-session-id": "session"}
        self.url = ""

    async def get(self, path: str, **headers: str) -> HTTPResponse:
        return await self._send("GET", path, None, headers)

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> HTTPResponse:
        """Fill a form in and send it, with the page's XSRF token; redirects are not followed."""
        if "_xsrf" not in self.cookies:
            await self.get("")
        body = urlencode({"_xsrf": self.cookies["_xsrf"], **fields}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send("POST", path, body, {**kind, **headers})

    async def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> HTTPResponse:
        said = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": "text/html",
            "Accept-Language": self.locale,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        response = await self._site.ask(path, method, None, body, said)
        for cookie in response.headers.get_list("Set-Cookie"):
            for name, morsel in SimpleCookie(cookie).items():
                self.cookies[name] = morsel.value
        return response


def text(response: HTTPResponse) -> str:
    """The page of an answer."""
    return response.body.decode()


async def soon(awaitable: Any) -> Any:
    """Wait, but not for ever."""
    return await asyncio.wait_for(awaitable, PATIENCE_S)
