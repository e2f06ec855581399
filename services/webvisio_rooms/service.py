"""The `webvisio_rooms` process: settings, composition, start and stop.

Settings come from the environment that the platform sets
(docs/architecture.md, "Settings and secrets") and may be given on the command
line or in a traitlets configuration too.
"""

import asyncio
import logging
import os
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer
from traitlets import Dict, Integer, List, TraitError, Unicode, default

from webvisio_entitlements.clock import clock_from_environment
from webvisio_entitlements.source import BillingSource
from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_rooms.application import randomness
from webvisio_rooms.application.guests import GuestPasswords
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.shared import Shared
from webvisio_rooms.application.timing import LoopTimers
from webvisio_rooms.document_command import ImportDocument
from webvisio_rooms.domain.codecs import preferred_codecs
from webvisio_rooms.domain.turn import TurnServer
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.pool import MOST_WORKERS, PEERS_A_WORKER, WorkerPool
from webvisio_rooms.engine.port import MediaEngine
from webvisio_rooms.engine.worker import WorkerEngine, worker_command
from webvisio_rooms.file_settings import DestroyCustomerKey, FileSettings
from webvisio_rooms.return_command import ReturnData
from webvisio_rooms.storage.database import migrate, open_database
from webvisio_rooms.storage.document_store import DocumentStore
from webvisio_rooms.storage.store import Store
from webvisio_rooms.web.app import make_application
from webvisio_rooms.web.base import MAX_BODY_BYTES
from webvisio_rooms.web.identity import HUB_CACHE_S
from webvisio_rooms.web.settings import WebSettings
from webvisio_rooms.web.vigil import Vigil
from webvisio_service.environment import secret, stop_signal, trusted_proxies
from webvisio_service.settings import ServiceSettings, StateSettings, launch

MINIMUM_PASSWORD_CHARACTERS = 8

_log = logging.getLogger(__name__)


class RoomsState(StateSettings):
    """What the service and its commands share."""

    database_name = "rooms"

    def open_store(self) -> Store:
        """Open the database, brought up to date."""
        engine = open_database(self.database_url())
        migrate(engine)
        return Store(engine)


class SetGuestPassword(RoomsState):
    """`set-guest-password ROOM`: the password is read from standard input; an empty one closes guest access."""

    name = "webvisio-rooms set-guest-password"
    description = "Sets a room's password for guests, read from standard input."

    def start(self) -> None:
        if len(self.extra_args) != 1 or not is_identifier(self.extra_args[0]):
            sys.stderr.write("one room identifier is expected\n")
            self.exit(2)
        room_id = RoomId(self.extra_args[0])
        password = sys.stdin.readline().rstrip("\n")
        if password and len(password) < MINIMUM_PASSWORD_CHARACTERS:
            sys.stderr.write(f"a password has at least {MINIMUM_PASSWORD_CHARACTERS} characters\n")
            self.exit(2)
        passwords, store = GuestPasswords(), self.open_store()
        now = clock_from_environment().now()
        store.ensure_room(room_id, "", "", randomness.link_code(), now)
        store.set_guest_password(room_id, passwords.hash_now(password) if password else None)
        store.close()
        passwords.close()


