"""Congestion control of one receiver: what is paused comes back when there is room, whatever the receiver says."""

from collections import Counter
from types import SimpleNamespace

from webvisio_media.engine.congestion import Congestion
from webvisio_media.engine.lines import Line
from webvisio_media.rtp.bandwidth import START_BPS
from webvisio_media.rtp.layers import Layer
from webvisio_protocol.identifiers import PeerId
from webvisio_protocol.media_control import Event, SlotsPaused
from webvisio_protocol.signalling import Source


class Picture:
    """A camera of one layer, at a bitrate that the test sets."""

    def __init__(self, bitrate_bps: float) -> None:
        self.bitrate_bps = bitrate_bps
        self.source = Source.CAMERA
        self.is_forwarded = True

    def flowing(self) -> list["Picture"]:
        return [self]

    def layer(self) -> Layer:
        return Layer(720, self.bitrate_bps, False)


def test_a_picture_that_became_cheaper_comes_back_though_nothing_flows_and_no_feedback_comes() -> None:
    told: list[Event] = []
    congestion = Congestion(Counter(), told.append)
    congestion.forwarder = SimpleNamespace(choose_layer=lambda slot, now: None)
    picture = Picture(3 * START_BPS)
    slot = SimpleNamespace(
        mid="0",
        target=picture,
        height=0,
        allowance_bps=float("inf"),
        rtx_ssrc=None,
        choose_step=lambda options: options[-1],
    )
    peer = SimpleNamespace(peer_id=PeerId("p"), line=Line(3), audio_slots=[], video_slots=[slot])
    congestion.allocate(peer, 100.0)
    assert told == [SlotsPaused(PeerId("p"), ("0",))]
    picture.bitrate_bps = START_BPS / 2
    congestion.look_after(peer, 101.0)
    assert told[1:] == [SlotsPaused(PeerId("p"), ())]
