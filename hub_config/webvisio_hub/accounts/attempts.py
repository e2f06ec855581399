"""How long somebody who guesses has to wait (clause 5.4). Pure: `now_s` is an argument.

Counted by name and address together, so that nobody can lock somebody else out
from elsewhere; and, with a wider margin, by address alone (one machine that
tries many names) and by name alone (many machines that try one name). Each
wrong password past the free ones doubles the wait. Time that passes forgives.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 900.0
FORGIVEN_AFTER_S: Final = 3600.0
MAX_KEYS: Final = 20_000
"""Beyond this the oldest are forgotten: memory has an end, even under attack."""

FREE_ATTEMPTS: Final = {"name and address": 5, "address": 50, "name": 100}
"""Wrong passwords that cost no wait, by what is counted."""


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float
    blocked_until_s: float


@dataclass(slots=True)
class Attempts:
    """Failures by key; bounded."""

    max_keys: int = MAX_KEYS
    _failures: OrderedDict[tuple[str, str, str], _Failures] = field(default_factory=OrderedDict)

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """Tell how long this name must wait at this address before the next attempt; 0 when it may try."""
        found = (self._failures.get(key) for key in _keys(name, address))
        return max((failures.blocked_until_s - now_s for failures in found if failures), default=0.0)

    def failed(self, name: str, address: str, now_s: float) -> None:
        """Count a wrong password; may be said before it is checked, and taken back by `succeeded`."""
        for key in _keys(name, address):
            failures = self._failures.pop(key, None)
            if failures is None or now_s - failures.last_s >= FORGIVEN_AFTER_S:
                failures = _Failures(0, now_s, now_s)
            failures.count += 1
            failures.last_s = now_s
            excess = failures.count - FREE_ATTEMPTS[key[0]]
            if excess >= 0:
                wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(excess, 16))
                failures.blocked_until_s = now_s + wait_s
            self._failures[key] = failures
        while len(self._failures) > self.max_keys:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Take the last count back: it was right. This name's failures at this address are forgotten."""
        here, *wider = _keys(name, address)
        self._failures.pop(here, None)
        for key in wider:
            if failures := self._failures.get(key):
                failures.count -= 1
                if failures.count < FREE_ATTEMPTS[key[0]]:
                    failures.blocked_until_s = failures.last_s
                if failures.count == 0:
                    del self._failures[key]


def _keys(name: str, address: str) -> tuple[tuple[str, str, str], ...]:
    return (("name and address", name, address), ("address", "", address), ("name", name, ""))
