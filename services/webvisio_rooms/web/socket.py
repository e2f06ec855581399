"""The room's WebSocket: decodes strictly, limits, and hands messages to the room.

Whatever is refused is told in a message before the connection is closed, since
a browser shows nothing of a failed upgrade. The identity is the browser's own
cookie, never a token in the URL or in a header.
"""

import asyncio
import logging

import msgspec

from webvisio_protocol.identifiers import ParticipantId, RoomId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_protocol.signalling import (
    MAX_FAULTS,
    MAX_MESSAGE_BYTES,
    ChatSend,
    ClientMessage,
    CloseCode,
    Hello,
    IceRestart,
    Locale,
    MediaOffer,
    Ping,
    Pong,
    Superseded,
)
from webvisio_protocol.signalling import Refused as RefusedMessage
from webvisio_rooms.application import messages, randomness
from webvisio_rooms.application.live_room import LiveRoom
from webvisio_rooms.application.visitors import HubUser
from webvisio_rooms.application.wording import failure
from webvisio_rooms.domain.entering import StaleTab
from webvisio_rooms.domain.limits import TokenBucket
from webvisio_rooms.web.lines import LineHandler

HARD_MESSAGE_LIMIT_BYTES = 8 * MAX_MESSAGE_BYTES
"""Beyond it tornado ends the connection without reading the rest."""
MESSAGES_PER_S, MESSAGES_BURST = 20.0, 100.0
CHAT_PER_S, CHAT_BURST = 1.0, 8.0
OFFERS_PER_S, OFFERS_BURST = 0.2, 6.0
FLOOD = 20
"""So many messages above the rate count as one fault."""

_log = logging.getLogger(__name__)
_messages = msgspec.json.Decoder(ClientMessage)
_encode = msgspec.json.Encoder().encode


