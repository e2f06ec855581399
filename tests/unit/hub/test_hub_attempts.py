"""How long somebody who guesses passwords has to wait (clause 5.4)."""

from webvisio_hub.accounts.attempts import (
    FIRST_WAIT_S,
    FORGIVEN_AFTER_S,
    FREE_ATTEMPTS,
    LONGEST_WAIT_S,
    Attempts,
)

FREE = FREE_ATTEMPTS["name and address"]


def fail(attempts: Attempts, times: int, name: str = "amina", address: str = "a", now_s: float = 0.0) -> None:
    for _ in range(times):
        attempts.failed(name, address, now_s)


def test_a_few_mistakes_cost_no_wait() -> None:
    attempts = Attempts()
    fail(attempts, FREE - 1)
    assert attempts.wait_s("amina", "a", 0.0) == 0.0


def test_the_wait_begins_at_the_limit_and_doubles() -> None:
    attempts = Attempts()
    fail(attempts, FREE)
    assert attempts.wait_s("amina", "a", 0.0) == FIRST_WAIT_S
    fail(attempts, 1)
    assert attempts.wait_s("amina", "a", 0.0) == 2 * FIRST_WAIT_S


def test_the_wait_passes_with_time() -> None:
    attempts = Attempts()
    fail(attempts, FREE)
    assert attempts.wait_s("amina", "a", FIRST_WAIT_S) == 0.0


def test_the_wait_is_bounded() -> None:
    attempts = Attempts()
    fail(attempts, 60)
    assert attempts.wait_s("amina", "a", 0.0) == LONGEST_WAIT_S


def test_nobody_can_lock_somebody_out_from_elsewhere() -> None:
    attempts = Attempts()
    fail(attempts, FREE + 3, address="attacker")
    assert attempts.wait_s("amina", "home", 0.0) == 0.0


def test_one_machine_that_tries_many_names_is_slowed() -> None:
    attempts = Attempts()
    for number in range(FREE_ATTEMPTS["address"]):
        fail(attempts, 1, name=f"name-{number}")
    assert attempts.wait_s("never-tried", "a", 0.0) > 0.0


def test_many_machines_that_try_one_name_are_slowed() -> None:
    attempts = Attempts()
    for number in range(FREE_ATTEMPTS["name"]):
        fail(attempts, 1, address=f"address-{number}")
    assert attempts.wait_s("amina", "fresh", 0.0) > 0.0


def test_success_forgives_this_name_here_only() -> None:
    attempts = Attempts()
    fail(attempts, FREE)
    fail(attempts, FREE, name="louis")
    attempts.succeeded("amina", "a")
    assert attempts.wait_s("amina", "a", 0.0) == 0.0
    assert attempts.wait_s("louis", "a", 0.0) > 0.0


def test_a_class_behind_one_address_logs_in_without_wait() -> None:
    attempts = Attempts()
    for number in range(3 * FREE_ATTEMPTS["address"]):
        assert attempts.wait_s(f"trainee-{number}", "school", 0.0) == 0.0
        attempts.failed(f"trainee-{number}", "school", 0.0)
        attempts.succeeded(f"trainee-{number}", "school")


def test_one_person_may_log_in_often() -> None:
    attempts = Attempts()
    for number in range(2 * FREE_ATTEMPTS["name"]):
        address = f"address-{number}"
        assert attempts.wait_s("amina", address, 0.0) == 0.0
        attempts.failed("amina", address, 0.0)
        attempts.succeeded("amina", address)


def test_an_hour_forgives() -> None:
    attempts = Attempts()
    fail(attempts, FREE)
    fail(attempts, 1, now_s=FORGIVEN_AFTER_S)
    assert attempts.wait_s("amina", "a", FORGIVEN_AFTER_S) == 0.0


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    attempts = Attempts(max_keys=9)
    fail(attempts, FREE, name="old")
    for number in range(5):
        fail(attempts, FREE, name=f"new-{number}", address=f"b{number}")
    assert attempts.wait_s("old", "a", 0.0) == 0.0
    assert attempts.wait_s("new-4", "b4", 0.0) > 0.0
