"""A session on two workers: what people of one see and hear of those of the other."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from media_loopback import GROUP, Loop, RawPeer, running, vp8

from shared.patience import PATIENCE_S
from unit.media.test_media_layers import key_frame, send_layer, simulcast
from unit.media.test_media_loopback import choose, frame, is_key_frame_request, video
from webvisio_media.engine.limits import Limits, Timing
from webvisio_media.rtp import rtcp
from webvisio_media.rtp.cascade import CarriedPacket, read_entries
from webvisio_media.rtp.numbers import to_ntp
from webvisio_media.rtp.packet import Packet
from webvisio_protocol.identifiers import TrackId
from webvisio_protocol.media_control import GroupSpeakers, LayersWanted, SlotChoice

QUICK = Timing(report_s=0.02, feedback_s=0.01, layer_stop_s=60, track_stop_s=60)


@asynccontextmanager
async def linked(
    limits: Limits | None = None, timing: Timing | None = None
) -> AsyncIterator[tuple[Loop, Loop]]:
    """Run two engines with a link between them."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    async with (
        running(limits, timing, {1: ends[0]}) as here,
        running(limits, timing, {0: ends[1]}) as there,
    ):
        yield here, there


def place(here: Loop, there: Loop) -> None:
    """Say what rooms says once both workers have people of the group."""
    here.engine.place_group(GROUP, [1])
    there.engine.place_group(GROUP, [0])


async def comes_true(holds: Callable[[], bool]) -> None:
    """Await what no event tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - what is awaited happens in this very loop
            await asyncio.sleep(0)


async def seen_from_there(here: Loop, there: Loop) -> tuple[RawPeer, RawPeer]:
    """Anna, whose camera is shown by Bruno's slot at the other worker, and flows."""
    anna = await here.connect(RawPeer("anna", ["camera"]))
    bruno = await there.connect(RawPeer("bruno", video_slots=1))
    place(here, there)
    choose(there, bruno, bruno.mids[0], "anna/camera")
    await frame(anna, "camera", 9, b"too early")
    await anna.rtcp.first(is_key_frame_request)
    await frame(anna, "camera", 10, b"key", is_key=True)
    await bruno.rtp.until(lambda all_: len(all_) == 1)
    return anna, bruno


async def test_a_picture_crosses_once_it_is_shown_and_its_numbers_are_the_slots_own() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        await anna.send("camera", 11, 33000, vp8(b"half", picture_id=11), marker=False)
        await frame(anna, "camera", 12, b"end")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 3)
        assert [packet.payload[7:] for packet in packets] == [b"key", b"half", b"end"]
        assert [packet.marker for packet in packets] == [True, False, True]
        assert {packet.ssrc for packet in packets} == {bruno.slot_ssrc(0)}
        first = packets[0]
        assert [(packet.sequence - first.sequence) & 0xFFFF for packet in packets] == [0, 1, 2]


async def test_sound_crosses_by_itself_and_who_speaks_is_known_on_both_sides() -> None:
    async with linked() as (here, there):
        anna = await here.connect(RawPeer("anna", ["microphone"], audio_slots=1))
        bruno = await there.connect(RawPeer("bruno", ["microphone"], audio_slots=1))
        place(here, there)
        said = 0
        heard = GroupSpeakers(GROUP, (anna.peer_id,))
        while not (heard in here.events.all and heard in there.events.all):
            await anna.speak("microphone", level=20, count=1, first=100 + said)
            said += 1
            await asyncio.sleep(0.005)  # as a voice does, until it was noticed
        packets = await bruno.rtp.until(lambda all_: len(all_) >= 10)
        assert all(packet.payload.startswith(b"anna") for packet in packets)
        assert anna.rtp.all == []


async def test_a_lost_packet_is_repeated_by_the_receivers_own_worker() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        for n in range(11, 14):
            await frame(anna, "camera", n, b"frame %d" % n)
        packets = list(await bruno.rtp.until(lambda all_: len(all_) == 4))
        await bruno.send_rtcp(rtcp.nack(1, packets[2].ssrc, [packets[2].sequence]))
        repeated = (await bruno.rtp.until(lambda all_: len(all_) == 5))[4]
        assert repeated.ssrc == bruno.rtx_ssrc(0)
        assert repeated.payload == packets[2].sequence.to_bytes(2, "big") + packets[2].payload
        assert there.engine.counts["repeats_sent"] == 1
        assert here.engine.counts["nacks_received"] == 0


