"""A virus scanner is asked before anything is kept; one that is away keeps nothing in."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from files_client import begin, code_of, listed, path_of, send

from unit.rooms.rooms_world import World
from webvisio_protocol.identifiers import Role
from webvisio_rooms.files.scanner import Scanner

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers INSTREAM as clamd does."""
    assert await reader.readexactly(10) == b"zINSTREAM\0"
    content = b""
    while (length := struct.unpack("!I", await reader.readexactly(4))[0]) > 0:
        content += await reader.readexactly(length)
    answer = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
    writer.write(answer)
    writer.close()


@asynccontextmanager
async def scanned_world(folder: Path) -> AsyncIterator[World]:
    path = folder / "clamd"
    server = await asyncio.start_unix_server(clamd, path)
    world = World(folder)
    world.scanner = Scanner(f"unix:{path}")
    try:
        async with world:
            yield world
    finally:
        server.close()


async def test_what_the_scanner_finds_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async with scanned_world(tmp_path) as world:
        token = world.hub.add("amina", Role.COHOST)
        path = path_of(await begin(world, token, "letter.txt", len(EICAR)))
        answer = await send(world, token, path, EICAR, 0)
        assert (answer.code, code_of(answer)) == (422, "file_infected")
        assert (await listed(world, token))["files"] == []
        assert list((world.folder / "files").glob("*/*")) == []


async def test_what_is_clean_is_kept(tmp_path: Path) -> None:
    async with scanned_world(tmp_path) as world:
        token = world.hub.add("amina", Role.COHOST)
        path = path_of(await begin(world, token, "letter.txt", 5))
        assert (await send(world, token, path, b"hello", 0)).code == 200


async def test_a_scanner_that_is_away_keeps_nothing_unscanned_and_loses_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.scanner = Scanner(f"unix:{tmp_path}/nobody")
    async with world:
        token = world.hub.add("amina", Role.COHOST)
        path = path_of(await begin(world, token, "letter.txt", 5))
        answer = await send(world, token, path, b"hello", 0)
        assert (answer.code, code_of(answer)) == (503, "scanner_away")
        assert (await listed(world, token))["files"] == []
        asked = await world.ask("HEAD", path, token)
        assert asked.headers["Upload-Offset"] == "0"
        server = await asyncio.start_unix_server(clamd, tmp_path / "nobody")
        assert (await send(world, token, path, b"hello", 0)).code == 200
        server.close()


@pytest.mark.parametrize("address", ["", "http://x", "unix:", "/run/clamd"])
def test_an_address_that_is_none_is_refused_at_start(address: str) -> None:
    with pytest.raises(ValueError, match="scanner"):
        Scanner(address)
