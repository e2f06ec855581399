"""Accounts and invitations: what is kept, what is refused, what happens once only (clause 5.4)."""

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from webvisio_hub.accounts.application import INVITATION_LIFE, Accounts
from webvisio_hub.accounts.attempts import FREE_ATTEMPTS
from webvisio_hub.accounts.passwords import Hashes
from webvisio_hub.accounts.storage import SCHEMA_VERSION, AccountStorage
from webvisio_hub.errors import SettingsError
from webvisio_protocol.refusals import Refusal, RefusalCode

GOOD = "girafe-nuage-sapin"
OTHER = "tortue-volcan-lilas"


class HandClock:
    recheck_s = 0.0

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.sqlite"


@pytest.fixture
async def accounts(path: Path, clock: HandClock) -> AsyncIterator[Accounts]:
    quick = Hashes(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = Accounts(AccountStorage(path), clock, quick)
    yield made
    made.close()


def read_all(path: Path) -> tuple[bytes, int]:
    """Read the database with its journals, and its mode."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir()), path.stat().st_mode


async def verify(
    accounts: Accounts, password: str, name: str = "amina", now_s: float = 0.0
) -> RefusalCode | None:
    refusal = await accounts.verify(name, password, "address", now_s, "en")
    return refusal.code if refusal else None


async def test_the_right_password_is_accepted_and_another_refused(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    assert await verify(accounts, GOOD) is None
    assert await verify(accounts, OTHER) is RefusalCode.CREDENTIALS_WRONG


async def test_an_unknown_name_is_refused_like_a_wrong_password(accounts: Accounts) -> None:
    assert await verify(accounts, GOOD, name="nobody") is RefusalCode.CREDENTIALS_WRONG


async def test_guessing_ends_in_a_wait_that_says_how_long(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    for _ in range(FREE_ATTEMPTS["name and address"]):
        await verify(accounts, OTHER)
    refusal = await accounts.verify("amina", GOOD, "address", 0.0, "en")
    assert refusal is not None
    assert refusal.code is RefusalCode.TOO_MANY_ATTEMPTS
    assert refusal.details["wait"] == "2 seconds"
    assert await verify(accounts, GOOD, now_s=60.0) is None


async def test_guesses_made_at_once_are_counted_each(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    codes = await asyncio.gather(*(verify(accounts, OTHER) for _ in range(12)))
    assert codes.count(RefusalCode.CREDENTIALS_WRONG) == FREE_ATTEMPTS["name and address"]
    assert codes.count(RefusalCode.TOO_MANY_ATTEMPTS) == 12 - FREE_ATTEMPTS["name and address"]


async def test_a_password_is_changed_by_who_knows_the_old_one(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    wrong = await accounts.change_password("amina", OTHER, OTHER, "address", 0.0, "fr")
    assert wrong is not None
    assert wrong.code is RefusalCode.CREDENTIALS_WRONG
    weak = await accounts.change_password("amina", GOOD, "amina", "address", 0.0, "fr")
    assert weak is not None
    assert weak.code is RefusalCode.PASSWORD_TOO_WEAK
    assert await accounts.change_password("amina", GOOD, OTHER, "address", 0.0, "fr") is None
    assert await verify(accounts, GOOD) is RefusalCode.CREDENTIALS_WRONG
    assert await verify(accounts, OTHER) is None


async def test_an_invitation_is_followed_once(accounts: Accounts) -> None:
    invited = await accounts.invite("amina")
    assert await accounts.invited_name(invited.token) == "amina"
    assert await accounts.follow_invitation(invited.token, GOOD) == "amina"
    again = await accounts.follow_invitation(invited.token, OTHER)
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.INVITATION_INVALID
    assert await verify(accounts, GOOD) is None


async def test_two_who_follow_an_invitation_at_once_are_one(accounts: Accounts) -> None:
    invited = await accounts.invite("amina")
    outcomes = await asyncio.gather(*(accounts.follow_invitation(invited.token, GOOD) for _ in range(5)))
    assert outcomes.count("amina") == 1


async def test_a_weak_password_does_not_use_an_invitation_up(accounts: Accounts) -> None:
    invited = await accounts.invite("amina")
    refused = await accounts.follow_invitation(invited.token, "short")
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.PASSWORD_TOO_WEAK
    assert await accounts.follow_invitation(invited.token, GOOD) == "amina"


async def test_an_invitation_ends_by_the_clock(accounts: Accounts, clock: HandClock) -> None:
    invited = await accounts.invite("amina")
    clock.time += INVITATION_LIFE - timedelta(seconds=1)
    assert await accounts.invited_name(invited.token) == "amina"
    clock.time += timedelta(seconds=1)
    assert isinstance(await accounts.invited_name(invited.token), Refusal)
    assert isinstance(await accounts.follow_invitation(invited.token, GOOD), Refusal)


async def test_a_new_invitation_replaces_the_last(accounts: Accounts) -> None:
    first = await accounts.invite("amina")
    second = await accounts.invite("amina")
    assert isinstance(await accounts.invited_name(first.token), Refusal)
    assert await accounts.invited_name(second.token) == "amina"


async def test_the_old_password_holds_until_the_invitation_is_followed(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    invited = await accounts.invite("amina")
    assert await verify(accounts, GOOD) is None
    await accounts.follow_invitation(invited.token, OTHER)
    assert await verify(accounts, GOOD) is RefusalCode.CREDENTIALS_WRONG


async def test_an_account_without_password_lets_nobody_in(accounts: Accounts) -> None:
    await accounts.invite("amina")
    assert await verify(accounts, "") is RefusalCode.CREDENTIALS_WRONG


async def test_a_deleted_account_leaves_nothing_behind(accounts: Accounts) -> None:
    await accounts.set_password("amina", GOOD)
    invited = await accounts.invite("amina")
    accounts.forget("amina")
    assert await verify(accounts, GOOD) is RefusalCode.CREDENTIALS_WRONG
    assert isinstance(await accounts.invited_name(invited.token), Refusal)


async def test_the_file_is_private_and_holds_no_secret_in_clear(accounts: Accounts, path: Path) -> None:
    await accounts.set_password("amina", GOOD)
    invited = await accounts.invite("louis")
    content, mode = await asyncio.to_thread(read_all, path)
    assert stat.S_IMODE(mode) == 0o600
    assert GOOD.encode() not in content
    assert invited.token.encode() not in content
    assert b"$argon2id$" in content


async def test_a_hash_with_weaker_parameters_is_renewed_at_login(path: Path, clock: HandClock) -> None:
    weak = Accounts(
        AccountStorage(path), clock, Hashes(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    )
    await weak.set_password("amina", GOOD)
    weak.close()
    strong = Accounts(
        AccountStorage(path), clock, Hashes(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    )
    assert await verify(strong, GOOD) is None
    strong.close()
    content, _ = await asyncio.to_thread(read_all, path)
    assert b"m=64," in content


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    AccountStorage(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION + 1}"))
    engine.dispose()
    with pytest.raises(SettingsError, match="newer"):
        AccountStorage(path)
