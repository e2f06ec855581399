"""Puts the service together, runs it until a signal comes, and takes it apart.

Start order: migrate, catch up with time, listen, then look after people;
whoever connects sees a state that is caught up.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer

from webvisio_billing.application.bank import Bank
from webvisio_billing.application.catalogue import Catalogue
from webvisio_billing.application.checkouts import Checkouts
from webvisio_billing.application.contacts import Contacts
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.customer_data import Returning, RoomsCustody
from webvisio_billing.application.document_keeper import DocumentKeeper
from webvisio_billing.application.documents import Documents
from webvisio_billing.application.hub_client import HubClient
from webvisio_billing.application.people import PeopleKeeper
from webvisio_billing.application.policy import PolicyInvalid
from webvisio_billing.application.publisher import Publisher
from webvisio_billing.application.room_links import RoomsClient
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.application.worker import Worker
from webvisio_billing.composition import (
    check_settings,
    is_mail_by_hand,
    make_billing,
    make_courier,
    make_shelf,
)
from webvisio_billing.documents.seller_file import SellerFile
from webvisio_billing.outbox.deliverer import Deliverer
from webvisio_billing.payments.paypal import PayPal, PayPalAccess
from webvisio_billing.storage.database import Store
from webvisio_billing.web.base import HARD_BODY_LIMIT_BYTES
from webvisio_billing.web.look import Look
from webvisio_billing.web.measures import Measures
from webvisio_billing.web.routes import make_application
from webvisio_billing.web.settings import WebSettings
from webvisio_entitlements.clock import clock_from_environment
from webvisio_service.environment import secret, stop_signal, trusted_proxies

HUB_CACHE_S: Final = 30
"""How long the hub's word on a token is believed: a right taken away counts within this time."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service listens and whom it talks to; see `service` for each."""

    url: str
    prefix: str
    rooms_url: str
    hub_api_url: str
    template_paths: tuple[str, ...] = ()
    template_extensions: tuple[str, ...] = ()
    public_url: str = "http://localhost:8000"
    paypal: PayPalAccess | None = None
    seller: Path = Path("seller.toml")


async def serve(place: Place, open_store: Callable[[], Store]) -> None:
    """Start everything, wait for a signal, stop everything."""
    try:
        check_settings(os.environ)
    except PolicyInvalid as invalid:
        raise SystemExit(str(invalid)) from invalid
    stop = stop_signal()
    worker = Worker()
    store = await worker.run(open_store)
    clock = clock_from_environment()
    billing = make_billing(store, clock, os.environ)
    hub = HubClient(place.hub_api_url, os.environ.get("JUPYTERHUB_API_TOKEN", ""))
    publisher = Publisher(billing, worker)
    scheduler = Scheduler(billing, worker, clock)
    keeper = PeopleKeeper(store, worker, hub, clock)
    documents = Documents(store, clock, SellerFile(place.seller))
    billing.seller_problems = documents.seller_problems
    papers = DocumentKeeper(documents)
    courier = make_courier(store, clock, os.environ, documents)
    deliverer = Deliverer(courier, worker, clock)
    wire(billing, publisher, scheduler, papers, deliverer)
    gateway = None if place.paypal is None else PayPal(place.paypal)
    account_url = f"{place.public_url.rstrip('/')}{place.prefix}account/"
    checkouts = Checkouts(billing, worker, clock, gateway, account_url)
    internal_token = secret("WEBVISIO_INTERNAL_TOKEN")
    application = make_application(
        WebSettings(
            billing=billing,
            bank=Bank(billing, clock),
            catalogue=Catalogue(billing, clock),
            checkouts=checkouts,
            contacts=Contacts(billing, clock),
            returning=Returning(billing, worker, RoomsCustody(place.rooms_url, internal_token)),
            terms=make_shelf(os.environ),
            worker=worker,
            publisher=publisher,
            people=keeper,
            documents=documents,
            papers=papers,
            courier=courier,
            deliverer=deliverer,
            scheduler=scheduler,
            is_mail_by_hand=is_mail_by_hand(os.environ),
            hub=hub,
            hub_auth=HubOAuth.instance(cache_max_age=HUB_CACHE_S),
            room_links=RoomsClient(place.rooms_url, internal_token),
            look=Look(place.template_paths, place.template_extensions),
            measures=Measures(),
            clock=clock,
            prefix=place.prefix,
            internal_token=internal_token,
        ),
        cookie_secret=secret("WEBVISIO_COOKIE_SECRET").encode(),
    )
    await scheduler.start()
    await publisher.start()
    server = HTTPServer(
        application,
        xheaders=True,
        trusted_downstream=trusted_proxies(),
        max_body_size=HARD_BODY_LIMIT_BYTES,
        idle_connection_timeout=75,
    )
    where = urlsplit(place.url)
    server.listen(where.port or 80, where.hostname or "127.0.0.1")
    keeper.start()
    checkouts.start()
    papers.start()
    deliverer.start()
    _log.info("contracts are served, entitlements at version %d", publisher.version)
    await stop.wait()
    server.stop()
    await deliverer.stop()
    await papers.stop()
    await checkouts.stop()
    await keeper.stop()
    await scheduler.stop()
    await publisher.stop()
    await server.close_all_connections()
    store.close()
    worker.close()


def wire(
    billing: Billing,
    publisher: Publisher,
    scheduler: Scheduler,
    papers: DocumentKeeper,
    deliverer: Deliverer,
) -> None:
    """Let a commit wake those who wait for one; it happens on the worker's thread."""
    loop = asyncio.get_running_loop()

    def committed() -> None:
        loop.call_soon_threadsafe(publisher.nudge)
        loop.call_soon_threadsafe(papers.nudge)
        loop.call_soon_threadsafe(deliverer.nudge)

    billing.on_commit = committed

    def heard() -> None:
        scheduler.nudge()
        papers.nudge()  # a command line may have issued something

    publisher.on_news = heard
