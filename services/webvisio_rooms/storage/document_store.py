"""Reads and writes shared documents. Synchronous; `application.journal` and the rooms' writer give it threads.

Every method is one transaction. What the log takes is on the disk when
`append` returns: with SQLite the journal's connection syncs at each commit
(`synchronous=FULL`), PostgreSQL does so by itself. Content is sealed on its way in
and opened on its way out (`storage.sealing`); what its customer's key no longer
opens raises `DocumentDestroyed`. One store for all tables of documents, hence its length.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pycrdt import merge_updates
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from webvisio_protocol.documents import (
    MAX_LOGGED_HANDS,
    MAX_LOGGED_RUNS,
    CopyState,
    DocumentId,
    DocumentKind,
    DocumentRule,
    ExerciseId,
    ExerciseState,
    HandLog,
    HandLogEntry,
    HandRunView,
)
from webvisio_protocol.identifiers import CustomerId, RoomId
from webvisio_rooms.domain.documents import Copy, Hand, Standing
from webvisio_rooms.storage import sealing
from webvisio_rooms.storage.document_tables import (
    DocumentRow,
    ExerciseRow,
    HandRow,
    HandRunRow,
    RefusedClientRow,
    SnapshotRow,
    UpdateRow,
)
from webvisio_rooms.storage.sealing import PLAIN, DocumentDestroyed, Keys, Seal
from webvisio_rooms.storage.tables import RoomRow

MERGED_WITHIN_S = 60
"""Old changes this close together become one entry of the history."""
MAX_HISTORY_BYTES = 64 * 1024 * 1024
"""Of a document's log; beyond it the oldest half becomes one entry."""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as it is stored, but for its content."""

    document_id: DocumentId
    room_id: RoomId
    kind: DocumentKind
    name: str
    rule: DocumentRule
    epoch: str
    created_at: datetime
    changed_at: datetime
    size_bytes: int
    writer: str | None = None
    writer_name: str | None = None
    exercise_id: ExerciseId | None = None
    owner: str | None = None
    owner_name: str | None = None
    copy_state: CopyState | None = None
    hand: Hand | None = None
    annotates: str | None = None

    @property
    def standing(self) -> Standing:
        """What of it decides on access."""
        copy = None
        if self.owner is not None and self.copy_state is not None:
            copy = Copy(self.owner, self.copy_state, self.hand)
        return Standing(self.kind, self.rule, self.writer, copy)


