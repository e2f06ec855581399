"""Leaves out the upper temporal layers of a VP8 stream (RFC 7741) without leaving a trace.

Frames of an upper temporal layer are needed by no frame below it. What is left
is numbered on without gaps, sequence numbers and picture ids, so that a decoder
takes it for a camera with fewer frames.

Invariant: a number is given once. A number that the publisher itself left out
stays out, because nobody knows yet which layer it was; if it comes late after
all and is of a layer that is left out, its number is never sent.
"""

from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.vp8 import renumber

REMEMBERED = 1024
"""Numbers for which a late packet can still be placed; a power of two."""


class Thinning:
    """One stream, thinned to the temporal layers up to `temporal`."""

    def __init__(self, temporal: int) -> None:
        self.temporal = temporal
        self._highest: int | None = None
        self._packets_out = 0
        self._pictures_out = 0
        self._last_out: int | None = None
        """Picture id of the last frame that was left out."""
        self._at: list[tuple[int, int, int]] = [(-1, 0, 0)] * REMEMBERED
        """By source number: that number, and how many packets and pictures were left out before it."""

    def next(self, packet: Packet) -> Packet | None:
        """Take the newest packet so far; None when it is left out."""
        descriptor = packet.descriptor
        first = packet.sequence if self._highest is None else self._highest + 1
        if packet.sequence - first >= REMEMBERED:
            first = packet.sequence
        for missing in range(first, packet.sequence):
            self._at[missing % REMEMBERED] = (missing, self._packets_out, self._pictures_out)
        self._highest = packet.sequence
        if descriptor is not None and descriptor.temporal_layer > self.temporal:
            self._packets_out += 1
            if descriptor.picture_id != self._last_out:
                self._pictures_out += 1
                self._last_out = descriptor.picture_id
            return None
        self._at[packet.sequence % REMEMBERED] = (packet.sequence, self._packets_out, self._pictures_out)
        return _shifted(packet, self._packets_out, self._pictures_out)

    def late(self, packet: Packet) -> Packet | None:
        """Take a packet that was missing; None when it is left out or came too late."""
        sequence, packets_out, pictures_out = self._at[packet.sequence % REMEMBERED]
        if sequence != packet.sequence:
            return None
        if packet.descriptor is not None and packet.descriptor.temporal_layer > self.temporal:
            return None
        return _shifted(packet, packets_out, pictures_out)


def _shifted(packet: Packet, packets_out: int, pictures_out: int) -> Packet:
    descriptor, payload = packet.descriptor, packet.payload
    if pictures_out and descriptor is not None:
        changed = bytearray(payload)
        renumber(changed, 0, descriptor, -pictures_out, 0)
        payload = bytes(changed)
        mask = 0x7FFF if descriptor.is_long else 0x7F
        descriptor = descriptor._replace(picture_id=(descriptor.picture_id - pictures_out) & mask)
    return packet._replace(sequence=packet.sequence - packets_out, payload=payload, descriptor=descriptor)