async def test_what_the_publisher_lost_is_asked_for_by_its_worker_and_crosses_late() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        await frame(anna, "camera", 13, b"13")
        nack = await anna.rtcp.first(lambda packet: isinstance(packet, rtcp.Nack))
        assert nack == rtcp.Nack(anna.ssrc("camera"), (11, 12))
        await frame(anna, "camera", 12, b"12")
        await frame(anna, "camera", 11, b"11")
        packets = await bruno.rtp.until(lambda all_: len(all_) == 4)
        first = packets[0].sequence
        numbers = {(packet.sequence - first) & 0xFFFF: packet.payload[7:] for packet in packets}
        assert numbers == {0: b"key", 1: b"11", 2: b"12", 3: b"13"}


async def test_key_frames_are_asked_for_once_over_all_workers() -> None:
    async with linked(timing=Timing(key_frame_interval_s=30)) as (here, there):
        anna, bruno = await seen_from_there(here, there)
        clara = await here.connect(RawPeer("clara", video_slots=1))
        choose(here, clara, clara.mids[0], "anna/camera")
        for _ in range(10):
            await bruno.send_rtcp(rtcp.picture_loss(1, bruno.slot_ssrc(0)))
        await comes_true(lambda: there.engine.counts["key_frame_requests_received"] == 10)
        await frame(anna, "camera", 11, b"key", is_key=True)
        await clara.rtp.until(lambda all_: len(all_) == 1)
        await frame(anna, "camera", 13, b"13")
        await anna.rtcp.first(lambda packet: isinstance(packet, rtcp.Nack))
        assert sum(map(is_key_frame_request, anna.rtcp.all)) == 1


async def test_what_nobody_there_is_shown_does_not_cross() -> None:
    async with linked() as (here, there):
        anna = await here.connect(RawPeer("anna", ["camera"]))
        clara = await here.connect(RawPeer("clara", video_slots=1))
        await there.connect(RawPeer("bruno", video_slots=1))
        place(here, there)
        choose(here, clara, clara.mids[0], "anna/camera")
        for n in range(5):
            await frame(anna, "camera", 10 + n, b"frame", is_key=n == 0)
        await clara.rtp.until(lambda all_: len(all_) == 5)
        assert here.engine.counts["cascade_packets_sent"] == 0


async def test_layers_are_asked_for_across_and_only_the_one_that_is_shown_crosses() -> None:
    async with linked(timing=QUICK) as (here, there):
        anna = RawPeer("anna", ["camera"])
        here.peers.append(anna)
        answer = here.engine.open_peer(GROUP, anna.peer_id, simulcast(await anna.offer()), anna.sources)
        await anna.accept(answer)
        await here.event("PeerConnected", peer_id=anna.peer_id)
        await anna.reached("connected")
        bruno = await there.connect(RawPeer("bruno", video_slots=1))
        place(here, there)
        await send_layer(anna, "q", 1, key_frame(180, b"small"))
        await send_layer(anna, "f", 1, key_frame(720, b"large"))
        camera = TrackId("anna/camera")
        await here.event("LayersWanted", layers=0)
        there.engine.assign_slots(bruno.peer_id, [SlotChoice(bruno.mids[0], camera, 320, 180)])
        await here.event("LayersWanted", layers=1)
        await anna.rtcp.first(is_key_frame_request)
        await send_layer(anna, "f", 2, key_frame(720, b"large"))
        await send_layer(anna, "q", 2, key_frame(180, b"small"))
        await bruno.rtp.until(lambda all_: len(all_) == 1)
        assert here.engine.counts["cascade_packets_sent"] == 1
        there.engine.assign_slots(bruno.peer_id, [SlotChoice(bruno.mids[0], camera, 1280, 720)])
        await here.events.until(lambda events: events[-1] == LayersWanted(anna.peer_id, camera, 2))
        there.engine.assign_slots(bruno.peer_id, [SlotChoice(bruno.mids[0], None)])
        await here.events.until(lambda events: events[-1] == LayersWanted(anna.peer_id, camera, 0))


