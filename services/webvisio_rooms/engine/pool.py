"""Several media workers behind one port: small sessions whole on one of them, large ones on several.

Where people are is decided by `Placement`. Each worker of a session that is on
several is told which others have people of it (`place_group`), and finds its
way to them by the mesh. Each of them knows who speaks in the whole session;
the one that has had it longest is believed.

When a worker dies only the people who were on it lose their media, and they
are placed anew at once on workers that live; the dead one's place is taken by
another process meanwhile.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.placement import Placement
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    MediaEngine,
    MediaRefused,
    PeerLost,
    SpeakersChanged,
)

MOST_WORKERS = 16
PEERS_A_WORKER = 150
"""A usual person is sent some 550 packets a second (nine small pictures, the stage, two voices), a packet costs
about 6 us: half a core."""
LARGEST = frozenset({"cascade_lag_ms", "loop_lag_ms", "tcp_port", "segmentation", "estimated_bps_mean"})
"""Figures of which the largest counts; the others are added up."""
SMALLEST = frozenset({"estimated_bps_least"})


class LinkedEngine(MediaEngine, Protocol):
    """A worker of a pool."""

    def place_group(self, group_id: GroupId, places: tuple[int, ...]) -> None:
        """Say which other workers have people of a group."""
        ...


class WorkerPool:
    """See the module."""

    def __init__(
        self, workers: Sequence[LinkedEngine], peers_a_worker: int = 0, mesh: Mesh | None = None
    ) -> None:
        """`peers_a_worker`: see `Placement`; above 0 the workers must be linked by `mesh`, which is closed with
        the pool."""
        assert 1 <= len(workers) <= MOST_WORKERS
        self._workers = tuple(workers)
        self._mesh = mesh
        self._placement = Placement(peers_a_worker)
        self._told: dict[GroupId, tuple[int, ...]] = {}
        """Of groups that are on several workers: which, as these were last told."""
        self._speakers: dict[GroupId, dict[int, tuple[PeerId, ...]]] = {}
        """Who speaks in groups, by the worker that says so."""
        self._hear: Callable[[EngineEvent], None] = lambda event: None
        for place, worker in enumerate(self._workers):
            worker.listen(partial(self._take, place))

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
        if self._mesh is not None:
            self._mesh.close()

    async def open_peer(
        self,
        group_id: GroupId,
        peer_id: PeerId,
        offer: str,
        sources: Mapping[str, Source],
        *,
        fills_video_slots: bool = False,
        video_codecs: Sequence[str] = (),
    ) -> str:
        ready = [place for place, worker in enumerate(self._workers) if worker.is_ready]
        place = self._placement.choose(group_id, ready)
        if place is None:
            raise MediaRefused(RefusalCode.MEDIA_UNAVAILABLE)
        self._placement.enter(peer_id, group_id, place)
        try:
            answer = await self._workers[place].open_peer(
                group_id,
                peer_id,
                offer,
                sources,
                fills_video_slots=fills_video_slots,
                video_codecs=video_codecs,
            )
        except MediaRefused:
            self._forget(peer_id)
            raise
        self._tell_places(group_id, place)
        return answer

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

    def is_strained(self, group_id: GroupId) -> bool:
        return any(self._workers[place].is_strained(group_id) for place in self._placement.places(group_id))

    def close_peer(self, peer_id: PeerId) -> None:
        if worker := self._worker_of(peer_id):
            worker.close_peer(peer_id)
            self._forget(peer_id)

    def close_group(self, group_id: GroupId) -> None:
        for place in self._placement.places(group_id):
            self._workers[place].close_group(group_id)
        self._placement.close(group_id)
        self._tell_places(group_id)

    async def statistics(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for each in await self.statistics_by_worker():
            _add(figures, each)
        return figures

    async def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        found = await asyncio.gather(*(worker.statistics_by_group() for worker in self._workers))
        figures: dict[GroupId, dict[str, float]] = {}
        for each in found:
            for group_id, of_group in each.items():
                _add(figures.setdefault(group_id, {}), of_group)
        return figures

    async def statistics_by_worker(self) -> list[dict[str, float]]:
        found = await asyncio.gather(*(worker.statistics_by_worker() for worker in self._workers))
        return [figures for each in found for figures in each]

    # ---- placing ---------------------------------------------------------------------

    def _worker_of(self, peer_id: PeerId) -> LinkedEngine | None:
        place = self._placement.place_of(peer_id)
        return None if place is None else self._workers[place]

    def _forget(self, peer_id: PeerId) -> None:
        group_id = self._placement.leave(peer_id)
        if group_id is not None:
            self._tell_places(group_id)

    def _tell_places(self, group_id: GroupId, opened: int | None = None) -> None:
        """Tell the workers of a group of each other, where that changed.

        `opened` has just opened a peer: it may have begun the group anew, and is told in any case.
        """
        places = self._placement.places(group_id)
        before = self._told.get(group_id, ())
        self._hear_new_leader(group_id, before, places)
        if len(places) < 2:
            self._told.pop(group_id, None)
            if before and places:
                self._workers[places[0]].place_group(group_id, ())
            return
        self._told[group_id] = places
        for place in places:
            if place == opened or set(places) != set(before):
                self._workers[place].place_group(group_id, tuple(p for p in places if p != place))

    def _hear_new_leader(self, group_id: GroupId, before: tuple[int, ...], places: tuple[int, ...]) -> None:
        """Let whoever has the group longest now say who speaks, if that was another `before`."""
        said = self._speakers.get(group_id)
        if said is None:
            return
        for place in [place for place in said if place not in places]:
            del said[place]
        if not said:
            del self._speakers[group_id]
        if before and places and before[0] != places[0]:
            self._hear(SpeakersChanged(group_id, said.get(places[0], ())))

    # ---- hearing ---------------------------------------------------------------------

    def _take(self, place: int, event: EngineEvent) -> None:
        match event:
            case EngineLost():
                lost = self._placement.lose(place)
                for group_id in dict.fromkeys(lost.values()):
                    self._tell_places(group_id)
                self._hear(EngineLost(lost))
                if self.is_ready:
                    self._hear(EngineReady())  # the others take over
            case PeerLost(peer_id):
                self._hear(event)
                self._forget(peer_id)
            case SpeakersChanged(group_id, peer_ids):
                places = self._placement.places(group_id)
                if place not in places:
                    return
                said = self._speakers.setdefault(group_id, {})
                said[place] = peer_ids
                if place == places[0]:
                    self._hear(event)
            case _:
                self._hear(event)


def _add(figures: dict[str, float], more: Mapping[str, float]) -> None:
    """Add one worker's figures to those of others."""
    for name, value in more.items():
        before = figures.get(name)
        if before is None:
            figures[name] = value
        elif name in LARGEST:
            figures[name] = max(before, value)
        elif name in SMALLEST:
            # 0: nobody there whose line is estimated
            figures[name] = min(before, value) if before and value else before or value
        else:
            figures[name] = before + value
