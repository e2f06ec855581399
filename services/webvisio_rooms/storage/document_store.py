"""Reads and writes shared documents. Synchronous; `application.journal` and the rooms' writer give it threads.

Every method is one transaction. Content is sealed on its way in and opened on
its way out (`seals`); what its customer's key no longer opens raises
`DocumentDestroyed`. Whoever has this store has those beside it: `log`,
`exercises`, `hands`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from webvisio_protocol.documents import CopyState, DocumentId, DocumentKind, DocumentRule, ExerciseId
from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.domain.documents import Hand
from webvisio_rooms.storage.document_log import DocumentLog, row_of
from webvisio_rooms.storage.document_records import DocumentRecord, Loaded, LogEntry
from webvisio_rooms.storage.document_seals import DocumentSeals, entry_place, snapshot_place
from webvisio_rooms.storage.document_tables import (
    DocumentRow,
    HandRow,
    RefusedClientRow,
    SnapshotRow,
    UpdateRow,
)
from webvisio_rooms.storage.exercise_store import ExerciseStore
from webvisio_rooms.storage.hand_store import HandStore
from webvisio_rooms.storage.sealing import DocumentDestroyed, Keys


class DocumentStore:
    """See the module."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self.seals = DocumentSeals(engine, keys)
        self.log = DocumentLog(engine, self.seals)
        self.exercises = ExerciseStore(engine, self.seals)
        self.hands = HandStore(engine)

    # ---- documents -------------------------------------------------------------------

    def create(self, record: DocumentRecord, author_name: str, content: bytes) -> bool:
        """Add a document with its first content; False when the person has a copy of that exercise already."""
        with self._engine.begin() as connection:
            if record.exercise_id is not None and _has_copy(connection, record):
                return False
            customer_id = self.seals.customer(connection, record.room_id)
            key_id, seal = self.seals.fresh(customer_id, record.document_id)
            values = {
                "document_id": record.document_id,
                "room_id": record.room_id,
                "kind": record.kind.value,
                "name": record.name,
                "rule": record.rule.value,
                "writer": record.writer,
                "writer_name": record.writer_name,
                "epoch": record.epoch,
                "created_at": record.created_at,
                "exercise_id": record.exercise_id,
                "owner": record.owner,
                "owner_name": record.owner_name,
                "copy_state": None if record.copy_state is None else record.copy_state.value,
                "annotates": record.annotates,
                "customer_id": customer_id,
                "key_id": key_id,
            }
            connection.execute(insert(DocumentRow).values(values))
            first = LogEntry(record.document_id, 1, record.epoch, record.created_at, author_name, content)
            connection.execute(insert(UpdateRow).values(row_of(first, seal)))
        return True

    def documents(self, room_id: RoomId) -> tuple[DocumentRecord, ...]:
        """List the documents of a room, oldest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(DocumentRow).where(DocumentRow.room_id == room_id).order_by(DocumentRow.created_at)
            ).all()
            return _records(session, rows)

    def document(self, document_id: DocumentId) -> DocumentRecord | None:
        """Find a document."""
        with Session(self._engine) as session:
            row = session.get(DocumentRow, document_id)
            return None if row is None else _records(session, [row])[0]

    def annotations(self, file_id: str) -> DocumentRecord | None:
        """Find the board over the pages of a file."""
        with Session(self._engine) as session:
            row = session.scalar(select(DocumentRow).where(DocumentRow.annotates == file_id))
            return None if row is None else _records(session, [row])[0]

    def count(self, room_id: RoomId) -> int:
        """Count the documents of a room, copies of exercises apart."""
        with Session(self._engine) as session:
            query = select(func.count()).where(
                DocumentRow.room_id == room_id, DocumentRow.exercise_id.is_(None)
            )
            return int(session.scalar(query) or 0)

    def copies(self, exercise_id: ExerciseId) -> tuple[DocumentRecord, ...]:
        """List the copies of an exercise, by their owners' names."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(DocumentRow)
                .where(DocumentRow.exercise_id == exercise_id)
                .order_by(DocumentRow.owner_name, DocumentRow.document_id)
            ).all()
            return _records(session, rows)

    def change(
        self,
        document_id: DocumentId,
        *,
        name: str | None = None,
        rule: DocumentRule | None = None,
        writer: tuple[str, str] | None = None,
        copy_state: CopyState | None = None,
    ) -> DocumentRecord | None:
        """Change settings; None leaves them as they are. `writer` is a person and their name."""
        with Session(self._engine) as session, session.begin():
            row = session.get(DocumentRow, document_id)
            if row is None:
                return None
            row.name = row.name if name is None else name
            row.rule = row.rule if rule is None else rule.value
            row.copy_state = row.copy_state if copy_state is None else copy_state.value
            if writer is not None:
                row.writer, row.writer_name = writer
            session.flush()
            return _records(session, [row])[0]

    def delete(self, document_id: DocumentId) -> None:
        """Remove a document with its history."""
        with self._engine.begin() as connection:
            for table in (UpdateRow, SnapshotRow, RefusedClientRow, HandRow, DocumentRow):
                connection.execute(delete(table).where(table.document_id == document_id))

    # ---- content ---------------------------------------------------------------------

    def load(self, document_id: DocumentId) -> Loaded | None:
        """Read what it takes to bring a document to life; raises `SealingFault`."""
        with Session(self._engine) as session:
            row = session.get(DocumentRow, document_id)
            if row is None:
                return None
            seal = self.seals.of(row)
            snapshot = session.get(SnapshotRow, document_id)
            since = 0 if snapshot is None else snapshot.seq
            entries = session.execute(
                select(UpdateRow.seq, UpdateRow.payload)
                .where(
                    UpdateRow.document_id == document_id, UpdateRow.epoch == row.epoch, UpdateRow.seq > since
                )
                .order_by(UpdateRow.seq)
            ).all()
            refused = session.scalars(
                select(RefusedClientRow.client_id).where(RefusedClientRow.document_id == document_id)
            )
            states = [] if snapshot is None else [seal.open(snapshot.payload, snapshot_place(since))]
            states += [seal.open(payload, entry_place(row.epoch, seq)) for seq, payload in entries]
            return Loaded(
                _records(session, [row])[0],
                tuple(states),
                max([since, *(seq for seq, _ in entries)]),
                tuple(refused),
            )

    def replace(self, entry: LogEntry) -> None:
        """Begin a new epoch of a document with the entry as its whole content; raises `DocumentDestroyed`."""
        with self._engine.begin() as connection:
            where = DocumentRow.document_id == entry.document_id
            seal = self.seals.of_many(connection, {entry.document_id}).get(entry.document_id)
            if seal is None:
                raise DocumentDestroyed
            connection.execute(insert(UpdateRow).values(row_of(entry, seal)))
            connection.execute(update(DocumentRow).where(where).values(epoch=entry.epoch))
            for table in (SnapshotRow, RefusedClientRow):
                connection.execute(delete(table).where(table.document_id == entry.document_id))

    def refuse_clients(self, document_id: DocumentId, clients: Iterable[int]) -> None:
        """Remember Yjs clients that tried to write and might not."""
        with Session(self._engine) as session, session.begin():
            for client in clients:
                session.merge(RefusedClientRow(document_id=document_id, client_id=client))


