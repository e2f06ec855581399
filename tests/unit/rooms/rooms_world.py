"""A whole rooms service in the test's own process: real tornado, fake hub, fake media, a clock moved by hand."""

import asyncio
import heapq
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from argon2 import PasswordHasher
from jupyterhub.services.auth import HubOAuth
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler, create_signed_value
from tornado.websocket import WebSocketClientConnection, websocket_connect

from shared.patience import PATIENCE_S
from webvisio_entitlements.source import FixedEntitlements
from webvisio_protocol.entitlements import Block, BlockReason, ContractAccess, Interval, RentedRoom
from webvisio_protocol.identifiers import JOIN_SCOPE, ContractId, CustomerId, Role, RoomId, room_group
from webvisio_rooms.application.custody import CustomerCustody
from webvisio_rooms.application.files import Files
from webvisio_rooms.application.guests import GuestPasswords
from webvisio_rooms.application.returning import Stores
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.shared import Shared
from webvisio_rooms.domain.files import FileLimits
from webvisio_rooms.engine.fake import FakeEngine
from webvisio_rooms.file_settings import ARCHIVES
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.files.scanner import Scanner
from webvisio_rooms.files.vault import Vault
from webvisio_rooms.storage.custody import Custody
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.file_store import FileStore
from webvisio_rooms.storage.store import Store
from webvisio_rooms.web.app import make_application
from webvisio_rooms.web.identity import VISITOR_COOKIE, xsrf_token
from webvisio_rooms.web.settings import WebSettings
from webvisio_rooms.web.vigil import Vigil

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PREFIX = "/services/rooms/"
SECRET = "a cookie secret of the tests"
INTERNAL = "internal-token-of-the-tests"
CLIENT_ID = "service-rooms"
ROOM = RoomId("python")
OTHER_ROOM = RoomId("rust")
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=sendonly\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:3\r\na=recvonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:4\r\na=recvonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:5\r\na=recvonly\r\n"
)
SOURCES = {"0": "microphone", "1": "camera", "2": "screen"}


class ManualTimers:
    """Time that stands still until a test moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._order = itertools.count()
        self._pending: list[tuple[datetime, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()

    def now(self) -> datetime:
        return self._now

    def call_at(self, instant: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._order)
        heapq.heappush(self._pending, (instant, number, callback))

        def cancel() -> None:
            self._cancelled.add(number)

        return cancel

    def advance(self, seconds: float) -> None:
        """Move the clock, calling what falls due on the way, in order."""
        target = self._now + timedelta(seconds=seconds)
        while self._pending and self._pending[0][0] <= target:
            instant, number, callback = heapq.heappop(self._pending)
            self._now = max(self._now, instant)
            if number not in self._cancelled:
                callback()
        self._now = target


@dataclass
class FakeHub:
    """Answers `GET /hub/api/user` by token, as the hub does."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_down: bool = False
    questions: int = 0

    def add(self, name: str, role: Role | None = None, *, room: RoomId = ROOM, **more: Any) -> str:
        """Add a user; returns their token."""
        groups = [] if role is None else [room_group(room, role)]
        self.users[f"token-{name}"] = {
            "kind": "user",
            "name": name,
            "groups": groups,
            "user_info": {"display_name": name.capitalize()},
            "scopes": [JOIN_SCOPE, "access:services!service=rooms"],
        } | more
        return f"token-{name}"

    def application(self) -> Application:
        hub = self

        class User(RequestHandler):
            def get(self) -> None:
                hub.questions += 1
                token = self.request.headers["Authorization"].partition(" ")[2]
                if hub.is_down:
                    self.set_status(503)
                elif token in hub.users:
                    self.finish(hub.users[token])
                else:
                    self.set_status(403)
                    self.finish({"status": 403, "message": "Forbidden"})

        class Token(RequestHandler):
            def post(self) -> None:
                self.finish({"access_token": self.get_body_argument("code")})

            def check_xsrf_cookie(self) -> None:
                pass

        return Application([("/hub/api/user", User), ("/hub/api/oauth2/token", Token)])


def contract(
    *rooms: RoomId,
    customer: str = "acme",
    start: datetime = START - timedelta(days=3),
    end: datetime = START + timedelta(days=27),
    blocks: tuple[Block, ...] = (),
    ends_at: datetime | None = None,
) -> ContractAccess:
    """Make a contract that rents rooms."""
    return ContractAccess(
        ContractId(f"contract-{customer}"),
        CustomerId(customer),
        customer.capitalize(),
        "Europe/Paris",
        (Interval(start, end),),
        blocks,
        tuple(RentedRoom(room, f"Salle {room}") for room in rooms or (ROOM,)),
        ends_at,
    )


