"""Bank statements, online payments, answered requests, and the operator's catalogue.

What a bank said is never changed, only decided on, once, while it is queued;
versions of the catalogue and messages of gateways are append-only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("statements", "gateway_events", "plans", "service_offers", "rates", "exemptions")
SAID = (
    "statement_id",
    "fingerprint",
    "line",
    "booked_on",
    "amount_minor",
    "currency",
    "account",
    "counterparty",
    "iban",
    "text",
)
"""What the bank said of an entry."""
AGREED = ("contract_id", "amount_minor", "currency", "terms_sha256", "locale", "actor", "accepted_at")
"""What a checkout was accepted for (clause 6.3)."""


def upgrade() -> None:
    op.create_table(
        "answered_requests",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_answered_requests")),
    )
    op.create_index(
        op.f("ix_answered_requests_answered_at"), "answered_requests", ["answered_at"], unique=False
    )
    op.create_table(
        "exemptions",
        sa.Column("exemption_id", sa.String(length=48), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("exemption_id", name=op.f("pk_exemptions")),
    )
    op.create_table(
        "gateway_events",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_gateway_events")),
    )
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("formula", sa.String(length=8), nullable=False),
        sa.Column("name_fr", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("room_minor", sa.BigInteger(), nullable=False),
        sa.Column("setup_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "version", name=op.f("pk_plans")),
    )
    op.create_table(
        "rates",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("percent", sa.String(length=12), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "since", name=op.f("pk_rates")),
    )
    op.create_table(
        "service_offers",
        sa.Column("service_id", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name_fr", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_recurring", sa.Boolean(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "version", name=op.f("pk_service_offers")),
    )
    op.create_table(
        "statements",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=64), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statements")),
        sa.UniqueConstraint("sha256", name=op.f("uq_statements_sha256")),
    )
    op.create_table(
        "checkouts",
        sa.Column("checkout_id", sa.String(length=64), nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("terms_sha256", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("capture_id", sa.String(length=64), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.contract_id"], name=op.f("fk_checkouts_contract_id")
        ),
        sa.PrimaryKeyConstraint("checkout_id", name=op.f("pk_checkouts")),
        sa.UniqueConstraint("capture_id", name=op.f("uq_checkouts_capture_id")),
        sa.UniqueConstraint("order_id", name=op.f("uq_checkouts_order_id")),
    )
    op.create_index(op.f("ix_checkouts_contract_id"), "checkouts", ["contract_id"], unique=False)
    op.create_index(op.f("ix_checkouts_state"), "checkouts", ["state"], unique=False)
    op.create_table(
        "statement_entries",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("counterparty", sa.String(length=500), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("doubt", sa.String(length=24), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.contract_id"], name=op.f("fk_statement_entries_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.statement_id"], name=op.f("fk_statement_entries_statement_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_statement_entries")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_statement_entries_fingerprint")),
    )
    op.create_index("ix_statement_entries_iban_state", "statement_entries", ["iban", "state"], unique=False)
    op.create_index(op.f("ix_statement_entries_state"), "statement_entries", ["state"], unique=False)
    op.create_index(
        op.f("ix_statement_entries_statement_id"), "statement_entries", ["statement_id"], unique=False
    )

    if op.get_bind().dialect.name == "postgresql":
        _lock_postgresql()
    else:
        _lock_sqlite()


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _lock_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            _refuse_sqlite(table, change, "", f"{table} is append-only")
    for table in ("statement_entries", "checkouts"):
        _refuse_sqlite(table, "DELETE", "", f"{table} are kept")
    rewritten = f"OLD.state <> 'queued' OR {_changed(SAID, 'IS NOT')}"
    _refuse_sqlite("statement_entries", "UPDATE", rewritten, "an entry is decided once")
    rewritten = f"OLD.state = 'paid' OR {_changed(AGREED, 'IS NOT')}"
    _refuse_sqlite("checkouts", "UPDATE", rewritten, "an acceptance stands")


def _refuse_sqlite(table: str, change: str, when: str, message: str) -> None:
    condition = f"WHEN {when} " if when else ""
    op.execute(
        f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _lock_postgresql() -> None:
    for table in APPEND_ONLY:
        _refuse_postgresql(table, "UPDATE OR DELETE", "", f"{table} is append-only")
    for table in ("statement_entries", "checkouts"):
        _refuse_postgresql(table, "DELETE", "", f"{table} are kept")
    rewritten = f"OLD.state <> 'queued' OR {_changed(SAID, 'IS DISTINCT FROM')}"
    _refuse_postgresql("statement_entries", "UPDATE", rewritten, "an entry is decided once")
    rewritten = f"OLD.state = 'paid' OR {_changed(AGREED, 'IS DISTINCT FROM')}"
    _refuse_postgresql("checkouts", "UPDATE", rewritten, "an acceptance stands")


def _refuse_postgresql(table: str, change: str, when: str, message: str) -> None:
    name = f"{table}_refuses_{change.split()[0].lower()}"
    condition = f"WHEN ({when}) " if when else ""
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW {condition}EXECUTE FUNCTION {name}()"
    )
