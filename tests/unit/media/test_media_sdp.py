"""Offers read and answered: Chromium's and Firefox's shapes, and everything that is refused."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.errors import OfferInvalid
from webvisio_media.rtp.answer import LocalTransport, SlotStreams, write_answer
from webvisio_media.rtp.offer import MOST_MEDIA, Codec, read_offer
from webvisio_media.rtp.preference import prefer

FINGERPRINT = ":".join(["AB"] * 32)
SESSION = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS\r\n"
)
TRANSPORT = (
    "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    f"a=ice-options:trickle\r\na=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\n"
)
AUDIO = (
    f"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0\r\n{TRANSPORT}a=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\na=msid:- x\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=ssrc:10 cname:c\r\n"
)
VIDEO = (
    f"m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109 116\r\n{TRANSPORT}a=mid:1\r\n"
    "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\n"
    "a=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:108 H264/90000\r\n"
    "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
    "a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\na=rtpmap:116 ulpfec/90000\r\n"
    "a=ssrc-group:FID 20 21\r\na=ssrc:20 cname:c\r\na=ssrc:21 cname:c\r\n"
)
SLOT = VIDEO.replace("a=mid:1", "a=mid:2").replace("sendonly", "recvonly").split("a=ssrc-group")[0]
OFFER = SESSION + AUDIO + VIDEO + SLOT
LOCAL = LocalTransport("ours", "secretsecretsecretsecret", FINGERPRINT, ["192.0.2.7", "127.0.0.1"], 8084)


def answered(text: str = OFFER) -> str:
    return write_answer(
        prefer(read_offer(text), ()), 5, LOCAL, {"2": SlotStreams(700, 701, "slot-2")}, "webvisio"
    )


def sections(answer: str) -> list[str]:
    return re.split(r"(?=m=)", answer)[1:]


def test_tracks_slots_and_streams_are_told_apart() -> None:
    offer = prefer(read_offer(OFFER), ())
    audio, video, slot = offer.media
    assert [line.sends for line in offer.media] == [True, True, False]
    assert slot.receives_only
    assert [codec.name for codec in audio.codecs] == ["OPUS"]
    assert [codec.name for codec in video.codecs] == ["VP8", "H264"]
    assert video.codec_set.retransmissions == {96: 97, 108: 109}
    assert (video.ssrcs, video.retransmission_ssrcs) == ((20,), {21: 20})
    assert (offer.ufrag, offer.fingerprints) == ("abcd", (("sha-256", FINGERPRINT),))


def test_the_answer_is_ice_lite_bundled_and_passive() -> None:
    answer = answered()
    assert "a=ice-lite\r\n" in answer
    assert "a=group:BUNDLE 0 1 2\r\n" in answer
    for section in sections(answer):
        assert "a=setup:passive\r\n" in section
        assert "a=rtcp-mux\r\n" in section
        assert "192.0.2.7 8084 typ host" in section
        assert section.index("192.0.2.7") < section.index("127.0.0.1 8084")


def test_payload_types_stay_as_offered_and_unknown_codecs_are_left_out() -> None:
    audio, video, slot = sections(answered())
    assert audio.startswith("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")
    assert video.startswith("m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109\r\n")
    assert "a=fmtp:111 minptime=10;useinbandfec=1\r\n" in audio
    assert "a=fmtp:97 apt=96\r\n" in slot


def test_a_track_is_received_with_feedback_and_a_slot_sent_with_its_ssrcs() -> None:
    audio, video, slot = sections(answered())
    assert "a=recvonly\r\n" in video
    assert "a=sendonly\r\n" in slot
    assert "a=ssrc-group:FID 700 701\r\na=ssrc:700 cname:webvisio\r\na=ssrc:701 cname:webvisio\r\n" in slot
    assert "a=msid:slot-2 2\r\n" in slot
    for name in ("nack", "nack pli", "ccm fir"):
        assert f"a=rtcp-fb:96 {name}\r\n" in video
        assert f"a=rtcp-fb:96 {name}\r\n" in slot
    assert "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" in audio
    assert "transport-cc" in audio
    # without the extension on the line, the estimate comes by REMB
    assert "goog-remb" in video
    assert "transport-cc" not in video


def test_what_cannot_be_served_gets_port_zero_and_leaves_the_bundle() -> None:
    data = f"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{TRANSPORT}a=mid:d\r\na=sctp-port:5000\r\n"
    answer = answered(OFFER.replace("BUNDLE 0 1 2", "BUNDLE 0 1 2 d") + data)
    assert "a=group:BUNDLE 0 1 2\r\n" in answer
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" in sections(answer)[3]


def test_one_section_without_bundle_or_mid_is_served() -> None:
    text = "v=0\r\no=- 1 1 IN IP4 0\r\ns=-\r\nt=0 0\r\n" + AUDIO.replace("a=mid:0\r\n", "")
    answer = write_answer(read_offer(text), 1, LOCAL, {}, "webvisio")
    assert "BUNDLE" not in answer
    assert "a=recvonly\r\n" in answer


def test_fingerprint_and_ice_may_stand_in_the_session_part() -> None:
    common = TRANSPORT.split("\r\n", 2)[2].replace("actpass", "active")
    text = SESSION + common + (AUDIO + VIDEO + SLOT).replace(TRANSPORT, "c=IN IP4 0.0.0.0\r\n")
    assert read_offer(text).ufrag == "abcd"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("v=0", "hello", "not a session description"),
        ("a=group:BUNDLE 0 1 2\r\n", "", "BUNDLE"),
        ("a=rtcp-mux\r\n", "", "rtcp-mux"),
        ("a=mid:1", "a=mid:0", "mid"),
        ("a=setup:actpass", "a=setup:passive", "setup"),
        (f"a=fingerprint:sha-256 {FINGERPRINT}", "a=fingerprint:sha-1 AB", "fingerprint"),
        ("a=ice-ufrag:abcd\r\n", "", "ice-ufrag"),
        ("SAVPF 111", "SAVPF 311", "payload type"),
        ("a=ssrc:10 ", "a=ssrc:99999999999 ", "ssrc"),
        ("a=extmap:1 urn", "a=extmap:x urn", "extmap"),
        ("m=audio 9 ", "m=audio nine ", "m-line"),
        ("opus/48000", "opus/rate", "rtpmap"),
        ("a=mid:0\r\n", "a=mid:0 0\r\n", "mid"),
        ("a=extmap-allow-mixed", "x", "without a type"),
    ],
)
def test_a_broken_offer_is_refused_with_the_part_at_fault(old: str, new: str, what: str) -> None:
    with pytest.raises(OfferInvalid, match=what):
        read_offer(OFFER.replace(old, new))


def test_an_offer_without_media_or_with_too_much_is_refused() -> None:
    with pytest.raises(OfferInvalid, match="no media"):
        read_offer(SESSION)
    with pytest.raises(OfferInvalid, match="too many media"):
        read_offer(SESSION + SLOT * (MOST_MEDIA + 1))
    with pytest.raises(OfferInvalid, match="can be served"):
        read_offer(
            OFFER.replace("opus", "speex")
            .replace("red/", "xor/")
            .replace("VP8", "VP7")
            .replace("H264", "H261")
        )


@pytest.mark.parametrize(
    ("first", "second", "are_equal"),
    [
        (
            "packetization-mode=1;profile-level-id=42e01f",
            "profile-level-id=42e034;packetization-mode=1",
            True,
        ),
        (
            "packetization-mode=1;profile-level-id=42c01f",
            "packetization-mode=1;profile-level-id=42e01f",
            True,
        ),
        (
            "packetization-mode=0;profile-level-id=42e01f",
            "packetization-mode=1;profile-level-id=42e01f",
            False,
        ),
        (
            "packetization-mode=1;profile-level-id=42e01f",
            "packetization-mode=1;profile-level-id=640032",
            False,
        ),
    ],
)
def test_h264_is_shown_only_to_those_who_negotiated_its_profile(
    first: str, second: str, are_equal: bool
) -> None:
    keys = [Codec(108, "H264", "H264/90000", 90000, text).key for text in (first, second)]
    assert (keys[0] == keys[1]) is are_equal


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    try:
        read_offer(text)
    except OfferInvalid:
        return
    raise AssertionError("that was no offer")


@given(st.lists(st.tuples(st.integers(0, len(OFFER) - 1), st.characters(max_codepoint=127)), max_size=6))
def test_a_mutated_offer_is_refused_or_answered(changes: list[tuple[int, str]]) -> None:
    text = list(OFFER)
    for place, character in changes:
        text[place] = character
    try:
        answer = answered("".join(text))
    except OfferInvalid:
        return
    assert answer.startswith("v=0\r\n")


OFFERS = Path(__file__).parent / "offers"


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_the_offers_of_real_browsers_are_answered_in_full(browser: str) -> None:
    """Captured from Chromium 156 and Firefox 153: four sending sections, two video slots, an audio slot."""
    offer = read_offer((OFFERS / f"{browser}.sdp").read_bytes().decode())
    assert [line.sends for line in offer.media] == [True] * 4 + [False] * 3
    slots = {line.mid: SlotStreams(800 + n, 900 + n, line.mid) for n, line in enumerate(offer.media[4:])}
    parts = sections(write_answer(offer, 5, LOCAL, slots, "webvisio"))
    assert [part.split(" ")[:2] for part in parts] == [
        [f"m={kind}", "9"] for kind in ("audio", "video", "video", "audio", "video", "video", "audio")
    ]
    for line, part in zip(offer.media, parts, strict=True):
        assert f"a=mid:{line.mid}\r\n" in part
        assert ("a=recvonly\r\n" if line.sends else "a=sendonly\r\n") in part
        assert "transport-cc" in part
        if line.kind == "video":
            vp8 = line.codec_set.numbers["VP8"]
            assert f"a=rtpmap:{line.codec_set.retransmissions[vp8]} rtx/90000\r\n" in part
        else:
            assert re.search(r"a=rtpmap:\d+ opus/48000/2\r\n", part)
    assert len(parts[0]) + len(parts[1]) < 5000


def test_slots_that_say_the_same_share_their_codecs() -> None:
    offer = read_offer((OFFERS / "chromium.sdp").read_bytes().decode())
    assert offer.media[4].codec_set is offer.media[5].codec_set
