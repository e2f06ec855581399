"""Codecs by configuration, redundant sound that is passed on, IPv6, several screens at once, lips and voice."""

from pathlib import Path

import pytest
from media_loopback import GROUP, RawPeer, running, vp8

from webvisio_media.engine.limits import Timing
from webvisio_media.errors import OfferInvalid
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.numbers import from_ntp, to_ntp
from webvisio_media.rtp.offer import Offer, read_offer
from webvisio_media.rtp.preference import prefer, prefer_pictures
from webvisio_protocol.media_control import SlotChoice, track_id
from webvisio_protocol.signalling import Source

CHROMIUM = (Path(__file__).parent / "offers" / "chromium.sdp").read_bytes().decode()


def names(offer: Offer, kind: str) -> list[str]:
    """The codecs of the first line of a kind, each once, in order."""
    line = next(line for line in offer.media if line.kind == kind)
    return list(dict.fromkeys(codec.name for codec in line.codecs))


def test_by_default_a_browsers_own_order_holds_and_no_sound_is_redundant() -> None:
    offer = prefer(read_offer(CHROMIUM), ())
    assert names(offer, "audio") == ["OPUS"]
    assert names(offer, "video") == names(read_offer(CHROMIUM), "video")
    assert offer.media[4].codec_set is offer.media[5].codec_set


@pytest.mark.parametrize("wanted", [["H264", "VP8"], ["AV1"], ["VP9", "RED", "OPUS"]])
def test_the_codecs_that_are_named_are_left_best_first(wanted: list[str]) -> None:
    offer = prefer(read_offer(CHROMIUM), wanted)
    video = [name for name in wanted if name not in ("RED", "OPUS")]
    assert names(offer, "video") == video
    assert names(offer, "audio") == ([name for name in wanted if name not in video] or ["OPUS"])
    for line in offer.media:
        kept = {codec.payload_type for codec in line.codecs}
        assert set(line.codec_set.retransmissions) <= kept
        assert set(line.codec_set.numbers.values()) <= kept
    assert offer.media[4].codec_set is offer.media[5].codec_set


def test_an_offer_without_any_of_them_is_refused() -> None:
    only = read_offer(CHROMIUM.replace("VP8/90000", "XX/90000"))
    assert any(line.is_wanted for line in prefer(only, ["VP8"]).media)  # sound is left
    silent = Offer(
        tuple(line for line in only.media if line.kind == "video"),
        only.fingerprints,
        only.ufrag,
        only.password,
        only.is_mixed_allowed,
        only.has_bundle,
    )
    with pytest.raises(OfferInvalid, match="no codec"):
        prefer(silent, ["VP8"])


class RedPeer(RawPeer):
    """A peer that knows redundant sound (RFC 2198)."""

    async def offer(self) -> str:
        sdp = await super().offer()
        return sdp.replace("RTP/SAVPF 96 9", "RTP/SAVPF 63 96 9").replace(
            "a=rtpmap:96 opus/48000/2\r\n",
            "a=rtpmap:96 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 96/96\r\n",
        )


async def test_redundant_sound_is_passed_on_as_it_is_where_it_is_named() -> None:
    async with running(codecs=("RED", "OPUS")) as loop:
        anna = await loop.connect(RedPeer("anna", ["microphone"]))
        bruno = await loop.connect(RedPeer("bruno", audio_slots=1))
        assert "RTP/SAVPF 63 96" in anna.answer
        # one redundant block of ten bytes before the primary one, then Opus with in-band FEC: bytes to us
        block = bytes([0x80 | 96, 0, 0, 10, 96]) + bytes(range(10)) + b"primary"
        await anna.send("microphone", 7, 960, block, payload_type=63)
        packet = await bruno.rtp.first(lambda packet: packet.payload_type == 63)
        assert packet.payload == block


async def test_a_room_over_ipv6() -> None:
    async with running(address="::1") as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        assert " ::1 " in anna.answer
        assert "127.0.0.1" not in anna.answer
        wanted = track_id(anna.peer_id, Source.CAMERA)
        loop.engine.assign_slots(bruno.peer_id, (SlotChoice(bruno.mids[0], wanted, 1280, 720),))
        for n in range(3):
            await anna.send("camera", 1 + n, 3000 * n, vp8(b"%d" % n, is_key=n == 0))
        shown = await bruno.rtp.until(lambda all_: len(all_) >= 3)
        assert [packet.payload[-1:] for packet in shown] == [b"0", b"1", b"2"]


