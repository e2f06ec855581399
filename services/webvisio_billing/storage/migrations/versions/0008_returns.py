"""Money of online payments that went back at the gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "gateway_returns"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("return_id", sa.String(length=80), nullable=False),
        sa.Column("checkout_id", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_reversal", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=48), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["checkouts.checkout_id"], name=op.f("fk_gateway_returns_checkout_id")
        ),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_gateway_returns")),
    )
    op.create_index(op.f("ix_gateway_returns_checkout_id"), TABLE, ["checkout_id"], unique=False)
    op.create_index(op.f("ix_gateway_returns_noted_at"), TABLE, ["noted_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {TABLE}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{TABLE} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_is_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_refuses_{change.lower()} BEFORE {change} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
