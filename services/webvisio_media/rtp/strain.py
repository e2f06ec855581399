"""Tells when this machine, and nobody's line, is what sound and picture suffer from: datagrams wait to be read.

Pure; the longest wait of late is looked at about once a second. A strain is
told after `PATIENCE` looks in a row, and taken back after `RELIEF` good ones.
"""

STRAINED_MS = 100.0
RELIEVED_MS = 50.0
PATIENCE, RELIEF = 5, 5


class Strain:
    """See the module."""

    def __init__(self) -> None:
        self.is_strained = False
        self._looks = 0

    def look(self, lag_ms: float) -> bool:
        """Take the longest wait of late; True when `is_strained` has changed."""
        if self.is_strained:
            is_contrary, needed = lag_ms < RELIEVED_MS, RELIEF
        else:
            is_contrary, needed = lag_ms >= STRAINED_MS, PATIENCE
        self._looks = self._looks + 1 if is_contrary else 0
        if self._looks < needed:
            return False
        self.is_strained, self._looks = not self.is_strained, 0
        return True
