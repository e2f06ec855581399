"""The operator's first page: today's counts, and who needs them."""

from webvisio_billing.application.overview import TIMEZONE, overview
from webvisio_billing.domain.periods import local_day
from webvisio_billing.web.frame import PageHandler


class HomePage(PageHandler):
    """`GET /`: what waits for the operator, by queue, then by contract."""

    async def get(self) -> None:
        web = self.web
        counts = await web.worker.run(overview, web.billing, web.clock)
        self.render_page(
            "home.html",
            section="today",
            is_section_page=True,
            now=counts.now,
            zone=TIMEZONE,
            counts=counts,
            waiting_documents=await web.papers.ask(web.documents.waiting_count),
            seller_problems=[
                f"seller.{name}" for name in await web.papers.ask(web.documents.seller_problems)
            ],
            local_day=local_day,
            done=self.get_query_argument("done", ""),
        )


class RetryPage(PageHandler):
    """`POST stuck/retry`: lets time pass at once for what was stuck, after the operator has mended its cause."""

    async def get(self) -> None:
        self.redirect(self.path(""))

    async def post(self) -> None:
        self.web.scheduler.nudge()
        self.redirect(self.path("") + "?done=retry_stuck#wv-main")
