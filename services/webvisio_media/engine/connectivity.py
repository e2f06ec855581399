"""ICE-lite: answers binding requests (RFC 8445 section 2.5, RFC 8489) with aioice's STUN.

The peer's browser does all the checking; this side only proves that it knows
the password. A nominated check moves the peer to the address that it came
from: that is how a laptop changes networks without a new negotiation.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aioice import stun

from webvisio_media.errors import Malformed

MOST_STUN_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A request that may be authentic: whose it says that it is, and the parsed message."""

    ufrag: str
    message: Any

    @property
    def is_nominating(self) -> bool:
        """Whether the peer chooses the address that this request came from."""
        return "USE-CANDIDATE" in self.message.attributes


class Ignored(Enum):
    """Why a STUN message gets no answer; each is counted."""

    NOT_A_REQUEST = "stun_not_a_request"
    UNKNOWN_PEER = "stun_unknown_peer"
    UNAUTHENTIC = "stun_unauthentic"
    RATE = "stun_rate_limited"


def read_request(data: bytes) -> BindingRequest | Ignored:
    """Read a STUN message; raises `Malformed`. Nothing is verified yet."""
    if len(data) > MOST_STUN_BYTES:
        raise Malformed("STUN length")
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error, IndexError) as problem:
        raise Malformed("STUN") from problem
    if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
        return Ignored.NOT_A_REQUEST
    return BindingRequest(message.attributes.get("USERNAME", "").split(":")[0], message)


def is_authentic(request: BindingRequest, password: str) -> bool:
    """Tell whether the sender knows this side's password for the peer."""
    return bool(request.message.check_message_integrity(password.encode()))


def respond(request: BindingRequest, password: str, host: str, port: int) -> bytes:
    """Build the success response, or 487 when the peer thinks that it is the controlled side."""
    is_conflict = "ICE-CONTROLLED" in request.message.attributes
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.ERROR if is_conflict else stun.Class.RESPONSE,
        transaction_id=request.message.transaction_id,
    )
    if is_conflict:
        response.attributes["ERROR-CODE"] = (487, "Role Conflict")
    else:
        response.attributes["XOR-MAPPED-ADDRESS"] = (host, port)
    response.add_message_integrity(password.encode())
    return bytes(response)
