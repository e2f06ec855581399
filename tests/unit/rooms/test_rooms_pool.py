"""Several media workers: where people are placed, and what the loss of one costs the others."""

import pytest

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_rooms.engine.fake import FakeEngine
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import (
    EngineEvent,
    EngineLost,
    EngineReady,
    MediaRefused,
    PeerLost,
    SpeakersChanged,
)

OFFER = "v=0\r\n"
A, B, C = GroupId("a.1"), GroupId("b.1"), GroupId("c.1")


class Pool:
    """A pool of fakes that is heard."""

    def __init__(self, size: int = 2, peers_a_worker: int = 0) -> None:
        self.workers = [FakeEngine() for _ in range(size)]
        self.pool = WorkerPool(self.workers, peers_a_worker)
        self.heard: list[EngineEvent] = []
        self.pool.listen(self.heard.append)

    async def enter(self, group: GroupId, name: str) -> int:
        """Open a peer; returns the place of the worker that has it."""
        await self.pool.open_peer(group, PeerId(name), OFFER, {})
        return next(n for n, worker in enumerate(self.workers) if PeerId(name) in worker.peers)


@pytest.fixture
async def pool() -> Pool:
    made = Pool()
    await made.pool.start()
    made.heard.clear()
    return made


@pytest.fixture
async def wide() -> Pool:
    """Three workers, of which each takes two peers before the next one is taken."""
    made = Pool(3, peers_a_worker=2)
    await made.pool.start()
    made.heard.clear()
    return made


async def test_a_session_is_on_one_worker_and_the_next_where_fewest_are(pool: Pool) -> None:
    first = [await pool.enter(A, f"a{n}") for n in range(3)]
    second = [await pool.enter(B, f"b{n}") for n in range(2)]
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]
    assert await pool.enter(C, "c0") == second[0]


async def test_a_session_that_emptied_is_placed_anew(pool: Pool) -> None:
    place = await pool.enter(A, "a0")
    pool.pool.close_peer(PeerId("a0"))
    await pool.enter(B, "b0")
    assert await pool.enter(A, "a1") != place


async def test_commands_reach_the_worker_of_their_peer_and_strangers_none(pool: Pool) -> None:
    place = await pool.enter(A, "a0")
    pool.pool.set_forwarding(TrackId("a0/camera"), False)
    pool.pool.set_forwarding(TrackId("nobody/camera"), False)
    assert pool.workers[place].stopped_tracks == {TrackId("a0/camera")}
    assert not pool.workers[1 - place].stopped_tracks


async def test_the_loss_of_a_worker_is_told_of_its_sessions_alone_and_the_others_take_over(
    pool: Pool,
) -> None:
    place = await pool.enter(A, "a0")
    other = await pool.enter(B, "b0")
    pool.workers[place].die()
    assert pool.heard[-2:] == [EngineLost({PeerId("a0"): A}), EngineReady()]
    assert await pool.enter(A, "a1") == other
    assert PeerId("b0") in pool.workers[other].peers
    assert pool.pool.is_ready and pool.pool.restarts == 1


async def test_without_any_worker_an_offer_is_refused(pool: Pool) -> None:
    for worker in pool.workers:
        worker.die()
    assert not pool.pool.is_ready
    assert isinstance(pool.heard[-1], EngineLost)
    with pytest.raises(MediaRefused):
        await pool.enter(A, "a0")


async def test_a_group_is_closed_whole_and_forgotten(pool: Pool) -> None:
    place = await pool.enter(A, "a0")
    pool.pool.close_group(A)
    assert not pool.workers[place].peers
    assert await pool.enter(A, "a1") == place
    assert not pool.pool._speakers and not pool.pool._told


async def test_figures_are_added_up_and_kept_apart(pool: Pool) -> None:
    await pool.enter(A, "a0")
    await pool.enter(B, "b0")
    assert (await pool.pool.statistics())["peers"] == 2
    assert [each["peers"] for each in await pool.pool.statistics_by_worker()] == [1, 1]


async def test_a_session_that_fills_a_worker_goes_on_at_the_emptiest(wide: Pool) -> None:
    assert [await wide.enter(A, f"a{n}") for n in range(2)] == [0, 0]
    assert await wide.enter(B, "b0") == 1
    assert [await wide.enter(A, f"a{n}") for n in range(2, 4)] == [2, 2]
    assert await wide.enter(A, "a4") == 1
    assert [worker.placed[A] for worker in wide.workers] == [(2, 1), (0, 2), (0, 1)]
    assert all(B not in worker.placed for worker in wide.workers)


async def test_workers_are_told_again_when_one_has_nobody_of_the_session_any_more(wide: Pool) -> None:
    for n in range(3):
        await wide.enter(A, f"a{n}")
    assert [wide.workers[place].placed[A] for place in (0, 1)] == [(1,), (0,)]
    wide.pool.close_peer(PeerId("a2"))
    assert wide.workers[0].placed[A] == ()
    assert await wide.enter(A, "a3") == 1
    wide.workers[1].lose_peer(PeerId("a3"))
    assert wide.heard[-1] == PeerLost(PeerId("a3"))
    assert wide.workers[0].placed[A] == ()


async def test_who_opens_a_peer_is_told_of_the_others_each_time(wide: Pool) -> None:
    for n in range(3):
        await wide.enter(A, f"a{n}")
    wide.workers[1].placed.clear()
    assert await wide.enter(A, "a3") == 1
    assert wide.workers[1].placed == {A: (0,)}


async def test_the_loss_of_a_worker_costs_only_its_own_people(wide: Pool) -> None:
    for n in range(3):
        await wide.enter(A, f"a{n}")
    wide.workers[0].die()
    assert wide.heard[-2:] == [EngineLost({PeerId("a0"): A, PeerId("a1"): A}), EngineReady()]
    assert wide.workers[1].placed[A] == ()
    assert PeerId("a2") in wide.workers[1].peers
    assert await wide.enter(A, "a0-again") == 1
    wide.workers[0].revive()
    assert await wide.enter(A, "a1-again") in (0, 2)


async def test_of_several_workers_one_says_who_speaks_and_another_after_it(wide: Pool) -> None:
    for n in range(3):
        await wide.enter(A, f"a{n}")
    anna, clara = PeerId("a0"), PeerId("a2")
    wide.workers[1].speak(A, clara, anna)
    assert SpeakersChanged(A, (clara, anna)) not in wide.heard
    wide.workers[0].speak(A, anna, clara)
    assert wide.heard[-1] == SpeakersChanged(A, (anna, clara))
    for peer in ("a0", "a1"):
        wide.pool.close_peer(PeerId(peer))
    assert wide.heard[-1] == SpeakersChanged(A, (clara, anna))
    wide.workers[1].speak(A, clara)
    assert wide.heard[-1] == SpeakersChanged(A, (clara,))
    wide.workers[0].speak(A, anna)
    assert wide.heard[-1] == SpeakersChanged(A, (clara,))


async def test_closing_a_session_closes_it_on_every_worker(wide: Pool) -> None:
    for n in range(5):
        await wide.enter(A, f"a{n}")
    wide.pool.close_group(A)
    assert not any(worker.peers for worker in wide.workers)
    assert await wide.enter(A, "a9") == 0
    assert not wide.pool._told
