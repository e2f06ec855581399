"""Delivers beside everything else: wakes at each commit and when a message is due again.

Claiming and settling happen on the database's thread; what goes out to the
network goes out on another, so that a slow mail server holds up nobody.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

from webvisio_billing.application.worker import Worker
from webvisio_billing.outbox.courier import Courier
from webvisio_entitlements.clock import Clock, sleep_until

LOOK_EVERY: Final = timedelta(minutes=1)
"""What another process has written is found within this time."""

_log = logging.getLogger(__name__)


class Deliverer:
    """Runs a `Courier` on the service's loop."""

    def __init__(self, courier: Courier, worker: Worker, clock: Clock) -> None:
        self._courier = courier
        self._worker = worker
        self._clock = clock
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver what waits."""
        self._task = asyncio.create_task(self._run(), name="deliverer")

    async def stop(self) -> None:
        """End; a message under way is claimed again after a while."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def nudge(self) -> None:
        """Look now: something was committed."""
        self._nudged.set()

    async def _run(self) -> None:
        while True:
            self._nudged.clear()
            next_look = self._clock.now() + LOOK_EVERY
            try:
                while parcels := await self._worker.run(self._courier.claim):
                    for parcel in parcels:
                        failure = await asyncio.to_thread(self._courier.deliver, parcel)
                        await self._worker.run(self._courier.settle, parcel, failure)
                due = await self._worker.run(self._courier.next_due_at)
                if due is not None:
                    next_look = min(due, next_look)
            except Exception:  # the outermost loop of this job: the database may come back
                _log.exception("delivering failed")
            nudged = asyncio.ensure_future(self._nudged.wait())
            asleep = asyncio.ensure_future(sleep_until(self._clock, next_look))
            try:
                await asyncio.wait((nudged, asleep), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiting in (nudged, asleep):
                    waiting.cancel()
