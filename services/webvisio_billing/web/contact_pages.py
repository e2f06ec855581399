"""The operator's form for a customer's contacts: who may log in, see and pay."""

from webvisio_billing.application.hub import HubRefused, HubUnavailable
from webvisio_billing.application.outcomes import Problem, conflict
from webvisio_billing.storage.contacts import Contact
from webvisio_billing.web import intake
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.identifiers import CustomerId
from webvisio_protocol.refusals import Refusal, RefusalCode


class ContactsPage(PageHandler):
    """`POST customers/ID/contacts`: adds (`do=add`), removes or invites a contact."""

    async def get(self, customer_id: str) -> None:
        self.redirect(self.path("customers", self.identifier(customer_id)))

    async def post(self, customer_id: str) -> None:
        web, fields = self.web, self.fields()
        customer = CustomerId(self.identifier(customer_id))
        self.found(await web.worker.run(web.billing.customers.find, customer))
        username = intake.username(fields)
        if isinstance(username, Problem):
            self.deny(username)
        match fields.get("do", ""):
            case "add":
                self.wanted(await web.worker.run(web.contacts.add, customer, username, self.actor))
            case "remove":
                self.wanted(await web.worker.run(web.contacts.remove, customer, username, self.actor))
            case "invite":
                await self._invite(customer, username)
                return
            case _:
                self.deny(Refusal(RefusalCode.NOT_FOUND))
        web.people.nudge()
        self.redirect(self.path("customers", customer) + f"?done={fields['do']}_contact#contacts-title")

    async def _invite(self, customer: CustomerId, username: str) -> None:
        web = self.web
        known: list[Contact] = await web.worker.run(web.contacts.of, customer)
        self.found(next((contact for contact in known if contact.username == username), None))
        try:
            await web.people.reconcile()
            invitation = await web.hub.invite(username)
        except (HubUnavailable, HubRefused):
            self.deny(conflict("hub_unavailable"))
        if invitation is None:
            self.deny(conflict("no_invitations"))
        self.render_page(
            "invitation.html",
            contract_id="",
            back=self.path("customers", customer),
            person=username,
            invitation=invitation,
            zone="Europe/Paris",
        )
