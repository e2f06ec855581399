"""Who stands before a door, and what they are in a room.

A hub user's role comes from their groups and needs the scope to join; a guest's
cookie holds for one room and for the password it was given with; another
password shuts nobody out who is there. Nothing is decided by a name (clause 4.5).
"""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from webvisio_protocol.identifiers import HOST_SCOPE, JOIN_SCOPE, READ_SCOPE, Role, RoomId, room_roles
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import MAX_NAME_CHARACTERS
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.records import RoomRecord


@dataclass(frozen=True, slots=True)
class HubUser:
    """A person, or a service, whom the hub identified."""

    name: str
    shown_name: str
    groups: frozenset[str]
    scopes: frozenset[str]

    @property
    def person(self) -> str:
        return f"user:{self.name}"

    @property
    def may_join(self) -> bool:
        """Whether a scope lets them into rooms at all; filters (`!user=`) do not widen it."""
        return self._has_one_of(JOIN_SCOPE, HOST_SCOPE)

    @property
    def may_read(self) -> bool:
        """Whether a scope lets them look at their rooms from outside."""
        return self._has_one_of(READ_SCOPE, JOIN_SCOPE, HOST_SCOPE)

    def _has_one_of(self, *wanted: str) -> bool:
        return any(scope.partition("!")[0] in wanted for scope in self.scopes)

    def role_in(self, room_id: RoomId) -> Role | None:
        """Tell their role in a room, or None."""
        return self.roles().get(room_id)

    def roles(self) -> dict[RoomId, Role]:
        """Tell their role in each of their rooms."""
        return room_roles(self.groups)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who gave a name and the room's password."""

    room_id: RoomId
    guest_id: str
    name: str
    password_mark: str

    @property
    def person(self) -> str:
        return f"guest:{self.guest_id}"


def nobody_is_here(_person: str) -> bool:
    """Say of everybody that they are not in the room."""
    return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks: a hub user, a guest of some room, both, or nobody known."""

    user: HubUser | None = None
    guests: tuple[Guest, ...] = field(default=())

    def guest_of(self, record: RoomRecord, is_here: Callable[[str], bool] = nobody_is_here) -> Guest | None:
        """Find the guest cookie that still holds for a room: of its password, or of somebody who is there."""
        mark = password_mark(record.guest_password_hash)
        for guest in self.guests:
            is_current = mark is not None and guest.password_mark == mark
            if guest.room_id == record.room_id and (is_current or is_here(guest.person)):
                return guest
        return None

    def identity_in(
        self, record: RoomRecord, is_here: Callable[[str], bool] = nobody_is_here
    ) -> Identity | Refusal:
        """Tell who they are in a room, or why they are nobody there; an account comes before a cookie.

        `is_here` tells of a person whether they are in the room or before its door now.
        """
        user = self.user
        role = None if user is None else user.role_in(record.room_id)
        if user is not None and role is not None and user.may_join:
            return Identity(user.person, user.shown_name, role)
        guest = self.guest_of(record, is_here)
        if guest is not None:
            return Identity(guest.person, guest.name, Role.PARTICIPANT, is_guest=True)
        if user is None:
            return Refusal(RefusalCode.LOGIN_REQUIRED)
        return Refusal(RefusalCode.NOT_INVITED if role is None else RefusalCode.FORBIDDEN)


def password_mark(password_hash: str | None) -> str | None:
    """Tell passwords apart without telling them: a guest cookie ends with its password."""
    return None if password_hash is None else hashlib.sha256(password_hash.encode()).hexdigest()[:16]


def clean_name(text: str) -> str:
    """Make a name fit to show: no control or direction characters, single spaces; may be empty."""
    shown = "".join(
        c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", text)
    )
    return " ".join(shown.split())[:MAX_NAME_CHARACTERS]
