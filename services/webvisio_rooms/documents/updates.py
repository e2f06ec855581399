"""Looks into a Yjs update (version 1) without applying it: whose changes does it carry?

Only needed where a change was refused, or where somebody whose changes were
refused is about: to apply an update is pycrdt's business. The format is that of
yjs 13 (`UpdateEncoderV1`): clients, their structs, then the delete set.
"""

from dataclasses import dataclass

from webvisio_rooms.documents.errors import MalformedFrame, MalformedUpdate
from webvisio_rooms.documents.wire import Cursor

EMPTY = b"\x00\x00"
_GC, _SKIP = 0, 10
_HAS_LEFT, _HAS_RIGHT, _HAS_PARENT_KEY = 0x80, 0x40, 0x20
_KIND = 0x1F
MAX_DEPTH = 64
"""Of values inside values; JSON of notebooks and boards is far shallower."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`ends`: client to the clock after its last struct; `deletes`: whether anything is deleted."""

    ends: dict[int, int]
    deletes: bool


def changes_of(update: bytes) -> Changes:
    """Read whose structs an update carries; raises `MalformedUpdate`."""
    cursor = Cursor(update)
    try:
        ends: dict[int, int] = {}
        for _ in range(cursor.varint()):
            count, client, clock = cursor.varint(), cursor.varint(), cursor.varint()
            for _ in range(count):
                clock += _struct(cursor)
            ends[client] = max(clock, ends.get(client, 0))
        deletes = cursor.varint() > 0
    except (MalformedFrame, RecursionError) as error:
        raise MalformedUpdate("cannot be read") from error
    return Changes(ends, deletes)


def _struct(cursor: Cursor) -> int:
    """Pass over one struct; returns how many clock ticks it takes."""
    info = cursor.byte()
    if info in (_GC, _SKIP):
        return cursor.varint()
    if info & _HAS_LEFT:
        cursor.varint(), cursor.varint()
    if info & _HAS_RIGHT:
        cursor.varint(), cursor.varint()
    if not info & (_HAS_LEFT | _HAS_RIGHT):
        if cursor.varint():  # the parent is a root, by name; else an item, by identifier
            cursor.blob()
        else:
            cursor.varint(), cursor.varint()
        if info & _HAS_PARENT_KEY:
            cursor.blob()
    return _content(cursor, info & _KIND)


def _content(cursor: Cursor, kind: int) -> int:
    match kind:
        case 1:  # deleted
            return cursor.varint()
        case 2:  # JSON, each value a string
            count = cursor.varint()
            for _ in range(count):
                cursor.blob()
            return count
        case 3 | 5:  # binary, embedded JSON
            cursor.blob()
        case 4:  # text, in UTF-16 units
            return (
                len(cursor.blob().decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")) // 2
            )
        case 6:  # formatting
            cursor.blob(), cursor.blob()
        case 7:  # a type; XML elements and hooks have a name
            if cursor.varint() in (3, 5):
                cursor.blob()
        case 8:  # any
            count = cursor.varint()
            for _ in range(count):
                _any(cursor, 0)
            return count
        case 9:  # a document inside
            cursor.blob()
            _any(cursor, 0)
        case _:
            raise MalformedUpdate("an unknown kind of content")
    return 1


def _any(cursor: Cursor, depth: int) -> None:
    """Pass over a value in lib0's `any` encoding."""
    if depth > MAX_DEPTH:
        raise MalformedUpdate("too deep")
    match cursor.byte():
        case 127 | 126 | 121 | 120:  # undefined, null, false, true
            pass
        case 125:  # integer: a first byte of six bits and a sign
            while cursor.byte() & 0x80:
                pass
        case 124:
            cursor.skip(4)
        case 123 | 122:
            cursor.skip(8)
        case 119 | 116:  # string, bytes
            cursor.blob()
        case 118:
            for _ in range(cursor.varint()):
                cursor.blob()
                _any(cursor, depth + 1)
        case 117:
            for _ in range(cursor.varint()):
                _any(cursor, depth + 1)
        case _:
            raise MalformedUpdate("an unknown kind of value")
