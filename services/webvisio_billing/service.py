"""The `webvisio_billing` process: its settings and its commands; `server` puts it together.

    python -m webvisio_billing                          # the service
    python -m webvisio_billing seed-demo [--print-people]   # the demonstration, idempotent

Settings come from the environment that the platform sets
(docs/architecture.md, "Settings and secrets"), and may be given on the command
line or in a traitlets configuration too.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from traitlets import Bool, List, TraitError, Unicode, default
from traitlets.config import Application

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.demo import SeedFailed, people, seed_demo
from webvisio_billing.storage.database import Store
from webvisio_entitlements.clock import clock_from_environment


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
        # imported here, so that the commands do not pay for JupyterHub's client
        from webvisio_billing.server import Place, serve

        asyncio.run(
            serve(
                Place(
                    url=self.url,
                    prefix=self.prefix,
                    rooms_url=self.rooms_url,
                    hub_api_url=self.hub_api_url,
                    template_paths=tuple(self.template_paths),
                    template_extensions=tuple(self.template_extensions),
                ),
                self.open_store,
            )
        )


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line."""
    try:
        return BillingService.launch_instance(arguments)
    except TraitError as error:
        sys.stderr.write(f"{error}\n")
        return 2
