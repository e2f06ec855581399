"""What a group's media came to: counts that outlive the peers that they were counted for.

Nothing is counted a second time for it: streams and slots have their numbers
already, which are added here when they end.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webvisio_media.engine.groups import Group
    from webvisio_media.engine.slots import Slot
    from webvisio_media.engine.streams import Stream

MOST_GROUPS_TOLD = 250
"""Groups of a worker whose figures are told, those with most peers first."""


@dataclass(slots=True)
class Meter:
    """Counts of one group on one worker."""

    packets_received: int = 0
    octets_received: int = 0
    packets_lost: int = 0
    """Given up: neither repeated nor late."""
    packets_forwarded: int = 0
    octets_forwarded: int = 0
    packets_repeated: int = 0
    """Of those that receivers asked for again."""
    key_frame_requests_sent: int = 0
    slot_switches: int = 0
    """Times that a slot began with another track or layer."""

    def add_stream(self, stream: "Stream") -> None:
        """Count what came by a stream; what another worker carries here was counted there."""
        if not stream.track.is_remote:
            self.packets_received += stream.reception.packets
            self.octets_received += stream.octets
            self.packets_lost += stream.losses.lost

    def add_slot(self, slot: "Slot") -> None:
        """Count what left by a slot."""
        packets, octets = slot.counts()
        self.packets_forwarded += packets
        self.octets_forwarded += octets


def figures_of(group: "Group") -> dict[str, float]:
    """Gather the figures of a group: counters that only grow, and gauges of what is there now."""
    meter = Meter(**asdict(group.meter))
    for peer in group.peers.values():
        for track in peer.tracks.values():
            for stream in track.streams.values():
                meter.add_stream(stream)
        for slot in peer.slots.values():
            meter.add_slot(slot)
    lines = [peer.line for peer in group.peers.values() if peer.line is not None and peer.is_connected]
    estimates = [line.estimator.target_bps for line in lines]
    return {
        **{name: float(value) for name, value in asdict(meter).items()},
        "peers": float(len(group.peers)),
        "tracks_running": float(sum(t.is_running for p in group.peers.values() for t in p.tracks.values())),
        "slots_paused": float(sum(len(line.paused) for line in lines)),
        "receivers_congested": float(sum(line.estimator.is_congested for line in lines)),
        "receivers_estimated": float(len(lines)),
        "estimated_bps": sum(estimates),
        "estimated_bps_least": min(estimates, default=0.0),
    }
