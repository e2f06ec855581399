"""Puts the hub's pages into the reader's language, without copying them.

JupyterHub has no translations. This Jinja extension replaces known English
phrases in the hub's own templates, as they are compiled, by calls that choose
the words by the reader of each page; a phrase that an upgrade moves stays
English, and a test says so. Our own templates call `words(key)`.

The language is that of the request: `static_url`, which the hub gives to every
template, is a method of the request's handler. A service that renders these
templates itself gives a method of its own handler, or says `reader_locale`.
"""

from typing import Any, Final

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from jupyterhub._data import DATA_FILES_PATH
from markupsafe import Markup
from tornado.web import RequestHandler

from webvisio_hub.pages.phrases import HUB_PHRASES, WORDS
from webvisio_hub.reader import locale_of
from webvisio_protocol.refusals import phrase, set_in_french
from webvisio_protocol.signalling import Locale, RefusalView

HUB_TEMPLATES: Final = f"{DATA_FILES_PATH}/templates/"


class Localised(Extension):
    """Gives templates `locale()`, `words(key)`, `refusal()` and `here()`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(
            locale=locale_in, words=words_in, hub_words=hub_words_in, refusal=refusal_in, here=here_in
        )

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if filename is None or not filename.startswith(HUB_TEMPLATES):
            return source
        template = filename.removeprefix(HUB_TEMPLATES)
        for number, (where, english, _) in enumerate(HUB_PHRASES):
            if where == template:
                source = source.replace(english, _call(number, english))
        return source


def _call(number: int, english: str) -> str:
    """Write the call that replaces a phrase, with the marks of HTML around it kept."""
    call = f"{{{{ hub_words({number}) }}}}"
    before, after = _marks(english)
    return f"{before}{call}{after}"


def _marks(english: str) -> tuple[str, str]:
    """Split off what surrounds the words proper: `>Home<` keeps its brackets."""
    before = english[: len(english) - len(english.lstrip(_MARKS))]
    after = english[len(english.rstrip(_MARKS)) :]
    return before, after


_MARKS: Final = "<>=\"'"


@pass_context
def locale_in(context: Context) -> Locale:
    """The language of the page's reader."""
    if (said := context.get("reader_locale")) in ("fr", "en"):
        return "fr" if said == "fr" else "en"
    return locale_of(handler_in(context))


@pass_context
def words_in(context: Context, key: str, **values: str) -> str:
    """Our own words for `key`."""
    english, french = WORDS[key]
    if locale_in(context) != "fr":
        return english.format_map(values)
    return set_in_french(french.format_map(values))


@pass_context
def hub_words_in(context: Context, number: int) -> Markup:
    """The hub's words, French where the reader wants it. Texts of ours: trusted."""
    _, english, french = HUB_PHRASES[number]
    text = set_in_french(french) if locale_in(context) == "fr" else english.strip(_MARKS)
    return Markup(text)  # noqa: S704 - a constant of this package


@pass_context
def refusal_in(context: Context) -> RefusalView | None:
    """Why this page refuses, if it does: the exception's refusal, or that of a session cut short."""
    if (view := getattr(context.get("exception"), "refusal_view", None)) is not None:
        return view if isinstance(view, RefusalView) else None
    refusal = getattr(handler_in(context), "webvisio_refusal", None)
    return None if refusal is None else phrase(refusal, locale_in(context))


@pass_context
def here_in(context: Context) -> str:
    """The address of this page, to come back to."""
    handler = handler_in(context)
    if handler is None or handler.request.uri is None:
        return ""
    return handler.request.uri if handler.request.method == "GET" else handler.request.path


def handler_in(context: Context) -> RequestHandler | None:
    """The request's handler, by its method that the hub puts into every template."""
    owner: Any = getattr(context.get("static_url"), "__self__", None)
    return owner if isinstance(owner, RequestHandler) else None
