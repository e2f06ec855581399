"""A peer of another worker: what this one knows of it, which is what it publishes.

Its tracks are shown by the same slots and rules as those of this worker's own
peers. It has no connection here: whatever its browser is to be told goes over
the link to the worker that has it.
"""

from typing import TYPE_CHECKING

from webvisio_media.engine.streams import Repeats, Stream, Track
from webvisio_protocol.identifiers import PeerId

if TYPE_CHECKING:
    from webvisio_media.engine.groups import Group
    from webvisio_media.engine.links import Link


class RemotePeer:
    """State of one; `engine.cascade` acts upon it."""

    def __init__(self, peer_id: PeerId, group: "Group", link: "Link", now: float) -> None:
        self.peer_id = peer_id
        self.group = group
        self.link = link
        self.heard_at = now
        """When its worker last told of it."""
        self.clock_offset_s: float | None = None
        self.tracks: dict[str, Track] = {}
        """By source."""
        self.streams: dict[int, Stream | Repeats] = {}
        """By their number at the other worker."""
        self.watched: set[Track] = set()
        """Tracks of which the other worker was last told that somebody here watches them."""
