"""`health` and `metrics`: for a direct call from this machine, or with the internal token."""

from datetime import datetime

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.web.base import BaseHandler


class EntitlementsHealth(msgspec.Struct, frozen=True, rename="camel"):
    """How the copy of the entitlements does; billing may be away, known intervals go on."""

    is_connected: bool
    version: int
    last_heard_at: datetime | None
    problem: str | None


class MediaHealth(msgspec.Struct, frozen=True, rename="camel"):
    is_ready: bool
    restarts: int


class Health(msgspec.Struct, frozen=True, rename="camel"):
    """`status` is `ok`, or `degraded` while billing or media is away."""

    status: str
    entitlements: EntitlementsHealth
    media: MediaHealth
    rooms: int
    participants: int
    waiting: int
    pending_writes: int


class OperatorHandler(BaseHandler):
    """What only the machine itself, or another process of the platform, may ask."""

    needs_identity = False

    async def prepare(self) -> None:
        await super().prepare()
        if not (self.is_direct() or self.is_bearer(self.web.internal_token)):
            self.refuse(Refusal(RefusalCode.FORBIDDEN))


class HealthHandler(OperatorHandler):
    """`GET health`: 200 while the service can let people in, 503 before it knows any contract."""

    async def get(self) -> None:
        rooms = self.rooms
        source = rooms.source.health
        is_well = source.is_connected and rooms.engine.is_ready
        sessions = [live.session for live in rooms.live.values()]
        health = Health(
            "ok" if is_well else "degraded",
            EntitlementsHealth(source.is_connected, source.version, source.last_heard_at, source.problem),
            MediaHealth(rooms.engine.is_ready, rooms.engine.restarts),
            len(sessions),
            sum(len(session.inside) for session in sessions),
            sum(len(session.before_door) for session in sessions),
            rooms.pending_writes,
        )
        self.answer(health, 200 if rooms.source.copy.is_known else 503)


class MetricsHandler(OperatorHandler):
    """`GET metrics`: Prometheus text, the media worker's figures included."""

    async def get(self) -> None:
        rooms, figures = self.rooms, self.rooms.figures
        sessions = [live.session for live in rooms.live.values()]
        figures.rooms.set(len(sessions))
        figures.inside.set(sum(len(session.inside) for session in sessions))
        figures.waiting.set(sum(len(session.before_door) for session in sessions))
        figures.media_ready.set(rooms.engine.is_ready)
        figures.media_restarts.set(rooms.engine.restarts)
        figures.entitlements_connected.set(rooms.source.health.is_connected)
        figures.entitlements_version.set(rooms.source.health.version)
        figures.pending_writes.set(rooms.pending_writes)
        documents = self.web.shared.documents
        figures.documents.set(len(documents.open))
        figures.document_lines.set(sum(len(one.lines) for one in documents.open.values()))
        figures.journal_pending.set(documents.journal.pending_bytes)
        figures.journal_failures.set(documents.journal.failures)
        for name, value in (await rooms.engine.statistics()).items():
            figures.media.labels(name).set(value)
        for place, worker in enumerate(await rooms.engine.statistics_by_worker()):
            for name, value in worker.items():
                figures.media_worker.labels(str(place), name).set(value)
        figures.media_by_room.take(await rooms.engine.statistics_by_group())
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(figures.registry))
