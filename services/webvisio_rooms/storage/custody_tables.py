"""The table of what becomes of a customer's data at the end (clause 8.2)."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webvisio_rooms.storage.tables import Base


class CustodyRow(Base):
    """A customer's archive, and the destruction; `destroyed` has a line for each thing.

    `asked_at` without `made_at` is an archive that is being made: a service
    that starts begins it anew. `blob_id` names the archive in its own vault.
    """

    __tablename__ = "custody"

    customer_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    asked_at: Mapped[datetime | None]
    has_failed: Mapped[bool] = mapped_column(Boolean)
    made_at: Mapped[datetime | None]
    blob_id: Mapped[str | None] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(Integer)
    unreadable: Mapped[int] = mapped_column(Integer)
    destroyed_at: Mapped[datetime | None]
    destroyed: Mapped[str] = mapped_column(Text)