def _records(session: Session, rows: Sequence[DocumentRow]) -> tuple[DocumentRecord, ...]:
    names = [row.document_id for row in rows]
    log = {
        document_id: (at, int(size))
        for document_id, at, size in session.execute(
            select(UpdateRow.document_id, func.max(UpdateRow.at), func.sum(func.length(UpdateRow.payload)))
            .where(UpdateRow.document_id.in_(names))
            .group_by(UpdateRow.document_id)
        )
    }
    hands = {
        hand.document_id: Hand(hand.granted_at, hand.until)
        for hand in session.scalars(
            select(HandRow).where(HandRow.document_id.in_(names)).order_by(HandRow.hand_id)
        )
    }
    return tuple(_record(row, log.get(row.document_id), hands.get(row.document_id)) for row in rows)


def _has_copy(connection: Connection, record: DocumentRecord) -> bool:
    query = select(DocumentRow.document_id).where(
        DocumentRow.exercise_id == record.exercise_id, DocumentRow.owner == record.owner
    )
    return connection.execute(query).first() is not None


def _record(row: DocumentRow, log: tuple[datetime, int] | None, hand: Hand | None) -> DocumentRecord:
    changed_at, size_bytes = log or (row.created_at, 0)
    return DocumentRecord(
        DocumentId(row.document_id),
        RoomId(row.room_id),
        DocumentKind(row.kind),
        row.name,
        DocumentRule(row.rule),
        row.epoch,
        row.created_at,
        changed_at,
        size_bytes,
        row.writer,
        row.writer_name,
        None if row.exercise_id is None else ExerciseId(row.exercise_id),
        row.owner,
        row.owner_name,
        None if row.copy_state is None else CopyState(row.copy_state),
        hand,
        row.annotates,
    )
