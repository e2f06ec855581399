"""RTCP: round trips, captured bytes, truncation (RFC 3550 section 6, RFC 4585, RFC 5104)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.errors import Malformed
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.reception import Reception

# A compound as Chromium sends it: SR without blocks, then SDES with a CNAME.
CAPTURED = bytes.fromhex(
    "80c80006 4ecbed7e e60b4a5a 7a9fbe77 3d5a0b0e 00000031 0000c35b"
    "81ca0007 4ecbed7e 01106b4d 6b2f5352 77455a6b 53437a46 4f6e7400 00000000".replace(" ", "")
)

numbers16 = st.integers(0, 0xFFFF)
numbers32 = st.integers(0, 0xFFFF_FFFF)


def test_a_captured_sender_report_is_read() -> None:
    (report,) = rtcp.parse(CAPTURED)
    assert report == rtcp.SenderReport(0x4ECBED7E, 0xE60B4A5A7A9FBE77, 0x3D5A0B0E, 49, 50011, ())


@pytest.mark.parametrize("length", [1, 3, 5, 8, 27, 29, 31, 40])
def test_a_truncated_compound_is_malformed(length: int) -> None:
    with pytest.raises(Malformed):
        rtcp.parse(CAPTURED[:length])


def test_padding_larger_than_its_packet_is_malformed() -> None:
    with pytest.raises(Malformed):
        rtcp.parse(b"\xa1\xce\x00\x02" + bytes(7) + b"\x40")


@given(st.binary(max_size=60), st.binary(max_size=8))
def test_feedback_that_comes_alone_is_told_from_a_compound(body: bytes, rest: bytes) -> None:
    alone = rtcp.transport_feedback(1, 2, bytes(8) + body)
    (parsed,) = rtcp.parse(alone)
    assert isinstance(parsed, rtcp.TransportFeedback)
    assert parsed.body == alone[4:]
    assert rtcp.is_feedback_alone(b"before" + alone + b"after", 6, len(alone))
    others = [rtcp.receiver_report(1, ()) + alone, alone + rtcp.nack(1, 2, [3]), alone[:-1], alone[:10]]
    others += [alone + rest] if rest else []
    assert not any(rtcp.is_feedback_alone(other, 0, len(other)) for other in others)


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_malformed_as_rtcp(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        rtcp.parse(data)


@given(
    st.lists(
        st.tuples(st.sampled_from(range(200, 208)), st.integers(0, 31), st.binary(max_size=40)), max_size=4
    )
)
def test_any_bodies_in_right_frames_are_read_or_malformed(packets: list[tuple[int, int, bytes]]) -> None:
    data = b""
    for kind, count, body in packets:
        body += bytes(-len(body) % 4)
        data += bytes([0x80 | count, kind, 0, len(body) // 4]) + body
    with contextlib.suppress(Malformed):
        rtcp.parse(data)


@given(numbers32, st.sets(numbers16, min_size=1, max_size=60))
def test_a_nack_asks_for_exactly_what_is_missing(ssrc: int, missing: set[int]) -> None:
    (nack,) = rtcp.parse(rtcp.nack(1, ssrc, sorted(missing)))
    assert isinstance(nack, rtcp.Nack)
    assert nack.media_ssrc == ssrc
    assert sorted(nack.numbers) == sorted(missing)


def test_a_nack_over_the_wrap_is_one_item() -> None:
    packed = rtcp.nack(1, 2, [65534, 65535, 0, 3])
    assert len(packed) == 16
    assert rtcp.parse(packed) == [rtcp.Nack(2, (65534, 65535, 0, 3))]


def test_a_nack_that_asks_for_too_much_is_cut() -> None:
    (nack,) = rtcp.parse(rtcp.nack(1, 2, range(0, 65000, 1)[:9000]))
    assert isinstance(nack, rtcp.Nack)
    assert len(nack.numbers) == rtcp.MOST_NACKED


def test_key_frame_requests_are_read_whichever_way_they_are_made() -> None:
    assert rtcp.parse(rtcp.picture_loss(1, 77)) == [rtcp.KeyFrameRequest((77,))]
    assert rtcp.parse(rtcp.full_intra_request(1, 77, 300)) == [rtcp.KeyFrameRequest((77,))]


@given(st.integers(0, 1 << 36), st.lists(numbers32, max_size=5))
def test_a_bitrate_estimate_keeps_eighteen_bits(bitrate: int, ssrcs: list[int]) -> None:
    (estimate,) = rtcp.parse(rtcp.bitrate_estimate(1, bitrate, ssrcs))
    assert isinstance(estimate, rtcp.BitrateEstimate)
    assert estimate.ssrcs == tuple(ssrcs)
    assert bitrate * (1 - 2**-17) <= estimate.bitrate_bps <= bitrate


def test_report_blocks_keep_their_sign() -> None:
    block = rtcp.ReportBlock(5, 12, -3, 70000, 40, 0xABCD1234, 99)
    assert rtcp.parse(rtcp.receiver_report(9, [block])) == [rtcp.ReceiverReport(9, (block,))]


def test_a_goodbye_names_its_streams() -> None:
    assert rtcp.parse(rtcp.goodbye([1, 2])) == [rtcp.Goodbye((1, 2))]


def test_a_source_description_is_aligned_and_passed_over() -> None:
    for name in ("a", "ab", "abc", "abcd"):
        packed = rtcp.source_description(bytes(4), name)
        assert len(packed) % 4 == 0
        assert rtcp.parse(packed) == []


def test_reception_tells_the_loss_of_the_interval_and_of_all_time() -> None:
    reception = Reception(7, 90000, 65536)
    for n in range(10):
        reception.arrived(n * 3000, n / 30)
    assert reception.block(65536 + 19, 1.0).fraction_lost == 128
    assert reception.block(65536 + 19, 2.0).fraction_lost == 0
    for n in range(20, 30):
        reception.arrived(n * 3000, n / 30)
    block = reception.block(65536 + 29, 3.0)
    assert (block.fraction_lost, block.packets_lost) == (0, 10)


def test_reception_measures_jitter_and_the_delay_since_the_last_report() -> None:
    reception = Reception(7, 90000, 65536)
    for n in range(50):
        reception.arrived(n * 3000, n / 30 + (0.01 if n % 2 else 0))
    reception.reported(rtcp.SenderReport(7, 0x1122_3344_5566_7788, 0, 0, 0, ()), 5.0)
    block = reception.block(65536 + 49, 6.5)
    assert 700 < block.jitter < 1000
    assert (block.last_report, block.delay_since) == (0x3344_5566, int(1.5 * 65536))