def blocked(reason: BlockReason) -> tuple[Block, ...]:
    return (Block(reason, START),)


class Client:
    """A browser's side of the WebSocket."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.close_code: int | None = None

    def send(self, kind: str, **fields: Any) -> None:
        self.socket.write_message(json.dumps({"type": kind} | fields))

    def say_hello(
        self, tab: str = "tab-1", locale: str = "en", resume: str | None = None, protocol: int = 1
    ) -> None:
        self.send("hello", protocol=protocol, locale=locale, tabId=tab, resume=resume)

    async def next(self) -> dict[str, Any] | None:
        """The next message, or None when the service closed."""
        text = await asyncio.wait_for(self.socket.read_message(), PATIENCE_S)
        if text is None:
            self.close_code = self.socket.close_code
            return None
        message: dict[str, Any] = json.loads(text)
        self.heard.append(message)
        return message

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read until a message of this type, with these fields."""
        while (message := await self.next()) is not None:
            if message["type"] == kind and all(message.get(k) == v for k, v in fields.items()):
                return message
        raise AssertionError(
            f"closed ({self.close_code}) before {kind}; heard {[m['type'] for m in self.heard]}"
        )

    async def closed(self) -> int | None:
        """Read to the end; returns the close code."""
        while await self.next() is not None:
            pass
        return self.close_code

    async def settled(self) -> list[dict[str, Any]]:
        """Everything that was sent so far: a ping comes back after it."""
        before = len(self.heard)
        self.send("ping", sentAtMs=float(len(self.heard)) + 0.5)
        await self.until("pong")
        return self.heard[before:-1]


