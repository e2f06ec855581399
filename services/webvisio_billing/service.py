"""The `webvisio_billing` process: its settings and its commands; `server` puts it together.

    python -m webvisio_billing                          # the service
    python -m webvisio_billing seed-demo [--print-people]   # the demonstration, idempotent

Settings come from the environment that the platform sets
(docs/architecture.md, "Settings and secrets"), and may be given on the command
line or in a traitlets configuration too.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from traitlets import Bool, Enum, List, Unicode, default

from webvisio_billing.application.demo import SeedFailed, people, seed_demo
from webvisio_billing.composition import make_billing
from webvisio_billing.documents.seller_file import put_demonstration_seller
from webvisio_billing.payments.paypal import PayPalAccess
from webvisio_billing.storage.database import Store
from webvisio_entitlements.clock import clock_from_environment
from webvisio_service.settings import ServiceSettings, StateSettings, launch


class BillingState(StateSettings):
    """What the service and its commands share."""

    database_name = "billing"

    seller = Unicode(help="File that says who sells (WEBVISIO_SELLER, else seller.toml in the home).").tag(
        config=True
    )

    @default("seller")
    def _default_seller(self) -> str:
        return os.environ.get("WEBVISIO_SELLER") or str(Path(self.home).absolute() / "seller.toml")

    def seller_path(self) -> Path:
        """Tell where the seller's identity is read from; the file may not be there."""
        return Path(self.seller)

    def open_store(self) -> Store:
        """Open the database, brought up to date."""
        store = Store(self.database_url())
        store.migrate()
        return store


class SeedDemo(BillingState):
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
        put_demonstration_seller(self.seller_path())
        try:
            is_new = seed_demo(make_billing(store, clock, os.environ), clock)
        except SeedFailed as failure:
            sys.stderr.write(f"the demonstration cannot be made: {failure}\n")
            self.exit(1)
        finally:
            store.close()
        if self.prints_people:
            sys.stdout.write(json.dumps(people(), ensure_ascii=False) + "\n")
        else:
            sys.stdout.write("the demonstration is made\n" if is_new else "the demonstration was there\n")


class BillingService(ServiceSettings, BillingState):
    """The service itself."""

    name = "webvisio-billing"
    description = "Contracts: what was ordered, what it opens, and who is told."
    subcommands = {  # noqa: RUF012 - traitlets reads it from the class
        "seed-demo": (SeedDemo, SeedDemo.description)
    }

    service_name = "billing"
    default_port = 8082

    rooms_url = Unicode(help="The rooms service, direct (WEBVISIO_ROOMS_URL).").tag(config=True)
    hub_api_url = Unicode(help="The hub's REST API (JUPYTERHUB_API_URL).").tag(config=True)
    template_paths = List(
        Unicode(), help="Folders that extend the hub's templates (WEBVISIO_TEMPLATE_PATHS)."
    ).tag(config=True)
    template_extensions = List(
        Unicode(), help="Jinja extensions that those templates need (WEBVISIO_TEMPLATE_EXTENSIONS)."
    ).tag(config=True)

    public_url = Unicode(help="What links begin with (WEBVISIO_PUBLIC_URL).").tag(config=True)
    paypal_environment = Enum(
        ["sandbox", "production"],
        help="Which PayPal (WEBVISIO_PAYPAL_ENVIRONMENT); the sandbox moves no money.",
    ).tag(config=True)

    @default("public_url")
    def _default_public_url(self) -> str:
        return os.environ.get("WEBVISIO_PUBLIC_URL") or "http://localhost:8000"

    @default("paypal_environment")
    def _default_paypal_environment(self) -> str:
        return os.environ.get("WEBVISIO_PAYPAL_ENVIRONMENT") or "sandbox"

    def _paypal(self) -> PayPalAccess | None:
        """Read PayPal's credentials from the environment alone; None where there are none."""
        told = [
            os.environ.get(f"WEBVISIO_PAYPAL_{name}", "")
            for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_ID")
        ]
        if not (told[0] and told[1]):
            return None
        api_url = os.environ.get("WEBVISIO_PAYPAL_API_URL", "")
        return PayPalAccess(told[0], told[1], told[2], self.paypal_environment, api_url)

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
        self.begin_logging()
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
                    public_url=self.public_url,
                    paypal=self._paypal(),
                    seller=self.seller_path(),
                ),
                self.open_store,
            )
        )


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line."""
    return launch(BillingService, arguments)
