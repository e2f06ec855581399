"""Binding requests and responses, checked against aioice's STUN; any bytes are read or malformed."""

import contextlib
import hmac

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.engine.connectivity import (
    BindingRequest,
    Ignored,
    is_authentic,
    read_request,
    respond,
)
from webvisio_media.errors import Malformed

PASSWORD = "a password of some length"
SIGNER = hmac.new(PASSWORD.encode(), digestmod="sha1")


def ask(ufrag: str = "ours", **attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:them"
    message.attributes["PRIORITY"] = 7
    for name, value in attributes.items():
        message.attributes[name.replace("_", "-")] = value
    message.add_message_integrity(PASSWORD.encode())
    return bytes(message)


def read(data: bytes) -> BindingRequest:
    request = read_request(data)
    assert isinstance(request, BindingRequest)
    return request


@pytest.mark.parametrize("ufrag", ["o", "ou", "our", "ours", "0123456789abcdef"])
def test_a_request_is_read_and_authentic(ufrag: str) -> None:
    request = read(ask(ufrag))
    assert request.ufrag == ufrag
    assert not request.is_nominating
    assert is_authentic(request, SIGNER)
    assert not is_authentic(request, hmac.new(b"another password", digestmod="sha1"))


def test_nomination_and_role_are_seen() -> None:
    assert read(ask(USE_CANDIDATE=None)).is_nominating
    assert read(ask(ICE_CONTROLLED=5)).is_controlled


def test_a_request_without_integrity_is_not_authentic() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:them"
    assert not is_authentic(read(bytes(message)), SIGNER)
    assert not is_authentic(read(bytes(message)), hmac.new(b"", digestmod="sha1"))


def test_what_stands_after_the_signature_does_not_count() -> None:
    data = ask()[:-8]
    data = data[:2] + (len(data) - 20 + 4).to_bytes(2, "big") + data[4:] + b"\x00\x25\x00\x00"
    request = read(data)
    assert is_authentic(request, SIGNER)
    assert not request.is_nominating


@pytest.mark.parametrize(("host", "port"), [("192.0.2.7", 40000), ("127.0.0.1", 1), ("2001:db8::17", 65535)])
def test_the_response_is_what_aioice_reads(host: str, port: int) -> None:
    data = ask()
    answer = stun.parse_message(respond(read(data), SIGNER, host, port))
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.transaction_id == data[8:20]
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, port)
    assert "FINGERPRINT" in answer.attributes
    assert answer.check_message_integrity(PASSWORD.encode())


def test_a_peer_in_the_controlled_role_is_told_so() -> None:
    answer = stun.parse_message(respond(read(ask(ICE_CONTROLLED=5)), SIGNER, "192.0.2.7", 9))
    assert answer.message_class == stun.Class.ERROR
    assert answer.attributes["ERROR-CODE"][0] == 487
    assert answer.check_message_integrity(PASSWORD.encode())


def test_responses_and_other_methods_are_ignored() -> None:
    for message in (
        stun.Message(stun.Method.BINDING, stun.Class.RESPONSE),
        stun.Message(stun.Method.BINDING, stun.Class.INDICATION),
        stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST),
    ):
        assert read_request(bytes(message)) is Ignored.NOT_A_REQUEST


def test_truncated_and_altered_requests_are_malformed_or_not_authentic() -> None:
    whole = ask()
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            read_request(whole[:length])
    for place in range(len(whole) - 8):  # the fingerprint comes after the signature
        altered = bytearray(whole)
        altered[place] ^= 0x40
        try:
            request = read_request(bytes(altered))
        except Malformed:
            continue
        assert not isinstance(request, BindingRequest) or not is_authentic(request, SIGNER)


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_malformed_as_stun(data: bytes) -> None:
    try:
        request = read_request(data)
    except Malformed:
        return
    assert not isinstance(request, BindingRequest) or not is_authentic(request, SIGNER)


@given(st.binary(max_size=100))
def test_any_attributes_are_read_or_malformed(body: bytes) -> None:
    body += bytes(-len(body) % 4)
    head = b"\x00\x01" + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + bytes(12)
    with contextlib.suppress(Malformed):
        read_request(head + body)
