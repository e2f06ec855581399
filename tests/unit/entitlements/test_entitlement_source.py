"""One contract suite for every `EntitlementSource`, then what only the stream's reader does."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import pytest
from tornado import httpserver, web
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets

from shared.patience import PATIENCE_S
from webvisio_entitlements.source import (
    LONGEST_PAUSE_S,
    BillingSource,
    EntitlementSource,
    FixedEntitlements,
    pause_s,
)
from webvisio_protocol.entitlements import (
    ContractAccess,
    ContractChanged,
    EntitlementHeartbeat,
    EntitlementSnapshot,
    Interval,
    StreamLine,
)
from webvisio_protocol.identifiers import ContractId, CustomerId

TOKEN = "internal-token-of-the-test"
DAY = Interval(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC))


def contract(number: str, name: str = "Atelier") -> ContractAccess:
    return ContractAccess(ContractId(number), CustomerId("atelier"), name, "Europe/Paris", (DAY,))


class Ground(Protocol):
    """A source with the hands to publish to it and to break its line."""

    source: EntitlementSource

    async def publish(self, changed: ContractAccess) -> None: ...
    async def lose(self) -> None: ...
    async def regain(self) -> None: ...
    async def close(self) -> None: ...


class FixedGround:
    def __init__(self, *contracts: ContractAccess) -> None:
        self.source = FixedEntitlements(contracts)

    async def publish(self, changed: ContractAccess) -> None:
        self.source.apply_changes(changed)

    async def lose(self) -> None:
        self.source.lose()

    async def regain(self) -> None:
        self.source.regain()

    async def close(self) -> None:
        await self.source.stop()


class Billing:
    """A stand-in for billing's stream, which a test makes speak, babble or fall silent."""

    def __init__(self, *contracts: ContractAccess) -> None:
        self.contracts = {c.contract_id: c for c in contracts}
        self.version = 0
        self.is_lost = False
        self.opened = asyncio.Condition()
        self.openings = 0
        self.handlers: set[StreamHandler] = set()
        self.first_lines: list[bytes] | None = None
        application = web.Application([("/services/billing/api/entitlements/stream", StreamHandler)])
        application.settings["billing"] = self
        self.server = httpserver.HTTPServer(application)
        (listener,) = bind_sockets(0, "127.0.0.1")
        self.server.add_socket(listener)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/services/billing/"

    def snapshot(self) -> bytes:
        return line(EntitlementSnapshot(self.version, tuple(self.contracts.values())))

    async def say(self, text: bytes) -> None:
        for handler in tuple(self.handlers):
            handler.write(text)
            await handler.flush()

    async def wait_for_openings(self, count: int) -> None:
        async with self.opened:
            await self.opened.wait_for(lambda: self.openings >= count)

    def hang_up(self) -> None:
        for handler in tuple(self.handlers):
            handler.closed.set()

    async def close(self) -> None:
        self.hang_up()
        self.server.stop()
        await self.server.close_all_connections()


class StreamHandler(web.RequestHandler):
    def __init__(self, application: web.Application, request: HTTPServerRequest) -> None:
        super().__init__(application, request)
        self.billing: Billing = application.settings["billing"]
        self.closed = asyncio.Event()

    async def get(self) -> None:
        billing = self.billing
        async with billing.opened:
            billing.openings += 1
            billing.opened.notify_all()
        if self.request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise web.HTTPError(403)
        if billing.is_lost:
            raise web.HTTPError(503)
        billing.handlers.add(self)
        try:
            for text in billing.first_lines if billing.first_lines is not None else [billing.snapshot()]:
                self.write(text)
                await self.flush()
            await self.closed.wait()
        except StreamClosedError:
            pass
        finally:
            billing.handlers.discard(self)

    def on_connection_close(self) -> None:
        self.closed.set()


def line(message: StreamLine) -> bytes:
    return msgspec.json.encode(message) + b"\n"


