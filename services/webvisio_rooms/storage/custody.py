"""Finds what a customer's rooms hold beside documents and files: which rooms, and their chat. Synchronous."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_rooms.storage.tables import ChatRow, RoomRow, SessionRow


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of a session's chat."""

    session_opened_at: datetime
    author_name: str
    text: str
    posted_at: datetime


class Custody:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rooms(self, customer_id: CustomerId) -> tuple[tuple[RoomId, str], ...]:
        """List a customer's rooms with their names, by identifier."""
        with Session(self._engine) as session:
            rows = session.execute(
                select(RoomRow.room_id, RoomRow.name)
                .where(RoomRow.customer_id == customer_id)
                .order_by(RoomRow.room_id)
            )
            return tuple((RoomId(room_id), name) for room_id, name in rows)

    def chat(self, room_id: RoomId) -> tuple[ChatLine, ...]:
        """List what was written in a room's sessions, in order."""
        with Session(self._engine) as session:
            rows = session.execute(
                select(SessionRow.opened_at, ChatRow.author_name, ChatRow.text, ChatRow.posted_at)
                .join(SessionRow, SessionRow.session_id == ChatRow.session_id)
                .where(SessionRow.room_id == room_id)
                .order_by(SessionRow.opened_at, ChatRow.message_id)
            )
            return tuple(ChatLine(*row) for row in rows)
