"""Gives the store a thread of its own: calls run one after another, in order."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MAX_PENDING_WRITES = 10_000
"""Beyond it, what can be refused (chat) is refused; what must be kept (attendance) still queues."""

_log = logging.getLogger(__name__)


class Writer:
    """See the module."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rooms-store")
        self.pending = 0
        self.failures = 0

    @property
    def is_behind(self) -> bool:
        """Whether the database no longer keeps up."""
        return self.pending >= MAX_PENDING_WRITES

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` after everything that was handed over before; returns its result."""
        return await asyncio.wrap_future(self._submit(function, *args, **kwargs))

    def later(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand `function` over; a failure is logged and counted."""
        self._submit(function, *args, **kwargs).add_done_callback(self._note_failure)

    async def drain(self) -> None:
        """Return once all that was handed over is done."""
        await self.call(lambda: None)

    def close(self) -> None:
        """Finish what was handed over, then end the thread."""
        self._thread.shutdown(wait=True)

    def _submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        self.pending += 1
        future = self._thread.submit(function, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: "Future[T]") -> None:
        self.pending -= 1

    def _note_failure(self, future: "Future[T]") -> None:
        if (error := future.exception()) is not None:
            self.failures += 1
            _log.error("a write to the database failed: %s", type(error).__name__)
