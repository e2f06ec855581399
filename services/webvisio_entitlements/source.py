"""Keeps an `EntitlementCopy` fresh from billing's stream, and tells of changes.

The hub and the rooms each hold one source. `BillingSource` reads
`GET api/entitlements/stream`: a snapshot, then changes, a heartbeat every five
seconds. When the stream breaks or falls silent the copy is kept as it is (its
intervals end by the reader's own clock) and the stream is opened again, after
a pause that doubles and is spread by chance so that readers do not return all
at once. `FixedEntitlements` is the fake; both pass one contract suite.

Everything runs on the asyncio loop that `start` was called in, JupyterHub's
included; callbacks are plain functions and run on that loop.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import msgspec
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.iostream import IOStream
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.tcpclient import TCPClient

from webvisio_entitlements.access import EntitlementCopy
from webvisio_entitlements.clock import Clock, SystemClock
from webvisio_protocol.entitlements import (
    ContractAccess,
    ContractChanged,
    EntitlementHeartbeat,
    EntitlementSnapshot,
    StreamLine,
)

SILENCE_TIMEOUT_S: Final = 15.0
"""Three heartbeats missed: the stream is taken for dead."""
CONNECT_TIMEOUT_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
MAX_LINE_BYTES: Final = 32 * 1024 * 1024
"""A snapshot is one line; this holds some fifty thousand contracts."""
_NO_BODY_LIMIT: Final = 2**62

ChangeCallback = Callable[[tuple[ContractAccess, ...]], None]
"""Called after the copy has changed, with the contracts that did.

At the first snapshot it is called even when there is no contract at all: the
doors then go from "unknown" to "no contract".
"""

_log = logging.getLogger(__name__)
_lines = msgspec.json.Decoder(StreamLine)


class SourceHealth(msgspec.Struct, frozen=True):
    """What a `health` endpoint and the metrics say of the source.

    `version` is -1 until the first snapshot; `failures` counts broken streams
    since the last line heard; `last_heard_at` is UTC.
    """

    is_connected: bool = False
    version: int = -1
    last_heard_at: datetime | None = None
    failures: int = 0
    problem: str | None = None


class EntitlementSource(Protocol):
    """Where the hub and the rooms read entitlements."""

    @property
    def copy(self) -> EntitlementCopy:
        """What is known now; the same object for the whole life of the source."""
        ...

    @property
    def health(self) -> SourceHealth: ...

    def on_change(self, callback: ChangeCallback) -> Callable[[], None]:
        """Call `callback` at each change; returns what ends that."""
        ...

    async def start(self) -> None:
        """Begin to read; returns at once, known or not. Starting twice is once."""
        ...

    async def known(self) -> None:
        """Return once the first snapshot is there; wrap it in a time-out."""
        ...

    async def stop(self) -> None:
        """End reading and free the connection; the copy stays readable."""
        ...


class _Readers:
    """A copy with those who want to hear of its changes."""

    def __init__(self) -> None:
        self.copy = EntitlementCopy()
        self.is_known = asyncio.Event()
        self._callbacks: list[ChangeCallback] = []

    def on_change(self, callback: ChangeCallback) -> Callable[[], None]:
        self._callbacks.append(callback)

        def end() -> None:
            with suppress(ValueError):
                self._callbacks.remove(callback)

        return end

    def take(self, line: StreamLine) -> None:
        was_known = self.copy.is_known
        changed = self.copy.apply(line)
        if self.copy.is_known:
            self.is_known.set()
        if not changed and was_known == self.copy.is_known:
            return
        for callback in tuple(self._callbacks):
            try:
                callback(changed)
            except Exception:
                _log.exception("a reader of the entitlements failed on a change")


class BillingSource:
    """Reads the stream of `webvisio_billing`.

    `url` is billing's direct address with its prefix and a final slash
    (`WEBVISIO_BILLING_URL`), `token` the internal token.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        clock: Clock | None = None,
        silence_timeout_s: float = SILENCE_TIMEOUT_S,
        max_line_bytes: int = MAX_LINE_BYTES,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._url = url.rstrip("/") + "/api/entitlements/stream"
        self._token = token
        self._clock = clock or SystemClock()
        self._silence_timeout_s = silence_timeout_s
        self._max_line_bytes = max_line_bytes
        self._chance = chance
        self._readers = _Readers()
        self._health = SourceHealth()
        self._task: asyncio.Task[None] | None = None

    @property
    def copy(self) -> EntitlementCopy:
        return self._readers.copy

    @property
    def health(self) -> SourceHealth:
        return self._health

    def on_change(self, callback: ChangeCallback) -> Callable[[], None]:
        return self._readers.on_change(callback)

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._read_for_ever(), name="entitlements")

    async def known(self) -> None:
        await self._readers.is_known.wait()

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._health = msgspec.structs.replace(self._health, is_connected=False)

    async def _read_for_ever(self) -> None:
        failures = 0
        while True:
            connection = _StreamConnection(self._url, self._token, self._max_line_bytes, self._heard)
            try:
                problem = await connection.run(self._silence_timeout_s)
            except Exception:  # the outermost loop: a reader that dies would leave doors open for good
                _log.exception("reading the entitlements failed")
                problem = "internal error"
            failures = 1 if self._health.is_connected else failures + 1
            if failures == 1:
                _log.warning("the entitlement stream broke: %s; what is known stays in force", problem)
            self._health = msgspec.structs.replace(
                self._health, is_connected=False, failures=failures, problem=problem
            )
            await asyncio.sleep(pause_s(failures, self._chance()))

    def _heard(self, line: StreamLine) -> str | None:
        """Take a line in; returns what is wrong with it, if anything is."""
        if isinstance(line, EntitlementHeartbeat) and line.version != self.copy.version:
            return "a change was missed"  # the next stream begins with a snapshot
        if not self._health.is_connected:
            _log.info("the entitlement stream is open")
        self._readers.take(line)
        self._health = SourceHealth(True, self.copy.version, self._clock.now())
        return None


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after `failures` in a row; `chance` in [0, 1) spreads it over its upper half."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + chance / 2)


