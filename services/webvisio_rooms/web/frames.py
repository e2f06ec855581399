"""WebSocket frames as a server writes them (RFC 6455, 5.2): unmasked, so the same for every receiver.

tornado makes a task and a system call of each message to each receiver; here
the messages that one turn of the loop has for a receiver leave in one write.
"""

import struct

_FINAL_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """Frame one whole text message; `payload` is UTF-8."""
    size = len(payload)
    if size < 126:
        return bytes((_FINAL_TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + payload
