"""Frames of the Yjs sync and awareness protocols, as y-websocket and y-protocols write them.

A frame is a variable-length unsigned integer (0 sync, 1 awareness) and a body;
a sync body begins with 0 (step 1, a state vector), 1 (step 2, an update) or 2
(an update). Nothing here trusts a length: what does not fit is `MalformedFrame`.
pycrdt's own codec is not used: it counts characters where bytes are meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from webvisio_rooms.documents.errors import MalformedFrame

MAX_VARINT_BYTES = 10
MAX_STATES = 256
"""Awareness states in one frame of a client: its own, and those it removes when it resyncs."""


class FrameKind(IntEnum):
    SYNC = 0
    AWARENESS = 1


class SyncKind(IntEnum):
    STEP_1 = 0
    STEP_2 = 1
    UPDATE = 2


@dataclass(frozen=True, slots=True)
class SyncFrame:
    """A sync message: `payload` is a state vector (step 1) or an update."""

    kind: SyncKind
    payload: bytes


@dataclass(frozen=True, slots=True)
class AwarenessState:
    """One client's state as JSON text; `null` removes it."""

    client_id: int
    clock: int
    json: bytes


@dataclass(frozen=True, slots=True)
class AwarenessFrame:
    states: tuple[AwarenessState, ...]


Frame = SyncFrame | AwarenessFrame


class Cursor:
    """Reads a byte string from the start."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def byte(self) -> int:
        """Read one byte."""
        if self._at >= len(self._data):
            raise MalformedFrame("cut short")
        value = self._data[self._at]
        self._at += 1
        return value

    def varint(self) -> int:
        """Read an unsigned integer of seven bits a byte, lowest first."""
        value = shift = 0
        for _ in range(MAX_VARINT_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise MalformedFrame("a number is too long")

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""
        if count > len(self._data) - self._at:
            raise MalformedFrame("cut short")
        self._at += count

    def blob(self) -> bytes:
        """Read bytes preceded by their count."""
        count = self.varint()
        start = self._at
        self.skip(count)
        return self._data[start : self._at]


def varint(value: int) -> bytes:
    """Write an unsigned integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(data: bytes) -> bytes:
    """Write bytes preceded by their count."""
    return varint(len(data)) + data


def read(data: bytes) -> Frame:
    """Read one whole frame; raises `MalformedFrame`."""
    cursor = Cursor(data)
    try:
        kind = FrameKind(cursor.varint())
        if kind is FrameKind.SYNC:
            frame: Frame = SyncFrame(SyncKind(cursor.varint()), cursor.blob())
        else:
            frame = AwarenessFrame(_states(cursor.blob()))
    except ValueError as error:
        raise MalformedFrame("unknown kind") from error
    if not cursor.is_at_end:
        raise MalformedFrame("bytes are left over")
    return frame


def sync(kind: SyncKind, payload: bytes) -> bytes:
    """Write a sync frame."""
    return bytes((FrameKind.SYNC, kind)) + blob(payload)


def awareness(states: Iterable[AwarenessState]) -> bytes:
    """Write an awareness frame."""
    all_states = tuple(states)
    body = varint(len(all_states)) + b"".join(
        varint(state.client_id) + varint(state.clock) + blob(state.json) for state in all_states
    )
    return bytes((FrameKind.AWARENESS,)) + blob(body)


def _states(body: bytes) -> tuple[AwarenessState, ...]:
    cursor = Cursor(body)
    count = cursor.varint()
    if count > MAX_STATES:
        raise MalformedFrame("too many states")
    states = tuple(AwarenessState(cursor.varint(), cursor.varint(), cursor.blob()) for _ in range(count))
    if not cursor.is_at_end:
        raise MalformedFrame("bytes are left over")
    return states
