"""JupyterHub's view of local accounts: name and password, checked against argon2id hashes.

Any inner authenticator may stand in its place; this one is the default.
"""

import re
import time
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import RequestHandler
from traitlets import Bool, Instance, default

from webvisio_entitlements.clock import clock_from_environment
from webvisio_hub.accounts.application import Accounts
from webvisio_hub.accounts.storage import AccountStorage
from webvisio_hub.reader import locale_of
from webvisio_hub.refusing import RefusedRequest
from webvisio_hub.settings import home

MAX_NAME_CHARACTERS = 64


class LocalAccounts(Authenticator):  # type: ignore[misc]  # jupyterhub is untyped
    """Accounts that people get by invitation (clause 5.4)."""

    accounts = Instance(Accounts, help="The accounts themselves.")
    has_local_accounts = Bool(True, help="Read by the templates: whether a password can be changed here.")

    @default("accounts")
    def _accounts_in_home(self) -> Accounts:
        return accounts_in_home()

    @default("allow_all")
    def _whoever_has_an_account(self) -> bool:
        return True

    @default("username_regex")
    def _names(self) -> re.Pattern[str]:
        # the compiled form: JupyterHub compiles `username_pattern` only when a configuration sets it
        return re.compile(rf"[a-z0-9][a-z0-9._@+-]{{0,{MAX_NAME_CHARACTERS - 1}}}\Z")

    async def authenticate(self, handler: RequestHandler, data: Any) -> dict[str, Any]:
        """Check name and password; raises `RefusedRequest` with the reason."""
        locale = locale_of(handler)
        name = self.normalize_username(str(data.get("username", ""))[:MAX_NAME_CHARACTERS])
        password = str(data.get("password", ""))
        address = handler.request.remote_ip or ""
        refusal = await self.accounts.verify(name, password, address, time.monotonic(), locale)
        if refusal is not None:
            raise RefusedRequest(refusal, locale)
        return {"name": name}

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """Add the pages of passwords and invitations."""
        from webvisio_hub.accounts.handlers import account_handlers

        return [*super().get_handlers(app), *account_handlers(self.accounts)]

    def display_name_of(self, name: str) -> str | None:
        return self.accounts.display_name(name)

    def delete_user(self, user: Any) -> None:
        """Delete the account with its user, so that nobody inherits the name's password."""
        self.accounts.forget(user.name)
        super().delete_user(user)


def accounts_in_home() -> Accounts:
    """Open the accounts of this platform."""
    return Accounts(AccountStorage(home() / "accounts.sqlite"), clock_from_environment())
