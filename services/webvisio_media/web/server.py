"""The standalone HTTP server: routes and size limits."""

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from webvisio_media.engine.engine import Engine
from webvisio_media.web.handlers import MetricsHandler, SessionHandler, SessionsHandler

GROUP = r"([A-Za-z0-9_-]{1,64})"


def application(engine: Engine) -> Application:
    """Route WHIP, WHEP and metrics to `engine`."""
    shared = {"engine": engine}
    return Application(
        [
            (r"/whip", SessionsHandler, {**shared, "plays": False}),
            (rf"/whip/{GROUP}", SessionsHandler, {**shared, "plays": False}),
            (r"/whep", SessionsHandler, {**shared, "plays": True}),
            (rf"/whep/{GROUP}", SessionsHandler, {**shared, "plays": True}),
            (rf"/wh(?:i|e)p/{GROUP}/([0-9a-f]{{16}})", SessionHandler, shared),
            (r"/metrics", MetricsHandler, shared),
        ],
        log_function=lambda handler: None,
    )


def serve(engine: Engine, port: int) -> tuple[HTTPServer, int]:
    """Listen on loopback; returns the server and its port (`port` 0 takes a free one)."""
    server = HTTPServer(application(engine), max_body_size=engine.limits.offer_bytes * 2)
    sockets = bind_sockets(port, "127.0.0.1")
    server.add_sockets(sockets)
    return server, int(sockets[0].getsockname()[1])
