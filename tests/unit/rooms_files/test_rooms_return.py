"""`return-data` gives a customer everything that their rooms hold, and nothing of another's (clause 8.2)."""

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from unit.rooms.rooms_world import OTHER_ROOM, ROOM, World, contract
from unit.rooms_files.files_client import upload
from webvisio_protocol.identifiers import CustomerId, Role
from webvisio_rooms.return_command import ReturnData

CONTENT = bytes(range(256)) * 600


def run(world: World, *arguments: str) -> int:
    """Run the command beside the service; returns its exit status."""
    command = ReturnData(home=str(world.folder), database=f"sqlite:///{world.folder}/rooms.sqlite")
    command.initialize(list(arguments))
    try:
        command.start()
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


async def furnished(world: World) -> None:
    """Put a note, a file with an older version and a line of chat into one room, a note into the other's."""
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    host.send("chat_send", clientId="c1", text="bonjour à tous")
    await host.until("chat_posted")
    other = world.hub.add("paul", Role.HOST, room=OTHER_ROOM)
    for room, token, text in ((ROOM, "token-trainer", "nos notes"), (OTHER_ROOM, other, "les leurs")):
        body = {"kind": "note", "name": "Compte rendu", "content": text}
        assert (await world.ask("POST", f"api/rooms/{room}/documents", token, body)).code == 201
    await upload(world, "token-trainer", "plan.bin", b"le premier", folder="Semaine 1")
    await upload(world, "token-trainer", "plan.bin", CONTENT, folder="Semaine 1")
    await world.rooms.drain()


async def test_the_archive_holds_all_of_a_customer_with_hashes_and_nothing_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with World(tmp_path, contract(), contract(OTHER_ROOM, customer="beta")) as world:
        await furnished(world)
        target = tmp_path / "acme.zip"

        assert await asyncio.to_thread(run, world, "acme", str(target)) == 0

        digest = capsys.readouterr().out.split()[0]
        assert digest == hashlib.sha256(target.read_bytes()).hexdigest()
        assert target.stat().st_mode & 0o077 == 0
        with zipfile.ZipFile(target) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        manifest: dict[str, Any] = json.loads(found.pop("manifest.json"))
        assert found[f"{ROOM}/documents/Compte rendu.md"] == b"nos notes"
        assert found[f"{ROOM}/files/Semaine 1/plan.bin"] == CONTENT
        assert found[f"{ROOM}/older versions/Semaine 1/plan.bin/1 plan.bin"] == b"le premier"
        assert json.loads(found[f"{ROOM}/chat.json"])[0]["text"] == "bonjour à tous"
        assert not any(b"les leurs" in content for content in found.values())
        assert {entry["path"]: entry["sha256"] for entry in manifest["entries"]} == {
            name: hashlib.sha256(content).hexdigest() for name, content in found.items()
        }
        assert (manifest["customer"], manifest["unreadable"]) == ("acme", [])
        assert await asyncio.to_thread(run, world, "acme", str(target)) == 2, "it is there already"


async def test_what_was_destroyed_is_named_and_an_unknown_customer_is_refused(tmp_path: Path) -> None:
    async with World(tmp_path, contract(), contract(OTHER_ROOM, customer="beta")) as world:
        await furnished(world)
        world.keys.destroy(CustomerId("acme"))
        target = tmp_path / "acme.zip"

        assert await asyncio.to_thread(run, world, "acme", str(target)) == 1

        with zipfile.ZipFile(target) as archive:
            manifest = json.loads(archive.read("manifest.json"))
        assert f"{ROOM}/documents/Compte rendu.md" in manifest["unreadable"]
        assert f"{ROOM}/files/Semaine 1/plan.bin" in manifest["unreadable"]
        assert [entry["path"] for entry in manifest["entries"]] == [f"{ROOM}/chat.json"]
        assert await asyncio.to_thread(run, world, "nobody", str(tmp_path / "x.zip")) == 2
        assert not (tmp_path / "x.zip").exists()
