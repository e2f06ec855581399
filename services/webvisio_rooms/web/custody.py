"""What billing asks about a customer's data at the end (clause 8.2); for the internal token alone.

Billing knows the contract and who its contacts are: it decides, records, and
hands the archive on.
"""

from tornado.iostream import StreamClosedError

from webvisio_protocol.custody import ArchiveStage, CustomerData
from webvisio_protocol.identifiers import CustomerId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_rooms.web.api import ApiHandler
from webvisio_service.ranges import span_of


class CustodyHandler(ApiHandler):
    """What these handlers share."""

    needs_identity = False

    async def prepare(self) -> None:
        # a process of the platform has neither cookie nor page: its token is all that counts
        if not self.is_bearer(self.web.internal_token):
            self.refuse(Refusal(RefusalCode.FORBIDDEN))

    def customer(self, text: str) -> CustomerId:
        """Read a customer's identifier out of a path."""
        if not is_identifier(text):
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        return CustomerId(text)

    def tell(self, outcome: CustomerData | Refusal) -> None:
        """Answer with the state, or a refusal."""
        if isinstance(outcome, Refusal):
            self.refuse(outcome)
        self.answer(outcome)


class CustomerDataHandler(CustodyHandler):
    """`GET api/internal/customers/ID/data`; `POST` asks for the archive, `?anew=1` for another one."""

    async def get(self, text: str) -> None:
        self.tell(await self.web.custody.state(self.customer(text)))

    async def post(self, text: str) -> None:
        is_anew = bool(self.get_query_argument("anew", ""))
        self.tell(await self.web.custody.make(self.customer(text), anew=is_anew))


class CustomerArchiveHandler(CustodyHandler):
    """`GET api/internal/customers/ID/data/archive`: the bytes, with ranges and an ETag."""

    async def get(self, text: str) -> None:
        customer_id = self.customer(text)
        state = await self.web.custody.state(customer_id)
        if state.stage is not ArchiveStage.READY:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        etag = f'"{state.sha256}"'
        # another archive than the one that was begun is another file
        if self.request.headers.get("If-Match", etag) != etag:
            self.set_status(412)
            self.finish()
            return
        span = span_of(self.request.headers.get("Range"), state.size_bytes)
        if span is None:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{state.size_bytes}")
            self.finish()
            return
        found = await self.web.custody.content(customer_id, span.start, span.end)
        if isinstance(found, Refusal):
            self.refuse(found)
        archive, pieces = found
        if archive.sha256 != state.sha256:
            self.set_status(412)
            self.finish()
            return
        self.set_header("Content-Type", "application/zip")
        self.set_header("ETag", etag)
        self.set_header("Content-Length", str(span.end - span.start))
        if span.is_partial:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {span.start}-{span.end - 1}/{state.size_bytes}")
        async for piece in pieces:
            self.write(piece)
            try:
                await self.flush()
            except StreamClosedError:
                return
        self.finish()


class CustomerDestructionHandler(CustodyHandler):
    """`POST api/internal/customers/ID/data/destruction`: refused while a room of theirs is open."""

    async def post(self, text: str) -> None:
        self.tell(await self.web.custody.destroy(self.customer(text)))
