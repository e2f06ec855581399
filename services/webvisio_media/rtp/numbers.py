"""Numbers that wrap.

Sequence numbers wrap at 2^16 and timestamps at 2^32. Inside, a stream counts
*extended* sequence numbers that never wrap; the wire carries their lowest
16 bits.
"""

FIRST_EXTENDED = 1 << 16
"""Added to a stream's first sequence number, so that what comes before it stays positive."""


def extend(number: int, reference: int) -> int:
    """Find the extended number nearest to `reference` whose lowest 16 bits are `number`."""
    return reference + ((number - reference + 0x8000) & 0xFFFF) - 0x8000


def is_newer(number: int, reference: int) -> bool:
    """Tell whether a 16-bit `number` comes after a 16-bit `reference`."""
    return 0 < ((number - reference) & 0xFFFF) < 0x8000


NTP_EPOCH_OFFSET_S = 2_208_988_800
"""Seconds from 1900 (NTP) to 1970 (Unix)."""


def to_ntp(unix_s: float) -> int:
    """Write seconds since 1970 as a 64-bit NTP timestamp (RFC 3550 section 4)."""
    return int((unix_s + NTP_EPOCH_OFFSET_S) * 4_294_967_296) & 0xFFFF_FFFF_FFFF_FFFF


def from_ntp(ntp: int) -> float:
    """Read a 64-bit NTP timestamp as seconds since 1970."""
    return ntp / 4_294_967_296 - NTP_EPOCH_OFFSET_S
