"""Files over HTTP: uploads that go on, downloads with ranges, who sees what, what is refused."""

import hashlib
import random
from pathlib import Path

import msgspec
import pytest
from files_client import begin, code_of, download, listed, path_of, send, upload

from unit.rooms.rooms_world import OTHER_ROOM, PREFIX, ROOM, Client, World, blocked, contract
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId, CustomerId, Role
from webvisio_rooms.application import files as application
from webvisio_rooms.domain.files import MAX_UPLOADS_OF_PERSON, MAX_VERSIONS, FileLimits
from webvisio_rooms.files.vault import CHUNK_BYTES

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


async def open_uploads(host: Client, trainee: Client, audience: str = "all") -> None:
    """Let trainees upload, or no longer."""
    host.send("set_permission", permission={"feature": "upload", "audience": audience, "people": []})
    await trainee.until("permissions_changed")


async def test_a_file_comes_back_whole_and_in_parts(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    data = random.Random(1).randbytes(3 * CHUNK_BYTES + 5)  # noqa: S311 - seeded
    view = await upload(world, token, "données.bin", data, folder="Semaine 1/Lundi")
    assert view["sha256"] == hashlib.sha256(data).hexdigest()
    answer = await download(world, token, view["fileId"])
    assert (answer.code, answer.body) == (200, data)
    part = await download(world, token, view["fileId"], Range="bytes=65530-65545")
    assert (part.code, part.body) == (206, data[65530:65546])
    assert part.headers["Content-Range"] == f"bytes 65530-65545/{len(data)}"
    beyond = await download(world, token, view["fileId"], Range=f"bytes={len(data)}-")
    assert beyond.code == 416
    again = await download(world, token, view["fileId"], If_None_Match=answer.headers["ETag"])
    assert (again.code, again.body) == (304, b"")
    head = await world.ask("HEAD", f"api/rooms/{ROOM}/files/{view['fileId']}", token)
    assert (head.code, head.headers["Content-Length"]) == (200, str(len(data)))
    found = await listed(world, token)
    assert found["folders"] == ["Semaine 1", "Semaine 1/Lundi"]
    assert found["usedBytes"] == len(data)


async def test_an_upload_goes_on_where_the_line_broke(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    data = random.Random(2).randbytes(4 * CHUNK_BYTES)  # noqa: S311 - seeded
    path = path_of(await begin(world, token, "video.bin", len(data)))
    first = await send(world, token, path, data[: CHUNK_BYTES + 1000], 0)
    assert (first.code, first.headers["Upload-Offset"]) == (204, str(CHUNK_BYTES))
    await world.stop()
    await world.start()
    asked = await world.ask("HEAD", path, token)
    assert asked.headers["Upload-Offset"] == str(CHUNK_BYTES)
    assert asked.headers["Upload-Length"] == str(len(data))
    wrong = await send(world, token, path, data[5:], 5)
    assert (wrong.code, code_of(wrong)) == (409, "upload_out_of_step")
    last = await send(world, token, path, data[CHUNK_BYTES:], CHUNK_BYTES)
    assert last.code == 200, last.body
    view = msgspec.json.decode(last.body)
    assert (await download(world, token, view["fileId"])).body == data


async def test_an_upload_that_says_more_than_it_announced_is_refused(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    path = path_of(await begin(world, token, "a.bin", 10))
    answer = await send(world, token, path, b"x" * 11, 0)
    assert answer.code == 400
    assert (await listed(world, token))["files"] == []


async def test_an_empty_file_is_a_file(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    await begin(world, token, "empty.txt", 0)
    (file,) = (await listed(world, token))["files"]
    assert (file["sizeBytes"], (await download(world, token, file["fileId"])).body) == (0, b"")


async def test_nothing_that_was_uploaded_ever_runs_here(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    view = await upload(world, token, 'évil "x".svg'.replace('"', "'"), SCRIPT)
    answer = await download(world, token, view["fileId"])
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="_vil ')
    assert "filename*=UTF-8''%C3%A9vil" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_a_frame_alone_gets_a_web_page_as_one_without_scripts(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    page = await upload(world, token, "résumé.html", b"<html><script>alert(1)</script>Bonjour")
    text = await upload(world, token, "notes.txt", b"Bonjour")

    framed = await download(world, token, page["fileId"], "?framed", Sec_Fetch_Dest="iframe")
    rules = framed.headers["Content-Security-Policy"]
    assert framed.headers["Content-Type"] == "text/html; charset=utf-8"
    assert framed.headers["X-Content-Type-Options"] == "nosniff"
    assert rules.startswith("sandbox allow-same-origin; default-src 'none'; ")
    assert rules.endswith("frame-ancestors 'self'")
    assert "script" not in rules
    for file, query, destination in (
        (page, "?framed", "document"),
        (page, "", "iframe"),
        (text, "?framed", "iframe"),
    ):
        answer = await download(world, token, file["fileId"], query, Sec_Fetch_Dest=destination)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("../../etc/passwd", b"x", "file_name_invalid"),
        ("..\\boot.ini", b"x", "file_name_invalid"),
        ("report.pdf", b"<html><script>alert(1)</script>", "file_kind_refused"),
        ("photo.png", SCRIPT, "file_kind_refused"),
        ("setup.txt", b"MZ\x90\x00\x03\x00\x00", "file_kind_refused"),
        ("tool", b"\x7fELF\x02\x01\x01", "file_kind_refused"),
    ],
)
async def test_what_is_not_what_it_says_is_refused_and_leaves_nothing(
    world: World, name: str, content: bytes, code: str
) -> None:
    token = world.hub.add("amina", Role.COHOST)
    created = await begin(world, token, name, len(content))
    answer = created if created.code != 201 else await send(world, token, path_of(created), content, 0)
    assert code_of(answer) == code
    assert (await listed(world, token))["files"] == []
    assert list((world.folder / "files").glob("*/*")) == []


async def test_a_folder_cannot_lead_out(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    for folder in ("..", "a/../../b", "/etc", "a//b"):
        assert code_of(await begin(world, token, "x.txt", 1, folder=folder)) == "file_name_invalid"


async def test_a_zip_bomb_is_only_as_large_as_it_is(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    bomb = b"PK\x03\x04" + b"\0" * 1000
    await upload(world, token, "bomb.zip", bomb)
    assert (await listed(world, token))["usedBytes"] == len(bomb)


@pytest.mark.clause("4.5")
async def test_a_file_for_the_trainers_is_hidden_from_the_others_with_its_folder(world: World) -> None:
    host, trainee = world.hub.add("claire", Role.HOST), world.hub.add("amina", Role.PARTICIPANT)
    view = await upload(world, host, "corrigé.txt", b"42", rule="moderators", folder="Corrigés")
    assert (await listed(world, trainee))["files"] == []
    assert (await listed(world, trainee))["folders"] == []
    for method in ("GET", "HEAD", "PATCH", "DELETE"):
        path = f"api/rooms/{ROOM}/files/{view['fileId']}"
        assert (await world.ask(method, path, trainee, body={} if method == "PATCH" else None)).code == 404
    versions = await world.ask("GET", f"api/rooms/{ROOM}/files/{view['fileId']}/versions", trainee)
    assert versions.code == 404


@pytest.mark.clause("4.5")
async def test_a_file_is_given_to_one_person_who_alone_is_told(world: World) -> None:
    _host, trainee = await world.hosted()
    other = await world.join("erik")
    await other.until("welcome")
    welcome = trainee.heard[0]
    view = await upload(
        world, "token-trainer", "secret.txt", b"for you", rule="person", recipient=welcome["participantId"]
    )
    told = await trainee.until("file_received")
    assert (told["name"], told["by"]) == ("secret.txt", "Trainer")
    assert (await download(world, "token-trainee", view["fileId"])).body == b"for you"
    assert (await download(world, "token-erik", view["fileId"])).code == 404
    assert "file_received" not in [message["type"] for message in await other.settled()]
    assert view["recipientName"] == "Trainee"


async def test_the_room_hears_that_its_files_changed(world: World) -> None:
    host, trainee = await world.hosted()
    await open_uploads(host, trainee)
    view = await upload(world, "token-trainee", "x.txt", b"x")
    await host.until("files_changed")
    await world.ask("DELETE", f"api/rooms/{ROOM}/files/{view['fileId']}", "token-trainee")
    await host.until("files_changed")


async def test_a_trainee_keeps_nothing_from_the_trainers_but_what_is_for_one_person(world: World) -> None:
    host, trainee = await world.hosted()
    await open_uploads(host, trainee)
    assert code_of(await begin(world, "token-trainee", "x.txt", 1, rule="moderators")) == "role_too_weak"
    me = trainee.heard[0]["participantId"]
    to_oneself = await begin(world, "token-trainee", "x.txt", 1, rule="person", recipient=me)
    assert to_oneself.code == 404


async def test_people_of_another_room_and_strangers_learn_nothing(world: World) -> None:
    world.entitlements.apply_changes(contract(ROOM), contract(OTHER_ROOM, customer="other"))
    await world.rooms.drain()
    host = world.hub.add("claire", Role.HOST)
    view = await upload(world, host, "x.txt", b"x")
    elsewhere = world.hub.add("zoe", Role.HOST, room=OTHER_ROOM)
    for token, codes in ((elsewhere, (403, 404)), (None, (401,))):
        for path in ("files", f"files/{view['fileId']}", "uploads/0000"):
            method = "HEAD" if path.startswith("uploads") else "GET"
            assert (await world.ask(method, f"api/rooms/{ROOM}/{path}", token)).code in codes
    sideways = f"api/rooms/{OTHER_ROOM}/files/{view['fileId']}"
    assert (await world.ask("GET", sideways, elsewhere)).code == 404


async def test_an_upload_belongs_to_whoever_began_it(world: World) -> None:
    path = path_of(await begin(world, world.hub.add("amina", Role.COHOST), "x.txt", 1))
    other = world.hub.add("claire", Role.HOST)
    assert (await world.ask("HEAD", path, other)).code == 404
    assert (await send(world, other, path, b"x", 0)).code == 404


async def test_a_guest_uses_files_only_while_inside(world: World) -> None:
    await world.rooms.change_room(ROOM, guest_password="a long password")
    host = await world.join("trainer", Role.HOST)
    await host.until("welcome")
    await upload(world, "token-trainer", "x.txt", b"x")
    cookie = await world.guest_cookie("Zoé", "a long password")
    assert code_of(await world.ask("GET", f"api/rooms/{ROOM}/files", **cookie)) == "not_admitted"
    guest = await world.connect(**cookie)
    guest.say_hello()
    await guest.until("welcome")
    assert (await world.ask("GET", f"api/rooms/{ROOM}/files", **cookie)).code == 200


async def test_uploading_is_opened_and_withheld_live(world: World) -> None:
    host, trainee = await world.hosted()
    await open_uploads(host, trainee)
    path = path_of(await begin(world, "token-trainee", "x.txt", 1))
    await open_uploads(host, trainee, "moderators")
    assert code_of(await send(world, "token-trainee", path, b"x", 0)) == "feature_withheld"
    assert code_of(await begin(world, "token-trainee", "x.txt", 1)) == "feature_withheld"
    assert (await listed(world, "token-trainee"))["mayUpload"] is False
    assert (await begin(world, "token-trainer", "x.txt", 1)).code == 201


async def test_a_name_that_is_taken_becomes_a_version_or_gets_a_number(world: World) -> None:
    host, trainee = await world.hosted()
    await open_uploads(host, trainee)
    amina, erik = world.hub.add("amina", Role.COHOST), "token-trainee"
    first = await upload(world, amina, "plan.txt", b"one")
    second = await upload(world, amina, "plan.txt", b"two!")
    assert (second["fileId"], second["version"]) == (first["fileId"], 2)
    theirs = await upload(world, erik, "plan.txt", b"mine")
    assert (theirs["name"], theirs["version"]) == ("plan (2).txt", 1)
    old = await download(world, erik, first["fileId"], "?version=1")
    assert old.body == b"one"
    answer = await world.ask("GET", f"api/rooms/{ROOM}/files/{first['fileId']}/versions", erik)
    assert [one["version"] for one in msgspec.json.decode(answer.body)["versions"]] == [2, 1]
    assert (await listed(world, erik))["usedBytes"] == 3 + 4 + 4


async def test_the_oldest_version_goes_when_there_are_too_many(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    view = {}
    for number in range(MAX_VERSIONS + 1):
        view = await upload(world, token, "log.txt", f"{number}".encode())
    assert view["version"] == MAX_VERSIONS + 1
    assert (await download(world, token, view["fileId"], "?version=1")).code == 404
    assert (await download(world, token, view["fileId"], "?version=2")).body == b"1"
    assert len(list((world.folder / "files").glob("*/*"))) == MAX_VERSIONS


async def test_a_file_is_renamed_moved_and_deleted_by_its_owner_and_the_trainers(world: World) -> None:
    owner, other = world.hub.add("amina", Role.COHOST), world.hub.add("erik", Role.PARTICIPANT)
    host = world.hub.add("claire", Role.HOST)
    view = await upload(world, owner, "a.txt", b"x")
    path = f"api/rooms/{ROOM}/files/{view['fileId']}"
    assert code_of(await world.ask("PATCH", path, other, body={"name": "b.txt"})) == "role_too_weak"
    moved = await world.ask("PATCH", path, host, body={"name": "b.txt", "folder": "Old"})
    assert (msgspec.json.decode(moved.body)["name"], msgspec.json.decode(moved.body)["folder"]) == (
        "b.txt",
        "Old",
    )
    assert code_of(await world.ask("PATCH", path, owner, body={"name": "b.pdf"})) == "file_name_invalid"
    await upload(world, host, "taken.txt", b"x", folder="Old")
    assert code_of(await world.ask("PATCH", path, owner, body={"name": "taken.txt"})) == "file_name_taken"
    assert code_of(await world.ask("DELETE", path, other)) == "role_too_weak"
    assert (await world.ask("DELETE", path, owner)).code == 204
    assert (await download(world, owner, view["fileId"])).code == 404
    assert len(list((world.folder / "files").glob("*/*"))) == 1


async def test_folders_are_the_trainers_and_go_only_empty(world: World) -> None:
    host, trainee = world.hub.add("claire", Role.HOST), world.hub.add("amina", Role.PARTICIPANT)
    folders = f"api/rooms/{ROOM}/folders"
    assert code_of(await world.ask("POST", folders, trainee, body={"path": "A"})) == "role_too_weak"
    assert (await world.ask("POST", folders, host, body={"path": "A/B"})).code == 204
    view = await upload(world, host, "x.txt", b"x", folder="A/B")
    assert code_of(await world.ask("DELETE", f"{folders}?path=A", host)) == "folder_not_empty"
    await world.ask("DELETE", f"api/rooms/{ROOM}/files/{view['fileId']}", host)
    assert (await world.ask("DELETE", f"{folders}?path=A", host)).code == 204
    assert (await listed(world, host))["folders"] == []


async def test_a_contract_stores_no_more_than_its_quota(tmp_path: Path) -> None:
    world = World(tmp_path, contract(ROOM, OTHER_ROOM))
    world.file_limits = FileLimits(100, 60, {ContractId("another"): 10})
    async with world:
        token = world.hub.add("claire", Role.HOST)
        neighbour = world.hub.add("zoe", Role.HOST, room=OTHER_ROOM)
        assert code_of(await begin(world, token, "x.bin", 61)) == "file_too_large"
        await upload(world, token, "x.bin", b"\0" * 60)
        refused = await begin(world, neighbour, "y.bin", 41, room=OTHER_ROOM)
        assert (refused.code, code_of(refused)) == (413, "storage_full") or refused.code == 507
        kept = await begin(world, neighbour, "y.bin", 40, room=OTHER_ROOM)
        assert kept.code == 201
        assert code_of(await begin(world, token, "z.bin", 1)) == "storage_full"
        await world.ask("DELETE", path_of(kept), neighbour)
        assert (await begin(world, token, "z.bin", 40)).code == 201


async def test_one_contract_may_have_another_quota(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.file_limits = FileLimits(100, 60, {ContractId("contract-acme"): 10})
    async with world:
        token = world.hub.add("claire", Role.HOST)
        assert code_of(await begin(world, token, "x.bin", 11)) == "storage_full"
        assert (await begin(world, token, "x.bin", 10)).code == 201


async def test_nobody_uploads_too_many_things_at_a_time(world: World) -> None:
    token = world.hub.add("amina", Role.COHOST)
    for number in range(MAX_UPLOADS_OF_PERSON):
        assert (await begin(world, token, f"{number}.txt", 1)).code == 201
    assert code_of(await begin(world, token, "more.txt", 1)) == "too_many_files"


async def test_an_upload_that_nobody_continued_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "UPLOAD_LIFE_S", 20)
    token = world.hub.add("amina", Role.COHOST)
    path = path_of(await begin(world, token, "x.bin", 10))
    world.timers.advance(21)
    world.files.sweep()
    await world.files.swept()
    assert (await world.ask("HEAD", path, token)).code == 404
    assert list((world.folder / "files").glob("*/*")) == []


@pytest.mark.clause("5.5")
async def test_a_contract_that_is_cut_shuts_its_files(world: World) -> None:
    token = world.hub.add("claire", Role.HOST)
    view = await upload(world, token, "x.txt", b"x")
    path = path_of(await begin(world, token, "y.txt", 1))
    world.entitlements.apply_changes(contract(blocks=blocked(BlockReason.ILLEGAL_CONTENT)))
    for answer in (
        await download(world, token, view["fileId"]),
        await world.ask("GET", f"api/rooms/{ROOM}/files", token),
        await send(world, token, path, b"y", 0),
        await begin(world, token, "z.txt", 1),
    ):
        assert code_of(answer) == "suspended_illegal_content"


@pytest.mark.clause("8.2")
async def test_a_destroyed_key_answers_that_the_content_is_gone(world: World) -> None:
    token = world.hub.add("claire", Role.HOST)
    view = await upload(world, token, "x.txt", b"x")
    assert world.keys.destroy(CustomerId("acme")) == 1
    answer = await download(world, token, view["fileId"])
    assert (answer.code, code_of(answer)) == (410, "file_destroyed")
    assert "Content-Disposition" not in answer.headers
    anew = await upload(world, token, "x.txt", b"anew")
    assert (await download(world, token, anew["fileId"])).body == b"anew"


async def test_a_request_without_the_pages_token_changes_nothing(world: World) -> None:
    token = world.hub.add("claire", Role.HOST)
    answer = await world.ask(
        "POST",
        f"api/rooms/{ROOM}/uploads",
        token,
        headers={"X-XSRFToken": "wrong", "Upload-Length": "1", "Upload-Metadata": "filename eA=="},
    )
    assert answer.code == 403


async def test_a_location_is_a_path_of_this_service(world: World) -> None:
    created = await begin(world, world.hub.add("claire", Role.HOST), "x.txt", 1)
    assert created.headers["Location"].startswith(f"{PREFIX}api/rooms/{ROOM}/uploads/")
    assert created.headers["Tus-Resumable"] == "1.0.0"
