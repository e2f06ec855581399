"""The WebSocket of a trainer's wall: JSON text, from the server but for pings."""

import logging

import msgspec

from webvisio_protocol.documents import DocumentRefused, ExerciseId
from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused, phrase
from webvisio_protocol.signalling import CloseCode, Ping, Pong
from webvisio_rooms.application import randomness
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.application.wall import LiveWall
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.web.lines import LineHandler

_log = logging.getLogger(__name__)
_pings = msgspec.json.Decoder(Ping)
_encode = msgspec.json.Encoder().encode


class WallSocket(LineHandler):
    """`WS documents/ROOM/wall?exercise=ID`"""

    async def prepare(self) -> None:
        self.identity: Identity
        self._wall: LiveWall | None = None
        await super().prepare()

    async def open(self, *args: str, **kwargs: str) -> None:
        self.take_line()
        is_full = self.web.vigil.is_full
        self.web.vigil.add(self)
        if is_full or self.is_hub_unreachable:
            self.close(CloseCode.RESTARTING)
            return
        try:
            await self._connect(args[0])
        except Refused as refused:
            is_login = refused.refusal.code is RefusalCode.LOGIN_REQUIRED
            self.turn_away(refused.refusal, CloseCode.LOGIN_REQUIRED if is_login else CloseCode.REFUSED)

    async def _connect(self, room: str) -> None:
        record = await self.rooms.record(RoomId(room)) if is_identifier(room) else None
        if record is None:
            raise Refused(Refusal(RefusalCode.NOT_FOUND))
        identity = self.visitor.identity_in(record)
        if isinstance(identity, Refusal):
            raise Refused(identity)
        self.room_asked, self.identity = record.room_id, identity
        exercise_id = ExerciseId(self.get_query_argument("exercise", ""))
        wall = await self.web.shared.walls.open(exercise_id, self)
        if self.is_closing:
            self.web.shared.walls.close(wall)
        else:
            self._wall = wall

    async def on_message(self, message: str | bytes) -> None:
        self.heard_at_s = self.now_s()
        try:
            self.send(_encode(Pong(_pings.decode(message).sent_at_ms)))
        except (msgspec.MsgspecError, UnicodeError):
            self.close(CloseCode.MALFORMED)

    def on_close(self) -> None:
        self.is_closing = True
        self.web.vigil.discard(self)
        if self._wall is not None:
            self.web.shared.walls.close(self._wall)

    @property
    def room_of_line(self) -> RoomId:
        """The room that the line is in."""
        return self.room_asked

    def turn_away(self, refusal: Refusal, code: CloseCode) -> None:
        """Say why, and close."""
        reference = randomness.reference()
        _log.info("a wall is refused (%s), reference %s", refusal.code, reference)
        self.rooms.figures.refusals.labels(refusal.code.value).inc()
        self.send(_encode(DocumentRefused(phrase(refusal, self.language, reference))))
        self.close(code)

    # ---- what the vigil sees ---------------------------------------------------------

    @property
    def watched_room(self) -> RoomId | None:
        """The room, once the wall is shown."""
        return None if self._wall is None else self.room_asked

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The hub token and session of the moderator."""
        return None if self._wall is None else (self.hub_token, self.hub_auth.get_session_id(self))

    def take_standing(self, user: HubUser | None) -> None:
        """Follow what the hub says of the person now; the wall itself looks at roles."""
        if user is None:
            self.turn_away(Refusal(RefusalCode.LOGIN_REQUIRED), CloseCode.LOGIN_REQUIRED)
        elif not user.may_join or user.role_in(self.room_asked) is None:
            self.turn_away(Refusal(RefusalCode.NOT_INVITED), CloseCode.REFUSED)
