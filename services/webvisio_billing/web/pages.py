"""The pages of *Contracts*, in the hub's control panel. Plain forms; no script is needed.

Whatever changes a contract goes in two steps: the form, then a page that shows
the result of a rehearsal with its clause; only the confirmation is carried
out, and only if the contract has not moved on since.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.web import Finish, StaticFileHandler

from webvisio_billing.application.hub import HubRefused, HubUnavailable
from webvisio_billing.application.outcomes import Problem, conflict
from webvisio_billing.application.views import ContractView, Urgency
from webvisio_billing.domain.commands import Command, LiftBlock, Method, OpenBlock
from webvisio_billing.domain.notices import notice_term
from webvisio_billing.domain.periods import local_day, notice_deadline
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import CustomerKind, Formula, Party, Prices
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_billing.web import intake
from webvisio_billing.web.base import BaseHandler, Gate
from webvisio_billing.web.intake import ContractAction
from webvisio_billing.web.timeline import timeline
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId, CustomerId, Role, RoomId
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
}
_FORM_FIELDS: Final = ("_xsrf", "action", "sequence", "step")
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)


class PageHandler(BaseHandler):
    """A page: rendered in the hub's look, refusals included."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", _POLICY)

    def ask_to_log_in(self) -> None:
        if self.request.method == "GET":
            self.redirect(self.get_login_url())
            raise Finish
        super().ask_to_log_in()

    def hub_static_url(self, path: str, include_version: bool = True) -> str:
        """Give the address of a static file of the hub, as its templates ask for it."""
        return f"{self.hub_auth.hub_prefix}static/{path}"

    def render_page(self, page: str, **context: object) -> None:
        """Render one of our templates with what the hub's own need."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.web.look.render(page, {**self._frame(), **context}))

    def _frame(self) -> dict[str, object]:
        hub = self.hub_auth.hub_prefix
        identity = self.identity
        scopes = set(identity.scopes) if identity else set()
        if identity and identity.is_admin:
            scopes |= {"admin-ui", "custom:webvisio:contracts:admin"}
        user = None if identity is None else _HubUser(identity.name)
        return {
            "base_url": hub,
            "prefix": hub.removesuffix("hub/"),
            "logo_url": f"{hub}home",
            "login_url": f"{hub}login",
            "logout_url": f"{hub}logout",
            "static_url": self.hub_static_url,
            "version_hash": "",
            "user": user,
            "no_spawner_check": True,
            "parsed_scopes": scopes,
            "services": [],
            "admin_access": False,
            "announcement": "",
            "xsrf_token": self._form_token() if identity else "",
            "reader_locale": self.reader_locale,
            "say": self.words,
            "home": self.web.prefix,
        }

    def _form_token(self) -> str:
        token: bytes = self.xsrf_token
        return token.decode("ascii")

    def write_refusal(self, view: RefusalView, status: int) -> None:
        if "text/html" not in self.request.headers.get("Accept", "text/html"):
            super().write_refusal(view, status)
            return
        self.render_page("refusal.html", refusal=view)

    # ---- forms -----------------------------------------------------------------------

    def fields(self) -> dict[str, str]:
        """Read the form's own fields; of a repeated one, the last counts."""
        names = [name for name in self.request.body_arguments if name not in _FORM_FIELDS]
        return {name: self.get_body_argument(name, "") for name in names}

    def path(self, *parts: str) -> str:
        """Give an address of this service."""
        return self.web.prefix + "/".join(parts)

    def worded(self, outcome: Refusal | DomainRefusal | Problem) -> RefusalView:
        """Word a refusal to be shown above the form it is about."""
        view = self.words.refusal(outcome)
        self.web.measures.refusals.labels(view.code).inc()
        self.set_status(outcome.status if not isinstance(outcome, Problem) else 400)
        return view


class _HubUser:
    """What the hub's templates ask of a user."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.json_escaped_name = json.dumps(name).replace("<", "\\u003c")[1:-1]


def state_of(view: ContractView) -> str:
    """Name a contract's state for its badge: `state_...` in the catalogue."""
    lifecycle = view.contract.lifecycle
    if lifecycle in (Lifecycle.DRAFT, Lifecycle.ACCEPTED, Lifecycle.ENDED, Lifecycle.CLOSED):
        return "suspended" if view.access.blocks and lifecycle is Lifecycle.ACCEPTED else lifecycle.value
    if view.access.blocks:
        return "suspended"
    if not view.is_open:
        return "shut"
    return "ending" if lifecycle is Lifecycle.ENDING else "open"


# ---- the list --------------------------------------------------------------------------


class ListPage(PageHandler):
    """`GET /`: who needs me today, then everybody."""

    async def get(self) -> None:
        web = self.web
        customers = await web.worker.run(web.billing.customers)
        views = await web.worker.run(web.billing.contracts)
        by_customer: dict[str, list[ContractView]] = {}
        for view in views:
            by_customer.setdefault(view.customer.customer_id, []).append(view)
        self.render_page(
            "list.html",
            urgent=[view for view in views if view.urgency is not Urgency.NONE],
            customers=[(customer, by_customer.get(customer.customer_id, [])) for customer in customers],
            state_of=state_of,
            done=self.get_query_argument("done", ""),
        )


# ---- customers -------------------------------------------------------------------------


