"""Identifiers, and the JupyterHub groups and scopes that carry roles.

A person's rights come from hub groups, which are in every user model:

- ``webvisio-customer-<customer_id>``: belongs to that customer, hence falls
  under its contracts at login and server start (clause 4.5);
- ``webvisio-room-<room_id>-<role>``: has that role in that room;
- ``webvisio-contact-<customer_id>``: may see that customer's contracts and
  invoices and pay them (clause 6.3);
- ``webvisio-hosts`` / ``webvisio-members`` / ``webvisio-contacts`` /
  ``webvisio-operators``: carry the hub roles that grant the custom scopes below.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NewType

CustomerId = NewType("CustomerId", str)
ContractId = NewType("ContractId", str)
RoomId = NewType("RoomId", str)
ParticipantId = NewType("ParticipantId", str)
PeerId = NewType("PeerId", str)
TrackId = NewType("TrackId", str)
GroupId = NewType("GroupId", str)
"""A media group: the peers of one room session, as the media worker knows it."""

HOST_SCOPE = "custom:webvisio:rooms:host"
JOIN_SCOPE = "custom:webvisio:rooms:join"
READ_SCOPE = "custom:webvisio:rooms:read"
"""Reads one's rooms and their attendance, enters none: what a server's own token has."""
CONTRACTS_SCOPE = "custom:webvisio:contracts:admin"

HOSTS_GROUP = "webvisio-hosts"
MEMBERS_GROUP = "webvisio-members"
CONTACTS_GROUP = "webvisio-contacts"
OPERATORS_GROUP = "webvisio-operators"

IDENTIFIER_PATTERN = r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?"
"""Customer, contract and room identifiers: what a URL and a group name can carry."""

_identifier = re.compile(IDENTIFIER_PATTERN)
_customer_group = re.compile(rf"webvisio-customer-({IDENTIFIER_PATTERN})")
_contact_group = re.compile(rf"webvisio-contact-({IDENTIFIER_PATTERN})")
_room_group = re.compile(rf"webvisio-room-({IDENTIFIER_PATTERN})-(host|cohost|participant|observer)")


class Role(StrEnum):
    """What a person may do in one room, strongest first."""

    HOST = "host"
    COHOST = "cohost"
    PARTICIPANT = "participant"
    OBSERVER = "observer"

    @property
    def moderates(self) -> bool:
        """Whether the role may admit, mute, remove and change the room."""
        return self in (Role.HOST, Role.COHOST)

    @property
    def publishes(self) -> bool:
        """Whether the role may send sound and picture."""
        return self is not Role.OBSERVER


def is_identifier(text: str) -> bool:
    """Tell whether `text` may name a customer, a contract or a room."""
    return _identifier.fullmatch(text) is not None


def customer_group(customer: CustomerId) -> str:
    """Name the hub group of a customer's people."""
    return f"webvisio-customer-{customer}"


def contact_group(customer: CustomerId) -> str:
    """Name the hub group of those who see and pay a customer's contracts."""
    return f"webvisio-contact-{customer}"


def room_group(room: RoomId, role: Role) -> str:
    """Name the hub group of those who have `role` in `room`."""
    return f"webvisio-room-{room}-{role.value}"


def customers_of(groups: Iterable[str]) -> list[CustomerId]:
    """List the customers that a user with `groups` belongs to, in order of name."""
    found = (_customer_group.fullmatch(group) for group in groups)
    return sorted(CustomerId(match[1]) for match in found if match)


def contacts_of(groups: Iterable[str]) -> list[CustomerId]:
    """List the customers whose contact a user with `groups` is, in order of name."""
    found = (_contact_group.fullmatch(group) for group in groups)
    return sorted(CustomerId(match[1]) for match in found if match)


def room_roles(groups: Iterable[str]) -> dict[RoomId, Role]:
    """Read the strongest role per room out of a user's `groups`."""
    strongest = list(Role)
    roles: dict[RoomId, Role] = {}
    for group in groups:
        if match := _room_group.fullmatch(group):
            room, role = RoomId(match[1]), Role(match[2])
            if room not in roles or strongest.index(role) < strongest.index(roles[room]):
                roles[room] = role
    return roles
