"""The figures that `metrics` publishes. No names, no addresses."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from webvisio_rooms.application.room_figures import RoomFigures


class Figures:
    """One registry a service, so that tests do not share theirs."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.rooms = Gauge("webvisio_rooms_live", "Rooms with a session in memory", registry=registry)
        self.inside = Gauge("webvisio_rooms_participants", "People inside rooms", registry=registry)
        self.waiting = Gauge("webvisio_rooms_waiting", "People before doors", registry=registry)
        self.connections = Gauge("webvisio_rooms_connections", "Open WebSockets", registry=registry)
        self.entries = Counter("webvisio_rooms_entries", "People let in or let wait", registry=registry)
        self.refusals = Counter(
            "webvisio_rooms_refusals", "Refusals at doors, by code", ["code"], registry=registry
        )
        self.cuts = Counter("webvisio_rooms_cuts", "Sessions cut by a contract", ["code"], registry=registry)
        self.cut_seconds = Histogram(
            "webvisio_rooms_cut_seconds",
            "From the decision to the last refusal handed to the network",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1),
            registry=registry,
        )
        self.messages = Counter(
            "webvisio_rooms_messages", "Messages from clients", ["type"], registry=registry
        )
        self.faults = Counter(
            "webvisio_rooms_faults", "Messages refused before they were read", ["code"], registry=registry
        )
        self.dropped = Counter(
            "webvisio_rooms_connections_dropped", "Connections given up", ["reason"], registry=registry
        )
        self.broadcasts = Counter("webvisio_rooms_sent", "Messages handed to connections", registry=registry)
        self.media_ready = Gauge(
            "webvisio_rooms_media_ready", "1 while a media worker serves", registry=registry
        )
        self.media_restarts = Gauge(
            "webvisio_rooms_media_restarts", "Media workers that were replaced", registry=registry
        )
        self.entitlements_connected = Gauge(
            "webvisio_rooms_entitlements_connected", "1 while billing's stream is open", registry=registry
        )
        self.entitlements_version = Gauge(
            "webvisio_rooms_entitlements_version", "Version of the entitlements held", registry=registry
        )
        self.documents = Gauge("webvisio_rooms_documents_open", "Documents in memory", registry=registry)
        self.document_lines = Gauge(
            "webvisio_rooms_document_lines", "Connections to documents", registry=registry
        )
        self.journal_pending = Gauge(
            "webvisio_rooms_journal_pending_bytes", "Changes not on the disk yet", registry=registry
        )
        self.journal_failures = Gauge(
            "webvisio_rooms_journal_failures", "Writes of the journal that failed", registry=registry
        )
        self.pending_writes = Gauge(
            "webvisio_rooms_pending_writes", "Writes the database has not done yet", registry=registry
        )
        self.media_worker = Gauge(
            "webvisio_rooms_media_worker",
            "Figures of each media worker, by its place",
            ["worker", "figure"],
            registry=registry,
        )
        self.media_by_room = RoomFigures()
        registry.register(self.media_by_room)
        self.media = Gauge(
            "webvisio_rooms_media", "Figures of the media worker", ["figure"], registry=registry
        )
