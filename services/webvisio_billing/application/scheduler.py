"""Lets time pass for contracts: wakes when the next one is due, and looks at least once a minute.

A pass goes batch by batch, so whoever asks something meanwhile waits for one
batch at most. At start it catches up with everything that fell due while billing was away;
each event carries the instant at which it should have happened.
"""

from datetime import datetime, timedelta
from typing import Final

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.rounds import Rounds
from webvisio_billing.application.worker import Worker
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import ContractId

LOOK_EVERY: Final = timedelta(minutes=1)


class Scheduler:
    """Runs a pass whenever something is due."""

    def __init__(self, billing: Billing, worker: Worker, clock: Clock) -> None:
        self._billing = billing
        self._worker = worker
        self._clock = clock
        self._rounds = Rounds("scheduler", clock, self._pass)
        self._patrolled = ContractId("")
        self._next_patrol: datetime | None = None

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
        await self._patrol()
        due = await self._worker.run(self._billing.next_due_at, run.now)
        return next_look if due is None else min(due, next_look)

    async def _patrol(self) -> None:
        """Look at some journals that nobody asked for, once a minute."""
        now = self._clock.now()
        if self._next_patrol is None or now >= self._next_patrol:
            self._next_patrol = now + LOOK_EVERY
            self._patrolled = await self._worker.run(self._billing.patrol, self._patrolled)
