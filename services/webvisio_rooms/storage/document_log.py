"""The append-only log of documents, and the snapshots that shorten their loading.

What the log takes is on the disk when `append` returns: with SQLite the
journal's connection syncs at each commit (`synchronous=FULL`), PostgreSQL does
so by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pycrdt import merge_updates
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.orm import Session

from webvisio_protocol.documents import DocumentId
from webvisio_rooms.storage.document_records import LogEntry, LogMark, Snapshot
from webvisio_rooms.storage.document_seals import DocumentSeals, entry_place, snapshot_place
from webvisio_rooms.storage.document_tables import DocumentRow, SnapshotRow, UpdateRow
from webvisio_rooms.storage.sealing import Seal

MERGED_WITHIN_S = 60
"""Old changes this close together become one entry of the history."""
MAX_HISTORY_BYTES = 64 * 1024 * 1024
"""Of a document's log; beyond it the oldest half becomes one entry."""


class DocumentLog:
    """See the module."""

    def __init__(self, engine: Engine, seals: DocumentSeals) -> None:
        self._engine = engine
        self._seals = seals

    def connection(self) -> Connection:
        """Open the connection of the journal, which waits for the disk at each commit."""
        connection = self._engine.connect()
        if self._engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
        connection.rollback()
        return connection

    def append(self, connection: Connection, entries: Sequence[LogEntry | Snapshot]) -> frozenset[DocumentId]:
        """Keep changes and snapshots in one transaction; they are on the disk when this returns.

        Returns the documents whose key is gone: nothing of theirs was kept. What belongs to
        a document that was deleted meanwhile is passed over.
        """
        with connection.begin():
            seals = self._seals.of_many(connection, {entry.document_id for entry in entries})
            kept = [(entry, seal) for entry in entries if (seal := seals.get(entry.document_id)) is not None]
            rows = [row_of(entry, seal) for entry, seal in kept if isinstance(entry, LogEntry)]
            if rows:
                connection.execute(insert(UpdateRow), rows)
            for entry, seal in kept:
                if isinstance(entry, Snapshot):
                    _keep_snapshot(connection, entry, seal)
        return frozenset(document_id for document_id, seal in seals.items() if seal is None)

    def compact(self, document_id: DocumentId, before: datetime) -> int:
        """Merge old changes that stand close together; returns how many entries are left."""
        with Session(self._engine) as session, session.begin():
            seal = self._seals.of_many(session.connection(), {document_id}).get(document_id)
            if seal is None:
                return 0
            rows = session.scalars(
                select(UpdateRow)
                .where(UpdateRow.document_id == document_id, UpdateRow.at < before)
                .order_by(UpdateRow.seq)
            ).all()
            groups = _groups(rows)
            if sum(len(row.payload) for row in rows) > MAX_HISTORY_BYTES:
                groups = _halved(groups)
            for group in groups:
                if len(group) > 1:
                    _merge(session, group, seal)
            return len(groups)

    def marks(self, document_id: DocumentId) -> tuple[LogMark, ...]:
        """List the log of a document, oldest first."""
        with Session(self._engine) as session:
            rows = session.execute(
                select(UpdateRow.seq, UpdateRow.epoch, UpdateRow.at, UpdateRow.author_name)
                .where(UpdateRow.document_id == document_id)
                .order_by(UpdateRow.seq)
            )
            return tuple(LogMark(*row) for row in rows)

    def states_at(self, document_id: DocumentId, seq: int) -> tuple[bytes, ...]:
        """Read the updates that make up the state after `seq`, in order; none when there is no such entry.

        Raises `SealingFault`.
        """
        with Session(self._engine) as session:
            row = session.get(DocumentRow, document_id)
            if row is None:
                return ()
            seal = self._seals.of(row)
            epoch = session.scalar(
                select(UpdateRow.epoch).where(UpdateRow.document_id == document_id, UpdateRow.seq == seq)
            )
            rows = session.execute(
                select(UpdateRow.epoch, UpdateRow.seq, UpdateRow.payload)
                .where(UpdateRow.document_id == document_id, UpdateRow.epoch == epoch, UpdateRow.seq <= seq)
                .order_by(UpdateRow.seq)
            )
            return tuple(
                seal.open(payload, entry_place(its_epoch, its_seq)) for its_epoch, its_seq, payload in rows
            )


def row_of(entry: LogEntry, seal: Seal) -> dict[str, object]:
    """Seal an entry into its row."""
    return {
        "document_id": entry.document_id,
        "seq": entry.seq,
        "epoch": entry.epoch,
        "at": entry.at,
        "author_name": entry.author_name,
        "payload": seal.close(entry.payload, entry_place(entry.epoch, entry.seq)),
    }


def _keep_snapshot(connection: Connection, snapshot: Snapshot, seal: Seal) -> None:
    where = SnapshotRow.document_id == snapshot.document_id
    connection.execute(delete(SnapshotRow).where(where))
    payload = seal.close(snapshot.payload, snapshot_place(snapshot.seq))
    connection.execute(
        insert(SnapshotRow).values(document_id=snapshot.document_id, seq=snapshot.seq, payload=payload)
    )


def _groups(rows: Sequence[UpdateRow]) -> list[list[UpdateRow]]:
    """Put neighbours of one epoch that stand within `MERGED_WITHIN_S` of their first into groups."""
    groups: list[list[UpdateRow]] = []
    for row in rows:
        first = groups[-1][0] if groups else None
        span = timedelta(seconds=MERGED_WITHIN_S)
        if first is not None and first.epoch == row.epoch and row.at - first.at < span:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _halved(groups: list[list[UpdateRow]]) -> list[list[UpdateRow]]:
    """Make one group of the older half of each epoch."""
    halved: list[list[UpdateRow]] = []
    middle = len(groups) // 2
    for group in groups[:middle]:
        if halved and halved[-1][0].epoch == group[0].epoch:
            halved[-1].extend(group)
        else:
            halved.append(list(group))
    return [*halved, *groups[middle:]]


def _merge(session: Session, group: list[UpdateRow], seal: Seal) -> None:
    last = group[-1]
    names = list(dict.fromkeys(name for row in group for name in row.author_name.split(", ")))
    merged = merge_updates(*(seal.open(row.payload, entry_place(row.epoch, row.seq)) for row in group))
    last.payload = seal.close(merged, entry_place(last.epoch, last.seq))
    last.author_name = ", ".join(names)[:200]
    for row in group[:-1]:
        session.delete(row)