async def test_several_screens_are_shown_at_once() -> None:
    async with running() as loop:
        sharing = [await loop.connect(RawPeer(name, ["camera", "screen"])) for name in ("anna", "bruno")]
        clara = await loop.connect(RawPeer("clara", video_slots=3))
        wanted = [track_id(peer.peer_id, Source.SCREEN) for peer in sharing]
        wanted.append(track_id(sharing[0].peer_id, Source.CAMERA))
        choices = [SlotChoice(mid, track, 1280, 720) for mid, track in zip(clara.mids, wanted, strict=True)]
        loop.engine.assign_slots(clara.peer_id, tuple(choices))
        for peer in sharing:
            await peer.send("screen", 1, 0, vp8(b"screen of " + peer.peer_id.encode(), is_key=True))
        await sharing[0].send("camera", 1, 0, vp8(b"camera of anna", is_key=True))
        shown = await clara.rtp.until(lambda all_: len(all_) >= 3)
        by_slot = {packet.ssrc: packet.payload[7:] for packet in shown}
        texts = (b"screen of anna", b"screen of bruno", b"camera of anna")
        assert by_slot == {clara.slot_ssrc(n): text for n, text in enumerate(texts)}
        loop.engine.close_group(GROUP)


async def test_lips_and_voice_keep_to_one_clock() -> None:
    """What was captured at one instant is placed at one instant, however oddly the publisher's clocks began."""
    async with running(timing=Timing(report_s=0.05)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera", "microphone"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1, audio_slots=1))
        wanted = track_id(anna.peer_id, Source.CAMERA)
        loop.engine.assign_slots(bruno.peer_id, (SlotChoice(bruno.mids[0], wanted, 1280, 720),))
        # at 10^9 s of its own clock: picture 4,000,000,000 of 90,000 a second, sound 77 of 48,000
        tracks = {"camera": (90_000, 4_000_000_000), "microphone": (48_000, 77)}
        for source, (_, ticks) in tracks.items():
            await anna.send_rtcp(rtcp.sender_report(anna.ssrc(source), to_ntp(1e9), ticks, 1, 1))
        sent = {"camera": vp8(b"lips", is_key=True), "microphone": b"voice"}
        for source, (rate, ticks) in tracks.items():  # both captured 0.4 s later
            await anna.send(source, 1, ticks + rate * 4 // 10, sent[source])
        slots = {"camera": bruno.slot_ssrc(0), "microphone": bruno.slot_ssrc(1)}
        packets = {s: await bruno.rtp.first(lambda p, s=s: p.ssrc == slots[s]) for s in slots}
        for source, (_, ticks) in tracks.items():
            await anna.send_rtcp(rtcp.sender_report(anna.ssrc(source), to_ntp(1e9), ticks, 1, 1))

        def reports(source: str) -> list[rtcp.SenderReport]:
            everything = [p for p in bruno.rtcp.all if isinstance(p, rtcp.SenderReport)]
            return [p for p in everything if p.ssrc == slots[source]]

        # reports that are made from now on are made of all that the publisher told
        told = loop.engine._peers[anna.peer_id].streams.values()
        await bruno.rtcp.until(lambda _: [stream.report is not None for stream in told] == [True, True])
        seen = {source: len(reports(source)) for source in slots}
        await bruno.rtcp.until(lambda _: all(len(reports(source)) > seen[source] for source in slots))
        placed = {}
        for source, (rate, _) in tracks.items():
            last = reports(source)[-1]
            ahead = (packets[source].timestamp - last.timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
            placed[source] = from_ntp(last.ntp) + ahead / rate
        # ears notice from 20 ms on; the odd millisecond is the clock's own correction between two reports
        assert abs(placed["camera"] - placed["microphone"]) < 0.01


def test_pictures_are_sent_in_the_codecs_that_are_named_and_shown_in_all() -> None:
    before = read_offer(CHROMIUM)
    sent = next(place for place, line in enumerate(before.media) if line.kind == "video" and line.sends)
    offer = prefer_pictures(before, ["AV1", "VP8"])
    kept = [codec.name for codec in offer.media[sent].codecs]
    assert list(dict.fromkeys(kept)) == ["AV1", "VP8"]
    for old, new in zip(before.media, offer.media, strict=True):
        if not (old.kind == "video" and old.sends):
            assert new is old
    assert prefer_pictures(before, []) is before
    assert prefer_pictures(before, ["H266"]).media == before.media
