"""The run's order is an index: what is due at one instant is taken by name, without sorting the rest each time."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_contracts_next_due_at"), "contracts")
    op.create_index("ix_contracts_next_due_at", "contracts", ["next_due_at", "contract_id"])
