"""Churns media workers behind rooms' pool and looks whether anything grows, there or in the workers.

    python benchmarks/media_soak.py [--seconds 3600] [--rooms 4]

This process holds the pool as the rooms service does; `soak_peers.py` is the
load, started anew each round: joins, leaves, screen shares, address changes,
ICE restarts, strangers. Few people fill a worker here, so that each room is on
several, linked with each other. In every third round a worker is killed (SIGKILL),
never the first one, so that one lives all the time. After each round, when
everybody is gone, memory, descriptors, threads and asyncio tasks are read of
this process and of every worker. Writes benchmarks/results/media_soak.json
when it lasted twenty minutes or more. Ends with 1 when memory (median of the last
quarter of rounds, by that of the second fifth) grew by more than
`MOST_GROWTH`, when anything else is not back where it was, when a room did
not come back after a kill, when nothing crossed between workers, or when
anything failed inside.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import resource
import signal
import socket
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from webvisio_media.engine.statistics import GAUGES
from webvisio_protocol.identifiers import GroupId, PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice
from webvisio_protocol.signalling import Source
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.pool import WorkerPool
from webvisio_rooms.engine.port import EngineEvent, EngineLost, MediaRefused, SlotsPaused
from webvisio_rooms.engine.worker import WorkerEngine, worker_command

RESULTS = Path(__file__).parent / "results" / "media_soak.json"
KEPT_S = 1200.0
"""A soak that lasted so long is kept."""
WORKERS = 3
PEERS_A_WORKER = 2
KILL_EVERY = 3
MOST_GROWTH = 1.05
LOAD_PATIENCE_S = 360.0
"""A load that goes on for so much longer than its round hangs: it is ended, and the soak has failed."""
NOTICED_S = 60.0
"""After so long everybody who left, however they left, is noticed."""
UP_AGAIN_S = 180.0
"""After so long a worker that was killed is replaced, however busy the machine is."""
BACK_TO_NOTHING = (
    "peers",
    "groups",
    "tcp_connections",
    "slots_active",
    "history_octets",
    "internal_errors",
    "cascade_remote_peers",
    "cascade_waiting_octets",
)


class Look(NamedTuple):
    """What a process has when nobody is there."""

    memory_kb: float
    descriptors: int
    threads: int
    tasks: int

    @staticmethod
    def at(process: psutil.Process, tasks: int) -> "Look":
        """Look at a process."""
        memory_kb = process.memory_full_info().uss / 1000
        return Look(memory_kb, process.num_fds(), process.num_threads(), tasks)

    def __str__(self) -> str:
        return f"{self.memory_kb:.0f} kB/{self.descriptors}/{self.threads}/{self.tasks}"


class Load:
    """One round of the load, and the pool's answers to it."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._writer: asyncio.StreamWriter | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def hear(self, event: EngineEvent) -> None:
        """Tell the load whose worker died, and whose pictures are paused, as rooms tells browsers."""
        if isinstance(event, SlotsPaused):
            self._say({"paused": event.peer_id, "mids": event.mids})
        if isinstance(event, EngineLost):
            self._say({"lost": sorted(event.peers or ())})

    def _say(self, what: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(what).encode() + b"\n")

    async def run(self, seconds: float, rooms: int, seed: int) -> None:
        """Start it and answer it until it is done."""
        ours, theirs = socket.socketpair()
        arguments = {"control": theirs.fileno(), "seconds": seconds, "rooms": rooms, "seed": seed}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("soak_peers.py")),
            *(f"--{name}={value}" for name, value in arguments.items()),
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=1 << 20)
        try:
            async with asyncio.timeout(seconds + LOAD_PATIENCE_S):
                while line := await reader.readline():
                    task = asyncio.create_task(self._answer(json.loads(line)))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
                await process.wait()
                await asyncio.gather(*self._answering)
        except TimeoutError:
            self.counts["loads_hung"] += 1
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._writer.close()
            self._writer = None
        if process.returncode:
            self.counts["rooms_failed"] += 1

    async def _answer(self, asked: dict[str, Any]) -> None:
        pool, peer = self._pool, PeerId(asked.get("peer", ""))
        match asked["do"]:
            case "open":
                sources = {mid: Source(source) for mid, source in asked["sources"].items()}
                try:
                    sdp = await pool.open_peer(GroupId(asked["group"]), peer, asked["offer"], sources)
                    self._say({"number": asked["number"], "answer": sdp})
                except MediaRefused as refused:
                    self._say({"number": asked["number"], "refused": f"{refused} {refused.detail}"})
            case "restart":
                try:
                    ufrag, password = await pool.restart_ice(peer, asked["ufrag"])
                    self._say({"number": asked["number"], "ufrag": ufrag, "password": password})
                except MediaRefused:
                    self._say({"number": asked["number"]})
            case "assign":
                pool.assign_slots(peer, tuple(SlotChoice(**choice) for choice in asked["choices"]))
            case "forward":
                pool.set_forwarding(TrackId(asked["track"]), asked["on"])
            case "close":
                pool.close_peer(peer)
            case "close_group":
                pool.close_group(GroupId(asked["group"]))
            case "done":
                for name, value in asked["counts"].items():
                    self.counts[name] = (
                        max(self.counts[name], value)
                        if name.startswith("slowest")
                        else self.counts[name] + value
                    )


