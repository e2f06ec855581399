"""The entitlements for the hub and the rooms: a snapshot, and a stream of changes.

Behind the internal token. A change is on the wire milliseconds after its
commit; a heartbeat every five seconds says that the line is alive. A reader
that does not take what it is sent is cut off, reconnects and starts anew.
"""

import asyncio
from typing import Final

from tornado.iostream import StreamClosedError

from webvisio_billing.application.publisher import Reader, TooManyReaders, line
from webvisio_billing.web.base import BaseHandler, Gate
from webvisio_protocol.entitlements import EntitlementHeartbeat
from webvisio_protocol.refusals import Refusal, RefusalCode

HEARTBEAT_S: Final = 5.0
FLUSH_TIMEOUT_S: Final = 10.0


class SnapshotHandler(BaseHandler):
    """`GET api/entitlements`: everything, as of now."""

    gate = Gate.INTERNAL

    async def get(self) -> None:
        self.answer(await self.web.worker.run(self.web.billing.snapshot))


class StreamHandler(BaseHandler):
    """`GET api/entitlements/stream`: NDJSON of `StreamLine`, for as long as it is read."""

    gate = Gate.INTERNAL

    _reader: Reader | None = None

    async def get(self) -> None:
        try:
            snapshot, reader = await self.web.publisher.subscribe()
        except TooManyReaders:
            self.deny(Refusal(RefusalCode.RATE_LIMITED))
        self._reader = reader
        self.set_header("Content-Type", "application/x-ndjson")
        self.set_header("X-Accel-Buffering", "no")
        try:
            await self._send(line(snapshot))
            await self._follow(reader, snapshot.version)
        except (StreamClosedError, TimeoutError):
            pass
        finally:
            self.web.publisher.unsubscribe(reader)

    def on_connection_close(self) -> None:
        if self._reader is not None:
            self._reader.end()

    async def _follow(self, reader: Reader, version: int) -> None:
        heartbeat_s: float = self.settings["heartbeat_s"]
        while not reader.is_over:
            change = await reader.next(heartbeat_s)
            if change is None:
                await self._send(line(EntitlementHeartbeat(version)))
            elif change.version > version:
                version = change.version
                await self._send(line(change))

    async def _send(self, text: bytes) -> None:
        self.write(text)
        await asyncio.wait_for(self.flush(), FLUSH_TIMEOUT_S)
