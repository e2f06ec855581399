"""The `webvisio_billing` process: settings, composition, start and stop.

    python -m webvisio_billing                          # the service
    python -m webvisio_billing seed-demo [--print-people]   # the demonstration, idempotent

Settings come from the environment that the platform sets
(docs/architecture.md, "Settings and secrets"), and may be given on the command
line or in a traitlets configuration too. Start order: migrate, catch up with
time, listen, then look after people; whoever connects sees a caught-up state.
"""

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer
from traitlets import Bool, List, TraitError, Unicode, default
from traitlets.config import Application

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.demo import SeedFailed, people, seed_demo
from webvisio_billing.application.hub_client import HubClient
from webvisio_billing.application.people import PeopleKeeper
from webvisio_billing.application.publisher import Publisher
from webvisio_billing.application.room_links import RoomsClient
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.application.worker import Worker
from webvisio_billing.storage.database import Store
from webvisio_billing.web.base import HARD_BODY_LIMIT_BYTES
from webvisio_billing.web.look import Look
from webvisio_billing.web.measures import Measures
from webvisio_billing.web.routes import make_application
from webvisio_billing.web.settings import WebSettings
from webvisio_entitlements.clock import clock_from_environment

HUB_CACHE_S = 30
"""How long the hub's word on a token is believed: a right taken away counts within this time."""

_log = logging.getLogger(__name__)


