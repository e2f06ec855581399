"""The JSON API of contracts, for scripts: the same use cases as the pages, without the rehearsal.

Authorised like the pages: a hub token (or cookie and XSRF token) of an admin
or of somebody with `custom:webvisio:contracts:admin`. Errors are problem
details (RFC 9457) with the fields of `RefusalView`.
"""

from datetime import datetime

import msgspec

from webvisio_billing.application.hub import HubRefused, HubUnavailable, Invitation
from webvisio_billing.application.outcomes import Problem, conflict, invalid
from webvisio_billing.application.views import ContractView, state_of
from webvisio_billing.storage.registry import CustomerRecord, Membership
from webvisio_billing.web import intake
from webvisio_billing.web.base import BaseHandler
from webvisio_billing.web.intake import ContractAction
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId


class ContractSummary(msgspec.Struct, frozen=True):
    """A contract as scripts see it; `sequence` is that of its newest event."""

    contract_id: str
    customer_id: str
    formula: str
    lifecycle: str
    state: str
    ends_at: datetime | None
    balance_minor: int
    sequence: int
    access: ContractAccess


class InvitationAnswer(msgspec.Struct, frozen=True):
    url: str
    expires_at: datetime


class ApiHandler(BaseHandler):
    """A call of the JSON API."""

    def fields(self) -> dict[str, str]:
        """Read a JSON object of texts (numbers and booleans are taken as their text)."""
        try:
            body = msgspec.json.decode(self.request.body or b"{}", type=dict[str, str | int | bool | None])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.deny(invalid("body", "not_json"))
        return {name: _text(value) for name, value in body.items() if value is not None}

    async def command(self, contract_id: str, action: ContractAction, fields: dict[str, str]) -> None:
        """Carry out a command on a contract and answer with its new state."""
        name = ContractId(self.identifier(contract_id))
        command = intake.command(action, fields, self.actor)
        if isinstance(command, Problem):
            self.deny(command)
        web = self.web
        done = self.wanted(await web.worker.run(web.billing.execute, name, command, self.actor))
        web.measures.actions.labels(action.value).inc()
        self.answer(summary(done))


def _text(value: str | int | bool) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def summary(view: ContractView) -> ContractSummary:
    """Sum a contract up."""
    contract = view.contract
    return ContractSummary(
        contract.contract_id,
        contract.customer_id,
        contract.formula.value,
        contract.lifecycle.value,
        state_of(view),
        contract.ends_at,
        contract.balance_minor,
        view.sequence,
        view.access,
    )


class CustomersHandler(ApiHandler):
    """`GET|POST api/customers`."""

    async def get(self) -> None:
        self.answer(await self.web.worker.run(self.web.billing.customers))

    async def post(self) -> None:
        wish = self.wanted(intake.customer(self.fields()))
        made: CustomerRecord = self.wanted(
            await self.web.worker.run(self.web.billing.create_customer, wish, self.actor)
        )
        self.answer(made, 201)


class ContractsHandler(ApiHandler):
    """`GET|POST api/contracts`: creating orders, accepts, and starts what is effective today."""

    async def get(self) -> None:
        views = await self.web.worker.run(self.web.billing.contracts)
        self.answer([summary(view) for view in views])

    async def post(self) -> None:
        web, fields = self.web, self.fields()
        customer_id = CustomerId(fields.get("customer_id", ""))
        wish = self.wanted(intake.contract(fields, customer_id))
        made = self.wanted(await web.worker.run(web.billing.create_contract, wish, self.actor, self.language))
        web.people.nudge()
        web.measures.actions.labels("create_contract").inc()
        file = self.found(await web.worker.run(web.billing.contract, made))
        self.answer(summary(file.view), 201)


class ContractHandler(ApiHandler):
    """`GET api/contracts/ID`."""

    async def get(self, contract_id: str) -> None:
        name = ContractId(self.identifier(contract_id))
        file = self.found(await self.web.worker.run(self.web.billing.contract, name))
        self.answer(summary(file.view))


