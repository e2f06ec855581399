"""What a publisher's stream lacks, and when to ask for it (RFC 4585 generic NACK).

Bounded: at most `MOST_MISSING` numbers, each asked for at most `MOST_TRIES`
times and for at most `GIVE_UP_S`. A larger hole cannot be mended by
retransmission; the caller asks for a key frame instead.
"""

from typing import NamedTuple

MOST_MISSING = 256
MOST_TRIES = 8
GIVE_UP_S = 1.0
REORDER_S = 0.005
"""How long a hole may be mere reordering."""


class Missing(NamedTuple):
    """A number that did not come: since when, how often and when next it is asked for."""

    since: float
    tries: int
    next_at: float


class LossTracker:
    """The holes of one stream, by extended sequence number."""

    def __init__(self) -> None:
        self._missing: dict[int, Missing] = {}
        self.lost = 0
        """Numbers given up."""

    def __bool__(self) -> bool:
        return bool(self._missing)

    def jumped(self, highest: int, sequence: int, now: float) -> bool:
        """Note the hole between `highest` and `sequence`; False when it is too large to mend."""
        hole = sequence - highest - 1
        if hole + len(self._missing) > MOST_MISSING:
            self.lost += hole + len(self._missing)
            self._missing.clear()
            return False
        for number in range(highest + 1, sequence):
            self._missing[number] = Missing(now, 0, now + REORDER_S)
        return True

    def arrived(self, sequence: int) -> bool:
        """Note a late packet; True when it was missing, False when it is a duplicate."""
        return self._missing.pop(sequence, None) is not None

    def due(self, now: float, round_trip_s: float) -> list[int]:
        """List the numbers to ask for now; those given up are forgotten."""
        wanted: list[int] = []
        again = now + max(0.03, 1.2 * round_trip_s)
        for sequence, missing in list(self._missing.items()):
            if now < missing.next_at:
                continue
            if missing.tries >= MOST_TRIES or now - missing.since > GIVE_UP_S:
                del self._missing[sequence]
                self.lost += 1
                continue
            wanted.append(sequence)
            self._missing[sequence] = Missing(missing.since, missing.tries + 1, again)
        return wanted

    def clear(self) -> None:
        """Forget every hole (the stream began anew)."""
        self._missing.clear()
