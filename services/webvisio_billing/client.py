"""A Python client of the billing API: typed answers, refusals as exceptions, lists without end of page.

Every change carries an idempotency key of its own, kept over the client's
tries: a connection that breaks is tried again and nothing happens twice.
"""

import uuid
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final, TypeVar
from urllib.parse import urljoin

import msgspec
import requests

from webvisio_billing.application.bank import Imported
from webvisio_billing.storage.registry import CustomerRecord, Membership
from webvisio_billing.web.api_bodies import ContractSummary, ProblemDetails

TIMEOUT_S: Final = 30
TRIES: Final = 3

Answer = TypeVar("Answer")
Fields = Mapping[str, str | int | bool | None]


class BillingRefused(Exception):  # noqa: N818 - a statement reads better
    """The service refused, by the stable code and the clause in `problem`."""

    def __init__(self, problem: ProblemDetails) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem


class BillingClient:
    """Talks to one service; `url` is its public address (".../services/billing/"), `token` a hub token."""

    def __init__(self, url: str, token: str, language: str = "en") -> None:
        self._api = urljoin(url if url.endswith("/") else f"{url}/", "api/")
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"token {token}", "Accept-Language": language})

    def __enter__(self) -> "BillingClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def customers(self) -> Iterator[CustomerRecord]:
        """Go through all customers, by identifier."""
        return self._all("customers", list[CustomerRecord])

    def contracts(self, customer_id: str = "") -> Iterator[ContractSummary]:
        """Go through all contracts, of one customer or of all, by identifier."""
        return self._all(f"contracts?customer={customer_id}", list[ContractSummary])

    def contract(self, contract_id: str) -> ContractSummary:
        """Read a contract."""
        return self._decoded(self._ask("GET", f"contracts/{contract_id}"), ContractSummary)

    def create_customer(self, fields: Fields) -> CustomerRecord:
        """Create a customer; see `api_bodies.CustomerBody`."""
        return self._decoded(self._ask("POST", "customers", fields), CustomerRecord)

    def order(self, fields: Fields) -> ContractSummary:
        """Order a contract; see `api_bodies.ContractBody`."""
        return self._decoded(self._ask("POST", "contracts", fields), ContractSummary)

    def act(self, contract_id: str, action: str, **fields: str | bool) -> ContractSummary:
        """Act on a contract, by the name of a form of its page."""
        body = {"action": action, **fields}
        return self._decoded(self._ask("POST", f"contracts/{contract_id}/actions", body), ContractSummary)

    def members(self, room_id: str) -> list[Membership]:
        """List a room's people."""
        return self._decoded(self._ask("GET", f"rooms/{room_id}/members"), list[Membership])

    def import_statement(self, data: bytes) -> Imported:
        """Import a bank statement."""
        return self._decoded(self._ask("POST", "statements", data=data), Imported)

    # ---- inside ----------------------------------------------------------------------

    def _all(self, path: str, kind: type[list[Answer]]) -> Iterator[Answer]:
        address: str | None = urljoin(self._api, path)
        while address:
            answer = self._ask("GET", address)
            yield from self._decoded(answer, kind)
            following = answer.links.get("next", {}).get("url")
            address = urljoin(address, following) if following else None

    def _ask(
        self, method: str, path: str, fields: Fields | None = None, data: bytes | None = None
    ) -> requests.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        body = data if fields is None else msgspec.json.encode(fields)
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                answer = self._session.request(
                    method, urljoin(self._api, path), data=body, headers=headers, timeout=TIMEOUT_S
                )
                break
            except requests.ConnectionError:
                if last:
                    raise
        if answer.ok:
            return answer
        try:
            problem = msgspec.json.decode(answer.content, type=ProblemDetails)
        except msgspec.MsgspecError:
            answer.raise_for_status()
            raise
        raise BillingRefused(problem)

    @staticmethod
    def _decoded(answer: requests.Response, kind: type[Answer]) -> Answer:
        return msgspec.json.decode(answer.content, type=kind)
