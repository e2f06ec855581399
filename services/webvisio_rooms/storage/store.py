"""Reads and writes what rooms keep. Synchronous: `application.writer` gives it a thread.

Every method is one transaction. Nothing is decided here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from webvisio_protocol.identifiers import CustomerId, ParticipantId, Role, RoomId
from webvisio_protocol.signalling import CHAT_HISTORY, Admission, ChatView, Permission, PresentedView
from webvisio_rooms.domain.attendance import Stay, close_orphan
from webvisio_rooms.domain.roster import Remembered
from webvisio_rooms.storage.records import RetiredLink, RoomRecord, SessionRecord, StayRecord
from webvisio_rooms.storage.tables import (
    ChatRow,
    HeartbeatRow,
    RetiredLinkRow,
    RoomRow,
    SessionPersonRow,
    SessionRow,
    StayRow,
)

MAX_STAYS = 20_000
"""Attendance intervals that one report reads, the latest ones."""


class _Stage(msgspec.Struct, frozen=True):
    """What `sessions.stage` holds."""

    permissions: tuple[Permission, ...] = ()
    presented: PresentedView | None = None
    hands: dict[str, datetime] = {}


class Store:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ---- rooms and links -------------------------------------------------------------

    def ensure_room(
        self,
        room_id: RoomId,
        name: str,
        customer_name: str,
        fresh_code: str,
        now: datetime,
        customer_id: CustomerId | None = None,
    ) -> RoomRecord:
        """Remember a room under its present names; a new one gets `fresh_code`."""
        with Session(self._engine) as session, session.begin():
            row = session.get(RoomRow, room_id)
            if row is None:
                row = RoomRow(
                    room_id=room_id,
                    link_code=fresh_code,
                    name=name,
                    customer_name=customer_name,
                    admission=Admission.EVERYBODY.value,
                    welcome="",
                    guest_password_hash=None,
                    created_at=now,
                )
                session.add(row)
            elif name:
                row.name, row.customer_name = name, customer_name
            if customer_id is not None:
                row.customer_id = customer_id
            return _room(row)

    def room(self, room_id: RoomId) -> RoomRecord | None:
        """Find a room."""
        with Session(self._engine) as session:
            row = session.get(RoomRow, room_id)
            return None if row is None else _room(row)

    def rooms(self) -> tuple[RoomRecord, ...]:
        """List every room ever named, by identifier."""
        with Session(self._engine) as session:
            return tuple(_room(row) for row in session.scalars(select(RoomRow).order_by(RoomRow.room_id)))

    def room_by_code(self, code: str) -> RoomRecord | RetiredLink | None:
        """Find where a link leads."""
        with Session(self._engine) as session:
            row = session.scalar(select(RoomRow).where(RoomRow.link_code == code))
            if row is not None:
                return _room(row)
            return RetiredLink() if session.get(RetiredLinkRow, code) is not None else None

    def replace_link(self, room_id: RoomId, fresh_code: str, now: datetime) -> RoomRecord | None:
        """Give a room another link; the old code is retired."""
        with Session(self._engine) as session, session.begin():
            row = session.get(RoomRow, room_id)
            if row is None:
                return None
            session.add(RetiredLinkRow(link_code=row.link_code, room_id=room_id, retired_at=now))
            row.link_code = fresh_code
            return _room(row)

    def change_room(
        self,
        room_id: RoomId,
        *,
        admission: Admission | None = None,
        welcome: str | None = None,
    ) -> RoomRecord | None:
        """Change settings; None leaves them as they are."""
        with Session(self._engine) as session, session.begin():
            row = session.get(RoomRow, room_id)
            if row is None:
                return None
            row.admission = row.admission if admission is None else admission.value
            row.welcome = row.welcome if welcome is None else welcome
            return _room(row)

    def set_guest_password(self, room_id: RoomId, password_hash: str | None) -> RoomRecord | None:
        """Set the hash of the guests' password; None closes the room to guests."""
        with Session(self._engine) as session, session.begin():
            row = session.get(RoomRow, room_id)
            if row is None:
                return None
            row.guest_password_hash = password_hash
            return _room(row)

    # ---- sessions --------------------------------------------------------------------

    def open_session(self, session_id: str, room_id: RoomId, opened_at: datetime) -> None:
        """Record that a session began."""
        with Session(self._engine) as session, session.begin():
            session.add(
                SessionRow(session_id=session_id, room_id=room_id, opened_at=opened_at, ended_at=None)
            )

    def close_session(self, session_id: str, ended_at: datetime) -> None:
        """Record that a session is over, with every interval in it."""
        with Session(self._engine) as session, session.begin():
            row = session.get(SessionRow, session_id)
            if row is not None:
                row.ended_at = ended_at
            session.execute(
                update(StayRow)
                .where(StayRow.session_id == session_id, StayRow.left_at.is_(None))
                .values(left_at=ended_at)
            )

    def running_sessions(self) -> tuple[SessionRecord, ...]:
        """List the sessions that were not ended."""
        with Session(self._engine) as session:
            rows = session.scalars(select(SessionRow).where(SessionRow.ended_at.is_(None)))
            return tuple(self._session_record(session, row) for row in rows)

    def remember_person(
        self,
        session_id: str,
        person: str,
        participant_id: ParticipantId,
        lent_role: Role | None,
        *,
        is_removed: bool,
    ) -> None:
        """Remember somebody's place in a session."""
        with Session(self._engine) as session, session.begin():
            session.merge(
                SessionPersonRow(
                    session_id=session_id,
                    person=person,
                    participant_id=participant_id,
                    lent_role=None if lent_role is None else lent_role.value,
                    is_removed=is_removed,
                )
            )

    def keep_stage(
        self, session_id: str, permissions: tuple[Permission, ...], presented: PresentedView | None
    ) -> None:
        """Keep who may use what, and what is presented."""
        self._change_stage(
            session_id,
            lambda stage: msgspec.structs.replace(stage, permissions=permissions, presented=presented),
        )

    def keep_hands(self, session_id: str, hands: Mapping[str, datetime]) -> None:
        """Keep whose hand is up, by person, and since when."""
        self._change_stage(session_id, lambda stage: msgspec.structs.replace(stage, hands=dict(hands)))

    def _change_stage(self, session_id: str, change: Callable[[_Stage], _Stage]) -> None:
        with Session(self._engine) as session, session.begin():
            row = session.get(SessionRow, session_id)
            if row is not None:
                row.stage = msgspec.json.encode(change(_stage(row))).decode()

    def keep_chat(self, session_id: str, line: ChatView) -> None:
        """Keep a chat line."""
        with Session(self._engine) as session, session.begin():
            session.add(
                ChatRow(
                    session_id=session_id,
                    message_id=line.message_id,
                    client_id=line.client_id,
                    author_id=line.author_id,
                    author_name=line.author_name,
                    text=line.text,
                    posted_at=line.posted_at,
                )
            )

    # ---- attendance ------------------------------------------------------------------

    def begin_stay(self, stay: StayRecord) -> None:
        """Open an attendance interval."""
        with Session(self._engine) as session, session.begin():
            session.add(
                StayRow(
                    session_id=stay.session_id,
                    room_id=stay.room_id,
                    participant_id=stay.participant_id,
                    person=stay.person,
                    name=stay.name,
                    role=stay.role.value,
                    is_guest=stay.is_guest,
                    joined_at=stay.joined_at,
                    left_at=None,
                )
            )

    def end_stay(self, session_id: str, participant_id: ParticipantId, left_at: datetime) -> None:
        """Close the open interval of somebody, if there is one; never before it began."""
        with Session(self._engine) as session, session.begin():
            for row in session.scalars(
                select(StayRow).where(
                    StayRow.session_id == session_id,
                    StayRow.participant_id == participant_id,
                    StayRow.left_at.is_(None),
                )
            ):
                row.left_at = max(row.joined_at, left_at)

    def close_orphans(self, last_seen_at: datetime) -> int:
        """Close every interval that a stop of the service left open; returns how many."""
        with Session(self._engine) as session, session.begin():
            rows = session.scalars(select(StayRow).where(StayRow.left_at.is_(None))).all()
            for row in rows:
                row.left_at = close_orphan(_stay(row), last_seen_at).left_at
            return len(rows)

    def stays(self, room_id: RoomId) -> tuple[Stay, ...]:
        """List the intervals of a room, by the instant of joining; the last `MAX_STAYS`."""
        with Session(self._engine) as session:
            rows: Sequence[StayRow] = session.scalars(
                select(StayRow)
                .where(StayRow.room_id == room_id)
                .order_by(StayRow.joined_at.desc(), StayRow.stay_id.desc())
                .limit(MAX_STAYS)
            ).all()
            return tuple(_stay(row) for row in reversed(rows))

    def recent_hosts(self, room_id: RoomId) -> tuple[str, ...]:
        """Name those who hosted a room last, at most three; may be empty."""
        with Session(self._engine) as session:
            latest = func.max(StayRow.joined_at).label("latest")
            rows = session.execute(
                select(func.max(StayRow.name), latest)
                .where(StayRow.room_id == room_id, StayRow.role.in_([Role.HOST.value, Role.COHOST.value]))
                .group_by(StayRow.person)
                .order_by(latest.desc())
                .limit(3)
            )
            return tuple(name for name, _ in rows)

    # ---- life ------------------------------------------------------------------------

    def beat(self, now: datetime) -> None:
        """Note that the service lives."""
        with Session(self._engine) as session, session.begin():
            session.merge(HeartbeatRow(row_id=1, last_seen_at=now))

    def last_seen_at(self) -> datetime | None:
        """Tell when the service was last known to live, or None at its first start."""
        with Session(self._engine) as session:
            row = session.get(HeartbeatRow, 1)
            return None if row is None else row.last_seen_at

    def close(self) -> None:
        """Free the connections."""
        self._engine.dispose()

    def _session_record(self, session: Session, row: SessionRow) -> SessionRecord:
        lines: Iterable[ChatRow] = session.scalars(
            select(ChatRow)
            .where(ChatRow.session_id == row.session_id)
            .order_by(ChatRow.message_id.desc())
            .limit(CHAT_HISTORY)
        )
        people = session.scalars(
            select(SessionPersonRow).where(SessionPersonRow.session_id == row.session_id)
        )
        stage = _stage(row)
        return SessionRecord(
            row.session_id,
            RoomId(row.room_id),
            row.opened_at,
            tuple(_chat(line) for line in reversed(list(lines))),
            tuple(
                Remembered(
                    p.person,
                    ParticipantId(p.participant_id),
                    None if p.lent_role is None else Role(p.lent_role),
                    p.is_removed,
                )
                for p in people
            ),
            stage.permissions,
            stage.presented,
            stage.hands,
        )


def _stage(row: SessionRow) -> _Stage:
    return _Stage() if row.stage is None else msgspec.json.decode(row.stage, type=_Stage)


def _room(row: RoomRow) -> RoomRecord:
    return RoomRecord(
        RoomId(row.room_id),
        row.link_code,
        row.name,
        row.customer_name,
        Admission(row.admission),
        row.welcome,
        row.guest_password_hash,
    )


def _stay(row: StayRow) -> Stay:
    return Stay(row.person, row.name, Role(row.role), row.is_guest, row.joined_at, row.left_at)


def _chat(row: ChatRow) -> ChatView:
    return ChatView(
        row.message_id, row.client_id, ParticipantId(row.author_id), row.author_name, row.text, row.posted_at
    )
