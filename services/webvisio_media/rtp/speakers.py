"""Who speaks, from the levels that publishers tell (RFC 6464), without decoding.

A level is 0 (full scale) to 127 (silence), in -dBov. A track's loudness
follows it with a time constant of about 200 ms; a track without the
extension counts as moderately loud while it sends.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")

SPEAKING_LOUDNESS = 72.0
"""Loudness (127 - level) above which a track speaks: -55 dBov."""
QUIET_LOUDNESS = 62.0
"""Below this a speaker has stopped; between the two nothing changes."""
UNKNOWN_LEVEL = 60
HOLD_S = 0.8
"""How long a speaker stays one after the last loud packet."""
FRESH_S = 0.6
"""A track that sent nothing for so long (DTX, muted) is silent."""
MARGIN = 6.0
"""How much louder a challenger must be to take a place."""


class Loudness:
    """The loudness of one audio track."""

    def __init__(self) -> None:
        self._smoothed = 0.0
        self._heard_at = float("-inf")
        self._loud_at = float("-inf")
        self._is_speaking = False

    def heard(self, level: int, now: float) -> None:
        """Take the level of one packet (20 ms of sound)."""
        if now - self._heard_at > FRESH_S:
            self._smoothed = 0.0
        self._heard_at = now
        self._smoothed += ((127 - level) - self._smoothed) * 0.12
        if self._smoothed >= SPEAKING_LOUDNESS:
            self._is_speaking = True
            self._loud_at = now
        elif self._smoothed > QUIET_LOUDNESS and self._is_speaking:
            self._loud_at = now

    def loudness(self, now: float) -> float:
        """Return the loudness, 0 (silent) to 127."""
        return self._smoothed if now - self._heard_at <= FRESH_S else 0.0

    def is_speaking(self, now: float) -> bool:
        """Tell whether somebody speaks, with hysteresis."""
        if self._is_speaking and now - self._loud_at > HOLD_S:
            self._is_speaking = False
        return self._is_speaking


class Selection(Generic[Key]):
    """The few tracks that are heard when not all fit: stable, loudest win.

    Whoever is in stays until a challenger is louder by `MARGIN`.
    """

    def __init__(self) -> None:
        self.chosen: tuple[Key, ...] = ()

    def choose(self, candidates: Sequence[tuple[Key, float]], places: int) -> tuple[Key, ...]:
        """Choose at most `places` of (key, loudness) candidates; the order is loudest first."""
        loudness = dict(candidates)
        inside = [key for key in self.chosen if key in loudness]
        inside.sort(key=lambda key: -loudness[key])
        del inside[places:]
        outside = sorted((key for key in loudness if key not in inside), key=lambda key: -loudness[key])
        for challenger in outside:
            if len(inside) < places:
                inside.append(challenger)
                continue
            if not inside or loudness[challenger] < loudness[inside[-1]] + MARGIN:
                break
            inside[-1] = challenger
            inside.sort(key=lambda key: -loudness[key])
        self.chosen = tuple(inside)
        return self.chosen
