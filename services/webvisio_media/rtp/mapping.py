"""Keeps a slot's numbers continuous while its sources change.

A slot is one SSRC at one receiver for its whole life. Each time it is bound
to another stream an *epoch* begins: constants that are added to the stream's
sequence numbers, timestamps, VP8 picture ids and TL0PICIDX. The first packet
of an epoch takes the number after the last one of the epoch before, and its
timestamp moves on by the time that passed.

Invariant: no output number stands for two packets, and none is left out that
the publisher did not leave out itself; so a gap means loss, and NACK works.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from webvisio_media.rtp.numbers import extend
from webvisio_media.rtp.packet import Packet

Source = TypeVar("Source")

KEPT_EPOCHS = 3
"""Ended epochs whose packets may still be asked for."""


@dataclass(slots=True)
class Epoch(Generic[Source]):
    """One binding of a slot; `first` and `last` are extended numbers of the source."""

    source: Source
    first: int
    last: int
    sequence_offset: int
    timestamp_offset: int
    picture_id_offset: int
    tl0_offset: int


class SlotMapping(Generic[Source]):
    """The numbers of one slot."""

    def __init__(self, clock_rate: int, first_sequence: int, first_timestamp: int) -> None:
        """`first_sequence` and `first_timestamp` are random (RFC 3550 section 5.1)."""
        self.clock_rate = clock_rate
        self.current: Epoch[Source] | None = None
        self._ended: list[Epoch[Source]] = []
        self._next_sequence = first_sequence & 0xFFFF
        self._timestamp = first_timestamp & 0xFFFF_FFFF
        self._ended_at: float | None = None
        self._picture_id: int | None = None
        self._tl0 = 0

    def begin(self, source: Source, first: Packet, now: float) -> Epoch[Source]:
        """Bind the slot to `source`, whose first forwarded packet is `first`."""
        assert self.current is None
        elapsed = 0
        if self._ended_at is not None:
            elapsed = max(1, round((now - self._ended_at) * self.clock_rate))
        picture_id_offset = tl0_offset = 0
        descriptor = first.descriptor
        if descriptor is not None and self._picture_id is not None:
            picture_id_offset = (self._picture_id + 1 - descriptor.picture_id) & 0x7FFF
            tl0_offset = (self._tl0 + 1 - descriptor.tl0) & 0xFF
        self.current = Epoch(
            source,
            first.sequence,
            first.sequence,
            (self._next_sequence - first.sequence) & 0xFFFF,
            (self._timestamp + elapsed - first.timestamp) & 0xFFFF_FFFF,
            picture_id_offset,
            tl0_offset,
        )
        return self.current

    def end(self, newest: Packet, now: float) -> None:
        """Unbind the slot; `newest` is the newest packet of the source that was forwarded to it, at `now`."""
        epoch = self.current
        assert epoch is not None
        self.current = None
        epoch.last = newest.sequence
        self._next_sequence = (newest.sequence + epoch.sequence_offset + 1) & 0xFFFF
        self._timestamp = (newest.timestamp + epoch.timestamp_offset) & 0xFFFF_FFFF
        self._ended_at = now
        if newest.descriptor is not None:
            self._picture_id = (newest.descriptor.picture_id + epoch.picture_id_offset) & 0x7FFF
            self._tl0 = (newest.descriptor.tl0 + epoch.tl0_offset) & 0xFF
        self._ended.append(epoch)
        del self._ended[:-KEPT_EPOCHS]

    def find(self, number: int, highest: int) -> tuple[Epoch[Source], int] | None:
        """Find whose packet went out as `number`: the epoch and the source's extended number.

        `highest` is the newest extended number of the current source. None
        when the number was never used or is too long ago.
        """
        epoch = self.current
        if epoch is not None:
            sequence = extend((number - epoch.sequence_offset) & 0xFFFF, highest)
            if epoch.first <= sequence <= highest:
                return epoch, sequence
        for epoch in reversed(self._ended):
            sequence = extend((number - epoch.sequence_offset) & 0xFFFF, epoch.last)
            if epoch.first <= sequence <= epoch.last:
                return epoch, sequence
        return None
