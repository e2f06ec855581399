"""When a crashed child comes back, and when the supervisor gives up."""

from webvisio_hub.supervision.restarts import (
    FIRST_DELAY_S,
    LONGEST_DELAY_S,
    MAX_QUICK_CRASHES,
    QUICK_CRASH_S,
    GiveUp,
    RestartIn,
    RestartPolicy,
)


def test_first_quick_crash_waits_a_moment() -> None:
    policy = RestartPolicy()
    policy.started()
    policy.answered(100.0)
    assert policy.crashed(100.5) == RestartIn(FIRST_DELAY_S)


def test_delays_grow_and_stay_bounded() -> None:
    policy = RestartPolicy()
    delays = []
    for _ in range(MAX_QUICK_CRASHES - 1):
        policy.started()
        policy.answered(0.0)
        decision = policy.crashed(1.0)
        assert isinstance(decision, RestartIn)
        delays.append(decision.delay_s)
    assert delays == sorted(delays)
    assert delays[-1] <= LONGEST_DELAY_S
    assert delays[-1] > delays[0]


def test_too_many_quick_crashes_in_a_row_give_up() -> None:
    policy = RestartPolicy()
    decisions = []
    for _ in range(MAX_QUICK_CRASHES):
        policy.started()
        policy.answered(0.0)
        decisions.append(policy.crashed(QUICK_CRASH_S - 0.01))
    assert decisions[-1] == GiveUp(MAX_QUICK_CRASHES)
    assert not any(isinstance(decision, GiveUp) for decision in decisions[:-1])


def test_a_long_life_wipes_the_slate_clean() -> None:
    policy = RestartPolicy()
    for _ in range(MAX_QUICK_CRASHES - 1):
        policy.started()
        policy.answered(0.0)
        policy.crashed(1.0)
    policy.started()
    policy.answered(0.0)
    assert policy.crashed(QUICK_CRASH_S) == RestartIn(0.0)
    policy.started()
    policy.answered(0.0)
    assert policy.crashed(1.0) == RestartIn(FIRST_DELAY_S)


def test_a_child_that_never_answered_has_crashed_quickly_however_long_it_took() -> None:
    policy = RestartPolicy()
    decisions = []
    for _ in range(MAX_QUICK_CRASHES):
        policy.started()
        decisions.append(policy.crashed(100 * QUICK_CRASH_S))
    assert decisions[0] == RestartIn(FIRST_DELAY_S)
    assert decisions[-1] == GiveUp(MAX_QUICK_CRASHES)
