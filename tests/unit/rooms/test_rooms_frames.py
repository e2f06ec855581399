"""WebSocket frames, at the edges of their three forms of length."""

import pytest

from webvisio_rooms.web.frames import text_frame


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_is_its_head_and_the_payload(size: int, head: bytes) -> None:
    assert text_frame(b"x" * size) == head + b"x" * size
