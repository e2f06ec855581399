"""Time as the application sees it: an instant, and callbacks at an instant."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from webvisio_entitlements.clock import Clock, sleep_until

Cancel = Callable[[], None]

_log = logging.getLogger(__name__)


class Timers(Protocol):
    """Tests give one that they move by hand."""

    def now(self) -> datetime:
        """Tell the instant, in UTC."""
        ...

    def call_at(self, instant: datetime, callback: Callable[[], None]) -> Cancel:
        """Call once when the clock reads `instant`; returns what prevents it."""
        ...


class LoopTimers:
    """Timers of the asyncio loop over the platform's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return self._clock.now()

    def call_at(self, instant: datetime, callback: Callable[[], None]) -> Cancel:
        task = asyncio.get_running_loop().create_task(self._wait(instant, callback))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def cancel() -> None:
            task.cancel()

        return cancel

    async def _wait(self, instant: datetime, callback: Callable[[], None]) -> None:
        await sleep_until(self._clock, instant)
        try:
            callback()
        except Exception:  # one room's timer must not take the others along
            _log.exception("a timed action failed")


class Alarm:
    """One pending callback at most, set anew as often as needed."""

    def __init__(self, timers: Timers, ring: Callable[[], None]) -> None:
        self._timers = timers
        self._ring = ring
        self._instant: datetime | None = None
        self._cancel: Cancel | None = None

    def set(self, instant: datetime | None) -> None:
        """Ring at `instant`, or not at all with None; an earlier setting is void."""
        if instant == self._instant:
            return
        self._instant = instant
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if instant is not None:
            self._cancel = self._timers.call_at(instant, self._fire)

    def _fire(self) -> None:
        self._instant = self._cancel = None
        self._ring()
