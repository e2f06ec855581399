"""WebSocket frames, at the edges of their three forms of length."""

import pytest

from webvisio_rooms.web.frames import binary_head, text_head
from webvisio_rooms.web.lines import LARGE_BYTES, joined


@pytest.mark.parametrize(
    ("size", "length"),
    [
        (0, b"\x00"),
        (125, b"\x7d"),
        (126, b"\x7e\x00\x7e"),
        (65535, b"\x7e\xff\xff"),
        (65536, b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_head_tells_kind_and_length(size: int, length: bytes) -> None:
    assert text_head(size) == b"\x81" + length
    assert binary_head(size) == b"\x82" + length


def test_small_messages_leave_together_and_a_large_one_is_not_copied() -> None:
    large = b"x" * LARGE_BYTES

    pieces = joined([b"a", b"b", b"c", large, b"d"])

    assert pieces == [b"abc", large, b"d"]
    assert pieces[1] is large
    assert joined([b"a", b"b"]) == [b"ab"]
