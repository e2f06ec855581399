"""What the hub and the supervisor ask of the rooms service, by the internal token."""

import msgspec
from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from webvisio_hub.settings import required
from webvisio_protocol.identifiers import RoomId

TIMEOUT_S = 10.0


class _RoomLink(msgspec.Struct):
    link: str


async def room_link(room: RoomId, rooms_url: str = "", token: str = "") -> str:
    """Ask for the link of a room; raises `HTTPClientError` or `OSError`.

    Without arguments, addresses come from the environment, as the hub has them.
    """
    request = HTTPRequest(
        f"{rooms_url or required('WEBVISIO_ROOMS_URL')}api/internal/rooms/{room}/link",
        headers={"Authorization": f"Bearer {token or required('WEBVISIO_INTERNAL_TOKEN')}"},
        request_timeout=TIMEOUT_S,
    )
    # JupyterHub makes the shared client curl's where there is one: this one is ours
    client = SimpleAsyncHTTPClient(force_instance=True)
    try:
        response = await client.fetch(request)
    finally:
        client.close()
    return msgspec.json.decode(response.body, type=_RoomLink).link