class NewCustomerPage(PageHandler):
    """`GET|POST customers/new`."""

    async def get(self) -> None:
        self._show({}, None)

    async def post(self) -> None:
        fields = self.fields()
        wish = intake.customer(fields)
        if not isinstance(wish, Problem):
            made = await self.web.worker.run(self.web.billing.create_customer, wish, self.actor)
            if isinstance(made, CustomerRecord):
                self.redirect(self.path("customers", made.customer_id) + "?done=customer#wv-main")
                return
            self._show(fields, self.worded(made))
            return
        self._show(fields, self.worded(wish), wish.field)

    def _show(self, fields: Mapping[str, str], refusal: RefusalView | None, wrong: str = "") -> None:
        self.render_page(
            "new_customer.html", fields=fields, refusal=refusal, wrong=wrong, kinds=list(CustomerKind)
        )


class CustomerPage(PageHandler):
    """`GET customers/ID`."""

    async def get(self, customer_id: str) -> None:
        web = self.web
        name = CustomerId(self.identifier(customer_id))
        customer = self.found(await web.worker.run(web.billing.customer, name))
        self.render_page(
            "customer.html",
            customer=customer,
            contracts=await web.worker.run(web.billing.contracts, name),
            state_of=state_of,
            done=self.get_query_argument("done", ""),
        )


# ---- a new contract --------------------------------------------------------------------


class NewContractPage(PageHandler):
    """`GET|POST customers/ID/contracts/new`: the form, its rehearsal, the confirmation."""

    async def get(self, customer_id: str) -> None:
        customer = await self._customer(customer_id)
        today = local_day(self.web.clock.now(), "Europe/Paris")
        self._show(customer, {"formula": Formula.MONTH.value, "effective": today.isoformat()}, None)

    async def post(self, customer_id: str) -> None:
        customer = await self._customer(customer_id)
        web, fields = self.web, self.fields()
        wish = intake.contract(fields, customer.customer_id)
        if isinstance(wish, Problem):
            self._show(customer, fields, self.worded(wish), wish.field)
            return
        if self.get_body_argument("step", "") != "confirm":
            rehearsed = await web.worker.run(
                web.billing.rehearse_contract, wish, self.actor, self.reader_locale
            )
            if isinstance(rehearsed, DomainRefusal | Problem):
                self._show(customer, fields, self.worded(rehearsed))
                return
            self.render_page(
                "confirm_contract.html", customer=customer, view=rehearsed, wish=wish, fields=fields
            )
            return
        made = await web.worker.run(web.billing.create_contract, wish, self.actor, self.reader_locale)
        if isinstance(made, DomainRefusal | Problem):
            self._show(customer, fields, self.worded(made))
            return
        web.people.nudge()
        web.measures.actions.labels("create_contract").inc()
        self.redirect(self.path("contracts", made) + "?done=contract#wv-main")

    async def _customer(self, customer_id: str) -> CustomerRecord:
        name = CustomerId(self.identifier(customer_id))
        return self.found(await self.web.worker.run(self.web.billing.customer, name))

    def _show(
        self,
        customer: CustomerRecord,
        fields: Mapping[str, str],
        refusal: RefusalView | None,
        wrong: str = "",
    ) -> None:
        self.render_page(
            "new_contract.html",
            customer=customer,
            fields=fields,
            refusal=refusal,
            wrong=wrong,
            formulas=list(Formula),
            prices=Prices(),
        )


# ---- a contract ------------------------------------------------------------------------


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
            members = await web.worker.run(web.billing.members, room.room_id)
            rooms.append((room, members, await web.room_links.link(room.room_id)))
        happened = [recorded.event for recorded in file.journal]
        deadline = None
        if contract.formula is Formula.MONTH and contract.ends_at is None and contract.lifecycle.is_live:
            term = notice_term(contract, view.now)
            deadline = notice_deadline(term, contract.terms.notice_days, contract.timezone)
        self.render_page(
            "contract.html",
            view=view,
            contract=contract,
            state=state_of(view),
            timeline=timeline(view, happened),
            rooms=rooms,
            journal=list(reversed(happened)),
            audit=await web.worker.run(web.billing.actions, contract_id),
            deadline=deadline,
            forms=_forms(view),
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
        command = intake.command(action, fields, self.actor)
        if isinstance(command, Problem):
            await self.show(name, self.worded(command), fields, action)
        elif self.get_body_argument("step", "") == "confirm":
            await self._carry_out(name, action, command, fields)
        else:
            await self._rehearse(name, action, command, fields)

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
    if contract.lifecycle is not Lifecycle.CLOSED:
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
        self.wanted(await self.web.worker.run(self.web.billing.give_role, wish, self.actor))
        self.web.people.nudge()
        self.redirect(self.path("contracts", contract_id) + "?done=add_member#rooms")

    async def _remove(self, contract_id: ContractId, room_id: RoomId, fields: dict[str, str]) -> None:
        name = fields.get("username", "")
        self.wanted(await self.web.worker.run(self.web.billing.take_role, room_id, name, self.actor))
        self.web.people.nudge()
        self.redirect(self.path("contracts", contract_id) + "?done=remove_member#rooms")

    async def _invite(self, contract_id: ContractId, room_id: RoomId, fields: dict[str, str]) -> None:
        name = fields.get("username", "")
        members = await self.web.worker.run(self.web.billing.members, room_id)
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


# ---- the rest --------------------------------------------------------------------------


class OAuthCallback(HubOAuthCallbackHandler, PageHandler):  # type: ignore[misc]  # JupyterHub ships no types
    """`GET oauth_callback`: ends the login with the hub."""

    gate = Gate.ANYBODY


class Styles(StaticFileHandler):
    """`GET static/...`: our style sheet; nothing secret."""

    gate = Gate.ANYBODY

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "max-age=3600")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")
