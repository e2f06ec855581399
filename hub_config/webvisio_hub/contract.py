"""Enforces the contract over any of JupyterHub's authenticators.

    c.JupyterHub.authenticator_class = contract_authenticator(LocalAccounts)

Whoever the inner authenticator says somebody is, that person comes in while a
contract of one of their customers is open, and is told which clause shut the
door otherwise (clauses 2.1, 3, 5.4, 5.5, 6.4). Checked at login, at every
refresh of a session or token, and at every server start. Operators and admins
are never refused. The decision is local: a copy of the entitlements is kept
in this process.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from jupyterhub import orm
from jupyterhub.auth import Authenticator
from jupyterhub.utils import maybe_future
from prometheus_client import CollectorRegistry
from tornado.web import RequestHandler
from traitlets import Bool, Float, Instance, Integer, default

from webvisio_entitlements.clock import Clock, clock_from_environment
from webvisio_entitlements.source import BillingSource, EntitlementSource, SourceHealth
from webvisio_hub.cuts import CutSchedule
from webvisio_hub.identity import user_info_of
from webvisio_hub.measures import Measures
from webvisio_hub.pages.handlers import page_handlers
from webvisio_hub.privacy import discretion
from webvisio_hub.reader import locale_of, reading
from webvisio_hub.refusing import RefusedRequest, RefusedSpawn
from webvisio_hub.settings import billing_source_from
from webvisio_protocol.identifiers import (
    CONTACTS_GROUP,
    OPERATORS_GROUP,
    Role,
    RoomId,
    customers_of,
    room_roles,
)
from webvisio_protocol.refusals import Refusal

LOOK_EVERY_S: Final = 1.0
"""How often running servers are compared with the contracts."""

HubUser = Any
"""JupyterHub's user, which has no types."""


@dataclass(frozen=True, slots=True)
class MyRoom:
    """A room on the start page of a person who has a role in it."""

    room_id: RoomId
    name: str
    role: Role


