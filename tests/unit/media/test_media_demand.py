"""What is told outwards: layers that nobody watches, and pictures that a line does not carry."""

from unit.media.media_loopback import GROUP, Loop, RawPeer, running
from unit.media.test_media_layers import key_frame, send_layer, simulcast
from webvisio_media.engine.limits import Timing
from webvisio_protocol.identifiers import PeerId, TrackId
from webvisio_protocol.media_control import LayersWanted, SlotChoice


async def _publisher(loop: Loop) -> RawPeer:
    anna = RawPeer("anna", sends=["camera"])
    loop.peers.append(anna)
    offer = simulcast(await anna.offer())
    await anna.accept(loop.engine.open_peer(GROUP, anna.peer_id, offer, anna.sources))
    await loop.event("PeerConnected", peer_id=anna.peer_id)
    await anna.reached("connected")
    return anna


def _show(loop: Loop, viewer: RawPeer, height: int) -> None:
    choice = SlotChoice(viewer.mids[0], TrackId("anna/camera"), height * 16 // 9, height)
    loop.engine.assign_slots(PeerId(viewer.peer_id), [choice])


async def test_layers_that_nobody_watches_are_given_up_slowly_and_asked_for_at_once() -> None:
    async with running(timing=Timing(report_s=0.02, feedback_s=0.01)) as loop:
        anna = await _publisher(loop)
        bruno = await loop.connect(RawPeer("bruno", video_slots=1))
        await send_layer(anna, "q", 1, key_frame(180, b"small"))
        await send_layer(anna, "f", 1, key_frame(720, b"large"))
        await loop.event("LayersWanted", layers=0)
        _show(loop, bruno, 180)
        await loop.event("LayersWanted", layers=1)
        told = [event.layers for event in loop.events.all if isinstance(event, LayersWanted)]
        assert told == [0, 1]
        _show(loop, bruno, 720)
        assert loop.events.all[-1] == LayersWanted(anna.peer_id, TrackId("anna/camera"), 2)
        _show(loop, bruno, 180)
        assert loop.events.all[-1] == LayersWanted(anna.peer_id, TrackId("anna/camera"), 2)
        await loop.events.until(
            lambda events: events[-1] == LayersWanted(anna.peer_id, TrackId("anna/camera"), 1)
        )
