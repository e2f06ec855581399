"""One contract for every media engine: the fake, and the real one with its worker process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

from shared.patience import PATIENCE_S
from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.refusals import RefusalCode
from webvisio_protocol.signalling import Source
from webvisio_rooms.domain.negotiation import published_sources
from webvisio_rooms.engine.fake import FakeEngine
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import EngineEvent, EngineLost, EngineReady, MediaEngine, MediaRefused
from webvisio_rooms.engine.worker import WorkerEngine, worker_command

GROUP = GroupId("python.session")
ANA, BEN = PeerId("ana-1"), PeerId("ben-1")


class Heard:
    """Events of an engine, to be awaited."""

    def __init__(self, engine: MediaEngine) -> None:
        self.events: list[EngineEvent] = []
        self._arrived = asyncio.Event()
        engine.listen(self._hear)

    def _hear(self, event: EngineEvent) -> None:
        self.events.append(event)
        self._arrived.set()

    async def until(self, is_it: Callable[[EngineEvent], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not any(map(is_it, self.events)):
                self._arrived.clear()
                await self._arrived.wait()


@pytest.fixture(scope="module")
def offer() -> str:
    """An offer as a browser makes it: two lines that send, one that receives."""

    async def make() -> str:
        connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        connection.addTransceiver("audio", "sendonly")
        connection.addTransceiver("video", "sendonly")
        connection.addTransceiver("video", "recvonly")
        await connection.setLocalDescription(await connection.createOffer())
        sdp: str = connection.localDescription.sdp
        await connection.close()
        return sdp

    return asyncio.run(make())


@pytest.fixture(params=["fake", "worker", "pool"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[MediaEngine]:
    """Each engine, ready."""
    made: MediaEngine
    match request.param:
        case "fake":
            made = FakeEngine()
        case "worker":
            made = WorkerEngine(worker_command(0, ["127.0.0.1"]))
        case _:
            made = WorkerPool([WorkerEngine(worker_command(0, ["127.0.0.1"]))])
    heard = Heard(made)
    await made.start()
    await heard.until(lambda event: isinstance(event, EngineReady))
    yield made
    await made.stop()


def lose_worker(engine: MediaEngine) -> None:
    """Kill what does the work; another one follows."""
    if isinstance(engine, WorkerPool):
        lose_worker(engine._workers[0])
    elif isinstance(engine, WorkerEngine):
        assert engine.worker_pid is not None
        os.kill(engine.worker_pid, signal.SIGKILL)
    else:
        assert isinstance(engine, FakeEngine)
        engine.die()
        engine.revive()


async def open_peer(engine: MediaEngine, peer: PeerId, offer: str) -> str:
    return await engine.open_peer(GROUP, peer, offer, published_sources(offer))


async def test_an_offer_is_answered_with_sdp(engine: MediaEngine, offer: str) -> None:
    answer = await open_peer(engine, ANA, offer)

    assert answer.startswith("v=0")
    assert (await engine.statistics())["peers"] == 1
    assert {group: each["peers"] for group, each in (await engine.statistics_by_group()).items()} == {
        GROUP: 1
    }


async def test_an_offer_that_is_none_is_refused_and_the_engine_goes_on(
    engine: MediaEngine, offer: str
) -> None:
    with pytest.raises(MediaRefused) as refused:
        await open_peer(engine, ANA, "nonsense")

    assert refused.value.code is RefusalCode.OFFER_INVALID
    await open_peer(engine, BEN, offer)


async def test_a_line_that_sends_needs_a_source(engine: MediaEngine, offer: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        await engine.open_peer(GROUP, ANA, offer, {})

    assert refused.value.code is RefusalCode.OFFER_INVALID


async def test_offers_side_by_side_get_their_own_answers(engine: MediaEngine, offer: str) -> None:
    answers = await asyncio.gather(*(open_peer(engine, PeerId(f"p-{n}"), offer) for n in range(5)))

    assert all(answer.startswith("v=0") for answer in answers)
    assert (await engine.statistics())["peers"] == 5


async def test_a_closed_peer_is_gone(engine: MediaEngine, offer: str) -> None:
    await open_peer(engine, ANA, offer)
    await open_peer(engine, BEN, offer)

    engine.close_peer(ANA)

    assert (await engine.statistics())["peers"] == 1


async def test_a_peers_ice_restarts_with_other_credentials_each_time(engine: MediaEngine, offer: str) -> None:
    answer = await open_peer(engine, ANA, offer)

    first, second = await engine.restart_ice(ANA, "abcd"), await engine.restart_ice(ANA, "efgh")

    assert len({first, second}) == 2
    assert all(ufrag and password and ufrag not in answer for ufrag, password in (first, second))


async def test_ice_of_a_peer_that_is_gone_is_not_restarted(engine: MediaEngine, offer: str) -> None:
    await open_peer(engine, ANA, offer)
    engine.close_peer(ANA)

    with pytest.raises(MediaRefused):
        await engine.restart_ice(ANA, "abcd")


async def test_a_closed_group_is_gone_and_others_stay(engine: MediaEngine, offer: str) -> None:
    await open_peer(engine, ANA, offer)
    await open_peer(engine, BEN, offer)
    await engine.open_peer(GroupId("other"), PeerId("cleo-1"), offer, published_sources(offer))

    engine.close_group(GROUP)

    assert (await engine.statistics())["peers"] == 1


async def test_commands_for_what_is_gone_do_nothing(engine: MediaEngine, offer: str) -> None:
    engine.assign_slots(ANA, (SlotChoice("2", TrackId("nobody/camera"), 640, 360),))
    engine.set_forwarding(TrackId("nobody/camera"), False)
    engine.close_peer(ANA)
    engine.close_group(GROUP)

    assert (await open_peer(engine, ANA, offer)).startswith("v=0")


async def test_slots_may_be_assigned_and_freed(engine: MediaEngine, offer: str) -> None:
    await open_peer(engine, ANA, offer)
    await open_peer(engine, BEN, offer)

    engine.assign_slots(BEN, (SlotChoice("2", TrackId(f"{ANA}/{Source.CAMERA.value}"), 640, 360),))
    engine.assign_slots(BEN, (SlotChoice("2", None),))

    assert (await engine.statistics())["peers"] == 2


async def test_a_lost_worker_is_told_and_replaced(engine: MediaEngine, offer: str) -> None:
    await open_peer(engine, ANA, offer)
    heard = Heard(engine)

    lose_worker(engine)

    await heard.until(lambda event: isinstance(event, EngineReady))
    # a peer that never connected, or a loop that is late, may be told before
    assert isinstance(next(e for e in heard.events if isinstance(e, EngineLost | EngineReady)), EngineLost)
    assert engine.restarts == 1
    assert (await engine.statistics())["peers"] == 0
    await open_peer(engine, ANA, offer)


async def test_a_stopped_engine_takes_no_offers(engine: MediaEngine, offer: str) -> None:
    await engine.stop()

    assert not engine.is_ready
    with pytest.raises(MediaRefused) as refused:
        await open_peer(engine, ANA, offer)
    assert refused.value.code is RefusalCode.MEDIA_UNAVAILABLE


# ---- the real one only ---------------------------------------------------------------


def stand_in(folder: Path, code: str) -> list[str]:
    """A worker that misbehaves as `code` says; `control` is its socket."""
    path = folder / "worker.py"
    path.write_text(
        "import os, socket, sys, time\n"
        "control = socket.socket(fileno=int(sys.argv[sys.argv.index('--control') + 1]))\n"
        f"{code}\n"
    )
    return [sys.executable, str(path)]


READY = 'control.sendall(b\'{"type":"worker_ready","pid":1,"udp_port":9}\\n\')\n'


async def test_no_worker_outlives_the_engine(offer: str) -> None:
    engine = WorkerEngine(worker_command(0, ["127.0.0.1"]))
    heard = Heard(engine)
    await engine.start()
    await heard.until(lambda event: isinstance(event, EngineReady))
    pid = engine.worker_pid
    assert pid is not None

    await engine.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_exits_when_its_rooms_service_is_killed() -> None:
    script = (
        "import asyncio\n"
        "from webvisio_rooms.engine.worker import WorkerEngine, worker_command\n"
        "async def run():\n"
        "    engine = WorkerEngine(worker_command(0, ['127.0.0.1']))\n"
        "    ready = asyncio.Event()\n"
        "    engine.listen(lambda event: ready.set())\n"
        "    await engine.start()\n"
        "    await ready.wait()\n"
        "    print(engine.worker_pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(run())\n"
    )
    rooms = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert rooms.stdout is not None
    worker = os.pidfd_open(int(await asyncio.wait_for(rooms.stdout.readline(), PATIENCE_S)))
    ended = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(worker, lambda: ended.done() or ended.set_result(None))

    rooms.kill()

    await asyncio.wait_for(ended, PATIENCE_S)
    asyncio.get_running_loop().remove_reader(worker)
    os.close(worker)
    await rooms.wait()


async def test_a_worker_that_talks_nonsense_is_replaced(tmp_path: Path) -> None:
    engine = WorkerEngine(stand_in(tmp_path, READY + "control.sendall(b'nonsense\\n')\ntime.sleep(60)"))
    heard = Heard(engine)

    await engine.start()

    await heard.until(lambda event: isinstance(event, EngineLost))
    await engine.stop()


async def test_an_offer_under_way_fails_when_the_worker_dies(tmp_path: Path) -> None:
    engine = WorkerEngine(stand_in(tmp_path, READY + "control.recv(10)\nos._exit(1)"))
    heard = Heard(engine)
    await engine.start()
    await heard.until(lambda event: isinstance(event, EngineReady))

    with pytest.raises(MediaRefused) as refused:
        await open_peer(engine, ANA, "v=0\r\n")

    assert refused.value.code is RefusalCode.MEDIA_UNAVAILABLE
    await engine.stop()


async def test_an_engine_that_is_stopped_while_its_worker_dies_starts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_ending = asyncio.Event()

    async def end(process: asyncio.subprocess.Process, grace_s: float) -> None:
        is_ending.set()
        with suppress(asyncio.CancelledError):  # as `wait_for` does when what it waits for is done meanwhile
            await asyncio.Event().wait()

    monkeypatch.setattr("webvisio_rooms.engine.worker._end", end)
    engine = WorkerEngine(stand_in(tmp_path, READY + "os._exit(1)"))
    await engine.start()
    await asyncio.wait_for(is_ending.wait(), PATIENCE_S)

    await asyncio.wait_for(engine.stop(), PATIENCE_S)

    assert engine.restarts == 0


async def test_a_worker_that_never_comes_up_is_tried_again_with_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 8:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("webvisio_rooms.engine.worker.asyncio.sleep", sleep)
    engine = WorkerEngine([sys.executable, "-S", "-c", "pass"])

    await engine.start()
    await asyncio.wait_for(enough.wait(), PATIENCE_S)

    assert slept == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    with suppress(asyncio.CancelledError):
        await engine.stop()
