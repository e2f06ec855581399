"""The pages: the room's, the one that JupyterLab reads, and the way through the login."""

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.template import Loader
from tornado.web import HTTPError

from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_rooms.application import randomness
from webvisio_rooms.web.base import BaseHandler
from webvisio_rooms.web.front_end import newest_build
from webvisio_rooms.web.settings import TEMPLATES

NOT_BUILT = {
    "en": "The front end is not built: run `make` first.",
    "fr": "L'interface n'est pas construite : lancez d'abord `make`.",
}
NO_SCRIPT = {
    "en": "This page needs JavaScript: sound and picture cannot do without it.",
    "fr": "Cette page a besoin de JavaScript : le son et l'image ne peuvent s'en passer.",
}
CONNECTED = {
    "en": "You are connected to the rooms. This window can be closed.",
    "fr": "Vous êtes connecté aux salles. Cette fenêtre peut être fermée.",
}

_templates = Loader(str(TEMPLATES))


class PageHandler(BaseHandler):
    """What pages share: refusals are pages too."""

    def page(self, name: str, **values: Any) -> None:
        """Answer with a template."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_templates.load(name).generate(locale=self.language, **values))

    def write_problem(self, refusal: Refusal, status: int) -> None:
        nonce = secrets.token_urlsafe(16)
        view = phrase(refusal, self.language, randomness.reference())
        self.rooms.figures.refusals.labels(view.code).inc()
        self.set_status(status)
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'self'",
        )
        self.page("refusal.html", view=view, nonce=nonce)


class RoomPage(PageHandler):
    """`GET r/CODE`: the plain room page; works for anybody, asks nobody who they are."""

    needs_identity = False

    async def get(self, code: str) -> None:
        settings = self.web
        build = newest_build(settings.static)
        if build is None:
            self.set_status(503)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.set_header("Retry-After", "10")
            self.finish(NOT_BUILT[self.language] + "\n")
            return
        found = await self.rooms.by_code(code)
        if isinstance(found, Refusal):
            self.set_status(found.status)  # the page words it; the status is for whoever does not render it
        nonce = secrets.token_urlsafe(16)
        self._allow(nonce)
        config = {
            "prefix": settings.prefix,
            "code": code,
            "locale": self.language,
            "xsrf": self.xsrf_token,
            "hubPrefix": settings.hub_prefix,
            "labUrl": "" if isinstance(found, Refusal) else settings.lab_url(found.room_id),
        }
        self.page(
            "room.html",
            config=_json_in_html(config),
            build=f"{settings.prefix}static/{build}",
            nonce=nonce,
            noscript=NO_SCRIPT[self.language],
        )

    def _allow(self, nonce: str) -> None:
        # some browsers do not count WebSockets of the page's own host as 'self'
        socket = f"{'wss' if self.web.is_secure else 'ws'}://{self.request.host}"
        rules = [
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob:",
            f"connect-src 'self' {socket}",
            "worker-src 'self' blob:",
            # what a trainer opens for all, in a sandboxed frame
            "frame-src https: http:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
        self.set_header("Content-Security-Policy", "; ".join(rules))
        self.set_header(
            "Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
        )
        self.set_header("Vary", "Accept-Language, Cookie")


class LoginHandler(PageHandler):
    """`GET login?next=PATH`: through the hub's OAuth, then back to a path of this origin."""

    takes_tokens = False

    async def get(self) -> None:
        target = own_path(self.get_query_argument("next", self.web.prefix), self.web.prefix)
        if self.is_hub_unreachable:
            raise HTTPError(503)
        if self.visitor.user is None:
            self.redirect(self.get_login_url())
            return
        self.redirect(target)


class SessionPage(PageHandler):
    """`GET session`: tells JupyterLab, in a hidden frame or a small window, who one is here."""

    takes_tokens = False

    async def get(self) -> None:
        if self.is_hub_unreachable:
            raise HTTPError(503)
        user = self.visitor.user
        if user is None:
            self.redirect(self.get_login_url())
            return
        self.page(
            "session.html",
            user=user.name,
            xsrf=self.xsrf_token,
            words=CONNECTED[self.language],
        )


class OAuthCallback(HubOAuthCallbackHandler, PageHandler):  # type: ignore[misc]  # JupyterHub ships no types
    """`GET oauth_callback`: the end of the hub's OAuth; one that went wrong is begun again by hand."""

    takes_tokens = False

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.write_problem(Refusal(RefusalCode.LOGIN_REQUIRED), status_code)


class HomePage(PageHandler):
    """`GET` of the prefix itself: rooms are found from the hub and from links."""

    needs_identity = False

    async def get(self) -> None:
        self.redirect(f"{self.web.hub_prefix}home")


def own_path(target: str, fallback: str) -> str:
    """Give back `target` if it is a path of this origin, else `fallback`: no open redirect."""
    parts = urlsplit(target)
    is_own = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    is_plain = not parts.scheme and not parts.netloc and target.isprintable()
    return target if is_own and is_plain else fallback


def _json_in_html(value: object) -> str:
    """Write JSON that cannot end the script element it stands in."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
