"""What a session knows of its room, and how the room shows itself."""

from dataclasses import dataclass
from datetime import datetime

from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.signalling import Admission, RoomView
from webvisio_rooms.domain import lifecycle


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What is set of a room outside of its sessions; replaced as a whole when it changes."""

    room_id: RoomId
    name: str
    customer_name: str
    admission: Admission
    is_guest_access_open: bool
    welcome: str = ""
    entitled_until: datetime | None = None


def view_of_room(facts: RoomFacts, state: lifecycle.Lifecycle) -> RoomView:
    """Show the room to those inside and before the door."""
    return RoomView(
        facts.room_id,
        facts.name,
        facts.customer_name,
        lifecycle.room_state(state),
        facts.admission,
        facts.is_guest_access_open,
        facts.welcome,
        lifecycle.opened_at_of(state),
        facts.entitled_until,
    )
