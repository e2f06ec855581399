"""Which file a board annotates"""

import sqlalchemy as sa
from alembic import op

revision = "0007_annotations"
down_revision = "0006_hand_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("annotates", sa.String(48), nullable=True))
    op.create_index("documents_by_file", "documents", ["annotates"], unique=True)


def downgrade() -> None:
    op.drop_index("documents_by_file", table_name="documents")
    op.drop_column("documents", "annotates")
