"""Somebody who uses what a room keeps, inside its session or, with an account, outside of it."""

from dataclasses import dataclass

from webvisio_protocol.identifiers import Role, RoomId


@dataclass(frozen=True, slots=True)
class Member:
    """`role` is the one they have at this moment, lent ones included."""

    room_id: RoomId
    person: str
    name: str
    role: Role
