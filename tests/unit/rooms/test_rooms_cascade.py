"""Two real workers, linked, behind the pool: a session on both, and the death of one."""

import asyncio
import os
import signal
from collections.abc import Callable

import aioice.ice
import pytest

from shared.patience import PATIENCE_S
from unit.media.media_loopback import GROUP, RawPeer, vp8
from webvisio_protocol.identifiers import TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import EngineEvent, EngineLost, EngineReady
from webvisio_rooms.engine.worker import WorkerEngine, worker_command


class Linked:
    """A pool of two workers, one peer each, that is heard."""

    def __init__(self) -> None:
        mesh = Mesh(2)
        self.workers = [WorkerEngine(worker_command(0, ["127.0.0.1"]), mesh.ends(place)) for place in (0, 1)]
        self.pool = WorkerPool(self.workers, 1, mesh)
        self.heard: list[EngineEvent] = []
        self._arrived = asyncio.Event()
        self.pool.listen(self._hear)

    def _hear(self, event: EngineEvent) -> None:
        self.heard.append(event)
        self._arrived.set()

    async def until(self, holds: Callable[[list[EngineEvent]], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds(self.heard):
                self._arrived.clear()
                await self._arrived.wait()

    async def connect(self, peer: RawPeer) -> RawPeer:
        offer = await peer.offer()
        await peer.accept(await self.pool.open_peer(GROUP, peer.peer_id, offer, peer.sources))
        await peer.reached("connected")
        return peer

    def show(self, peer: RawPeer, track: str) -> None:
        self.pool.assign_slots(peer.peer_id, (SlotChoice(peer.mids[0], TrackId(track), 640, 360),))


async def is_seen(publisher: RawPeer, viewer: RawPeer, text: bytes) -> None:
    """Let a camera send key frames until somebody has one."""
    number = 0
    async with asyncio.timeout(PATIENCE_S):
        while not any(packet.payload.endswith(text) for packet in viewer.rtp.all):
            number += 1
            await publisher.send("camera", number, 3000 * number, vp8(text, is_key=True, picture_id=number))
            await asyncio.sleep(0.03)


async def test_a_session_is_on_two_workers_and_outlives_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    linked = Linked()
    peers: list[RawPeer] = []

    def someone(name: str, *sends: str) -> RawPeer:
        peers.append(RawPeer(name, sends, video_slots=1))
        return peers[-1]

    await linked.pool.start()
    try:
        await linked.until(lambda heard: sum(isinstance(event, EngineReady) for event in heard) == 2)
        anna = await linked.connect(someone("anna", "camera"))
        bruno = await linked.connect(someone("bruno", "camera"))
        assert [each["peers"] for each in await linked.pool.statistics_by_worker()] == [1, 1]
        linked.show(bruno, "anna/camera")
        await is_seen(anna, bruno, b"anna")

        pid = linked.workers[0].worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await linked.until(lambda heard: EngineLost({anna.peer_id: GROUP}) in heard)

        again = await linked.connect(someone("anna-2", "camera"))
        linked.show(bruno, "anna-2/camera")
        await is_seen(again, bruno, b"back")
        packets = bruno.rtp.all
        numbers = [(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets]
        assert numbers == list(range(len(packets)))

        await linked.until(lambda heard: sum(isinstance(event, EngineReady) for event in heard) >= 4)
        clara = await linked.connect(someone("clara"))
        linked.show(clara, "bruno/camera")
        await is_seen(bruno, clara, b"bruno")
        figures = await linked.pool.statistics()
        assert figures["cascade_packets_sent"] > 0
        assert not figures.get("internal_errors")
    finally:
        await asyncio.gather(*(peer.close() for peer in peers))
        await linked.pool.stop()
