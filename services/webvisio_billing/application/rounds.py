"""A job beside everything else: it goes its round at once, when nudged, and when its last round said.

A round that fails is logged by the job's name alone and gone again after a
while: the database, or whatever else was away, may come back. What a nudge
asked for during a round is the next round's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from webvisio_entitlements.clock import Clock, sleep_until

AFTER_FAILURE_S: Final = 30.0

Rest = float | datetime
"""How long to rest, in seconds of the machine, or until which instant of the clock."""

_log = logging.getLogger(__name__)


class Rounds:
    """Goes rounds on the service's loop; `go` says how long to rest afterwards."""

    def __init__(self, name: str, clock: Clock, go: Callable[[], Awaitable[Rest]]) -> None:
        self._name = name
        self._clock = clock
        self._go = go
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """End, in the middle of a round if need be; may be called without a start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def nudge(self) -> None:
        """Go a round soon: something has changed."""
        self._nudged.set()

    async def _run(self) -> None:
        while True:
            self._nudged.clear()
            try:
                rest = await self._go()
            except Exception:  # the outermost loop of the job
                _log.exception("%s: a round failed", self._name)
                rest = AFTER_FAILURE_S
            await self._wait(rest)

    async def _wait(self, rest: Rest) -> None:
        asleep = sleep_until(self._clock, rest) if isinstance(rest, datetime) else asyncio.sleep(rest)
        waiting = asyncio.ensure_future(self._nudged.wait()), asyncio.ensure_future(asleep)
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
