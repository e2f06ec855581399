"""Limits over time: token buckets, and the growing wait after wrong passwords (clause 5.4).

`now_s` is a clock in seconds that only grows.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

MAX_REMEMBERED = 10_000
"""Keys a guard or a set of buckets remembers; the ones unused longest are forgotten."""


@dataclass(slots=True)
class TokenBucket:
    """Lets `burst` through at once and `rate_per_s` in the long run."""

    rate_per_s: float
    burst: float
    _tokens: float = field(init=False)
    _filled_at_s: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now_s: float, amount: float = 1.0) -> bool:
        """Take `amount` if it is there; a clock that steps back fills nothing."""
        if self._filled_at_s is not None and now_s > self._filled_at_s:
            self._tokens = min(self.burst, self._tokens + (now_s - self._filled_at_s) * self.rate_per_s)
        self._filled_at_s = now_s if self._filled_at_s is None else max(now_s, self._filled_at_s)
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True


@dataclass(slots=True)
class Buckets(Generic[Key]):
    """A token bucket for each key; a forgotten key starts full again."""

    rate_per_s: float
    burst: float
    max_remembered: int = MAX_REMEMBERED
    _buckets: OrderedDict[Key, TokenBucket] = field(init=False, default_factory=OrderedDict)

    def take(self, key: Key, now_s: float) -> bool:
        """Take one token of `key`."""
        bucket = self._buckets.setdefault(key, TokenBucket(self.rate_per_s, self.burst))
        self._buckets.move_to_end(key)
        while len(self._buckets) > self.max_remembered:
            self._buckets.popitem(last=False)
        return bucket.take(now_s)


FREE_ATTEMPTS = 5
"""Wrong passwords before the first wait."""
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 15 * 60.0
FORGIVEN_AFTER_S = 60 * 60.0
"""Attempts are forgotten after so long without one."""


@dataclass(slots=True)
class _Attempts:
    failures: int
    last_at_s: float


@dataclass(slots=True)
class AttemptGuard(Generic[Key]):
    """Makes whoever gives wrong passwords wait, twice as long each time."""

    max_remembered: int = MAX_REMEMBERED
    _attempts: OrderedDict[Key, _Attempts] = field(init=False, default_factory=OrderedDict)

    def wait_s(self, key: Key, now_s: float) -> float:
        """Tell how long `key` must still wait before the next attempt; 0 when it may try."""
        attempts = self._attempts.get(key)
        if attempts is None:
            return 0.0
        if now_s - attempts.last_at_s >= FORGIVEN_AFTER_S:
            del self._attempts[key]
            return 0.0
        return max(0.0, attempts.last_at_s + _wait_after(attempts.failures) - now_s)

    def failed(self, key: Key, now_s: float) -> None:
        """Count a wrong password, or an attempt whose outcome is not known yet."""
        attempts = self._attempts.setdefault(key, _Attempts(0, now_s))
        attempts.failures += 1
        attempts.last_at_s = now_s
        self._attempts.move_to_end(key)
        while len(self._attempts) > self.max_remembered:
            self._attempts.popitem(last=False)

    def succeeded(self, key: Key) -> None:
        """Forget the failures of `key`."""
        self._attempts.pop(key, None)


def _wait_after(failures: int) -> float:
    if failures < FREE_ATTEMPTS:
        return 0.0
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - FREE_ATTEMPTS, 16)))
