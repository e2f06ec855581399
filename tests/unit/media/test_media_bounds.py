"""Every bound of a worker is enforced and counted, and nobody else is harmed.

`test_media_loopback` has the others of docs/media.md's table: refused offers,
rubbish of strangers, rates of strangers' STUN and of repeated packets;
`test_media_tcp` those of ICE-TCP, `test_media_cascade` those of links.
"""

import asyncio
import socket
import struct

import aioice.stun as stun
import pytest
from media_loopback import GROUP, Loop, RawPeer, running, vp8

from shared.patience import PATIENCE_S
from webvisio_media.engine.dtls import are_records
from webvisio_media.engine.limits import Limits
from webvisio_media.errors import LimitReached, OfferInvalid
from webvisio_media.rtp import rtcp
from webvisio_protocol.identifiers import GroupId, PeerId
from webvisio_protocol.media_control import SlotChoice, track_id
from webvisio_protocol.signalling import Source

MANY = 60


async def camera_to(loop: Loop, *, sends: tuple[str, ...] = ("camera",)) -> tuple[RawPeer, RawPeer]:
    """Anna's camera, which bruno watches."""
    anna = await loop.connect(RawPeer("anna", sends))
    bruno = await loop.connect(RawPeer("bruno", video_slots=1))
    wanted = track_id(anna.peer_id, Source.CAMERA)
    loop.engine.assign_slots(bruno.peer_id, (SlotChoice(bruno.mids[0], wanted, 1280, 720),))
    return anna, bruno


async def shows(anna: RawPeer, bruno: RawPeer, sequence: int) -> None:
    """Anna's picture reaches bruno, whatever was before."""
    text = b"here %d" % sequence
    await anna.send("camera", sequence, 3000 * sequence, vp8(text, is_key=True))
    await bruno.rtp.first(lambda packet: packet.payload.endswith(text))


def request(loop: Loop, peer: RawPeer, *flags: str) -> bytes:
    """A connectivity check that proves who it is from."""
    ufrag, password = peer.credentials()
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:them"
    for flag in flags:
        message.attributes[flag] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def elsewhere(loop: Loop) -> socket.socket:
    """A socket at another address, which speaks to the engine."""
    there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    there.bind(("127.0.0.1", 0))
    there.connect(("127.0.0.1", loop.engine.port))
    return there


async def counted(loop: Loop, name: str, least: int = 1) -> None:
    """Await that the engine has counted something."""
    async with asyncio.timeout(PATIENCE_S):
        while loop.engine.counts[name] < least:  # noqa: ASYNC110 - the engine counts, and tells nobody
            await asyncio.sleep(0)


@pytest.mark.parametrize("limits", [Limits(bytes_per_second=3000), Limits(packets_per_second=3)])
async def test_media_above_a_rate_is_dropped(limits: Limits) -> None:
    async with running(limits) as loop:
        anna, bruno = await camera_to(loop)
        for n in range(MANY):
            await anna.send("camera", 100 + n, 3000 * n, vp8(bytes(900), is_key=True))
        await counted(loop, "rate_limited")
        # reports count too, and a flood of them does not end the connection
        before = loop.engine.counts["rate_limited"]
        for _ in range(MANY):
            await anna.send_rtcp(rtcp.receiver_report(1, ()))
        await counted(loop, "rate_limited", before + 1)
        assert loop.engine.has_peer(anna.peer_id)
        assert len(bruno.rtp.all) < MANY


async def test_checks_and_handshakes_above_their_rate_are_dropped() -> None:
    async with running(Limits(checks_per_second=3)) as loop:
        anna, bruno = await camera_to(loop)
        check = request(loop, anna)
        for _ in range(MANY):
            await anna.send_raw(check)
        await counted(loop, "checks_limited")
        before = loop.engine.counts["checks_limited"]
        for _ in range(MANY):
            await anna.send_raw(b"\x16\xfe\xfd" + bytes(8) + b"\0\4rest")
        await counted(loop, "checks_limited", before + 1)
        await shows(anna, bruno, 1)


