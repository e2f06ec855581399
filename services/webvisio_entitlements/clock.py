"""The clock that billing, the hub and the rooms share.

Contracts end by the clock, so a test must be able to move it, in every
process at once: `WEBVISIO_TEST_CLOCK_FILE` names a file that holds a number of
seconds to add. It is for tests only, never set by `make run`, and said loudly
at start. Whoever waits for an instant uses `sleep_until`, which looks at the
clock again and again: a suspended laptop, a corrected system clock and a
moved test clock are all noticed.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

TEST_CLOCK_VARIABLE: Final = "WEBVISIO_TEST_CLOCK_FILE"

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """Tells the time; `recheck_s` is how long a sleeper may go without looking again."""

    @property
    def recheck_s(self) -> float: ...

    def now(self) -> datetime:
        """Tell the instant, in UTC, aware."""
        ...


class SystemClock:
    """The machine's own clock."""

    recheck_s: float = 60.0

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock plus the seconds written in a file (tests only).

    The file is read again when it changes. One that is missing or does not
    hold a number leaves the last offset as it was, zero at first.
    """

    recheck_s: float = 0.2

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        self._look()
        return self._clock.now() + self._offset

    def _look(self) -> None:
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size)
            if seen == self._seen:
                return
            self._offset = timedelta(seconds=float(self._path.read_text()))
            self._seen = seen
        except (OSError, ValueError, OverflowError):
            return
        _log.warning("the test clock now runs %s ahead of the system's", self._offset)


def clock_from_environment(environment: Mapping[str, str] = os.environ) -> Clock:
    """Choose the system's clock, or the test clock when its variable is set."""
    path = environment.get(TEST_CLOCK_VARIABLE)
    if not path:
        return SystemClock()
    _log.warning("%s is set: the clock can be moved from outside. NEVER in production.", TEST_CLOCK_VARIABLE)
    return ShiftedClock(Path(path))


async def sleep_until(clock: Clock, instant: datetime) -> None:
    """Return once `clock` reads `instant` or later."""
    while (left := (instant - clock.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time gives no event
        await asyncio.sleep(min(left, clock.recheck_s))
