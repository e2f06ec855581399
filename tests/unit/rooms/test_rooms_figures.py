"""Media figures by room, added up over workers, and what workers are told by configuration."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from traitlets import TraitError

from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.refusals import RefusalCode
from webvisio_rooms.application.room_figures import COUNTERS, MOST_ROOMS, RoomFigures
from webvisio_rooms.engine.fake import FakeEngine
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import EngineReady, MediaRefused
from webvisio_rooms.engine.worker import WorkerEngine, worker_command
from webvisio_rooms.service import RoomsService


def scraped(figures: RoomFigures) -> list[str]:
    registry = CollectorRegistry()
    registry.register(figures)
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_a_room_is_named_by_its_id_alone() -> None:
    figures = RoomFigures()
    figures.take({GroupId("physics.s1"): {"peers": 3.0, "packets_received": 70.0, "not_published": 1.0}})
    assert sorted(scraped(figures)) == [
        'webvisio_rooms_room_media_packets_received_total{room="physics"} 70.0',
        'webvisio_rooms_room_media_peers{room="physics"} 3.0',
    ]


def test_rooms_that_are_over_are_told_no_more_and_many_are_bounded() -> None:
    figures = RoomFigures()
    figures.take({GroupId(f"r{n}.s"): {"peers": float(n)} for n in range(MOST_ROOMS + 20)})
    told = scraped(figures)
    assert len(told) == MOST_ROOMS
    assert f'webvisio_rooms_room_media_peers{{room="r{MOST_ROOMS + 19}"}} {MOST_ROOMS + 19}.0' in told
    assert not any('room="r5"' in line for line in told)
    figures.take({})
    assert scraped(figures) == []
    assert COUNTERS.keys().isdisjoint({"peers"})


class Telling(FakeEngine):
    """A worker with figures of its own."""

    def __init__(self, figures: dict[GroupId, dict[str, float]]) -> None:
        super().__init__()
        self._figures = figures

    async def statistics_by_group(self) -> dict[GroupId, dict[str, float]]:
        return self._figures


async def test_a_room_on_two_workers_is_added_up() -> None:
    both, one = GroupId("r.1"), GroupId("r.2")
    pool = WorkerPool(
        [
            Telling({both: {"peers": 2, "packets_received": 9, "estimated_bps_least": 0}}),
            Telling(
                {both: {"peers": 1, "packets_received": 5, "estimated_bps_least": 300}, one: {"peers": 4}}
            ),
            Telling({both: {"peers": 1, "packets_received": 1, "estimated_bps_least": 200}}),
        ]
    )
    assert await pool.statistics_by_group() == {
        both: {"peers": 4, "packets_received": 15, "estimated_bps_least": 200},
        one: {"peers": 4},
    }


async def test_workers_are_told_limits_and_durations_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEBVISIO_MEDIA_LIMITS", "offer_bytes=10, peers=7")
    monkeypatch.setenv("WEBVISIO_MEDIA_TIMING", "certificate_s=3600")
    said = RoomsService().media_settings()
    assert said == [
        "--MediaWorker.limits=offer_bytes=10",
        "--MediaWorker.limits=peers=7",
        "--MediaWorker.timing=certificate_s=3600",
    ]
    engine = WorkerEngine(worker_command(0, ["127.0.0.1"]) + said)
    ready = asyncio.Event()
    engine.listen(lambda event: ready.set() if isinstance(event, EngineReady) else None)
    await engine.start()
    try:
        await ready.wait()
        with pytest.raises(MediaRefused) as refused:
            await engine.open_peer(GroupId("g"), PeerId("p"), "v=0 much too long", {})
        assert refused.value.code is RefusalCode.MEDIA_LIMIT
    finally:
        await engine.stop()


@pytest.mark.parametrize("said", ["peers", "peers=", "=5", "peers=1,,=2"])
def test_half_a_pair_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("WEBVISIO_MEDIA_LIMITS", said)
    with pytest.raises(TraitError, match="WEBVISIO_MEDIA_LIMITS"):
        RoomsService().media_settings()
