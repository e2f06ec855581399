"""Figures of a worker: counters that only grow, and gauges of what is there now."""

from collections import Counter
from collections.abc import Mapping, Sequence

from webvisio_media.engine.fanout import FanOut
from webvisio_media.engine.groups import Group
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.remote import RemotePeer
from webvisio_media.engine.streams import Stream
from webvisio_media.engine.udp import UdpSocket
from webvisio_protocol.identifiers import GroupId, PeerId

GAUGES = frozenset(
    {
        "cascade_lag_ms",
        "cascade_links",
        "cascade_remote_peers",
        "cascade_waiting_octets",
        "peers",
        "groups",
        "tracks_running",
        "slots_active",
        "slots_paused",
        "history_octets",
        "segmentation",
        "loop_lag_ms",
        "tcp_connections",
        "tcp_port",
        "tasks",
        "estimated_bps_least",
        "estimated_bps_mean",
        "receivers_congested",
    }
)


def gauge(
    peers: Mapping[PeerId, Peer],
    groups: Mapping[GroupId, Group],
    counts: Counter[str],
    fan_out: FanOut,
    sockets: Sequence[UdpSocket],
) -> dict[str, float]:
    """Gather all figures, by name."""
    everybody: list[Peer | RemotePeer] = [*peers.values()]
    everybody += [remote for group in groups.values() for remote in group.remote.values()]
    streams = [s for peer in everybody for s in peer.streams.values() if isinstance(s, Stream)]
    lines = [peer.line for peer in peers.values() if peer.line is not None and peer.is_connected]
    estimates = [line.estimator.target_bps for line in lines]
    figures: dict[str, float] = {name: float(value) for name, value in sorted(counts.items())}
    figures.update(
        peers=len(peers),
        groups=len(groups),
        tracks_running=sum(t.is_running for peer in peers.values() for t in peer.tracks.values()),
        slots_active=sum(len(feed.active) for stream in streams for feed in stream.feeds()),
        history_octets=sum(feed.history.size_bytes for stream in streams for feed in stream.feeds()),
        packets_lost_from_publishers=counts["packets_lost"] + sum(stream.losses.lost for stream in streams),
        packets_forwarded=fan_out.packets,
        octets_forwarded=fan_out.octets,
        send_calls=fan_out.outbox.calls,
        packets_unsent=fan_out.outbox.unsent + sum(udp.dropped for udp in sockets),
        encryption_failures=fan_out.encryption_failures,
        segmentation=float(fan_out.outbox.is_segmenting),
        estimated_bps_least=min(estimates, default=0.0),
        estimated_bps_mean=sum(estimates) / len(estimates) if estimates else 0.0,
        receivers_congested=sum(line.estimator.is_congested for line in lines),
        slots_paused=sum(len(line.paused) for line in lines),
    )
    return figures


def prometheus_text(figures: Mapping[str, float]) -> str:
    """Write figures in Prometheus' text format (0.0.4)."""
    lines: list[str] = []
    for name, value in figures.items():
        kind = "gauge" if name in GAUGES else "counter"
        full = f"webvisio_media_{name}" + ("" if kind == "gauge" else "_total")
        lines += [f"# TYPE {full} {kind}", f"{full} {value:g}" if value < 1e6 else f"{full} {value:.0f}"]
    return "\n".join(lines) + "\n"
