"""The archive of a customer's data and its destruction, as billing asks rooms for them (clause 8.2)."""

import hashlib
import io
import json
import logging
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPResponse

from unit.rooms.rooms_world import INTERNAL, OTHER_ROOM, ROOM, World, contract
from unit.rooms_files.files_client import upload
from webvisio_protocol.identifiers import CustomerId, Role
from webvisio_rooms.files.errors import ContentDamaged
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.files.vault import CHUNK_BYTES, Vault

ACME = CustomerId("acme")
BEARER = {"Authorization": f"Bearer {INTERNAL}", "Sec-Fetch-Mode": "", "Sec-Fetch-Site": "none"}


async def ask(world: World, method: str, path: str = "", **headers: str) -> HTTPResponse:
    """Ask as billing does."""
    return await world.ask(method, f"api/internal/customers/acme/data{path}", headers=BEARER | headers)


def read(answer: HTTPResponse) -> dict[str, Any]:
    assert answer.code == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def furnished(world: World) -> None:
    """Put a note, a file and a line of chat into the room."""
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    host.send("chat_send", clientId="c1", text="bonjour à tous")
    await host.until("chat_posted")
    body = {"kind": "note", "name": "Compte rendu", "content": "nos notes"}
    assert (await world.ask("POST", f"api/rooms/{ROOM}/documents", "token-trainer", body)).code == 201
    await upload(world, "token-trainer", "plan.bin", bytes(range(256)) * 600)
    await world.rooms.drain()


async def made(world: World) -> dict[str, Any]:
    """Ask for the archive and wait for it."""
    read(await ask(world, "POST"))
    await world.custody.settled()
    return read(await ask(world, "GET"))


async def test_the_archive_is_made_kept_sealed_and_read_whole_or_in_parts(tmp_path: Path) -> None:
    async with World(tmp_path, contract()) as world:
        assert read(await ask(world, "GET"))["stage"] == "none"
        assert (await ask(world, "GET", "/archive")).code == 404
        await furnished(world)

        state = await made(world)

        assert (state["stage"], state["unreadable"]) == ("ready", 0)
        whole = (await ask(world, "GET", "/archive")).body
        assert state["sizeBytes"] == len(whole)
        assert state["sha256"] == hashlib.sha256(whole).hexdigest()
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            assert archive.testzip() is None
            assert archive.read(f"{ROOM}/documents/Compte rendu.md") == b"nos notes"
            assert len(archive.namelist()) == state["entries"] + 1, "the manifest besides"
        part = await ask(world, "GET", "/archive", Range="bytes=100-199")
        assert (part.code, part.body) == (206, whole[100:200])
        other = await ask(world, "GET", "/archive", **{"If-Match": '"another"'})
        assert other.code == 412
        for path in (world.folder / "files").rglob("*"):
            assert path.is_dir() or b"nos notes" not in path.read_bytes()


async def test_asking_again_gives_the_same_archive_and_anew_another(tmp_path: Path) -> None:
    async with World(tmp_path, contract()) as world:
        await furnished(world)
        first = await made(world)
        assert (await made(world))["madeAt"] == first["madeAt"]
        await upload(world, "token-trainer", "more.bin", b"more")
        read(await ask(world, "POST", "?anew=1"))
        await world.custody.settled()
        second = read(await ask(world, "GET"))
        assert second["entries"] == first["entries"] + 1
        assert len([path for path in (world.folder / "files/archives").rglob("*") if path.is_file()]) == 1


async def test_a_service_that_was_stopped_begins_the_archive_anew(tmp_path: Path) -> None:
    async with World(tmp_path, contract()) as world:
        await furnished(world)
        world.custody._stores.custody.ask(ACME, world.timers.now())  # as if it died right after
        stray = Vault(world.folder / "files/archives", world.keys)
        stray.create("ab" * 16, ACME)
        await world.stop()
        await world.start()
        await world.custody.settled()
        assert read(await ask(world, "GET"))["stage"] == "ready"
        assert "ab" * 16 not in set(stray.blob_ids())


async def test_what_broke_off_is_told_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with World(tmp_path, contract()) as world:
        await furnished(world)

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken, caplog.at_level(logging.CRITICAL):
            broken.setattr("webvisio_rooms.application.custody.return_data", full)
            assert (await made(world))["stage"] == "failed"
        assert not [path for path in (world.folder / "files/archives").rglob("*") if path.is_file()]
        assert (await made(world))["stage"] == "ready"


async def test_destruction_takes_keys_chat_and_archive_once_no_room_is_open(tmp_path: Path) -> None:
    async with World(tmp_path, contract(), contract(OTHER_ROOM, customer="beta")) as world:
        await furnished(world)
        await made(world)
        assert (await ask(world, "POST", "/destruction")).code == 403, "a room is open"
        world.entitlements.apply_changes(contract(end=world.timers.now()))

        state = read(await ask(world, "POST", "/destruction"))

        assert state["stage"] == "none"
        assert state["destroyed"][0] == "keys: 1"
        assert state["destroyed"][1:] == ["documents: 1", "files: 1", "versions: 1", "messages: 1"]
        assert world.custody._stores.custody.chat(ROOM) == ()
        assert world.keys.destroy(ACME) == 0
        assert (await ask(world, "GET", "/archive")).code == 404
        world.timers.advance(60)
        assert read(await ask(world, "POST", "/destruction")) == state, "nothing is destroyed twice"


@pytest.mark.parametrize("path", ["", "/archive"])
async def test_without_the_internal_token_nothing_is_told(world: World, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": "token token-trainer"}):
        answer = await world.ask("GET", f"api/internal/customers/acme/data{path}", headers=headers)
        assert answer.code == 403


async def test_a_customer_who_is_not_known_has_no_archive(world: World) -> None:
    answer = await world.ask("POST", "api/internal/customers/nobody/data", headers=BEARER)
    assert answer.code == 404


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_stream_of_any_size_is_read_back_and_a_cut_one_is_not(tmp_path: Path, size: int) -> None:
    vault = Vault(tmp_path / "files", KeyFolder(tmp_path / "keys"))
    content = bytes(i % 251 for i in range(size))
    for name, is_complete in (("aa", True), ("bb", False)):
        vault.create(name, ACME)
        blob = vault.open_ended(name, ACME)
        for start in range(0, size, 10_000):
            blob.write(content[start : start + 10_000])
        blob.close(is_complete=is_complete)
    assert b"".join(vault.read("aa", ACME, size)) == content
    if size:
        with pytest.raises(ContentDamaged):
            b"".join(vault.read("bb", ACME, size))
