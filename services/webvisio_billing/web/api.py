"""The JSON API of contracts, for scripts: the same use cases as the pages, without the rehearsal.

Authorised like the pages: a hub token (or cookie and XSRF token) of an admin
or of somebody with `custom:webvisio:contracts:admin`. Errors are problem
details (RFC 9457) with the fields of `RefusalView`.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.hub import HubRefused, HubUnavailable, Invitation
from webvisio_billing.application.outcomes import Problem, conflict, invalid
from webvisio_billing.application.views import ContractView, state_of
from webvisio_billing.payments.statements import MAX_STATEMENT_BYTES, Unreadable
from webvisio_billing.storage import listing, registry, requests, statements
from webvisio_billing.storage.registry import CustomerRecord, Membership
from webvisio_billing.web import intake
from webvisio_billing.web.api_bodies import ContractSummary, InvitationAnswer
from webvisio_billing.web.base import BaseHandler, Denied
from webvisio_billing.web.intake import ContractAction
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId, is_identifier
from webvisio_protocol.refusals import Refusal, RefusalCode

PAGE: Final = 100
MAX_PAGE: Final = 500
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

T = TypeVar("T")


class ApiHandler(BaseHandler):
    """A call of the JSON API. A POST with an `Idempotency-Key` is carried out once, and answered alike."""

    _key: str = ""
    _held: tuple[int, bytes] | None = None

    async def prepare(self) -> None:
        await super().prepare()
        key = self.request.headers.get("Idempotency-Key", "")
        if self.request.method != "POST" or not key:
            return
        if not _KEY.fullmatch(key):
            self.deny(invalid("idempotency_key", "not_a_key"))
        asked = f"{self.request.uri}\n".encode() + self.request.body
        digest = hashlib.sha256(asked).hexdigest()
        earlier = await self._in_database(
            lambda session: requests.reserve(session, self.actor, key, digest, self.web.clock.now())
        )
        if earlier is None:
            self._key = key
            return
        if earlier.digest != digest:
            self.deny(conflict("key_reused"))
        if earlier.status == requests.UNDER_WAY:
            self.deny(conflict("request_under_way"))
        self.set_status(earlier.status)
        if earlier.body:
            self.set_header("Content-Type", "application/json")
        self.finish(earlier.body or None)

    def __init_subclass__(cls, **named: object) -> None:
        """Keep the answer of every POST that has a key, before it is sent."""
        super().__init_subclass__(**named)
        if "post" in cls.__dict__:
            cls.post = _once(cls.__dict__["post"])

    def answer(self, value: object, status: int = 200) -> None:
        """Answer with JSON; held back while its key waits for it."""
        if self._key:
            self._held = (status, msgspec.json.encode(value))
        else:
            super().answer(value, status)

    async def keep_answer(self) -> None:
        """Keep the answer that is held back, and send it."""
        key, self._key = self._key, ""
        if self._held is None:
            return
        status, body = self._held
        await self._in_database(
            lambda session: requests.answer(session, self.actor, key, status, body, self.web.clock.now())
        )
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    async def release_key(self) -> None:
        """Give the key of a refused request back."""
        key, self._key = self._key, ""
        if key:
            await self._in_database(lambda session: requests.release(session, self.actor, key))

    async def _in_database(self, work: Callable[[Session], T]) -> T:
        return await self.web.worker.run(self.web.billing.transact, work)

    # ---- lists -----------------------------------------------------------------------

    def page_of(self) -> tuple[str, int]:
        """Read where a page begins, and how long it may be."""
        after, limit = self.get_query_argument("after", ""), self.get_query_argument("limit", "")
        if after and not is_identifier(after):
            self.deny(invalid("after", "not_an_identifier"))
        if not limit:
            return after, PAGE
        if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 0 < int(limit) <= MAX_PAGE):
            self.deny(invalid("limit", "not_a_limit", limit=str(MAX_PAGE)))
        return after, int(limit)

    def link_next(self, **query: str) -> None:
        """Say where the list goes on (RFC 8288)."""
        shown = urlencode({name: value for name, value in query.items() if value})
        self.set_header("Link", f'<{self.request.path}?{shown}>; rel="next"')

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


def _once(post: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Wrap a POST: its answer is kept under its key; a refusal gives the key back, a crash does not."""

    @wraps(post)
    async def kept(self: ApiHandler, *arguments: str) -> None:
        if self._finished:
            return
        try:
            await post(self, *arguments)
        except Denied:
            await self.release_key()
            raise
        await self.keep_answer()

    return kept


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
        after, limit = self.page_of()

        def work(session: Session) -> list[CustomerRecord]:
            names = listing.customer_ids(session, after, limit + 1)
            found = (registry.customer(session, name) for name in names)
            return [record for record in found if record is not None]

        found = await self.web.worker.run(self.web.billing.look, work)
        if len(found) > limit:
            self.link_next(after=found[limit - 1].customer_id, limit=str(limit))
        self.answer(found[:limit])

    async def post(self) -> None:
        wish = self.wanted(intake.customer(self.fields()))
        made: CustomerRecord = self.wanted(
            await self.web.worker.run(self.web.billing.customers.create, wish, self.actor)
        )
        self.answer(made, 201)


