"""Writes many rows of a table at once, which is what the daily run does most of the time.

A statement a row costs more than the row. PostgreSQL takes a batch as one JSON
document; SQLite gets bare tuples, in which each instant is worded once. The
rows of one call name the same columns. Constraints and triggers see every row
as ever, in the order given, and errors are SQLAlchemy's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, Dialect, LargeBinary
from sqlalchemy.orm import Session

from webvisio_billing.storage.tables import Base, table_of

Rows = Sequence[Mapping[str, object]]

MAX_WORDED: Final = 1024
"""How many different values of a column are worded only once within a batch."""


def insert_rows(session: Session, row: type[Base], rows: Rows, *, unless_key: str = "") -> int:
    """Insert rows; tells how many. With `unless_key`, those whose value of that unique column exists are left out."""
    if not rows:
        return 0
    table, names = table_of(row).name, list(rows[0])
    into = f"INSERT INTO {table} ({', '.join(names)})"
    conflict = f" ON CONFLICT ({unless_key}) DO NOTHING" if unless_key else ""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        source = _recordset(row, names, connection)
        sql = f"{into} SELECT {_selected(row, names)} FROM {source}{conflict}"  # noqa: S608 - names of our own
        return connection.exec_driver_sql(sql, (_document(rows),)).rowcount
    places = ", ".join("?" * len(names))
    sql = f"{into} VALUES ({places}){conflict}"
    return connection.exec_driver_sql(sql, _tuples(row, rows, names, connection.dialect)).rowcount


def update_rows(session: Session, row: type[Base], rows: Rows, *, key: str, also: str = "") -> int:
    """Update the rows that `key` names, and whose `also` is still `was_<also>` where given; tells how many."""
    if not rows:
        return 0
    table = table_of(row).name
    given = list(rows[0])
    changed = [name for name in given if name not in (key, f"was_{also}")]
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        sets = ", ".join(f"{name} = {_value(row, name)}" for name in changed)
        same = f"{table}.{key} = given.{key}" + (f" AND {table}.{also} = given.was_{also}" if also else "")
        sql = f"UPDATE {table} SET {sets} FROM {_recordset(row, given, connection)} WHERE {same}"  # noqa: S608 - ditto
        return connection.exec_driver_sql(sql, (_document(rows),)).rowcount
    sets = ", ".join(f"{name} = ?" for name in changed)
    same = f"{key} = ?" + (f" AND {also} = ?" if also else "")
    sql = f"UPDATE {table} SET {sets} WHERE {same}"  # noqa: S608 - names of our own
    order = [*changed, key, *([f"was_{also}"] if also else [])]
    return connection.exec_driver_sql(sql, _tuples(row, rows, order, connection.dialect)).rowcount


def _column(row: type[Base], name: str) -> Column[object]:
    return table_of(row).c[name.removeprefix("was_")]


# ---- PostgreSQL ------------------------------------------------------------------------


def _document(rows: Rows) -> str:
    """Write rows as JSON: bytes in base64, instants and days in ISO 8601."""
    return msgspec.json.encode(rows).decode()


def _recordset(row: type[Base], names: Sequence[str], connection: Connection) -> str:
    """Name the rows of the document, with the types of the table's columns, as `given`."""
    typed = ", ".join(f"{name} {_type(_column(row, name), connection.dialect)}" for name in names)
    return f"json_to_recordset(%s::json) AS given ({typed})"


def _selected(row: type[Base], names: Sequence[str]) -> str:
    return ", ".join(_value(row, name) for name in names)


def _type(column: Column[object], dialect: Dialect) -> str:
    return "text" if isinstance(column.type, LargeBinary) else column.type.compile(dialect)


def _value(row: type[Base], name: str) -> str:
    if isinstance(_column(row, name).type, LargeBinary):
        return f"decode(given.{name}, 'base64')"
    return f"given.{name}"


# ---- SQLite ----------------------------------------------------------------------------


def _tuples(row: type[Base], rows: Rows, names: Sequence[str], dialect: Dialect) -> list[tuple[object, ...]]:
    columns = [_worded([one[name] for one in rows], _process(_column(row, name), dialect)) for name in names]
    return list(zip(*columns, strict=True))


def _process(column: Column[object], dialect: Dialect) -> Callable[[object], object] | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _worded(values: list[object], process: Callable[[object], object] | None) -> list[object]:
    """Bring the values of a column into the driver's form; many of them are the same instant."""
    if process is None:
        return values
    known: dict[object, object] = {}
    for value in values:
        if value not in known and len(known) < MAX_WORDED:
            known[value] = process(value)
    return [known[value] if value in known else process(value) for value in values]
