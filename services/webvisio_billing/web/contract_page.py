"""A contract's page: timeline, rooms and people, actions, invoices, journal.

Each action goes in two steps: its form, then a page that shows the result of a
rehearsal with its clause; only the confirmation is carried out, and only if
the contract has not moved on since.
"""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from webvisio_billing.application.hub import HubRefused, HubUnavailable
from webvisio_billing.application.outcomes import Problem, conflict, invalid
from webvisio_billing.application.views import ContractView, state_of
from webvisio_billing.domain.commands import Command, LiftBlock, Method, OpenBlock, OrderService
from webvisio_billing.domain.contract import preview as next_invoice
from webvisio_billing.domain.notices import notice_term
from webvisio_billing.domain.periods import local_day, notice_deadline
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Extra, Formula, Party
from webvisio_billing.web import contract_forms, intake
from webvisio_billing.web.contract_forms import form_groups
from webvisio_billing.web.data_pages import CONCERNED, story_of
from webvisio_billing.web.document_lines import document_lines
from webvisio_billing.web.frame import PageHandler
from webvisio_billing.web.intake import ContractAction
from webvisio_billing.web.timeline import timeline
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId, Role, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView

CLAUSE_OF_REASON: Final = {
    BlockReason.UNPAID: "6.4",
    BlockReason.ILLEGAL_CONTENT: "5.5",
    BlockReason.FRAUD: "5.4",
    BlockReason.MAINTENANCE: "4.3",
}
_CLAUSE_OF_ACTION: Final = {
    ContractAction.NOTICE: "3",
    ContractAction.WITHDRAW_NOTICE: "3",
    ContractAction.ADD_ROOM: "2.1",
    ContractAction.ORDER_DAY: "3",
    ContractAction.PAY: "6.3",
    **contract_forms.CLAUSES,
}


class ContractShower(PageHandler):
    """Shows a contract's page: timeline, rooms and people, actions, invoices, journal."""

    async def show(
        self,
        contract_id: ContractId,
        refusal: RefusalView | None = None,
        fields: Mapping[str, str] | None = None,
        action: str = "",
    ) -> None:
        """Render the page, with a refused form filled in again where there is one."""
        web = self.web
        file = self.found(await web.worker.run(web.billing.contract, contract_id))
        view, contract = file.view, file.view.contract
        rooms = []
        for room in contract.rooms:
            members = await web.worker.run(web.billing.customers.members, room.room_id)
            rooms.append((room, members, await web.room_links.link(room.room_id)))
        offer = await web.worker.run(web.catalogue.offer)
        happened = [recorded.event for recorded in file.journal]
        deadline = None
        if contract.formula is Formula.MONTH and contract.ends_at is None and contract.lifecycle.is_live:
            term = notice_term(contract, view.now)
            deadline = notice_deadline(term, contract.terms.notice_days, contract.timezone)
        data_story = story_of(file) if contract.lifecycle in CONCERNED else None
        data_state = None
        if data_story is not None and data_story.chosen is not None:
            data_state = await web.returning.state(view.customer.customer_id)
        self.render_page(
            "contract.html",
            data_story=data_story,
            data_state=data_state,
            view=view,
            contract=contract,
            state=state_of(view),
            timeline=timeline(view, happened),
            rooms=rooms,
            journal=list(reversed(happened)),
            lines=document_lines(await web.papers.ask(web.documents.listed, contract_id), contract, happened),
            seller_problems=[
                f"seller.{name}" for name in await web.papers.ask(web.documents.seller_problems)
            ],
            has_next_invoice=next_invoice(contract) is not None,
            audit=await web.worker.run(web.billing.actions, contract_id),
            deadline=deadline,
            forms=_forms(view),
            groups=form_groups(view, self.words, offer.offered_services, happened),
            reasons=[
                (r, CLAUSE_OF_REASON[r]) for r in BlockReason if r not in {b.reason for b in contract.blocks}
            ],
            roles=list(Role),
            methods=list(Method),
            parties=list(Party),
            tomorrow=local_day(view.now + timedelta(days=1), contract.timezone),
            payment_key=uuid.uuid4().hex[:12],
            people_are_settled=web.people.is_settled,
            refusal=refusal,
            refused_action=action,
            fields=fields or {},
            done=self.get_query_argument("done", ""),
        )


class ContractPage(ContractShower):
    """`GET contracts/ID`."""

    async def get(self, contract_id: str) -> None:
        await self.show(ContractId(self.identifier(contract_id)))


