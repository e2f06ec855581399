"""The ledger, the outbox, and stronger locks on what is append-only.

An entry of the ledger is inserted behind its postings and seals them: the
database checks that they sum to zero, and takes no posting for an entry that
exists. `INSERT OR REPLACE` (SQLite) and `TRUNCATE` (PostgreSQL) pass by the
triggers on update and delete, so these are refused by triggers of their own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEYS = {
    "journal": ("contract_id", "sequence"),
    "operator_actions": ("action_id",),
    "ledger_postings": ("year", "ordinal", "line"),
    "ledger_entries": ("year", "ordinal"),
}
NEW = ("ledger_postings", "ledger_entries")


def upgrade() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("journal", sa.String(length=2), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("piece", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_ledger_entries_event",
        ),
        sa.PrimaryKeyConstraint("year", "ordinal", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("contract_id", "sequence", name="uq_ledger_entries_event"),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=8), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year", "ordinal"],
            ["ledger_entries.year", "ledger_entries.ordinal"],
            name="fk_ledger_postings_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("year", "ordinal", "line", name=op.f("pk_ledger_postings")),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=48), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.contract_id"], name=op.f("fk_outbox_contract_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_contract_id"), "outbox", ["contract_id"], unique=False)
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _lock_postgresql()
    else:
        _lock_sqlite()


def _lock_sqlite() -> None:
    for table in NEW:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table, key in KEYS.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - names of our own
        op.execute(
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER ledger_postings_refuses_late BEFORE INSERT ON ledger_postings "
        "WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE year = NEW.year AND ordinal = NEW.ordinal) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger entry is sealed'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_balance BEFORE INSERT ON ledger_entries "
        "WHEN (SELECT COUNT(*) < 2 OR SUM(amount_minor) <> 0 OR MIN(amount_minor <> 0) = 0 "
        "FROM ledger_postings WHERE year = NEW.year AND ordinal = NEW.ordinal) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger entry is not balanced'); END"
    )


def _lock_postgresql() -> None:
    for table in NEW:
        op.execute(
            f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()"
        )
    for table in KEYS:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        )
    op.execute(
        "CREATE FUNCTION ledger_postings_refuses_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF EXISTS (SELECT 1 FROM ledger_entries WHERE year = NEW.year AND ordinal = NEW.ordinal) THEN "
        "RAISE EXCEPTION 'the ledger entry is sealed'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_postings_refuses_late BEFORE INSERT ON ledger_postings "
        "FOR EACH ROW EXECUTE FUNCTION ledger_postings_refuses_late()"
    )
    op.execute(
        "CREATE FUNCTION ledger_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF (SELECT COUNT(*) < 2 OR SUM(amount_minor) <> 0 OR BOOL_OR(amount_minor = 0) "
        "FROM ledger_postings WHERE year = NEW.year AND ordinal = NEW.ordinal) THEN "
        "RAISE EXCEPTION 'the ledger entry is not balanced'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_balance BEFORE INSERT ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION ledger_entries_balance()"
    )
