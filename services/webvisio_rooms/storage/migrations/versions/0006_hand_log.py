"""Who ended a helping hand, and which cells were run under it"""

import sqlalchemy as sa
from alembic import op

revision = "0006_hand_log"
down_revision = "0005_custody"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("helping_hands", sa.Column("ended_by_name", sa.String(), nullable=True))
    op.create_table(
        "helping_hand_runs",
        sa.Column("run_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("hand_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("cell_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hand_id"], ["helping_hands.hand_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("helping_hand_runs_by_hand", "helping_hand_runs", ["hand_id"])


def downgrade() -> None:
    op.drop_index("helping_hand_runs_by_hand", table_name="helping_hand_runs")
    op.drop_table("helping_hand_runs")
    op.drop_column("helping_hands", "ended_by_name")
