"""Small pages of our own in the hub.

GET /hub/locale/fr|en?next=PATH    remembers the reader's language
GET /hub/webvisio/static/...       mark and style, nothing secret
GET /hub/webvisio/health           whether the entitlements are fresh (JSON, for machines)
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.static import CacheControlStaticFilesHandler
from tornado import web
from tornado.httpclient import HTTPClientError

from webvisio_hub.reader import LOCALE_COOKIE, locale_of
from webvisio_hub.refusing import RefusedRequest
from webvisio_hub.rooms_service import room_link
from webvisio_protocol.identifiers import RoomId, room_roles
from webvisio_protocol.refusals import Refusal, RefusalCode

if TYPE_CHECKING:
    from webvisio_hub.contract import ContractMixin

STATIC: Final = Path(__file__).parents[1] / "static"
_A_YEAR_IN_DAYS: Final = 365


class LocaleHandler(BaseHandler):  # type: ignore[misc]  # jupyterhub is untyped
    """Sets the cookie that all our pages read, then goes back."""

    def get(self, locale: str) -> None:
        self._set_cookie(
            LOCALE_COOKIE,
            locale,
            encrypted=False,
            path=self.base_url,
            expires_days=_A_YEAR_IN_DAYS,
            httponly=False,  # the room's page reads and sets it too
            samesite="Lax",
        )
        self.redirect(self.get_next_url(self.current_user, default=f"{self.hub.base_url}home"))


class RoomHandler(BaseHandler):  # type: ignore[misc]  # jupyterhub is untyped
    """Leads to a room's page, whose link only the rooms service knows."""

    @web.authenticated
    async def get(self, room: str) -> None:
        roles = room_roles(group.name for group in self.current_user.groups)
        if RoomId(room) not in roles:
            raise RefusedRequest(Refusal(RefusalCode.NOT_INVITED), locale_of(self))
        try:
            link = await room_link(RoomId(room))
        except (HTTPClientError, OSError) as problem:
            self.log.warning("the rooms service did not tell a link: %s", type(problem).__name__)
            raise web.HTTPError(503) from problem
        self.redirect(link)


class EntitlementHealthHandler(BaseHandler):  # type: ignore[misc]  # jupyterhub is untyped
    """Tells whether the hub hears billing; holds no name."""

    def initialize(self, contract: "ContractMixin") -> None:
        self.contract = contract

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(self.contract.entitlement_health))


def page_handlers(contract: "ContractMixin") -> list[tuple[Any, ...]]:
    """List the addresses, below the hub's prefix."""
    return [
        (r"/locale/(fr|en)", LocaleHandler),
        (r"/room/([a-z0-9-]{1,48})", RoomHandler),
        (r"/webvisio/static/(.*)", CacheControlStaticFilesHandler, {"path": str(STATIC)}),
        (r"/webvisio/health", EntitlementHealthHandler, {"contract": contract}),
    ]
