"""The port by which billing makes people and groups in the hub.

`hub_client` is the real adapter, `FakeHub` the fake; both pass one contract
suite. Everything is idempotent: creating what exists and removing what is
gone are successes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec


class HubUnavailable(Exception):  # noqa: N818 - a statement reads better
    """The hub did not answer, or not as its API says; try again later."""


class HubRefused(Exception):  # noqa: N818 - a statement reads better
    """The hub will not do it, however often it is asked (a bad name, a missing scope)."""


class Invitation(msgspec.Struct, frozen=True):
    """A link by which a person sets their password; shown once, kept nowhere."""

    url: str
    expires_at: datetime


class HubAdministration(Protocol):
    """What billing needs of the hub; all raise `HubUnavailable` and `HubRefused`."""

    async def groups(self) -> Mapping[str, frozenset[str]]:
        """List all groups with their members' names."""
        ...

    async def users(self) -> frozenset[str]:
        """List the names of all users."""
        ...

    async def create_user(self, name: str) -> None: ...

    async def create_group(self, name: str) -> None: ...

    async def add_to_group(self, group: str, names: frozenset[str]) -> None: ...

    async def remove_from_group(self, group: str, names: frozenset[str]) -> None: ...

    async def invite(self, name: str) -> Invitation | None:
        """Ask for an invitation; None where the hub keeps no passwords of its own."""
        ...

    async def has_passwords(self) -> bool:
        """Whether people change their passwords in the hub, so that its bar has an entry for it."""
        ...


class FakeHub:
    """A hub in memory, which can be made to fail."""

    def __init__(self, expires_at: datetime | None = None) -> None:
        self.group_members: dict[str, set[str]] = {}
        self.user_names: set[str] = set()
        self.invited: list[str] = []
        self.expires_at = expires_at
        self.failure: Exception | None = None

    async def groups(self) -> Mapping[str, frozenset[str]]:
        self._fail()
        return {name: frozenset(members) for name, members in self.group_members.items()}

    async def users(self) -> frozenset[str]:
        self._fail()
        return frozenset(self.user_names)

    async def create_user(self, name: str) -> None:
        self._fail()
        self.user_names.add(name)

    async def create_group(self, name: str) -> None:
        self._fail()
        self.group_members.setdefault(name, set())

    async def add_to_group(self, group: str, names: frozenset[str]) -> None:
        self._fail()
        if group not in self.group_members or not names <= self.user_names:
            raise HubRefused(group)
        self.group_members[group] |= names

    async def remove_from_group(self, group: str, names: frozenset[str]) -> None:
        self._fail()
        if group not in self.group_members:
            return
        self.group_members[group] -= names

    async def invite(self, name: str) -> Invitation | None:
        self._fail()
        if self.expires_at is None:
            return None
        if name not in self.user_names:
            raise HubRefused(name)
        self.invited.append(name)
        return Invitation(f"https://hub.example/hub/invitation/{len(self.invited)}", self.expires_at)

    async def has_passwords(self) -> bool:
        self._fail()
        return self.expires_at is not None

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