async def kill_one(workers: list[WorkerEngine], which: int, after_s: float) -> None:
    """Kill a worker after a while."""
    await asyncio.sleep(after_s)
    pid = workers[which].worker_pid
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


async def everybody_gone(pool: WorkerPool) -> list[dict[str, float]]:
    """Await that nothing is left in any worker; returns the last figures, whatever they are."""
    began = time.monotonic()
    while True:
        figures = await pool.statistics_by_worker()
        is_quiet = all(each and not any(each.get(name) for name in BACK_TO_NOTHING) for each in figures)
        patience_s = NOTICED_S if all(figures) else UP_AGAIN_S
        if is_quiet or time.monotonic() - began > patience_s:
            return figures
        await asyncio.sleep(0.5)


def growth(looks: list[Look]) -> float:
    """Say by how much memory grew once the caches (of codecs, of packers, of the allocator) are full."""
    settled = looks[len(looks) // 5 :]
    part = max(1, len(settled) // 4)
    first, last = settled[:part], settled[-part:]
    return statistics.median(x.memory_kb for x in last) / statistics.median(x.memory_kb for x in first)


def verdict(parent: list[Look], lives: list[list[Look]], counts: Counter[str], kills: int) -> list[str]:
    """Say what is not as it was. `lives` are of the workers, the one that was never killed first."""
    faults = []
    for name, looks in (("pool", parent), ("worker", lives[0])):
        if growth(looks) > MOST_GROWTH:
            faults.append(f"memory of the {name} grew")
    most_kb = max(look.memory_kb for look in lives[0]) * MOST_GROWTH
    if any(look.memory_kb > most_kb for looks in lives[1:] for look in looks):
        faults.append("a worker that was started later has more memory than the one that lives all the time")
    for name, processes in (("pool", [parent]), ("workers", lives)):
        looks = [look for process in processes for look in process]
        for figure in ("descriptors", "tasks"):
            # the first look may come before a lazy thing is opened; the second is the measure
            usual = getattr(looks[min(1, len(looks) - 1)], figure)
            if any(getattr(look, figure) > usual for look in looks[1:]):
                faults.append(f"{figure} of the {name} grew")
    if counts["loads_hung"]:
        faults.append("a load hung")
    if counts["rooms_failed"]:
        faults.append("rooms failed")
    if kills and not counts["rooms_back_after_a_kill"]:
        faults.append("no room came back after a kill")
    if kills and not counts["people_untouched_by_a_kill"]:
        faults.append("no kill left anybody untouched")
    return faults


def coverage(figures: list[dict[str, float]]) -> dict[str, int]:
    """Say what the workers that live went through."""
    named = Counter[str]()
    for each in figures:
        named.update({name: int(value) for name, value in each.items() if name not in GAUGES})
    return {name: value for name, value in sorted(named.items()) if value}


async def soak(seconds: float, round_s: float, rooms: int, seed: int) -> int:
    """Churn and look, round by round; returns the exit status."""
    dice = random.Random(seed)  # noqa: S311 - a load, not a secret
    mesh = Mesh(WORKERS)
    workers = [WorkerEngine(worker_command(0, ["127.0.0.1"]), mesh.ends(place)) for place in range(WORKERS)]
    pool = WorkerPool(workers, PEERS_A_WORKER, mesh)
    load = Load(pool)
    pool.listen(load.hear)
    await pool.start()
    while not all(worker.is_ready for worker in workers):  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.1)
    began, ourselves = time.monotonic(), psutil.Process()
    parent: list[Look] = []
    lives: dict[tuple[int, int], list[Look]] = {}
    figures: list[dict[str, float]] = []
    kills = number = 0
    failed = ""
    print("memory/descriptors/threads/tasks of the pool, then of each worker", flush=True)
    try:
        while time.monotonic() - began < seconds and not failed:
            number += 1
            churning = asyncio.create_task(load.run(round_s, rooms, seed + number))
            if number % KILL_EVERY == 0:
                kills += 1
                await kill_one(workers, 1 + kills % (WORKERS - 1), dice.uniform(0.3, 0.7) * round_s)
            await churning
            figures = await everybody_gone(pool)
            await asyncio.sleep(1)  # memory is given back a moment after the last one left
            gc.collect()
            parent.append(Look.at(ourselves, len(asyncio.all_tasks())))
            now = []
            for index, (worker, each) in enumerate(zip(workers, figures, strict=True)):
                left = {name: each[name] for name in BACK_TO_NOTHING if each.get(name)}
                if not each or left:
                    failed = f"left in worker {index}: {left or 'no answer'}"
                    break
                assert worker.worker_pid is not None
                now.append(Look.at(psutil.Process(worker.worker_pid), int(each["tasks"])))
                lives.setdefault((index, worker.worker_pid), []).append(now[-1])
            print(
                f"{time.monotonic() - began:6.0f} s: {parent[-1]}; {', '.join(map(str, now))};"
                f" {load.counts['rooms']} rooms, {kills} kills",
                flush=True,
            )
    finally:
        await pool.stop()
    spent = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    lasted_s = time.monotonic() - began
    went_through = coverage(figures)
    for told in (load.counts, went_through):
        print(", ".join(f"{name} {value}" for name, value in sorted(told.items())))
    print(f"{kills} kills, {100 * spent / lasted_s:.0f} % of a core, seed {seed}")
    if failed:
        print(failed)
        return 1
    by_life = list(lives.values())
    print(f"memory after the first fifth: pool x {growth(parent):.3f}, worker x {growth(by_life[0]):.3f}")
    faults = verdict(parent, by_life, load.counts, kills)
    if not went_through.get("cascade_packets_received"):
        faults.append("nothing crossed between workers")
    print("; ".join(faults) or "nothing grew")
    if lasted_s >= KEPT_S:
        kept = {
            "seconds": round(lasted_s),
            "rounds": len(parent),
            "kills": kills,
            "load": dict(sorted(load.counts.items())),
            "workers_that_live": went_through,
            "memory_after_the_first_fifth": {
                "pool": round(growth(parent), 3),
                "worker_that_lived_all_the_time": round(growth(by_life[0]), 3),
            },
            "pool": [parent[0]._asdict(), parent[-1]._asdict()],
            "lives_of_workers": [[life[0]._asdict(), life[-1]._asdict()] for life in by_life],
            "load_average": round(os.getloadavg()[2], 1),
            "faults": faults,
        }
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
    return int(bool(faults))


def main() -> int:
    """Parse the command line and soak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("WEBVISIO_SOAK_S", "3600")))
    parser.add_argument("--round", type=float, default=60, help="seconds")
    parser.add_argument("--rooms", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    return asyncio.run(soak(arguments.seconds, arguments.round, arguments.rooms, arguments.seed))


if __name__ == "__main__":
    sys.exit(main())
