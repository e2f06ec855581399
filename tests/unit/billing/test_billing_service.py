"""The demonstration, two writers at once, and the process itself: started, restarted, stopped."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from billing_scenario import OPERATOR, ROOM, TODAY, HandClock, month_contract
from billing_site import INTERNAL_TOKEN, soon
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from shared.patience import PATIENCE_S
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.demo import SeedFailed, people, seed_demo
from webvisio_billing.application.requests import NewContract, NewCustomer, NewRoom
from webvisio_billing.application.room_links import RoomsClient
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.application.worker import MAX_BACKLOG, Busy, Worker
from webvisio_billing.domain.commands import Pay
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage.database import Store
from webvisio_entitlements.access import EntitlementCopy, Open
from webvisio_entitlements.source import BillingSource
from webvisio_protocol.identifiers import CustomerId, Role, RoomId

SERVICES = Path(__file__).parents[3] / "services"


# ---- the demonstration -----------------------------------------------------------------


def test_the_demonstration_is_two_open_rooms_and_their_people(store: Store, clock: HandClock) -> None:
    billing = Billing(store, clock)
    assert seed_demo(billing, clock)
    copy = EntitlementCopy()
    copy.apply(billing.snapshot())
    for room in ("python-debutants", "studio-nord-1"):
        assert isinstance(copy.room_access(RoomId(room), clock.now()), Open)
    assert [(m.username, m.role) for m in billing.customers.members(ROOM)] == [
        ("claire", Role.HOST),
        ("amina", Role.PARTICIPANT),
        ("louis", Role.PARTICIPANT),
    ]
    assert [m.username for m in billing.customers.members(RoomId("studio-nord-1"))] == ["erik"]


def test_making_it_again_changes_nothing(store: Store, clock: HandClock) -> None:
    billing = Billing(store, clock)
    seed_demo(billing, clock)
    billing.customers.take_role(ROOM, "louis", OPERATOR)
    version = billing.newest_version()
    clock.go(days=3)
    assert not seed_demo(billing, clock)
    assert billing.newest_version() == version
    assert "louis" not in [m.username for m in billing.customers.members(ROOM)]


def test_a_demonstration_that_does_not_fit_says_so(store: Store, clock: HandClock) -> None:
    billing = Billing(store, clock)
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    month_contract(billing, "studio-nord-1")
    with pytest.raises(SeedFailed):
        seed_demo(billing, clock)


# ---- two writers at once, on each kind of database -------------------------------------


def test_two_writers_at_once_lose_nothing_and_leave_no_gap(
    open_store: Callable[[], Store], clock: HandClock
) -> None:
    first = Billing(open_store(), clock)
    contract_id = month_contract(first)
    writers = [first, Billing(open_store(), clock)]

    def pay(n: int) -> object:
        command = Pay(key=PaymentKey(f"V-{n}"), amount_minor=100)
        return writers[n % 2].execute(contract_id, command, OPERATOR)

    with ThreadPoolExecutor(2) as threads:
        # one thread a writer, as in two processes
        for done in [
            threads.submit(lambda start=start: [pay(n) for n in range(start, 12, 2)]) for start in (0, 1)
        ]:
            done.result(timeout=PATIENCE_S)
    file = writers[1].contract(contract_id)
    assert file is not None
    assert sum(file.view.contract.payments.values()) == 1200
    assert [recorded.sequence for recorded in file.journal] == list(range(1, len(file.journal) + 1))


def test_two_issuers_at_once_share_one_series(open_store: Callable[[], Store], clock: HandClock) -> None:
    writers = [Billing(open_store(), clock), Billing(open_store(), clock)]
    month_contract(writers[0], "room-0")
    with ThreadPoolExecutor(2) as threads:
        made = [
            threads.submit(
                lambda writer=writer, name=name: [_customer_contract(writer, f"{name}{n}") for n in range(4)]
            )
            for writer, name in zip(writers, "ab", strict=True)
        ]
        for done in made:
            done.result(timeout=PATIENCE_S)
    numbers = [i.number for view in writers[0].contracts() for i in view.contract.invoices]
    assert sorted(numbers) == [f"F2026-{n:06d}" for n in range(1, 10)]
    versions = [change.version for change in writers[0].changes_since(0)]
    assert versions == list(range(1, 10))


def _customer_contract(billing: Billing, name: str) -> None:
    billing.customers.create(NewCustomer(name, CustomerId(name)), OPERATOR)
    wish = NewContract(CustomerId(name), Formula.MONTH, TODAY, (NewRoom(f"Room {name}"),))
    assert isinstance(billing.create_contract(wish, OPERATOR), str)


# ---- worker and scheduler --------------------------------------------------------------


async def test_the_worker_refuses_an_endless_backlog() -> None:
    worker = Worker()
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        asyncio.run_coroutine_threadsafe(held.wait(), loop).result()

    waiting = [asyncio.create_task(worker.run(wait)) for _ in range(MAX_BACKLOG)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await worker.run(wait)
    held.set()
    await soon(asyncio.gather(*waiting))
    assert await worker.run(lambda: 3) == 3
    worker.close()


async def test_the_scheduler_wakes_when_the_clock_has_moved(store: Store, clock: HandClock) -> None:
    billing, worker = Billing(store, clock), Worker()
    contract_id = month_contract(billing)
    scheduler = Scheduler(billing, worker, clock)
    await scheduler.start()
    clock.go(days=31)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            file = await worker.run(billing.contract, contract_id)
            assert file is not None
            if len(file.view.contract.invoices) == 2:
                break
    await scheduler.stop()
    worker.close()


async def test_the_scheduler_outlives_a_database_that_was_away(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    billing, worker = Billing(store, clock), Worker()
    scheduler = Scheduler(billing, worker, clock)
    await scheduler.start()
    called = asyncio.Queue[str]()
    loop = asyncio.get_running_loop()

    def broken(_: object) -> None:
        loop.call_soon_threadsafe(called.put_nowait, "broken")
        raise OSError("no database")

    monkeypatch.setattr(billing, "step", broken)
    for _ in range(3):
        scheduler.nudge()
        assert await soon(called.get()) == "broken"
    await scheduler.stop()
    worker.close()


# ---- room links ------------------------------------------------------------------------


class LinkHandler(RequestHandler):
    def get(self, room: str) -> None:
        if self.request.headers["Authorization"] != f"Bearer {INTERNAL_TOKEN}":
            self.set_status(403)
        self.finish(
            {"salle": {"link": "https://x/r/1"}, "odd": {"link": "javascript:alert(1)"}, "bad": []}[room]
        )


async def test_links_come_from_the_rooms_service_or_not_at_all() -> None:
    server = HTTPServer(Application([("/services/rooms/api/internal/rooms/([a-z]+)/link", LinkHandler)]))
    (listener,) = bind_sockets(0, "127.0.0.1")
    server.add_socket(listener)
    client = RoomsClient(f"http://127.0.0.1:{listener.getsockname()[1]}/services/rooms/", INTERNAL_TOKEN)
    assert await client.link(RoomId("salle")) == "https://x/r/1"
    for room in ("odd", "bad", "gone"):
        assert await client.link(RoomId(room)) is None
    server.stop()
    await server.close_all_connections()
    assert await client.link(RoomId("salle")) is None


# ---- the process -----------------------------------------------------------------------


class Process:
    """`python -m webvisio_billing` with a folder of its own."""

    def __init__(self, home: Path) -> None:
        (listener,) = bind_sockets(0, "127.0.0.1")
        self.port = listener.getsockname()[1]
        listener.close()
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SERVICES),
            "WEBVISIO_HOME": str(home),
            "WEBVISIO_INTERNAL_TOKEN": INTERNAL_TOKEN,
            "WEBVISIO_COOKIE_SECRET": "cookie-secret",
            "JUPYTERHUB_API_TOKEN": "token",
            "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
            "JUPYTERHUB_CLIENT_ID": "service-billing",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/billing/",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.url = f"http://127.0.0.1:{self.port}/services/billing/"

    def command(self, *arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "webvisio_billing", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    async def serve(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "webvisio_billing",
            env=self.environment,
            stderr=asyncio.subprocess.PIPE,
        )


async def test_the_process_serves_restarts_and_stops(tmp_path: Path) -> None:
    process = Process(tmp_path)
    assert json.loads(process.command("seed-demo", "--print-people")) == people()
    source = BillingSource(process.url, INTERNAL_TOKEN, chance=lambda: 0.0)
    await source.start()
    told = asyncio.Event()
    source.on_change(lambda _: told.set())
    for _ in range(2):
        running = await process.serve()
        async with asyncio.timeout(PATIENCE_S):
            await source.known()
            while not source.health.is_connected:  # noqa: ASYNC110 - coming back gives no event
                await asyncio.sleep(0.01)
        running.terminate()
        _, log = await asyncio.wait_for(running.communicate(), PATIENCE_S)
        assert running.returncode == 0, log
        for private in (INTERNAL_TOKEN, "claire", "Atelier", "127.0.0.1"):
            assert private.encode() not in log
        assert b"Traceback" not in log
    assert {c.customer_id for c in source.copy.contracts.values()} == {"atelier-lumiere", "studio-nord"}
    await source.stop()
