"""Decides when the servers of people whose contract was cut are stopped. Pure.

New starts are refused at once; a running server is given a grace, so that work
can be saved. A contract that reopens within it forgets the cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class CutSchedule:
    """Who has been found refused, and since when (seconds of a monotonic clock)."""

    grace_s: float
    refused_since_s: dict[str, float] = field(default_factory=dict)

    def due(self, refused: Iterable[str], now_s: float) -> list[str]:
        """Take in who is refused now; returns those whose grace is over, by name."""
        names = set(refused)
        self.refused_since_s = {name: self.refused_since_s.get(name, now_s) for name in names}
        return sorted(name for name, since in self.refused_since_s.items() if now_s - since >= self.grace_s)
