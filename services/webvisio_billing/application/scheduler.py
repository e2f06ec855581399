"""Lets time pass for contracts: wakes when the next one is due, and looks at least once a minute.

A pass goes batch by batch, so whoever asks something meanwhile waits for one
batch at most. At start it catches up with everything that fell due while billing was away;
each event carries the instant at which it should have happened.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.run import Stuck
from webvisio_billing.application.worker import Worker
from webvisio_entitlements.clock import Clock, sleep_until

_log = logging.getLogger(__name__)


class Scheduler:
    """Runs a pass whenever something is due."""

    def __init__(self, billing: Billing, worker: Worker, clock: Clock) -> None:
        self._billing = billing
        self._worker = worker
        self._clock = clock
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.stuck: tuple[Stuck, ...] = ()
        """What the newest whole pass could not let time pass for; such contracts stay due, so each pass tells anew."""

    async def start(self) -> None:
        """Catch up, then go on beside."""
        await self._pass()
        self._task = asyncio.create_task(self._run(), name="scheduler")

    async def stop(self) -> None:
        """End; what is due waits for the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def nudge(self) -> None:
        """Look again: a contract has changed."""
        self._nudged.set()

    async def _run(self) -> None:
        while True:
            self._nudged.clear()
            next_look = self._clock.now() + timedelta(seconds=60)
            try:
                due = await self._pass()
                if due is not None:
                    next_look = min(due, next_look)
            except Exception:  # the outermost loop of this job: the database may come back
                _log.exception("letting time pass failed")
            await self._rest(next_look)

    async def _pass(self) -> datetime | None:
        """Do what is due, batch by batch; tells when the next contract is due."""
        run = self._billing.run()
        while await self._worker.run(self._billing.step, run):
            pass
        self.stuck = tuple(run.stuck.values())
        return await self._worker.run(self._billing.next_due_at, run.now)

    async def _rest(self, until: datetime) -> None:
        nudged = asyncio.ensure_future(self._nudged.wait())
        asleep = asyncio.ensure_future(sleep_until(self._clock, until))
        try:
            await asyncio.wait((nudged, asleep), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (nudged, asleep):
                waiting.cancel()
