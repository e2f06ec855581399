"""What the WebSockets of a document and of a wall have in common: who comes, and how they are refused."""

import logging
from typing import ClassVar

import msgspec

from webvisio_protocol.documents import DocumentRefused
from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused, phrase
from webvisio_protocol.signalling import CloseCode
from webvisio_rooms.application import randomness
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.web.lines import LineHandler

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class SharedLineHandler(LineHandler):
    """See the module; the first argument of the address is the room."""

    what: ClassVar[str]
    """What the line is for, in the log."""

    async def prepare(self) -> None:
        self.identity: Identity
        await super().prepare()

    async def connect(self, *args: str) -> None:
        """Bring the line to what it asks for; raises `Refused`."""
        raise NotImplementedError

    async def open(self, *args: str, **kwargs: str) -> None:
        if not self.begin():
            return
        try:
            await self._take_identity(args[0])
            await self.connect(*args[1:])
        except Refused as refused:
            is_login = refused.refusal.code is RefusalCode.LOGIN_REQUIRED
            self.turn_away(refused.refusal, CloseCode.LOGIN_REQUIRED if is_login else CloseCode.REFUSED)
        except Exception:  # the outermost loop of one connection: it fails alone
            _log.exception("a %s could not be opened", self.what)
            self.close(CloseCode.RESTARTING)

    async def _take_identity(self, room: str) -> None:
        record = await self.rooms.record(RoomId(room)) if is_identifier(room) else None
        if record is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        identity = self.rooms.identify(record, self.visitor)
        if isinstance(identity, Refusal):
            raise Refused(identity)
        self.room_asked, self.identity = record.room_id, identity

    @property
    def room_of_line(self) -> RoomId:
        """The room that the line is in."""
        return self.room_asked

    def turn_away(self, refusal: Refusal, code: CloseCode) -> None:
        """Say why, and close."""
        reference = randomness.reference()
        _log.info("a %s is refused (%s), reference %s", self.what, refusal.code, reference)
        self.rooms.figures.refusals.labels(refusal.code.value).inc()
        self.send(_encode(DocumentRefused(phrase(refusal, self.language, reference))))
        self.close(code)
