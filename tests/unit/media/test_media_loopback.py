"""Through the real engine: SDP, ICE, DTLS and SRTP with aiortc, then packets as bytes.

Long, for each promise of the engine is tried once through all of its layers.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aioice import stun
from media_loopback import GROUP, Loop, RawPeer, Rtp, running, vp8

from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.engine.lines import Line
from webvisio_media.errors import LimitReached, OfferInvalid
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.numbers import to_ntp
from webvisio_media.rtp.vp8 import read_descriptor
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.media_control import SlotChoice


def choose(loop: Loop, peer: RawPeer, mid: str, track: str | None) -> None:
    loop.engine.assign_slots(peer.peer_id, [SlotChoice(mid, None if track is None else TrackId(track))])


def is_key_frame_request(packet: rtcp.RtcpPacket) -> bool:
    return isinstance(packet, rtcp.KeyFrameRequest)


async def frame(peer: RawPeer, source: str, sequence: int, text: bytes, *, is_key: bool = False) -> None:
    payload = vp8(text, is_key=is_key, picture_id=sequence, tl0=sequence)
    await peer.send(source, sequence, 3000 * sequence, payload)


def video(peer: RawPeer) -> list[Rtp]:
    return [packet for packet in peer.rtp.all if packet.payload_type == 97]


async def test_a_slot_begins_at_a_key_frame_with_its_own_ssrc_and_keeps_the_payload() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=2))
        choose(loop, bruno, bruno.mids[1], "anna/camera")
        await frame(anna, "camera", 10, b"too early")
        await frame(anna, "camera", 11, b"key", is_key=True)
        await anna.send("camera", 12, 36000, vp8(b"half", picture_id=12), marker=False)
        await frame(anna, "camera", 13, b"end")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 3)
        assert [packet.payload[7:] for packet in packets] == [b"key", b"half", b"end"]
        assert [packet.marker for packet in packets] == [True, False, True]
        assert {packet.ssrc for packet in packets} == {bruno.slot_ssrc(1)}
        numbers = [packet.sequence for packet in packets]
        assert [(number - numbers[0]) & 0xFFFF for number in numbers] == [0, 1, 2]
        assert (packets[1].timestamp - packets[0].timestamp) & 0xFFFFFFFF == 3000


async def test_a_slot_that_changes_its_source_goes_on_without_a_seam() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        clara = await loop.connect(RawPeer("clara", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        for n in range(5):
            await frame(anna, "camera", 65533 + n, b"anna", is_key=n == 0)
        await bruno.rtp.until(lambda all_: len(all_) == 5)
        await frame(clara, "camera", 500, b"clara before")
        await loop.event("TrackStarted", track_id="clara/camera")
        choose(loop, bruno, bruno.mids[0], "clara/camera")
        await clara.rtcp.first(is_key_frame_request)
        await frame(anna, "camera", 65538, b"anna after")
        await frame(clara, "camera", 501, b"clara waits")
        await frame(clara, "camera", 502, b"clara", is_key=True)
        await frame(clara, "camera", 503, b"clara")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 7)
        assert [packet.payload[7:] for packet in packets] == [b"anna"] * 5 + [b"clara"] * 2
        first = packets[0]
        assert [(p.sequence - first.sequence) & 0xFFFF for p in packets] == list(range(7))
        assert {p.ssrc for p in packets} == {first.ssrc}
        ids = [descriptor.picture_id for p in packets if (descriptor := read_descriptor(p.payload))]
        assert [(n - ids[0]) & 0x7FFF for n in ids] == list(range(7))
        assert 0 < (packets[5].timestamp - packets[4].timestamp) & 0xFFFFFFFF < 90000 * 10


async def test_a_freed_slot_receives_nothing_more() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera", "screen"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=2))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        choose(loop, bruno, bruno.mids[1], "anna/screen")
        await frame(anna, "camera", 1, b"camera", is_key=True)
        await frame(anna, "screen", 1, b"screen", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) == 2)
        choose(loop, bruno, bruno.mids[0], None)
        await frame(anna, "camera", 2, b"camera", is_key=True)
        await frame(anna, "screen", 2, b"screen")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 3)
        assert packets[-1].payload[7:] == b"screen"


async def test_a_lost_packet_is_repeated_to_the_receiver_on_the_rtx_stream() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        for n in range(4):
            await frame(anna, "camera", 10 + n, b"frame %d" % n, is_key=n == 0)
        packets = list(await bruno.rtp.until(lambda all_: len(all_) == 4))
        wanted = packets[2]
        await bruno.send_rtcp(rtcp.nack(1, wanted.ssrc, [wanted.sequence]))
        repeated = (await bruno.rtp.until(lambda all_: len(all_) == 5))[4]
        assert repeated.ssrc == bruno.rtx_ssrc(0)
        assert repeated.payload_type == 98
        assert repeated.payload == wanted.sequence.to_bytes(2, "big") + wanted.payload
        assert (repeated.timestamp, repeated.marker) == (wanted.timestamp, wanted.marker)


async def test_while_a_line_rests_feedback_alone_is_left_unread_and_a_nack_with_it_is_not() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 10, b"a frame", is_key=True)
        (shown,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        counts = loop.engine.counts
        line = loop.engine._peers[bruno.peer_id].line = Line(7)
        feedback = rtcp.transport_feedback(1, 2, bytes.fromhex("0000 0001 00000000 2001 04"))
        ask = rtcp.nack(1, shown.ssrc, [shown.sequence])
        for rests_until, *figures in ((float("inf"), 1, 1), (0.0, 1, 3)):
            line.rests_until = rests_until
            before = len(bruno.rtp.all)
            await bruno.send_rtcp(feedback)
            await bruno.send_rtcp(feedback + ask)
            await bruno.rtp.until(lambda all_, before=before: len(all_) == before + 1)
            told = counts["transport_feedback_unread"], counts["transport_feedback_received"]
            assert list(told) == figures
        assert not line.has_unread


async def test_packets_from_before_a_switch_can_still_be_asked_for() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera", "screen"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        for source in ("camera", "screen"):
            choose(loop, bruno, bruno.mids[0], f"anna/{source}")
            for n in range(3):
                await frame(anna, source, 900 + n, b"%s %d" % (source.encode(), n), is_key=n == 0)
            await bruno.rtp.until(
                lambda all_, source=source: all_[-1:] and source.encode() in all_[-1].payload
            )  # type: ignore[misc]
        packets = list(await bruno.rtp.until(lambda all_: len(all_) == 6))
        for wanted in (packets[1], packets[4]):
            before = len(bruno.rtp.all)
            await bruno.send_rtcp(rtcp.nack(1, wanted.ssrc, [wanted.sequence]))
            found = await bruno.rtp.until(lambda all_, before=before: len(all_) > before)  # type: ignore[misc]
            assert found[-1].payload == wanted.sequence.to_bytes(2, "big") + wanted.payload


async def test_repeating_is_limited_per_second() -> None:
    async with running(Limits(retransmissions_per_second=3)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        for n in range(6):
            await frame(anna, "camera", 10 + n, b"frame", is_key=n == 0)
        packets = list(await bruno.rtp.until(lambda all_: len(all_) == 6))
        await bruno.send_rtcp(rtcp.nack(1, packets[0].ssrc, [packet.sequence for packet in packets]))
        await bruno.rtp.until(lambda all_: len(all_) == 9)
        assert loop.engine.counts["repeats_limited"] == 1
        assert loop.engine.counts["repeats_sent"] == 3


async def test_a_hole_from_the_publisher_is_asked_for_and_filled_late() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 10, b"10", is_key=True)
        await frame(anna, "camera", 13, b"13")
        nack = await anna.rtcp.first(lambda packet: isinstance(packet, rtcp.Nack))
        assert nack == rtcp.Nack(anna.ssrc("camera"), (11, 12))
        await frame(anna, "camera", 12, b"12")
        await frame(anna, "camera", 11, b"11")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 4)
        first = packets[0].sequence
        assert {(p.sequence - first) & 0xFFFF: p.payload[7:] for p in packets} == {
            0: b"10",
            1: b"11",
            2: b"12",
            3: b"13",
        }


async def test_a_publisher_repeats_on_its_rtx_stream_and_receivers_get_the_original() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 10, b"10", is_key=True)
        await frame(anna, "camera", 12, b"12")
        await anna.rtcp.first(lambda packet: isinstance(packet, rtcp.Nack))
        repeat = (11).to_bytes(2, "big") + vp8(b"11", picture_id=11)
        await anna.send_rtx("camera", 1, 33000, repeat)
        packets = await bruno.rtp.until(lambda all_: len(all_) == 3)
        assert packets[2].payload == repeat[2:]
        assert (packets[2].sequence - packets[0].sequence) & 0xFFFF == 1


async def test_many_requests_for_a_key_frame_become_one() -> None:
    async with running(timing=Timing(key_frame_interval_s=30)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        await frame(anna, "camera", 10, b"10")
        await loop.event("TrackStarted")
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 11, b"11", is_key=True)
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        for _ in range(20):
            await bruno.send_rtcp(rtcp.picture_loss(1, packet.ssrc))
        await frame(anna, "camera", 13, b"13")
        await anna.rtcp.first(lambda p: isinstance(p, rtcp.Nack))
        assert loop.engine.counts["key_frame_requests_sent"] == 1
        assert len([p for p in anna.rtcp.all if is_key_frame_request(p)]) == 1


async def test_audio_slots_carry_the_others_and_never_ones_own() -> None:
    async with running() as loop:
        peers = [
            await loop.connect(RawPeer(n, ["microphone"], audio_slots=2)) for n in ("anna", "bruno", "clara")
        ]
        for peer in peers:
            await peer.speak("microphone", 30, 3)
        for peer in peers:
            others = {p.peer_id.encode() for p in peers if p is not peer}
            await peer.rtp.until(lambda all_, others=others: {p.payload[:-2] for p in all_} == others)  # type: ignore[misc]


async def test_the_voice_of_the_first_picture_is_in_the_first_slot_and_in_its_stream() -> None:
    async with running() as loop:
        people = {
            n: await loop.connect(RawPeer(n, ["microphone", "camera"])) for n in ("anna", "bruno", "clara")
        }
        viewer = await loop.connect(RawPeer("viewer", video_slots=2, audio_slots=2))
        first_picture, _, first_sound, _ = viewer.mids
        assert viewer.streams[first_picture] == viewer.streams[first_sound] == "stage"
        assert len(set(viewer.streams.values())) == 3
        for n, name in enumerate(("clara", "bruno", "anna")):
            choose(loop, viewer, first_picture, f"{name}/camera")
            viewer.rtp.all.clear()
            for speaker, peer in people.items():
                await peer.speak("microphone", 20 if speaker != name else 100, 60, first=1000 * (n + 1))
            voice, stage = name.encode(), viewer.slot_ssrc(2)
            heard = await viewer.rtp.until(
                lambda all_, voice=voice, stage=stage: (
                    [(p.ssrc, p.payload[:-2]) for p in all_].count((stage, voice)) > 9
                )
            )
            begun = next(n for n, p in enumerate(heard) if p.ssrc == stage and p.payload[:-2] == voice)
            assert {p.payload[:-2] for p in heard[begun:] if p.ssrc == stage} == {voice}
            assert voice not in {p.payload[:-2] for p in heard[begun:] if p.ssrc != stage}


async def test_the_loudest_are_heard_when_not_all_fit() -> None:
    async with running() as loop:
        speakers = [await loop.connect(RawPeer(f"s{n}", ["microphone"])) for n in range(4)]
        listener = await loop.connect(RawPeer("listener", audio_slots=2))
        for n, speaker in enumerate(speakers):
            await speaker.speak("microphone", 100 if n < 2 else 10, 60)
        heard = await loop.event("GroupSpeakers")
        for speaker in speakers:
            await speaker.speak("microphone", 100 if speaker in speakers[:2] else 10, 60, first=1000)
        await listener.rtp.until(lambda all_: {p.payload[:2] for p in all_[-20:]} >= {b"s2", b"s3"})
        assert set(heard.peer_ids) <= {"s2", "s3"}  # type: ignore[union-attr]


async def test_a_stopped_track_is_not_forwarded_until_it_is_resumed() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 10, b"before", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) == 1)
        loop.engine.set_forwarding(TrackId("anna/camera"), is_forwarded=False)
        await frame(anna, "camera", 11, b"stopped", is_key=True)
        await frame(anna, "camera", 13, b"stopped", is_key=True)
        await anna.rtcp.first(lambda p: isinstance(p, rtcp.Nack))
        loop.engine.set_forwarding(TrackId("anna/camera"), is_forwarded=True)
        await frame(anna, "camera", 14, b"stopped")
        await frame(anna, "camera", 15, b"after", is_key=True)
        packets = await bruno.rtp.until(lambda all_: len(all_) == 2)
        assert [p.payload[7:] for p in packets] == [b"before", b"after"]
        assert (packets[1].sequence - packets[0].sequence) & 0xFFFF == 1


async def test_sender_reports_are_rewritten_for_the_slot() -> None:
    async with running(timing=Timing(report_s=0.05)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await anna.send_rtcp(rtcp.sender_report(anna.ssrc("camera"), to_ntp(1e9), 30000, 1, 1))
        await frame(anna, "camera", 10, b"key", is_key=True)
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        await anna.send_rtcp(rtcp.sender_report(anna.ssrc("camera"), to_ntp(1e9), 30000, 1, 1))
        report = await bruno.rtcp.first(lambda p: isinstance(p, rtcp.SenderReport) and p.packets == 1)
        assert isinstance(report, rtcp.SenderReport)
        assert report.ssrc == packet.ssrc
        assert report.octets == len(packet.payload)
        # the frame and the report are of the same second
        assert abs(((report.timestamp - packet.timestamp + 0x8000_0000) & 0xFFFFFFFF) - 0x8000_0000) < 90000
        blocks = await anna.rtcp.first(lambda p: isinstance(p, rtcp.ReceiverReport) and bool(p.blocks))
        assert isinstance(blocks, rtcp.ReceiverReport)
        assert blocks.blocks[0].ssrc == anna.ssrc("camera")
        await anna.rtcp.first(lambda p: isinstance(p, rtcp.BitrateEstimate) and p.bitrate_bps > 1_000_000)


async def test_whep_fills_video_slots_in_order_of_publishing() -> None:
    async with running() as loop:
        viewer = await loop.connect(RawPeer("viewer", video_slots=2), fills_video_slots=True)
        for name in ("anna", "bruno", "clara"):
            peer = await loop.connect(RawPeer(name, ["camera"]))
            await frame(peer, "camera", 10, name.encode(), is_key=True)
            await loop.event("TrackStarted", track_id=f"{name}/camera")
        packets = await viewer.rtp.until(lambda all_: len(all_) == 2)
        assert {p.ssrc: p.payload[7:] for p in packets} == {
            viewer.slot_ssrc(0): b"anna",
            viewer.slot_ssrc(1): b"bruno",
        }


async def test_a_slot_told_before_the_track_exists_shows_it_when_it_comes() -> None:
    async with running() as loop:
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        for text in (b"first connection", b"second connection"):
            anna = RawPeer("anna", ["camera"])
            loop.events.all.clear()
            await loop.connect(anna)
            await frame(anna, "camera", 10, text, is_key=True)
            await bruno.rtp.first(lambda p, text=text: p.payload.endswith(text))  # type: ignore[misc]


async def test_groups_do_not_hear_or_see_each_other() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["microphone", "camera"]))
        other = await loop.connect(RawPeer("other", video_slots=1, audio_slots=1), group=type(GROUP)("h"))
        friend = await loop.connect(RawPeer("friend", audio_slots=1))
        choose(loop, other, other.mids[0], "anna/camera")
        await frame(anna, "camera", 1, b"secret", is_key=True)
        await anna.speak("microphone", 10, 5)
        await friend.rtp.until(lambda all_: len(all_) >= 4)
        assert other.rtp.all == []


async def test_a_peer_that_closes_is_lost_at_once() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        await anna.close()
        lost = await loop.event("PeerLost", peer_id="anna")
        assert lost.reason == "closed"  # type: ignore[union-attr]
        assert loop.engine.statistics()["peers"] == 0


async def test_a_peer_that_never_connects_is_lost() -> None:
    async with running(timing=Timing(connect_s=0.1)) as loop:
        peer = RawPeer("ghost", ["camera"])
        loop.peers.append(peer)
        loop.engine.open_peer(GROUP, peer.peer_id, await peer.offer(), peer.sources)
        lost = await loop.event("PeerLost", peer_id="ghost")
        assert lost.reason == "never_connected"  # type: ignore[union-attr]


async def test_a_peer_that_falls_silent_is_lost_and_its_track_stops_before() -> None:
    timing = Timing(silence_s=0.6, track_stop_s=0.2, report_s=0.05)
    async with running(timing=timing) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        await frame(anna, "camera", 1, b"x", is_key=True)
        await loop.event("TrackStarted", track_id="anna/camera")
        anna.fall_silent()
        await loop.event("TrackStopped", track_id="anna/camera")
        lost = await loop.event("PeerLost", peer_id="anna")
        assert lost.reason == "silent"  # type: ignore[union-attr]


async def test_closing_a_group_ends_everybody_in_it_and_nobody_else() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        await loop.connect(RawPeer("other", ["camera"]), group=type(GROUP)("h"))
        loop.engine.close_group(GROUP)
        assert loop.engine.statistics()["peers"] == 1
        for peer in (anna, bruno):
            await peer.reached("closed")


async def test_a_nominated_check_from_another_address_moves_the_peer() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 1, b"x", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) == 1)
        async with laptop() as there:
            mine = await check(there, loop, *bruno.credentials(), "USE-CANDIDATE")
            assert mine == there.getsockname()
            await frame(anna, "camera", 2, b"y")
            moved = await asyncio.get_running_loop().sock_recv(there, 2048)
            assert moved[0] == 0x80
            assert loop.engine.counts["addresses_changed"] == 1


async def test_after_an_ice_restart_the_new_credentials_move_the_peer_and_the_former_still_hold() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 1, b"x", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) == 1)
        former = bruno.credentials()
        fresh = loop.engine.restart_ice(bruno.peer_id, "them")
        assert fresh is not None
        async with laptop() as there:
            await check(there, loop, *former)
            await check(there, loop, *fresh, "USE-CANDIDATE")
            await frame(anna, "camera", 2, b"y")
            assert (await asyncio.get_running_loop().sock_recv(there, 2048))[0] == 0x80
            # two restarts later the first credentials are worth nothing
            assert loop.engine.restart_ice(bruno.peer_id, "them") is not None
            before = loop.engine.counts["stun_unknown_peer"]
            await send_check(there, loop, *former)
            await send_check(there, loop, *fresh)
            await asyncio.get_running_loop().sock_recv(there, 2048)
            assert loop.engine.counts["stun_unknown_peer"] == before + 1
    assert loop.engine.restart_ice(bruno.peer_id, "them") is None


@asynccontextmanager
async def laptop() -> AsyncIterator[socket.socket]:
    """A socket at another address than the peer's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.setblocking(False)
        yield there


