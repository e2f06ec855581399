"""Congestion control of one receiver: what is paused comes back when there is room, whatever the receiver says."""

from collections import Counter
from types import SimpleNamespace

from webvisio_media.engine.congestion import Congestion
from webvisio_media.engine.lines import Line
from webvisio_media.rtp.bandwidth import START_BPS
from webvisio_media.rtp.layers import Layer
from webvisio_media.rtp.transport_cc import ArrivalLog
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


class Receiver:
    """A peer with one slot, which shows a picture or waits for room."""

    def __init__(self, picture: Picture) -> None:
        self.peer_id = PeerId("p")
        self.line = Line(3)
        self.audio_slots: list[object] = []
        self.video_slots = [
            SimpleNamespace(
                mid="0",
                target=picture,
                height=0,
                allowance_bps=float("inf"),
                rtx_ssrc=7,
                rtx_sequence=0,
                payload_type=0,  # nothing was shown yet
                repeats={96: 97},
                choose_step=lambda options: options[-1],
            )
        ]
        self.sent: list[bytes] = []
        self.round_trip_s = 0.05

    def repeat(self, header: bytes, payload: bytes, line: Line) -> bool:
        self.sent.append(header)
        return True


def congestion_telling(told: list[Event]) -> Congestion:
    congestion = Congestion(Counter(), told.append)
    congestion.forwarder = SimpleNamespace(choose_layer=lambda slot, now: None)
    return congestion


def feedback(first: int, came: list[bool], at_us: int) -> bytes:
    log = ArrivalLog()
    for place, is_there in enumerate(came):
        if is_there:
            log.arrived(first + place & 0xFFFF, at_us + 300 * place)
    (body,) = log.feedback()
    return bytes(8) + body


def test_a_line_that_is_content_rests_unless_something_is_lost_or_wanted() -> None:
    congestion = congestion_telling([])
    picture = Picture(START_BPS / 2)
    receiver = Receiver(picture)
    congestion.allocate(receiver, 100.0)
    line = receiver.line
    assert line.wanted_bps is None
    for n in range(6):
        line.log.sent(10, 10_000, 100.0 + n / 10)
    rests = []
    for n, came in enumerate([[True] * 10, [True] * 10, [True] * 5 + [False] * 4 + [True], [True] * 10]):
        now = 100.2 + n / 10
        body = feedback(line.log.next_number - 60 + 10 * n, came, 1_000_000 + 100_000 * n)
        congestion.take(receiver, body, now)
        rests.append(line.rests_until > now)
        line.rests_until = now
    assert rests == [True, True, False, True]
    line.rests_until = 200.0
    picture.bitrate_bps = 3 * START_BPS
    congestion.allocate(receiver, 100.6)
    assert line.wanted_bps is not None
    assert line.rests_until == 100.6


def test_room_is_looked_for_even_if_nothing_could_be_shown_yet() -> None:
    congestion = congestion_telling([])
    receiver = Receiver(Picture(2 * START_BPS))
    congestion.allocate(receiver, 100.0)
    congestion.look_after(receiver, 101.0)
    assert receiver.line.probe is not None
    assert {header[1] for header in receiver.sent} == {97}


def test_a_picture_that_became_cheaper_comes_back_though_nothing_flows_and_no_feedback_comes() -> None:
    told: list[Event] = []
    congestion = congestion_telling(told)
    picture = Picture(3 * START_BPS)
    peer = Receiver(picture)
    congestion.allocate(peer, 100.0)
    assert told == [SlotsPaused(PeerId("p"), ("0",))]
    picture.bitrate_bps = START_BPS / 2
    congestion.look_after(peer, 101.0)
    assert told[1:] == [SlotsPaused(PeerId("p"), ())]
