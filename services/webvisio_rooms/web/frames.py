"""WebSocket frames as a server writes them (RFC 6455, 5.2): unmasked, so the same for every receiver.

tornado makes a task and a system call of each message to each receiver; here
the messages that one turn of the loop has for a receiver leave in one write.
"""

import struct

_FINAL_TEXT, _FINAL_BINARY = 0x81, 0x82


def text_frame(payload: bytes) -> bytes:
    """Frame one whole text message; `payload` is UTF-8."""
    return _frame(_FINAL_TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """Frame one whole binary message."""
    return _frame(_FINAL_BINARY, payload)


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload
