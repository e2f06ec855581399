"""The customer's own pages: contracts, what is owed, invoices, online payment (clauses 6.1 and 6.3).

For the contacts of a customer, by their hub group, about that customer alone;
what belongs to another is not there. Paying stores the acceptance of the
terms before the gateway hears of it.
"""

import asyncio
from typing import Final

from webvisio_billing.application.checkouts import Begun, CheckoutState
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, invalid
from webvisio_billing.application.views import ContractView, state_of
from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.payments.gateway import GatewayRefused, OutcomeUnknown
from webvisio_billing.payments.paypal import MAX_EVENT_BYTES
from webvisio_billing.storage.checkouts import Checkout
from webvisio_billing.web.base import BaseHandler, Gate
from webvisio_billing.web.document_lines import document_lines
from webvisio_billing.web.document_pages import NUMBER, send_pdf
from webvisio_billing.web.frame import POLICY, PageHandler
from webvisio_protocol.identifiers import ContractId, CustomerId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView

MAX_EVENTS_AT_ONCE: Final = 4
"""Webhooks being verified; further ones are told to come again."""


class AccountHandler(PageHandler):
    """A page of a customer's contact."""

    gate = Gate.CONTACTS

    @property
    def customers(self) -> tuple[CustomerId, ...]:
        """Whose contact asks."""
        assert self.identity is not None, "only behind Gate.CONTACTS"
        return self.identity.customers

    async def show(
        self,
        refusal: RefusalView | None = None,
        *,
        refused_contract: str = "",
        outcome: Checkout | None = None,
    ) -> None:
        """Render the account, with what was just refused or paid."""
        web = self.web
        views: list[ContractView] = []
        for customer in self.customers:
            views += await web.worker.run(web.billing.contracts, customer)
        checkouts = {
            view.contract.contract_id: await web.checkouts.of_contract(view.contract.contract_id)
            for view in views
        }
        lines = {}
        for view in views:
            contract_id = view.contract.contract_id
            file = self.found(await web.worker.run(web.billing.contract, contract_id))
            listed = await web.papers.ask(web.documents.listed, contract_id)
            happened = [recorded.event for recorded in file.journal]
            lines[contract_id] = document_lines(listed, view.contract, happened)
        origin = web.checkouts.approval_origin
        if origin:
            # browsers hold the redirect that answers a form to form-action too
            self.set_header(
                "Content-Security-Policy",
                POLICY.replace("form-action 'self'", f"form-action 'self' {origin}"),
            )
        self.render_page(
            "account.html",
            section="account",
            views=views,
            checkouts=checkouts,
            lines=lines,
            transfer_account=await web.papers.ask(web.documents.transfer_account),
            state_of=state_of,
            can_pay_online=bool(origin),
            terms_of={
                view.contract.contract_id: await web.worker.run(
                    web.terms.text, view.contract.terms.version, view.contract.terms.sha256
                )
                for view in views
            },
            refusal=refusal,
            refused_contract=refused_contract,
            outcome=outcome,
        )

    async def own_contract(self, contract_id: str) -> ContractView:
        """Find one of the customer's own contracts; those of others are not there."""
        name = ContractId(self.identifier(contract_id))
        file = self.found(await self.web.worker.run(self.web.billing.contract, name))
        if file.view.customer.customer_id not in self.customers:
            self.deny(NOT_FOUND)
        return file.view


class AccountPage(AccountHandler):
    """`GET account`."""

    async def get(self) -> None:
        await self.show()


class TermsPage(AccountHandler):
    """`GET account/contracts/ID/terms`: the whole text that the contract names, to be read and printed."""

    async def get(self, contract_id: str) -> None:
        view = await self.own_contract(contract_id)
        terms = view.contract.terms
        text = await self.web.worker.run(self.web.terms.text, terms.version, terms.sha256)
        self.render_page(
            "account_terms.html",
            section="account",
            view=view,
            terms=terms,
            text=text,
            clauses=list(CLAUSES),
        )


class PayPage(AccountHandler):
    """`POST account/contracts/ID/pay`: accepts the terms, then goes to the gateway with what is due."""

    async def get(self, contract_id: str) -> None:
        self.redirect(self.path("account"))

    async def post(self, contract_id: str) -> None:
        view = await self.own_contract(contract_id)
        name, fields = view.contract.contract_id, self.fields()
        if fields.get("accepts") != "on":
            await self.show(self.worded(invalid("accepts", "needed")), refused_contract=name)
            return
        begun = await self.web.checkouts.begin(
            name, fields.get("terms_sha256", "")[:64], self.language, self.actor
        )
        if not isinstance(begun, Begun):
            await self.show(self.worded(begun), refused_contract=name)
            return
        self.web.measures.actions.labels("pay_online").inc()
        self.redirect(begun.approve_url, status=303)


class CheckoutReturn(AccountHandler):
    """`GET account/checkouts/ID/return` and `.../cancel`: where the gateway sends the payer back to."""

    async def get(self, checkout_id: str, how: str) -> None:
        ask = self.web.checkouts.come_back if how == "return" else self.web.checkouts.cancel
        outcome = await ask(checkout_id, self.customers)
        if isinstance(outcome, DomainRefusal | Problem):
            self.deny(outcome)
        if outcome.state == CheckoutState.PAID:
            self.web.measures.actions.labels("paid_online").inc()
        await self.show(outcome=outcome)


class AccountDocument(AccountHandler):
    """`GET account/contracts/ID/documents/NUMBER`: the PDF as it was issued."""

    async def get(self, contract_id: str, number: str) -> None:
        view = await self.own_contract(contract_id)
        if not NUMBER.fullmatch(number):
            self.deny(NOT_FOUND)
        web = self.web
        pdf = await web.papers.ask(web.documents.document_bytes, number, view.contract.contract_id)
        send_pdf(self, self.found(pdf), number, is_to_be_saved=True)


class WebhookHandler(BaseHandler):
    """`POST payments/paypal/webhook`: for PayPal alone, by its signature; anybody may knock."""

    gate = Gate.ANYBODY
    max_body_bytes = MAX_EVENT_BYTES
    _turns = asyncio.Semaphore(MAX_EVENTS_AT_ONCE)

    async def post(self) -> None:
        if self._turns.locked():
            self.deny(Refusal(RefusalCode.RATE_LIMITED))
        async with self._turns:
            try:
                is_heard = await self.web.checkouts.hear(self.request.headers, self.request.body)
            except (OutcomeUnknown, GatewayRefused):
                self.set_status(503)  # it was not verified: PayPal sends it again
                return
        if not is_heard:
            self.deny(Refusal(RefusalCode.FORBIDDEN))
        self.set_status(204)
