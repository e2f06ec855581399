"""`health` and `metrics`: for a direct call from this machine, or with the internal token."""

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webvisio_billing.web.base import BaseHandler, Gate


class Health(msgspec.Struct, frozen=True):
    """What a supervisor wants to know; `is_well` False comes with status 503."""

    is_well: bool
    version: int
    readers: int
    are_people_settled: bool


class HealthHandler(BaseHandler):
    """`GET health`: asks the database once."""

    gate = Gate.OPERATIONS

    async def get(self) -> None:
        web = self.web
        try:
            version = await web.worker.run(web.billing.newest_version)
            is_well = True
        except Exception:  # whatever the database has: the answer is "not well"
            version, is_well = web.publisher.version, False
        health = Health(is_well, version, web.publisher.reader_count, web.people.is_settled)
        self.answer(health, 200 if is_well else 503)


class MetricsHandler(BaseHandler):
    """`GET metrics`, for Prometheus."""

    gate = Gate.OPERATIONS

    async def get(self) -> None:
        web = self.web
        web.measures.documents_waiting.set(await web.papers.ask(web.documents.waiting_count))
        web.measures.readers.set(web.publisher.reader_count)
        web.measures.version.set(web.publisher.version)
        web.measures.people_settled.set(web.people.is_settled)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(web.measures.registry))