class BillingGround:
    def __init__(self, *contracts: ContractAccess) -> None:
        self.billing = Billing(*contracts)
        self.source = BillingSource(self.billing.url, TOKEN, chance=lambda: 0.0)

    async def publish(self, changed: ContractAccess) -> None:
        billing = self.billing
        billing.version += 1
        billing.contracts[changed.contract_id] = changed
        await billing.say(line(ContractChanged(billing.version, changed)))

    async def lose(self) -> None:
        self.billing.is_lost = True
        openings = self.billing.openings
        self.billing.hang_up()
        await self.billing.wait_for_openings(openings + 1)

    async def regain(self) -> None:
        self.billing.is_lost = False

    async def close(self) -> None:
        await self.source.stop()
        await self.billing.close()


@pytest.fixture(params=[FixedGround, BillingGround])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    made: Ground = request.param(contract("c1"))
    yield made
    await made.close()


class Changes:
    """Waits for what a source tells."""

    def __init__(self, source: EntitlementSource) -> None:
        self.told: asyncio.Queue[tuple[ContractAccess, ...]] = asyncio.Queue()
        self.end = source.on_change(self.told.put_nowait)

    async def next(self) -> tuple[ContractAccess, ...]:
        return await asyncio.wait_for(self.told.get(), PATIENCE_S)


async def known(source: EntitlementSource) -> None:
    await source.start()
    await asyncio.wait_for(source.known(), PATIENCE_S)


async def test_nothing_is_known_before_the_start(ground: Ground) -> None:
    assert not ground.source.copy.is_known
    assert not ground.source.health.is_connected


async def test_the_snapshot_makes_the_contracts_known(ground: Ground) -> None:
    changes = Changes(ground.source)
    await known(ground.source)
    assert await changes.next() == (contract("c1"),)
    assert ground.source.copy.contracts == {"c1": contract("c1")}
    assert ground.source.health.is_connected


async def test_a_change_reaches_the_copy_before_the_callback(ground: Ground) -> None:
    await known(ground.source)
    seen: list[str] = []
    ground.source.on_change(
        lambda _: seen.append(ground.source.copy.contracts[ContractId("c1")].customer_name)
    )
    changes = Changes(ground.source)
    await ground.publish(contract("c1", "New name"))
    assert await changes.next() == (contract("c1", "New name"),)
    assert seen == ["New name"]


async def test_a_callback_that_fails_does_not_deafen_the_others(ground: Ground) -> None:
    await known(ground.source)

    def fail(_: tuple[ContractAccess, ...]) -> None:
        raise RuntimeError("a reader's own fault")

    ground.source.on_change(fail)
    changes = Changes(ground.source)
    await ground.publish(contract("c2"))
    assert await changes.next() == (contract("c2"),)


async def test_whoever_ended_listening_hears_nothing_more(ground: Ground) -> None:
    await known(ground.source)
    silent, changes = Changes(ground.source), Changes(ground.source)
    silent.end()
    silent.end()
    await ground.publish(contract("c2"))
    await changes.next()
    assert silent.told.empty()


async def test_a_lost_line_keeps_what_is_known_and_says_so(ground: Ground) -> None:
    await known(ground.source)
    await ground.lose()
    assert ground.source.copy.contracts == {"c1": contract("c1")}
    assert not ground.source.health.is_connected
    assert ground.source.health.failures >= 1


async def test_what_was_missed_arrives_when_the_line_is_back(ground: Ground) -> None:
    await known(ground.source)
    changes = Changes(ground.source)
    await ground.lose()
    await ground.publish(contract("c3"))
    await ground.regain()
    assert await changes.next() == (contract("c3"),)
    assert ground.source.health.is_connected


async def test_stopping_leaves_the_copy_readable(ground: Ground) -> None:
    await known(ground.source)
    await ground.source.stop()
    assert ground.source.copy.is_known
    assert not ground.source.health.is_connected
    await ground.source.stop()


