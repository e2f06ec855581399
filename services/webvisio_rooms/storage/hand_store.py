"""Records helping hands: who was given one on which copy, until when, and which cells were run under it.

Cells are recorded by their identifier alone: their code is in the sealed document.
"""

from datetime import datetime

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from webvisio_protocol.documents import (
    MAX_LOGGED_HANDS,
    MAX_LOGGED_RUNS,
    DocumentId,
    HandLog,
    HandLogEntry,
    HandRunView,
)
from webvisio_rooms.domain.documents import Hand
from webvisio_rooms.storage.document_tables import HandRow, HandRunRow


class HandStore:
    """See the module; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, document_id: DocumentId, by: str, by_name: str, hand: Hand) -> None:
        """Record a helping hand; one that was given before ends with it."""
        self.end(document_id, by, by_name, hand.granted_at)
        with Session(self._engine) as session, session.begin():
            session.add(
                HandRow(
                    document_id=document_id,
                    granted_by=by,
                    granted_at=hand.granted_at,
                    until=hand.until,
                    ended_by=None,
                    runs=0,
                )
            )

    def end(self, document_id: DocumentId, by: str, by_name: str, now: datetime) -> None:
        """Take a helping hand back, if there is one."""
        with Session(self._engine) as session, session.begin():
            session.execute(
                update(HandRow)
                .where(HandRow.document_id == document_id, HandRow.until > now)
                .values(until=now, ended_by=by, ended_by_name=by_name)
            )

    def note_run(self, document_id: DocumentId, by_name: str, cell_id: str, now: datetime) -> None:
        """Record a cell that was run under the present helping hand; the latest are kept."""
        with Session(self._engine) as session, session.begin():
            hand = session.scalar(
                select(HandRow).where(HandRow.document_id == document_id, HandRow.until > now)
            )
            if hand is None:
                return
            hand.runs += 1
            session.add(HandRunRow(hand_id=hand.hand_id, at=now, by_name=by_name, cell_id=cell_id))
            session.flush()
            kept = (
                select(HandRunRow.run_id)
                .where(HandRunRow.hand_id == hand.hand_id)
                .order_by(HandRunRow.run_id.desc())
                .limit(MAX_LOGGED_RUNS)
            )
            session.execute(
                delete(HandRunRow).where(HandRunRow.hand_id == hand.hand_id, HandRunRow.run_id.not_in(kept))
            )

    def log(self, document_id: DocumentId, now: datetime) -> HandLog:
        """Tell which helping hands were given on a copy, latest first, and what was run under each."""
        with Session(self._engine) as session:
            hands = session.scalars(
                select(HandRow)
                .where(HandRow.document_id == document_id)
                .order_by(HandRow.hand_id.desc())
                .limit(MAX_LOGGED_HANDS)
            ).all()
            runs: dict[int, list[HandRunView]] = {hand.hand_id: [] for hand in hands}
            for row in session.scalars(
                select(HandRunRow).where(HandRunRow.hand_id.in_(runs)).order_by(HandRunRow.run_id)
            ):
                runs[row.hand_id].append(HandRunView(row.at, row.by_name, row.cell_id))
            return HandLog(
                tuple(
                    HandLogEntry(one.granted_at, one.until, one.ended_by_name, tuple(runs[one.hand_id]))
                    for one in hands
                ),
                now,
            )
