"""In which language the person behind a request reads: cookie, then browser, then French.

JupyterHub hands some of the authenticator's hooks no request; `reading` keeps
the language of the login at hand for them, in a context variable.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from tornado.web import RequestHandler

from webvisio_protocol.refusals import choose_locale
from webvisio_protocol.signalling import Locale

LOCALE_COOKIE: Final = "webvisio-locale"

_current: ContextVar[Locale] = ContextVar("webvisio_locale", default="fr")


def locale_of(handler: RequestHandler | None) -> Locale:
    """Read the language off a request; without one, that of the login under way."""
    if handler is None:
        return _current.get()
    return choose_locale(handler.get_cookie(LOCALE_COOKIE), handler.request.headers.get("Accept-Language"))


@contextmanager
def reading(handler: RequestHandler) -> Iterator[None]:
    """Keep the language of `handler`'s reader for what runs inside."""
    token = _current.set(locale_of(handler))
    try:
        yield
    finally:
        _current.reset(token)
