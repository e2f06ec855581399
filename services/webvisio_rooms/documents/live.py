"""One document in memory, with the lines of those who look at it.

The invariant: a change enters the Yjs document, and reaches the others, only
from a line that may write and has named the document's epoch. A change of
anybody else is dropped, and the Yjs clients that made it are remembered: should
their document come back with the right to write, it is stale and must be begun
anew, for what was dropped would come along with it.

Awareness is stamped: `user` is who the line belongs to, whatever the client
says, and a Yjs client belongs to the line that used it first. It leaves in
batches, which `flush_awareness` makes, so that a hundred moving cursors are not
ten thousand messages.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from pycrdt import Doc, TransactionEvent

from webvisio_protocol.documents import MAX_AWARENESS_BYTES, MAX_DOCUMENT_BYTES
from webvisio_rooms.documents import updates, wire
from webvisio_rooms.documents.errors import MalformedFrame, MalformedUpdate
from webvisio_rooms.documents.wire import AwarenessFrame, AwarenessState, SyncFrame, SyncKind

MAX_CLIENTS_OF_A_LINE = 16
"""Yjs clients that one line may speak for: its own, and those that its page used before."""
MAX_TAINTED = 10_000
"""Yjs clients that tried to write and might not, remembered a document."""

NOTHING = b"\x00"
"""The state vector of an empty document."""

_GONE = b"null"


class Line(Protocol):
    """Somebody's connection to the document; `send_frame` queues a frame and never fails."""

    def send_frame(self, frame: bytes) -> None: ...


@dataclass(slots=True)
class _Place:
    """What the document knows of a line."""

    person: str
    user: Mapping[str, Any]
    may_write: bool
    has_begun: bool = False
    clients: set[int] = field(default_factory=set)
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """Nothing changed: a question was answered, or presence was noted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The change is in; `update` is what was new of it, empty when nothing was."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """The line may not write; `tainted` are Yjs clients that were not known to have tried."""

    tainted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Unbegun:
    """The line may write but has not said which epoch it writes to."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The client's Yjs document holds what must not come in: it has to begin anew."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The document would outgrow its limit."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The change builds on changes that are not here: the client has to synchronise again."""


Outcome = Answered | Changed | Dropped | Unbegun | Stale | TooLarge | Gap