class ContractActionPage(ContractShower):
    """`POST contracts/ID/act`: `step=preview` shows the result, `step=confirm` carries it out."""

    async def get(self, contract_id: str) -> None:
        self.redirect(self.path("contracts", self.identifier(contract_id)))

    async def post(self, contract_id: str) -> None:
        name = ContractId(self.identifier(contract_id))
        action = self.wanted(intake.action(self.get_body_argument("action", "")))
        fields = self.fields()
        if action is ContractAction.ORDER_SERVICE and "label" not in fields:
            command = await self._ordered_service(fields)
        else:
            command = intake.command(action, fields, self.actor)
        if isinstance(command, Problem):
            await self.show(name, self.worded(command), fields, action)
        elif self.get_body_argument("step", "") == "confirm":
            await self._carry_out(name, action, command, fields)
        else:
            await self._rehearse(name, action, command, fields)

    async def _ordered_service(self, fields: Mapping[str, str]) -> Command | Problem:
        """Take a service of the catalogue in the version that was chosen, while it is still offered."""
        offer = await self.web.worker.run(self.web.catalogue.offer)
        chosen = next((s for s in offer.offered_services if s.reference == fields.get("offered")), None)
        if chosen is None:
            return invalid("offered", "not_in_catalogue")
        return OrderService(extra=Extra(chosen.name_fr, chosen.net_minor, chosen.is_recurring))

    async def _rehearse(
        self, contract_id: ContractId, action: ContractAction, command: Command, fields: dict[str, str]
    ) -> None:
        preview = await self.web.worker.run(self.web.billing.preview, contract_id, command)
        if isinstance(preview, DomainRefusal | Problem):
            await self.show(contract_id, self.worded(preview), fields, action)
            return
        self.render_page(
            "confirm_action.html",
            preview=preview,
            action=action.value,
            clause=clause_of(action, command),
            fields=fields,
            state_of=state_of,
            sequence=preview.before.sequence,
        )

    async def _carry_out(
        self, contract_id: ContractId, action: ContractAction, command: Command, fields: dict[str, str]
    ) -> None:
        seen = self.get_body_argument("sequence", "")
        sequence = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        if sequence is None:
            await self.show(contract_id, self.worded(conflict("contract_moved_on")), fields, action)
            return
        done = await self.web.worker.run(self.web.billing.execute, contract_id, command, self.actor, sequence)
        if isinstance(done, DomainRefusal | Problem):
            await self.show(contract_id, self.worded(done), fields, action)
            return
        self.web.measures.actions.labels(action.value).inc()
        self.redirect(self.path("contracts", contract_id) + f"?done={action.value}#wv-main")


def clause_of(action: ContractAction, command: Command) -> str:
    """Name the clause that an action stands on."""
    match command:
        case OpenBlock() | LiftBlock():
            return CLAUSE_OF_REASON[command.reason]
        case _:
            return _CLAUSE_OF_ACTION[action]


def _forms(view: ContractView) -> list[ContractAction]:
    """List the actions that make sense now; what the rules refuse is still said by clause."""
    contract = view.contract
    forms = []
    if contract.lifecycle.is_live and len(contract.blocks) < len(BlockReason):
        forms.append(ContractAction.SUSPEND)
    if contract.blocks:
        forms.append(ContractAction.LIFT)
    if contract.lifecycle.is_live:
        forms.append(ContractAction.ADD_ROOM)
        if contract.formula is Formula.DAY:
            forms.append(ContractAction.ORDER_DAY)
        else:
            forms.append(ContractAction.NOTICE)
            if contract.endings:
                forms.append(ContractAction.WITHDRAW_NOTICE)
    if contract.lifecycle not in (Lifecycle.CLOSED, Lifecycle.DRAFT):
        forms.append(ContractAction.PAY)
    return forms


# ---- people ----------------------------------------------------------------------------


class MembersPage(ContractShower):
    """`POST contracts/ID/rooms/ROOM/members`: gives a role (`do=add`), takes it away, or invites."""

    async def get(self, contract_id: str, room_id: str) -> None:
        self.redirect(self.path("contracts", self.identifier(contract_id)))

    async def post(self, contract_id: str, room_id: str) -> None:
        name, room = ContractId(self.identifier(contract_id)), RoomId(self.identifier(room_id))
        file = self.found(await self.web.worker.run(self.web.billing.contract, name))
        self.found(next((r for r in file.view.contract.rooms if r.room_id == room), None))
        fields = self.fields()
        match fields.get("do", ""):
            case "add":
                await self._add(name, room, fields)
            case "remove":
                await self._remove(name, room, fields)
            case "invite":
                await self._invite(name, room, fields)
            case _:
                self.deny(Refusal(RefusalCode.NOT_FOUND))

    async def _add(self, contract_id: ContractId, room_id: RoomId, fields: dict[str, str]) -> None:
        wish = intake.member(fields, room_id)
        if isinstance(wish, Problem):
            await self.show(contract_id, self.worded(wish), fields, f"add_member-{room_id}")
            return
        self.wanted(await self.web.worker.run(self.web.billing.customers.give_role, wish, self.actor))
        self.web.people.nudge()
        self.redirect(self.path("contracts", contract_id) + "?done=add_member#rooms")

    async def _remove(self, contract_id: ContractId, room_id: RoomId, fields: dict[str, str]) -> None:
        name = fields.get("username", "")
        self.wanted(
            await self.web.worker.run(self.web.billing.customers.take_role, room_id, name, self.actor)
        )
        self.web.people.nudge()
        self.redirect(self.path("contracts", contract_id) + "?done=remove_member#rooms")

    async def _invite(self, contract_id: ContractId, room_id: RoomId, fields: dict[str, str]) -> None:
        name = fields.get("username", "")
        members = await self.web.worker.run(self.web.billing.customers.members, room_id)
        self.found(next((m for m in members if m.username == name), None))
        try:
            await self.web.people.reconcile()
            invitation = await self.web.hub.invite(name)
        except (HubUnavailable, HubRefused):
            await self.show(contract_id, self.worded(conflict("hub_unavailable")))
            return
        if invitation is None:
            await self.show(contract_id, self.worded(conflict("no_invitations")))
            return
        self.render_page(
            "invitation.html",
            contract_id=contract_id,
            person=name,
            invitation=invitation,
            zone="Europe/Paris",
        )
