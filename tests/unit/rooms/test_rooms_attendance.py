"""Attendance intervals: joined over a short absence, never negative, nobody mixed up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webvisio_protocol.identifiers import Role
from webvisio_rooms.domain.attendance import Stay, close_orphan, merge

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def stay(person: str, joined: float, left: float | None) -> Stay:
    return Stay(person, person, Role.PARTICIPANT, False, at(joined), None if left is None else at(left))


def test_an_orphan_is_closed_at_the_last_sign_of_life() -> None:
    assert close_orphan(stay("ana", 0, None), at(50)).left_at == at(50)


def test_an_orphan_is_never_closed_before_it_began() -> None:
    assert close_orphan(stay("ana", 60, None), at(50)).left_at == at(60)


def test_a_closed_interval_stays_as_it_is() -> None:
    assert close_orphan(stay("ana", 0, 10), at(50)).left_at == at(10)


def test_an_absence_of_exactly_the_gap_is_none_and_a_longer_one_is() -> None:
    assert len(merge([stay("ana", 0, 10), stay("ana", 70, 80)], 60)) == 1
    assert len(merge([stay("ana", 0, 10), stay("ana", 70.001, 80)], 60)) == 2


def test_one_who_is_still_there_has_no_end() -> None:
    (merged,) = merge([stay("ana", 0, 10), stay("ana", 20, None)], 60)

    assert (merged.joined_at, merged.left_at) == (at(0), None)


stays = st.lists(
    st.builds(
        lambda person, joined, length: stay(person, joined, joined + length),
        st.sampled_from("abc"),
        st.integers(0, 500),
        st.integers(0, 200),
    ),
    max_size=20,
)


@given(stays, st.integers(0, 100))
def test_merging_loses_nobody_and_no_instant_of_presence(given_stays: list[Stay], gap_s: int) -> None:
    merged = merge(given_stays, gap_s)

    assert {s.person for s in merged} == {s.person for s in given_stays}
    for one in given_stays:
        assert one.left_at is not None
        assert any(
            m.person == one.person and m.left_at and m.joined_at <= one.joined_at and one.left_at <= m.left_at
            for m in merged
        )


@given(stays, st.integers(0, 100))
def test_merged_intervals_of_a_person_are_apart_by_more_than_the_gap(
    given_stays: list[Stay], gap_s: int
) -> None:
    last: dict[str, datetime] = {}
    for one in merge(given_stays, gap_s):
        assert one.left_at is not None
        if one.person in last:
            assert one.joined_at - last[one.person] > timedelta(seconds=gap_s)
        last[one.person] = one.left_at