class ContractMixin(Authenticator):  # type: ignore[misc]  # jupyterhub is untyped; traits need the base class
    """The contract's checks, to be mixed in before an inner authenticator."""

    server_cut_grace_s = Float(
        60.0,
        min=0.0,
        help="Seconds a running server is left after its owner's contract was cut, to save work.",
    ).tag(config=True)

    requires_contract = Bool(
        True,
        help="Whether people who belong to no customer are refused. Admins and operators never are.",
    ).tag(config=True)

    identity_refresh_age_s = Integer(
        300,
        min=0,
        help="Seconds between two refreshes by the inner authenticator; the contract is checked much more often.",
    ).tag(config=True)

    entitlement_source = Instance(object, help="Where the entitlements come from (`EntitlementSource`).")
    clock = Instance(object, help="The clock that contracts end by.")

    @default("auth_refresh_age")
    def _check_every_second(self) -> int:
        return 1

    @default("auth_refresh_strict")
    def _refuse_tokens_too(self) -> bool:
        return True

    @default("entitlement_source")
    def _billing(self) -> BillingSource:
        return billing_source_from(clock=self._clock)

    @default("clock")
    def _shared_clock(self) -> Clock:
        return clock_from_environment()

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._identity_seen_s: dict[str, float] = {}
        self._cuts = CutSchedule(self.server_cut_grace_s)
        self._watch: asyncio.Task[None] | None = None
        self._measures = Measures(CollectorRegistry())

    # ---- decisions -------------------------------------------------------------------

    @property
    def _source(self) -> EntitlementSource:
        return cast("EntitlementSource", self.entitlement_source)

    @property
    def _clock(self) -> Clock:
        return cast("Clock", self.clock)

    def refusal_for(self, name: str, authentication: Mapping[str, Any] | None = None) -> Refusal | None:
        """Decide whether the contract refuses `name` now; None lets in."""
        model = authentication or {}
        user = orm.User.find(self._hub_database, name)
        groups = {*(model.get("groups") or ()), *(group.name for group in (user.groups if user else ()))}
        is_admin = model.get("admin") or name in self.admin_users or bool(user and user.admin)
        if is_admin or OPERATORS_GROUP in groups:
            return None
        customers = customers_of(groups)
        if not customers and not self.requires_contract:
            return None
        access = self._source.copy.customer_access(customers, self._clock.now())
        return access if isinstance(access, Refusal) else None

    def login_refusal_for(self, name: str, authentication: Mapping[str, Any] | None = None) -> Refusal | None:
        """Decide whether `name` may be logged in: a customer's contact always, to see and pay what is owed.

        Their server and their rooms stay shut all the same.
        """
        refusal = self.refusal_for(name, authentication)
        if refusal is None:
            return None
        return None if is_contact(orm.User.find(self._hub_database, name)) else refusal

    @property
    def _hub_database(self) -> Any:
        return self.parent.db

    # ---- JupyterHub's hooks ----------------------------------------------------------

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """Add our pages to the inner authenticator's; called once, on the hub's loop."""
        self._measures = Measures()
        self._measures.watch(self._source)
        self._watch = asyncio.get_running_loop().create_task(self._watch_contracts(app))
        app.template_vars.update(
            authenticator_has_passwords=bool(getattr(self, "has_local_accounts", False)),
            my_rooms=self.rooms_of,
            has_account=is_contact,
        )
        return [*page_handlers(self), *super().get_handlers(app)]

    def rooms_of(self, user: HubUser | None) -> list[MyRoom]:
        """List the rooms in which a user has a role, by name; for the start page."""
        if user is None:
            return []
        roles = room_roles(group.name for group in user.groups)
        found = ((self._source.copy.rented_room(room), role) for room, role in roles.items())
        rooms = [MyRoom(held[1].room_id, held[1].name, role) for held, role in found if held]
        return sorted(rooms, key=lambda room: room.name)

    @property
    def entitlement_health(self) -> SourceHealth:
        """How well the hub hears billing."""
        return self._source.health

    async def get_authenticated_user(self, handler: RequestHandler, data: Any) -> Any:
        """Authenticate, with the reader's language at hand for refusals."""
        with reading(handler):
            if isinstance(data, dict) and (typed := str(data.get("username", ""))):
                discretion().learn(typed)
            return await super().get_authenticated_user(handler, data)

    async def check_blocked_users(self, username: str, authentication: Any = None) -> bool:
        """Refuse a login that the contract refuses; runs even where `allow_all` is set."""
        if not await maybe_future(super().check_blocked_users(username, authentication)):
            return False
        if (refusal := self.login_refusal_for(username, authentication)) is not None:
            self._measures.refusals.labels(refusal.code.value).inc()
            raise RefusedRequest(refusal, locale_of(None))
        return True

    async def refresh_user(self, user: HubUser, handler: RequestHandler | None = None) -> Any:
        """Look again at the contract, and now and then at the identity."""
        if (refusal := self.login_refusal_for(user.name)) is not None:
            if handler is not None:
                handler.webvisio_refusal = refusal  # type: ignore[attr-defined]  # read by the templates
            return False
        now_s = time.monotonic()
        if now_s - self._identity_seen_s.get(user.name, float("-inf")) < self.identity_refresh_age_s:
            return True
        answer = await maybe_future(super().refresh_user(user, handler))
        if answer:
            self._identity_seen_s[user.name] = now_s
        elif _cannot_log_in_again(user, handler):
            # as JupyterHub does where nothing is strict: only a browser can be sent to log in;
            # strictness is meant for contracts
            return True
        return answer

    async def pre_spawn_start(self, user: HubUser, spawner: Any) -> None:
        """Refuse a server start that the contract refuses."""
        if (refusal := self.refusal_for(user.name)) is not None:
            self._measures.refusals.labels(refusal.code.value).inc()
            raise RefusedSpawn(refusal, locale_of(spawner.handler))
        await maybe_future(super().pre_spawn_start(user, spawner))

    async def run_post_auth_hook(self, handler: RequestHandler, auth_model: Any) -> Any:
        """Complete the identity that JupyterLab will show, and make admins operators."""
        model = await super().run_post_auth_hook(handler, auth_model)
        name = model["name"]
        model["user_info"] = user_info_of(name, self.display_name_of(name), model.get("user_info"))
        self._identity_seen_s[name] = time.monotonic()
        user = orm.User.find(self._hub_database, name)
        if user is not None and (model.get("admin") or user.admin):
            self._make_operator(user)
        return model

    async def add_user(self, user: HubUser) -> None:
        """Hide the name in logs, and make configured admins operators as soon as they exist."""
        discretion().learn(user.name)
        await maybe_future(super().add_user(user))
        if user.admin or user.name in self.admin_users:
            self._make_operator(getattr(user, "orm_user", user))  # at start JupyterHub passes bare records

    def delete_user(self, user: HubUser) -> None:
        """Forget what was kept of a user."""
        self._identity_seen_s.pop(user.name, None)
        super().delete_user(user)

    def display_name_of(self, name: str) -> str | None:
        """Tell how the person wants to be called, when the inner authenticator knows."""
        inner = getattr(super(), "display_name_of", None)
        return inner(name) if inner else None

    # ---- keeping up ------------------------------------------------------------------

    def _make_operator(self, user: Any) -> None:
        group = orm.Group.find(self._hub_database, OPERATORS_GROUP)
        if group is not None and group not in user.groups:
            user.groups.append(group)
            self._hub_database.commit()

    async def _watch_contracts(self, app: Any) -> None:
        """Read the entitlements for ever, and stop servers whose grace is over."""
        await self._source.start()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._stop_cut_servers(app)
            except Exception:  # the outermost loop of this task
                self.log.exception("looking for servers to stop failed")

    async def _stop_cut_servers(self, app: Any) -> None:
        running = {user.name: user for user in app.users.values() if user.running}
        refused = [name for name in running if self.refusal_for(name) is not None]
        for name in self._cuts.due(refused, time.monotonic()):
            user = running[name]
            for server_name, spawner in list(user.spawners.items()):
                if spawner.ready and not spawner.pending:
                    self.log.info("stopping a server: its contract is cut")
                    await app.proxy.delete_user(user, server_name)
                    await user.stop(server_name)
                    self._measures.stopped_servers.inc()


def contract_authenticator(inner: type[Authenticator]) -> type[Authenticator]:
    """Build the authenticator class that puts the contract over `inner`."""
    return type(f"Contract{inner.__name__}", (ContractMixin, inner), {})


def is_contact(user: HubUser | None) -> bool:
    """Whether a user is the contact of some customer, and so has an account page in billing."""
    return user is not None and any(group.name == CONTACTS_GROUP for group in user.groups)


def _cannot_log_in_again(user: HubUser, handler: Any) -> bool:
    """Tell whether a stale identity belongs to a token, or to somebody other than the requester."""
    if handler is None:
        return True
    return bool(getattr(handler, "_token_authenticated", False)) or handler.current_user is not user