# ---- the reader of the stream ----------------------------------------------------------


@pytest.fixture
async def billing() -> AsyncIterator[Billing]:
    made = Billing(contract("c1"))
    yield made
    await made.close()


async def test_a_start_without_any_contract_is_told_too(billing: Billing) -> None:
    billing.contracts.clear()
    source = BillingSource(billing.url, TOKEN)
    changes = Changes(source)
    await source.start()
    assert await changes.next() == ()
    await source.stop()


async def test_a_silent_stream_is_left_and_opened_again(billing: Billing) -> None:
    source = BillingSource(billing.url, TOKEN, silence_timeout_s=0.05, chance=lambda: 0.0)
    await known(source)
    await asyncio.wait_for(billing.wait_for_openings(2), PATIENCE_S)
    await source.stop()


async def test_a_heartbeat_of_a_newer_version_means_a_change_was_missed(billing: Billing) -> None:
    source = BillingSource(billing.url, TOKEN, chance=lambda: 0.0)
    await known(source)
    changes = Changes(source)
    billing.version, billing.contracts[ContractId("c2")] = 7, contract("c2")
    await billing.say(line(EntitlementHeartbeat(7)))
    assert await changes.next() == (contract("c2"),)
    assert source.copy.version == 7
    await source.stop()


async def test_a_heartbeat_of_the_same_version_keeps_the_stream(billing: Billing) -> None:
    source = BillingSource(billing.url, TOKEN, chance=lambda: 0.0)
    await known(source)
    changes = Changes(source)
    await billing.say(line(EntitlementHeartbeat(0)) + line(ContractChanged(1, contract("c2"))))
    await changes.next()
    assert billing.openings == 1
    await source.stop()


@pytest.mark.parametrize(
    ("babble", "problem"),
    [
        (b'{"type":"snapshot"}\n', "a line that is not understood"),
        (b"<html>\n", "a line that is not understood"),
        (b"x" * 2000, "a line too long"),
        (b"x" * 2000 + b"\n", "a line too long"),
    ],
)
async def test_babble_is_never_taken_in(billing: Billing, babble: bytes, problem: str) -> None:
    source = BillingSource(billing.url, TOKEN, max_line_bytes=1000, chance=lambda: 0.0)
    await known(source)
    billing.is_lost = True
    await billing.say(babble)
    await asyncio.wait_for(billing.wait_for_openings(2), PATIENCE_S)
    assert source.health.problem == problem
    assert source.copy.contracts == {"c1": contract("c1")}
    await source.stop()


async def test_a_line_may_arrive_in_any_pieces(billing: Billing) -> None:
    text = billing.snapshot()
    billing.first_lines = [text[:1], text[1:10], text[10:-1], text[-1:]]
    source = BillingSource(billing.url, TOKEN)
    await known(source)
    assert set(source.copy.contracts) == {"c1"}
    await source.stop()


async def test_a_wrong_token_is_a_problem_that_is_told(billing: Billing) -> None:
    source = BillingSource(billing.url, "wrong", chance=lambda: 0.0)
    await source.start()
    await asyncio.wait_for(billing.wait_for_openings(2), PATIENCE_S)
    assert not source.copy.is_known
    assert source.health.problem == "billing answered 403"
    await source.stop()


async def test_billing_that_is_not_there_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    source = BillingSource(f"http://127.0.0.1:{port}/", TOKEN, chance=lambda: 0.0)
    await source.start()
    await source.stop()
    assert not source.copy.is_known


def test_pauses_double_up_to_a_limit_and_are_spread() -> None:
    assert [pause_s(n, 0.999999) for n in (1, 2, 3)] == pytest.approx([0.1, 0.2, 0.4], rel=1e-3)
    assert pause_s(1, 0.0) == pytest.approx(0.05)
    assert pause_s(10**6, 0.999999) == pytest.approx(LONGEST_PAUSE_S, rel=1e-3)
