"""Shares out what a receiver's line carries: sound first, then the stage, then the gallery by size.

Every picture gets its worst step before any gets a better one. A picture that
does not fit at all is paused: an honest gap beats a frozen face.

Invariant: what is granted costs no more than the budget, save for sound, which
is never refused. Steps go up only with a margin and down at once, so that an
estimate that trembles does not make pictures flicker.
"""

from collections.abc import Sequence
from typing import NamedTuple

from webvisio_media.rtp.layers import Step

MARGIN = 1.1
"""A better step than now must fit with so much to spare."""
RESUMING_MARGIN = 1.25
"""The same for a picture that is paused."""


class Wish(NamedTuple):
    """A picture: what can be sent of it, worst first, and which of these it has now (-1: none)."""

    is_stage: bool
    height: int
    options: Sequence[Step]
    current: int


def allocate(budget_bps: float, wishes: Sequence[Wish]) -> list[int]:
    """Choose an option for each wish, -1 for none; `budget_bps` is what sound leaves over."""
    order = sorted(range(len(wishes)), key=lambda n: (not wishes[n].is_stage, -wishes[n].height, n))
    granted = [-1] * len(wishes)
    left = budget_bps
    for place in order:
        wish = wishes[place]
        if wish.options:
            needed = wish.options[0].bitrate_bps
            if needed * (RESUMING_MARGIN if wish.current < 0 else 1.0) <= left:
                granted[place] = 0
                left -= needed
    for place in order:
        wish = wishes[place]
        if granted[place] < 0:
            continue
        paid = wish.options[0].bitrate_bps
        for option in range(len(wish.options) - 1, 0, -1):
            extra = wish.options[option].bitrate_bps - paid
            margin = MARGIN if option > wish.current else 1.0
            if extra * margin <= left:
                granted[place] = option
                left -= max(0.0, extra)
                break
    return granted


def next_wanted_bps(spent_bps: float, wishes: Sequence[Wish], granted: Sequence[int]) -> float | None:
    """Say which rate would make something better: the cheapest next step; None when all is as good as can be."""
    costs = [
        (wish.options[chosen + 1].bitrate_bps - (wish.options[chosen].bitrate_bps if chosen >= 0 else 0))
        * (MARGIN if chosen >= 0 else RESUMING_MARGIN)
        for wish, chosen in zip(wishes, granted, strict=True)
        if chosen + 1 < len(wish.options)
    ]
    return spent_bps + min(costs) if costs else None
