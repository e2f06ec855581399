"""A training room in a notebook: `Room("python-beginners")`.

What it may tell is what the person's own server token may read: the room and
its link for anybody who belongs to it, who is there and who was for those who
moderate it. It moves no sound or picture; the room itself is in the browser.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from webvisio_ext.api import RoomsApi
from webvisio_ext.display import room_html, rooms_html
from webvisio_ext.errors import RoomRefused, RoomUnknown
from webvisio_protocol.refusals import choose_locale
from webvisio_protocol.signalling import AttendanceInterval, Locale, MyRoom


def kernel_locale() -> Locale:
    """Read the language of the kernel's environment; French where nothing is said."""
    return choose_locale(os.environ.get("LANGUAGE"), os.environ.get("LC_ALL"), os.environ.get("LANG"))


class Room:
    """One of the rooms that you belong to, as it was when last asked.

    `room.refresh()` asks again; `participants` and `attendance()` always do.
    Raises `RoomUnknown` for a room that is not among yours, `RoomRefused` and
    `RoomsUnavailable` as the service answers.
    """

    def __init__(self, room_id: str, *, api: RoomsApi | None = None, language: Locale | None = None) -> None:
        self._locale: Locale = language or kernel_locale()
        self._api = api or RoomsApi.from_environment(locale=self._locale)
        self._room_id = room_id
        self._mine = self._ask()

    @classmethod
    def mine(cls, *, api: RoomsApi | None = None, language: Locale | None = None) -> "Rooms":
        """List your rooms, in the service's order; may be empty."""
        locale = language or kernel_locale()
        api = api or RoomsApi.from_environment(locale=locale)
        return Rooms((cls._of(mine, api, locale) for mine in api.rooms().rooms), locale)

    @classmethod
    def _of(cls, mine: MyRoom, api: RoomsApi, locale: Locale) -> "Room":
        room = cls.__new__(cls)
        room._locale, room._api, room._mine = locale, api, mine
        room._room_id = mine.room.room_id
        return room

    def refresh(self) -> "Room":
        """Ask the service again, and return this room."""
        self._mine = self._ask()
        return self

    @property
    def id(self) -> str:
        return self._room_id

    @property
    def name(self) -> str:
        return self._mine.room.name

    @property
    def link(self) -> str:
        """What you give to people who shall come."""
        return self._mine.link

    @property
    def state(self) -> str:
        """`idle`, `waiting`, `open`, `lingering` or `cut`."""
        return self._mine.room.state.value

    @property
    def role(self) -> str:
        """Your own role: `host`, `cohost`, `participant` or `observer`."""
        return self._mine.role.value

    @property
    def participant_count(self) -> int:
        """How many people were in the room when last asked."""
        return self._mine.participants

    @property
    def entitled_until(self) -> datetime | None:
        """Until when the contract opens the room, as known today (UTC)."""
        return self._mine.room.entitled_until

    @property
    def participants(self) -> list[str]:
        """Who is in the room now, in order of joining; for those who moderate it."""
        present = (stay.name for stay in self.attendance() if stay.left_at is None)
        return list(dict.fromkeys(present))

    def attendance(self) -> list[AttendanceInterval]:
        """Who was and is in the room, one stay an item, in order of joining (UTC)."""
        return list(self._api.attendance(self._room_id).intervals)

    def _ask(self) -> MyRoom:
        known = self._api.rooms().rooms
        for mine in known:
            if mine.room.room_id == self._room_id:
                return mine
        names = ", ".join(mine.room.room_id for mine in known) or "none"
        raise RoomUnknown(f"{self._room_id!r} is not one of your rooms ({names})")

    def __repr__(self) -> str:
        return f"Room({self._room_id!r}, state={self.state!r}, participants={self.participant_count})"

    def _repr_html_(self) -> str:
        """Show the room as it is now; a participant sees how many, a moderator sees who."""
        try:
            self.refresh()
            people: list[AttendanceInterval] | None = self.attendance()
        except RoomRefused:
            people = None
        return room_html(self._mine, people, self._locale, datetime.now(UTC))


class Rooms(list[Room]):
    """Rooms that show themselves as a table."""

    def __init__(self, rooms: Iterable[Room], locale: Locale) -> None:
        super().__init__(rooms)
        self._locale = locale

    def _repr_html_(self) -> str:
        return rooms_html([room._mine for room in self], self._locale)
