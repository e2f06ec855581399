"""The operator's first page: today's counts, and who needs them."""

from typing import Final

from webvisio_billing.application.overview import TIMEZONE, overview
from webvisio_billing.application.views import Urgency
from webvisio_billing.web.frame import PageHandler

MAX_URGENT_SHOWN: Final = 50


class HomePage(PageHandler):
    """`GET /`: what waits for the operator, by queue, then by contract."""

    async def get(self) -> None:
        web = self.web
        counts = await web.worker.run(overview, web.billing, web.clock)
        views = await web.worker.run(web.billing.contracts)
        urgent = [view for view in views if view.urgency is not Urgency.NONE]
        self.render_page(
            "home.html",
            section="today",
            is_section_page=True,
            now=counts.now,
            zone=TIMEZONE,
            counts=counts,
            stuck=web.scheduler.stuck,
            waiting_documents=await web.papers.ask(web.documents.waiting_count),
            seller_problems=[
                f"seller.{name}" for name in await web.papers.ask(web.documents.seller_problems)
            ],
            urgent=urgent[:MAX_URGENT_SHOWN],
            more_urgent=max(0, len(urgent) - MAX_URGENT_SHOWN),
            has_customers=bool(await web.worker.run(web.billing.customers)),
            done=self.get_query_argument("done", ""),
        )


class RetryPage(PageHandler):
    """`POST stuck/retry`: lets time pass at once for what was stuck, after the operator has mended its cause."""

    async def get(self) -> None:
        self.redirect(self.path(""))

    async def post(self) -> None:
        self.web.scheduler.nudge()
        self.redirect(self.path("") + "?done=retry_stuck#wv-main")
