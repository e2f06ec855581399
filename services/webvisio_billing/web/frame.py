"""What every page of *Contracts* shares: the hub's frame, forms, and refusals shown as pages."""

import json
from contextlib import suppress
from typing import Final, Self

from tornado.web import Finish

from webvisio_billing.application.hub import HubRefused, HubUnavailable
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_billing.web.base import BaseHandler, Denied, Gate
from webvisio_billing.web.catalogue import CATALOGUE
from webvisio_protocol.identifiers import CustomerId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView

DONE: Final = frozenset(key.removeprefix("done_") for key in CATALOGUE if key.startswith("done_"))
"""What a page may say was done, as its address tells it."""
_FORM_FIELDS: Final = ("_xsrf", "action", "sequence", "step")
POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)


class WrongField(str):
    """The name of the field that a refusal is about, which also tells why: said beside it, not only above."""

    message: str

    def __new__(cls, name: str, message: str) -> Self:
        made = super().__new__(cls, name)
        made.message = message
        return made


class PageHandler(BaseHandler):
    """A page: rendered in the hub's look, refusals included."""

    hub_has_passwords = False
    """Whether the bar leads to the page where one changes one's password, as the hub's own does."""

    async def prepare(self) -> None:
        await super().prepare()
        if self.identity is not None and self.request.method in ("GET", "POST"):
            with suppress(HubUnavailable, HubRefused):
                self.hub_has_passwords = await self.web.hub.has_passwords()

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", POLICY)

    def ask_to_log_in(self) -> None:
        if self.request.method == "GET":
            self.redirect(self.get_login_url())
            raise Finish
        super().ask_to_log_in()

    def hub_static_url(self, path: str, include_version: bool = True) -> str:
        """Give the address of a static file of the hub, as its templates ask for it."""
        return f"{self.hub_auth.hub_prefix}static/{path}"

    def render_page(self, page: str, **context: object) -> None:
        """Render one of our templates with what the hub's own need."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        refusal = context.get("refusal")
        if context.get("wrong") and isinstance(refusal, RefusalView):
            context["wrong"] = WrongField(str(context["wrong"]), refusal.message)
        self.finish(self.web.look.render(page, {**self._frame(), **context}))

    def _frame(self) -> dict[str, object]:
        hub = self.hub_auth.hub_prefix
        identity = self.identity
        scopes = set(identity.scopes) if identity else set()
        if identity and identity.is_admin:
            scopes |= {"admin-ui", "custom:webvisio:contracts:admin"}
        user = None if identity is None else _HubUser(identity.name)
        return {
            "base_url": hub,
            "prefix": hub.removesuffix("hub/"),
            "logo_url": f"{hub}home",
            "login_url": f"{hub}login",
            "logout_url": f"{hub}logout",
            "static_url": self.hub_static_url,
            "version_hash": "",
            "user": user,
            "no_spawner_check": True,
            "parsed_scopes": scopes,
            "authenticator_has_passwords": self.hub_has_passwords,
            "has_account": bool(identity and identity.customers),
            "bar_section": "account" if self.gate is Gate.CONTACTS else "contracts",
            "services": [],
            "admin_access": False,
            "announcement": "",
            "xsrf_token": self._form_token() if identity else "",
            "reader_locale": self.language,
            "say": self.words,
            "home": self.web.prefix,
            "done_known": DONE,
        }

    def _form_token(self) -> str:
        token: bytes = self.xsrf_token
        return token.decode("ascii")

    def write_refusal(self, view: RefusalView, status: int) -> None:
        if "text/html" not in self.request.headers.get("Accept", "text/html"):
            super().write_refusal(view, status)
            return
        self.render_page("refusal.html", refusal=view)

    # ---- forms -----------------------------------------------------------------------

    def fields(self) -> dict[str, str]:
        """Read the form's own fields; of a repeated one, the last counts."""
        names = [name for name in self.request.body_arguments if name not in _FORM_FIELDS]
        return {name: self.get_body_argument(name, "") for name in names}

    def path(self, *parts: str) -> str:
        """Give an address of this service."""
        return self.web.prefix + "/".join(parts)

    async def customer(self, customer_id: str) -> CustomerRecord:
        """Find the customer whom the address names, or say that there is none."""
        name = CustomerId(self.identifier(customer_id))
        return self.found(await self.web.worker.run(self.web.billing.customers.find, name))

    def worded(self, outcome: Refusal | DomainRefusal | Problem) -> RefusalView:
        """Word a refusal to be shown above the form it is about."""
        view = self.words.refusal(outcome)
        self.web.measures.refusals.labels(view.code).inc()
        self.set_status(outcome.status if not isinstance(outcome, Problem) else 400)
        return view


class NotFound(PageHandler):
    """Every path that is none of ours: a page for a browser, problem details for a program."""

    gate = Gate.ANYBODY

    async def prepare(self) -> None:
        if self._is_for_a_browser():
            with suppress(Denied):  # whoever is known keeps their bar
                self.identity = await self._identify()
        self.deny(Refusal(RefusalCode.NOT_FOUND))

    def write_refusal(self, view: RefusalView, status: int) -> None:
        if self._is_for_a_browser():
            super().write_refusal(view, status)
        else:
            self.answer_problem(view, status)

    def _is_for_a_browser(self) -> bool:
        return "text/html" in self.request.headers.get("Accept", "")


class _HubUser:
    """What the hub's templates ask of a user."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.json_escaped_name = json.dumps(name).replace("<", "\\u003c")[1:-1]
