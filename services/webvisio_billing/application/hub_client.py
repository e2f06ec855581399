"""`HubAdministration` over the hub's REST API, with the service's own token.

Scopes needed: `admin:users`, `admin:groups` (and whatever the invitation
endpoint asks). Names go into paths percent-encoded; nothing of a request or
an answer is logged.
"""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from webvisio_billing.application.hub import HubRefused, HubUnavailable, Invitation

TIMEOUT_S: Final = 10.0
PAGE_SIZE: Final = 200
_PAGINATED: Final = "application/jupyterhub-pagination+json"


T = TypeVar("T")


class _User(msgspec.Struct):
    name: str


class _Group(msgspec.Struct):
    name: str
    users: list[str] = []


class _Next(msgspec.Struct):
    offset: int


class _Pagination(msgspec.Struct):
    next: _Next | None = None


class _UserPage(msgspec.Struct):
    items: list[_User]
    pagination: _Pagination = msgspec.field(name="_pagination")


class _GroupPage(msgspec.Struct):
    items: list[_Group]
    pagination: _Pagination = msgspec.field(name="_pagination")


class HubClient:
    """Talks to the hub at `api_url` (`JUPYTERHUB_API_URL`)."""

    def __init__(self, api_url: str, token: str) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._has_passwords: bool | None = None

    async def groups(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        offset: int | None = 0
        while offset is not None:
            page = _decode(await self._ok("GET", f"/groups?offset={offset}&limit={PAGE_SIZE}"), _GroupPage)
            found |= {group.name: frozenset(group.users) for group in page.items}
            offset = None if page.pagination.next is None else page.pagination.next.offset
        return found

    async def users(self) -> frozenset[str]:
        found: set[str] = set()
        offset: int | None = 0
        while offset is not None:
            page = _decode(await self._ok("GET", f"/users?offset={offset}&limit={PAGE_SIZE}"), _UserPage)
            found |= {user.name for user in page.items}
            offset = None if page.pagination.next is None else page.pagination.next.offset
        return frozenset(found)

    async def create_user(self, name: str) -> None:
        await self._ok("POST", f"/users/{quote(name, safe='')}", allowed=(409,))

    async def create_group(self, name: str) -> None:
        await self._ok("POST", f"/groups/{quote(name, safe='')}", allowed=(409,))

    async def add_to_group(self, group: str, names: frozenset[str]) -> None:
        await self._ok("POST", f"/groups/{quote(group, safe='')}/users", {"users": sorted(names)})

    async def remove_from_group(self, group: str, names: frozenset[str]) -> None:
        # a user the hub no longer knows makes it refuse the whole list: leave those out
        known = names & await self.users()
        if known:
            path = f"/groups/{quote(group, safe='')}/users"
            await self._ok("DELETE", path, {"users": sorted(known)}, allowed=(404,))

    async def invite(self, name: str) -> Invitation | None:
        status, body = await self._fetch("POST", "/webvisio/invitations", {"name": name})
        if status == 404:
            return None
        _check(status)
        return _decode(body, Invitation)

    async def has_passwords(self) -> bool:
        if self._has_passwords is None:  # a hub's way of logging in changes with its restart, not in between
            status, _ = await self._fetch("GET", "/webvisio/invitations")
            if status not in (200, 404):
                _check(status)
                raise HubUnavailable(f"status {status}")
            self._has_passwords = status == 200
        return self._has_passwords

    async def _ok(self, method: str, path: str, body: object = None, allowed: tuple[int, ...] = ()) -> bytes:
        status, answer = await self._fetch(method, path, body)
        if status not in allowed:
            _check(status)
        return answer

    async def _fetch(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        client = SimpleAsyncHTTPClient(force_instance=True, max_clients=1)
        request = HTTPRequest(
            self._api_url + path,
            method=method,
            headers={
                "Authorization": f"token {self._token}",
                "Accept": _PAGINATED,
                "Content-Type": "application/json",
            },
            body=None if method == "GET" else msgspec.json.encode(body) if body is not None else b"",
            allow_nonstandard_methods=True,
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        try:
            response = await client.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise HubUnavailable(type(error).__name__) from error
        finally:
            client.close()
        return response.code, response.body


def _check(status: int) -> None:
    if status >= 500 or status == 429:
        raise HubUnavailable(f"status {status}")
    if status >= 400:
        raise HubRefused(f"status {status}")


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise HubUnavailable("an answer that is not understood") from error