class RoomsService(ServiceSettings, RoomsState, FileSettings):
    """The service itself."""

    name = "webvisio-rooms"
    description = "Rooms: who is in, what they may do, and where media goes."
    subcommands = {  # noqa: RUF012 - traitlets reads it from the class
        "set-guest-password": (SetGuestPassword, SetGuestPassword.description),
        "import-document": (ImportDocument, ImportDocument.description),
        "return-data": (ReturnData, ReturnData.description),
        "destroy-customer-key": (DestroyCustomerKey, DestroyCustomerKey.description),
    }
    service_name = "rooms"
    default_port = 8083

    base_url = Unicode(help="Path of the hub's deployment (JUPYTERHUB_BASE_URL).").tag(config=True)
    public_url = Unicode(help="What links begin with (WEBVISIO_PUBLIC_URL).").tag(config=True)
    billing_url = Unicode(help="Billing, direct (WEBVISIO_BILLING_URL).").tag(config=True)
    media_udp_port = Integer(help="Media port (WEBVISIO_MEDIA_UDP_PORT).").tag(config=True)
    media_tcp_port = Integer(
        help="Media port for networks that block UDP; 0: none (WEBVISIO_MEDIA_TCP_PORT)."
    ).tag(config=True)
    media_workers = Integer(
        min=1, max=MOST_WORKERS, help="Media workers, each on a port of its own (WEBVISIO_MEDIA_WORKERS)."
    ).tag(config=True)
    media_peers_a_worker = Integer(
        min=0,
        help="From so many peers on a worker on, who comes next is put on another one, and sessions are on several;"
        " 0: never (WEBVISIO_MEDIA_PEERS_A_WORKER).",
    ).tag(config=True)
    media_addresses = List(Unicode(), help="Addresses told to browsers (WEBVISIO_MEDIA_ADDRESSES).").tag(
        config=True
    )

    @default("base_url")
    def _default_base_url(self) -> str:
        return os.environ.get("JUPYTERHUB_BASE_URL") or "/"

    @default("public_url")
    def _default_public_url(self) -> str:
        port = os.environ.get("WEBVISIO_PORT", "8000")
        return os.environ.get("WEBVISIO_PUBLIC_URL") or f"http://localhost:{port}"

    @default("billing_url")
    def _default_billing_url(self) -> str:
        return os.environ.get("WEBVISIO_BILLING_URL") or "http://127.0.0.1:8082/services/billing/"

    @default("media_udp_port")
    def _default_media_udp_port(self) -> int:
        own = int(os.environ.get("WEBVISIO_PORT", "8000")) + 84
        return int(os.environ.get("WEBVISIO_MEDIA_UDP_PORT") or own)

    @default("media_tcp_port")
    def _default_media_tcp_port(self) -> int:
        return int(os.environ.get("WEBVISIO_MEDIA_TCP_PORT") or self.media_udp_port)

    turn_urls = List(
        Unicode(), help="URLs of the operator's own TURN server, if any (WEBVISIO_TURN_URLS)."
    ).tag(config=True)

    @default("turn_urls")
    def _default_turn_urls(self) -> list[str]:
        given = os.environ.get("WEBVISIO_TURN_URLS", "")
        return [url.strip() for url in given.split(",") if url.strip()]

    media_codecs = List(
        Unicode(),
        help="Codecs in which pictures are sent, best first, of VP8, H264, VP9, AV1; VP8 is always the last resort"
        " (WEBVISIO_MEDIA_CODECS: separated by commas).",
    ).tag(config=True)

    @default("media_codecs")
    def _default_media_codecs(self) -> list[str]:
        return os.environ.get("WEBVISIO_MEDIA_CODECS", "").split(",")

    def video_codecs(self) -> tuple[str, ...]:
        """The list made whole; raises `TraitError` for a codec that cannot be forwarded."""
        try:
            return preferred_codecs(self.media_codecs)
        except ValueError as problem:
            raise TraitError(
                f"WEBVISIO_MEDIA_CODECS takes VP8, H264, VP9 and AV1, not {problem}"
            ) from problem

    media_limits = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Limits of media workers by name, see docs/media.md (WEBVISIO_MEDIA_LIMITS: name=value,...).",
    ).tag(config=True)
    media_timing = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Durations of media workers in seconds, by name (WEBVISIO_MEDIA_TIMING: name=value,...).",
    ).tag(config=True)

    @default("media_limits")
    def _default_media_limits(self) -> dict[str, str]:
        return pairs_of("WEBVISIO_MEDIA_LIMITS")

    @default("media_timing")
    def _default_media_timing(self) -> dict[str, str]:
        return pairs_of("WEBVISIO_MEDIA_TIMING")

    def media_settings(self) -> list[str]:
        """What every worker's command line says beside where it listens."""
        said = [f"--MediaWorker.limits={name}={value}" for name, value in self.media_limits.items()]
        return said + [f"--MediaWorker.timing={name}={value}" for name, value in self.media_timing.items()]

    def media_engine(self) -> MediaEngine:
        """The media workers, on ports that follow one another, linked where sessions may be on several."""
        is_linked = self.media_peers_a_worker > 0
        mesh = Mesh(self.media_workers if is_linked else 0)
        commands = [
            worker_command(
                self.media_udp_port and self.media_udp_port + place,
                self.media_addresses,
                self.media_tcp_port and self.media_tcp_port + place,
            )
            + self.media_settings()
            for place in range(self.media_workers)
        ]
        workers = [WorkerEngine(command, mesh.ends(place)) for place, command in enumerate(commands)]
        return WorkerPool(workers, self.media_peers_a_worker, mesh)

    def turn_server(self) -> TurnServer | None:
        """The TURN server that clients are told of; raises `TraitError` without its secret."""
        if not self.turn_urls:
            return None
        if not all(url.startswith(("turn:", "turns:")) for url in self.turn_urls):
            raise TraitError("WEBVISIO_TURN_URLS takes turn: and turns: URLs, separated by commas")
        secret_of_turn = os.environ.get("WEBVISIO_TURN_SECRET")
        if not secret_of_turn:
            raise TraitError("WEBVISIO_TURN_URLS needs WEBVISIO_TURN_SECRET, coturn's static-auth-secret")
        return TurnServer(tuple(self.turn_urls), secret_of_turn)

    @default("media_workers")
    def _default_media_workers(self) -> int:
        # one core is left to everything else
        spare = max(1, min((os.cpu_count() or 1) - 1, MOST_WORKERS))
        return int(os.environ.get("WEBVISIO_MEDIA_WORKERS") or spare)

    @default("media_peers_a_worker")
    def _default_media_peers_a_worker(self) -> int:
        return int(os.environ.get("WEBVISIO_MEDIA_PEERS_A_WORKER") or PEERS_A_WORKER)

    @default("media_addresses")
    def _default_media_addresses(self) -> list[str]:
        given = os.environ.get("WEBVISIO_MEDIA_ADDRESSES", "")
        return [address.strip() for address in given.split(",") if address.strip()] or own_addresses()

    def start(self) -> None:
        """Run until a signal comes."""
        if self.subapp is not None:
            self.subapp.start()
            return
        self.begin_logging()
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Start everything, wait for a signal, stop everything."""
        stop = stop_signal()
        hub = HubOAuth.instance(cache_max_age=HUB_CACHE_S)
        timers = LoopTimers(clock_from_environment())
        rooms = Rooms(
            source=BillingSource(self.billing_url, secret("WEBVISIO_INTERNAL_TOKEN")),
            store=await asyncio.to_thread(self.open_store),
            engine=self.media_engine(),
            timers=timers,
            turn=self.turn_server(),
            video_codecs=self.video_codecs(),
        )
        files = self.open_files(rooms)
        custody = self.open_custody(rooms)
        shared = Shared(rooms, DocumentStore(open_database(self.database_url()), self.open_keys()))
        vigil = Vigil(rooms, hub)
        application = make_application(
            WebSettings(
                rooms=rooms,
                shared=shared,
                files=files,
                custody=custody,
                hub=hub,
                prefix=self.prefix,
                base_url=self.base_url,
                public_url=self.public_url,
                cookie_secret=secret("WEBVISIO_COOKIE_SECRET"),
                internal_token=secret("WEBVISIO_INTERNAL_TOKEN"),
                vigil=vigil,
            )
        )
        await rooms.start()
        await shared.start()
        await custody.start()
        files.start()
        vigil.start()
        server = HTTPServer(
            application,
            xheaders=True,
            trusted_downstream=trusted_proxies(),
            max_body_size=MAX_BODY_BYTES,
            idle_connection_timeout=75,
        )
        where = urlsplit(self.url)
        server.listen(where.port or 80, where.hostname or "127.0.0.1")
        _log.info("rooms are served")
        await stop.wait()
        server.stop()
        vigil.stop()
        await custody.stop()
        await files.stop()
        await shared.stop()
        await rooms.stop()
        await server.close_all_connections()


def pairs_of(variable: str) -> dict[str, str]:
    """Read `name=value,...` of the environment; raises `TraitError`."""
    pairs: dict[str, str] = {}
    for part in os.environ.get(variable, "").split(","):
        name, is_pair, value = (text.strip() for text in part.partition("="))
        if name and is_pair and value:
            pairs[name] = value
        elif part.strip():
            raise TraitError(f"{variable} takes name=value, separated by commas")
    return pairs


def own_addresses() -> list[str]:
    """List the addresses of this machine that browsers may reach, loopback last."""
    found: list[str] = []
    for family, probe in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # connecting a datagram socket sends nothing: the kernel only chooses the way out
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probing:
                probing.connect((probe, 9))
                found.append(probing.getsockname()[0])
        except OSError:
            continue
    return [address for address in dict.fromkeys(found) if not address.startswith("fe80")] + ["127.0.0.1"]


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line."""
    return launch(RoomsService, arguments)
