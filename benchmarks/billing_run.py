"""Measures the daily run of billing, and how long an entitlement decision takes.

    python benchmarks/billing_run.py [--contracts 1000 10000 100000] [--databases sqlite postgresql]

For each number of contracts and each kind of database: contracts of one room,
one period old, are made in bulk; then one day passes. On a *usual day* their
anchors are spread over the month, so a thirtieth renews, another is published
further, another is reminded. On the *worst day* all renew at the same
midnight. Documents are not made (documents.py measures them), messages are
written into the outbox and not delivered. PostgreSQL runs on a private socket
with its own durability settings (fsync on). Beside each run stands a floor:
the same number of rows written by bare SQL in as many transactions. Statistics
are gathered before a run, as a server's own service does within a minute. The
decision is that of `webvisio_entitlements.access` on a copy that holds all
contracts, for a room and for a customer of ten. After the usual day the
operator's pages are asked for over HTTP, the whole way: login known, database,
template; beside them the floor, fifty contracts read by bare SQL. Prints, and
writes benchmarks/results/billing_run.json.
"""

import argparse
import asyncio
import calendar
import json
import logging
import os
import platform as machine
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [
    str(HERE.parent / folder)
    for folder in ("services", "hub_config", "tests", "tests/shared", "tests/unit/billing")
]

from billing_site import LOOK, Browser, Site  # noqa: E402
from msgspec.structs import replace  # noqa: E402
from sqlalchemy import insert, text  # noqa: E402

from webvisio_billing.application.changes import Change, write  # noqa: E402
from webvisio_billing.application.contracts import Billing  # noqa: E402
from webvisio_billing.application.policy import Policy  # noqa: E402
from webvisio_billing.application.run import CONTRACTS_A_BATCH  # noqa: E402
from webvisio_billing.domain import contract  # noqa: E402
from webvisio_billing.domain.commands import Accept, Channel, Order  # noqa: E402
from webvisio_billing.domain.events import ContractOrdered, EntitlementOpened  # noqa: E402
from webvisio_billing.domain.terms import CustomerKind, Formula  # noqa: E402
from webvisio_billing.storage import registry  # noqa: E402
from webvisio_billing.storage.database import Store  # noqa: E402
from webvisio_billing.storage.registry import CustomerRecord  # noqa: E402
from webvisio_billing.storage.tables import CounterRow  # noqa: E402
from webvisio_entitlements.access import EntitlementCopy  # noqa: E402
from webvisio_protocol.entitlements import RentedRoom  # noqa: E402
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId  # noqa: E402

RESULTS = HERE / "results" / "billing_run.json"
FIRST = date(2026, 3, 1)
CONTRACTS_A_CUSTOMER = 10
DECISIONS = 20_000
PAGES = {
    "day": "",
    "list": "contracts",
    "search": "contracts?q=room-777",
    "suspended": "contracts?state=suspended",
    "by_balance": "contracts?sort=-balance",
    "far_page": "contracts?page=150",
}
ROUNDS = 3
POLICY = Policy(suspends_automatically=True)


class FixedClock:
    """Tells the same instant."""

    recheck_s = 1.0

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


