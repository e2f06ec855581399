"""Turns a `Refusal` into what JupyterHub raises and shows.

The words reach the person (`jupyterhub_message`, and `refusal_view` for our
templates); the log gets the code alone.
"""

from jupyterhub.spawner import SpawnException
from tornado.web import HTTPError

from webvisio_protocol.refusals import Refusal, phrase
from webvisio_protocol.signalling import Locale, RefusalView


class RefusedRequest(HTTPError):  # noqa: N818 - an outcome with a name of its own
    """A refusal of login, or of any page or API of ours in the hub."""

    def __init__(self, refusal: Refusal, locale: Locale) -> None:
        super().__init__(refusal.status, f"refused: {refusal.code.value}")
        self.refusal = refusal
        self.refusal_view = phrase(refusal, locale)
        self.jupyterhub_message = sentence(self.refusal_view)


class RefusedSpawn(SpawnException):  # type: ignore[misc]  # jupyterhub is untyped
    """A refusal of a server start."""

    def __init__(self, refusal: Refusal, locale: Locale) -> None:
        self.refusal = refusal
        self.refusal_view = phrase(refusal, locale)
        self.jupyterhub_message = sentence(self.refusal_view)
        super().__init__(
            self.jupyterhub_message,
            reason="contract",
            status_code=refusal.status,
        )
        self.log_message = f"refused: {refusal.code.value}"  # HTTPError would log the words


def sentence(view: RefusalView) -> str:
    """Put a refusal into one plain text, for what shows no more than a text."""
    clause = f" ({view.clause_text} — § {view.clause})" if view.clause else ""
    return f"{view.message}{clause} {view.remedy}"
