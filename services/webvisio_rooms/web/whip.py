"""WHIP (RFC 9725) and WHEP: standard tools publish into a room and watch it.

Authorised by a hub token with the scope and a role in the room. A publisher is
in the roster as a participant, a viewer as an observer, both named after their
user. They come into a session that is under way; they open none, and an
observer publishes nothing.
"""

import secrets
from typing import ClassVar

from webvisio_protocol.identifiers import ParticipantId, Role
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import MAX_NAME_CHARACTERS, Source
from webvisio_rooms.application import messages, randomness
from webvisio_rooms.application.live_room import LiveRoom
from webvisio_rooms.domain.entering import Entered
from webvisio_rooms.domain.negotiation import published_sources
from webvisio_rooms.domain.people import Arrival, Identity
from webvisio_rooms.engine.port import MediaRefused
from webvisio_rooms.web.base import BaseHandler

SDP = "application/sdp"
TRICKLE = "application/trickle-ice-sdpfrag"
MAX_OFFER_BYTES = 100_000
NO_SESSION = {
    "en": "the session has not begun: a trainer opens it first",
    "fr": "la séance n'a pas commencé : un formateur doit d'abord l'ouvrir",
}


class _Resource(BaseHandler):
    """What WHIP and WHEP share."""

    kind: ClassVar[str]
    role: ClassVar[Role]

    def identity_in(self, live: LiveRoom, tail: str) -> Identity:
        """Name the line after its user."""
        user = self.require_user()
        suffix = f" ({self.kind.upper()})"
        name = user.shown_name[: MAX_NAME_CHARACTERS - len(suffix)] + suffix
        return Identity(f"{user.person}#{self.kind}-{tail}", name, self.role)


class EndpointHandler(_Resource):
    """`POST whip/ID` and `POST whep/ID`"""

    async def options(self, text: str) -> None:
        self.room_id(text)
        self.set_header("Accept-Post", SDP)
        self.set_status(204)
        self.finish()

    async def post(self, text: str) -> None:
        user = self.require_user()
        room_id = self.room_id(text)
        standing = user.role_in(room_id)
        if not user.may_join:
            self.refuse(Refusal(RefusalCode.FORBIDDEN))
        if standing is None:
            self.refuse(Refusal(RefusalCode.NOT_INVITED))
        if self.role.publishes and not standing.publishes:
            self.refuse(Refusal(RefusalCode.ROLE_TOO_WEAK))
        record = await self.rooms.record(room_id)
        if record is None:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        refusal = self.rooms.door(room_id)
        if refusal is not None:
            self.refuse(refusal)
        offer = self._offer()
        live = self.rooms.live.get(room_id)
        if live is None or live.session.opened_at is None:
            self.refuse(Refusal(RefusalCode.CONFLICT, details={"problem": NO_SESSION[self.language]}))
        await self._open(live, offer)

    def _offer(self) -> str:
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != SDP or len(self.request.body) > MAX_OFFER_BYTES:
            self.refuse(Refusal(RefusalCode.OFFER_INVALID, details={"detail": f"{SDP} expected"}))
        try:
            return self.request.body.decode()
        except UnicodeDecodeError:
            self.refuse(Refusal(RefusalCode.OFFER_INVALID, details={"detail": "UTF-8 expected"}))

    async def _open(self, live: LiveRoom, offer: str) -> None:
        tail = secrets.token_hex(4)
        arrival = Arrival(self.language, tail, randomness.participant_id(), randomness.resume_token())
        entry = live.enter_admitted(self.identity_in(live, tail), arrival)
        if isinstance(entry, Refusal):
            self.refuse(entry)
        sources = published_sources(offer) if self.role.publishes else {}
        try:
            answer = await live.negotiate(
                entry.participant_id, offer, sources, fills_video_slots=not self.role.publishes
            )
        except MediaRefused as refused:
            live.act(lambda session, now: session.leave(entry.participant_id, now))
            self.refuse(messages.media_refusal(refused))
        for source in sources.values():
            self._switch_on(live, entry, source)
        self.set_status(201)
        self.set_header("Content-Type", SDP)
        self.set_header("Location", f"{self.web.prefix}{self.kind}/{live.room_id}/{entry.participant_id}")
        self.set_header("Accept-Patch", TRICKLE)
        self.set_header("ETag", f'"{entry.participant_id}"')
        self.finish(answer)

    def _switch_on(self, live: LiveRoom, entry: Entered, source: Source) -> None:
        live.act(lambda session, now: session.switch_source(entry.participant_id, source, True, now))


class ResourceHandler(_Resource):
    """`DELETE` and `PATCH` of what `POST` answered"""

    async def delete(self, text: str, peer: str) -> None:
        live = self._mine(text, peer)
        live.act(lambda session, now: session.leave(ParticipantId(peer), now))
        self.finish()

    async def patch(self, text: str, peer: str) -> None:
        self._mine(text, peer)
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != TRICKLE:
            self.refuse(Refusal(RefusalCode.OFFER_INVALID, details={"detail": f"{TRICKLE} expected"}))
        if "If-Match" in self.request.headers and self.request.headers["If-Match"] == "*":
            # an ICE restart: the tool opens a new resource instead (RFC 9725, 4.3.3)
            self.set_status(422)
            self.finish()
            return
        # candidates need not be known: an ICE-lite engine learns them from the checks
        self.set_status(204)
        self.finish()

    def _mine(self, text: str, peer: str) -> LiveRoom:
        user = self.require_user()
        live = self.rooms.live.get(self.room_id(text))
        presence = None if live is None else live.session.presence(ParticipantId(peer))
        if live is None or presence is None:
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        if not presence.identity.person.startswith(f"{user.person}#{self.kind}-"):
            self.refuse(Refusal(RefusalCode.FORBIDDEN))
        return live


class WhipEndpoint(EndpointHandler):
    kind = "whip"
    role = Role.PARTICIPANT


class WhepEndpoint(EndpointHandler):
    kind = "whep"
    role = Role.OBSERVER


class WhipResource(ResourceHandler):
    kind = "whip"
    role = Role.PARTICIPANT


class WhepResource(ResourceHandler):
    kind = "whep"
    role = Role.OBSERVER
