"""The chronicle: a chained history of customers, people, catalogue, bank, checkouts, documents and audit.

What is there already is noted by `Store.migrate`, behind this revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chronicle",
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_chronicle")),
    )
    op.create_index("ix_chronicle_kind_subject", "chronicle", ["kind", "subject"], unique=False)
    op.execute(sa.text("INSERT INTO counters (name, value) VALUES ('chronicle', 0)"))
    if op.get_bind().dialect.name == "postgresql":
        _lock_postgresql()
    else:
        _lock_sqlite()


def _lock_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER chronicle_refuses_{change.lower()} BEFORE {change} ON chronicle "
            "BEGIN SELECT RAISE(ABORT, 'chronicle is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER chronicle_refuses_replace BEFORE INSERT ON chronicle "
        "WHEN EXISTS (SELECT 1 FROM chronicle WHERE ordinal = NEW.ordinal) "
        "BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: chronicle is append-only'); END"
    )


def _lock_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION chronicle_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'chronicle is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER chronicle_append_only BEFORE UPDATE OR DELETE ON chronicle "
        "FOR EACH ROW EXECUTE FUNCTION chronicle_is_append_only()"
    )
    op.execute(
        "CREATE TRIGGER chronicle_refuses_truncate BEFORE TRUNCATE ON chronicle "
        "FOR EACH STATEMENT EXECUTE FUNCTION chronicle_is_append_only()"
    )
