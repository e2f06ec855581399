"""The pages where people choose their passwords, and the API that invites them.

    GET, POST /hub/password                     change one's own
    GET, POST /hub/invitation/TOKEN             choose the first one, then be logged in
    POST      /hub/api/webvisio/invitations     {"name"} -> 201 {"url", "expires_at"}; scope admin:users
    GET       /hub/api/webvisio/invitations     200 where passwords are kept here (else there is no such route)

A changed password ends the person's other sessions and tokens.
"""

import json
import time
from typing import Any

import msgspec
from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.utils import new_token, url_path_join
from tornado import web

from webvisio_hub.accounts.application import Accounts, too_weak
from webvisio_hub.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from webvisio_hub.reader import locale_of
from webvisio_hub.refusing import RefusedRequest
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase


class InvitationWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of an invitation."""

    name: str
    display_name: str | None = None


class _AccountPage(BaseHandler):  # type: ignore[misc]  # jupyterhub is untyped
    def initialize(self, accounts: Accounts) -> None:
        self.accounts = accounts

    async def show(self, template: str, refusal: Refusal | None = None, **named: Any) -> None:
        """Render a page, with what was wrong with the last attempt."""
        view = None
        if refusal is not None:
            self.set_status(refusal.status)
            view = phrase(refusal, locale_of(self))
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")  # an invitation's address is a secret
        html = await self.render_template(
            template, problem=view, min_characters=MIN_CHARACTERS, max_characters=MAX_CHARACTERS, **named
        )
        self.finish(html)

    def field(self, name: str) -> str:
        return str(self.get_body_argument(name, "", strip=False))

    def is_repeated(self) -> bool:
        return self.field("new_password") == self.field("repeated_password")

    def start_afresh(self, user: Any) -> None:
        """End every other session of the user, and log this browser in."""
        for token in list(user.orm_user.api_tokens):
            if not (token.note or "").startswith("Server at "):
                self.db.delete(token)
        user.orm_user.cookie_id = new_token()
        self.db.commit()
        self.set_hub_cookie(user)
        self.set_login_cookie(user)


class PasswordHandler(_AccountPage):
    """Lets people change their own password."""

    @web.authenticated
    async def get(self) -> None:
        self._check_has_account()
        await self.show("password.html", is_done=bool(self.get_argument("done", "")))

    @web.authenticated
    async def post(self) -> None:
        self._check_has_account()
        user = self.current_user
        if not self.is_repeated():
            await self.show("password.html", is_done=False, differs=True)
            return
        refusal = await self.accounts.change_password(
            user.name,
            self.field("old_password"),
            self.field("new_password"),
            self.request.remote_ip or "",
            time.monotonic(),
            locale_of(self),
        )
        if refusal is not None:
            await self.show("password.html", refusal, is_done=False)
            return
        self.start_afresh(user)
        self.redirect(url_path_join(self.hub.base_url, "password?done=1"))

    def _check_has_account(self) -> None:
        if not self.accounts.has_account(self.current_user.name):
            raise RefusedRequest(Refusal(RefusalCode.NOT_FOUND), locale_of(self))


class InvitationHandler(_AccountPage):
    """Lets the invited choose a password, and logs them in."""

    async def get(self, token: str) -> None:
        name = await self._invited(token)
        await self.show("invitation.html", invited=name)

    async def post(self, token: str) -> None:
        name = await self._invited(token)
        if not self.is_repeated():
            await self.show("invitation.html", invited=name, differs=True)
            return
        outcome = await self.accounts.follow_invitation(token, self.field("new_password"))
        if isinstance(outcome, Refusal):
            if outcome.code is not RefusalCode.PASSWORD_TOO_WEAK:
                raise RefusedRequest(outcome, locale_of(self))
            await self.show("invitation.html", too_weak(), invited=name)
            return
        # the login that follows applies the contract, like any other
        user = await self.login_user({"username": outcome, "password": self.field("new_password")})
        if user is None:
            self.redirect(self.settings["login_url"])
            return
        self._jupyterhub_user = user
        self.start_afresh(user)
        self.redirect(self.get_next_url(user))

    async def _invited(self, token: str) -> str:
        name = await self.accounts.invited_name(token)
        if isinstance(name, Refusal):
            raise RefusedRequest(name, locale_of(self))
        return name


class InvitationsHandler(APIHandler):  # type: ignore[misc]  # jupyterhub is untyped
    """Makes an invitation for somebody, who need not exist yet."""

    def initialize(self, accounts: Accounts) -> None:
        self.accounts = accounts

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        self.finish("{}")

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        try:
            wish = msgspec.json.decode(self.request.body, type=InvitationWish)
        except msgspec.MsgspecError as problem:
            raise web.HTTPError(400, 'the body must be {"name": ...}') from problem
        name = self.authenticator.normalize_username(wish.name)
        if not self.authenticator.validate_username(name):
            raise web.HTTPError(400, "this is no valid user name")
        if not self._may_invite(name):
            raise web.HTTPError(403, "this account is not yours to invite")
        invited = await self.accounts.invite(name, wish.display_name)
        path = url_path_join(self.hub.base_url, "invitation", invited.token)
        self.set_status(201)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps({"url": self._public(path), "expires_at": invited.expires_at.isoformat()}))

    def _may_invite(self, name: str) -> bool:
        """Whoever resets an admin's password becomes that admin: only admins may."""
        user = orm.User.find(self.db, name)
        is_admin = name in self.authenticator.admin_users or bool(user and user.admin)
        return not is_admin or bool(getattr(self.current_user, "admin", False))

    def _public(self, path: str) -> str:
        public_url = self.settings.get("webvisio_public_url", "")
        return f"{public_url}{path}" if public_url else f"{self.request.protocol}://{self.request.host}{path}"


def account_handlers(accounts: Accounts) -> list[tuple[Any, ...]]:
    """List the pages' addresses, below the hub's prefix."""
    named = {"accounts": accounts}
    return [
        (r"/password", PasswordHandler, named),
        (r"/invitation/([A-Za-z0-9_-]{16,128})", InvitationHandler, named),
        (r"/api/webvisio/invitations", InvitationsHandler, named),
    ]