async def test_what_a_moderator_stopped_crosses_no_more_and_again_from_a_key_frame() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        here.engine.set_forwarding(TrackId("anna/camera"), False)
        await frame(anna, "camera", 11, b"stopped", is_key=True)
        await comes_true(lambda: here.engine.counts["key_frames"] == 2)
        asked = len(anna.rtcp.all)
        here.engine.set_forwarding(TrackId("anna/camera"), True)
        await anna.rtcp.until(lambda all_: any(map(is_key_frame_request, all_[asked:])))
        await frame(anna, "camera", 12, b"again", is_key=True)
        packets = await bruno.rtp.until(lambda all_: len(all_) == 2)
        assert packets[1].payload[7:] == b"again"
        assert (packets[1].sequence - packets[0].sequence) & 0xFFFF == 1


async def test_who_leaves_is_forgotten_there_and_the_slot_serves_another() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        clara = await there.connect(RawPeer("clara", ["camera"]))
        here.engine.close_peer(anna.peer_id)
        choose(there, bruno, bruno.mids[0], "clara/camera")
        await frame(clara, "camera", 1, b"clara", is_key=True)
        packets = await bruno.rtp.until(lambda all_: len(all_) == 2)
        assert packets[1].payload[7:] == b"clara"
        await comes_true(lambda: there.engine.statistics()["cascade_remote_peers"] == 0)


async def test_a_worker_that_rooms_names_no_more_is_forgotten_with_its_people() -> None:
    async with linked() as (here, there):
        anna, bruno = await seen_from_there(here, there)
        there.engine.place_group(GROUP, [])
        assert there.engine.statistics()["cascade_remote_peers"] == 0
        assert there.engine.statistics()["slots_active"] == 0
        await frame(anna, "camera", 11, b"to nobody")
        place(here, there)
        asked = len(anna.rtcp.all)
        await anna.rtcp.until(lambda all_: any(map(is_key_frame_request, all_[asked:])))
        await frame(anna, "camera", 12, b"back", is_key=True)
        packets = await bruno.rtp.until(lambda all_: len(all_) == 2)
        assert packets[1].payload[7:] == b"back"


async def test_nothing_is_taken_of_a_group_that_rooms_did_not_place_there() -> None:
    async with linked(timing=QUICK) as (here, there):
        anna = await here.connect(RawPeer("anna", ["camera"]))
        bruno = await there.connect(RawPeer("bruno", video_slots=1))
        here.engine.place_group(GROUP, [1])
        choose(there, bruno, bruno.mids[0], "anna/camera")
        await frame(anna, "camera", 10, b"key", is_key=True)
        await comes_true(lambda: there.engine.counts["cascade_strangers"] > 0)
        assert there.engine.statistics()["cascade_remote_peers"] == 0
        assert bruno.rtp.all == []


async def test_who_comes_to_the_group_later_sees_who_was_there() -> None:
    async with linked() as (here, there):
        anna = await here.connect(RawPeer("anna", ["camera"]))
        await frame(anna, "camera", 10, b"key", is_key=True)
        await here.event("TrackStarted")
        bruno = await there.connect(RawPeer("bruno", video_slots=1))
        choose(there, bruno, bruno.mids[0], "anna/camera")
        place(here, there)
        await anna.rtcp.first(is_key_frame_request)
        await frame(anna, "camera", 11, b"key", is_key=True)
        assert (await bruno.rtp.until(lambda all_: len(all_) == 1))[0].payload[7:] == b"key"


async def test_sender_reports_place_a_publisher_of_the_other_worker_on_this_clock() -> None:
    async with linked(timing=Timing(report_s=0.05, feedback_s=0.02)) as (here, there):
        anna, bruno = await seen_from_there(here, there)
        # the publisher's timestamps are ten seconds ahead of what it last sent, for the report says so
        await anna.send_rtcp(rtcp.sender_report(anna.ssrc("camera"), to_ntp(1_000_000), 930_000, 1, 1))
        (shown,) = video(bruno)

        def is_placed(packet: rtcp.RtcpPacket) -> bool:
            if not isinstance(packet, rtcp.SenderReport):
                return False
            return 900_000 <= (packet.timestamp - shown.timestamp) & 0xFFFF_FFFF < 90_000 * 120

        await bruno.rtcp.first(is_placed)


