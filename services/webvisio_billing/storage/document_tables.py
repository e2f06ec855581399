"""The tables of documents: those that wait to be made, and the exact bytes of those that were.

`documents` is append-only, in the application and by triggers of the database:
an issued document is never changed and never removed (clause 6.1; kept 10
years, L123-22 C. com.).
"""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKeyConstraint, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webvisio_billing.storage.tables import IDENTIFIER_CHARACTERS, Base, Instant

NUMBER_CHARACTERS = 16
PROBLEMS_CHARACTERS = 255


class WaitingDocumentRow(Base):
    """A document whose number was given and whose bytes are not made yet; written with its event.

    `problems` are keys, comma-separated, of what is missing; empty until it was tried.
    """

    __tablename__ = "documents_to_make"

    number: Mapped[str] = mapped_column(String(NUMBER_CHARACTERS), primary_key=True)
    contract_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    issued_on: Mapped[date] = mapped_column(Date)
    retry_at: Mapped[datetime] = mapped_column(Instant, index=True)
    problems: Mapped[str] = mapped_column(String(PROBLEMS_CHARACTERS))

    __table_args__ = (
        UniqueConstraint("contract_id", "sequence", name="uq_documents_to_make_event"),
        ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_documents_to_make_event",
        ),
    )


class DocumentRow(Base):
    """The exact bytes of an issued document, and their SHA-256."""

    __tablename__ = "documents"

    number: Mapped[str] = mapped_column(String(NUMBER_CHARACTERS), primary_key=True)
    contract_id: Mapped[str] = mapped_column(String(IDENTIFIER_CHARACTERS))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    issued_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(Instant)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    pdf: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("contract_id", "sequence", name="uq_documents_event"),
        ForeignKeyConstraint(
            ["contract_id", "sequence"],
            ["journal.contract_id", "journal.sequence"],
            name="fk_documents_event",
        ),
    )
