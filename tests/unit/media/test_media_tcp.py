"""ICE-TCP: framing in any pieces, strangers, limits, and a peer that loses its connection."""

import asyncio

import pytest
from aioice import stun

from shared.patience import PATIENCE_S
from unit.media.media_loopback import GROUP, Loop, RawPeer, running
from webvisio_media.engine.limits import Limits, Timing


def _ask(loop: Loop, peer: RawPeer) -> bytes:
    ufrag, password = peer.credentials()
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:them"
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    data = bytes(message)
    return len(data).to_bytes(2, "big") + data


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(2), "big")
    return await reader.readexactly(size)


async def _open(loop: Loop) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", loop.engine.port)


async def _expected(loop: Loop) -> RawPeer:
    """Open a peer of which only the answer is used."""
    peer = RawPeer("anna", sends=["microphone"])
    loop.peers.append(peer)
    peer.answer = loop.engine.open_peer(GROUP, peer.peer_id, await peer.offer(), peer.sources)
    return peer


async def test_the_answer_tells_of_it() -> None:
    async with running() as loop:
        peer = await _expected(loop)
        assert f" 127.0.0.1 {loop.engine.port} typ host tcptype passive" in peer.answer


@pytest.mark.parametrize("piece", [1, 7, 1000])
async def test_a_request_in_any_pieces_is_answered(piece: int) -> None:
    async with running() as loop:
        peer = await _expected(loop)
        reader, writer = await _open(loop)
        data = _ask(loop, peer) * 3
        for at in range(0, len(data), piece):
            writer.write(data[at : at + piece])
            await writer.drain()
        for _ in range(3):
            response = stun.parse_message(await _frame(reader))
            host, port = writer.get_extra_info("sockname")[:2]
            assert response.attributes["XOR-MAPPED-ADDRESS"] == (host, port)
        writer.close()


async def test_a_frame_that_is_too_large_ends_the_connection() -> None:
    async with running() as loop:
        reader, writer = await _open(loop)
        writer.write(b"\xff\xff" + bytes(100))
        assert await reader.read() == b""
        writer.close()


async def test_rubbish_is_counted_and_harms_nobody() -> None:
    async with running() as loop:
        peer = await _expected(loop)
        reader, writer = await _open(loop)
        writer.write(b"\x00\x00" + b"\x00\x05hello" + b"\x00\x10" + bytes([128]) * 16 + _ask(loop, peer))
        await _frame(reader)
        assert loop.engine.counts["malformed"] == 2
        assert loop.engine.counts["media_from_strangers"] == 1
        writer.close()


async def test_whoever_proves_nothing_in_time_is_closed() -> None:
    async with running(timing=Timing(connect_s=0.05, report_s=0.05, feedback_s=0.01)) as loop:
        reader, writer = await _open(loop)
        assert await reader.read() == b""
        assert loop.engine.counts["tcp_strangers_closed"] == 1
        writer.close()


async def test_connections_above_the_limit_are_refused() -> None:
    async with running(limits=Limits(tcp_connections=1)) as loop:
        _, first = await _open(loop)
        reader, second = await _open(loop)
        assert await reader.read() == b""
        assert loop.engine.counts["tcp_refused"] == 1
        first.close()
        second.close()


async def test_a_connection_that_ends_leaves_its_peer_to_come_by_another() -> None:
    async with running() as loop:
        peer = await _expected(loop)
        for _ in range(2):
            reader, writer = await _open(loop)
            writer.write(_ask(loop, peer))
            await _frame(reader)
            assert loop.engine.statistics()["tcp_connections"] == 1
            writer.close()
            await writer.wait_closed()
            async with asyncio.timeout(PATIENCE_S):
                while loop.engine.statistics()["tcp_connections"]:  # noqa: ASYNC110 - the engine tells nobody
                    await asyncio.sleep(0)
        assert loop.engine.has_peer(peer.peer_id)