def midnight_after(day: date) -> datetime:
    """An instant at which all of `day` in Paris is past, and the next day has begun."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, minutes=1)


def fill(store: Store, count: int, *, is_spread: bool) -> datetime:
    """Make contracts one period old, spread over a month or all of one day; tells the morning after."""
    customers: list[CustomerRecord] = []
    with store.transaction() as session:
        for n in range((count + CONTRACTS_A_CUSTOMER - 1) // CONTRACTS_A_CUSTOMER):
            record = CustomerRecord(
                CustomerId(f"customer-{n}"),
                f"Customer {n}",
                CustomerKind.PROFESSIONAL,
                None,
                "",
                "contact@customer.example",
                datetime(2026, 2, 1, tzinfo=UTC),
            )
            registry.add_customer(session, record)
            customers.append(record)
    days = calendar.monthrange(FIRST.year, FIRST.month)[1] if is_spread else 1
    made = 0
    for offset in range(days):
        anchor = FIRST + timedelta(days=offset)
        wanted = list(range(offset, count, days))
        for start in range(0, len(wanted), 1000):
            _make(store, customers, wanted[start : start + 1000], anchor)
        made += len(wanted)
    assert made == count
    last_day = FIRST + timedelta(days=days - 1)
    # yesterday's run has been: nothing is overdue as the measured day begins
    morning = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC)
    if not is_spread:
        morning = datetime(2026, 3, 31, 20, tzinfo=UTC)
    Billing(store, FixedClock(morning), policy=POLICY).run().finish()
    return morning + timedelta(days=1)


def _make(store: Store, customers: list[CustomerRecord], numbers: list[int], anchor: date) -> None:
    """Begin contracts on the day of their anchor: one is ordered and accepted, the others are like it."""
    at = datetime(anchor.year, anchor.month, anchor.day, 6, tzinfo=UTC)
    first = customers[numbers[0] // CONTRACTS_A_CUSTOMER]
    order = Order(
        contract_id=ContractId("contract"),
        customer_id=first.customer_id,
        customer=first.terms,
        formula=Formula.MONTH,
        effective=anchor,
        rooms=(RentedRoom(RoomId("room"), "Room"),),
        terms=POLICY.terms,
    )
    ordered = contract.act(None, order, at)
    accepted = contract.act(ordered.contract, Accept(channel=Channel.SIGNATURE), at)
    assert accepted.refusal is None
    pattern = (*ordered.events, *accepted.events)
    changes: list[Change] = []
    for n in numbers:
        owner = customers[n // CONTRACTS_A_CUSTOMER]
        named = {
            "contract_id": ContractId(f"contract-{n}"),
            "customer_id": owner.customer_id,
            "rooms": (RentedRoom(RoomId(f"room-{n}"), f"Room {n}"),),
        }
        room = {"room_id": RoomId(f"room-{n}")}
        events = (
            replace(event, **named)
            if isinstance(event, ContractOrdered)
            else replace(event, **room)
            if isinstance(event, EntitlementOpened)
            else event
            for event in pattern
        )
        changes.append(Change(named["contract_id"], owner, None, tuple(events)))
    with store.transaction() as session:
        write(session, changes, at, POLICY)


def measure_run(store: Store, now: datetime) -> dict[str, Any]:
    """Let the day pass in a new process's state: nothing is folded yet."""
    billing = Billing(store, FixedClock(now), policy=POLICY)
    rows_before = _rows(store)
    run = billing.run()
    started, started_cpu = time.perf_counter(), time.process_time()
    run.finish()
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - started_cpu
    assert not run.stuck
    return {
        "run_s": round(took_s, 2),
        "cpu_s": round(cpu_s, 2),
        "looked_at": run.looked_at,
        "renewed": run.happened["contract_renewed"],
        "suspended": run.happened["block_opened"],
        "ms_a_contract": round(1000 * took_s / max(1, run.looked_at), 3),
        "rows_written": _rows(store) - rows_before,
    }


