"""TURN credentials: coturn's scheme, valid for a day, different for each participant."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from traitlets import TraitError

from webvisio_protocol.identifiers import ParticipantId
from webvisio_rooms.domain.turn import LIFETIME_S, TurnServer
from webvisio_rooms.service import RoomsService

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SERVER = TurnServer(("turn:turn.example:3478?transport=udp", "turns:turn.example:5349"), "a shared secret")


def test_the_password_is_what_coturn_computes_of_the_name() -> None:
    given = SERVER.credentials(ParticipantId("p1"), NOW)
    assert given.urls == SERVER.urls
    assert given.username == f"{int(NOW.timestamp()) + LIFETIME_S}:p1"
    mac = hmac.new(b"a shared secret", given.username.encode(), hashlib.sha1).digest()
    assert given.credential == base64.b64encode(mac).decode()


def test_credentials_are_a_participants_own_and_of_their_time() -> None:
    given = {
        SERVER.credentials(ParticipantId(who), NOW + timedelta(seconds=later)).credential
        for who in ("p1", "p2")
        for later in (0, 1)
    }
    assert len(given) == 4


def test_the_secret_is_in_no_representation() -> None:
    assert "shared" not in repr(SERVER)


def _service(monkeypatch: pytest.MonkeyPatch, **environment: str) -> RoomsService:
    for name in ("WEBVISIO_TURN_URLS", "WEBVISIO_TURN_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return RoomsService()


def test_without_urls_nobody_is_told_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _service(monkeypatch, WEBVISIO_TURN_SECRET="s").turn_server() is None


def test_urls_and_secret_make_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    service = _service(monkeypatch, WEBVISIO_TURN_URLS="turn:a, turns:b", WEBVISIO_TURN_SECRET="s")
    assert service.turn_server() == TurnServer(("turn:a", "turns:b"), "s")


@pytest.mark.parametrize(
    "environment",
    [{"WEBVISIO_TURN_URLS": "turn:a"}, {"WEBVISIO_TURN_URLS": "stun:a", "WEBVISIO_TURN_SECRET": "s"}],
)
def test_half_a_configuration_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    with pytest.raises(TraitError, match="WEBVISIO_TURN_URLS"):
        _service(monkeypatch, **environment).turn_server()
