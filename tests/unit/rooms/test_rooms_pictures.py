"""Video slots: what is wanted is shown, and as little as possible moves."""

from hypothesis import given
from hypothesis import strategies as st

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.signalling import Source
from webvisio_rooms.domain.pictures import Picture, Sender, Shown, assign, changed, in_default_order

PEOPLE = [ParticipantId(name) for name in "abcdefgh"]
ME = PEOPLE[0]
PICTURES = [Picture(person, source) for person in PEOPLE for source in (Source.CAMERA, Source.SCREEN)]

pictures = st.lists(st.sampled_from(PICTURES), unique=True)
sizes = st.integers(0, 2000)
wishes = st.none() | st.lists(st.builds(Shown, st.sampled_from(PICTURES), sizes, sizes), max_size=12)
mids = st.lists(st.sampled_from("123456"), unique=True, min_size=1)


@st.composite
def slots(draw: st.DrawFn) -> dict[str, Shown | None]:
    """Slots as `assign` leaves them: no picture twice, never oneself."""
    keys = draw(mids)
    others = [p for p in PICTURES if p.participant_id != ME]
    shown = draw(st.lists(st.sampled_from(others), unique=True, max_size=len(keys)))
    filled = [Shown(picture) for picture in shown] + [None] * (len(keys) - len(shown))
    return dict(zip(keys, draw(st.permutations(filled)), strict=True))


@given(slots(), wishes, pictures)
def test_slots_hold_what_is_wanted_and_on_each_once_never_oneself(current, wanted, available) -> None:  # type: ignore[no-untyped-def]
    after = assign(current, wanted, available, ME)

    shown = [slot.picture for slot in after.values() if slot is not None]
    assert list(after) == list(current)
    assert len(set(shown)) == len(shown)
    assert ME not in {picture.participant_id for picture in shown}
    assert set(shown) <= set(available)
    if wanted is not None:
        assert set(shown) <= {wish.picture for wish in wanted}


@given(slots(), wishes, pictures)
def test_no_slot_stays_free_while_a_wanted_picture_is_left_out(current, wanted, available) -> None:  # type: ignore[no-untyped-def]
    after = assign(current, wanted, available, ME)

    asked = available if wanted is None else [wish.picture for wish in wanted]
    possible = {p for p in asked if p in available and p.participant_id != ME}
    shown = {slot.picture for slot in after.values() if slot is not None}
    assert len(shown) == min(len(possible), len(current))


@given(slots(), wishes, pictures)
def test_a_picture_that_stays_wanted_stays_in_its_slot_but_for_the_stage(current, wanted, available) -> None:  # type: ignore[no-untyped-def]
    after = assign(current, wanted, available, ME)

    shown = {slot.picture: mid for mid, slot in after.items() if slot is not None}
    moved = [m for m, slot in current.items() if slot is not None and shown.get(slot.picture, m) != m]
    first = after[next(iter(after))]
    if moved:
        assert len(moved) <= 2
        others = [slot for slot in after.values() if slot is not None and slot is not first]
        assert first is not None
        assert all(first.width * first.height > slot.width * slot.height for slot in others)


def test_the_largest_picture_is_in_the_first_slot_where_sound_is_in_sync() -> None:
    one, two, three = (Picture(person, Source.CAMERA) for person in PEOPLE[1:4])
    gallery = {"1": Shown(one), "2": Shown(two), "3": None}

    after = assign(gallery, [Shown(three, 1280, 720), Shown(one), Shown(two)], [one, two, three], ME)

    assert after == {"1": Shown(three, 1280, 720), "2": Shown(two), "3": Shown(one)}
    assert assign(after, [Shown(one), Shown(two), Shown(three)], [one, two, three], ME) == {
        "1": Shown(three),
        "2": Shown(two),
        "3": Shown(one),
    }


@given(slots(), wishes, pictures)
def test_the_most_important_wishes_are_the_ones_met(current, wanted, available) -> None:  # type: ignore[no-untyped-def]
    after = assign(current, wanted, available, ME)

    asked = available if wanted is None else [wish.picture for wish in wanted]
    possible = list(dict.fromkeys(p for p in asked if p in available and p.participant_id != ME))
    shown = {slot.picture for slot in after.values() if slot is not None}
    assert shown == set(possible[: len(current)])


@given(slots(), wishes, pictures)
def test_assigning_again_changes_nothing(current, wanted, available) -> None:  # type: ignore[no-untyped-def]
    once = assign(current, wanted, available, ME)

    assert changed(once, assign(once, wanted, available, ME)) == {}


def test_a_change_of_size_alone_is_a_change_of_its_slot_only() -> None:
    camera = Picture(PEOPLE[1], Source.CAMERA)
    before = {"1": Shown(camera, 100, 100), "2": None}

    after = assign(before, [Shown(camera, 640, 480)], [camera], ME)

    assert changed(before, after) == {"1": Shown(camera, 640, 480)}


def test_by_default_screens_come_first_then_moderators_then_speakers_then_first_comers() -> None:
    both = frozenset({Source.CAMERA, Source.SCREEN})
    camera = frozenset({Source.CAMERA})
    early, talker, host, presenter, mute = (
        ParticipantId(n) for n in ("early", "talker", "host", "pre", "mute")
    )

    order = in_default_order(
        [
            Sender(early, False, 0, 1, camera),
            Sender(presenter, False, 0, 2, both),
            Sender(talker, False, 7, 3, camera),
            Sender(host, True, 0, 4, camera),
            Sender(mute, True, 9, 5, frozenset({Source.MICROPHONE})),
        ]
    )

    assert order == (
        Picture(presenter, Source.SCREEN),
        Picture(host, Source.CAMERA),
        Picture(talker, Source.CAMERA),
        Picture(early, Source.CAMERA),
        Picture(presenter, Source.CAMERA),
    )