async def test_whep_shows_publishers_of_the_other_worker_too() -> None:
    async with linked() as (here, there):
        anna = await here.connect(RawPeer("anna", ["camera"]))
        viewer = await there.connect(RawPeer("viewer", video_slots=1), fills_video_slots=True)
        place(here, there)
        await frame(anna, "camera", 9, b"early")
        await anna.rtcp.first(is_key_frame_request)
        await frame(anna, "camera", 10, b"key", is_key=True)
        assert (await viewer.rtp.until(lambda all_: len(all_) == 1))[0].payload[7:] == b"key"


async def test_a_link_that_is_not_read_drops_whole_datagrams_and_asks_for_a_key_frame() -> None:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    async with running(Limits(link_waiting_bytes=5000), links={1: ends[0]}) as here:
        anna = await here.connect(RawPeer("anna", ["camera"]))
        here.engine.place_group(GROUP, [1])
        await frame(anna, "camera", 1, b"key", is_key=True)
        await here.event("TrackStarted")
        track = here.engine._groups[GROUP].peers[anna.peer_id].tracks["0"]
        (stream,) = track.streams.values()
        ends[1].close()
        (link,) = here.engine._groups[GROUP].links
        stream.links = (link,)
        await frame(anna, "camera", 2, b"lost")
        await anna.rtcp.first(is_key_frame_request)
        assert here.engine.counts["cascade_packets_dropped"] == 1


async def test_what_waits_for_a_slow_worker_leaves_in_order_and_is_bounded() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    theirs.setblocking(False)
    with theirs:
        async with running(Limits(link_waiting_bytes=100_000), links={1: ours}) as here:
            anna = await here.connect(RawPeer("anna", ["camera"]))
            here.engine.place_group(GROUP, [1])
            await frame(anna, "camera", 1, b"key", is_key=True)
            await here.event("TrackStarted")
            (stream,) = here.engine._groups[GROUP].peers[anna.peer_id].tracks["0"].streams.values()
            (link,) = here.engine._groups[GROUP].links
            stream.links = (link,)
            counts, sent = here.engine.counts, 0
            while not counts["cascade_packets_dropped"]:
                for _ in range(20):
                    sent += 1
                    link.carry(stream, Packet(sent, 0, 0, bytes(1000), None), 0)
                link.flush()
                assert link.waiting_bytes <= 100_000
            assert link.waiting_bytes > 0
            await anna.rtcp.first(is_key_frame_request)
            carried: list[int] = []

            def read() -> bool:
                with suppress(BlockingIOError):
                    entries = read_entries(theirs.recv(1 << 16))
                    carried.extend(entry.sequence for entry in entries if isinstance(entry, CarriedPacket))
                return len(carried) == sent - counts["cascade_packets_dropped"]

            await comes_true(read)
            assert carried == list(range(1, len(carried) + 1))
            assert link.waiting_bytes == 0


async def test_only_so_many_people_of_other_workers_are_known() -> None:
    async with linked(Limits(remote_peers=1), QUICK) as (here, there):
        anna, _ = await seen_from_there(here, there)
        clara = await here.connect(RawPeer("clara", ["camera"]))
        await frame(clara, "camera", 9, b"one too many")
        await comes_true(lambda: there.engine.counts["cascade_peers_refused"] > 0)
        assert there.engine.statistics()["cascade_remote_peers"] == 1
        here.engine.close_peer(anna.peer_id)
        # told again each second, it is known once there is room
        await comes_true(lambda: known(there) == [clara.peer_id])
        assert there.engine.statistics()["cascade_remote_peers"] == 1
        assert not there.engine.counts["internal_errors"]


def known(loop: Loop) -> list[str]:
    """The people of the other worker whose tracks a worker knows."""
    return sorted(loop.engine._groups[GROUP].remote)
