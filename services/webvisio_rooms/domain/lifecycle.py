"""The life of a room's session: idle, waiting, open, lingering, cut.

One type a state; `advance` is the whole machine. Facts go in (is the door
open, who is inside, what time it is), the next state comes out; nothing is
remembered elsewhere. A session begins when a moderator comes in (`opened_at`)
and is over when the machine is back at `Idle` or `Waiting`.

- nobody moderates: people wait before the door (`Waiting`);
- the last moderator leaves, or everybody does: the session lingers for
  `LINGER_S`, so that a train tunnel ends no class;
- the contract shuts the door: `Cut`, at once and for everybody (clauses 2.1,
  3, 4.3, 5.4, 5.5, 6.4). A door that opens again within `LINGER_S` gives the
  same session back; later, a new one begins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webvisio_protocol.signalling import RoomState

LINGER_S = 15 * 60


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """People stand before the door and no moderator has come yet."""


@dataclass(frozen=True, slots=True)
class Open:
    """A moderator is inside."""

    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Lingering:
    """No moderator is inside any more; the session ends at `closes_at` unless one returns."""

    opened_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Cut:
    """The contract shut the door; `opened_at` is None when no session was under way."""

    opened_at: datetime | None
    forgets_at: datetime


Lifecycle = Idle | Waiting | Open | Lingering | Cut


@dataclass(frozen=True, slots=True)
class Facts:
    """What the machine looks at. `inside` counts moderators too; `before_door` waits."""

    is_door_open: bool
    moderators: int
    inside: int
    before_door: int
    has_ended: bool = False
    """A moderator ended the session."""


def advance(state: Lifecycle, facts: Facts, now: datetime) -> Lifecycle:
    """Tell the next state."""
    if not facts.is_door_open:
        if isinstance(state, Cut):
            return Cut(None, state.forgets_at) if state.forgets_at <= now else state
        return Cut(opened_at_of(state), now + timedelta(seconds=LINGER_S))
    if facts.has_ended:
        return _resting(facts)
    opened_at = opened_at_of(state)
    if isinstance(state, Cut) and state.forgets_at <= now:
        opened_at = None
    if facts.moderators:
        return Open(now if opened_at is None else opened_at)
    if opened_at is None:
        return _resting(facts)
    closes_at = state.closes_at if isinstance(state, Lingering) else now + timedelta(seconds=LINGER_S)
    return _resting(facts) if closes_at <= now else Lingering(opened_at, closes_at)


def opened_at_of(state: Lifecycle) -> datetime | None:
    """Tell when the session under way began, or None when there is none."""
    match state:
        case Open(opened_at) | Lingering(opened_at) | Cut(opened_at):
            return opened_at
        case _:
            return None


def deadline_of(state: Lifecycle) -> datetime | None:
    """Tell when the state changes by the clock alone, or None."""
    match state:
        case Lingering(_, closes_at):
            return closes_at
        case Cut(opened_at, forgets_at) if opened_at is not None:
            return forgets_at
        case _:
            return None


def room_state(state: Lifecycle) -> RoomState:
    """Name the state as clients know it."""
    match state:
        case Idle():
            return RoomState.IDLE
        case Waiting():
            return RoomState.WAITING
        case Open():
            return RoomState.OPEN
        case Lingering():
            return RoomState.LINGERING
        case Cut():
            return RoomState.CUT


def _resting(facts: Facts) -> Lifecycle:
    return Waiting() if facts.before_door else Idle()
