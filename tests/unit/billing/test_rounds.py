"""A job beside everything else: its round comes at once, when nudged, in time, and again after a failure."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from billing_scenario import HandClock

from webvisio_billing.application import rounds
from webvisio_billing.application.rounds import Rest, Rounds

PATIENCE_S = 60


class Job:
    """Counts its rounds; each rests as told by `rest`, and fails while `failure` is set."""

    def __init__(self, clock: HandClock) -> None:
        self.rest: Rest = 3600.0
        self.failure: Exception | None = None
        self.count = 0
        self.went = asyncio.Event()
        self.rounds = Rounds("test", clock, self.go)

    async def go(self) -> Rest:
        self.count += 1
        self.went.set()
        if self.failure is not None:
            raise self.failure
        return self.rest

    async def next(self) -> None:
        await asyncio.wait_for(self.went.wait(), PATIENCE_S)
        self.went.clear()


@pytest.fixture
async def job(clock: HandClock) -> AsyncIterator[Job]:
    made = Job(clock)
    yield made
    await made.rounds.stop()


async def test_the_first_round_comes_at_once_and_the_next_when_nudged(job: Job) -> None:
    job.rounds.start()
    await job.next()
    job.rounds.nudge()
    await job.next()
    assert job.count == 2


async def test_a_nudge_during_a_round_is_another_round(job: Job) -> None:
    is_first = True

    async def nudging() -> Rest:
        nonlocal is_first
        if is_first:
            is_first = False
            job.rounds.nudge()
        return await Job.go(job)

    job.rounds = Rounds("test", HandClock(), nudging)
    job.rounds.start()
    await job.next()
    await job.next()
    assert job.count == 2


async def test_a_round_comes_at_the_instant_that_the_last_one_named(job: Job, clock: HandClock) -> None:
    clock.recheck_s = 0.001
    job.rest = clock.now() + timedelta(hours=2)
    job.rounds.start()
    await job.next()
    job.rest = 3600.0
    clock.go(hours=2)
    await job.next()
    assert job.count == 2


async def test_a_failure_is_no_end(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rounds, "AFTER_FAILURE_S", 0.0)
    job.failure = RuntimeError("away")
    job.rounds.start()
    await job.next()
    job.failure = None
    await job.next()
    assert "test: a round failed" in caplog.text


async def test_stopping_twice_or_before_a_start_does_no_harm(job: Job) -> None:
    await job.rounds.stop()
    job.rounds.start()
    await job.next()
    await job.rounds.stop()
    await job.rounds.stop()
