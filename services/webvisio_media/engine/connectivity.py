"""ICE-lite: answers binding requests (RFC 8445 section 2.5, RFC 8489).

The peer's browser does all the checking; this side only proves that it knows
the password. A nominated check moves the peer to the address that it came
from: that is how a laptop changes networks without a new negotiation.

Every browser asks every few seconds as long as it stays, so requests are read
by offsets; aioice's message objects, with which the tests check this, cost
more than twice as much.
"""

import hmac
import ipaddress
import struct
import zlib
from enum import Enum
from typing import NamedTuple

from webvisio_media.errors import Malformed

MOST_STUN_BYTES = 1024
HEADER_BYTES, INTEGRITY_BYTES, FINGERPRINT_BYTES = 20, 24, 8
COOKIE = 0x2112A442
FINGERPRINT_XOR = 0x5354554E
BINDING_REQUEST, BINDING_SUCCESS, BINDING_ERROR = 0x0001, 0x0101, 0x0111
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020
USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED = 0x0025, 0x8028, 0x8029
ROLE_CONFLICT = struct.pack("!HBB", 0, 4, 87) + b"Role Conflict\0\0\0"
ROLE_CONFLICT_BYTES = len(ROLE_CONFLICT) - 3


class BindingRequest(NamedTuple):
    """A request that may be authentic: whose it says that it is, and what it asks."""

    ufrag: str
    transaction: bytes
    is_nominating: bool
    is_controlled: bool
    signed: bytes
    """What MESSAGE-INTEGRITY covers, with the length that it was computed with."""
    integrity: bytes


class Ignored(Enum):
    """Why a STUN message gets no answer; each is counted."""

    NOT_A_REQUEST = "stun_not_a_request"
    UNKNOWN_PEER = "stun_unknown_peer"
    UNAUTHENTIC = "stun_unauthentic"
    RATE = "stun_rate_limited"


def read_request(data: bytes) -> BindingRequest | Ignored:
    """Read a STUN message; raises `Malformed`. Nothing is verified yet but its fingerprint."""
    size = len(data)
    if not HEADER_BYTES <= size <= MOST_STUN_BYTES or size % 4:
        raise Malformed("STUN length")
    kind, length, cookie = struct.unpack_from("!HHI", data)
    if cookie != COOKIE or length != size - HEADER_BYTES:
        raise Malformed("STUN header")
    if kind != BINDING_REQUEST:
        return Ignored.NOT_A_REQUEST
    username = signed = integrity = b""
    is_nominating = is_controlled = False
    at = HEADER_BYTES
    while at + 4 <= size:
        name, length = struct.unpack_from("!HH", data, at)
        end = at + 4 + length
        if end > size:
            raise Malformed("STUN attribute")
        if name == FINGERPRINT:
            if data[at + 4 : end] != _fingerprint(data[:at]):
                raise Malformed("STUN fingerprint")
        elif integrity:
            pass  # nothing after the signature but the fingerprint counts (RFC 8489 section 14.5)
        elif name == USERNAME:
            username = data[at + 4 : end]
        elif name == USE_CANDIDATE:
            is_nominating = True
        elif name == ICE_CONTROLLED:
            is_controlled = True
        elif name == MESSAGE_INTEGRITY:
            signed = _with_length(data[:at], at - HEADER_BYTES + INTEGRITY_BYTES)
            integrity = data[at + 4 : end]
        at = end + (-length & 3)
    ufrag = username.partition(b":")[0].decode("ascii", "replace")
    return BindingRequest(ufrag, data[8:HEADER_BYTES], is_nominating, is_controlled, signed, integrity)


def is_authentic(request: BindingRequest, signer: hmac.HMAC) -> bool:
    """Tell whether the sender knows this side's password for the peer, which `signer` was made with."""
    return hmac.compare_digest(_sign(request.signed, signer), request.integrity)


def respond(request: BindingRequest, signer: hmac.HMAC, host: str, port: int) -> bytes:
    """Build the success response, or 487 when the peer thinks that it is the controlled side."""
    if request.is_controlled:
        kind = BINDING_ERROR
        attribute = struct.pack("!HH", ERROR_CODE, ROLE_CONFLICT_BYTES) + ROLE_CONFLICT
    else:
        kind = BINDING_SUCCESS
        address = ipaddress.ip_address(host).packed
        mask = struct.pack("!I", COOKIE) + request.transaction
        hidden = int.from_bytes(address, "big") ^ int.from_bytes(mask[: len(address)], "big")
        attribute = struct.pack(
            "!HHBBH",
            XOR_MAPPED_ADDRESS,
            4 + len(address),
            0,
            1 if len(address) == 4 else 2,
            port ^ COOKIE >> 16,
        ) + hidden.to_bytes(len(address), "big")
    length = len(attribute) + INTEGRITY_BYTES
    message = struct.pack("!HHI", kind, length, COOKIE) + request.transaction + attribute
    message += struct.pack("!HH", MESSAGE_INTEGRITY, 20) + _sign(message, signer)
    message = _with_length(message, length + FINGERPRINT_BYTES)
    return message + struct.pack("!HH", FINGERPRINT, 4) + _fingerprint(message)


def _sign(message: bytes, signer: hmac.HMAC) -> bytes:
    fresh = signer.copy()
    fresh.update(message)
    return fresh.digest()


def _fingerprint(message: bytes) -> bytes:
    """The CRC of what comes before it, with the length that includes it (RFC 8489 section 14.7)."""
    covered = _with_length(message, len(message) - HEADER_BYTES + FINGERPRINT_BYTES)
    return (zlib.crc32(covered) ^ FINGERPRINT_XOR).to_bytes(4, "big")


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + length.to_bytes(2, "big") + message[4:]
