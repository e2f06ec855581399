"""Writes the SDP answer: ICE-lite, one bundle, DTLS passive, payload types as offered.

A sending m-line of the offer is answered `recvonly`, a slot `sendonly` with
the SSRCs that it keeps for life. What cannot be served gets port 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from webvisio_media.rtp.offer import (
    AUDIO_LEVEL_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    Codec,
    MediaLine,
    Offer,
)

_FEEDBACK = ("nack", "nack pli", "ccm fir")
MOST_CODECS = 1024
"""Codecs whose lines are remembered."""


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """This side's half of ICE and DTLS; `addresses` are advertised in order of preference."""

    ufrag: str
    password: str
    fingerprint: str
    addresses: Sequence[str]
    port: int
    tcp_port: int = 0
    """Of ICE-TCP; 0: none."""


@dataclass(frozen=True, slots=True)
class SlotStreams:
    """The SSRCs of a slot; `rtx_ssrc` is None without RTX. Slots of one `stream_id` are kept in sync."""

    ssrc: int
    rtx_ssrc: int | None
    stream_id: str


def uses_transport_cc(line: MediaLine) -> bool:
    """Tell whether an m-line knows transport-wide feedback (a publisher gets a REMB instead)."""
    return TRANSPORT_CC_URI in line.extensions and line.codec_set.has_feedback("transport-cc")


def numbers_for(line: MediaLine) -> bool:
    """Tell whether a slot's packets are numbered for the receiver's transport-wide feedback.

    A video slot needs RTX for it: a packet that is repeated under its own
    number must be the very same packet (RFC 7714), and its transport number is not.
    """
    return (
        line.receives_only
        and uses_transport_cc(line)
        and (line.kind == "audio" or bool(line.codec_set.retransmissions))
    )


def takes_layers(line: MediaLine) -> bool:
    """Tell whether an m-line's simulcast is accepted: its layers must say which one they are."""
    return line.sends and bool(line.rids) and RID_URI in line.extensions


def write_answer(
    offer: Offer, session_id: int, transport: LocalTransport, slots: Mapping[str, SlotStreams], cname: str
) -> str:
    """Answer `offer`; `slots` has the streams of each slot, by mid."""
    used = [line for line in offer.media if line.is_wanted]
    lines = ["v=0", f"o=- {session_id} 2 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite"]
    if offer.has_bundle:
        lines.append("a=group:BUNDLE " + " ".join(line.mid for line in used))
    if offer.is_mixed_allowed:
        lines.append("a=extmap-allow-mixed")
    lines.append("a=msid-semantic: WMS *")
    for line in offer.media:
        if not line.is_wanted:
            lines += [
                f"m={line.kind} 0 {line.protocol} {line.formats}",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{line.mid}",
            ]
            lines.append("a=inactive")
            continue
        lines += _media(line, transport, slots.get(line.mid), cname)
        # In every section, bundled or not: aiortc reads those of the last one, browsers those of the first.
        lines += _candidates(transport)
    return "\r\n".join(lines) + "\r\n"


def _candidates(transport: LocalTransport) -> list[str]:
    lines = []
    for index, address in enumerate(transport.addresses):
        priority = 126 << 24 | (65535 - index) << 8 | 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {address} {transport.port} typ host")
    for index, address in enumerate(transport.addresses if transport.tcp_port else ()):
        # passive (RFC 6544 section 4.2), and less than any UDP
        priority = 90 << 24 | (2 << 13 | 8191 - index) << 8 | 255
        place = len(transport.addresses) + index + 1
        lines.append(
            f"a=candidate:{place} 1 tcp {priority} {address} {transport.tcp_port} typ host tcptype passive"
        )
    return [*lines, "a=end-of-candidates"]


def _media(line: MediaLine, transport: LocalTransport, slot: SlotStreams | None, cname: str) -> list[str]:
    has_rtx = line.sends or (slot is not None and slot.rtx_ssrc is not None)
    repeats = line.codec_set.retransmissions if has_rtx else {}
    formats = [
        number
        for codec in line.codecs
        for number in (codec.payload_type, repeats.get(codec.payload_type))
        if number is not None
    ]
    lines = [
        f"m={line.kind} 9 {line.protocol} {' '.join(map(str, formats))}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{transport.ufrag}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:sha-256 {transport.fingerprint}",
        "a=setup:passive",
        f"a=mid:{line.mid}",
    ]
    wanted = [MID_URI, TRANSPORT_CC_URI, AUDIO_LEVEL_URI] if line.sends else []
    if numbers_for(line):
        wanted.append(TRANSPORT_CC_URI)
    if takes_layers(line):
        wanted += [RID_URI, REPAIRED_RID_URI]
    lines += [f"a=extmap:{line.extensions[uri]} {uri}" for uri in wanted if uri in line.extensions]
    direction = "recvonly" if line.sends else "sendonly" if slot is not None else "inactive"
    lines += [f"a={direction}", "a=rtcp-mux", "a=rtcp-rsize"]
    if takes_layers(line):
        lines += [f"a=rid:{rid} recv" for rid in line.rids]
        lines.append("a=simulcast:recv " + ";".join(line.rids))
    estimate = "transport-cc" if numbers_for(line) else ""
    if line.sends:
        estimate = "transport-cc" if uses_transport_cc(line) else "goog-remb"
    for codec in line.codecs:
        lines += _codec(codec, repeats.get(codec.payload_type), estimate)
    if slot is not None:
        lines.append(f"a=msid:{slot.stream_id} {line.mid}")
        streams = [slot.ssrc] if slot.rtx_ssrc is None else [slot.ssrc, slot.rtx_ssrc]
        if slot.rtx_ssrc is not None:
            lines.append(f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}")
        lines += [f"a=ssrc:{ssrc} cname:{cname}" for ssrc in streams]
    return lines


@lru_cache(maxsize=MOST_CODECS)
def _codec(codec: Codec, rtx: int | None, estimate: str) -> tuple[str, ...]:
    """Write a codec's lines: the same for every slot of a page, and for every page of a browser."""
    number = codec.payload_type
    lines = [f"a=rtpmap:{number} {codec.rtpmap}"]
    feedback = [name for name in (*_FEEDBACK, estimate) if name in codec.feedback]
    lines += [f"a=rtcp-fb:{number} {name}" for name in feedback]
    if codec.parameters:
        lines.append(f"a=fmtp:{number} {codec.parameters}")
    if rtx is not None:
        lines += [f"a=rtpmap:{rtx} rtx/{codec.clock_rate}", f"a=fmtp:{rtx} apt={number}"]
    return tuple(lines)
