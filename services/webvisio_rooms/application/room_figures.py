"""Media figures of each room in `metrics`: the label is the room's id, and no more than `MOST_ROOMS` are told."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from webvisio_protocol.identifiers import GroupId

MOST_ROOMS = 500
PREFIX = "webvisio_rooms_room_media_"
COUNTERS = {
    "packets_received": "Packets from the room's publishers",
    "octets_received": "Payload bytes from the room's publishers",
    "packets_lost": "Packets from publishers that were given up",
    "packets_forwarded": "Packets to the room's receivers",
    "octets_forwarded": "Payload bytes to the room's receivers",
    "packets_repeated": "Packets repeated because a receiver asked for them",
    "key_frame_requests_sent": "Key frames asked of publishers",
    "slot_switches": "Times a receiver was shown another track or layer",
}
GAUGES = {
    "peers": "Connections",
    "tracks_running": "Tracks that flow",
    "slots_paused": "Pictures paused because a receiver's line carries no more",
    "receivers_congested": "Receivers whose line is congested",
    "receivers_estimated": "Receivers whose line is estimated",
    "estimated_bps": "Bandwidth of all these receivers together",
    "estimated_bps_least": "Bandwidth of the slowest of them",
}


class RoomFigures(Collector):
    """See the module; `take` before each scrape. Counters of a room begin anew with each of its sessions."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, float]] = {}

    def take(self, groups: Mapping[GroupId, Mapping[str, float]]) -> None:
        """Take the figures of the sessions under way, those with most people first."""
        rooms: dict[str, dict[str, float]] = {}
        for group_id, figures in sorted(groups.items(), key=lambda item: -item[1].get("peers", 0)):
            room = group_id.rpartition(".")[0] or group_id
            if room not in rooms and len(rooms) < MOST_ROOMS:
                rooms[room] = dict(figures)
        self._rooms = rooms

    def collect(self) -> Iterable[Metric]:
        """Hand everything to Prometheus."""
        for names, kind in ((COUNTERS, CounterMetricFamily), (GAUGES, GaugeMetricFamily)):
            for name, title in names.items():
                family = kind(PREFIX + name, title, labels=["room"])
                for room, figures in self._rooms.items():
                    if name in figures:
                        family.add_metric([room], figures[name])
                yield family
