"""The supervisor's voice: one line an event, with the time since the start."""

import sys
import time
from typing import TextIO

from webvisio_hub.supervision.words import line


class Console:
    """Writes progress to the terminal; nothing it writes goes to a log file."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._started_at_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_at_s

    def say(self, key: str, **values: object) -> None:
        """Write one line of `words`, with the time."""
        self.write(f"[{self.elapsed_s:6.1f} s] {line(key, **values)}")

    def write(self, text: str) -> None:
        """Write a text as it is."""
        self._out.write(f"{text}\n")
        self._out.flush()
