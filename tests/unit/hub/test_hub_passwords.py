"""Which passwords are accepted, and that they are kept as argon2id (clause 5.4)."""

import pytest
from argon2 import PasswordHasher

from webvisio_hub.accounts.passwords import (
    MAX_CHARACTERS,
    MIN_CHARACTERS,
    Hashes,
    is_acceptable,
    make_passphrase,
)

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "girafe-nuage-sapin",
        "Tr4verse#Lune",
        "un long mot de passe",
        "x9!kP2@mQ7",
        "日本語のとても長いパスワードです",
    ],
)
def test_good_passwords_are_accepted(password: str) -> None:
    assert is_acceptable(password, "amina")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "court",
        "a" * (MIN_CHARACTERS - 1),
        "aaaaaaaaaaaaaa",
        "abababababab",
        "motdepasse1",
        "Mot-De-Passe",
        "P4ssword password",
        "azerty123456",
        "Bonjour2026",
        "amina-amina-1",
        "Amina.2026!",
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_weak_passwords_are_refused(password: str) -> None:
    assert not is_acceptable(password, "amina")


def test_a_name_inside_a_long_password_does_no_harm() -> None:
    assert is_acceptable("amina-girafe-sapin-lune", "amina")


def test_made_passphrases_are_acceptable_and_differ() -> None:
    made = {make_passphrase() for _ in range(50)}
    assert len(made) == 50
    assert all(is_acceptable(passphrase, "admin") for passphrase in made)


def test_hashes_are_argon2id_and_salted() -> None:
    hashes = Hashes()
    first, second = hashes.make("girafe-nuage-sapin"), hashes.make("girafe-nuage-sapin")
    assert first.startswith("$argon2id$")
    assert first != second
    assert hashes.matches(first, "girafe-nuage-sapin")
    assert not hashes.matches(first, "girafe-nuage-lapin")


def test_an_unknown_account_never_matches() -> None:
    assert not Hashes(QUICK).matches(None, "girafe-nuage-sapin")


def test_an_unknown_account_costs_one_verification_like_a_known_one() -> None:
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - the library's name
            type(self).verified += 1
            return super().verify(hash, password)

    hashes = Hashes(Counting(time_cost=1, memory_cost=8, parallelism=1))
    kept = hashes.make("girafe-nuage-sapin")
    hashes.matches(kept, "wrong")
    known = Counting.verified
    hashes.matches(None, "wrong")
    assert Counting.verified == 2 * known


def test_composed_and_decomposed_accents_are_one_password() -> None:
    hashes = Hashes(QUICK)
    assert hashes.matches(hashes.make("e\u0301cole maternelle"), "\u00e9cole maternelle")


def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    assert Hashes().is_outdated(Hashes(QUICK).make("girafe-nuage-sapin"))


def test_a_damaged_hash_matches_nothing() -> None:
    assert not Hashes(QUICK).matches("not a hash", "girafe-nuage-sapin")
