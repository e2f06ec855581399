"""Asks the rooms service for the link of a room, to show it to the operator."""

from typing import Final, Protocol
from urllib.parse import quote

import msgspec
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from webvisio_protocol.identifiers import RoomId

TIMEOUT_S: Final = 2.0
"""A page waits no longer for a link: it is shown without."""


class RoomLinks(Protocol):
    """Where room links come from."""

    async def link(self, room_id: RoomId) -> str | None:
        """Give a room's present link; None when it cannot be told now."""
        ...


class _Answer(msgspec.Struct):
    link: str


class RoomsClient:
    """Asks `GET api/internal/rooms/ID/link` of the rooms service at `url`, with the internal token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    async def link(self, room_id: RoomId) -> str | None:
        client = SimpleAsyncHTTPClient(force_instance=True, max_clients=1)
        request = HTTPRequest(
            f"{self._url}/api/internal/rooms/{quote(room_id, safe='')}/link",
            headers={"Authorization": f"Bearer {self._token}"},
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        try:
            answer = msgspec.json.decode((await client.fetch(request)).body, type=_Answer)
        except (OSError, HTTPClientError, msgspec.MsgspecError):
            return None
        finally:
            client.close()
        return answer.link if answer.link.startswith(("https://", "http://", "/")) else None


class FakeRoomLinks:
    """Links in memory; a room without one has none to tell."""

    def __init__(self, **links: str) -> None:
        self.links = links

    async def link(self, room_id: RoomId) -> str | None:
        return self.links.get(room_id)
