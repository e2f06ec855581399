"""The list, customers and new contracts of *Contracts*, in the hub's control panel.

Plain forms; no script is needed. A new contract is rehearsed and shown before
it is confirmed, as is every change of one (`contract_page`).
"""

from collections.abc import Mapping
from functools import partial
from itertools import groupby
from typing import Final, TypeVar
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.web import StaticFileHandler

from webvisio_billing.application.bank import TIMEZONE
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.views import state_of
from webvisio_billing.documents.model import Layout
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.terms import CustomerKind, Formula, Prices
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_billing.storage.standings import MAX_IDLE_SHOWN, Order, State, Wish
from webvisio_billing.storage.standings import state_of as listed_state
from webvisio_billing.web import intake
from webvisio_billing.web.base import Gate
from webvisio_billing.web.document_pages import countries
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.signalling import RefusalView

Chosen = TypeVar("Chosen", State, Order)

# ---- the list --------------------------------------------------------------------------


PAGE_CONTRACTS: Final = 50
MAX_PAGE: Final = 100_000


class ListPage(PageHandler):
    """`GET contracts`: every contract by customer; `?q=` and `?state=` choose, `?sort=` orders, `?page=` goes on."""

    async def get(self) -> None:
        wish = Wish(
            query=self.get_query_argument("q", "").strip()[:64],
            state=_one_of(State, self.get_query_argument("state", "")),
            order=_one_of(Order, self.get_query_argument("sort", "").removeprefix("-")) or Order.CUSTOMER,
            is_reversed=self.get_query_argument("sort", "").startswith("-"),
        )
        asked = self.get_query_argument("page", "1")
        page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
        page = max(1, min(page, MAX_PAGE))
        found = await self.web.worker.run(self.web.billing.listed, wish, page, PAGE_CONTRACTS)
        self.render_page(
            "list.html",
            section="contracts",
            is_section_page=True,
            wish=wish,
            states=list(State),
            orders=Order,
            found=found,
            idle_shown=MAX_IDLE_SHOWN,
            customers=[
                (customer_id, list(rows))
                for customer_id, rows in groupby(found.rows, key=lambda one: one.customer_id)
            ],
            page_count=max(1, -(-found.found // PAGE_CONTRACTS)) if found.is_counted else None,
            state_of=listed_state,
            link=partial(_list_link, self.path("contracts"), wish),
            done=self.get_query_argument("done", ""),
        )


def _list_link(
    path: str, wish: Wish, page: int = 1, sort: Order | None = None, *, is_reversed: bool = False
) -> str:
    """Give the address of another page or order of a list; what was chosen stays chosen."""
    order = wish.order if sort is None else sort
    turned = wish.is_reversed if sort is None else is_reversed
    named = "" if order is Order.CUSTOMER and not turned else f"{'-' if turned else ''}{order.value}"
    fields = {
        "q": wish.query,
        "state": "" if wish.state is None else wish.state.value,
        "sort": named,
        "page": "" if page == 1 else str(page),
    }
    asked = urlencode({name: value for name, value in fields.items() if value})
    return f"{path}?{asked}" if asked else path


def _one_of(kind: type[Chosen], name: str) -> Chosen | None:
    return kind(name) if name in [one.value for one in kind] else None


# ---- customers -------------------------------------------------------------------------


class NewCustomerPage(PageHandler):
    """`GET|POST customers/new`."""

    async def get(self) -> None:
        self._show({}, None)

    async def post(self) -> None:
        fields = self.fields()
        wish = intake.customer(fields)
        if not isinstance(wish, Problem):
            made = await self.web.worker.run(self.web.billing.customers.create, wish, self.actor)
            if isinstance(made, CustomerRecord):
                self.redirect(self.path("customers", made.customer_id) + "?done=customer#wv-main")
                return
            self._show(fields, self.worded(made), _field_of(made))
            return
        self._show(fields, self.worded(wish), wish.field)

    def _show(self, fields: Mapping[str, str], refusal: RefusalView | None, wrong: str = "") -> None:
        self.render_page(
            "new_customer.html",
            fields=fields,
            refusal=refusal,
            wrong=wrong,
            kinds=list(CustomerKind),
            countries=countries(self.language),
            layouts=list(Layout),
        )


class CustomerPage(PageHandler):
    """`GET customers/ID`."""

    async def get(self, customer_id: str) -> None:
        web = self.web
        customer = await self.customer(customer_id)
        name = customer.customer_id
        self.render_page(
            "customer.html",
            customer=customer,
            country=dict(countries(self.language)).get(customer.details.country, ""),
            contracts=await web.worker.run(web.billing.contracts, name),
            contacts=await web.worker.run(web.contacts.of, name),
            history=await web.worker.run(web.billing.customers.history, name),
            zone=TIMEZONE,
            state_of=state_of,
            done=self.get_query_argument("done", ""),
        )


def _field_of(refused: DomainRefusal | Problem) -> str:
    """Name the field of a form that a refusal is about; empty where it is about the whole."""
    return refused.field if isinstance(refused, Problem) else ""


# ---- a new contract --------------------------------------------------------------------


class NewContractPage(PageHandler):
    """`GET|POST customers/ID/contracts/new`: the form, its rehearsal, the confirmation."""

    async def get(self, customer_id: str) -> None:
        customer = await self.customer(customer_id)
        today = local_day(self.web.clock.now(), "Europe/Paris")
        await self._show(customer, {"formula": Formula.MONTH.value, "effective": today.isoformat()}, None)

    async def post(self, customer_id: str) -> None:
        customer = await self.customer(customer_id)
        web, fields = self.web, self.fields()
        wish = intake.contract(fields, customer.customer_id)
        if isinstance(wish, Problem):
            await self._show(customer, fields, self.worded(wish), wish.field)
            return
        if self.get_body_argument("step", "") != "confirm":
            rehearsed = await web.worker.run(web.billing.rehearse_contract, wish, self.actor)
            if isinstance(rehearsed, DomainRefusal | Problem):
                await self._show(customer, fields, self.worded(rehearsed), _field_of(rehearsed))
                return
            self.render_page(
                "confirm_contract.html", customer=customer, view=rehearsed, wish=wish, fields=fields
            )
            return
        made = await web.worker.run(web.billing.create_contract, wish, self.actor)
        if isinstance(made, DomainRefusal | Problem):
            await self._show(customer, fields, self.worded(made), _field_of(made))
            return
        web.people.nudge()
        web.measures.actions.labels("create_contract").inc()
        self.redirect(self.path("contracts", made) + "?done=contract#wv-main")

    async def _show(
        self,
        customer: CustomerRecord,
        fields: Mapping[str, str],
        refusal: RefusalView | None,
        wrong: str = "",
    ) -> None:
        self.render_page(
            "new_contract.html",
            customer=customer,
            fields=fields,
            refusal=refusal,
            wrong=wrong,
            formulas=list(Formula),
            prices=Prices(),
            offer=await self.web.worker.run(self.web.catalogue.offer),
        )


# ---- the rest --------------------------------------------------------------------------


class OAuthCallback(HubOAuthCallbackHandler, PageHandler):  # type: ignore[misc]  # JupyterHub ships no types
    """`GET oauth_callback`: ends the login with the hub."""

    gate = Gate.ANYBODY


class Styles(StaticFileHandler):
    """`GET static/...`: our style sheet; nothing secret."""

    gate = Gate.ANYBODY

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "max-age=3600")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")
