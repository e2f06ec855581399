"""Makes documents beside everything else: wakes at each commit, and looks once a minute besides.

Documents are made on a thread of their own, one at a time, so neither the
database's thread nor a reader of the stream waits for a page; a preview is
made between two documents.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

from webvisio_billing.application.documents import Documents
from webvisio_billing.application.worker import MAX_BACKLOG, Busy

LOOK_EVERY_S: Final = 60.0
"""What another process has queued, and what is to be tried again, is found within this time."""
IDLE_S: Final = 20.0
"""The process that checks the rules is kept this long after the last document."""

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger(__name__)


class DocumentKeeper:
    """Runs `Documents` on its thread."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="billing-documents")
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._asked = 0

    def start(self) -> None:
        """Begin to make what waits."""
        self._task = asyncio.create_task(self._run(), name="documents")

    async def stop(self) -> None:
        """End, after the document at hand; the others wait for the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.get_running_loop().run_in_executor(self._executor, self._documents.rest)
        self._executor.shutdown(wait=True)

    def nudge(self) -> None:
        """Look now: something was committed."""
        self._nudged.set()

    async def ask(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run something of `Documents` on its thread; raises `Busy` when too many wait."""
        if self._asked >= MAX_BACKLOG:
            raise Busy
        self._asked += 1
        try:
            return await self._on_thread(lambda: work(*arguments, **named))
        finally:
            self._asked -= 1

    async def _run(self) -> None:
        is_idle = True
        while True:
            self._nudged.clear()
            try:
                while await self._on_thread(self._documents.make_next):
                    is_idle = False
            except Exception:  # the outermost loop of this job: the database may come back
                _log.exception("making documents failed")
            if await self._rested(LOOK_EVERY_S if is_idle else IDLE_S) or is_idle:
                continue
            is_idle = True
            await self._on_thread(self._documents.rest)

    async def _rested(self, seconds: float) -> bool:
        """Wait; True when woken."""
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            return False
        return True

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
