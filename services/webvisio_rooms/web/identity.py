"""Finds out who asks: the hub's OAuth cookie or token, and guest cookies.

The hub is asked asynchronously (JupyterHub's own mixin would block the loop)
and its answers are kept for `HUB_CACHE_S`. XSRF follows the hub's rule: a
cookie is believed on a navigation and on a WebSocket, and on a `fetch` only
with `X-XSRFToken`. The token itself is an HMAC over a random visitor cookie and
the OAuth cookie: unlike the hub's own it survives a change of address and an
hour before the door, and needs no cookie that scripts can read.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from jupyterhub.services.auth import HubOAuth, check_scopes
from tornado.web import HTTPError, RequestHandler, create_signed_value, decode_signed_value

from webvisio_protocol.identifiers import RoomId, is_identifier
from webvisio_rooms.application.visitors import Guest, HubUser, clean_name

HUB_CACHE_S = 30
GUEST_COOKIE = "webvisio-guest-"
GUEST_COOKIE_DAYS = 0.5
VISITOR_COOKIE = "webvisio-visitor"
XSRF_HEADER = "X-XSRFToken"
MAX_GUEST_COOKIES = 20
"""Guest cookies that are looked at in one request."""

_log = logging.getLogger(__name__)


class HubUnreachable(Exception):  # noqa: N818 - an outcome
    """The hub did not say who a token belongs to."""


class _GuestCookie(msgspec.Struct, frozen=True):
    guest_id: str
    name: str
    password_mark: str


_guest_cookie = msgspec.json.Decoder(_GuestCookie)


async def user_of_token(hub: HubOAuth, token: str, session_id: str, *, use_cache: bool) -> HubUser | None:
    """Ask the hub whose token it is; None when it is nobody's. Raises `HubUnreachable`."""
    try:
        model = await hub.user_for_token(token, use_cache=use_cache, session_id=session_id, sync=False)
    except HTTPError as error:
        raise HubUnreachable from error
    return None if not model else hub_user(hub, model)


def hub_user(hub: HubOAuth, model: Mapping[str, Any]) -> HubUser | None:
    """Read the hub's user model (untyped JSON); None when the service is not open to them."""
    scopes = frozenset(map(str, model.get("scopes", ())))
    shown = clean_name(str((model.get("user_info") or {}).get("display_name") or model["name"]))
    user = HubUser(str(model["name"]), shown, frozenset(map(str, model.get("groups", ()))), scopes)
    if model.get("kind", "user") != "user":
        user = HubUser(f"service:{user.name}", shown, frozenset(), scopes)
    if user.may_read or not hub.access_scopes or check_scopes(hub.access_scopes, set(scopes)):
        return user
    return None


def guests_of(handler: RequestHandler, secret: str) -> tuple[Guest, ...]:
    """Read the guest cookies whose signature holds and that are not too old."""
    guests = []
    names = [name for name in handler.request.cookies if name.startswith(GUEST_COOKIE)]
    for name in names[:MAX_GUEST_COOKIES]:
        value = decode_signed_value(
            secret, name, handler.request.cookies[name].value, max_age_days=GUEST_COOKIE_DAYS
        )
        room_id = name.removeprefix(GUEST_COOKIE)
        if value is None or not is_identifier(room_id):
            continue
        try:
            cookie = _guest_cookie.decode(value)
        except msgspec.MsgspecError:
            continue
        guests.append(Guest(RoomId(room_id), cookie.guest_id, cookie.name, cookie.password_mark))
    return tuple(guests)


def set_guest_cookie(
    handler: RequestHandler, guest: Guest, secret: str, path: str, *, is_secure: bool
) -> None:
    """Give a guest the cookie that lets them into one room, until it expires or the password changes."""
    name = GUEST_COOKIE + guest.room_id
    value = msgspec.json.encode(_GuestCookie(guest.guest_id, guest.name, guest.password_mark))
    handler.set_cookie(
        name,
        create_signed_value(secret, name, value),
        path=path,
        httponly=True,
        samesite="Strict",
        secure=is_secure,
        max_age=int(GUEST_COOKIE_DAYS * 86400),
    )


def visitor_cookie(handler: RequestHandler, path: str, *, is_secure: bool) -> str:
    """Read the random cookie that XSRF tokens are bound to, or set one (pages only)."""
    known: str | None = handler.get_cookie(VISITOR_COOKIE)
    if known:
        return known
    fresh = secrets.token_urlsafe(16)
    handler.set_cookie(VISITOR_COOKIE, fresh, path=path, httponly=True, samesite="Lax", secure=is_secure)
    return fresh


def xsrf_token(secret: str, visitor: str, hub_token: str | None) -> str:
    """Make the token that a page sends back in `X-XSRFToken`."""
    bound = hashlib.sha256((hub_token or "").encode()).hexdigest()
    return hmac.new(secret.encode(), f"xsrf|{visitor}|{bound}".encode(), hashlib.sha256).hexdigest()


def is_xsrf_token_right(handler: RequestHandler, secret: str, hub_token: str | None) -> bool:
    """Tell whether the request carries the token of its own cookies."""
    visitor = handler.get_cookie(VISITOR_COOKIE)
    given = handler.request.headers.get(XSRF_HEADER, "")
    if not visitor:
        return False
    return hmac.compare_digest(xsrf_token(secret, visitor, hub_token).encode(), given.encode())
