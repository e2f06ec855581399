"""A customer's data at the end: what the contract allows, asked of the rooms service (clause 8.2).

Rooms makes the archive and destroys; here it is decided by the contract who
may, and written into its journal. One key is a customer's, whatever contracts
they have: nothing is destroyed while another contract of theirs needs it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, conflict
from webvisio_billing.application.views import ContractView
from webvisio_billing.application.worker import Worker
from webvisio_billing.domain.commands import (
    ChooseDisposal,
    Disposal,
    RecordDataTaken,
    RecordDestruction,
)
from webvisio_billing.domain.disposal import may_take
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_protocol.custody import ArchiveStage, CustomerData
from webvisio_protocol.identifiers import ContractId, CustomerId

PIECE_BYTES: Final = 4 * 1024 * 1024
"""The archive is asked of rooms in pieces of this size, each when the one before has gone out."""
TIMEOUT_S: Final = 10.0


class RoomsAway(Exception):  # noqa: N818 - an outcome with a name of its own
    """The rooms service does not answer, or not as agreed."""


class CustomerRooms(Protocol):
    """What rooms do for the end of a customer's data; everything may raise `RoomsAway`."""

    async def state(self, customer_id: CustomerId) -> CustomerData:
        """Tell how far the archive is, and what was destroyed."""
        ...

    async def make(self, customer_id: CustomerId, *, anew: bool) -> CustomerData:
        """Ask for the archive."""
        ...

    async def piece(self, customer_id: CustomerId, sha256: str, start: int, end: int) -> bytes:
        """Read the bytes `[start, end)` of the archive of this hash."""
        ...

    async def destroy(self, customer_id: CustomerId) -> CustomerData | None:
        """Destroy everything; None while rooms refuse, for a room is open."""
        ...


