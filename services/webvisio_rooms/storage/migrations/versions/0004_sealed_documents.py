"""Whose key a document's content is sealed with, and whose a room is"""

import sqlalchemy as sa
from alembic import op

revision = "0004_sealed_documents"
down_revision = "0003_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("customer_id", sa.String(length=48), nullable=True))
    for table in ("documents", "exercises"):
        op.add_column(table, sa.Column("customer_id", sa.String(length=48), nullable=True))
        op.add_column(table, sa.Column("key_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    for table in ("documents", "exercises"):
        op.drop_column(table, "key_id")
        op.drop_column(table, "customer_id")
    op.drop_column("rooms", "customer_id")
