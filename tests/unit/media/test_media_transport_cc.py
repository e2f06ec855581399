"""Transport-wide feedback: what is packed is read back; any bytes are read or malformed."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.errors import Malformed
from webvisio_media.rtp.transport_cc import (
    MOST_STATUSES,
    MOST_WAITING,
    TICK_US,
    ArrivalLog,
    read_feedback,
    tells_that_all_came,
)

SSRCS = bytes(8)


def read_all(bodies: list[bytes]) -> dict[int, int]:
    found: dict[int, int] = {}
    for body in bodies:
        feedback = read_feedback(SSRCS + body)
        for place, ticks in enumerate(feedback.times):
            if ticks is not None:
                found[(feedback.first + place) & 0xFFFF] = ticks * TICK_US
    return found


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 30), st.integers(-3000, 200_000)), min_size=1, max_size=120),
)
def test_every_arrival_is_told_within_a_tick(first: int, steps: list[tuple[int, int]]) -> None:
    log = ArrivalLog()
    number, at_us = first, 5_000_000
    expected: dict[int, int] = {}
    for jump, elapsed_us in steps:
        log.arrived(number & 0xFFFF, at_us)
        expected[number & 0xFFFF] = at_us
        number += jump
        at_us = max(0, at_us + elapsed_us)
    found = read_all(log.feedback())
    assert found.keys() == expected.keys()
    assert all(abs(found[n] - expected[n]) <= 125 for n in found)


def test_what_did_not_come_is_told_as_lost() -> None:
    log = ArrivalLog()
    for number in (10, 11, 14):
        log.arrived(number, 64_000 + number)
    (body,) = log.feedback()
    feedback = read_feedback(SSRCS + body)
    assert [feedback.first + n for n, ticks in enumerate(feedback.times) if ticks is None] == [12, 13]


def test_a_late_packet_is_told_of_once() -> None:
    log = ArrivalLog()
    log.arrived(10, 0)
    assert len(log.feedback()) == 1
    log.arrived(9, 50)
    log.arrived(10, 60)
    assert not log
    assert log.feedback() == []


def test_a_long_hole_becomes_messages_that_fit_a_datagram() -> None:
    log = ArrivalLog()
    for number in range(3 * MOST_STATUSES):
        log.arrived(number, number * 500)
    bodies = log.feedback()
    assert all(len(body) < 1100 for body in bodies)
    assert len(read_all(bodies)) == 3 * MOST_STATUSES


def test_arrivals_that_wait_are_bounded() -> None:
    log = ArrivalLog()
    for number in range(MOST_WAITING + 500):
        log.arrived(number & 0xFFFF, number)
    assert len(read_all(log.feedback())) == MOST_WAITING


def test_serial_numbers_count_messages() -> None:
    log = ArrivalLog()
    serials = []
    for number in range(300):
        log.arrived(number, number * 1000)
        serials += [read_feedback(SSRCS + body).serial for body in log.feedback()]
    assert serials == [n & 0xFF for n in range(300)]


def test_one_bit_vectors_are_read() -> None:
    body = SSRCS + struct.pack("!HHI", 7, 3, 1 << 8) + struct.pack("!H", 0x8000 | 0b101 << 11) + bytes([4, 8])
    feedback = read_feedback(body)
    assert (feedback.first, feedback.times) == (7, [260, None, 268])


@given(st.integers(0, 0xFFFF), st.lists(st.tuples(st.integers(1, 2), st.integers(0, 50_000)), max_size=40))
def test_that_all_came_is_seen_without_reading(first: int, steps: list[tuple[int, int]]) -> None:
    log = ArrivalLog()
    number, at_us = first, 5_000_000
    for jump, elapsed_us in [(1, 0), *steps]:
        log.arrived(number & 0xFFFF, at_us)
        number, at_us = number + jump, at_us + elapsed_us
    for body in log.feedback():
        times = read_feedback(SSRCS + body).times
        assert not tells_that_all_came(SSRCS + body) or None not in times


@given(st.binary(max_size=60))
def test_any_bytes_that_tell_that_all_came_are_read_so(data: bytes) -> None:
    if tells_that_all_came(SSRCS + data):
        times = read_feedback(SSRCS + data).times
        assert times
        assert None not in times


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SSRCS,
        SSRCS + struct.pack("!HHI", 1, 5, 0),
        SSRCS + struct.pack("!HHIH", 1, 5, 0, 1 << 13 | 5) + b"\1",
        SSRCS + struct.pack("!HHIH", 1, 5, 0, 0),
        SSRCS + struct.pack("!HHIH", 1, 0xFFFF, 0, 0x1FFF),
    ],
)
def test_broken_feedback_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_feedback(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_malformed_as_feedback(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_feedback(SSRCS + data)
