"""Limits over time, at their edges."""

from hypothesis import given
from hypothesis import strategies as st

from webvisio_rooms.domain.limits import (
    FIRST_WAIT_S,
    FORGIVEN_AFTER_S,
    FREE_ATTEMPTS,
    LONGEST_WAIT_S,
    AttemptGuard,
    Buckets,
    TokenBucket,
)


def test_a_bucket_lets_its_burst_through_and_then_its_rate() -> None:
    bucket = TokenBucket(rate_per_s=2, burst=3)

    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(10.5), bucket.take(10.5)] == [True, False]


@given(st.lists(st.floats(0, 100), max_size=60))
def test_a_bucket_never_lets_more_through_than_burst_and_rate_allow(instants: list[float]) -> None:
    bucket = TokenBucket(rate_per_s=1, burst=5)
    instants.sort()

    taken = sum(bucket.take(instant) for instant in instants)

    assert taken <= 5 + (instants[-1] - instants[0] if instants else 0) + 1e-6


def test_a_clock_that_steps_back_fills_no_bucket() -> None:
    bucket = TokenBucket(rate_per_s=1, burst=1)
    assert bucket.take(100.0)

    assert not bucket.take(50.0)
    assert not bucket.take(100.5)
    assert bucket.take(101.0)


def test_keys_have_buckets_of_their_own_and_the_oldest_is_forgotten() -> None:
    buckets: Buckets[str] = Buckets(rate_per_s=0.001, burst=1, max_remembered=2)
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)
    assert not buckets.take("a", 0)

    assert buckets.take("c", 0)  # forgets "b", which was used longest ago

    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_the_first_wrong_passwords_are_free_then_the_wait_doubles_up_to_its_limit() -> None:
    guard: AttemptGuard[str] = AttemptGuard()
    now_s, waits = 0.0, []
    for _ in range(FREE_ATTEMPTS + 12):
        guard.failed("eve", now_s)
        wait_s = guard.wait_s("eve", now_s)
        waits.append(wait_s)
        now_s += wait_s

    assert waits[: FREE_ATTEMPTS - 1] == [0.0] * (FREE_ATTEMPTS - 1)
    assert waits[FREE_ATTEMPTS - 1 : FREE_ATTEMPTS + 2] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert waits[-1] == LONGEST_WAIT_S


def test_a_success_and_a_long_silence_are_forgiven() -> None:
    guard: AttemptGuard[str] = AttemptGuard()
    for name in ("ana", "eve"):
        for _ in range(FREE_ATTEMPTS):
            guard.failed(name, 0.0)

    guard.succeeded("ana")

    assert guard.wait_s("ana", 0.0) == 0
    assert guard.wait_s("eve", 0.0) == FIRST_WAIT_S
    guard.failed("eve", 10.0)
    assert guard.wait_s("eve", 10.0 + FORGIVEN_AFTER_S) == 0
    guard.failed("eve", 10.0 + FORGIVEN_AFTER_S)
    assert guard.wait_s("eve", 10.0 + FORGIVEN_AFTER_S) == 0


def test_one_who_waits_is_not_made_to_wait_longer_by_others() -> None:
    guard: AttemptGuard[str] = AttemptGuard()
    for _ in range(50):
        guard.failed("eve", 0.0)

    assert guard.wait_s("ana", 0.0) == 0


def test_the_guard_remembers_a_bounded_number() -> None:
    guard: AttemptGuard[int] = AttemptGuard(max_remembered=3)
    for key in range(10):
        for _ in range(FREE_ATTEMPTS):
            guard.failed(key, 0.0)

    assert [key for key in range(10) if guard.wait_s(key, 0.0) > 0] == [7, 8, 9]
