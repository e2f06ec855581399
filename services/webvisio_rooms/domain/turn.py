"""Passing credentials for the operator's TURN server, if there is one (coturn's REST scheme).

The server shares `secret` with this service and nothing else: a user name is
the second at which it expires and an opaque participant, the password its
HMAC (draft-uberti-behave-turn-rest-00). A credential that leaks is worth
nothing a day later.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.signalling import IceServer

LIFETIME_S = 24 * 3600
"""A course lasts a day; whoever comes back gets new credentials with the welcome."""


@dataclass(frozen=True, slots=True)
class TurnServer:
    """Where it is (`turn:` and `turns:` URLs), and the secret that it was configured with."""

    urls: tuple[str, ...]
    secret: str = field(repr=False)

    def credentials(self, participant_id: ParticipantId, now: datetime) -> IceServer:
        """Make credentials for one participant."""
        username = f"{int(now.timestamp()) + LIFETIME_S}:{participant_id}"
        mac = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1)
        return IceServer(self.urls, username, base64.b64encode(mac.digest()).decode())
