"""Puts the handlers together into one tornado application."""

import logging
import re

from tornado.web import Application, RequestHandler

from webvisio_rooms.web.assets import AssetHandler
from webvisio_rooms.web.base import NotFound
from webvisio_rooms.web.routes import ROUTES
from webvisio_rooms.web.settings import WebSettings
from webvisio_rooms.web.socket import HARD_MESSAGE_LIMIT_BYTES

_access = logging.getLogger("webvisio_rooms.access")


def make_application(settings: WebSettings) -> Application:
    """Make the application of one service."""
    prefix = re.escape(settings.prefix)
    return Application(
        [(prefix + pattern, handler) for pattern, handler in ROUTES],
        webvisio=settings,
        cookie_secret=settings.cookie_secret,
        static_path=str(settings.static),
        static_url_prefix=f"{settings.prefix}static/",
        static_handler_class=AssetHandler,
        default_handler_class=NotFound,
        websocket_max_message_size=HARD_MESSAGE_LIMIT_BYTES,
        log_function=log_request,
    )


def log_request(handler: RequestHandler) -> None:
    """Log a request by its handler: no path, no address, no name."""
    _access.info(
        "%s %s %d %.1f ms",
        handler.request.method,
        type(handler).__name__,
        handler.get_status(),
        handler.request.request_time() * 1000,
    )
