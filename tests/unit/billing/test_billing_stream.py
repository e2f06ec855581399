"""The entitlement stream on a real server, read by the very client that hub and rooms use."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from billing_scenario import MORNING, OPERATOR, HandClock, month_contract
from billing_site import INTERNAL_TOKEN, Site, soon

from shared.patience import PATIENCE_S
from webvisio_billing.application import publisher
from webvisio_billing.application.publisher import Reader
from webvisio_billing.domain.commands import OpenBlock
from webvisio_billing.storage.database import Store
from webvisio_entitlements.access import Open
from webvisio_entitlements.source import BillingSource
from webvisio_protocol.entitlements import (
    BlockReason,
    ContractAccess,
    ContractChanged,
    EntitlementSnapshot,
)
from webvisio_protocol.identifiers import ContractId, CustomerId
from webvisio_protocol.refusals import Refusal, RefusalCode

SUSPEND = OpenBlock(reason=BlockReason.FRAUD, actor=OPERATOR)


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock, heartbeat_s=0.01).start()
    yield made
    await made.stop()


class Heard:
    """A running source and what it told."""

    def __init__(self, site: Site, token: str = INTERNAL_TOKEN) -> None:
        self.source = BillingSource(site.url, token, chance=lambda: 0.0)
        self.told: asyncio.Queue[tuple[ContractAccess, ...]] = asyncio.Queue()
        self.source.on_change(self.told.put_nowait)

    async def start(self) -> "Heard":
        await self.source.start()
        await soon(self.source.known())
        self.told.get_nowait()
        return self


async def test_a_suspension_arrives_in_far_less_than_a_second(site: Site) -> None:
    contract_id = month_contract(site.billing)
    heard = await Heard(site).start()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await site.worker.run(site.billing.execute, contract_id, SUSPEND, OPERATOR)
    (changed,) = await soon(heard.told.get())
    assert loop.time() - began < 0.5
    assert [block.reason for block in changed.blocks] == [BlockReason.FRAUD]
    await heard.source.stop()


async def test_hub_and_rooms_decide_by_what_arrived(site: Site) -> None:
    contract_id = month_contract(site.billing)
    heard = await Heard(site).start()
    customer = [CustomerId("atelier-lumiere")]
    assert isinstance(heard.source.copy.customer_access(customer, MORNING), Open)
    await site.worker.run(site.billing.execute, contract_id, SUSPEND, OPERATOR)
    await soon(heard.told.get())
    access = heard.source.copy.customer_access(customer, MORNING)
    assert isinstance(access, Refusal)
    assert access.code is RefusalCode.SUSPENDED_FRAUD
    await heard.source.stop()


async def test_a_change_by_another_process_arrives_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "POLL_S", 0.01)
    contract_id = month_contract(site.billing)
    heard = await Heard(site).start()
    site.billing.on_commit = lambda: None
    await site.worker.run(site.billing.execute, contract_id, SUSPEND, OPERATOR)
    await soon(heard.told.get())
    await heard.source.stop()


async def test_time_passing_is_published(site: Site, clock: HandClock) -> None:
    contract_id = month_contract(site.billing, effective=(MORNING + timedelta(days=1)).date())
    heard = await Heard(site).start()
    clock.go(days=40)
    while not (heard.source.copy.contracts[contract_id].intervals[-1].end > clock.now()):
        await soon(heard.told.get())
    await heard.source.stop()


async def test_heartbeats_keep_the_stream_open(site: Site) -> None:
    month_contract(site.billing)
    heard = await Heard(site).start()
    first = heard.source.health.last_heard_at
    async with asyncio.timeout(PATIENCE_S):
        while heard.source.health.last_heard_at == first:  # noqa: ASYNC110 - a heartbeat gives no event
            await asyncio.sleep(0)
    assert site.publisher.reader_count == 1
    assert heard.source.health.is_connected
    await heard.source.stop()


async def test_a_reader_that_left_is_forgotten(site: Site) -> None:
    heard = await Heard(site).start()
    await heard.source.stop()
    async with asyncio.timeout(PATIENCE_S):
        while site.publisher.reader_count:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0)


async def test_the_snapshot_is_the_same_without_a_stream(site: Site) -> None:
    month_contract(site.billing)
    headers = {"Authorization": f"Bearer {INTERNAL_TOKEN}"}
    response = await site.ask("api/entitlements", headers=headers)
    snapshot = msgspec.json.decode(response.body, type=EntitlementSnapshot)
    assert [c.contract_id for c in snapshot.contracts] == ["atelier-lumiere-1"]
    assert snapshot.version == site.billing.newest_version()


@pytest.mark.parametrize("path", ["api/entitlements", "api/entitlements/stream"])
@pytest.mark.parametrize(
    "authorization", ["", "Bearer wrong", f"token {INTERNAL_TOKEN}", "Bearer ", "Bearer é"]
)
async def test_only_the_internal_token_opens_the_entitlements(
    site: Site, path: str, authorization: str
) -> None:
    response = await site.ask(path, headers={"Authorization": authorization} if authorization else {})
    assert response.code == 403
    assert b"contract" not in response.body


async def test_an_admin_of_the_hub_does_not_read_the_stream(site: Site) -> None:
    assert (await site.ask("api/entitlements/stream", token="admin-token")).code == 403


async def test_beyond_the_limit_readers_are_turned_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "MAX_READERS", 0)
    headers = {"Authorization": f"Bearer {INTERNAL_TOKEN}"}
    assert (await site.ask("api/entitlements/stream", headers=headers)).code == 429


# ---- a reader's queue ------------------------------------------------------------------


def change(version: int) -> ContractChanged:
    access = ContractAccess(ContractId("c"), CustomerId("k"), "K", "Europe/Paris", ())
    return ContractChanged(version, access)


async def test_a_reader_gets_changes_in_order_and_none_when_quiet() -> None:
    reader = Reader()
    reader.push(change(1))
    reader.push(change(2))
    assert [await reader.next(1), await reader.next(1)] == [change(1), change(2)]
    assert await reader.next(0) is None
    assert not reader.is_over


async def test_a_slow_reader_is_cut_off_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "MAX_QUEUED_CHANGES", 3)
    reader = Reader()
    for version in range(3):
        reader.push(change(version))
    assert not reader.is_over
    reader.push(change(3))
    assert reader.is_over


async def test_a_slow_reader_does_not_hold_up_the_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "MAX_QUEUED_CHANGES", 0)
    _, slow = await site.publisher.subscribe()
    monkeypatch.undo()
    _, quick = await site.publisher.subscribe()
    monkeypatch.setattr(publisher, "MAX_QUEUED_CHANGES", 1)
    slow.push(change(0))
    await site.worker.run(month_contract, site.billing)
    found = await soon(quick.next(5))
    assert found is not None
    assert slow.is_over
