"""Documents: what waits to be made, the bytes of what was made, and what a customer's documents print.

What was numbered before this revision is queued too.
"""

import json
from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KINDS = {
    "invoice_issued": "invoice",
    "credit_note_issued": "credit_note",
    "late_charge_claimed": "debit_note",
}
PRINTED = {
    "street": (120, ""),
    "more_address": (120, ""),
    "postcode": (16, ""),
    "city": (120, ""),
    "country": (2, "FR"),
    "vat_number": (20, ""),
    "order_reference": (64, ""),
    "document_layout": (8, "fr"),
}


def upgrade() -> None:
    for name, (length, usual) in PRINTED.items():
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default=usual)
        op.add_column("customers", column)
    op.create_table(
        "documents",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_documents_event",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents")),
        sa.UniqueConstraint("contract_id", "sequence", name="uq_documents_event"),
    )
    waiting = op.create_table(
        "documents_to_make",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("contract_id", sa.String(length=48), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problems", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_documents_to_make_event",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents_to_make")),
        sa.UniqueConstraint("contract_id", "sequence", name="uq_documents_to_make_event"),
    )
    op.create_index(op.f("ix_documents_to_make_retry_at"), "documents_to_make", ["retry_at"], unique=False)
    _queue_what_was_numbered(waiting)
    if op.get_bind().dialect.name == "postgresql":
        _lock_postgresql()
    else:
        _lock_sqlite()


def _queue_what_was_numbered(waiting: sa.Table) -> None:
    journal = sa.table(
        "journal", *(sa.column(name) for name in ("contract_id", "sequence", "type", "payload"))
    )
    found = op.get_bind().execute(
        sa.select(journal.c.contract_id, journal.c.sequence, journal.c.type, journal.c.payload).where(
            journal.c.type.in_(KINDS)
        )
    )
    rows = []
    for contract_id, sequence, event_type, payload in found:
        event = json.loads(bytes(payload))
        rows.append(
            {
                "number": event["number"],
                "contract_id": contract_id,
                "sequence": sequence,
                "kind": KINDS[event_type],
                "issued_on": date.fromisoformat(event["issued_on"]),
                "retry_at": datetime(2000, 1, 1, tzinfo=UTC),
                "problems": "",
            }
        )
    if rows:
        op.bulk_insert(waiting, rows)


def _lock_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER documents_refuses_{change.lower()} BEFORE {change} ON documents "
            "BEGIN SELECT RAISE(ABORT, 'documents is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER documents_refuses_replace BEFORE INSERT ON documents "
        "WHEN EXISTS (SELECT 1 FROM documents WHERE number = NEW.number "
        "OR (contract_id = NEW.contract_id AND sequence = NEW.sequence)) "
        "BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: documents is append-only'); END"
    )


def _lock_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION documents_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'documents is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER documents_append_only BEFORE UPDATE OR DELETE ON documents "
        "FOR EACH ROW EXECUTE FUNCTION documents_is_append_only()"
    )
    op.execute(
        "CREATE TRIGGER documents_refuses_truncate BEFORE TRUNCATE ON documents "
        "FOR EACH STATEMENT EXECUTE FUNCTION documents_is_append_only()"
    )
