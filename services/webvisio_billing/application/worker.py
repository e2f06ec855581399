"""The one thread that talks to the database.

Everything that opens a transaction goes through `Worker.run`, in order; the
service's loop stays free for the stream. The backlog is bounded: beyond it
the service says that it is busy instead of growing.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

MAX_BACKLOG: Final = 200

P = ParamSpec("P")
T = TypeVar("T")


class Busy(Exception):  # noqa: N818 - a statement reads better
    """More work is waiting than the service takes on."""


class Worker:
    """Runs synchronous work in the order it came, beside the loop."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="billing-database")
        self._waiting = 0

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run `work` on the thread and wait for it; raises `Busy` when the backlog is full."""
        if self._waiting >= MAX_BACKLOG:
            raise Busy
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, lambda: work(*arguments, **named))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the thread, after what it is doing."""
        self._executor.shutdown(wait=True)
