"""Decides when a crashed child comes back, and when to give up. Pure: `now` is an argument."""

from dataclasses import dataclass
from typing import Final

QUICK_CRASH_S: Final = 10.0
"""A child that lived less than this has crashed quickly."""
MAX_QUICK_CRASHES: Final = 5
"""So many quick crashes in a row, and the platform gives up."""
FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class RestartIn:
    """Start the child again after `delay_s`."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The child has crashed quickly `crashes` times in a row."""

    crashes: int


@dataclass(slots=True)
class RestartPolicy:
    """The crashes of one child; a long life wipes the slate clean."""

    quick_crashes: int = 0
    started_at_s: float = 0.0

    def started(self, now_s: float) -> None:
        """Note that the child has just been started (seconds of a monotonic clock)."""
        self.started_at_s = now_s

    def crashed(self, now_s: float) -> RestartIn | GiveUp:
        """Decide what follows the crash at `now_s`."""
        if now_s - self.started_at_s >= QUICK_CRASH_S:
            self.quick_crashes = 0
            return RestartIn(0.0)
        self.quick_crashes += 1
        if self.quick_crashes >= MAX_QUICK_CRASHES:
            return GiveUp(self.quick_crashes)
        return RestartIn(min(LONGEST_DELAY_S, FIRST_DELAY_S * 3.0 ** (self.quick_crashes - 1)))