class _Connections(TCPClient):
    """Remembers its stream, so that a silent one can be closed.

    AsyncHTTPClient offers no way to abandon a request; closing the socket
    under it makes the fetch fail at once, which is what is wanted.
    """

    _stream: IOStream | None = None
    _is_abandoned = False

    async def connect(self, *arguments: object, **named: object) -> IOStream:
        stream: IOStream = await super().connect(*arguments, **named)  # type: ignore[arg-type]  # passed through
        self._stream = stream
        if self._is_abandoned:
            stream.close()
        return stream

    def abandon(self) -> None:
        """Close the stream, now or as soon as it is there."""
        self._is_abandoned = True
        if self._stream is not None:
            self._stream.close()


class _StreamConnection:
    """One request for the stream, from its opening to its end."""

    def __init__(
        self, url: str, token: str, max_line_bytes: int, heard: Callable[[StreamLine], str | None]
    ) -> None:
        self._url = url
        self._token = token
        self._max_line_bytes = max_line_bytes
        self._heard = heard
        self._status = ""
        self._rest = bytearray()
        self._problem: str | None = None
        self._is_over = False
        self._spoke = asyncio.Event()

    async def run(self, silence_timeout_s: float) -> str:
        """Read until the stream ends; returns why it did."""
        # an instance of our own: JupyterHub makes the shared client curl's, and
        # a stream would hold one of its few connections for ever
        client = SimpleAsyncHTTPClient(force_instance=True, max_clients=1, max_body_size=_NO_BODY_LIMIT)
        connections = _Connections(resolver=client.resolver)
        client.tcp_client = connections
        request = HTTPRequest(
            self._url,
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/x-ndjson"},
            connect_timeout=CONNECT_TIMEOUT_S,
            request_timeout=0,
            follow_redirects=False,
            decompress_response=False,
            header_callback=self._take_header,
            streaming_callback=self._take_chunk,
        )
        fetch = asyncio.ensure_future(client.fetch(request, raise_error=False))
        try:
            while not fetch.done():
                self._spoke.clear()
                spoke = asyncio.ensure_future(self._spoke.wait())
                await asyncio.wait(
                    (fetch, spoke), timeout=silence_timeout_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not spoke.done() and not fetch.done():
                    self._problem = self._problem or f"silent for {silence_timeout_s:g} s"
                    spoke.cancel()
                    break
                spoke.cancel()
                if self._problem is not None:
                    break
            if self._problem is None:
                self._problem = self._end_of(fetch)
            return self._problem
        finally:
            self._is_over = True
            connections.abandon()
            fetch.add_done_callback(_drop_outcome)
            client.close()

    def _end_of(self, fetch: "asyncio.Future[HTTPResponse]") -> str:
        if fetch.exception() is not None:
            return type(fetch.exception()).__name__
        if self._status and self._status != "200":
            return f"billing answered {self._status}"
        return "closed by billing" if self._status else "billing cannot be reached"

    def _take_header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self._status = line.split()[1]

    def _take_chunk(self, chunk: bytes) -> None:
        if self._is_over or self._problem is not None or self._status != "200":
            return
        *complete, rest = chunk.split(b"\n")
        for part in complete:
            self._rest += part
            self._take_line(bytes(self._rest))
            self._rest.clear()
        self._rest += rest
        if len(self._rest) > self._max_line_bytes:
            self._problem = "a line too long"
        self._spoke.set()

    def _take_line(self, text: bytes) -> None:
        if self._problem is not None or not text:
            return
        if len(text) > self._max_line_bytes:
            self._problem = "a line too long"
            return
        try:
            self._problem = self._heard(_lines.decode(text))
        except msgspec.MsgspecError:
            self._problem = "a line that is not understood"


def _drop_outcome(fetch: "asyncio.Future[HTTPResponse]") -> None:
    if not fetch.cancelled():
        fetch.exception()


class FixedEntitlements:
    """Entitlements that a test, or a developer's page, sets by hand.

    Known from `start` on; `apply_changes` is what billing would publish,
    `lose` and `regain` what a broken line would do.
    """

    def __init__(self, contracts: Iterable[ContractAccess] = ()) -> None:
        self._readers = _Readers()
        self._contracts = {contract.contract_id: contract for contract in contracts}
        self._version = 0
        self._is_running = False
        self._is_lost = False

    @property
    def copy(self) -> EntitlementCopy:
        return self._readers.copy

    @property
    def health(self) -> SourceHealth:
        is_connected = self._is_running and not self._is_lost
        return SourceHealth(is_connected, self.copy.version, failures=0 if is_connected else 1)

    def on_change(self, callback: ChangeCallback) -> Callable[[], None]:
        return self._readers.on_change(callback)

    async def start(self) -> None:
        if not self._is_running:
            self._is_running = True
            self._tell_all()

    async def known(self) -> None:
        await self._readers.is_known.wait()

    async def stop(self) -> None:
        self._is_running = False

    def apply_changes(self, *contracts: ContractAccess) -> None:
        """Publish new states of contracts, one change each."""
        for contract in contracts:
            self._version += 1
            self._contracts[contract.contract_id] = contract
            if self._is_running and not self._is_lost:
                self._readers.take(ContractChanged(self._version, contract))

    def lose(self) -> None:
        """Break the line: changes no longer arrive."""
        self._is_lost = True

    def regain(self) -> None:
        """Mend the line: a snapshot arrives."""
        self._is_lost = False
        if self._is_running:
            self._tell_all()

    def _tell_all(self) -> None:
        if not self._is_lost:
            self._readers.take(EntitlementSnapshot(self._version, tuple(self._contracts.values())))
