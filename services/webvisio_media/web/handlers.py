"""WHIP and WHEP over the engine.

`POST /whip` publishes and `POST /whep` plays; a part of the path after it
names the group. The resource that `Location` names takes DELETE and PATCH.
This side is ICE-lite and learns addresses from checks, so trickled candidates
are accepted and not needed (204); an ICE restart is refused (422).
Errors are problem details (RFC 9457).
"""

import re
import secrets
from typing import Any

import msgspec
from tornado.web import HTTPError, RequestHandler

from webvisio_media.engine.engine import Engine
from webvisio_media.engine.statistics import prometheus_text
from webvisio_media.errors import LimitReached, OfferInvalid
from webvisio_media.rtp.offer import read_offer
from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.refusals import Refusal, RefusalCode, choose_locale, phrase
from webvisio_protocol.signalling import Mid, Source

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
DEFAULT_GROUP = "default"
SOURCE_ORDER = {
    "audio": (Source.MICROPHONE, Source.SCREEN_AUDIO),
    "video": (Source.CAMERA, Source.SCREEN),
}


class MediaHandler(RequestHandler):
    """What all handlers share: the engine, and problem details for errors."""

    def initialize(self, engine: Engine) -> None:
        """Take what `application` gives."""
        self.engine = engine

    def set_default_headers(self) -> None:
        """Say nothing that is not needed."""
        self.clear_header("Server")

    def fail(self, code: RefusalCode, status: int | None = None, **details: str) -> None:
        """Answer with a problem."""
        refusal = Refusal(code, details=details)
        view = phrase(refusal, choose_locale(self.request.headers.get("Accept-Language")))
        self._problem(status or refusal.status, view.title, view.message, msgspec.to_builtins(view))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Word tornado's own errors the same way; `Any` is tornado's signature."""
        self._problem(status_code, self._reason, "", {})

    def _problem(self, status: int, title: str, detail: str, more: dict[str, object]) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/problem+json")
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        self.finish(msgspec.json.encode({**more, **body}))


class SessionsHandler(MediaHandler):
    """Opens a peer: `plays` tells WHEP from WHIP."""

    def initialize(self, engine: Engine, plays: bool) -> None:  # type: ignore[override]  # tornado's way
        """Take what `application` gives."""
        self.engine = engine
        self.plays = plays

    def options(self, group: str | None = None) -> None:
        """Tell what POST takes (RFC 9725 section 4.2)."""
        self.set_header("Accept-Post", SDP_TYPE)
        self.set_status(204)

    def post(self, group: str | None = None) -> None:
        """Answer an offer."""
        if self.request.headers.get("Content-Type", "").split(";")[0].strip() != SDP_TYPE:
            raise HTTPError(415)
        if len(self.request.body) > self.engine.limits.offer_bytes:
            self.fail(RefusalCode.MESSAGE_TOO_LARGE, limit=f"{self.engine.limits.offer_bytes} bytes")
            return
        peer_id = PeerId(secrets.token_hex(8))
        try:
            text = self.request.body.decode()
            answer = self.engine.open_peer(
                GroupId(group or DEFAULT_GROUP),
                peer_id,
                text,
                sources_in_order(text),
                fills_video_slots=self.plays,
            )
        except (OfferInvalid, UnicodeDecodeError) as problem:
            detail = "not UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)
            self.fail(RefusalCode.OFFER_INVALID, detail=detail)
            return
        except LimitReached as problem:
            self.fail(RefusalCode.MEDIA_LIMIT, detail=str(problem))
            return
        self.set_status(201)
        self.set_header("Content-Type", SDP_TYPE)
        self.set_header("Location", f"/{'whep' if self.plays else 'whip'}/{group or DEFAULT_GROUP}/{peer_id}")
        self.set_header("ETag", f'"{peer_id}"')
        self.set_header("Accept-Patch", FRAGMENT_TYPE)
        self.finish(answer)

    def compute_etag(self) -> None:
        """Keep tornado from naming the body: the tag names the ICE session."""
        return


class SessionHandler(MediaHandler):
    """One open peer."""

    def prepare(self) -> None:
        """Answer 404 for a peer that is not there."""
        if not self.engine.has_peer(PeerId(self.path_args[1])):
            self.fail(RefusalCode.NOT_FOUND)

    def delete(self, group: str, peer: str) -> None:
        """End the session."""
        self.engine.close_peer(PeerId(peer))
        self.set_status(200)

    def patch(self, group: str, peer: str) -> None:
        """Take trickled candidates; refuse a restart."""
        if self.request.headers.get("Content-Type", "").split(";")[0].strip() != FRAGMENT_TYPE:
            raise HTTPError(415)
        condition = self.request.headers.get("If-Match")
        if condition is not None and condition not in ("*", f'"{peer}"'):
            raise HTTPError(412)
        fragment = self.request.body.decode("utf-8", "replace")
        ufrag = re.search(r"^a=ice-ufrag:(\S+)\r?$", fragment, re.MULTILINE)
        if condition == "*" or (ufrag and ufrag[1] != self.engine.remote_ufrag(PeerId(peer))):
            self.fail(RefusalCode.OFFER_INVALID, status=422, detail="ICE restart: make a new session")
            return
        self.set_status(204)


class MetricsHandler(MediaHandler):
    """Figures in Prometheus' text format."""

    def get(self) -> None:
        """Write them."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(prometheus_text(self.engine.statistics()))


def sources_in_order(offer_text: str) -> dict[Mid, Source]:
    """Name the sending m-lines of a tool that knows no sources: first audio a microphone, first video a camera.

    Raises `OfferInvalid`.
    """
    sources: dict[Mid, Source] = {}
    used: dict[str, int] = {}
    for line in read_offer(offer_text).media:
        if line.sends:
            place = used.setdefault(line.kind, 0)
            if place >= len(SOURCE_ORDER[line.kind]):
                raise OfferInvalid(f"more than {place} sending {line.kind} sections")
            sources[line.mid] = SOURCE_ORDER[line.kind][place]
            used[line.kind] += 1
    return sources
