"""The one schema: strict at the edge, the same in TypeScript, roles read from groups."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_protocol import typescript
from webvisio_protocol.identifiers import (
    CustomerId,
    Role,
    RoomId,
    customer_group,
    customers_of,
    is_identifier,
    room_group,
    room_roles,
)
from webvisio_protocol.signalling import MAX_CHAT_CHARACTERS, ClientMessage

decode = msgspec.json.Decoder(ClientMessage).decode


def test_committed_typescript_is_what_the_schema_gives() -> None:
    assert typescript.main(["--check"]) == 0


def test_drift_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(typescript, "PROTOCOL_VERSION", 999)
    assert typescript.main(["--check"]) == 1


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]",
        b"null",
        b'{"type":"nonsense"}',
        b'{"type":"hello"}',
        b'{"type":"hello","protocol":1,"locale":"de","tabId":"t"}',
        b'{"type":"hello","protocol":1,"locale":"fr","tabId":"t","admin":true}',
        b'{"type":"chat_send","clientId":"","text":"x"}',
        b'{"type":"hand","isRaised":"yes"}',
        b'{"type":"layout","videos":[{"participantId":"p","source":"camera","width":-1,"height":1}]}',
        b'{"type":"room_settings","guestPassword":"short"}',
        '{"type":"react","reaction":"💥"}'.encode(),
    ],
)
def test_a_message_that_is_not_in_the_schema_is_refused(message: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(message)


def test_a_chat_line_at_the_limit_passes_and_one_more_character_does_not() -> None:
    def line(length: int) -> bytes:
        return msgspec.json.encode({"type": "chat_send", "clientId": "c", "text": "é" * length})

    decode(line(MAX_CHAT_CHARACTERS))
    with pytest.raises(msgspec.ValidationError):
        decode(line(MAX_CHAT_CHARACTERS + 1))


identifiers = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(identifiers, st.sampled_from(Role))
def test_roles_survive_the_way_through_a_group_name(room: str, role: Role) -> None:
    assert room_roles([room_group(RoomId(room), role)]) == {RoomId(room): role}


@given(identifiers)
def test_customers_survive_the_way_through_a_group_name(customer: str) -> None:
    assert is_identifier(customer)
    assert customers_of([customer_group(CustomerId(customer))]) == [customer]


def test_the_strongest_role_in_a_room_counts() -> None:
    groups = ["webvisio-room-a-observer", "webvisio-room-a-host", "webvisio-room-a-participant", "other"]
    assert room_roles(groups) == {RoomId("a"): Role.HOST}


@pytest.mark.parametrize("text", ["", "A", "-a", "a-", "a_b", "a" * 49, "a/b", "é", "a\n"])
def test_what_cannot_stand_in_a_url_names_nothing(text: str) -> None:
    assert not is_identifier(text)
