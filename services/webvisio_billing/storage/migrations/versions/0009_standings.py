"""What lists show of contracts, and the contracts that are stuck.

The columns of what is there already are reckoned by `Store.migrate`, behind this revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {
    "sort_key": ["sort_key", "contract_id"],
    "lifecycle": ["lifecycle", "is_held", "sort_key", "contract_id"],
    "balance_minor": ["balance_minor", "contract_id"],
    "shuts_at": ["shuts_at", "contract_id"],
    "overdue_at": ["overdue_at", "contract_id"],
    "ticket_due_at": ["ticket_due_at", "contract_id"],
}


def upgrade() -> None:
    for column in (
        sa.Column("formula", sa.String(length=8), server_default="month", nullable=False),
        sa.Column("sort_key", sa.String(length=240), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shuts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("owed", sa.Text(), server_default="[]", nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket_due_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("contracts", column)
    for name, columns in INDEXES.items():
        op.create_index(f"ix_contracts_{name}", "contracts", columns, unique=False)
    op.create_table(
        "stuck_contracts",
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.contract_id"], name=op.f("fk_stuck_contracts_contract_id")
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_stuck_contracts")),
    )