class ContractsHandler(ApiHandler):
    """`GET|POST api/contracts`: creating orders, accepts, and starts what is effective today."""

    async def get(self) -> None:
        after, limit = self.page_of()
        customer = self.get_query_argument("customer", "")
        billing = self.web.billing

        def work(session: Session) -> list[ContractView]:
            names = listing.contract_ids(session, after, limit + 1, customer)
            found = (billing.decisions.view(session, name) for name in names)
            return [view for view in found if view is not None]

        views = await self.web.worker.run(billing.look, work)
        if len(views) > limit:
            last = views[limit - 1].contract.contract_id
            self.link_next(after=last, limit=str(limit), customer=customer)
        self.answer([summary(view) for view in views[:limit]])

    async def post(self) -> None:
        web, fields = self.web, self.fields()
        customer_id = fields.get("customer_id", "")
        if not is_identifier(customer_id):
            self.deny(invalid("customer_id", "not_an_identifier"))
        wish = self.wanted(intake.contract(fields, CustomerId(customer_id)))
        made = self.wanted(await web.worker.run(web.billing.create_contract, wish, self.actor))
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


class ActionsHandler(ApiHandler):
    """`POST api/contracts/ID/actions` with `action` and the fields of its form."""

    async def post(self, contract_id: str) -> None:
        fields = self.fields()
        action = self.wanted(intake.action(fields.get("action", "")))
        await self.command(contract_id, action, fields)


class StatementsHandler(ApiHandler):
    """`POST api/statements`: a bank statement as its bytes; refused whole, by line."""

    max_body_bytes = MAX_STATEMENT_BYTES

    async def post(self) -> None:
        done = await self.web.worker.run(self.web.bank.import_statement, self.request.body, self.actor)
        if isinstance(done, Unreadable):
            self.deny(invalid("statement", "faults", faults=" ".join(self.words.faults(done))))
        self.answer(done)


class EntriesHandler(ApiHandler):
    """`GET api/statements/entries`: newest first; `state` and `before` choose."""

    async def get(self) -> None:
        _, limit = self.page_of()
        state, before = self.get_query_argument("state", ""), self.get_query_argument("before", "")
        if state and state not in statements.STATES:
            self.deny(invalid("state", "not_a_choice", choices=", ".join(statements.STATES)))
        if before and not (before.isascii() and before.isdigit() and len(before) < 12):
            self.deny(invalid("before", "not_a_limit", limit="10^11"))
        page = await self.web.worker.run(
            self.web.bank.page, state or None, int(before) if before else None, limit
        )
        if page.next_before is not None:
            self.link_next(before=str(page.next_before), limit=str(limit), state=state)
        self.answer(page)


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
        members: list[Membership] = await self.web.worker.run(self.web.billing.customers.members, room)
        self.answer(members)

    async def post(self, room_id: str) -> None:
        room = await self._room(room_id)
        wish = self.wanted(intake.member(self.fields(), room))
        is_new = self.wanted(
            await self.web.worker.run(self.web.billing.customers.give_role, wish, self.actor)
        )
        self.web.people.nudge()
        members = await self.web.worker.run(self.web.billing.customers.members, room)
        self.answer(next(m for m in members if m.username == wish.username), 201 if is_new else 200)

    async def _room(self, room_id: str) -> RoomId:
        room = RoomId(self.identifier(room_id))
        self.found(await self.web.worker.run(self.web.billing.customers.room, room))
        return room


class MemberHandler(ApiHandler):
    """`DELETE api/rooms/ID/members/USERNAME`."""

    async def delete(self, room_id: str, username: str) -> None:
        room = RoomId(self.identifier(room_id))
        person = intake.username({"username": username})
        if isinstance(person, Problem):
            self.deny(Refusal(RefusalCode.NOT_FOUND))  # nobody has such a name
        self.wanted(await self.web.worker.run(self.web.billing.customers.take_role, room, person, self.actor))
        self.web.people.nudge()
        self.set_status(204)
        self.finish()


class InvitationHandler(ApiHandler):
    """`POST api/rooms/ID/members/USERNAME/invitation`: a link to choose a password, given once."""

    async def post(self, room_id: str, username: str) -> None:
        room = RoomId(self.identifier(room_id))
        members = await self.web.worker.run(self.web.billing.customers.members, room)
        self.found(next((m for m in members if m.username == username), None))
        try:
            await self.web.people.reconcile()
            invitation: Invitation | None = await self.web.hub.invite(username)
        except (HubUnavailable, HubRefused):
            self.deny(conflict("hub_unavailable"))
        if invitation is None:
            self.deny(conflict("no_invitations"))
        self.answer(InvitationAnswer(invitation.url, invitation.expires_at), 201)