class BillingSettings(Application):
    """What the service and its commands share."""

    aliases = {  # noqa: RUF012 - traitlets reads it from the class
        "log-level": "Application.log_level",
        "database": "BillingSettings.database",
    }

    home = Unicode(help="Folder of the platform's state (WEBVISIO_HOME).").tag(config=True)
    database = Unicode(help="SQLAlchemy URL (WEBVISIO_BILLING_DATABASE).").tag(config=True)

    @default("log_level")
    def _default_log_level(self) -> int:
        return logging.INFO

    @default("home")
    def _default_home(self) -> str:
        return os.environ.get("WEBVISIO_HOME", "var")

    @default("database")
    def _default_database(self) -> str:
        path = Path(self.home).absolute() / "billing.sqlite"
        return os.environ.get("WEBVISIO_BILLING_DATABASE") or f"sqlite:///{path}"

    def open_store(self) -> Store:
        """Open the database, brought up to date."""
        if self.database.startswith("sqlite:///"):
            Path(self.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        store = Store(self.database)
        store.migrate()
        return store


class SeedDemo(BillingSettings):
    """`seed-demo`: makes the demonstration customers, unless they are there."""

    name = "webvisio-billing seed-demo"
    description = "Makes the demonstration customers with their contracts, rooms and people."
    flags = {  # noqa: RUF012 - traitlets reads it from the class
        "print-people": (
            {"SeedDemo": {"prints_people": True}},
            "Print the people of the demonstration as JSON.",
        )
    }

    prints_people = Bool(False, help="Print the people as JSON.").tag(config=True)

    def start(self) -> None:
        store = self.open_store()
        clock = clock_from_environment()
        try:
            is_new = seed_demo(Billing(store, clock), clock)
        except SeedFailed as failure:
            sys.stderr.write(f"the demonstration cannot be made: {failure}\n")
            self.exit(1)
        finally:
            store.close()
        if self.prints_people:
            sys.stdout.write(json.dumps(people(), ensure_ascii=False) + "\n")
        else:
            sys.stdout.write("the demonstration is made\n" if is_new else "the demonstration was there\n")


class BillingService(BillingSettings):
    """The service itself."""

    name = "webvisio-billing"
    description = "Contracts: what was ordered, what it opens, and who is told."
    subcommands = {  # noqa: RUF012 - traitlets reads it from the class
        "seed-demo": (SeedDemo, SeedDemo.description)
    }

    url = Unicode(help="Where to listen (JUPYTERHUB_SERVICE_URL).").tag(config=True)
    prefix = Unicode(help="Path of the service (JUPYTERHUB_SERVICE_PREFIX).").tag(config=True)
    rooms_url = Unicode(help="The rooms service, direct (WEBVISIO_ROOMS_URL).").tag(config=True)
    hub_api_url = Unicode(help="The hub's REST API (JUPYTERHUB_API_URL).").tag(config=True)
    template_paths = List(
        Unicode(), help="Folders that extend the hub's templates (WEBVISIO_TEMPLATE_PATHS)."
    ).tag(config=True)
    template_extensions = List(
        Unicode(), help="Jinja extensions that those templates need (WEBVISIO_TEMPLATE_EXTENSIONS)."
    ).tag(config=True)

    @default("url")
    def _default_url(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_URL") or "http://127.0.0.1:8082"

    @default("prefix")
    def _default_prefix(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or "/services/billing/"

    @default("rooms_url")
    def _default_rooms_url(self) -> str:
        return os.environ.get("WEBVISIO_ROOMS_URL") or "http://127.0.0.1:8083/services/rooms/"

    @default("hub_api_url")
    def _default_hub_api_url(self) -> str:
        return os.environ.get("JUPYTERHUB_API_URL") or "http://127.0.0.1:8081/hub/api"

    @default("template_paths")
    def _default_template_paths(self) -> list[str]:
        return [path for path in os.environ.get("WEBVISIO_TEMPLATE_PATHS", "").split(os.pathsep) if path]

    @default("template_extensions")
    def _default_template_extensions(self) -> list[str]:
        return [name for name in os.environ.get("WEBVISIO_TEMPLATE_EXTENSIONS", "").split(",") if name]

    def start(self) -> None:
        """Run until a signal comes."""
        if self.subapp is not None:
            self.subapp.start()
            return
        logging.basicConfig(
            level=int(str(self.log_level)),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            force=True,
        )
        for name in ("tornado.application", "tornado.general", "tornado.access", "alembic"):
            # these tell addresses, paths and user names; ours do not
            logging.getLogger(name).setLevel(logging.ERROR)
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Start everything, wait for a signal, stop everything."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        worker = Worker()
        store = await worker.run(self.open_store)
        clock = clock_from_environment()
        billing = Billing(store, clock)
        hub = HubClient(self.hub_api_url, os.environ.get("JUPYTERHUB_API_TOKEN", ""))
        publisher = Publisher(billing, worker)
        scheduler = Scheduler(billing, worker, clock)
        keeper = PeopleKeeper(store, worker, hub)
        wire(billing, publisher, scheduler)
        internal_token = _secret("WEBVISIO_INTERNAL_TOKEN")
        application = make_application(
            WebSettings(
                billing=billing,
                worker=worker,
                publisher=publisher,
                people=keeper,
                hub=hub,
                hub_auth=HubOAuth.instance(cache_max_age=HUB_CACHE_S),
                room_links=RoomsClient(self.rooms_url, internal_token),
                look=Look(self.template_paths, self.template_extensions),
                measures=Measures(),
                clock=clock,
                prefix=self.prefix,
                internal_token=internal_token,
            ),
            cookie_secret=_secret("WEBVISIO_COOKIE_SECRET").encode(),
        )
        await scheduler.start()
        await publisher.start()
        server = HTTPServer(
            application, xheaders=True, max_body_size=HARD_BODY_LIMIT_BYTES, idle_connection_timeout=75
        )
        where = urlsplit(self.url)
        server.listen(where.port or 80, where.hostname or "127.0.0.1")
        keeper.start()
        _log.info("contracts are served, entitlements at version %d", publisher.version)
        await stop.wait()
        server.stop()
        await keeper.stop()
        await scheduler.stop()
        await publisher.stop()
        await server.close_all_connections()
        store.close()
        worker.close()


def wire(billing: Billing, publisher: Publisher, scheduler: Scheduler) -> None:
    """Let a commit wake those who wait for one; it happens on the worker's thread."""
    loop = asyncio.get_running_loop()

    def committed() -> None:
        loop.call_soon_threadsafe(publisher.nudge)

    billing.on_commit = committed
    publisher.on_news = scheduler.nudge


def _secret(variable: str) -> str:
    """Read a secret; one that is missing is made up, good until the process ends."""
    found = os.environ.get(variable)
    if not found:
        _log.warning("%s is not set: a secret is made up for this run", variable)
        os.environ[variable] = found = secrets.token_hex(32)
    return found


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line."""
    try:
        return BillingService.launch_instance(arguments)
    except TraitError as error:
        sys.stderr.write(f"{error}\n")
        return 2
