"""What all handlers share: who asks, whether they may, in which language, and how a refusal is answered.

Every handler states its `gate`; there is none without. The check runs in
`prepare`, before any method, so a handler cannot forget it.
"""

import logging
import secrets
from enum import Enum
from typing import Any, ClassVar, Final, NoReturn, TypeVar

from jupyterhub.services.auth import HubOAuth, HubOAuthenticated, UserNotAllowed
from tornado.web import Finish, HTTPError

from webvisio_billing.application.outcomes import Problem, ProblemKind
from webvisio_billing.application.worker import Busy
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.storage.errors import DatabaseUnavailable
from webvisio_billing.web.identity import Identity, identity_of
from webvisio_billing.web.settings import WebSettings
from webvisio_billing.web.words import Words, words_for
from webvisio_protocol.identifiers import is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView
from webvisio_service.answering import Answering

MAX_BODY_BYTES: Final = 64 * 1024
"""A form or a JSON body; what is larger is refused with words."""
HARD_BODY_LIMIT_BYTES: Final = 4 * 1024 * 1024
"""Beyond this the server does not even read."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Gate(Enum):
    """Who may pass a handler."""

    ANYBODY = "anybody"
    """Nothing behind it is about anybody: style sheets, the OAuth call-back."""
    MANAGERS = "managers"
    """Hub admins, and whoever has `custom:webvisio:contracts:admin`."""
    CONTACTS = "contacts"
    """A customer's contact, about that customer alone."""
    INTERNAL = "internal"
    """The hub and the rooms, by the internal token."""
    OPERATIONS = "operations"
    """A direct call from this machine, or the internal token."""


class Denied(Exception):  # noqa: N818 - an outcome with a name of its own
    """Carries a refusal up to `write_error`."""

    def __init__(self, refusal: Refusal | DomainRefusal | Problem) -> None:
        super().__init__(type(refusal).__name__)
        self.refusal = refusal


