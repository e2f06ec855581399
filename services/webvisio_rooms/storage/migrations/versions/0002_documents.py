"""Shared documents, exercises, and what a session has on its stage"""

import sqlalchemy as sa
from alembic import op

revision = "0002_documents"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exercises",
        sa.Column("exercise_id", sa.String(length=48), nullable=False),
        sa.Column("room_id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("handed_out_at", sa.DateTime(), nullable=False),
        sa.Column("deadline", sa.DateTime(), nullable=True),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"]),
        sa.PrimaryKeyConstraint("exercise_id"),
    )
    op.create_index("exercises_by_room", "exercises", ["room_id"])
    op.create_table(
        "documents",
        sa.Column("document_id", sa.String(length=48), nullable=False),
        sa.Column("room_id", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("writer", sa.String(length=200), nullable=True),
        sa.Column("writer_name", sa.String(length=200), nullable=True),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("exercise_id", sa.String(length=48), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("owner_name", sa.String(length=200), nullable=True),
        sa.Column("copy_state", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"]),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercises.exercise_id"]),
        sa.PrimaryKeyConstraint("document_id"),
    )
    op.create_index("documents_by_room", "documents", ["room_id", "created_at"])
    op.create_index("documents_by_owner", "documents", ["exercise_id", "owner"], unique=True)
    op.create_table(
        "document_updates",
        sa.Column("document_id", sa.String(length=48), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.document_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "seq"),
    )
    op.create_table(
        "document_snapshots",
        sa.Column("document_id", sa.String(length=48), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.document_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id"),
    )
    op.create_table(
        "document_refused_clients",
        sa.Column("document_id", sa.String(length=48), nullable=False),
        sa.Column("client_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.document_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "client_id"),
    )
    op.create_table(
        "helping_hands",
        sa.Column("hand_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(length=48), nullable=False),
        sa.Column("granted_by", sa.String(length=200), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.document_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hand_id"),
    )
    op.create_index("helping_hands_by_document", "helping_hands", ["document_id", "until"])
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stage", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("stage")
    op.drop_table("helping_hands")
    op.drop_table("document_refused_clients")
    op.drop_table("document_snapshots")
    op.drop_table("document_updates")
    op.drop_table("documents")
    op.drop_table("exercises")
