"""Reads and writes exercises: what was handed out, until when, and the sealed notebook it was made from.

Their copies are documents like others (`document_store`). Exercises are never removed.
"""

from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from webvisio_protocol.documents import ExerciseId, ExerciseState
from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.storage.document_records import ExerciseRecord
from webvisio_rooms.storage.document_seals import TEMPLATE_PLACE, DocumentSeals
from webvisio_rooms.storage.document_tables import DocumentRow, ExerciseRow


class ExerciseStore:
    """See the module; every method is one transaction."""

    def __init__(self, engine: Engine, seals: DocumentSeals) -> None:
        self._engine = engine
        self._seals = seals

    def create(self, record: ExerciseRecord, template: bytes) -> None:
        """Add an exercise."""
        with Session(self._engine) as session, session.begin():
            customer_id = self._seals.customer(session.connection(), record.room_id)
            key_id, seal = self._seals.fresh(customer_id, record.exercise_id)
            session.add(
                ExerciseRow(
                    exercise_id=record.exercise_id,
                    room_id=record.room_id,
                    name=record.name,
                    state=record.state.value,
                    handed_out_at=record.handed_out_at,
                    deadline=record.deadline,
                    template=seal.close(template, TEMPLATE_PLACE),
                    customer_id=customer_id,
                    key_id=key_id,
                )
            )

    def of_room(self, room_id: RoomId) -> tuple[ExerciseRecord, ...]:
        """List the exercises of a room, oldest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(ExerciseRow)
                .where(ExerciseRow.room_id == room_id)
                .order_by(ExerciseRow.handed_out_at, ExerciseRow.exercise_id)
            )
            return tuple(_record(session, row) for row in rows)

    def with_deadline(self) -> tuple[ExerciseRecord, ...]:
        """List the open exercises that have a deadline, of all rooms."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(ExerciseRow).where(
                    ExerciseRow.state == ExerciseState.OPEN.value, ExerciseRow.deadline.is_not(None)
                )
            )
            return tuple(_record(session, row) for row in rows)

    def find(self, exercise_id: ExerciseId) -> ExerciseRecord | None:
        """Find an exercise."""
        with Session(self._engine) as session:
            row = session.get(ExerciseRow, exercise_id)
            return None if row is None else _record(session, row)

    def template(self, exercise_id: ExerciseId) -> bytes:
        """Read the notebook that an exercise hands out; raises `SealingFault`."""
        with Session(self._engine) as session:
            row = session.get(ExerciseRow, exercise_id)
            assert row is not None, "exercises are never removed"
            return self._seals.of(row).open(row.template, TEMPLATE_PLACE)

    def change(
        self,
        exercise_id: ExerciseId,
        *,
        state: ExerciseState | None = None,
        deadline: tuple[datetime | None] | None = None,
    ) -> None:
        """Change an exercise; `deadline` is the new one, in a tuple."""
        with Session(self._engine) as session, session.begin():
            row = session.get(ExerciseRow, exercise_id)
            assert row is not None, "exercises are never removed"
            row.state = row.state if state is None else state.value
            if deadline is not None:
                (row.deadline,) = deadline


def _record(session: Session, row: ExerciseRow) -> ExerciseRecord:
    copies = session.scalar(select(func.count()).where(DocumentRow.exercise_id == row.exercise_id))
    return ExerciseRecord(
        ExerciseId(row.exercise_id),
        RoomId(row.room_id),
        row.name,
        ExerciseState(row.state),
        row.handed_out_at,
        row.deadline,
        int(copies or 0),
    )
