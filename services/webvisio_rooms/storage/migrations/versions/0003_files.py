"""Files of rooms, their versions, folders, and uploads under way"""

import sqlalchemy as sa
from alembic import op

revision = "0003_files"
down_revision = "0002_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("room_id", sa.String(length=48), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("folder", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=True),
        sa.Column("recipient_name", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"]),
        sa.PrimaryKeyConstraint("file_id"),
    )
    op.create_index("files_by_room", "files", ["room_id", "folder", "name"])
    op.create_table(
        "file_versions",
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.file_id"]),
        sa.PrimaryKeyConstraint("file_id", "version"),
        sa.UniqueConstraint("blob_id"),
    )
    op.create_table(
        "folders",
        sa.Column("room_id", sa.String(length=48), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"]),
        sa.PrimaryKeyConstraint("room_id", "path"),
    )
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("room_id", sa.String(length=48), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=True),
        sa.Column("recipient_name", sa.String(length=200), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("blob_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"]),
        sa.PrimaryKeyConstraint("upload_id"),
        sa.UniqueConstraint("blob_id"),
    )
    op.create_index("uploads_by_room", "uploads", ["room_id", "person"])


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_table("folders")
    op.drop_table("file_versions")
    op.drop_table("files")