class BaseHandler(HubOAuthenticated, Answering):  # type: ignore[misc]  # JupyterHub ships no types
    """The base of every handler of the service."""

    gate: ClassVar[Gate] = Gate.MANAGERS
    content_security_policy = "default-src 'none'; frame-ancestors 'none'"
    referrer_policy = "same-origin"
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    identity: Identity | None = None

    @property
    def web(self) -> WebSettings:
        """The settings of this service."""
        found: WebSettings = self.settings["webvisio"]
        return found

    @property
    def hub_auth(self) -> HubOAuth:
        return self.web.hub_auth

    # ---- who asks --------------------------------------------------------------------

    async def prepare(self) -> None:
        if len(self.request.body) > self.max_body_bytes:
            limit = f"{self.max_body_bytes // 1024} kB"
            self.deny(Refusal(RefusalCode.MESSAGE_TOO_LARGE, details={"limit": limit}))
        if any(part is not None and "\x00" in part for part in self.path_args):
            self.deny(
                Refusal(RefusalCode.NOT_FOUND)
            )  # PostgreSQL takes no such text, not even to look for it
        match self.gate:
            case Gate.ANYBODY:
                return
            case Gate.INTERNAL:
                if not self._has_internal_token():
                    self.deny(Refusal(RefusalCode.FORBIDDEN))
            case Gate.OPERATIONS:
                if not (self.is_direct() or self._has_internal_token()):
                    self.deny(Refusal(RefusalCode.FORBIDDEN))
            case Gate.MANAGERS | Gate.CONTACTS:
                self.identity = await self._identify()
                if self.identity is None:
                    self.ask_to_log_in()
                elif not self._may_pass(self.identity):
                    self.deny(Refusal(RefusalCode.FORBIDDEN))
                elif self.request.method not in ("GET", "HEAD", "OPTIONS"):
                    self._check_origin()

    def _may_pass(self, identity: Identity) -> bool:
        return bool(identity.customers) if self.gate is Gate.CONTACTS else identity.may_manage

    async def _identify(self) -> Identity | None:
        model = await self.hub_auth.get_user(self, sync=False)
        if not model:
            return None
        try:
            self.check_hub_user(model)
        except UserNotAllowed:
            self.deny(Refusal(RefusalCode.FORBIDDEN))
        return identity_of(model)

    def get_current_user(self) -> Identity | None:
        """For tornado and JupyterHub's XSRF token; never asks the hub by itself."""
        return self.identity

    def ask_to_log_in(self) -> None:
        """Refuse; pages send to the hub's login instead."""
        self.deny(Refusal(RefusalCode.LOGIN_REQUIRED))

    def _check_origin(self) -> None:
        try:
            self.check_xsrf_cookie()
        except HTTPError:
            self.deny(Refusal(RefusalCode.FORBIDDEN))

    def _has_internal_token(self) -> bool:
        return self.is_bearer(self.web.internal_token)

    @property
    def actor(self) -> str:
        """The name to be written into the audit."""
        assert self.identity is not None, "only behind Gate.MANAGERS"
        return self.identity.name

    # ---- asking the application ------------------------------------------------------

    def wanted(self, outcome: T | DomainRefusal | Problem) -> T:
        """Take what was asked for, or answer with the refusal."""
        if isinstance(outcome, DomainRefusal | Problem):
            self.deny(outcome)
        return outcome

    def found(self, outcome: T | None) -> T:
        """Take what was looked up, or answer that it is not there."""
        if outcome is None:
            self.deny(Refusal(RefusalCode.NOT_FOUND))
        return outcome

    def identifier(self, text: str) -> str:
        """Read an identifier out of a path."""
        if not is_identifier(text):
            self.deny(Refusal(RefusalCode.NOT_FOUND))
        return text

    # ---- answering -------------------------------------------------------------------

    @property
    def words(self) -> Words:
        return words_for(self.language)

    def deny(self, refusal: Refusal | DomainRefusal | Problem) -> NoReturn:
        """Answer with a refusal."""
        raise Denied(refusal)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        super().send_error(self._refusal_of(status_code, kwargs)[1], **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer any error in the reader's language, with a reference that the log has too."""
        refusal, status = self._refusal_of(status_code, kwargs)
        view = self.words.refusal(refusal, secrets.token_hex(4))
        self.web.measures.refusals.labels(view.code).inc()
        log = _log.error if status >= 500 else _log.info
        log("refused (%s), reference %s", view.code, view.reference)
        self.set_status(status)
        self.write_refusal(view, status)

    def write_refusal(self, view: RefusalView, status: int) -> None:
        """Write problem details (RFC 9457); pages show a page instead."""
        self.answer_problem(view, status)

    def _refusal_of(
        self, status_code: int, kwargs: dict[str, Any]
    ) -> tuple[Refusal | DomainRefusal | Problem, int]:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Denied):
            refusal = error.refusal
            if isinstance(refusal, Problem):
                return refusal, {ProblemKind.INVALID: 400, ProblemKind.CONFLICT: 409}.get(refusal.kind, 404)
            return refusal, refusal.status
        if isinstance(error, Busy | DatabaseUnavailable):
            return Refusal(RefusalCode.RATE_LIMITED), 503
        if status_code == 404:
            return Refusal(RefusalCode.NOT_FOUND), 404
        if status_code < 500:
            return Refusal(RefusalCode.MESSAGE_MALFORMED), status_code
        return Problem(ProblemKind.CONFLICT, "internal_error"), status_code

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what was not foreseen; a refusal is an ordinary answer."""
        if not isinstance(value, Denied | HTTPError | Finish | Busy):
            _log.error("a request failed", exc_info=(typ, value, tb))

    def on_finish(self) -> None:
        time_s = self.request.request_time()
        self.web.measures.requests.labels(self.request.method, self.get_status()).observe(time_s)
