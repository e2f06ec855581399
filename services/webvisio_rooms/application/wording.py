"""What a refusal says to a client, in its language."""

import logging

import msgspec

from webvisio_protocol.identifiers import RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase
from webvisio_protocol.signalling import Failed, Locale, Refused
from webvisio_rooms.application import randomness

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Wording:
    """Words a refusal once a language, under one reference that the log has too."""

    def __init__(self, room_id: RoomId) -> None:
        self._room_id = room_id
        self._reference: str | None = None
        self._worded: dict[tuple[RefusalCode, Locale], bytes] = {}

    def of(self, refusal: Refusal, locale: Locale) -> bytes:
        if self._reference is None:
            self._reference = randomness.reference()
            _log.info("room %s refuses (%s), reference %s", self._room_id, refusal.code, self._reference)
        key = (refusal.code, locale)
        if key not in self._worded:
            self._worded[key] = _encode(Refused(phrase(refusal, locale, self._reference)))
        return self._worded[key]


def failure(refusal: Refusal, locale: Locale, in_reply_to: str | None = None) -> bytes:
    """Word the refusal of one message."""
    return _encode(Failed(phrase(refusal, locale), in_reply_to))
