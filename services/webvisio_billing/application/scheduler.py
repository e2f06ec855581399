"""Lets time pass for contracts: wakes when the next one is due, and looks at least once a minute.

A pass goes batch by batch, so whoever asks something meanwhile waits for one
batch at most. At start it catches up with everything that fell due while billing was away;
each event carries the instant at which it should have happened.
"""

from datetime import datetime, timedelta
from typing import Final

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.rounds import Rounds
from webvisio_billing.application.run import Stuck
from webvisio_billing.application.worker import Worker
from webvisio_entitlements.clock import Clock

LOOK_EVERY: Final = timedelta(minutes=1)


class Scheduler:
    """Runs a pass whenever something is due."""

    def __init__(self, billing: Billing, worker: Worker, clock: Clock) -> None:
        self._billing = billing
        self._worker = worker
        self._clock = clock
        self._rounds = Rounds("scheduler", clock, self._pass)
        self.stuck: tuple[Stuck, ...] = ()
        """What the newest whole pass could not let time pass for; such contracts stay due, so each pass tells anew."""

    async def start(self) -> None:
        """Catch up, then go on beside."""
        await self._pass()
        self._rounds.start()

    async def stop(self) -> None:
        """End; what is due waits for the next start."""
        await self._rounds.stop()

    def nudge(self) -> None:
        """Look again: a contract has changed."""
        self._rounds.nudge()

    async def _pass(self) -> datetime:
        """Do what is due, batch by batch; tells when to look again."""
        next_look = self._clock.now() + LOOK_EVERY
        run = self._billing.run()
        while await self._worker.run(self._billing.step, run):
            pass
        self.stuck = tuple(run.stuck.values())
        due = await self._worker.run(self._billing.next_due_at, run.now)
        return next_look if due is None else min(due, next_look)
