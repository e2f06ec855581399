"""How every handler of a service answers: whose language, which headers, problem details for a refusal.

A mixin beside tornado's `RequestHandler`; who may ask is the service's own affair.
"""

import hmac
import ipaddress
from typing import ClassVar, Final

import msgspec
from tornado.web import RequestHandler

from webvisio_protocol.refusals import choose_locale
from webvisio_protocol.signalling import Locale, RefusalView

LOCALE_COOKIE: Final = "webvisio-locale"
PROBLEM_TYPE: Final = "urn:webvisio:refusal:"
FORWARDING_HEADERS: Final = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


class Answering(RequestHandler):
    """What the handlers of all services share."""

    content_security_policy: ClassVar[str] = "default-src 'none'; frame-ancestors 'self'"
    referrer_policy: ClassVar[str] = "no-referrer"

    @property
    def language(self) -> Locale:
        """French or English, for whoever asks."""
        return choose_locale(self.get_cookie(LOCALE_COOKIE), self.request.headers.get("Accept-Language"))

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", self.referrer_policy)
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.clear_header("Server")

    def answer(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(value))

    def answer_problem(self, view: RefusalView, status: int) -> None:
        """Answer with problem details (RFC 9457): `type`, `status`, `detail`, and the fields of the view."""
        problem = {"type": PROBLEM_TYPE + view.code, "status": status, "detail": view.message}
        self.set_status(status)
        if status == 401:
            self.set_header("WWW-Authenticate", "Bearer")  # RFC 9110, 15.5.2
        if status == 405:
            self.set_header("Allow", ", ".join(m for m in self.SUPPORTED_METHODS if self._has(m)))
        self.set_header("Content-Type", "application/problem+json")
        self.finish(msgspec.json.encode(problem | msgspec.to_builtins(view)))

    def is_bearer(self, token: str) -> bool:
        """Tell whether the request carries `token` as its bearer; an empty one never fits."""
        kind, _, given = self.request.headers.get("Authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.strip().encode(), token.encode())
        return bool(token) and kind.lower() == "bearer" and is_right

    def is_direct(self) -> bool:
        """Tell whether the request comes from this machine, and through no proxy.

        What came through a proxy may come from anywhere, whatever its address looks like.
        """
        if any(name in self.request.headers for name in FORWARDING_HEADERS):
            return False
        try:
            return ipaddress.ip_address(self.request.remote_ip or "").is_loopback
        except ValueError:
            return False

    def _has(self, method: str) -> bool:
        own = getattr(type(self), method.lower(), None)
        return own is not None and own is not getattr(RequestHandler, method.lower(), None)