def measure_floor(store: Store, rows: int, batches: int) -> float:
    """Write as many rows by bare SQL in as many transactions."""
    started = time.perf_counter()
    each = max(1, rows // max(1, batches))
    for batch in range(max(1, batches)):
        with store.transaction() as session:
            session.execute(
                insert(CounterRow),
                [{"name": f"floor-{batch}-{n}", "value": n} for n in range(each)],
            )
    took_s = time.perf_counter() - started
    with store.transaction() as session:
        session.execute(text("DELETE FROM counters WHERE name LIKE 'floor-%'"))
    return took_s


def _rows(store: Store) -> int:
    with store.transaction() as session:
        return sum(
            session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in ("journal", "ledger_entries", "ledger_postings", "outbox")
        )


def measure_decision(store: Store, now: datetime) -> dict[str, float]:
    """Decide about rooms, and about customers with ten contracts each, picked all over a copy that holds all."""
    copy = EntitlementCopy()
    snapshot = Billing(store, FixedClock(now)).snapshot()
    copy.apply(snapshot)
    rooms = [room.room_id for one in snapshot.contracts for room in one.rooms]
    customers = [one.customer_id for one in snapshot.contracts]

    def us(decide: Callable[[int], object]) -> float:
        picked = [n * 7919 % len(rooms) for n in range(DECISIONS)]
        rounds = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for n in picked:
                decide(n)
            rounds.append(time.perf_counter() - started)
        return round(1e6 * min(rounds) / DECISIONS, 2)

    return {
        "room_us": us(lambda n: copy.room_access(rooms[n], now)),
        "customer_us": us(lambda n: copy.customer_access([customers[n]], now)),
    }


def measure_pages(store: Store, now: datetime) -> dict[str, float]:
    """Ask for the operator's pages over HTTP, the best of several times each, in milliseconds."""
    return asyncio.run(_measure_pages(store, now))


async def _measure_pages(store: Store, now: datetime) -> dict[str, float]:
    logging.getLogger().setLevel(logging.ERROR)  # a bare client is no browser: each answer would be a warning
    site = await Site(store, FixedClock(now), look=LOOK).start()  # type: ignore[arg-type]
    browser = Browser(site)
    found: dict[str, float] = {}
    try:
        for name, path in PAGES.items():
            rounds = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                answer = await browser.get(path)
                rounds.append(time.perf_counter() - started)
                assert answer.code == 200, answer.code
            found[f"{name}_ms"] = round(1000 * min(rounds), 1)
    finally:
        await site.stop()
    floors = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with store.transaction() as session:
            session.execute(text("SELECT * FROM contracts ORDER BY sort_key, contract_id LIMIT 50")).all()
        floors.append(time.perf_counter() - started)
    floor_ms = 1000 * min(floors)
    found["floor_ms"] = round(floor_ms, 2)
    found["list_over_floor"] = round(found["list_ms"] / floor_ms, 1)
    found["day_over_floor"] = round(found["day_ms"] / floor_ms, 1)
    return found


def gather_statistics(store: Store) -> None:
    """Let the database look at its tables, as PostgreSQL's autovacuum does within a minute."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Store]:
    """An empty database of a kind."""
    if kind == "sqlite":
        store = Store(f"sqlite:///{folder / 'billing.sqlite'}")
        store.migrate()
        yield store
        store.close()
        return
    folder.chmod(0o755)
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "webvisio", "-A", "trust", "-E", "UTF8")
    run(
        "pg_ctl",
        "-D",
        data,
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        f"-c listen_addresses='' -k {folder}",
        "start",
    )
    try:
        store = Store(f"postgresql://webvisio@/postgres?host={folder}")
        store.migrate()
        yield store
        store.close()
    finally:
        run("pg_ctl", "-D", data, "-m", "fast", "stop")


def measure(kind: str, count: int) -> dict[str, Any]:
    """Measure both kinds of day."""
    found: dict[str, Any] = {"database": kind, "contracts": count}
    for name, is_spread in (("usual_day", True), ("worst_day", False)):
        folder = Path(tempfile.mkdtemp(prefix="billing-run-"))
        try:
            with database(kind, folder) as store:
                now = fill(store, count, is_spread=is_spread)
                if kind == "postgresql":
                    gather_statistics(store)
                day = measure_run(store, now)
                batches = -(-day["looked_at"] // CONTRACTS_A_BATCH)
                floor_s = measure_floor(store, day["rows_written"], batches)
                day["floor_s"] = round(floor_s, 2)
                day["ratio"] = round(day["run_s"] / floor_s, 1)
                found[name] = day
                if is_spread:
                    found["decision"] = measure_decision(store, now)
                    found["pages"] = measure_pages(store, now)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.write(f"{kind} {count} {name}: {json.dumps(found[name])}\n")
        sys.stdout.flush()
    for name in ("decision", "pages"):
        sys.stdout.write(f"{kind} {count} {name}: {json.dumps(found[name])}\n")
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contracts", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    arguments = parser.parse_args()
    kinds = [kind for kind in arguments.databases if kind == "sqlite" or shutil.which("initdb")]
    results: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "python": machine.python_version(),
            "system": machine.system(),
            "load_average": round(os.getloadavg()[0], 1),
        },
        "goal": "100,000 contracts in 60 s without documents; a decision in 10 us; a page in 50 ms",
        "runs": [],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    for kind in kinds:
        for count in arguments.contracts:
            results["runs"].append(measure(kind, count))
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
