"""The packets of a stream that may still be asked for again (RFC 4585 NACK).

One history a published stream, not one a receiver: a receiver's request is
mapped back to the publisher's number. Bounded by packets and by bytes; the
oldest leave first.
"""

from webvisio_media.rtp.packet import Packet


class PacketHistory:
    """A ring of the newest packets, by extended sequence number."""

    def __init__(self, packets: int, limit_bytes: int) -> None:
        """`packets` must be a power of two."""
        assert packets & (packets - 1) == 0
        self._mask = packets - 1
        self._ring: list[Packet | None] = [None] * packets
        self._limit_bytes = limit_bytes
        self._oldest = 0
        self._newest = -1
        self.size_bytes = 0

    def add(self, packet: Packet) -> None:
        """Keep `packet`; a number outside the ring's reach (too old) is ignored."""
        sequence = packet.sequence
        if sequence <= self._newest - len(self._ring):
            return
        if sequence > self._newest:
            if self._newest < 0 or sequence - self._newest > len(self._ring):
                self.clear()
                self._oldest = sequence
            self._newest = sequence
            self._drop_before(sequence - self._mask)
        place = sequence & self._mask
        previous = self._ring[place]
        if previous is not None:
            self.size_bytes -= len(previous.payload)
        self._ring[place] = packet
        self.size_bytes += len(packet.payload)
        if sequence < self._oldest:
            self._oldest = sequence
        while self.size_bytes > self._limit_bytes and self._oldest < self._newest:
            self._drop_before(self._oldest + 1)

    def get(self, sequence: int) -> Packet | None:
        """Find the packet with that extended number, or None when it is gone or never came."""
        packet = self._ring[sequence & self._mask]
        return packet if packet is not None and packet.sequence == sequence else None

    def clear(self) -> None:
        """Forget everything (the publisher began anew)."""
        self._ring = [None] * len(self._ring)
        self.size_bytes = 0
        self._newest = -1
        self._oldest = 0

    def _drop_before(self, sequence: int) -> None:
        while self._oldest < sequence:
            place = self._oldest & self._mask
            packet = self._ring[place]
            if packet is not None and packet.sequence == self._oldest:
                self.size_bytes -= len(packet.payload)
                self._ring[place] = None
            self._oldest += 1
