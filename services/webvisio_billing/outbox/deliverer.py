"""Delivers beside everything else: wakes at each commit and when a message is due again.

Claiming and settling happen on the database's thread; what goes out to the
network goes out on another, so that a slow mail server holds up nobody.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from webvisio_billing.application.rounds import Rounds
from webvisio_billing.application.worker import Worker
from webvisio_billing.outbox.courier import Courier
from webvisio_entitlements.clock import Clock

LOOK_EVERY: Final = timedelta(minutes=1)
"""What another process has written is found within this time."""


class Deliverer:
    """Runs a `Courier` on the service's loop."""

    def __init__(self, courier: Courier, worker: Worker, clock: Clock) -> None:
        self._courier = courier
        self._worker = worker
        self._clock = clock
        self._rounds = Rounds("deliverer", clock, self._deliver)

    def start(self) -> None:
        """Begin to deliver what waits."""
        self._rounds.start()

    async def stop(self) -> None:
        """End; a message under way is claimed again after a while."""
        await self._rounds.stop()

    def nudge(self) -> None:
        """Look now: something was committed."""
        self._rounds.nudge()

    async def _deliver(self) -> datetime:
        next_look = self._clock.now() + LOOK_EVERY
        while parcels := await self._worker.run(self._courier.claim):
            for parcel in parcels:
                failure = await asyncio.to_thread(self._courier.deliver, parcel)
                await self._worker.run(self._courier.settle, parcel, failure)
        due = await self._worker.run(self._courier.next_due_at)
        return next_look if due is None else min(due, next_look)