class World:
    """See the module. `async with World(tmp_path) as world`"""

    def __init__(self, folder: Path, *contracts: ContractAccess) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder}/rooms.sqlite"
        self.timers = ManualTimers()
        self.hub = FakeHub()
        self.entitlements = FixedEntitlements(contracts or (contract(),))
        self.engine = FakeEngine()
        self.clients: list[Client] = []
        self.file_limits = FileLimits()
        self.scanner: Scanner | None = None
        self.video_codecs: tuple[str, ...] = ("VP8",)

    async def __aenter__(self) -> Self:
        socket, hub_port = bind_unused_port()
        self.hub_server = HTTPServer(self.hub.application())
        self.hub_server.add_socket(socket)
        self.hub_auth = HubOAuth(
            api_url=f"http://127.0.0.1:{hub_port}/hub/api",
            api_token="service-token",
            base_url=PREFIX,
            hub_prefix="/hub/",
            oauth_client_id=CLIENT_ID,
            oauth_redirect_uri=f"{PREFIX}oauth_callback",
            access_scopes={"access:services!service=rooms"},
            cache_max_age=30,
        )
        await self.start()
        return self

    async def start(self) -> None:
        """Start the service (again) on the same database."""
        engine = open_database(self.database)
        migrate(engine)
        self.store = Store(engine)
        self.rooms = Rooms(
            source=self.entitlements,
            store=self.store,
            engine=self.engine,
            timers=self.timers,
            video_codecs=self.video_codecs,
            passwords=GuestPasswords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
        )
        self.keys = KeyFolder(self.folder / "keys")
        self.document_store = DocumentStore(engine, self.keys)
        self.shared = Shared(self.rooms, self.document_store)
        vault = Vault(self.folder / "files", self.keys)
        self.files = Files(self.rooms, FileStore(engine), vault, self.file_limits, self.scanner)
        stores = Stores(Custody(engine), self.document_store, FileStore(engine), vault)
        archives = Vault(self.folder / "files" / ARCHIVES, self.keys)
        self.custody = CustomerCustody(self.rooms, stores, archives, self.keys)
        self.vigil = Vigil(self.rooms, self.hub_auth)
        socket, self.port = bind_unused_port()
        (self.folder / "static" / "page").mkdir(parents=True, exist_ok=True)
        settings = WebSettings(
            rooms=self.rooms,
            files=self.files,
            shared=self.shared,
            custody=self.custody,
            hub=self.hub_auth,
            prefix=PREFIX,
            base_url="/",
            public_url=f"http://127.0.0.1:{self.port}",
            cookie_secret=SECRET,
            internal_token=INTERNAL,
            vigil=self.vigil,
            static=self.folder / "static",
        )
        self.settings = settings
        await self.rooms.start()
        await self.shared.start()
        await self.custody.start()
        self.files.start()
        self.vigil.start()
        self.server = HTTPServer(make_application(settings), xheaders=True)
        self.server.add_socket(socket)
        await self.rooms.drain()

    async def stop(self) -> None:
        """Stop the service as SIGTERM would."""
        self.server.stop()
        self.vigil.stop()
        await self.custody.stop()
        await self.files.stop()
        await self.shared.stop()
        await self.rooms.stop()
        await self.server.close_all_connections()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self.clients:
            client.socket.close()
        await self.stop()
        self.hub_server.stop()
        await self.hub_server.close_all_connections()

    # ---- HTTP ------------------------------------------------------------------------

    def cookies(self, token: str | None = None, **more: str) -> str:
        """What a browser sends: a visitor cookie, the OAuth cookie of `token`, and more."""
        jar = {VISITOR_COOKIE: "visitor"} | more
        if token is not None:
            jar[CLIENT_ID] = create_signed_value(SECRET, CLIENT_ID, token).decode()
        return "; ".join(f"{name}={value}" for name, value in jar.items())

    async def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **jar: str,
    ) -> HTTPResponse:
        """Ask as the room's page would: a fetch with the page's XSRF token."""
        given = {
            "Cookie": self.cookies(token, **jar),
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "X-XSRFToken": xsrf_token(SECRET, "visitor", token),
            "Accept-Language": "en",
        } | (headers or {})
        raw = body if isinstance(body, str | bytes | None) else msgspec.json.encode(body)
        if raw is None and method in ("POST", "PATCH", "PUT"):
            raw = b""
        request = HTTPRequest(
            f"http://127.0.0.1:{self.port}{PREFIX}{path}",
            method=method,
            headers=given,
            body=raw,
            follow_redirects=False,
            decompress_response=False,
            allow_nonstandard_methods=True,
            connect_timeout=PATIENCE_S,
            request_timeout=PATIENCE_S,
        )
        return await AsyncHTTPClient().fetch(request, raise_error=False)

    async def link_code(self, room: RoomId = ROOM) -> str:
        """The secret part of a room's link."""
        record = await self.rooms.record(room)
        assert record is not None
        return record.link_code

    async def guest_cookie(self, name: str, password: str, room: RoomId = ROOM) -> dict[str, str]:
        """Enter as a guest; returns the cookie as keyword arguments."""
        code = await self.link_code(room)
        answer = await self.ask("POST", f"api/links/{code}/guest", body={"name": name, "password": password})
        assert answer.code == 200, answer.body
        pair = answer.headers["Set-Cookie"].partition(";")[0]
        key, _, value = pair.partition("=")
        return {key: value}

    # ---- WebSocket -------------------------------------------------------------------

    async def connect(
        self, token: str | None = None, room: str = ROOM, origin: str | None = None, **jar: str
    ) -> Client:
        """Open a WebSocket without saying anything."""
        headers = {
            "Cookie": self.cookies(token, **jar),
            "Sec-Fetch-Mode": "websocket",
            "Origin": origin or f"http://127.0.0.1:{self.port}",
        }
        request = HTTPRequest(
            f"ws://127.0.0.1:{self.port}{PREFIX}ws/{room}",
            headers=headers,
            connect_timeout=PATIENCE_S,
            request_timeout=PATIENCE_S,
        )
        client = Client(await websocket_connect(request))
        self.clients.append(client)
        return client

    async def join(
        self, name: str, role: Role | None = Role.PARTICIPANT, room: RoomId = ROOM, **hello: Any
    ) -> Client:
        """Log in, connect and say hello; the answer is for the test to read."""
        client = await self.connect(self.hub.add(name, role, room=room), room)
        client.say_hello(**hello)
        return client

    async def hosted(self) -> tuple[Client, Client]:
        """A room with a trainer and a trainee inside; both have read everything so far."""
        host = await self.join("trainer", Role.HOST)
        await host.until("welcome")
        trainee = await self.join("trainee")
        await trainee.until("welcome")
        await host.until("participant_joined")
        await host.settled()
        await trainee.settled()
        return host, trainee
