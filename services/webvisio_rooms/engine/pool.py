"""Several media workers behind one port: a session's people are together on one of them.

A session is placed where the fewest peers are when its first peer comes, and
stays there while it has any. When a worker dies only its sessions lose their
media, and they are placed anew at once on a worker that lives; the dead one's
place is taken by another process meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    MediaEngine,
    MediaRefused,
    PeerLost,
)

MOST_WORKERS = 16
LARGEST = frozenset({"loop_lag_ms", "tcp_port", "segmentation", "estimated_bps_mean"})
"""Figures of which the largest counts; the others are added up."""
SMALLEST = frozenset({"estimated_bps_least"})


class WorkerPool:
    """See the module."""

    def __init__(self, workers: Sequence[MediaEngine]) -> None:
        assert 1 <= len(workers) <= MOST_WORKERS
        self._workers = tuple(workers)
        self._placed: dict[GroupId, MediaEngine] = {}
        self._peers: dict[PeerId, GroupId] = {}
        self._hear: Callable[[EngineEvent], None] = lambda event: None
        for worker in self._workers:
            worker.listen(partial(self._take, worker))

    @property
    def is_ready(self) -> bool:
        return any(worker.is_ready for worker in self._workers)

    @property
    def restarts(self) -> int:
        return sum(worker.restarts for worker in self._workers)

    def listen(self, hear: Callable[[EngineEvent], None]) -> None:
        self._hear = hear

    async def start(self) -> None:
        for worker in self._workers:
            await worker.start()

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def open_peer(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer: str,
        sources: Mapping[str, Source],
        *,
        fills_video_slots: bool = False,
    ) -> str:
        worker = self._place(group_id)
        self._peers[peer_id] = group_id
        try:
            return await worker.open_peer(
                group_id, peer_id, offer, sources, fills_video_slots=fills_video_slots
            )
        except MediaRefused:
            self._forget(peer_id)
            raise

    async def restart_ice(self, peer_id: PeerId, ufrag: str) -> tuple[str, str]:
        worker = self._worker_of(peer_id)
        if worker is None:
            raise MediaRefused(RefusalCode.NOT_FOUND)
        return await worker.restart_ice(peer_id, ufrag)

    def assign_slots(self, peer_id: PeerId, choices: tuple[SlotChoice, ...]) -> None:
        if worker := self._worker_of(peer_id):
            worker.assign_slots(peer_id, choices)

    def set_forwarding(self, track_id: TrackId, is_forwarded: bool) -> None:
        if worker := self._worker_of(PeerId(track_id.rpartition("/")[0])):
            worker.set_forwarding(track_id, is_forwarded)

    def close_peer(self, peer_id: PeerId) -> None:
        if worker := self._worker_of(peer_id):
            worker.close_peer(peer_id)
            self._forget(peer_id)

    def close_group(self, group_id: GroupId) -> None:
        worker = self._placed.pop(group_id, None)
        if worker is not None:
            worker.close_group(group_id)
        self._peers = {peer: group for peer, group in self._peers.items() if group != group_id}

    async def statistics(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for each in await self.statistics_by_worker():
            for name, value in each.items():
                before = figures.get(name)
                if before is None:
                    figures[name] = value
                elif name in LARGEST:
                    figures[name] = max(before, value)
                else:
                    figures[name] = min(before, value) if name in SMALLEST else before + value
        return figures

    async def statistics_by_worker(self) -> list[dict[str, float]]:
        found = await asyncio.gather(*(worker.statistics_by_worker() for worker in self._workers))
        return [figures for each in found for figures in each]

    # ---- placing ---------------------------------------------------------------------

    def _place(self, group_id: GroupId) -> MediaEngine:
        placed = self._placed.get(group_id)
        if placed is not None and placed.is_ready:
            return placed
        ready = [worker for worker in self._workers if worker.is_ready]
        if not ready:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE)
        load = Counter(id(self._placed[group]) for group in self._peers.values() if group in self._placed)
        worker = self._placed[group_id] = min(ready, key=lambda each: load[id(each)])
        return worker

    def _worker_of(self, peer_id: PeerId) -> MediaEngine | None:
        group_id = self._peers.get(peer_id)
        return None if group_id is None else self._placed.get(group_id)

    def _forget(self, peer_id: PeerId) -> None:
        group_id = self._peers.pop(peer_id, None)
        if group_id is not None and group_id not in self._peers.values():
            self._placed.pop(group_id, None)

    def _take(self, worker: MediaEngine, event: EngineEvent) -> None:
        match event:
            case EngineLost():
                groups = frozenset(group for group, placed in self._placed.items() if placed is worker)
                for group_id in groups:
                    del self._placed[group_id]
                self._peers = {peer: group for peer, group in self._peers.items() if group not in groups}
                self._hear(EngineLost(groups))
                if self.is_ready:
                    self._hear(EngineReady())  # the others take over
            case PeerLost(peer_id):
                self._hear(event)
                self._forget(peer_id)
            case _:
                self._hear(event)
