"""What all handlers share: who asks, in which language, and how a refusal is answered."""

import logging
from typing import Any, ClassVar, NoReturn

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado.web import HTTPError

from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused, phrase
from webvisio_rooms.application import randomness
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.visitors import HubUser, Visitor
from webvisio_rooms.web import identity
from webvisio_rooms.web.settings import WebSettings
from webvisio_service.answering import Answering

MAX_BODY_BYTES = 256 * 1024

_log = logging.getLogger(__name__)


class BaseHandler(HubOAuthenticated, Answering):  # type: ignore[misc]  # JupyterHub ships no types
    """Identifies the visitor in `prepare`; every other handler is one of these."""

    takes_tokens: ClassVar[bool] = True
    """Whether an `Authorization: token` header of the hub is believed."""
    needs_identity: ClassVar[bool] = True
    """Whether the hub is asked at all."""

    visitor: Visitor
    is_token_authenticated = False
    is_hub_unreachable = False

    @property
    def web(self) -> WebSettings:
        """The settings of this service."""
        found: WebSettings = self.settings["webvisio"]
        return found

    @property
    def rooms(self) -> Rooms:
        return self.web.rooms

    @property
    def hub_auth(self) -> HubOAuth:
        return self.web.hub

    # ---- who asks --------------------------------------------------------------------

    async def prepare(self) -> None:
        self.visitor = Visitor()
        if self.needs_identity:
            try:
                user = await self._identify()
            except identity.HubUnreachable:
                self.is_hub_unreachable = True
                user = None
            self.visitor = Visitor(user, identity.guests_of(self, self.web.cookie_secret))
        if self.request.method not in ("GET", "HEAD", "OPTIONS") and not self.is_token_authenticated:
            self.check_xsrf_cookie()

    async def _identify(self) -> HubUser | None:
        token: str = self.hub_auth.get_token(self, in_cookie=False) if self.takes_tokens else ""
        session_id: str = self.hub_auth.get_session_id(self)
        if token:
            user = await identity.user_of_token(self.hub_auth, token, session_id, use_cache=True)
            if user is None:
                self.refuse(Refusal(RefusalCode.LOGIN_REQUIRED))
            self.is_token_authenticated = True
            return user
        token = self.hub_token
        if not token or (self._is_fetch and not self._is_xsrf_right()):
            return None
        return await identity.user_of_token(self.hub_auth, token, session_id, use_cache=True)

    @property
    def hub_token(self) -> str:
        """The token in the OAuth cookie, or nothing."""
        return self.hub_auth._get_token_cookie(self) or ""

    @property
    def _is_fetch(self) -> bool:
        mode = self.request.headers.get("Sec-Fetch-Mode", "navigate")
        return mode not in ("navigate", "websocket")

    def _is_xsrf_right(self) -> bool:
        return identity.is_xsrf_token_right(self, self.web.cookie_secret, self.hub_token)

    def get_current_user(self) -> HubUser | None:
        """The hub user, for tornado; never asks the hub by itself."""
        return getattr(self, "visitor", Visitor()).user

    def check_xsrf_cookie(self) -> None:
        """Refuse what another site, or a page without the token, makes a browser send."""
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        if site not in ("same-origin", "none") or not self._is_xsrf_right():
            raise Refused(Refusal(RefusalCode.FORBIDDEN))

    @property
    def xsrf_token(self) -> str:  # type: ignore[override]
        """The token for the page at hand; worth nothing to a script that fetched the page."""
        if self._is_fetch:
            return ""
        visitor = identity.visitor_cookie(self, self.web.prefix, is_secure=self.web.is_secure)
        return identity.xsrf_token(self.web.cookie_secret, visitor, self.hub_token)

    def require_user(self) -> HubUser:
        """The hub user, or a refusal."""
        if self.visitor.user is None:
            self.refuse(Refusal(RefusalCode.LOGIN_REQUIRED))
        return self.visitor.user

    # ---- answering -------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> NoReturn:
        """Answer with a refusal."""
        raise Refused(refusal)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer any error with problem details (RFC 9457) in the reader's language."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refused):
            refusal = error.refusal
        elif status_code == 404:
            refusal = Refusal(RefusalCode.NOT_FOUND)
        elif status_code == 413:
            refusal = Refusal(
                RefusalCode.MESSAGE_TOO_LARGE, details={"limit": f"{MAX_BODY_BYTES // 1024} kB"}
            )
        elif status_code < 500:
            refusal = Refusal(RefusalCode.MESSAGE_MALFORMED)
        elif status_code == 503:
            refusal = Refusal(RefusalCode.ENTITLEMENTS_UNKNOWN)
        else:
            refusal = Refusal(RefusalCode.MESSAGE_UNEXPECTED)
        self.write_problem(refusal, refusal.status if isinstance(error, Refused) else status_code)

    def write_problem(self, refusal: Refusal, status: int) -> None:
        """Write a refusal as problem details."""
        view = phrase(refusal, self.language, randomness.reference())
        _log.info("refused (%s), reference %s", view.code, view.reference)
        self.rooms.figures.refusals.labels(view.code).inc()
        if wait_s := refusal.details.get("wait_s"):
            self.set_header("Retry-After", wait_s)
        self.answer_problem(view, status)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what was not foreseen; a refusal is an ordinary answer."""
        if isinstance(value, Refused | HTTPError):
            return
        _log.error("a request failed", exc_info=(typ, value, tb))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        super().send_error(error.refusal.status if isinstance(error, Refused) else status_code, **kwargs)

    def room_id(self, text: str) -> RoomId:
        """Read a room's identifier out of a path."""
        if not is_identifier(text):
            self.refuse(Refusal(RefusalCode.NOT_FOUND))
        return RoomId(text)


class NotFound(BaseHandler):
    """Every path that is none of ours."""

    needs_identity = False

    async def prepare(self) -> None:
        self.visitor = Visitor()
        self.refuse(Refusal(RefusalCode.NOT_FOUND))
