"""The worker process: control socket, signals, WHIP and WHEP, privacy of its log."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aioice.ice
import pytest
from media_loopback import RawPeer, vp8
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from shared.patience import PATIENCE_S


class Control:
    """The rooms service's end."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self._reader = reader
        self.writer = writer

    def say(self, **command: Any) -> None:
        self.writer.write(json.dumps(command).encode() + b"\n")

    async def until(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while line := await self._reader.readline():
                event: dict[str, Any] = json.loads(line)
                if event["type"] == kind:
                    return event
        raise AssertionError(f"the worker ended without {kind}")


@asynccontextmanager
async def controlled(*arguments: str) -> AsyncIterator[Control]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webvisio_media", "--udp-port", "0"),
            *("--control", str(theirs.fileno()), *arguments),
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
        )
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    try:
        yield Control(process, reader, writer)
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


async def test_a_room_is_carried_over_the_control_socket(loopback: None) -> None:
    async with controlled() as control:
        ready = await control.until("worker_ready")
        assert ready["pid"] == control.process.pid
        assert ready["udp_port"] > 0
        anna, bruno = RawPeer("anna", ["camera"]), RawPeer("bruno", video_slots=1)
        for number, peer in enumerate((anna, bruno)):
            control.say(
                type="open_peer",
                request_id=number,
                group_id="g",
                peer_id=peer.peer_id,
                offer=await peer.offer(),
                sources=peer.sources,
            )
            await peer.accept((await control.until("answered"))["sdp"])
            assert (await control.until("peer_connected"))["peer_id"] == peer.peer_id
            await peer.reached("connected")
        control.say(
            type="assign_slots", peer_id="bruno", choices=[{"mid": bruno.mids[0], "track_id": "anna/camera"}]
        )
        control.say(type="get_statistics", request_id=9)
        assert (await control.until("answered"))["statistics"]["peers"] == 2
        await anna.send("camera", 1, 0, vp8(b"hello", is_key=True))
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        assert packet.payload.endswith(b"hello")
        control.say(type="close_group", group_id="g")
        await bruno.reached("closed")
        control.say(type="get_statistics", request_id=10)
        assert (await control.until("answered"))["statistics"]["peers"] == 0
        await asyncio.gather(anna.close(), bruno.close())


async def test_a_bad_offer_and_a_full_worker_fail_with_codes() -> None:
    async with controlled("--MediaWorker.limits", "offer_bytes=1000") as control:
        await control.until("worker_ready")
        control.writer.write(b"not json\n")
        control.say(type="open_peer", request_id=1, group_id="g", peer_id="p", offer="v=0", sources={})
        failed = await control.until("command_failed")
        assert (failed["request_id"], failed["code"], failed["detail"]) == (1, "offer_invalid", "no media")
        control.say(type="open_peer", request_id=2, group_id="g", peer_id="p", offer="v" * 1001, sources={})
        assert (await control.until("command_failed"))["code"] == "media_limit"
        control.say(type="get_statistics", request_id=3)
        counted = (await control.until("answered"))["statistics"]
        assert (counted["control_malformed"], counted["limit_offer_bytes"]) == (1, 1)


async def test_the_worker_ends_with_its_control_connection() -> None:
    async with controlled() as control:
        await control.until("worker_ready")
        control.writer.close()
        async with asyncio.timeout(PATIENCE_S):
            assert await control.process.wait() == 0


async def test_rubbish_from_the_network_leaves_no_line_in_the_log() -> None:
    async with controlled() as control:
        port = (await control.until("worker_ready"))["udp_port"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"\xffrubbish", ("127.0.0.1", port))
        counted = 0.0
        while not counted:
            control.say(type="get_statistics", request_id=1)
            counted = (await control.until("answered"))["statistics"].get("malformed", 0.0)
        control.writer.close()
        assert control.process.stderr is not None
        assert await control.process.stderr.read() == b""


