"""A customer's contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_contacts_customer_id")
        ),
        sa.ForeignKeyConstraint(["username"], ["people.username"], name=op.f("fk_contacts_username")),
        sa.PrimaryKeyConstraint("customer_id", "username", name=op.f("pk_contacts")),
    )