@dataclass(frozen=True, slots=True)
class ExerciseRecord:
    """An exercise, but for its template."""

    exercise_id: ExerciseId
    room_id: RoomId
    name: str
    state: ExerciseState
    handed_out_at: datetime
    deadline: datetime | None
    copies: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Changes to be kept."""

    document_id: DocumentId
    seq: int
    epoch: str
    at: datetime
    author_name: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a document after `seq`."""

    document_id: DocumentId
    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it takes to bring a document to life: updates of the present epoch, in order."""

    record: DocumentRecord
    states: tuple[bytes, ...]
    last_seq: int
    refused_clients: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LogMark:
    """An entry of the log, without its content."""

    seq: int
    epoch: str
    at: datetime
    author_name: str


class DocumentStore:
    """See the module."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    # ---- documents -------------------------------------------------------------------

    def create(self, record: DocumentRecord, author_name: str, content: bytes) -> bool:
        """Add a document with its first content; False when the person has a copy of that exercise already."""
        with self._engine.begin() as connection:
            if record.exercise_id is not None and self._has_copy(connection, record):
                return False
            customer_id = self._customer(connection, record.room_id)
            key_id, seal = self._fresh(customer_id, record.document_id)
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
            connection.execute(insert(UpdateRow).values(_row(first, seal)))
        return True

    def documents(self, room_id: RoomId) -> tuple[DocumentRecord, ...]:
        """List the documents of a room, oldest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(DocumentRow).where(DocumentRow.room_id == room_id).order_by(DocumentRow.created_at)
            ).all()
            return self._records(session, rows)

    def document(self, document_id: DocumentId) -> DocumentRecord | None:
        """Find a document."""
        with Session(self._engine) as session:
            row = session.get(DocumentRow, document_id)
            return None if row is None else self._records(session, [row])[0]

    def annotations(self, file_id: str) -> DocumentRecord | None:
        """Find the board over the pages of a file."""
        with Session(self._engine) as session:
            row = session.scalar(select(DocumentRow).where(DocumentRow.annotates == file_id))
            return None if row is None else self._records(session, [row])[0]

    def count(self, room_id: RoomId) -> int:
        """Count the documents of a room, copies of exercises apart."""
        with Session(self._engine) as session:
            query = select(func.count()).where(
                DocumentRow.room_id == room_id, DocumentRow.exercise_id.is_(None)
            )
            return int(session.scalar(query) or 0)

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
            return self._records(session, [row])[0]

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
            seal = self._seal(row)
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
            states = [] if snapshot is None else [seal.open(snapshot.payload, _snapshot_place(since))]
            states += [seal.open(payload, _place(row.epoch, seq)) for seq, payload in entries]
            return Loaded(
                self._records(session, [row])[0],
                tuple(states),
                max([since, *(seq for seq, _ in entries)]),
                tuple(refused),
            )

    def replace(self, entry: LogEntry) -> None:
        """Begin a new epoch of a document with the entry as its whole content; raises `DocumentDestroyed`."""
        with self._engine.begin() as connection:
            where = DocumentRow.document_id == entry.document_id
            seal = self._seals(connection, {entry.document_id}).get(entry.document_id)
            if seal is None:
                raise DocumentDestroyed
            connection.execute(insert(UpdateRow).values(_row(entry, seal)))
            connection.execute(update(DocumentRow).where(where).values(epoch=entry.epoch))
            for table in (SnapshotRow, RefusedClientRow):
                connection.execute(delete(table).where(table.document_id == entry.document_id))

    def refuse_clients(self, document_id: DocumentId, clients: Iterable[int]) -> None:
        """Remember Yjs clients that tried to write and might not."""
        with Session(self._engine) as session, session.begin():
            for client in clients:
                session.merge(RefusedClientRow(document_id=document_id, client_id=client))

    # ---- the log ---------------------------------------------------------------------

    def journal_connection(self) -> Connection:
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
            seals = self._seals(connection, {entry.document_id for entry in entries})
            kept = [(entry, seal) for entry in entries if (seal := seals.get(entry.document_id)) is not None]
            rows = [_row(entry, seal) for entry, seal in kept if isinstance(entry, LogEntry)]
            if rows:
                connection.execute(insert(UpdateRow), rows)
            for entry, seal in kept:
                if isinstance(entry, Snapshot):
                    self._keep_snapshot(connection, entry, seal)
        return frozenset(document_id for document_id, seal in seals.items() if seal is None)

    def compact(self, document_id: DocumentId, before: datetime) -> int:
        """Merge old changes that stand close together; returns how many entries are left."""
        with Session(self._engine) as session, session.begin():
            seal = self._seals(session.connection(), {document_id}).get(document_id)
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
            seal = self._seal(row)
            epoch = session.scalar(
                select(UpdateRow.epoch).where(UpdateRow.document_id == document_id, UpdateRow.seq == seq)
            )
            rows = session.execute(
                select(UpdateRow.epoch, UpdateRow.seq, UpdateRow.payload)
                .where(UpdateRow.document_id == document_id, UpdateRow.epoch == epoch, UpdateRow.seq <= seq)
                .order_by(UpdateRow.seq)
            )
            return tuple(
                seal.open(payload, _place(its_epoch, its_seq)) for its_epoch, its_seq, payload in rows
            )

    # ---- sealing ---------------------------------------------------------------------

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
            customer_id = None if row is None else self._customer(session.connection(), RoomId(row.room_id))
            if row is None or row.customer_id is not None or customer_id is None:
                return
            key_id, seal = self._fresh(customer_id, name)
            row.customer_id, row.key_id = customer_id, key_id
            if isinstance(row, ExerciseRow):
                row.template = seal.close(row.template, _TEMPLATE_PLACE)
                return
            for entry in session.scalars(select(UpdateRow).where(UpdateRow.document_id == name)):
                entry.payload = seal.close(entry.payload, _place(entry.epoch, entry.seq))
            snapshot = session.get(SnapshotRow, name)
            if snapshot is not None:
                snapshot.payload = seal.close(snapshot.payload, _snapshot_place(snapshot.seq))

    def forget_clear(self) -> None:
        """Write the write-ahead log of SQLite into the database and empty it; others keep none of ours."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _customer(self, connection: Connection, room_id: RoomId) -> CustomerId | None:
        found = connection.scalar(select(RoomRow.customer_id).where(RoomRow.room_id == room_id))
        return None if found is None else CustomerId(found)

    def _fresh(self, customer_id: CustomerId | None, name: str) -> tuple[str | None, Seal]:
        if customer_id is None:
            return None, PLAIN
        return sealing.fresh(self._keys, customer_id, name)

    def _seal(self, row: DocumentRow) -> Seal:
        return sealing.seal_of(self._keys, row.document_id, row.customer_id, row.key_id)

    def _seals(self, connection: Connection, wanted: set[DocumentId]) -> dict[DocumentId, Seal | None]:
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

    # ---- exercises -------------------------------------------------------------------

    def create_exercise(self, record: ExerciseRecord, template: bytes) -> None:
        """Add an exercise."""
        with Session(self._engine) as session, session.begin():
            customer_id = self._customer(session.connection(), record.room_id)
            key_id, seal = self._fresh(customer_id, record.exercise_id)
            session.add(
                ExerciseRow(
                    exercise_id=record.exercise_id,
                    room_id=record.room_id,
                    name=record.name,
                    state=record.state.value,
                    handed_out_at=record.handed_out_at,
                    deadline=record.deadline,
                    template=seal.close(template, _TEMPLATE_PLACE),
                    customer_id=customer_id,
                    key_id=key_id,
                )
            )

    def exercises(self, room_id: RoomId) -> tuple[ExerciseRecord, ...]:
        """List the exercises of a room, oldest first."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(ExerciseRow)
                .where(ExerciseRow.room_id == room_id)
                .order_by(ExerciseRow.handed_out_at, ExerciseRow.exercise_id)
            )
            return tuple(self._exercise(session, row) for row in rows)

    def exercises_with_deadline(self) -> tuple[ExerciseRecord, ...]:
        """List the open exercises that have a deadline, of all rooms."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(ExerciseRow).where(
                    ExerciseRow.state == ExerciseState.OPEN.value, ExerciseRow.deadline.is_not(None)
                )
            )
            return tuple(self._exercise(session, row) for row in rows)

    def exercise(self, exercise_id: ExerciseId) -> ExerciseRecord | None:
        """Find an exercise."""
        with Session(self._engine) as session:
            row = session.get(ExerciseRow, exercise_id)
            return None if row is None else self._exercise(session, row)

    def template(self, exercise_id: ExerciseId) -> bytes:
        """Read the notebook that an exercise hands out; raises `SealingFault`."""
        with Session(self._engine) as session:
            row = session.get(ExerciseRow, exercise_id)
            assert row is not None, "exercises are never removed"
            seal = sealing.seal_of(self._keys, row.exercise_id, row.customer_id, row.key_id)
            return seal.open(row.template, _TEMPLATE_PLACE)

    def change_exercise(
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

    def copies(self, exercise_id: ExerciseId) -> tuple[DocumentRecord, ...]:
        """List the copies of an exercise, by their owners' names."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(DocumentRow)
                .where(DocumentRow.exercise_id == exercise_id)
                .order_by(DocumentRow.owner_name, DocumentRow.document_id)
            ).all()
            return self._records(session, rows)

    # ---- helping hands ---------------------------------------------------------------

    def give_hand(self, document_id: DocumentId, by: str, by_name: str, hand: Hand) -> None:
        """Record a helping hand; one that was given before ends with it."""
        self.end_hand(document_id, by, by_name, hand.granted_at)
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

    def end_hand(self, document_id: DocumentId, by: str, by_name: str, now: datetime) -> None:
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

    def hand_log(self, document_id: DocumentId, now: datetime) -> HandLog:
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

    # ---- rows ------------------------------------------------------------------------

    def _records(self, session: Session, rows: Sequence[DocumentRow]) -> tuple[DocumentRecord, ...]:
        names = [row.document_id for row in rows]
        log = {
            document_id: (at, int(size))
            for document_id, at, size in session.execute(
                select(
                    UpdateRow.document_id, func.max(UpdateRow.at), func.sum(func.length(UpdateRow.payload))
                )
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

    def _exercise(self, session: Session, row: ExerciseRow) -> ExerciseRecord:
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

    def _has_copy(self, connection: Connection, record: DocumentRecord) -> bool:
        query = select(DocumentRow.document_id).where(
            DocumentRow.exercise_id == record.exercise_id, DocumentRow.owner == record.owner
        )
        return connection.execute(query).first() is not None

    def _keep_snapshot(self, connection: Connection, snapshot: Snapshot, seal: Seal) -> None:
        where = SnapshotRow.document_id == snapshot.document_id
        connection.execute(delete(SnapshotRow).where(where))
        payload = seal.close(snapshot.payload, _snapshot_place(snapshot.seq))
        connection.execute(
            insert(SnapshotRow).values(document_id=snapshot.document_id, seq=snapshot.seq, payload=payload)
        )


_TEMPLATE_PLACE = "template"


def _place(epoch: str, seq: int) -> str:
    return f"{epoch}|{seq}"


def _snapshot_place(seq: int) -> str:
    return f"snapshot|{seq}"


def _row(entry: LogEntry, seal: Seal) -> dict[str, object]:
    return {
        "document_id": entry.document_id,
        "seq": entry.seq,
        "epoch": entry.epoch,
        "at": entry.at,
        "author_name": entry.author_name,
        "payload": seal.close(entry.payload, _place(entry.epoch, entry.seq)),
    }


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
    merged = merge_updates(*(seal.open(row.payload, _place(row.epoch, row.seq)) for row in group))
    last.payload = seal.close(merged, _place(last.epoch, last.seq))
    last.author_name = ", ".join(names)[:200]
    for row in group[:-1]:
        session.delete(row)