async def send_check(there: socket.socket, loop: Loop, ufrag: str, password: str, *flags: str) -> None:
    """Send a connectivity check."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ufrag}:them"
    for flag in flags:
        request.attributes[flag] = None
    request.add_message_integrity(password.encode())
    await asyncio.get_running_loop().sock_sendto(there, bytes(request), ("127.0.0.1", loop.engine.port))


async def check(there: socket.socket, loop: Loop, ufrag: str, password: str, *flags: str) -> tuple[str, int]:
    """Send a connectivity check, and read in its answer how it was seen."""
    await send_check(there, loop, ufrag, password, *flags)
    answer = stun.parse_message(await asyncio.get_running_loop().sock_recv(there, 2048))
    assert answer.message_class == stun.Class.RESPONSE
    seen: tuple[str, int] = answer.attributes["XOR-MAPPED-ADDRESS"]
    return seen


async def test_limits_refuse_and_leave_the_others_alone() -> None:
    limits = Limits(peers=1, tracks_per_peer=1, slots_per_peer=1, offer_bytes=20_000)
    async with running(limits) as loop:
        await loop.connect(RawPeer("anna", ["camera"]))
        cases = {
            "peers": RawPeer("bruno", ["camera"]),
            "tracks_per_peer": RawPeer("anna", ["camera", "microphone"]),
            "slots_per_peer": RawPeer("anna", video_slots=2),
        }
        for name, peer in cases.items():
            loop.peers.append(peer)
            with pytest.raises(LimitReached, match=name):
                loop.engine.open_peer(GROUP, peer.peer_id, await peer.offer(), peer.sources)
        with pytest.raises(LimitReached, match="offer_bytes"):
            loop.engine.open_peer(GROUP, PeerId("anna"), "v=0" + " " * 20_000, {})
        with pytest.raises(OfferInvalid):
            loop.engine.open_peer(GROUP, PeerId("anna"), "v=0", {})
        assert loop.engine.has_peer(PeerId("anna"))


async def test_a_publisher_above_its_rate_is_cut_back() -> None:
    async with running(Limits(packets_per_second=5)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        for n in range(20):
            await frame(anna, "camera", 10 + n, b"flood", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) >= 5)
        await bruno.send_rtcp(rtcp.picture_loss(1, bruno.slot_ssrc(0)))
        await anna.rtcp.first(is_key_frame_request)
        assert loop.engine.counts["rate_limited"] >= 5
        assert len(bruno.rtp.all) <= 10


async def test_rubbish_is_counted_and_harms_nobody() -> None:
    async with running(Limits(unauthenticated_stun_per_second=50)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        ufrag, _ = anna.credentials()
        forged = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        forged.attributes["USERNAME"] = f"{ufrag}:them"
        forged.add_message_integrity(b"a wrong password")
        stranger = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        stranger.attributes["USERNAME"] = "nobody:them"
        stranger.add_message_integrity(b"x")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
            attacker.bind(("127.0.0.1", 0))
            attacker.connect(("127.0.0.1", loop.engine.port))
            for data in (
                b"",
                b"\0",
                b"\0\1\0\0",
                b"\0\1\0\x40" + bytes(30),
                bytes(forged),
                bytes(stranger),
                b"\x16\xfe\xfd" + bytes(40),
                b"\x80\x60" + bytes(40),
                b"\x80\xc8" + bytes(40),
                b"\xff" * 60,
                b"\x47" * 1400,
            ):
                attacker.send(data)
            for _ in range(60):
                attacker.send(bytes(stranger))
            # from a peer's own address: authentic, but not RTP or RTCP
            await anna.send_raw(b"\x80\x60" + bytes(30))
            await anna.send_rtcp(b"\x81\xc8\x00\x06" + bytes(24))
            await anna.send("camera", 5, 0, b"", payload_type=33)
            await frame(anna, "camera", 9, b"still here", is_key=True)
            await bruno.rtp.first(lambda p: p.payload.endswith(b"still here"))
        counts = loop.engine.counts
        for name in (
            "malformed",
            "stun_unauthentic",
            "stun_unknown_peer",
            "stun_rate_limited",
            "dtls_from_strangers",
            "media_from_strangers",
            "srtp_rejected",
            "rtp_unknown_stream",
        ):
            assert counts[name] >= 1, name


async def test_a_key_frame_is_asked_for_again_while_a_slot_waits() -> None:
    async with running(timing=Timing(report_s=0.05, key_frame_interval_s=0.05)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        await frame(anna, "camera", 1, b"no key")
        await loop.event("TrackStarted")
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await anna.rtcp.until(lambda all_: len([p for p in all_ if is_key_frame_request(p)]) >= 3)


async def test_packets_of_a_peer_that_left_are_not_kept() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 1, b"x", is_key=True)
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        loop.engine.close_peer(anna.peer_id)
        await bruno.send_rtcp(rtcp.nack(1, packet.ssrc, [packet.sequence]))
        await bruno.send_rtcp(rtcp.receiver_report(1, ()))
        await anna.reached("closed")
        clara = await loop.connect(RawPeer("clara", ["camera"]))
        choose(loop, bruno, bruno.mids[0], "clara/camera")
        await frame(clara, "camera", 1, b"y", is_key=True)
        await bruno.rtp.until(lambda all_: len(all_) == 2)
        assert loop.engine.counts["repeats_unavailable"] == 1
        assert loop.engine.counts["repeats_sent"] == 0


async def test_the_largest_packet_is_forwarded_and_repeated() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        # aiortc's own buffer ends at 1,352 bytes: more cannot be sent here
        await frame(anna, "camera", 1, b"x" * 1330, is_key=True)
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        await bruno.send_rtcp(rtcp.nack(1, packet.ssrc, [packet.sequence]))
        repeated = (await bruno.rtp.until(lambda all_: len(all_) == 2))[1]
        assert repeated.payload[2:] == packet.payload


async def test_without_rtx_the_very_same_bytes_are_repeated_on_the_same_ssrc() -> None:
    async with running() as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1, has_rtx=False))
        choose(loop, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 1, b"one", is_key=True)
        first = await bruno.wire.until(lambda all_: len(all_) == 1)
        (packet,) = await bruno.rtp.until(lambda all_: len(all_) == 1)
        await bruno.send_rtcp(rtcp.nack(1, packet.ssrc, [packet.sequence]))
        again = await bruno.wire.until(lambda all_: len(all_) == 2)
        # with AES-GCM, other bytes under the same number would give the key away
        assert again[1] == first[0]
