"""The tables of shared documents and exercises.

`document_updates` is the log: rows are only ever added, merged with their
neighbours once they are old, or gone with their document. `document_snapshots`
only shortens loading: it holds the state after `seq`. Payloads and templates are
sealed (`storage.sealing`) with the key that `customer_id` and `key_id` name;
both are None while they are not.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webvisio_rooms.storage.tables import Base


class ExerciseRow(Base):
    """A notebook that was handed out; `template` is its JSON, for those who come later."""

    __tablename__ = "exercises"
    __table_args__ = (Index("exercises_by_room", "room_id"),)

    exercise_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(48), ForeignKey("rooms.room_id"))
    name: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    handed_out_at: Mapped[datetime]
    deadline: Mapped[datetime | None]
    template: Mapped[bytes] = mapped_column(LargeBinary)
    customer_id: Mapped[str | None] = mapped_column(String(48))
    key_id: Mapped[str | None] = mapped_column(String(32))


class DocumentRow(Base):
    """A document; `owner` and what follows are a copy's of an exercise. `annotates` is a file of the room."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("documents_by_room", "room_id", "created_at"),
        Index("documents_by_owner", "exercise_id", "owner", unique=True),
        Index("documents_by_file", "annotates", unique=True),
    )

    document_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(48), ForeignKey("rooms.room_id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    rule: Mapped[str] = mapped_column(String(24))
    writer: Mapped[str | None]
    writer_name: Mapped[str | None]
    epoch: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    exercise_id: Mapped[str | None] = mapped_column(String(48), ForeignKey("exercises.exercise_id"))
    owner: Mapped[str | None]
    owner_name: Mapped[str | None]
    copy_state: Mapped[str | None] = mapped_column(String(16))
    annotates: Mapped[str | None] = mapped_column(String(48))
    customer_id: Mapped[str | None] = mapped_column(String(48))
    key_id: Mapped[str | None] = mapped_column(String(32))


class UpdateRow(Base):
    """Changes of a document, as Yjs writes them, up to `seq`."""

    __tablename__ = "document_updates"

    document_id: Mapped[str] = mapped_column(
        String(48), ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    author_name: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class SnapshotRow(Base):
    """The state of a document after `seq`."""

    __tablename__ = "document_snapshots"

    document_id: Mapped[str] = mapped_column(
        String(48), ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class RefusedClientRow(Base):
    """A Yjs client that tried to change a document that it might only read."""

    __tablename__ = "document_refused_clients"

    document_id: Mapped[str] = mapped_column(
        String(48), ForeignKey("documents.document_id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class HandRow(Base):
    """A helping hand: who gave it on which document, for how long, who ended it, how much was run under it."""

    __tablename__ = "helping_hands"
    __table_args__ = (Index("helping_hands_by_document", "document_id", "until"),)

    hand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    document_id: Mapped[str] = mapped_column(
        String(48), ForeignKey("documents.document_id", ondelete="CASCADE")
    )
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_by: Mapped[str | None]
    runs: Mapped[int] = mapped_column(Integer)
    ended_by_name: Mapped[str | None]


class HandRunRow(Base):
    """A cell that was run under a helping hand: when, by whom, and which; its code is in the document."""

    __tablename__ = "helping_hand_runs"
    __table_args__ = (Index("helping_hand_runs_by_hand", "hand_id"),)

    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    hand_id: Mapped[int] = mapped_column(Integer, ForeignKey("helping_hands.hand_id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by_name: Mapped[str]
    cell_id: Mapped[str]
