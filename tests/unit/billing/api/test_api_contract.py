"""The API's contract: the document tells the routes and the answers, keys happen once, lists have pages."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from bank_files import camt, camt_entry
from billing_scenario import MORNING, HandClock, month_contract
from billing_site import OPERATOR_TOKEN, PREFIX, Site
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS

from shared.patience import PATIENCE_S
from webvisio_billing.application.hub import FakeHub
from webvisio_billing.application.requests import NewCustomer
from webvisio_billing.client import BillingClient, BillingRefused
from webvisio_billing.storage.database import Store
from webvisio_billing.web.openapi import OPERATIONS, document, path_of
from webvisio_billing.web.routes import ROUTES
from webvisio_protocol.identifiers import CustomerId

INTERNAL = ("api/entitlements", "api/entitlements/stream")
CONTRACT = "atelier-lumiere-1"
PAYMENT = {"amount": "20.00", "key": "C-1", "method": "cheque"}


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock, hub=FakeHub(MORNING)).start()
    month_contract(made.billing)
    yield made
    await made.stop()


# ---- the document ----------------------------------------------------------------------


def test_the_document_has_exactly_the_routes_and_methods_of_the_api() -> None:
    served = set()
    for pattern, handler in ROUTES:
        if pattern.startswith("api/") and pattern not in INTERNAL:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                if any(method.lower() in base.__dict__ for base in handler.__mro__[:2]):
                    served.add(f"{method} {path_of(pattern)}")
    assert served == set(OPERATIONS)


async def test_anybody_may_read_the_document_and_its_references_hold(site: Site) -> None:
    answer = await site.ask("api/openapi.json")
    told = msgspec.json.decode(answer.body)
    assert told["openapi"] == "3.1.0"
    names = set(told["components"]["schemas"])
    used = {part.split('"')[0] for part in answer.body.decode().split("#/components/schemas/")[1:]}
    assert used <= names
    assert {"ContractSummary", "ProblemDetails", "PaymentBody"} <= names


# ---- idempotency -----------------------------------------------------------------------


async def test_a_request_with_a_key_happens_once_and_is_answered_alike(site: Site) -> None:
    path = f"api/contracts/{CONTRACT}/rooms"
    body = {"room_name": "Deuxième"}
    first = await site.call(path, "POST", body, Idempotency_Key="k-1")
    again = await site.call(path, "POST", body, Idempotency_Key="k-1")
    assert first == again
    assert first[0] == 200
    assert len(first[1]["access"]["rooms"]) == 2


async def test_a_key_is_for_one_request_of_one_caller(site: Site) -> None:
    path = f"api/contracts/{CONTRACT}/payments"
    assert (await site.call(path, "POST", PAYMENT, Idempotency_Key="k-1"))[0] == 200
    status, problem = await site.call(path, "POST", {**PAYMENT, "amount": "9"}, Idempotency_Key="k-1")
    assert (status, problem["code"]) == (409, "conflict")
    other = await site.call(path, "POST", PAYMENT, "admin-token", Idempotency_Key="k-1")
    assert other[0] == 200
    assert other[1]["balance_minor"] == 100_00


async def test_a_refused_request_gives_its_key_back(site: Site) -> None:
    path = f"api/contracts/{CONTRACT}/payments"
    for _ in range(2):
        status, problem = await site.call(path, "POST", {**PAYMENT, "amount": "x"}, Idempotency_Key="k-1")
        assert (status, problem["code"]) == (400, "input_invalid")
    assert (await site.call(path, "POST", PAYMENT, Idempotency_Key="k-1"))[0] == 200


async def test_a_key_that_was_left_open_by_a_crash_is_never_carried_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the process dies here")

    path = f"api/contracts/{CONTRACT}/payments"
    with monkeypatch.context() as patched:
        patched.setattr(site.billing, "execute", crash)
        assert (await site.call(path, "POST", PAYMENT, Idempotency_Key="k-1"))[0] == 500
    status, problem = await site.call(path, "POST", PAYMENT, Idempotency_Key="k-1")
    assert (status, problem["code"]) == (409, "conflict")


@pytest.mark.parametrize("key", ["a b", "é", "x" * 65, "a/b"])
async def test_a_strange_key_is_refused(site: Site, key: str) -> None:
    status, _ = await site.call(f"api/contracts/{CONTRACT}/payments", "POST", PAYMENT, Idempotency_Key=key)
    assert status == 400


# ---- pages -----------------------------------------------------------------------------


async def test_lists_go_on_at_their_link_without_gap(site: Site) -> None:
    for number in range(5):
        site.billing.customers.create(NewCustomer(f"Client {number}", CustomerId(f"client-{number}")), "olga")
    seen: list[str] = []
    path = "api/customers?limit=2"
    while path:
        answer = await site.ask(path, token=OPERATOR_TOKEN)
        seen += [customer["customer_id"] for customer in msgspec.json.decode(answer.body)]
        link = answer.headers.get("Link", "")
        path = link.partition(f"<{PREFIX}")[2].partition(">")[0]
    assert seen == sorted(seen)
    assert len(seen) == 6


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "limit=-1", "after=A%20B"])
async def test_strange_pages_are_refused(site: Site, query: str) -> None:
    assert (await site.call(f"api/contracts?{query}"))[0] == 400


# ---- the client, and everything that a machine can think of ----------------------------


@dataclass
class Served:
    """A service on a thread and a loop of its own, for callers that block."""

    url: str


@pytest.fixture
def served(tmp_path: Path, migrated: Path) -> Iterator[Served]:
    shutil.copyfile(migrated, tmp_path / "served.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'served.sqlite'}")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    site = Site(store, HandClock(), hub=FakeHub(MORNING))
    run(site.start())
    month_contract(site.billing)
    yield Served(site.url)
    run(site.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    store.close()


def test_the_client_orders_pays_and_is_told_refusals(served: Served) -> None:
    with BillingClient(served.url, OPERATOR_TOKEN) as client:
        made = client.create_customer({"name": "Studio Sud"})
        ordered = client.order(
            {
                "customer_id": made.customer_id,
                "formula": "month",
                "effective": "2026-11-23",
                "room_name": "Sud",
            }
        )
        assert ordered.balance_minor == 120_00
        done = client.import_statement(camt(camt_entry("120.00", ordered.contract_id)))
        assert (done.matched, client.contract(ordered.contract_id).balance_minor) == (1, 0)
        assert [c.contract_id for c in client.contracts()] == [CONTRACT, "studio-sud-1"]
        assert [c.customer_id for c in client.customers()] == ["atelier-lumiere", "studio-sud"]
        with pytest.raises(BillingRefused) as refused:
            client.act(ordered.contract_id, "refund", amount="5", key="R", method="transfer")
        assert refused.value.problem.code == "refund_exceeds_credit"
        with pytest.raises(BillingRefused) as refused:
            client.import_statement(b"no statement")
        assert refused.value.problem.status == 400


CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def test_no_request_that_a_machine_can_make_breaks_the_document(served: Served) -> None:
    schema = schemathesis.openapi.from_dict(msgspec.json.decode(document(f"{served.url}api")))
    checks = CHECKS.get_by_names(CHECKED)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("openapi.json"):
            continue

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def probe(case: Any) -> None:
            headers = {"Authorization": f"token {OPERATOR_TOKEN}"}
            case.call_and_validate(
                base_url=f"{served.url}api", headers=headers, checks=checks, timeout=PATIENCE_S
            )

        given(case=operation.as_strategy())(probe)()
        tried += 1
    assert tried == len(OPERATIONS) - 1