async def test_sigterm_ends_the_worker_and_says_goodbye(loopback: None) -> None:
    async with controlled() as control:
        await control.until("worker_ready")
        peer = RawPeer("anna", ["camera"])
        control.say(
            type="open_peer",
            request_id=1,
            group_id="g",
            peer_id="anna",
            offer=await peer.offer(),
            sources=peer.sources,
        )
        await peer.accept((await control.until("answered"))["sdp"])
        await peer.reached("connected")
        control.process.send_signal(signal.SIGTERM)
        await peer.reached("closed")
        async with asyncio.timeout(PATIENCE_S):
            assert await control.process.wait() == 0
        await peer.close()


async def test_nothing_of_a_person_is_logged(loopback: None) -> None:
    async with controlled("--log-level", "DEBUG") as control:
        await control.until("worker_ready")
        peer = RawPeer("anna-the-trainee", ["camera"])
        offer = await peer.offer()
        control.say(
            type="open_peer",
            request_id=1,
            group_id="g",
            peer_id=peer.peer_id,
            offer=offer,
            sources=peer.sources,
        )
        await peer.accept((await control.until("answered"))["sdp"])
        await peer.reached("connected")
        await peer.send_raw(b"\x80\x60" + bytes(30))
        control.say(
            type="open_peer", request_id=2, group_id="g", peer_id="x", offer="v=0\nsecret", sources={}
        )
        await control.until("command_failed")
        await peer.close()
        control.process.send_signal(signal.SIGTERM)
        assert control.process.stderr is not None
        text = (await control.process.stderr.read()).decode()
        for secret in ("anna-the-trainee", "127.0.0.1", "ice-pwd", "secret", *peer.credentials()):
            assert secret not in text


@asynccontextmanager
async def standalone() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "webvisio_media", "--udp-port", "0", "--http-port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield (await process.stdout.readline()).decode().split("/whip")[0]
    finally:
        process.terminate()
        assert await process.wait() == 0


async def ask(url: str, method: str = "POST", body: str | None = None, **headers: str) -> HTTPResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await AsyncHTTPClient().fetch(
        url, method=method, body=body, headers=names, raise_error=False, allow_nonstandard_methods=True
    )


async def test_whip_answers_as_the_standard_says(loopback: None) -> None:
    async with standalone() as url:
        peer = RawPeer("tool", ["camera"])
        opened = await ask(f"{url}/whip", body=await peer.offer(), Content_Type="application/sdp")
        assert (opened.code, opened.headers["Content-Type"]) == (201, "application/sdp")
        resource = url + opened.headers["Location"]
        etag = opened.headers["ETag"]
        await peer.accept(opened.body.decode())
        await peer.reached("connected")
        trickle = {"Content_Type": "application/trickle-ice-sdpfrag", "If_Match": etag}
        assert (await ask(resource, "PATCH", "a=ice-ufrag:abcd\r\n", **trickle)).code == 422
        assert (
            await ask(resource, "PATCH", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", **trickle)
        ).code == 204
        trickle["If_Match"] = '"another"'
        assert (await ask(resource, "PATCH", "", **trickle)).code == 412
        assert (await ask(resource, "PATCH", "", Content_Type="text/plain")).code == 415
        metrics = (await ask(f"{url}/metrics", "GET")).body.decode()
        assert "webvisio_media_peers 1\n" in metrics
        assert (await ask(resource, "DELETE")).code == 200
        await peer.reached("closed")
        gone = await ask(resource, "DELETE")
        assert (gone.code, gone.headers["Content-Type"]) == (404, "application/problem+json")
        options = await ask(f"{url}/whip", "OPTIONS")
        assert (options.code, options.headers["Accept-Post"]) == (204, "application/sdp")
        await peer.close()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("v=0", "application/sdp", 400, "offer_invalid"),
        ("v=0", "text/plain", 415, None),
        ("v" * 150_000, "application/sdp", 413, "message_too_large"),
    ],
)
async def test_whip_refuses_with_problem_details(
    body: str, content_type: str, status: int, code: str | None
) -> None:
    async with standalone() as url:
        refused = await ask(f"{url}/whip", body=body, Content_Type=content_type, Accept_Language="en")
        problem = json.loads(refused.body)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert (refused.code, problem["status"], problem.get("code")) == (status, status, code)
