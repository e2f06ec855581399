"""Several media workers: where sessions are placed, and what the loss of one costs the others."""

import pytest

from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_rooms.engine.fake import FakeEngine
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import EngineEvent, EngineLost, EngineReady, MediaRefused

OFFER = "v=0\r\n"
A, B, C = GroupId("a.1"), GroupId("b.1"), GroupId("c.1")


class Pool:
    """A pool of fakes that is heard."""

    def __init__(self, size: int = 2) -> None:
        self.workers = [FakeEngine() for _ in range(size)]
        self.pool = WorkerPool(self.workers)
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
    assert pool.heard[-2:] == [EngineLost(frozenset({A})), EngineReady()]
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
    assert not pool.pool._peers and not pool.pool._placed


async def test_figures_are_added_up_and_kept_apart(pool: Pool) -> None:
    await pool.enter(A, "a0")
    await pool.enter(B, "b0")
    assert (await pool.pool.statistics())["peers"] == 2
    assert [each["peers"] for each in await pool.pool.statistics_by_worker()] == [1, 1]
