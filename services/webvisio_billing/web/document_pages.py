"""Documents on the web: the exact bytes, the next invoice as a pro-forma, and what customers' documents print.

A document belongs to a contract; under another one it is not found.
"""

import re
from collections.abc import Mapping
from typing import Final

from webvisio_billing.application.outcomes import Problem
from webvisio_billing.documents.model import Layout
from webvisio_billing.documents.parties import COUNTRIES
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_billing.web import intake
from webvisio_billing.web.api import ApiHandler
from webvisio_billing.web.base import BaseHandler
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.identifiers import ContractId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView

NUMBER: Final = re.compile(r"[ADF]\d{4}-\d{6}", re.ASCII)


def send_pdf(handler: BaseHandler, pdf: bytes, name: str, *, is_to_be_saved: bool) -> None:
    """Answer with a PDF, to be shown by the browser or saved under its name."""
    how = "attachment" if is_to_be_saved else "inline"
    handler.set_header("Content-Type", "application/pdf")
    handler.set_header("Content-Disposition", f'{how}; filename="{name}.pdf"')
    # a browser's own reader needs styles and scripts of its own; nobody may frame it
    handler.set_header("Content-Security-Policy", "frame-ancestors 'none'")
    handler.finish(pdf)


async def _document(handler: BaseHandler, contract_id: str, number: str) -> None:
    web = handler.web
    name = ContractId(handler.identifier(contract_id))
    if not NUMBER.fullmatch(number):
        handler.deny(Refusal(RefusalCode.NOT_FOUND))
    pdf = handler.found(await web.papers.ask(web.documents.document_bytes, number, name))
    send_pdf(handler, pdf, number, is_to_be_saved=bool(handler.get_query_argument("save", "")))


class DocumentFile(PageHandler):
    """`GET contracts/ID/documents/NUMBER`: the PDF; with `?save=1`, as a download."""

    async def get(self, contract_id: str, number: str) -> None:
        await _document(self, contract_id, number)


class NextInvoice(PageHandler):
    """`GET contracts/ID/next-invoice`: the pro-forma of the invoice that comes next."""

    async def get(self, contract_id: str) -> None:
        name = ContractId(self.identifier(contract_id))
        pdf = self.wanted(await self.web.papers.ask(self.web.documents.next_one, name))
        send_pdf(self, pdf, f"pro-forma-{name}", is_to_be_saved=False)


class DocumentsHandler(ApiHandler):
    """`GET api/contracts/ID/documents`: newest first; those without `made_at` wait."""

    async def get(self, contract_id: str) -> None:
        web = self.web
        name = ContractId(self.identifier(contract_id))
        self.found(await web.worker.run(web.billing.contract, name))
        self.answer(await web.papers.ask(web.documents.listed, name))


class DocumentHandler(ApiHandler):
    """`GET api/contracts/ID/documents/NUMBER`: the exact bytes."""

    async def get(self, contract_id: str, number: str) -> None:
        await _document(self, contract_id, number)


class EditCustomerPage(PageHandler):
    """`GET|POST customers/ID/edit`: who a customer is in law and in print."""

    async def get(self, customer_id: str) -> None:
        customer = await self.customer(customer_id)
        self._show(customer, _fields(customer), None)

    async def post(self, customer_id: str) -> None:
        customer = await self.customer(customer_id)
        fields = self.fields()
        wish = intake.changed_customer(fields, customer.customer_id)
        if isinstance(wish, Problem):
            self._show(customer, fields, self.worded(wish), wish.field)
            return
        changed = await self.web.worker.run(self.web.billing.customers.change, wish, self.actor)
        if not isinstance(changed, CustomerRecord):
            wrong = changed.field if isinstance(changed, Problem) else ""
            self._show(customer, fields, self.worded(changed), wrong)
            return
        self.redirect(self.path("customers", customer.customer_id) + "?done=customer_changed#wv-main")

    def _show(
        self,
        customer: CustomerRecord,
        fields: Mapping[str, str],
        refusal: RefusalView | None,
        wrong: str = "",
    ) -> None:
        self.render_page(
            "edit_customer.html",
            customer=customer,
            fields=fields,
            refusal=refusal,
            wrong=wrong,
            countries=countries(self.language),
            layouts=list(Layout),
        )


def countries(language: str) -> list[tuple[str, str]]:
    """List the countries where a customer may live, by name."""
    named = [(code, fr if language == "fr" else en) for code, (fr, en) in COUNTRIES.items()]
    return sorted(named, key=lambda pair: pair[1])


def _fields(customer: CustomerRecord) -> dict[str, str]:
    details = customer.details
    return {
        "name": customer.name,
        "siren": customer.siren or "",
        "contact_name": customer.contact_name,
        "contact_email": customer.contact_email,
        **{name: str(getattr(details, name)) for name in details.__struct_fields__},
    }
