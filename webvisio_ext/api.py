"""The rooms service's HTTP API, as a kernel may use it: with the token of its own server.

The token's scopes decide what is allowed (the hub's spawner grants them, never
`inherit`); this client adds nothing to them. It follows no redirection, so that
the token reaches no other address, and reads at most `MAX_ANSWER_BYTES`.
"""

import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import msgspec

from webvisio_ext.errors import RoomRefused, RoomsUnavailable, RoomUnknown
from webvisio_ext.server import rooms_path
from webvisio_protocol.signalling import Attendance, Locale, MyRooms

TIMEOUT_S = 10
MAX_ANSWER_BYTES = 8 * 1024 * 1024

Answer = TypeVar("Answer")


class Problem(msgspec.Struct, frozen=True):
    """The fields of a problem answer (RFC 9457) that a person is told."""

    code: str = ""
    title: str = ""
    message: str = ""
    remedy: str = ""


class _NoRedirection(HTTPRedirectHandler):
    """Answers a redirection as the error it is for an API."""

    def redirect_request(self, *_: object) -> None:
        return None


class RoomsApi:
    """Asks the rooms service at `url` (absolute, ends in a slash) with a hub `token`."""

    def __init__(self, url: str, token: str, locale: Locale = "fr") -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise RoomsUnavailable(f"not an http(s) address: {url!r}")
        self._url = url
        self._headers = {
            "Authorization": f"token {token}",
            "Accept": "application/json",
            "Accept-Language": locale,
        }
        # the service is beside the hub: never by way of a proxy of the environment
        self._opener: OpenerDirector = build_opener(ProxyHandler({}), _NoRedirection)

    def __repr__(self) -> str:
        return f"RoomsApi({self._url!r})"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, locale: Locale = "fr") -> "RoomsApi":
        """Make the client of the server that this kernel runs in.

        Raises `RoomsUnavailable` where no hub started the server.
        """
        token = environ.get("JUPYTERHUB_API_TOKEN", "")
        url = environ.get("WEBVISIO_ROOMS_URL", "")
        if not url and environ.get("WEBVISIO_PUBLIC_URL"):
            url = environ["WEBVISIO_PUBLIC_URL"].rstrip("/") + rooms_path(environ)
        if not (token and url):
            raise RoomsUnavailable("this kernel was not started by the hub of a Web Visio platform")
        return cls(url if url.endswith("/") else url + "/", token, locale)

    def rooms(self) -> MyRooms:
        """List the rooms that the token's owner belongs to."""
        return self._get("api/rooms", MyRooms)

    def attendance(self, room_id: str) -> Attendance:
        """Read who was in a room, and who is; for those who moderate it."""
        return self._get(f"api/rooms/{quote(room_id, safe='')}/attendance", Attendance)

    def _get(self, path: str, kind: type[Answer]) -> Answer:
        request = Request(self._url + path, headers=self._headers)  # noqa: S310 - scheme checked in __init__
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                body = response.read(MAX_ANSWER_BYTES + 1)
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, TimeoutError, ConnectionError) as error:
            raise RoomsUnavailable(f"the rooms service does not answer: {error}") from error
        if len(body) > MAX_ANSWER_BYTES:
            raise RoomsUnavailable(f"the rooms service answered with more than {MAX_ANSWER_BYTES} bytes")
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise RoomsUnavailable(f"the rooms service speaks another version: {error}") from error


def _refusal(error: HTTPError) -> RoomRefused | RoomUnknown | RoomsUnavailable:
    """Turn an HTTP error into ours, with the service's own words where it gives some."""
    with error:
        body = error.read(MAX_ANSWER_BYTES)
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        problem = Problem()
    message = problem.message or problem.title
    if error.code == HTTPStatus.NOT_FOUND:
        return RoomUnknown(message or "no such room")
    if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return RoomRefused(problem.code or "forbidden", message or "the service refused", problem.remedy)
    return RoomsUnavailable(f"the rooms service answered {error.code}")