class RoomsCustody:
    """Asks `api/internal/customers/ID/data` of the rooms service at `url`, with the internal token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    async def state(self, customer_id: CustomerId) -> CustomerData:
        return _state(await self._ask("GET", customer_id))

    async def make(self, customer_id: CustomerId, *, anew: bool) -> CustomerData:
        return _state(await self._ask("POST", customer_id, "?anew=1" if anew else ""))

    async def piece(self, customer_id: CustomerId, sha256: str, start: int, end: int) -> bytes:
        wanted = {"Range": f"bytes={start}-{end - 1}", "If-Match": f'"{sha256}"'}
        body = await self._ask("GET", customer_id, "/archive", **wanted)
        if len(body) != end - start:
            raise RoomsAway
        return body

    async def destroy(self, customer_id: CustomerId) -> CustomerData | None:
        try:
            return _state(await self._ask("POST", customer_id, "/destruction"))
        except RoomsAway as away:
            if isinstance(away.__cause__, HTTPClientError) and away.__cause__.code == 403:
                return None
            raise

    async def _ask(self, method: str, customer_id: CustomerId, path: str = "", **headers: str) -> bytes:
        client = SimpleAsyncHTTPClient(force_instance=True, max_clients=1)
        request = HTTPRequest(
            f"{self._url}/api/internal/customers/{customer_id}/data{path}",
            method=method,
            body=b"" if method == "POST" else None,
            headers={
                "Authorization": f"Bearer {self._token}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        try:
            return (await client.fetch(request)).body
        except (OSError, HTTPClientError) as error:
            raise RoomsAway from error
        finally:
            client.close()


def _state(body: bytes) -> CustomerData:
    try:
        return msgspec.json.decode(body, type=CustomerData)
    except msgspec.MsgspecError as error:
        raise RoomsAway from error


@dataclass
class FakeCustomerRooms:
    """One customer's archive in memory; `is_away` and `is_open` are in the test's hands."""

    content: bytes = b""
    data: CustomerData = field(default_factory=CustomerData)
    is_away: bool = False
    is_open: bool = False
    made: list[bool] = field(default_factory=list)

    async def state(self, customer_id: CustomerId) -> CustomerData:
        if self.is_away:
            raise RoomsAway
        return self.data

    async def make(self, customer_id: CustomerId, *, anew: bool) -> CustomerData:
        data = await self.state(customer_id)
        self.made.append(anew)
        return data

    async def piece(self, customer_id: CustomerId, sha256: str, start: int, end: int) -> bytes:
        if (await self.state(customer_id)).sha256 != sha256:
            raise RoomsAway
        return self.content[start:end]

    async def destroy(self, customer_id: CustomerId) -> CustomerData | None:
        await self.state(customer_id)
        return None if self.is_open else self.data


class Returning:
    """The use cases around a contract's data; those that write journal what they did."""

    def __init__(self, billing: Billing, worker: Worker, rooms: CustomerRooms) -> None:
        self._billing = billing
        self._worker = worker
        self._rooms = rooms

    async def state(self, customer_id: CustomerId) -> CustomerData | None:
        """Tell how far a customer's data is; None while rooms do not answer."""
        try:
            return await self._rooms.state(customer_id)
        except RoomsAway:
            return None

    async def choose(self, contract_id: ContractId, choice: Disposal, actor: str) -> ContractView | Refused:
        """Record the customer's choice; where it is return and the contract is over, the archive begins."""
        done = await self._worker.run(
            self._billing.execute, contract_id, ChooseDisposal(choice=choice), actor
        )
        if isinstance(done, DomainRefusal | Problem):
            return done
        if may_take(done.contract) is None:
            await self.ask(done, is_anew=False)  # what is not asked now is asked from the page
        return done

    async def ask(self, view: ContractView, *, is_anew: bool) -> CustomerData | Refused:
        """Ask rooms for the archive, while the contract allows to take it."""
        refusal = may_take(view.contract)
        if refusal is not None:
            return refusal
        try:
            return await self._rooms.make(view.customer.customer_id, anew=is_anew)
        except RoomsAway:
            return conflict("rooms_unavailable")

    async def archive(self, view: ContractView) -> CustomerData | Refused:
        """Find the finished archive, while the contract allows to take it."""
        refusal = may_take(view.contract)
        if refusal is not None:
            return refusal
        state = await self.state(view.customer.customer_id)
        if state is None:
            return conflict("rooms_unavailable")
        return state if state.stage is ArchiveStage.READY else NOT_FOUND

    async def pieces(
        self, customer_id: CustomerId, archive: CustomerData, start: int, end: int
    ) -> AsyncIterator[bytes]:
        """Read the bytes `[start, end)`, a piece at a time; raises `RoomsAway`."""
        for first in range(start, end, PIECE_BYTES):
            yield await self._rooms.piece(customer_id, archive.sha256, first, min(first + PIECE_BYTES, end))

    async def taken(self, contract_id: ContractId, archive: CustomerData, actor: str) -> None:
        """Journal that the archive went out whole; one that is recorded already is not again."""
        command = RecordDataTaken(actor=actor, sha256=archive.sha256)
        await self._worker.run(self._billing.execute, contract_id, command, actor)

    async def destroy(self, view: ContractView, actor: str) -> ContractView | Refused:
        """Destroy what rooms hold, then certify it; done again after a fault in between, it goes on."""
        contract_id, customer_id = view.contract.contract_id, view.customer.customer_id
        refusal = await self._worker.run(self.may_destroy, view)
        if refusal is not None:
            return refusal
        try:
            state = await self._rooms.destroy(customer_id)
        except RoomsAway:
            return conflict("rooms_unavailable")
        if state is None:
            return conflict("rooms_open")
        command = RecordDestruction(actor=actor, destroyed=state.destroyed)
        return await self._worker.run(self._billing.execute, contract_id, command, actor)

    def may_destroy(self, view: ContractView) -> Refused | None:
        """Say why nothing may be destroyed now; None when it may. On the worker's thread."""
        rehearsed = RecordDestruction(actor="-", destroyed=("-",))
        foreseen = self._billing.preview(view.contract.contract_id, rehearsed)
        if isinstance(foreseen, DomainRefusal | Problem):
            return foreseen
        others = self._billing.contracts(view.customer.customer_id)
        if any(_needs_the_key(other.contract) for other in others if other.contract != view.contract):
            return conflict("key_still_needed")
        return None


def _needs_the_key(contract: Contract) -> bool:
    """Whether another contract of the same customer still stands on their data."""
    if contract.lifecycle in (Lifecycle.DRAFT, Lifecycle.CLOSED):
        return False
    if contract.lifecycle is not Lifecycle.ENDED:
        return True
    has_left = contract.is_disposal_complete or bool(contract.taken_sha256)
    return not has_left and contract.disposal_choice is not Disposal.DESTROY
