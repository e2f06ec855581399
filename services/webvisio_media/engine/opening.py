"""Turns an offer into the tracks and slots of a peer."""

import secrets
from collections.abc import Mapping

from webvisio_media.engine.limits import Limits
from webvisio_media.engine.lines import Line
from webvisio_media.engine.peers import Peer
from webvisio_media.engine.slots import Slot
from webvisio_media.engine.streams import Track
from webvisio_media.errors import LimitReached, OfferInvalid
from webvisio_media.rtp.answer import SlotStreams, numbers_for, uses_transport_cc
from webvisio_media.rtp.offer import MID_URI, REPAIRED_RID_URI, RID_URI, TRANSPORT_CC_URI, Offer
from webvisio_protocol.media_control import track_id
from webvisio_protocol.signalling import Mid, Source

MOST_SSRC = (1 << 32) - 1


def check_offer(offer: Offer, sources: Mapping[Mid, Source], limits: Limits) -> None:
    """Raise `LimitReached` or `OfferInvalid` for an offer that this worker does not take."""
    sending = [line for line in offer.media if line.sends]
    if len(sending) > limits.tracks_per_peer:
        raise LimitReached("tracks_per_peer")
    if sum(line.receives_only for line in offer.media) > limits.slots_per_peer:
        raise LimitReached("slots_per_peer")
    for line in sending:
        if line.mid not in sources:
            raise OfferInvalid(f"no source for m-line {line.mid}")
    if len({sources[line.mid] for line in sending}) != len(sending):
        raise OfferInvalid("a source is sent twice")


def add_tracks(peer: Peer, offer: Offer, sources: Mapping[Mid, Source]) -> None:
    """Give `peer` a track for each sending m-line."""
    for line in offer.media:
        if not line.sends:
            continue
        source = sources[line.mid]
        track = peer.tracks[line.mid] = Track.offered(peer, line, track_id(peer.peer_id, source), source)
        for ssrc in (*line.ssrcs, *line.retransmission_ssrcs):
            peer.declared[ssrc] = track
        peer.mid_extension = peer.mid_extension or line.extensions.get(MID_URI)
        if track.rids:
            peer.rid_extension = line.extensions[RID_URI]
            peer.repaired_rid_extension = line.extensions.get(REPAIRED_RID_URI)
        if uses_transport_cc(line):
            peer.transport_cc_extension = line.extensions[TRANSPORT_CC_URI]
    peer.local_ssrc = _new_ssrc(peer)


def add_slots(peer: Peer, offer: Offer) -> dict[Mid, SlotStreams]:
    """Give `peer` a slot for each m-line that only receives; returns their streams, for the answer."""
    lines = [line for line in offer.media if line.receives_only]
    # Browsers keep tracks of one stream in sync: right for one publisher, wrong for slots that change. So it is
    # said of the first picture and the first sound alone, the stage, whose sound `stage_voice` chooses.
    sounds, pictures = ([line.mid for line in lines if line.kind == kind] for kind in ("audio", "video"))
    has_stage = len(sounds) > 1 or len(sounds) == len(pictures) == 1
    stage = {*sounds[:1], *pictures[:1]} if has_stage else set()
    streams: dict[Mid, SlotStreams] = {}
    for line in lines:
        if numbers_for(line) and peer.line is None:
            peer.line = Line(line.extensions[TRANSPORT_CC_URI])
        ssrc = _new_ssrc(peer)
        rtx_ssrc = _new_ssrc(peer) if line.codec_set.retransmissions else None
        slot = Slot(peer, line, ssrc, rtx_ssrc, secrets.randbits(64))
        peer.slots[line.mid] = peer.slots_by_ssrc[ssrc] = slot
        (peer.audio_slots if line.kind == "audio" else peer.video_slots).append(slot)
        stream_id = "stage" if line.mid in stage else f"slot-{line.mid}"
        streams[line.mid] = SlotStreams(ssrc, rtx_ssrc, stream_id)
    return streams


def _new_ssrc(peer: Peer) -> int:
    while True:
        ssrc = secrets.randbelow(MOST_SSRC) + 1
        if ssrc not in peer.slots_by_ssrc and ssrc not in peer.declared and ssrc != peer.local_ssrc:
            return ssrc
