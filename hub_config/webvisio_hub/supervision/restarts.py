"""Decides when a crashed child comes back, and when to give up. Pure: `now` is an argument."""

from dataclasses import dataclass
from typing import Final

QUICK_CRASH_S: Final = 10.0
"""A child that ends before it has answered, or this soon afterwards, has crashed quickly.

Counted from its first answer: on a loaded machine the way there alone may take longer.
"""
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
    answered_at_s: float | None = None

    def started(self) -> None:
        """Note that the child has just been started."""
        self.answered_at_s = None

    def answered(self, now_s: float) -> None:
        """Note that the child is up (seconds of a monotonic clock)."""
        self.answered_at_s = now_s

    def crashed(self, now_s: float) -> RestartIn | GiveUp:
        """Decide what follows the crash at `now_s`."""
        if self.answered_at_s is not None and now_s - self.answered_at_s >= QUICK_CRASH_S:
            self.quick_crashes = 0
            return RestartIn(0.0)
        self.quick_crashes += 1
        if self.quick_crashes >= MAX_QUICK_CRASHES:
            return GiveUp(self.quick_crashes)
        return RestartIn(min(LONGEST_DELAY_S, FIRST_DELAY_S * 3.0 ** (self.quick_crashes - 1)))