class RoomSocket(LineHandler):
    """`WS ws/ID`; the application's `Connection`."""

    async def prepare(self) -> None:
        self._live: LiveRoom | None = None
        self.participant_id: ParticipantId | None = None
        self._faults = self._flood = 0
        self._speaks: Locale = self.language
        self._rate = TokenBucket(MESSAGES_PER_S, MESSAGES_BURST)
        self._chat_rate = TokenBucket(CHAT_PER_S, CHAT_BURST)
        self._offer_rate = TokenBucket(OFFERS_PER_S, OFFERS_BURST)
        self._negotiations: set[asyncio.Task[None]] = set()
        await super().prepare()

    async def open(self, *args: str, **kwargs: str) -> None:
        if self.begin() and not is_identifier(args[0]):
            self.turn_away(Refusal(RefusalCode.NOT_FOUND), CloseCode.REFUSED)
        self.room_asked = RoomId(args[0])

    # ---- hearing ---------------------------------------------------------------------

    async def on_message(self, message: str | bytes) -> None:
        self.heard_at_s = self.now_s()
        if self.is_closing:
            return
        if len(message) > MAX_MESSAGE_BYTES or (
            isinstance(message, str) and len(message.encode()) > MAX_MESSAGE_BYTES
        ):
            limit = {"limit": f"{MAX_MESSAGE_BYTES // 1024} kB"}
            self._fail(Refusal(RefusalCode.MESSAGE_TOO_LARGE, details=limit))
            self.close(CloseCode.TOO_LARGE)
            return
        if not self._rate.take(self.heard_at_s):
            self._flooded()
            return
        try:
            if isinstance(message, bytes):
                raise msgspec.ValidationError("text expected")
            decoded = _messages.decode(message)
        except (msgspec.MsgspecError, UnicodeError) as error:
            self._fault(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": str(error)[:200]}))
            return
        self.rooms.figures.messages.labels(type(decoded).__struct_config__.tag).inc()
        await self._take(decoded)

    def on_close(self) -> None:
        self.is_closing = True
        self.web.vigil.discard(self)
        for task in self._negotiations:
            task.cancel()
        if self._live is not None and self.participant_id is not None:
            self._live.lost(self.participant_id, self)

    async def _take(self, message: ClientMessage) -> None:
        if isinstance(message, Ping):
            self.send(_encode(Pong(message.sent_at_ms)))
            return
        if self._live is None or self.participant_id is None:
            if isinstance(message, Hello):
                await self._greet(message)
            else:
                self._fault(Refusal(RefusalCode.MESSAGE_UNEXPECTED), _name_of(message))
            return
        if not self._live.holds(self.participant_id, self):
            return
        if isinstance(message, ChatSend) and not self._chat_rate.take(self.heard_at_s):
            self._fail(Refusal(RefusalCode.RATE_LIMITED), message.client_id)
        elif isinstance(message, MediaOffer | IceRestart):
            if not self._offer_rate.take(self.heard_at_s):
                self._fail(Refusal(RefusalCode.RATE_LIMITED), _name_of(message))
                return
            task = asyncio.create_task(self._carry_out(self._live, self.participant_id, message))
            self._negotiations.add(task)
            task.add_done_callback(self._negotiations.discard)
        else:
            await self._carry_out(self._live, self.participant_id, message)

    async def _greet(self, hello: Hello) -> None:
        self._speaks = hello.locale
        outcome = await self.rooms.enter(self.room_asked, self.visitor, hello, self)
        if isinstance(outcome, Refusal):
            is_login = outcome.code is RefusalCode.LOGIN_REQUIRED
            self.turn_away(outcome, CloseCode.LOGIN_REQUIRED if is_login else CloseCode.REFUSED)
            return
        live, entry = outcome
        if isinstance(entry, Refusal):
            self.turn_away(entry, CloseCode.REFUSED)
        elif isinstance(entry, StaleTab):
            self.send(_encode(Superseded()))
            self.close(CloseCode.SUPERSEDED)
        else:
            self._live, self.participant_id = live, entry.participant_id
            if self.is_closing:  # it was given up while it was let in
                live.lost(entry.participant_id, self)

    async def _carry_out(self, live: LiveRoom, who: ParticipantId, message: ClientMessage) -> None:
        try:
            refusal = await messages.take(self.rooms, live, who, message)
        except Exception:  # the outermost loop of one connection: it fails alone
            _log.exception("a message could not be carried out")
            refusal = Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        if refusal is not None and live.holds(who, self):
            self._fail(refusal, _name_of(message))

    # ---- refusing --------------------------------------------------------------------

    def turn_away(self, refusal: Refusal, code: CloseCode) -> None:
        """Say why, and close."""
        reference = randomness.reference()
        _log.info("room %s refuses (%s), reference %s", self.room_asked, refusal.code, reference)
        self.rooms.figures.refusals.labels(refusal.code.value).inc()
        self.send(_encode(RefusedMessage(phrase(refusal, self._speaks, reference))))
        self.close(code)

    def _fail(self, refusal: Refusal, in_reply_to: str | None = None) -> None:
        self.send(failure(refusal, self._speaks, in_reply_to))

    def _fault(self, refusal: Refusal, in_reply_to: str | None = None) -> None:
        self.rooms.figures.faults.labels(refusal.code.value).inc()
        self._faults += 1
        self._fail(refusal, in_reply_to)
        if self._faults >= MAX_FAULTS:
            self.close(CloseCode.MALFORMED)

    def _flooded(self) -> None:
        self._flood += 1
        if self._flood % FLOOD == 1:
            self._fault(Refusal(RefusalCode.RATE_LIMITED))

    # ---- what the vigil sees ---------------------------------------------------------

    @property
    def place(self) -> tuple[LiveRoom, str] | None:
        """The room and the person, once greeted."""
        if self._live is None or self.participant_id is None:
            return None
        presence = self._live.session.presence(self.participant_id)
        if presence is None or not self._live.holds(self.participant_id, self):
            return None
        return self._live, presence.identity.person

    @property
    def watched_room(self) -> RoomId | None:
        """The room, once greeted."""
        return None if self.place is None else self.room_asked

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The hub token and session of a hub user; None for guests."""
        place = self.place
        if place is None or not place[1].startswith("user:"):
            return None
        return self.hub_token, self.hub_auth.get_session_id(self)

    def take_standing(self, user: HubUser | None) -> None:
        """Follow what the hub says of the person now; None: nobody any more."""
        if self.place is None:
            return
        live, person = self.place
        presence = live.session.presence_of(person)
        if presence is None:
            return
        if user is None:
            refusal = Refusal(RefusalCode.LOGIN_REQUIRED)
            live.act(
                lambda session, now: session.dismiss(
                    presence.participant_id, refusal, CloseCode.LOGIN_REQUIRED, now
                )
            )
        else:
            role = user.role_in(live.room_id) if user.may_join else None
            live.act(lambda session, now: session.change_standing(person, role, now))


def _name_of(message: ClientMessage) -> str:
    """What `Failed.in_reply_to` says: the chat line's own identifier, else the message's type."""
    return message.client_id if isinstance(message, ChatSend) else str(type(message).__struct_config__.tag)
