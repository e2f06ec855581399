"""The chronicle: an append-only, hash-chained history of what is kept beside the contracts.

Every write to a table of `GUARDED` goes through `keep` or `remove`, which note
what the row says afterwards; `Store.transaction` writes the notes as its last
act, so the chain is locked last and shortly. The present row is its last
line: `verify` compares them, and a customer's page shows who changed what.
Columns of `NOT_NOTED` are left out, for the reason given there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Column, Row, Select, Table, insert, inspect, select, tuple_
from sqlalchemy.orm import Session

from webvisio_billing.domain.chronicle import ROOT, Line, seal
from webvisio_billing.storage.counters import take_numbers
from webvisio_billing.storage.document_tables import DocumentRow
from webvisio_billing.storage.payment_tables import (
    CheckoutRow,
    ContactRow,
    ExemptionRow,
    PlanRow,
    RateRow,
    ReturnRow,
    ServiceOfferRow,
    StatementEntryRow,
    StatementRow,
    WebhookEventRow,
)
from webvisio_billing.storage.tables import (
    AuditRow,
    Base,
    ChronicleRow,
    CustomerRow,
    GrantRow,
    MembershipRow,
    PersonRow,
    RoomRow,
    table_of,
)

COUNTER: Final = "chronicle"
GUARDED: Final[tuple[type[Base], ...]] = (
    CustomerRow,
    RoomRow,
    PersonRow,
    MembershipRow,
    ContactRow,
    GrantRow,
    AuditRow,
    PlanRow,
    ServiceOfferRow,
    ExemptionRow,
    RateRow,
    StatementRow,
    StatementEntryRow,
    CheckoutRow,
    ReturnRow,
    WebhookEventRow,
    DocumentRow,
)
NOT_NOTED: Final[Mapping[tuple[str, str], str]] = {
    ("documents", "pdf"): "its SHA-256 is noted, and the bytes are compared with that",
    ("checkouts", "updated_at"): "when the gateway was last asked, every half minute while it is open",
}
MAX_SHOWN: Final = 200
ROWS_AT_ONCE: Final = 1000
_NOTES: Final = "chronicle"
_encoder = msgspec.json.Encoder(order="sorted")
_content = msgspec.json.Decoder(dict[str, object])


class Stored(NamedTuple):
    """A line with its place in the chain."""

    ordinal: int
    line: Line
    hash: bytes


class Change(msgspec.Struct, frozen=True):
    """What a line changed: each column with what it said before and says now; None where it said nothing."""

    at: datetime
    actor: str
    is_first: bool
    changed: dict[str, tuple[object, object]]


# ---- writing ---------------------------------------------------------------------------


def keep(session: Session, row: Base, at: datetime, actor: str = "") -> None:
    """Flush a row that was made or changed, and note what it says now; `actor` empty for the machine."""
    is_new = not inspect(row).persistent
    session.add(row)
    session.flush()
    table = table_of(type(row))
    subject, content = _said(table, {column.name: getattr(row, column.name) for column in table.columns})
    if is_new or content != _last(session, table.name, subject):
        _notes(session).append(Line(at, actor, str(table.name), subject, content))


def remove(session: Session, row: Base, at: datetime, actor: str = "") -> None:
    """Delete a row, and note that it is gone."""
    table = table_of(type(row))
    subject, _ = _said(table, {column.name: getattr(row, column.name) for column in table.columns})
    session.delete(row)
    session.flush()
    _notes(session).append(Line(at, actor, str(table.name), subject, b""))


def write_notes(session: Session) -> None:
    """Chain and write what was noted in this transaction; raises `JournalConflict`."""
    notes = _notes(session)
    if notes:
        _append(session, notes)
        notes.clear()


def begin(session: Session, at: datetime) -> None:
    """Note all that is there, for a database from before there was a chronicle."""
    for kind in GUARDED:
        lines = [Line(at, "", kind.__tablename__, *said) for said in read_rows(session, kind)]
        for start in range(0, len(lines), ROWS_AT_ONCE):
            _append(session, lines[start : start + ROWS_AT_ONCE])


# ---- reading ---------------------------------------------------------------------------


def read(session: Session) -> Iterator[Stored]:
    """Read all lines in order, as they are stored. Raises `ValueError` or `TypeError` at one that is no line."""
    after = 0
    while found := session.execute(
        _lines.where(ChronicleRow.ordinal > after).order_by(ChronicleRow.ordinal).limit(ROWS_AT_ONCE)
    ).all():
        yield from (_stored(row) for row in found)
        after = found[-1][0]


def find(session: Session, ordinal: int) -> Line | None:
    """Find a line by its place."""
    row = session.execute(_lines.where(ChronicleRow.ordinal == ordinal)).one_or_none()
    return None if row is None else _stored(row).line


def read_rows(session: Session, kind: type[Base]) -> Iterator[tuple[str, bytes]]:
    """Say of each row of a guarded table what it says, as a line would; by key.

    A row that cannot even be read (a date that is none) says nothing: b"".
    """
    table = table_of(kind)
    noted = _noted(table)
    key = list(table.primary_key.columns)
    place = tuple_(*key)
    rows = select(*noted).order_by(*key)

    def said(row: Sequence[object]) -> tuple[str, bytes]:
        return _said(table, {column.name: value for column, value in zip(noted, row, strict=True)})

    def said_alone(one: Sequence[object]) -> tuple[str, bytes]:
        try:
            return said(session.execute(rows.where(place == tuple(one))).one())
        except (ValueError, TypeError):
            return "/".join(map(str, one)), b""

    query = keys = select(*key).order_by(*key).limit(ROWS_AT_ONCE)
    while found := session.execute(query).all():
        first, last = tuple(found[0]), tuple(found[-1])
        try:
            page = [said(row) for row in session.execute(rows.where(place.between(first, last)))]
        except (ValueError, TypeError):
            page = [said_alone(one) for one in found]
        yield from page
        query = keys.where(place > last)


def history(session: Session, kind: type[Base], subject: str) -> list[Change]:
    """Tell who changed a record, when, and what; newest first, at most `MAX_SHOWN`, the first line included."""
    newest = _of(table_of(kind).name, subject).order_by(ChronicleRow.ordinal.desc()).limit(MAX_SHOWN + 1)
    lines = [_stored(row).line for row in session.execute(newest)]
    changes: list[Change] = []
    for place, line in enumerate(lines[:MAX_SHOWN]):
        is_first = place + 1 == len(lines)
        before = {} if is_first else said_by(lines[place + 1].content)
        now = said_by(line.content)
        changed = {
            name: (before.get(name), now.get(name))
            for name in (now or before)
            if before.get(name) != now.get(name)
        }
        changes.append(Change(line.at, line.actor, is_first, changed))
    return changes


def said_by(content: bytes) -> dict[str, object]:
    """Read what a line says, by column; empty where the record is gone."""
    return _content.decode(content) if content else {}


# ---- inside ----------------------------------------------------------------------------

_lines: Final[Select[int, datetime, str, str, str, bytes, bytes]] = select(
    ChronicleRow.ordinal,
    ChronicleRow.at,
    ChronicleRow.actor,
    ChronicleRow.kind,
    ChronicleRow.subject,
    ChronicleRow.content,
    ChronicleRow.hash,
)


def _of(kind: str, subject: str) -> Select[int, datetime, str, str, str, bytes, bytes]:
    return _lines.where(ChronicleRow.kind == kind, ChronicleRow.subject == subject)


def _append(session: Session, lines: Sequence[Line]) -> None:
    before = take_numbers(session, COUNTER, len(lines))
    last = ROOT
    if before:
        last = session.scalars(select(ChronicleRow.hash).where(ChronicleRow.ordinal == before)).one()
    rows: list[dict[str, object]] = []
    for ordinal, line in enumerate(lines, start=before + 1):
        last = seal(last, ordinal, line)
        rows.append({"ordinal": ordinal, **msgspec.structs.asdict(line), "hash": last})
    session.execute(insert(ChronicleRow), rows)


def _last(session: Session, kind: str, subject: str) -> bytes | None:
    """Tell what the newest line of a record says, of this transaction or before it."""
    for line in reversed(_notes(session)):
        if (line.kind, line.subject) == (kind, subject):
            return line.content
    newest = _of(kind, subject).order_by(ChronicleRow.ordinal.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return None if row is None else _stored(row).line.content


def _notes(session: Session) -> list[Line]:
    notes: list[Line] = session.info.setdefault(_NOTES, [])
    return notes


def _stored(row: Row[int, datetime, str, str, str, bytes, bytes]) -> Stored:
    ordinal, at, actor, kind, subject, content, sealed = row
    return Stored(ordinal, Line(at, actor, kind, subject, content), sealed)


def _said(table: Table, values: Mapping[str, object]) -> tuple[str, bytes]:
    """Say a row: its key, and its noted columns as JSON."""
    subject = "/".join(str(values[column.name]) for column in table.primary_key.columns)
    content = {column.name: _plain(values[column.name]) for column in _noted(table)}
    return subject, _encoder.encode(content)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return value


def _noted(table: Table) -> list[Column[object]]:
    return [column for column in table.columns if (table.name, column.name) not in NOT_NOTED]