class BlocksHandler(ApiHandler):
    """`POST api/contracts/ID/blocks` with `reason` and `evidence`: suspends."""

    async def post(self, contract_id: str) -> None:
        await self.command(contract_id, ContractAction.SUSPEND, self.fields())


class BlockHandler(ApiHandler):
    """`DELETE api/contracts/ID/blocks/REASON`: lifts."""

    async def delete(self, contract_id: str, reason: str) -> None:
        await self.command(contract_id, ContractAction.LIFT, {"reason": reason})


class NoticesHandler(ApiHandler):
    """`POST api/contracts/ID/notices` with `by`; `DELETE` takes one back, the other party agreeing."""

    async def post(self, contract_id: str) -> None:
        await self.command(contract_id, ContractAction.NOTICE, self.fields())

    async def delete(self, contract_id: str) -> None:
        fields = {"by": self.get_query_argument("by", ""), "is_agreed": "true"}
        await self.command(contract_id, ContractAction.WITHDRAW_NOTICE, fields)


class PaymentsHandler(ApiHandler):
    """`POST api/contracts/ID/payments` with `amount`, `method` and an idempotency `key`."""

    async def post(self, contract_id: str) -> None:
        await self.command(contract_id, ContractAction.PAY, self.fields())


class DaysHandler(ApiHandler):
    """`POST api/contracts/ID/days` with `day`: one more day pass."""

    async def post(self, contract_id: str) -> None:
        await self.command(contract_id, ContractAction.ORDER_DAY, self.fields())


class RoomsHandler(ApiHandler):
    """`POST api/contracts/ID/rooms` with `room_name` and perhaps `room_id`: one more room."""

    async def post(self, contract_id: str) -> None:
        await self.command(contract_id, ContractAction.ADD_ROOM, self.fields())


class MembersHandler(ApiHandler):
    """`GET|POST api/rooms/ID/members`: the people of a room; `username` gets `role`."""

    async def get(self, room_id: str) -> None:
        room = await self._room(room_id)
        members: list[Membership] = await self.web.worker.run(self.web.billing.members, room)
        self.answer(members)

    async def post(self, room_id: str) -> None:
        room = await self._room(room_id)
        wish = self.wanted(intake.member(self.fields(), room))
        is_new = self.wanted(await self.web.worker.run(self.web.billing.give_role, wish, self.actor))
        self.web.people.nudge()
        members = await self.web.worker.run(self.web.billing.members, room)
        self.answer(next(m for m in members if m.username == wish.username), 201 if is_new else 200)

    async def _room(self, room_id: str) -> RoomId:
        room = RoomId(self.identifier(room_id))
        self.found(await self.web.worker.run(self.web.billing.room, room))
        return room


class MemberHandler(ApiHandler):
    """`DELETE api/rooms/ID/members/USERNAME`."""

    async def delete(self, room_id: str, username: str) -> None:
        room = RoomId(self.identifier(room_id))
        self.wanted(await self.web.worker.run(self.web.billing.take_role, room, username, self.actor))
        self.web.people.nudge()
        self.set_status(204)
        self.finish()


class InvitationHandler(ApiHandler):
    """`POST api/rooms/ID/members/USERNAME/invitation`: a link to choose a password, given once."""

    async def post(self, room_id: str, username: str) -> None:
        room = RoomId(self.identifier(room_id))
        members = await self.web.worker.run(self.web.billing.members, room)
        self.found(next((m for m in members if m.username == username), None))
        try:
            await self.web.people.reconcile()
            invitation: Invitation | None = await self.web.hub.invite(username)
        except (HubUnavailable, HubRefused):
            self.deny(conflict("hub_unavailable"))
        if invitation is None:
            self.deny(conflict("no_invitations"))
        self.answer(InvitationAnswer(invitation.url, invitation.expires_at), 201)
