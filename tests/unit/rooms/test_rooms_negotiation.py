"""What rooms reads from an offer: mids and directions, nothing else."""

from hypothesis import given
from hypothesis import strategies as st
from rooms_world import OFFER

from webvisio_protocol.signalling import Source
from webvisio_rooms.domain.negotiation import MAX_VIDEO_SLOTS, media_lines, published_sources, video_slots


def test_slots_are_the_receiving_video_lines_in_order() -> None:
    assert video_slots(OFFER) == ("4", "5")


def test_a_line_without_a_direction_takes_the_sessions_or_sends_and_receives() -> None:
    line = "m=video 9 X 96\na=mid:v\n"

    assert media_lines("v=0\n" + line)[0].direction == "sendrecv"
    assert media_lines("v=0\na=recvonly\n" + line)[0].direction == "recvonly"


def test_lines_without_a_mid_are_passed_over() -> None:
    assert media_lines("v=0\r\nm=video 9 X 96\r\na=recvonly\r\n") == ()


def test_slots_beyond_the_limit_are_not_used() -> None:
    offer = "v=0\n" + "".join(f"m=video 9 X 96\na=mid:{n}\na=recvonly\n" for n in range(MAX_VIDEO_SLOTS + 1))

    assert len(video_slots(offer)) == MAX_VIDEO_SLOTS


def test_a_whip_offer_sends_a_microphone_and_a_camera() -> None:
    offer = "v=0\nm=audio 9 X 111\na=mid:0\na=sendonly\nm=video 9 X 96\na=mid:1\na=sendonly\n"

    assert published_sources(offer) == {"0": Source.MICROPHONE, "1": Source.CAMERA}


def test_more_lines_than_sources_are_left_out() -> None:
    offer = "v=0\n" + "".join(f"m=video 9 X 96\na=mid:{n}\na=sendonly\n" for n in range(5))

    assert published_sources(offer) == {"0": Source.CAMERA, "1": Source.SCREEN}


@given(st.text())
def test_nothing_that_is_sent_breaks_the_reading(text: str) -> None:
    video_slots(text)
    published_sources("v=0\nm=" + text)
