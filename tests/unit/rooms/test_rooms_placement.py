"""Which worker a peer is put on (pure)."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_rooms.engine.mesh import Mesh
from webvisio_rooms.engine.placement import Placement

A, B = GroupId("a.1"), GroupId("b.1")


def put(placement: Placement, group: GroupId, name: str, *ready: int) -> int | None:
    place = placement.choose(group, ready)
    if place is not None:
        placement.enter(PeerId(name), group, place)
    return place


def test_without_a_number_a_session_stays_where_it_is() -> None:
    placement = Placement(0)
    assert {put(placement, A, f"a{n}", 0, 1) for n in range(50)} == {0}


def test_a_session_goes_where_the_fewest_are_and_stays_until_that_is_full() -> None:
    placement = Placement(3)
    placement.enter(PeerId("b0"), B, 0)
    assert [put(placement, A, f"a{n}", 0, 1) for n in range(6)] == [1, 1, 1, 0, 0, 1]
    assert placement.places(A) == (1, 0)


def test_people_come_back_to_a_worker_that_has_room_again() -> None:
    placement = Placement(2)
    for n in range(3):
        put(placement, A, f"a{n}", 0, 1)
    assert placement.leave(PeerId("a0")) == A
    put(placement, B, "b0", 0, 1)
    assert placement.choose(A, (0, 1)) in placement.places(A)
    assert placement.leave(PeerId("nobody")) is None


def test_without_a_worker_there_is_no_place() -> None:
    assert Placement(2).choose(A, ()) is None


def test_the_lost_are_named_with_their_groups() -> None:
    placement = Placement(1)
    put(placement, A, "a0", 0, 1)
    put(placement, A, "a1", 0, 1)
    put(placement, B, "b0", 0, 1)
    assert placement.lose(0) == {PeerId("a0"): A, PeerId("b0"): B}
    assert (placement.places(A), placement.places(B)) == ((1,), ())
    assert placement.place_of(PeerId("a0")) is None and placement.place_of(PeerId("a1")) == 1


@given(
    st.integers(0, 4),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(["come", "go", "die"]))),
)
def test_the_books_agree_with_who_came_and_went(most: int, script: list[tuple[str, int, str]]) -> None:
    placement, there = Placement(most), {}
    for room, number, what in script:
        group, peer = GroupId(room), PeerId(f"{room}{number}")
        if what == "come":
            place = placement.choose(group, (0, 1, 2))
            assert place is not None
            load = Counter(where for _, where in there.values())
            own = {where for g, where in there.values() if g == group}
            if most and place not in own and own:
                assert all(load[other] >= most for other in own)
            placement.enter(peer, group, place)
            there[peer] = (group, place)
        elif what == "go":
            assert placement.leave(peer) == there.pop(peer, (None, 0))[0]
        else:
            lost = placement.lose(number % 3)
            assert lost == {p: g for p, (g, where) in there.items() if where == number % 3}
            there = {p: found for p, found in there.items() if p not in lost}
        for name in "abc":
            places = {where for g, where in there.values() if g == name}
            assert set(placement.places(GroupId(name))) == places


def test_each_worker_has_an_end_to_each_other() -> None:
    mesh = Mesh(3)
    try:
        ends = [mesh.ends(place) for place in range(3)]
        assert [sorted(each) for each in ends] == [[1, 2], [0, 2], [0, 1]]
        assert len({end for each in ends for end in each.values()}) == 6
    finally:
        mesh.close()
    assert Mesh(1).ends(0) == {}
