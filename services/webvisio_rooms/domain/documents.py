"""Who may read and write a shared document: pure rules.

Whoever asks is a `Reader`: a person of the room in the role they have at this
moment (a lent one counts). The rule of the document says who writes; a copy of
an exercise follows its state and its owner's helping hand instead; and what
the session withholds (`draw`, `write_notes`) is only read.
"""

from dataclasses import dataclass
from datetime import datetime

from webvisio_protocol.documents import CopyState, DocumentAccess, DocumentKind, DocumentRule, ExerciseState
from webvisio_protocol.identifiers import Role
from webvisio_protocol.signalling import Feature

DEFAULT_RULES = {
    DocumentKind.NOTEBOOK: DocumentRule.MODERATORS_WRITE,
    DocumentKind.BOARD: DocumentRule.ALL_WRITE,
    DocumentKind.NOTE: DocumentRule.ALL_WRITE,
}
FEATURES = {DocumentKind.BOARD: Feature.DRAW, DocumentKind.NOTE: Feature.WRITE_NOTES}
"""What the session must allow before a rule lets somebody write."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever asks; `withheld` are the features that the session keeps from them."""

    person: str
    role: Role
    withheld: frozenset[Feature] = frozenset()


@dataclass(frozen=True, slots=True)
class Hand:
    """A helping hand that was given and not taken back."""

    granted_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """What makes a document somebody's copy of an exercise."""

    owner: str
    state: CopyState
    hand: Hand | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a document decides on access; `writer` goes with `ONE_WRITES`."""

    kind: DocumentKind
    rule: DocumentRule
    writer: str | None = None
    copy: Copy | None = None


def access(standing: Standing, reader: Reader, now: datetime) -> DocumentAccess:
    """Tell what somebody may do with a document now."""
    found = _by_rule(standing, reader) if standing.copy is None else _by_copy(standing.copy, reader, now)
    feature = FEATURES.get(standing.kind)
    is_withheld = feature in reader.withheld and not reader.role.moderates
    if found is DocumentAccess.WRITE and (is_withheld or reader.role is Role.OBSERVER):
        return DocumentAccess.READ
    return found


def _by_rule(standing: Standing, reader: Reader) -> DocumentAccess:
    moderates = reader.role.moderates
    match standing.rule:
        case DocumentRule.ALL_WRITE:
            return DocumentAccess.WRITE
        case DocumentRule.MODERATORS_WRITE:
            return DocumentAccess.WRITE if moderates else DocumentAccess.READ
        case DocumentRule.ONE_WRITES:
            is_writer = moderates or reader.person == standing.writer
            return DocumentAccess.WRITE if is_writer else DocumentAccess.READ
        case DocumentRule.HIDDEN:
            return DocumentAccess.WRITE if moderates else DocumentAccess.NONE
        case DocumentRule.OWNER_WRITES:
            if reader.person == standing.writer:
                return DocumentAccess.WRITE
            return DocumentAccess.READ if moderates else DocumentAccess.NONE


def _by_copy(copy: Copy, reader: Reader, now: datetime) -> DocumentAccess:
    is_owner, moderates = reader.person == copy.owner, reader.role.moderates
    if not (is_owner or moderates):
        return DocumentAccess.NONE
    match copy.state:
        case CopyState.WORKING | CopyState.RETURNED:
            may_write = is_owner or is_given(copy.hand, now)
        case CopyState.HANDED_IN:
            may_write = False
        case CopyState.COLLECTED:
            may_write = moderates
    return DocumentAccess.WRITE if may_write else DocumentAccess.READ


def is_given(hand: Hand | None, now: datetime) -> bool:
    """Tell whether a helping hand holds at `now`."""
    return hand is not None and now < hand.until


# ---- exercises -------------------------------------------------------------------------


def copy_state(exercise: ExerciseState, before: CopyState) -> CopyState:
    """Tell what becomes of a copy when its exercise changes; one handed in stays so while it is open."""
    match exercise:
        case ExerciseState.COLLECTED:
            return CopyState.COLLECTED
        case ExerciseState.RETURNED:
            return CopyState.RETURNED
        case ExerciseState.OPEN:
            return CopyState.HANDED_IN if before is CopyState.HANDED_IN else CopyState.WORKING
