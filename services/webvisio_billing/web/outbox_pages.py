"""The pages of the outbox: what was sent, what waits, and what needs somebody.

A letter can be read and saved as it goes out, so that an operator without a
mail server sends it by hand; what was given up is tried again at a click.
"""

from typing import Final

from webvisio_billing.storage.outbox import State
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.refusals import Refusal, RefusalCode

STATES: Final = tuple(State)


class OutboxPage(PageHandler):
    """`GET outbox`: the newest messages; `?state=` chooses."""

    async def get(self) -> None:
        web = self.web
        chosen = self.get_query_argument("state", "")
        state = State(chosen) if chosen in STATES else None
        counts, messages = await web.worker.run(web.courier.page, state)
        self.render_page(
            "outbox.html",
            section="outbox",
            is_section_page=True,
            counts=counts,
            messages=messages,
            state=state,
            states=STATES,
            timezone="Europe/Paris",
            is_by_hand=web.is_mail_by_hand,
            done=self.get_query_argument("done", ""),
        )


class MessageHandler(PageHandler):
    """A page about one message."""

    def message(self, text: str) -> int:
        """Read the number of a message out of a path."""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.deny(Refusal(RefusalCode.NOT_FOUND))
        return int(text)


class LetterFile(MessageHandler):
    """`GET outbox/ID/letter.eml`: a letter, to be opened in a mail program."""

    async def get(self, message_id: str) -> None:
        web = self.web
        letter = self.found(await web.worker.run(web.courier.letter, self.message(message_id)))
        self.set_header("Content-Type", "message/rfc822")
        self.set_header("Content-Disposition", f'attachment; filename="letter-{message_id}.eml"')
        self.finish(letter)


class RevivePage(MessageHandler):
    """`POST outbox/ID/retry`: lets a message that was given up be tried again."""

    async def get(self, message_id: str) -> None:
        self.redirect(self.path("outbox"))

    async def post(self, message_id: str) -> None:
        web = self.web
        if not await web.worker.run(web.courier.revive, self.message(message_id), self.actor):
            self.deny(Refusal(RefusalCode.NOT_FOUND))
        web.deliverer.nudge()
        self.redirect(self.path("outbox?done=message_revived#wv-main"))
