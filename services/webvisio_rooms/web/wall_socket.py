"""The WebSocket of a trainer's wall: JSON text, from the server but for pings."""

import msgspec

from webvisio_protocol.documents import ExerciseId
from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import CloseCode, Ping, Pong
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.application.wall import LiveWall
from webvisio_rooms.web.shared_lines import SharedLineHandler

_pings = msgspec.json.Decoder(Ping)
_encode = msgspec.json.Encoder().encode


class WallSocket(SharedLineHandler):
    """`WS documents/ROOM/wall?exercise=ID`"""

    what = "wall"

    async def prepare(self) -> None:
        self._wall: LiveWall | None = None
        await super().prepare()

    async def connect(self, *args: str) -> None:
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
