"""The operator's first page: today's counts, and who needs them."""

from collections.abc import Sequence
from typing import Final

from webvisio_billing.application.overview import TIMEZONE, overview
from webvisio_billing.application.run import Stuck, StuckCode
from webvisio_billing.application.views import Urgency
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.identifiers import ContractId

MAX_URGENT_SHOWN: Final = 50


class HomePage(PageHandler):
    """`GET /`: what waits for the operator, by queue, then by contract."""

    async def get(self) -> None:
        web = self.web
        counts = await web.worker.run(overview, web.billing, web.clock)
        views, broken = await web.worker.run(web.billing.readable_contracts)
        urgent = [view for view in views if view.urgency is not Urgency.NONE]
        self.render_page(
            "home.html",
            section="today",
            is_section_page=True,
            now=counts.now,
            zone=TIMEZONE,
            counts=counts,
            stuck=_all_stuck(web.scheduler.stuck, broken),
            waiting_documents=await web.papers.ask(web.documents.waiting_count),
            seller_problems=[
                f"seller.{name}" for name in await web.papers.ask(web.documents.seller_problems)
            ],
            urgent=urgent[:MAX_URGENT_SHOWN],
            more_urgent=max(0, len(urgent) - MAX_URGENT_SHOWN),
            has_customers=bool(await web.worker.run(web.billing.customers)),
            done=self.get_query_argument("done", ""),
        )


def _all_stuck(by_time: Sequence[Stuck], broken: Sequence[ContractId]) -> list[Stuck]:
    """Join what time does not pass for with what cannot even be read, each contract once."""
    told = {one.contract_id for one in by_time}
    unread = (Stuck(name, StuckCode.JOURNAL_BROKEN, "") for name in broken if name not in told)
    return [*by_time, *unread]


class RetryPage(PageHandler):
    """`POST stuck/retry`: lets time pass at once for what was stuck, after the operator has mended its cause."""

    async def get(self) -> None:
        self.redirect(self.path(""))

    async def post(self) -> None:
        self.web.scheduler.nudge()
        self.redirect(self.path("") + "?done=retry_stuck#wv-main")