class LiveDocument:
    """See the module; `states` are updates that make up the present state, in any order."""

    def __init__(
        self,
        epoch: str,
        states: Iterable[bytes] = (),
        tainted: Iterable[int] = (),
        on_awareness: Callable[[], None] = lambda: None,
        max_bytes: int = MAX_DOCUMENT_BYTES,
    ) -> None:
        self.epoch = epoch
        self.doc: Doc[Any] = Doc()
        self._applied: list[bytes] = []
        self._whole: bytes | None = None
        self._places: dict[Line, _Place] = {}
        self._tainted = set(tainted)
        self._states: dict[int, AwarenessState] = {}
        self._owners: dict[int, Line] = {}
        self._unsent: set[int] = set()
        self._on_awareness = on_awareness
        self._max_bytes = max_bytes
        for state in states:
            self.doc.apply_update(state)
        self.size_bytes = len(self.doc.get_update())
        self._subscription = self.doc.observe(self._note)

    # ---- lines -----------------------------------------------------------------------

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._places)

    def join(self, line: Line, person: str, user: Mapping[str, Any], *, may_write: bool) -> None:
        """Take a line in: it hears what others do from now on; writers are asked for what they have."""
        self._places[line] = _Place(person, user, may_write)
        if may_write:
            line.send_frame(wire.sync(SyncKind.STEP_1, self.doc.get_state()))
        if self._states:
            line.send_frame(wire.awareness(self._states.values()))

    def leave(self, line: Line) -> frozenset[int]:
        """Let a line go; returns the Yjs clients that were its own, now gone."""
        place = self._places.pop(line, None)
        if place is None:
            return frozenset()
        if not self._places:
            self._whole = None
        mine = frozenset(client for client in place.clients if self._owners.get(client) is line)
        for client in mine:
            del self._owners[client]
            self._retire(client)
        return mine

    def clients_of(self, line: Line) -> frozenset[int]:
        """List the Yjs clients that a line speaks for."""
        place = self._places.get(line)
        return frozenset() if place is None else frozenset(place.clients)

    def begin(self, line: Line, epoch: str, client_id: int) -> bool:
        """Note what a writer is about to write to; False when its Yjs document is stale."""
        place = self._places[line]
        if epoch != self.epoch or client_id in self._tainted:
            return False
        place.has_begun = True
        self._own(line, place, client_id)
        return True

    def is_here(self, client: int) -> bool:
        """Tell whether some line speaks for a Yjs client."""
        return client in self._owners

    @property
    def has_writers(self) -> bool:
        """Whether somebody is here who has begun to write."""
        return any(place.has_begun for place in self._places.values())

    def changes_of(self, line: Line) -> int:
        """Count the changes that a line has sent since it began."""
        return self._places[line].changes

    # ---- frames ----------------------------------------------------------------------

    def take(self, line: Line, data: bytes) -> Outcome:
        """Take one binary frame; raises `MalformedFrame` or `MalformedUpdate`."""
        frame = wire.read(data)
        place = self._places[line]
        match frame:
            case AwarenessFrame(states):
                self._aware(line, place, states)
                return Answered()
            case SyncFrame(SyncKind.STEP_1, vector):
                line.send_frame(self._missing(vector))
                return Answered()
            case SyncFrame(kind, update):
                return self._change(line, place, kind, update)

    def _missing(self, vector: bytes) -> bytes:
        """Answer what a client lacks; a whole class that opens a document at once is given the same bytes."""
        if vector == NOTHING and self._whole is not None:
            return self._whole
        try:
            frame = wire.sync(SyncKind.STEP_2, self.doc.get_update(vector))
        except ValueError as error:
            raise MalformedUpdate("no state vector") from error
        if vector == NOTHING:
            self._whole = frame
        return frame

    def _change(self, line: Line, place: _Place, kind: SyncKind, update: bytes) -> Outcome:
        if not place.may_write:
            return self._drop(place, kind, update)
        if not place.has_begun:
            return Answered() if update == updates.EMPTY else Unbegun()
        place.changes += 1
        if update == updates.EMPTY:
            return Changed(b"")
        if self._tainted and self._carries_tainted(update):
            return Stale()
        if not self._has_room(len(update)):
            return TooLarge()
        new = self.apply(update)
        if not new:
            return Gap() if self._lacks(update) else Changed(b"")
        message = wire.sync(SyncKind.UPDATE, new)
        for other in self._places:
            if other is not line:
                other.send_frame(message)
        return Changed(new)

    def apply(self, update: bytes) -> bytes:
        """Apply an update; returns what was new, maybe nothing. Tells nobody."""
        try:
            self.doc.apply_update(update)
        except ValueError as error:
            raise MalformedUpdate("cannot be applied") from error
        return self._taken()

    def edit(self, change: Callable[[], None]) -> bytes:
        """Change the document from here, and tell everybody; returns the update, maybe empty."""
        with self.doc.transaction():
            change()
        new = self._taken()
        if new:
            message = wire.sync(SyncKind.UPDATE, new)
            for line in self._places:
                line.send_frame(message)
        return new

    def _drop(self, place: _Place, kind: SyncKind, update: bytes) -> Outcome:
        changes = updates.changes_of(update)
        if not changes.ends and (kind is SyncKind.STEP_2 or not changes.deletes):
            return Answered()  # what a reader's document answers by itself
        fresh = (set(changes.ends) | place.clients) - self._tainted
        room = MAX_TAINTED - len(self._tainted)
        added = frozenset(sorted(fresh)[: max(0, room)])
        self._tainted |= added
        return Dropped(added)

    def _carries_tainted(self, update: bytes) -> bool:
        ends = updates.changes_of(update).ends
        suspects = self._tainted & ends.keys()
        if not suspects:
            return False
        known = self._clocks()
        return any(ends[client] > known.get(client, 0) for client in suspects)

    def _lacks(self, update: bytes) -> bool:
        known = self._clocks()
        return any(end > known.get(client, 0) for client, end in updates.changes_of(update).ends.items())

    def _clocks(self) -> dict[int, int]:
        cursor = wire.Cursor(self.doc.get_state())
        return {cursor.varint(): cursor.varint() for _ in range(cursor.varint())}

    def _has_room(self, more: int) -> bool:
        if self.size_bytes + more <= self._max_bytes:
            return True
        self.size_bytes = len(self.doc.get_update())  # what was deleted since takes no room any more
        return self.size_bytes + more <= self._max_bytes

    def _note(self, event: TransactionEvent) -> None:
        self._applied.append(event.update)

    def _taken(self) -> bytes:
        applied, self._applied = self._applied, []
        assert len(applied) <= 1, "one transaction, one update"
        new = applied[0] if applied and applied[0] != updates.EMPTY else b""
        self.size_bytes += len(new)
        if applied:
            self._whole = None
        return new

    # ---- awareness -------------------------------------------------------------------

    def _aware(self, line: Line, place: _Place, states: Iterable[AwarenessState]) -> None:
        for state in states:
            if not self._own(line, place, state.client_id):
                continue
            if state.json == _GONE:
                self._states.pop(state.client_id, None)
                self._unsent.add(state.client_id)
                self._states[state.client_id] = state
                continue
            self._states[state.client_id] = AwarenessState(
                state.client_id, state.clock, _stamped(state.json, place.user)
            )
            self._unsent.add(state.client_id)
        if self._unsent:
            self._on_awareness()

    def flush_awareness(self) -> None:
        """Tell everybody what presence changed since the last time."""
        changed = [self._states[client] for client in self._unsent if client in self._states]
        self._unsent.clear()
        for state in changed:
            if state.json == _GONE:
                del self._states[state.client_id]
        if changed:
            message = wire.awareness(changed)
            for line in self._places:
                line.send_frame(message)

    def _own(self, line: Line, place: _Place, client: int) -> bool:
        """Let a line speak for a Yjs client, unless another person's does already."""
        owner = self._owners.get(client)
        if owner is line:
            return True
        if owner is not None and self._places[owner].person != place.person:
            return False
        if len(place.clients) >= MAX_CLIENTS_OF_A_LINE:
            return False
        self._owners[client] = line
        place.clients.add(client)
        return True

    def _retire(self, client: int) -> None:
        state = self._states.get(client)
        if state is not None:
            self._states[client] = AwarenessState(client, state.clock + 1, _GONE)
            self._unsent.add(client)
            self._on_awareness()


_object = msgspec.json.Decoder(dict[str, Any])


def _stamped(text: bytes, user: Mapping[str, Any]) -> bytes:
    """Put the authenticated person into an awareness state."""
    if len(text) > MAX_AWARENESS_BYTES:
        raise MalformedFrame("a state is too large")
    try:
        state = _object.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedFrame("a state is no JSON object") from error
    return msgspec.json.encode(state | {"user": user})
