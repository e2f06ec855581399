"""WebSocket frames as a server writes them (RFC 6455, 5.2): unmasked, so the same for every receiver.

tornado makes a task and a system call of each message to each receiver; here
the messages that one turn of the loop has for a receiver leave in one write.
"""

import struct

_FINAL_TEXT, _FINAL_BINARY = 0x81, 0x82


def text_head(size: int) -> bytes:
    """Begin a whole text message of `size` bytes of UTF-8, which follow."""
    return _head(_FINAL_TEXT, size)


def binary_head(size: int) -> bytes:
    """Begin a whole binary message of `size` bytes, which follow."""
    return _head(_FINAL_BINARY, size)


def _head(first: int, size: int) -> bytes:
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)
