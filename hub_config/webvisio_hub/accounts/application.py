"""What may be done with accounts: verify, change a password, invite, follow an invitation.

Expected outcomes are values: a `Refusal` says why not. Hashing takes tens of
milliseconds and megabytes on purpose; it runs on threads, few at a time.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from babel.dates import format_timedelta
from sqlalchemy.orm import Session

from webvisio_entitlements.clock import Clock
from webvisio_hub.accounts.attempts import Attempts
from webvisio_hub.accounts.passwords import MIN_CHARACTERS, Hashes, is_acceptable
from webvisio_hub.accounts.storage import (
    Account,
    AccountStorage,
    Invitation,
    drop_expired,
    drop_invitations,
    find_account,
    find_invitation,
    take_invitation,
)
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import Locale

INVITATION_LIFE: Final = timedelta(days=7)
MAX_HASHES_AT_ONCE: Final = 2
"""Each takes 64 MiB: thirty people who log in together must not need two gigabytes."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation just made: the only time its token is known."""

    token: str
    expires_at: datetime


class Accounts:
    """The accounts of one platform."""

    def __init__(self, storage: AccountStorage, clock: Clock, hashes: Hashes | None = None) -> None:
        self._storage = storage
        self._clock = clock
        self._hashes = hashes or Hashes()
        self._attempts = Attempts()
        self._threads = ThreadPoolExecutor(MAX_HASHES_AT_ONCE, thread_name_prefix="argon2")

    async def verify(
        self, name: str, password: str, address: str, now_s: float, locale: Locale
    ) -> Refusal | None:
        """Check a password at `now_s` (monotonic); None when it is right.

        `address` is where the attempt comes from; it is counted, never kept.
        """
        if (wait_s := self._attempts.wait_s(name, address, now_s)) > 0:
            return _too_many(wait_s, locale)
        # counted before it is checked, so that attempts made at once are counted too
        self._attempts.failed(name, address, now_s)
        kept = await asyncio.to_thread(self._kept_hash, name)
        if not await self._in_thread(self._hashes.matches, kept, password):
            return Refusal(RefusalCode.CREDENTIALS_WRONG)
        self._attempts.succeeded(name, address)
        if kept is not None and self._hashes.is_outdated(kept):
            await self.set_password(name, password)
        return None

    async def change_password(
        self, name: str, old: str, new: str, address: str, now_s: float, locale: Locale
    ) -> Refusal | None:
        """Replace a password by its owner's will; None when done."""
        if (refusal := await self.verify(name, old, address, now_s, locale)) is not None:
            return refusal
        if not is_acceptable(new, name):
            return too_weak()
        await self.set_password(name, new)
        return None

    async def set_password(self, name: str, password: str, display_name: str | None = None) -> None:
        """Set a password without asking for the old one, making the account where there is none."""
        kept = await self._in_thread(self._hashes.make, password)
        now = self._clock.now()

        def write() -> None:
            with self._storage.session() as session, session.begin():
                account = _keep(session, name, kept, now)
                account.display_name = display_name or account.display_name
                drop_invitations(session, name)

        await asyncio.to_thread(write)

    async def invite(self, name: str, display_name: str | None = None) -> Invited:
        """Make an invitation for `name`, replacing an earlier one; the account need not exist yet.

        The present password, if any, stays valid until the invitation is followed.
        """
        now = self._clock.now()
        invited = Invited(secrets.token_urlsafe(32), now + INVITATION_LIFE)

        def write() -> None:
            with self._storage.session() as session, session.begin():
                drop_expired(session, now)
                drop_invitations(session, name)
                account = _account(session, name, now)
                account.display_name = display_name or account.display_name
                session.add(
                    Invitation(token_hash=_digest(invited.token), name=name, expires_at=invited.expires_at)
                )

        await asyncio.to_thread(write)
        return invited

    async def invited_name(self, token: str) -> str | Refusal:
        """Tell whom an invitation is for, if it may still be followed."""

        def read() -> str | Refusal:
            with self._storage.session() as session:
                invitation = find_invitation(session, _digest(token))
                if invitation is None or invitation.expires_at <= self._clock.now():
                    return Refusal(RefusalCode.INVITATION_INVALID)
                return invitation.name

        return await asyncio.to_thread(read)

    async def follow_invitation(self, token: str, password: str) -> str | Refusal:
        """Choose the password that an invitation allows, once; returns the account's name."""
        name = await self.invited_name(token)
        if isinstance(name, Refusal):
            return name
        if not is_acceptable(password, name):
            return too_weak()
        kept = await self._in_thread(self._hashes.make, password)
        now = self._clock.now()

        def write() -> str | Refusal:
            with self._storage.session() as session, session.begin():
                if not take_invitation(session, _digest(token), now):
                    return Refusal(RefusalCode.INVITATION_INVALID)  # somebody else was quicker
                _keep(session, name, kept, now)
                return name

        return await asyncio.to_thread(write)

    def display_name(self, name: str) -> str | None:
        """Tell how a person wants to be called."""
        with self._storage.session() as session:
            account = find_account(session, name)
            return account.display_name if account else None

    def has_account(self, name: str) -> bool:
        with self._storage.session() as session:
            return find_account(session, name) is not None

    def forget(self, name: str) -> None:
        """Delete an account and its invitation."""
        with self._storage.session() as session, session.begin():
            drop_invitations(session, name)
            if (account := find_account(session, name)) is not None:
                session.delete(account)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._storage.close()

    def _kept_hash(self, name: str) -> str | None:
        with self._storage.session() as session:
            account = find_account(session, name)
            return account.password_hash if account else None

    async def _in_thread(self, function: Callable[..., _Result], *arguments: str | None) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


def too_weak() -> Refusal:
    """Word what a password must be."""
    return Refusal(RefusalCode.PASSWORD_TOO_WEAK, details={"minimum": str(MIN_CHARACTERS)})


def _account(session: Session, name: str, now: datetime) -> Account:
    account = find_account(session, name)
    if account is None:
        account = Account(name=name, created_at=now)
        session.add(account)
    return account


def _keep(session: Session, name: str, kept: str, now: datetime) -> Account:
    account = _account(session, name, now)
    account.password_hash, account.password_changed_at = kept, now
    return account


def _too_many(wait_s: float, locale: Locale) -> Refusal:
    wait = format_timedelta(timedelta(seconds=max(1, round(wait_s + 0.5))), threshold=1.1, locale=locale)
    return Refusal(RefusalCode.TOO_MANY_ATTEMPTS, details={"wait": wait})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
