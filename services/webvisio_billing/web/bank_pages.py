"""The pages of bank statements: upload, the queue of what is uncertain, and all entries.

An entry is assigned in two steps, like every change of a contract: its effect
is rehearsed and shown first (clause 6.3).
"""

from collections.abc import Mapping
from typing import Final

from webvisio_billing.application.bank import TIMEZONE, Imported
from webvisio_billing.application.outcomes import Problem, ProblemKind, invalid
from webvisio_billing.application.views import state_of
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.payments.statements import MAX_STATEMENT_BYTES, Unreadable
from webvisio_billing.storage import statements
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.identifiers import ContractId
from webvisio_protocol.signalling import RefusalView

MAX_CONTRACTS_OFFERED: Final = 500
_FORM_OVERHEAD_BYTES: Final = 64 * 1024


class BankShower(PageHandler):
    """Shows the page of payments, with what was just refused or imported."""

    async def show(
        self,
        refusal: RefusalView | None = None,
        *,
        entry_id: int = 0,
        checkout_id: str = "",
        fields: Mapping[str, str] | None = None,
        faults: tuple[str, ...] = (),
        imported: Imported | None = None,
    ) -> None:
        """Render the page."""
        web = self.web
        chosen = self.get_query_argument("state", "")
        state = chosen if chosen in statements.STATES else None
        before = self.get_query_argument("before", "")
        is_number = before.isascii() and before.isdigit() and len(before) < 12
        queue = await web.worker.run(web.bank.page, statements.QUEUED, None)
        page = await web.worker.run(web.bank.page, state, int(before) if is_number else None)
        views = [] if not queue.entries else await web.worker.run(web.billing.contracts)
        offered = [view for view in views if view.contract.lifecycle is not Lifecycle.CLOSED]
        offered.sort(key=lambda view: view.contract.balance_minor <= 0)
        self.render_page(
            "bank.html",
            section="payments",
            is_section_page=True,
            queue=queue,
            listed=page,
            state=state,
            states=statements.STATES,
            offered=offered[:MAX_CONTRACTS_OFFERED],
            refusal=refusal,
            refused_entry=entry_id,
            fields=fields or {},
            faults=faults,
            imported=imported,
            mismatches=await web.checkouts.mismatches(),
            returns=await web.checkouts.returns.newest(),
            refused_checkout=checkout_id,
            zone=TIMEZONE,
            done=self.get_query_argument("done", ""),
        )


class BankPage(BankShower):
    """`GET payments`."""

    async def get(self) -> None:
        await self.show()


class ImportPage(BankShower):
    """`POST payments/import`: a statement file, imported whole or refused whole."""

    max_body_bytes = MAX_STATEMENT_BYTES + _FORM_OVERHEAD_BYTES

    async def get(self) -> None:
        self.redirect(self.path("payments"))

    async def post(self) -> None:
        files = self.request.files.get("statement", [])
        if not files or not files[0].body:
            await self.show(self.worded(invalid("statement", "file_needed")))
            return
        done = await self.web.worker.run(self.web.bank.import_statement, files[0].body, self.actor)
        if isinstance(done, Unreadable):
            self.set_status(400)
            await self.show(faults=self.words.faults(done))
            return
        self.web.measures.actions.labels("import_statement").inc()
        await self.show(imported=done)


class EntryPage(BankShower):
    """`POST payments/entries/ID`: assigns a queued entry (`do=assign`), or sets it aside."""

    async def get(self, entry_id: str) -> None:
        self.redirect(self.path("payments"))

    async def post(self, entry_id: str) -> None:
        if not (entry_id.isascii() and entry_id.isdigit() and len(entry_id) < 12):
            self.found(None)
        number, fields = int(entry_id), self.fields()
        if fields.get("do") == "set_aside":
            aside = await self.web.worker.run(
                self.web.bank.set_aside, number, fields.get("remark", "")[:500], self.actor
            )
            await self._finish(number, aside, fields, "set_aside")
        elif self.get_body_argument("step", "") == "confirm":
            paid = await self.web.worker.run(
                self.web.bank.assign,
                number,
                ContractId(fields.get("contract", "").strip()),
                fields.get("invoice", "").strip(),
                self.actor,
            )
            await self._finish(number, paid, fields, "assign")
        else:
            await self._rehearse(number, fields)

    async def _finish(self, number: int, outcome: object, fields: Mapping[str, str], done: str) -> None:
        if isinstance(outcome, DomainRefusal | Problem):
            await self.show(self.worded(outcome), entry_id=number, fields=fields)
            return
        self.web.measures.actions.labels(done).inc()
        self.redirect(self.path("payments") + f"?done={done}#wv-main")

    async def _rehearse(self, number: int, fields: dict[str, str]) -> None:
        web = self.web
        found = await web.worker.run(
            web.bank.rehearse,
            number,
            ContractId(fields.get("contract", "").strip()),
            fields.get("invoice", "").strip(),
        )
        if isinstance(found, DomainRefusal | Problem):
            await self.show(self.worded(found), entry_id=number, fields=fields)
            return
        self.render_page(
            "confirm_action.html",
            section="payments",
            preview=found,
            action="assign",
            clause="6.3",
            fields=fields,
            state_of=state_of,
            sequence=found.before.sequence,
            back=self.path("payments"),
        )


class MismatchPage(BankShower):
    """`POST payments/checkouts/ID`: the operator says what was done about an online payment that did not match."""

    async def get(self, checkout_id: str) -> None:
        self.redirect(self.path("payments"))

    async def post(self, checkout_id: str) -> None:
        fields = self.fields()
        settled = await self.web.checkouts.settle(checkout_id, fields.get("remark", "")[:500], self.actor)
        if isinstance(settled, DomainRefusal | Problem):
            if isinstance(settled, Problem) and settled.kind is ProblemKind.NOT_FOUND:
                self.deny(settled)
            await self.show(self.worded(settled), checkout_id=checkout_id, fields=fields)
            return
        self.web.measures.actions.labels("settle_checkout").inc()
        self.redirect(self.path("payments") + "?done=settle_checkout#wv-main")
