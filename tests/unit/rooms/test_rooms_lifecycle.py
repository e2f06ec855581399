"""The life of a session: every state against every combination of facts."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from webvisio_protocol.signalling import RoomState
from webvisio_rooms.domain.lifecycle import (
    LINGER_S,
    Cut,
    Facts,
    Idle,
    Lifecycle,
    Lingering,
    Open,
    Waiting,
    advance,
    deadline_of,
    opened_at_of,
    room_state,
)

BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=LINGER_S)
MOMENT = timedelta(microseconds=1)

STATES: list[Lifecycle] = [
    Idle(),
    Waiting(),
    Open(BEGAN),
    Lingering(BEGAN, LATER),
    Lingering(BEGAN, NOW),
    Cut(BEGAN, LATER),
    Cut(BEGAN, NOW),
    Cut(None, LATER),
]
COMBINATIONS = [
    Facts(door, moderators, moderators + others, before, ended)
    for door, moderators, others, before, ended in itertools.product(
        (True, False), (0, 1), (0, 2), (0, 3), (True, False)
    )
]


def expected(state: Lifecycle, facts: Facts) -> Lifecycle:
    """The rules as a table, written anew: shut, ended, moderated, lingering, at rest - in this order."""
    rest: Lifecycle = Waiting() if facts.before_door else Idle()
    began = {Open: BEGAN, Lingering: BEGAN}.get(type(state))
    if isinstance(state, Cut) and state.opened_at and state.forgets_at > NOW:
        began = BEGAN
    if not facts.is_door_open:
        if isinstance(state, Cut):
            return state if state.forgets_at > NOW else Cut(None, state.forgets_at)
        return Cut(began, LATER)
    if facts.has_ended:
        return rest
    if facts.moderators:
        return Open(began or NOW)
    if began is None or state == Lingering(BEGAN, NOW):
        return rest
    return Lingering(BEGAN, LATER)


@pytest.mark.parametrize("state", STATES, ids=repr)
@pytest.mark.parametrize("facts", COMBINATIONS, ids=repr)
def test_every_state_moves_by_the_rules(state: Lifecycle, facts: Facts) -> None:
    assert advance(state, facts, NOW) == expected(state, facts)


@pytest.mark.parametrize("state", STATES, ids=repr)
@pytest.mark.parametrize("facts", COMBINATIONS, ids=repr)
def test_nothing_moves_twice_on_the_same_facts(state: Lifecycle, facts: Facts) -> None:
    once = advance(state, facts, NOW)

    assert advance(once, facts, NOW) == once


def test_a_session_lingers_until_exactly_its_time() -> None:
    alone = Facts(True, 0, 2, 0)
    lingering = advance(Open(BEGAN), alone, NOW)

    assert advance(lingering, alone, LATER - MOMENT) == lingering
    assert advance(lingering, alone, LATER) == Idle()


def test_a_cut_is_forgiven_until_exactly_its_time() -> None:
    cut = advance(Open(BEGAN), Facts(False, 1, 3, 0), NOW)
    back = Facts(True, 0, 0, 0)

    assert opened_at_of(advance(cut, back, LATER - MOMENT)) == BEGAN
    assert advance(cut, back, LATER) == Idle()


def test_only_states_that_end_by_the_clock_have_a_deadline() -> None:
    assert [deadline_of(state) for state in STATES] == [None, None, None, LATER, NOW, LATER, NOW, None]


def test_every_state_has_a_name_for_clients() -> None:
    assert {room_state(state) for state in STATES} == set(RoomState)
