"""A tus client over the test's own service, as small as the protocol is."""

from base64 import b64encode
from typing import Any

import msgspec
from tornado.httpclient import HTTPResponse

from unit.rooms.rooms_world import PREFIX, ROOM, World

OFFSET = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}


def metadata(**fields: str) -> str:
    """Write `Upload-Metadata`."""
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in fields.items())


async def begin(
    world: World, token: str | None, name: str, size: int, *, room: str = ROOM, **more: str
) -> HTTPResponse:
    """Ask for an upload."""
    jar = more.pop("jar", None)
    cookies: dict[str, str] = msgspec.json.decode(jar) if jar else {}
    headers = {
        "Upload-Length": str(size),
        "Upload-Metadata": metadata(filename=name, **more),
        "Tus-Resumable": "1.0.0",
    }
    return await world.ask("POST", f"api/rooms/{room}/uploads", token, headers=headers, **cookies)


def path_of(created: HTTPResponse) -> str:
    """Find the upload's path, below the service's prefix."""
    assert created.code == 201, created.body
    return created.headers["Location"].removeprefix(PREFIX)


async def send(world: World, token: str | None, path: str, data: bytes, offset: int) -> HTTPResponse:
    """Send a piece."""
    return await world.ask("PATCH", path, token, body=data, headers={**OFFSET, "Upload-Offset": str(offset)})


async def upload(world: World, token: str | None, name: str, data: bytes, **more: str) -> dict[str, Any]:
    """Upload in one piece; returns the file's view."""
    created = await begin(world, token, name, len(data), **more)
    answer = await send(world, token, path_of(created), data, 0)
    assert answer.code == 200, answer.body
    view: dict[str, Any] = msgspec.json.decode(answer.body)
    return view


async def listed(world: World, token: str | None) -> dict[str, Any]:
    """Read the list."""
    answer = await world.ask("GET", f"api/rooms/{ROOM}/files", token)
    assert answer.code == 200, answer.body
    found: dict[str, Any] = msgspec.json.decode(answer.body)
    return found


async def download(
    world: World, token: str | None, file_id: str, query: str = "", **headers: str
) -> HTTPResponse:
    """Fetch a content."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.ask("GET", f"api/rooms/{ROOM}/files/{file_id}{query}", token, headers=named)


def code_of(answer: HTTPResponse) -> str:
    """Read the refusal's code."""
    return str(msgspec.json.decode(answer.body)["code"])
