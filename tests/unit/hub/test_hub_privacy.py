"""No name, address, token or invitation in the hub's log."""

import logging

import pytest

from webvisio_hub.privacy import MAX_NAMES, Discretion


@pytest.fixture
def discretion() -> Discretion:
    made = Discretion("00" * 32)
    for name in ("claire", "amina@example.org", "jean.dupont"):
        made.learn(name)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "User logged in: claire",
        "Failed login for 'claire'",
        "302 GET /hub/user/claire/lab -> /hub/spawn/claire (claire@192.0.2.7) 3.1ms",
        "User amina@example.org took 3.1 seconds to start",
        "200 GET /hub/api/users/jean.dupont (jean.dupont@2001:db8::1) 3ms",
    ],
)
def test_names_and_addresses_are_hidden(discretion: Discretion, text: str) -> None:
    hidden = discretion.hide(text)
    for private in ("claire", "amina", "dupont", "192.0.2.7", "2001:db8"):
        assert private not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "Adding role user for User: zoe",
        "404 DELETE /hub/api/users/zoe (billing@127.0.0.1)",
        "GET /user/zoe/lab?x=1",
    ],
)
def test_a_person_is_hidden_before_the_hub_has_told_of_them(discretion: Discretion, text: str) -> None:
    assert "zoe" not in discretion.hide(text)
    assert discretion.pseudonym("zoe") in discretion.hide(text)


def test_a_name_is_the_same_person_however_it_is_written(discretion: Discretion) -> None:
    hidden = discretion.hide("/hub/api/users/amina%40example.org by amina@example.org")
    assert hidden.count(discretion.pseudonym("amina@example.org")) == 2


def test_a_person_keeps_one_pseudonym_that_depends_on_the_key(discretion: Discretion) -> None:
    first = discretion.hide("/user/claire/lab")
    assert first == f"/user/{discretion.pseudonym('claire')}/lab"
    assert Discretion("11" * 32).pseudonym("claire") != discretion.pseudonym("claire")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET /hub/invitation/AbCdEf0123456789xyz", "AbCdEf0123456789xyz"),
        ("GET /hub/oauth_callback?code=s3cr3tcode&state=abc", "s3cr3tcode"),
        ("GET /services/rooms/r/k3yOfTheRoom", "k3yOfTheRoom"),
        ("GET /x?token=deadbeef", "deadbeef"),
    ],
)
def test_secrets_in_addresses_are_hidden(discretion: Discretion, text: str, secret: str) -> None:
    assert secret not in discretion.hide(text)


def test_what_is_not_private_stays_readable(discretion: Discretion) -> None:
    text = "Hub API listening on http://127.0.0.1:8081/hub/ at 12:30:15, JupyterHub 6.1.1"
    assert discretion.hide(text) == text


def test_exceptions_are_hidden_too(discretion: Discretion) -> None:
    try:
        raise ValueError("no such person: claire")
    except ValueError as problem:
        info = (type(problem), problem, problem.__traceback__)
    record = logging.LogRecord("hub", logging.ERROR, __file__, 1, "failed for %s", ("claire",), info)
    assert discretion.filter(record)
    assert "claire" not in logging.Formatter().format(record)


def test_the_names_held_are_bounded() -> None:
    discretion = Discretion("00" * 32)
    for number in range(MAX_NAMES + 1):
        discretion.learn(f"name-{number}")
    assert discretion.hide("name-0 left") == "name-0 left"
    assert f"name-{MAX_NAMES}" not in discretion.hide(f"name-{MAX_NAMES} stays")
