"""Who is shown in which video slot of a receiver.

A receiver has a fixed number of slots (the `recvonly` video m-lines of its
offer). What it wants is its layout's wishes, or, when it said nothing, screens
first, then moderators, then those who spoke last, then those who came first.
Invariants: a picture is in at most one slot; nobody is shown to themselves; a
picture that is wished larger than any other, the stage, is in the first slot,
with which sound is kept in sync; any other that stays wanted stays in its slot,
unless it makes place there, since each move costs a key frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.signalling import SlotAssignment, Source

PICTURE_SOURCES = (Source.SCREEN, Source.CAMERA)
DEFAULT_WIDTH = 640
DEFAULT_HEIGHT = 360


@dataclass(frozen=True, slots=True)
class Picture:
    """A camera or a screen of somebody."""

    participant_id: ParticipantId
    source: Source


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the size at which it is shown, in CSS pixels."""

    picture: Picture
    width: int = DEFAULT_WIDTH
    height: int = DEFAULT_HEIGHT


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody whose pictures may be shown. `spoke_order` grows with each turn to speak; 0: never."""

    participant_id: ParticipantId
    moderates: bool
    spoke_order: int
    join_order: int
    sources: frozenset[Source]


Slots = Mapping[str, Shown | None]
"""What each slot shows, by mid, in the order of the offer."""


def in_default_order(senders: Sequence[Sender]) -> tuple[Picture, ...]:
    """Order every picture that is on: screens, moderators, latest speakers, first comers."""
    people = sorted(senders, key=lambda s: (not s.moderates, -s.spoke_order, s.join_order))
    return tuple(
        Picture(person.participant_id, source)
        for source in PICTURE_SOURCES
        for person in people
        if source in person.sources
    )


def assign(
    current: Slots,
    wishes: Sequence[Shown] | None,
    available: Sequence[Picture],
    receiver: ParticipantId,
) -> dict[str, Shown | None]:
    """Assign the slots anew, moving as little as possible.

    `wishes` (most important first; None: nothing was said) are met as far as
    they are in `available` and slots last; the keys of `current` are the slots.
    """
    if wishes is None:
        wanted = [Shown(picture) for picture in available if picture.participant_id != receiver]
    else:
        on = set(available)
        wanted = [w for w in wishes if w.picture in on and w.picture.participant_id != receiver]
    chosen: dict[Picture, Shown] = {}
    for wish in wanted:
        if len(chosen) == len(current):
            break
        chosen.setdefault(wish.picture, wish)
    assigned: dict[str, Shown | None] = dict.fromkeys(current)
    for mid, shown in current.items():
        if shown is not None and shown.picture in chosen:
            assigned[mid] = chosen.pop(shown.picture)
    newcomers = iter(chosen.values())
    for mid, shown in assigned.items():
        if shown is None:
            assigned[mid] = next(newcomers, None)
    if wishes:
        _set_the_stage(assigned)
    return assigned


def _set_the_stage(assigned: dict[str, Shown | None]) -> None:
    """Have a picture that is larger than any other change places with that of the first slot."""
    by_area = sorted(assigned, key=lambda mid: _area(assigned[mid]), reverse=True)
    first, largest = next(iter(assigned)), by_area[0]
    if len(by_area) > 1 and _area(assigned[largest]) > _area(assigned[by_area[1]]):
        assigned[first], assigned[largest] = assigned[largest], assigned[first]


def _area(shown: Shown | None) -> int:
    return 0 if shown is None else shown.width * shown.height


def changed(before: Slots, after: Slots) -> dict[str, Shown | None]:
    """List the slots of `after` that differ from `before`, sizes included."""
    return {mid: shown for mid, shown in after.items() if mid not in before or before[mid] != shown}


def assignments(slots: Slots) -> tuple[SlotAssignment, ...]:
    """Show the slots to their owner."""
    return tuple(
        SlotAssignment(mid)
        if shown is None
        else SlotAssignment(mid, shown.picture.participant_id, shown.picture.source)
        for mid, shown in slots.items()
    )