async def test_streams_addresses_and_history_are_bounded() -> None:
    limits = Limits(streams_per_peer=1, addresses_per_peer=2, history_bytes=5000)
    async with running(limits) as loop:
        anna, bruno = await camera_to(loop, sends=("camera", "microphone"))
        for n in range(20):
            await anna.send("camera", 1 + n, 3000 * n, vp8(bytes(990), is_key=True))
        await bruno.rtp.until(lambda all_: len(all_) >= 20)
        assert 0 < loop.engine.statistics()["history_octets"] <= 5000
        await anna.send("microphone", 1, 0, b"one stream too many")
        await counted(loop, "rtp_unknown_stream")
        sockets = [elsewhere(loop) for _ in range(4)]
        for there in sockets:
            there.send(request(loop, anna))
        await counted(loop, "addresses_forgotten", 3)
        for there in sockets:
            there.close()
        await shows(anna, bruno, 50)


async def test_handshakes_that_nobody_reads_do_not_pile_up() -> None:
    async with running(Limits(dtls_waiting=2)) as loop:
        # it never begins its handshake by itself: only the socket below speaks for it
        anna = RawPeer("anna", ["camera"])
        loop.peers.append(anna)
        anna.answer = loop.engine.open_peer(GROUP, anna.peer_id, await anna.offer(), anna.sources)
        with elsewhere(loop) as there:
            there.send(request(loop, anna))
            # one batch: all of it is there before the engine reads any of it
            for _ in range(20):
                there.send(b"\x16\xfe\xfd" + bytes(8) + b"\0\4rest")
            await counted(loop, "dtls_dropped")


async def test_a_publisher_without_feedback_is_told_the_bitrate_of_the_limits() -> None:
    async with running(Limits(publisher_bitrate_bps=640_000)) as loop:
        anna, bruno = await camera_to(loop)
        await shows(anna, bruno, 1)
        told = await anna.rtcp.first(lambda packet: isinstance(packet, rtcp.BitrateEstimate))
        assert isinstance(told, rtcp.BitrateEstimate)
        assert told.bitrate_bps == 640_000


async def test_what_is_refused_is_counted_by_its_limit() -> None:
    async with running(Limits(peers=1, slots_per_peer=1, tracks_per_peer=1, offer_bytes=20_000)) as loop:
        await loop.connect(RawPeer("anna", ["camera"]))
        refused = {
            "peers": RawPeer("bruno", ["camera"]),
            "tracks_per_peer": RawPeer("anna", ["camera", "microphone"]),
            "slots_per_peer": RawPeer("anna", video_slots=2),
        }
        for name, peer in refused.items():
            loop.peers.append(peer)
            with pytest.raises(LimitReached):
                loop.engine.open_peer(GROUP, peer.peer_id, await peer.offer(), peer.sources)
            assert loop.engine.counts[f"limit_{name}"] == 1
        with pytest.raises(LimitReached):
            loop.engine.open_peer(GROUP, PeerId("x"), "v=0" + " " * 20_000, {})
        with pytest.raises(OfferInvalid):
            loop.engine.open_peer(GROUP, PeerId("x"), "v=0\r\nm=video", {})
        assert loop.engine.counts["limit_offer_bytes"] == 1
        assert loop.engine.counts["offers_invalid"] == 1


