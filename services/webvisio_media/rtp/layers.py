"""Which layer of a publisher's camera a receiver gets (RFC 8853 simulcast, VP8 temporal layers).

A layer is one encoding; `Step`s are all that can be sent of a track, worst
first: each layer, and below full frame rate the same layer thinned to its
lower temporal layers. Pure: sizes and bitrates come in, a step comes out.
"""

from collections.abc import Sequence
from typing import NamedTuple

ALL_TEMPORAL = 2
"""The highest temporal layer that is told apart: nothing is left out."""
ENOUGH = 0.75
"""A layer with that share of the height shown is enough: enlarging so little is not seen."""
ASSUMED_HEIGHTS = (180, 360, 720, 1080)
"""Heights of layers, lowest first, whose codec does not tell."""
THINNED_SHARE = (0.45, 0.7, 1.0)
"""Share of a layer's bitrate that its temporal layers up to 0, 1 and 2 take."""


class Layer(NamedTuple):
    """One encoding that flows: its height in pixels (0: not known) and what it costs."""

    height: int
    bitrate_bps: float
    has_temporal: bool


class Step(NamedTuple):
    """A layer by its place, and the highest temporal layer of it that is sent."""

    layer: int
    temporal: int
    bitrate_bps: float


def layers_needed(heights: Sequence[int], shown_height: int) -> int:
    """Say how many layers, smallest first, somebody needs who shows the picture so high."""
    for place, height in enumerate(heights):
        known = height or ASSUMED_HEIGHTS[min(place, len(ASSUMED_HEIGHTS) - 1)]
        if shown_height and known >= ENOUGH * shown_height:
            return place + 1
    return len(heights)


def steps(layers: Sequence[Layer], shown_height: int) -> list[Step]:
    """List what can be sent of `layers` (smallest first) to somebody who shows them so high, worst first.

    `shown_height` 0 means that the receiver did not say: everything is worth sending.
    """
    found: list[Step] = []
    for place, layer in enumerate(layers):
        if layer.has_temporal:
            found.append(Step(place, 0, layer.bitrate_bps * THINNED_SHARE[0]))
            found.append(Step(place, 1, layer.bitrate_bps * THINNED_SHARE[1]))
        found.append(Step(place, ALL_TEMPORAL, layer.bitrate_bps))
        height = layer.height or ASSUMED_HEIGHTS[min(place, len(ASSUMED_HEIGHTS) - 1)]
        if shown_height and height >= ENOUGH * shown_height:
            break
    return found
