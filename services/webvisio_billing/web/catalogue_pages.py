"""The operator's catalogue: plans, complementary services, exemptions and rates, edited by form.

A change is a new version; the page shows the newest and says which are older.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from webvisio_billing.application.catalogue import newest
from webvisio_billing.application.outcomes import Problem, ProblemKind
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.tables import LEGAL_RATES, STANDARD_RATES
from webvisio_billing.domain.terms import Formula
from webvisio_billing.web import intake
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.signalling import RefusalView

Since = TypeVar("Since")


class CataloguePage(PageHandler):
    """`GET catalogue`, `POST catalogue` with `do`: `plan`, `service`, `exemption` or `rate`."""

    async def get(self) -> None:
        await self._show()

    async def post(self) -> None:
        fields = self.fields()
        what = fields.get("do", "")
        outcome = await self._do(what, fields)
        if isinstance(outcome, DomainRefusal | Problem):
            await self._show(self.worded(outcome), what, fields)
            return
        self.redirect(self.path("catalogue") + f"?done={what}#wv-main")

    async def _do(self, what: str, fields: Mapping[str, str]) -> object:
        web = self.web
        ask = web.worker.run
        match what:
            case "plan":
                plan = intake.plan(fields)
                if isinstance(plan, Problem):
                    return plan
                return await ask(
                    lambda: web.catalogue.put_plan(
                        plan.name_fr,
                        plan.name_en,
                        plan.formula,
                        plan.room_minor,
                        plan.setup_minor,
                        self.actor,
                        plan_id=plan.plan_id,
                        is_offered=plan.is_offered,
                    )
                )
            case "service":
                service = intake.service(fields)
                if isinstance(service, Problem):
                    return service
                return await ask(
                    lambda: web.catalogue.put_service(
                        service.name_fr,
                        service.name_en,
                        service.net_minor,
                        self.actor,
                        service_id=service.service_id,
                        is_recurring=service.is_recurring,
                        is_offered=service.is_offered,
                    )
                )
            case "exemption":
                reference = intake.exemption(fields)
                if isinstance(reference, Problem):
                    return reference
                return await ask(web.catalogue.add_exemption, reference, self.actor)
            case "rate":
                return await ask(
                    web.catalogue.add_rate,
                    fields.get("rate_kind", ""),
                    fields.get("since", "").strip(),
                    fields.get("percent", ""),
                    self.actor,
                )
            case _:
                return Problem(ProblemKind.NOT_FOUND)

    async def _show(
        self, refusal: RefusalView | None = None, what: str = "", fields: Mapping[str, str] | None = None
    ) -> None:
        offer = await self.web.worker.run(self.web.catalogue.offer)
        self.render_page(
            "catalogue.html",
            section="catalogue",
            is_section_page=True,
            offer=offer,
            plans=newest(offer.plans),
            services=newest(offer.services),
            rates=[
                *((rate.kind, rate.since, rate.percent, "added") for rate in offer.rates),
                *(("vat", day.isoformat(), rate, "built_in") for day, rate in _newest_first(STANDARD_RATES)),
                *(("legal", half, rate, "built_in") for half, rate in _newest_first(LEGAL_RATES)),
            ],
            formulas=list(Formula),
            refusal=refusal,
            refused=what,
            fields=fields or {},
            done=self.get_query_argument("done", ""),
        )


def _newest_first(rates: Mapping[Since, Decimal]) -> list[tuple[Since, Decimal]]:
    return sorted(rates.items(), key=lambda item: str(item[0]), reverse=True)
