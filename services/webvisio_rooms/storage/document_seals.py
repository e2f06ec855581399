"""Which seal the content of documents and exercises bears, and the sealing of what was stored in clear.

A payload is bound to its place (`entry_place`, `snapshot_place`,
`TEMPLATE_PLACE`): one that was moved does not open.
"""

from typing import Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from webvisio_protocol.documents import DocumentId, ExerciseId
from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_rooms.storage import sealing
from webvisio_rooms.storage.document_tables import DocumentRow, ExerciseRow, SnapshotRow, UpdateRow
from webvisio_rooms.storage.sealing import PLAIN, DocumentDestroyed, Keys, Seal
from webvisio_rooms.storage.tables import RoomRow

TEMPLATE_PLACE: Final = "template"


def entry_place(epoch: str, seq: int) -> str:
    """Name the place of an entry of the log."""
    return f"{epoch}|{seq}"


def snapshot_place(seq: int) -> str:
    """Name the place of a snapshot."""
    return f"snapshot|{seq}"


class DocumentSeals:
    """See the module."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    # ---- finding ---------------------------------------------------------------------

    def customer(self, connection: Connection, room_id: RoomId) -> CustomerId | None:
        """Tell whose a room is, where that is known."""
        found = connection.scalar(select(RoomRow.customer_id).where(RoomRow.room_id == room_id))
        return None if found is None else CustomerId(found)

    def fresh(self, customer_id: CustomerId | None, name: DocumentId | ExerciseId) -> tuple[str | None, Seal]:
        """Make the seal of something new and name its key; while no customer is known there is none."""
        if customer_id is None:
            return None, PLAIN
        return sealing.fresh(self._keys, customer_id, name)

    def of(self, row: DocumentRow | ExerciseRow) -> Seal:
        """Find the seal of a document or an exercise; raises `SealingFault`."""
        name = row.document_id if isinstance(row, DocumentRow) else row.exercise_id
        return sealing.seal_of(self._keys, name, row.customer_id, row.key_id)

    def of_many(self, connection: Connection, wanted: set[DocumentId]) -> dict[DocumentId, Seal | None]:
        """Find the seals of documents that are there; None where the key is gone."""
        rows = connection.execute(
            select(DocumentRow.document_id, DocumentRow.customer_id, DocumentRow.key_id)
            .where(DocumentRow.document_id.in_(wanted))
            .with_for_update()
        )
        found: dict[DocumentId, Seal | None] = {}
        for name, customer_id, key_id in rows:
            try:
                found[DocumentId(name)] = sealing.seal_of(self._keys, name, customer_id, key_id)
            except DocumentDestroyed:
                found[DocumentId(name)] = None
        return found

    # ---- sealing what was in clear ---------------------------------------------------

    def plain(self) -> tuple[DocumentId | ExerciseId, ...]:
        """List the documents and exercises that are not sealed, though their room's customer is known."""
        found: list[DocumentId | ExerciseId] = []
        with Session(self._engine) as session:
            for table, name in (
                (DocumentRow, DocumentRow.document_id),
                (ExerciseRow, ExerciseRow.exercise_id),
            ):
                rows = session.scalars(
                    select(name)
                    .join(RoomRow, RoomRow.room_id == table.room_id)
                    .where(table.customer_id.is_(None), RoomRow.customer_id.is_not(None))
                )
                found += [DocumentId(row) if table is DocumentRow else ExerciseId(row) for row in rows]
        return tuple(found)

    def seal(self, name: DocumentId | ExerciseId) -> None:
        """Seal a document's log and snapshot, or an exercise's template, in one transaction.

        What stood there in clear is overwritten (SQLite's `secure_delete`); `forget_clear` takes it
        out of the write-ahead log too.
        """
        with Session(self._engine) as session, session.begin():
            if self._engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
            row = session.get(DocumentRow, name, with_for_update=True) or session.get(ExerciseRow, name)
            customer_id = None if row is None else self.customer(session.connection(), RoomId(row.room_id))
            if row is None or row.customer_id is not None or customer_id is None:
                return
            key_id, seal = self.fresh(customer_id, name)
            row.customer_id, row.key_id = customer_id, key_id
            if isinstance(row, ExerciseRow):
                row.template = seal.close(row.template, TEMPLATE_PLACE)
                return
            for entry in session.scalars(select(UpdateRow).where(UpdateRow.document_id == name)):
                entry.payload = seal.close(entry.payload, entry_place(entry.epoch, entry.seq))
            snapshot = session.get(SnapshotRow, name)
            if snapshot is not None:
                snapshot.payload = seal.close(snapshot.payload, snapshot_place(snapshot.seq))

    def forget_clear(self) -> None:
        """Write the write-ahead log of SQLite into the database and empty it; others keep none of ours."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
