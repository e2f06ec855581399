"""DTLS certificates: made anew by the clock, for new connections alone, and never piled up."""

import gc
import re
import weakref
from collections import Counter
from dataclasses import replace

from media_loopback import GROUP, RawPeer, running, vp8

from webvisio_media.engine.certificates import Certificates
from webvisio_media.engine.limits import Timing
from webvisio_protocol.media_control import SlotChoice, track_id
from webvisio_protocol.signalling import Source

DAY_S = 86_400.0


def test_a_certificate_is_made_anew_by_the_clock_and_the_former_one_is_let_go() -> None:
    counts: Counter[str] = Counter()
    certificates = Certificates(DAY_S, counts)
    first = certificates.current(1000.0)
    assert certificates.current(1000.0 + DAY_S - 1) is first
    second = certificates.current(1000.0 + DAY_S)
    assert second is not first
    assert second.fingerprint != first.fingerprint
    assert certificates.current(1000.0 + 2 * DAY_S - 1) is second
    assert counts["certificates_made"] == 2
    former = weakref.ref(first)
    del first
    gc.collect()
    assert former() is None


def fingerprints(peer: RawPeer) -> set[str]:
    return set(re.findall(r"a=fingerprint:sha-256 (\S+)", peer.answer))


async def test_connections_go_on_with_the_certificate_that_they_began_with() -> None:
    # so short that every connection comes after the next change
    async with running(timing=replace(Timing(), certificate_s=1e-9)) as loop:
        anna = await loop.connect(RawPeer("anna", ["camera"]))
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        clara = await loop.connect(RawPeer("clara", video_slots=1))
        each = [fingerprints(peer) for peer in (anna, bruno, clara)]
        assert all(len(one) == 1 for one in each)
        assert len(set.union(*each)) == 3
        assert loop.engine.counts["certificates_made"] == 3
        for peer in (bruno, clara):
            wanted = track_id(anna.peer_id, Source.CAMERA)
            loop.engine.assign_slots(peer.peer_id, (SlotChoice(peer.mids[0], wanted, 1280, 720),))
        await anna.send("camera", 1, 0, vp8(b"across", is_key=True))
        for peer in (bruno, clara):
            await peer.rtp.first(lambda packet: packet.payload.endswith(b"across"))
        # an ICE restart is no new connection: the page keeps the answer, and the fingerprint in it
        assert loop.engine.restart_ice(anna.peer_id, "anew") is not None
        assert loop.engine.counts["certificates_made"] == 3
        loop.engine.close_group(GROUP)
