"""What becomes of a customer's data at the end"""

import sqlalchemy as sa
from alembic import op

revision = "0005_custody"
down_revision = "0004_sealed_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custody",
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=True),
        sa.Column("has_failed", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=True),
        sa.Column("blob_id", sa.String(length=32), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(), nullable=True),
        sa.Column("destroyed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
    )


def downgrade() -> None:
    op.drop_table("custody")
