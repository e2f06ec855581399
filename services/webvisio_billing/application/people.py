"""Brings the hub's groups in line with who was given which role (clause 4.5).

What is wanted follows from the memberships alone; what the hub has is asked
each time; the difference is carried out. Billing takes a person out of a
group only where billing put them in. The job runs at start and after each
change and is tried again until the hub answers.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from webvisio_billing.application.hub import HubAdministration, HubRefused, HubUnavailable
from webvisio_billing.application.rounds import Rounds
from webvisio_billing.application.worker import Worker
from webvisio_billing.storage import contacts, registry
from webvisio_billing.storage.contacts import Contact
from webvisio_billing.storage.database import Store
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import (
    CONTACTS_GROUP,
    HOSTS_GROUP,
    MEMBERS_GROUP,
    contact_group,
    customer_group,
    room_group,
)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 3.0
"""A hub that is away is starting or being restarted: somebody is waiting for their groups."""
AFTER_REFUSAL_S: Final = 30.0
REPEAT_S: Final = 600.0
"""Even without a change the hub is compared now and then: its database may be restored."""
POLL_S: Final = 2.0
"""How soon a change made by another process (a command line) is noticed."""

Pair = tuple[str, str]
"""(group, username)"""

_log = logging.getLogger(__name__)


def wanted_pairs(memberships: Iterable[registry.Membership], contacts: Iterable[Contact] = ()) -> set[Pair]:
    """Say which groups each person must be in."""
    pairs: set[Pair] = set()
    for contact in contacts:
        pairs.add((CONTACTS_GROUP, contact.username))
        pairs.add((contact_group(contact.customer_id), contact.username))
    for membership in memberships:
        kind = HOSTS_GROUP if membership.role.moderates else MEMBERS_GROUP
        groups = (
            customer_group(membership.customer_id),
            room_group(membership.room_id, membership.role),
            kind,
        )
        pairs |= {(group, membership.username) for group in groups}
    return pairs


class PeopleKeeper:
    """Keeps people and groups of the hub as the memberships say."""

    def __init__(self, store: Store, worker: Worker, hub: HubAdministration, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker
        self._hub = hub
        self._turn = asyncio.Lock()
        self._rounds = Rounds("people", clock, self._keep)
        self._is_asked = True
        self._compare_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._settled_pairs: set[Pair] | None = None
        self.is_settled = False
        """Whether the last comparison found, or made, everything as it should be."""

    def start(self) -> None:
        """Begin to keep; returns at once."""
        self._rounds.start()

    async def stop(self) -> None:
        """End keeping."""
        await self._rounds.stop()

    def nudge(self) -> None:
        """Ask for a comparison soon: memberships have changed."""
        self.is_settled = False
        self._is_asked = True
        self._rounds.nudge()

    async def reconcile(self) -> None:
        """Compare and correct, now; raises `HubUnavailable` or `HubRefused`."""
        async with self._turn:
            self.is_settled = False
            wanted, granted = await self._worker.run(self._read)
            actual = await self._hub.groups()
            existing = await self._hub.users()
            for name in sorted({name for _, name in wanted} - existing):
                await self._hub.create_user(name)
            # what is to be granted is noted first: a crash in between must not
            # leave a group that nobody dares to take back
            await self._worker.run(self._note, wanted - granted, set())
            missing = {(group, name) for group, name in wanted if name not in actual.get(group, ())}
            for group, names in _by_group(missing).items():
                if group not in actual:
                    await self._hub.create_group(group)
                await self._hub.add_to_group(group, names)
            spare = granted - wanted
            for group, names in _by_group(spare).items():
                await self._hub.remove_from_group(group, names)
            await self._worker.run(self._note, set(), spare)
            self._settled_pairs = wanted
            self.is_settled = True

    async def _keep(self) -> float:
        """Compare where there is a reason to; tells how long to rest. What fails is asked for again."""
        is_done = False
        try:
            if await self._has_a_reason():
                await self.reconcile()
                self._compare_at = asyncio.get_running_loop().time() + REPEAT_S
            is_done = True
            self._pause_s = FIRST_PAUSE_S
            return POLL_S
        except HubUnavailable:
            if self._pause_s == FIRST_PAUSE_S:
                _log.info("the hub is not there: people are kept for later")
            pause_s = self._pause_s
            self._pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            return pause_s
        except HubRefused as refusal:
            _log.error("the hub refuses what people need: %s", refusal)
            return AFTER_REFUSAL_S
        finally:
            self._is_asked |= not is_done

    async def _has_a_reason(self) -> bool:
        """Whether somebody asked, memberships are no longer those that were settled, or it is time again."""
        is_asked, self._is_asked = self._is_asked, False
        is_time = asyncio.get_running_loop().time() >= self._compare_at
        wanted, _ = await self._worker.run(self._read)
        return is_asked or is_time or wanted != self._settled_pairs

    def _read(self) -> tuple[set[Pair], set[Pair]]:
        with self._store.transaction() as session:
            wanted = wanted_pairs(registry.memberships(session), contacts.contacts(session))
            return wanted, registry.grants(session)

    def _note(self, made: set[Pair], taken: set[Pair]) -> None:
        if made or taken:
            with self._store.transaction() as session:
                registry.put_grants(session, made, taken, self._clock.now())


def _by_group(pairs: Iterable[Pair]) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for group, name in sorted(pairs):
        groups.setdefault(group, set()).add(name)
    return {group: frozenset(names) for group, names in groups.items()}