async def test_replayed_spoofed_and_malformed_media_is_counted_and_not_forwarded() -> None:
    async with running() as loop:
        anna, bruno = await camera_to(loop, sends=("camera", "screen"))
        await shows(anna, bruno, 1)
        counts = loop.engine.counts

        def sealed(ssrc: int, sequence: int, first: int, rest: bytes) -> bytes:
            head = struct.pack("!BBHII", first, 97, sequence, 3000 * sequence, ssrc)
            data: bytes = anna._dtls._tx_srtp.protect(head + rest)
            return data

        # the very same bytes again, from the right address
        once = sealed(anna.ssrc("camera"), 2, 0x80, vp8(b"once", is_key=True))
        await anna.send_raw(once)
        await bruno.rtp.first(lambda packet: packet.payload.endswith(b"once"))
        await anna.send_raw(once)
        await counted(loop, "srtp_rejected")
        with elsewhere(loop) as attacker:
            # authentic bytes from an address that proved nothing
            attacker.send(sealed(anna.ssrc("camera"), 3, 0x80, vp8(b"spoofed", is_key=True)))
            await counted(loop, "media_from_strangers")
            # a check with the wrong password nominates nobody
            moved = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            moved.attributes["USERNAME"] = f"{bruno.credentials()[0]}:them"
            moved.attributes["USE-CANDIDATE"] = None
            moved.add_message_integrity(b"guessed")
            attacker.send(bytes(moved))
            await counted(loop, "stun_unauthentic")
        assert counts["addresses_changed"] == 0
        # two tracks have this payload type: an SSRC that was not offered is nobody's
        await anna.send_raw(sealed(0xDEADBEEF, 1, 0x80, vp8(b"whose", is_key=True)))
        await counted(loop, "rtp_unknown_stream")
        # padding of no length, from an authentic sender
        before = counts["malformed"]
        await anna.send_raw(sealed(anna.ssrc("camera"), 4, 0xA0, vp8(bytes(8), is_key=True)))
        await counted(loop, "malformed", before + 1)
        await anna.send_raw(b"\x80\xc8" + bytes(40))
        await counted(loop, "srtcp_rejected")
        await anna.send_raw(bytes(stun.Message(stun.Method.BINDING, stun.Class.INDICATION)))
        await counted(loop, "stun_not_a_request")
        # something like DTLS that is none
        await anna.send_raw(b"\x16\xfe\xfd" + bytes(8) + b"\x40\x00short")
        await counted(loop, "dtls_malformed")
        await shows(anna, bruno, 9)
        texts = [packet.payload[7:] for packet in bruno.rtp.all]
        assert texts.count(b"once") == 1
        assert b"spoofed" not in texts
        assert b"whose" not in texts


@pytest.mark.parametrize(
    ("data", "are"),
    [
        (b"\x16\xfe\xfd" + bytes(8) + b"\0\4abcd", True),
        ((b"\x16\xfe\xff" + bytes(8) + b"\0\1a") * 3, True),
        (b"\x16\xfe\xfd" + bytes(8) + b"\0\4abcd" + b"\x2f" + bytes(20), True),
        (b"\x2f" + bytes(20), True),
        (b"\x2f" + bytes(10), False),
        (b"\x16\xfe\xfd" + bytes(8) + b"\0\5abcd", False),
        (b"\x16\xfe\xfd" + bytes(8) + b"\0\3abcd", False),
        (b"\x16\x03\x03" + bytes(8) + b"\0\4abcd", False),
        (b"\x1e\xfe\xfd" + bytes(8) + b"\0\4abcd", False),
        (b"\x16\xfe\xfd", False),
    ],
)
def test_dtls_records_are_told_by_their_headers(data: bytes, are: bool) -> None:
    assert are_records(data) is are
    assert are_records(memoryview(data)) is are


async def test_a_groups_figures_outlive_its_peers_and_go_with_it() -> None:
    async with running() as loop:
        anna, bruno = await camera_to(loop)
        for n in (1, 2, 4):
            await anna.send("camera", n, 3000 * n, vp8(b"picture %d" % n, is_key=True))
        shown = await bruno.rtp.until(lambda all_: len(all_) >= 3)
        await bruno.send_rtcp(rtcp.nack(1, bruno.slot_ssrc(0), [shown[0].sequence]))
        await bruno.rtp.until(lambda all_: len(all_) >= 4)
        while_there = loop.engine.statistics_by_group()[GROUP]
        assert while_there["peers"] == 2
        assert while_there["tracks_running"] == 1
        assert while_there["packets_received"] == 3
        assert while_there["packets_forwarded"] == 3
        assert while_there["packets_repeated"] == 1
        assert while_there["slot_switches"] == 1
        assert "key_frame_requests_sent" in while_there
        loop.engine.close_peer(anna.peer_id)
        after = loop.engine.statistics_by_group()[GROUP]
        assert after["peers"] == 1
        for name in ("packets_received", "octets_received", "packets_forwarded", "packets_repeated"):
            assert after[name] == while_there[name], name
        clara = await loop.connect(RawPeer("clara", ["camera"]), GroupId("other"))
        assert set(loop.engine.statistics_by_group()) == {GROUP, "other"}
        loop.engine.close_peer(bruno.peer_id)
        loop.engine.close_peer(clara.peer_id)
        assert loop.engine.statistics_by_group() == {}
