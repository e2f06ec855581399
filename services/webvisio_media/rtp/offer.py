"""Reads an SDP offer (RFC 8866, RFC 8829) as far as a forwarder must understand it.

What is not understood is left out of the answer. A broken promise of the
format, or an offer that this side cannot serve at all (no bundle, no
rtcp-mux, no fingerprint), raises `OfferInvalid`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from webvisio_media.errors import OfferInvalid

MOST_LINES = 5000
MOST_MEDIA = 128
MOST_LAYERS = 4
"""Simulcast layers of one m-line (RFC 8853)."""
MOST_CODEC_SETS = 64
"""Different lists of codecs that are remembered, for all offers."""

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

_MEDIA_LINE = re.compile(r"m=(audio|video|application) (\d{1,5})(?:/\d+)? ([A-Z/]{3,24}) ([!-~ ]+)")
_TOKEN = re.compile(r"[!-~]{1,64}")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-Fa-f]{2}:){31,63}[0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"\d{1,10}")
_RID = re.compile(r"[A-Za-z0-9]{1,16}")

SUPPORTED = {
    "audio": {"OPUS": 48000, "RED": 48000},
    "video": {"VP8": 90000, "VP9": 90000, "H264": 90000, "AV1": 90000},
}
"""Codecs that can be forwarded: those whose key frames are recognised; RED is redundant Opus."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of an m-line."""

    payload_type: int
    name: str
    rtpmap: str
    clock_rate: int
    parameters: str = ""
    feedback: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What must be equal for a receiver to decode what a publisher sends."""
        values = {
            name.strip().lower(): value
            for name, _, value in (p.partition("=") for p in self.parameters.split(";"))
        }
        if self.name == "H264":
            profile = values.get("profile-level-id", "42e01f").lower()[:4]
            # constrained baseline has several spellings (RFC 6184 section 8.1)
            profile = {"42c0": "42e0", "4d80": "42e0"}.get(profile, profile)
            return f"H264/{values.get('packetization-mode', '0')}/{profile}"
        if self.name == "VP9":
            return f"VP9/{values.get('profile-id', '0')}"
        if self.name == "AV1":
            return f"AV1/{values.get('profile', '0')}"
        if self.name == "RED":
            return f"RED/{self.parameters}"  # the payload types inside, which nobody rewrites
        return self.name


@dataclass(frozen=True, slots=True)
class CodecSet:
    """The codecs of an m-line that can be forwarded; one object for all m-lines that say the same."""

    codecs: tuple[Codec, ...] = ()
    retransmissions: Mapping[int, int] = field(default_factory=dict)
    """RTX payload type by the payload type that it repeats (RFC 4588)."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Payload type by `Codec.key`."""

    def has_feedback(self, name: str) -> bool:
        """Whether any codec was offered with that rtcp-fb."""
        return any(name in codec.feedback for codec in self.codecs)


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One m-line. `is_wanted` is False for what can only be answered with port 0."""

    kind: str
    mid: str
    protocol: str
    formats: str
    direction: str
    codec_set: CodecSet = field(default_factory=CodecSet)
    extensions: Mapping[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    retransmission_ssrcs: Mapping[int, int] = field(default_factory=dict)
    """RTX SSRC to the SSRC that it repeats."""
    is_wanted: bool = True
    rids: tuple[str, ...] = ()
    """Simulcast layers that the offerer sends, in its order; empty without simulcast."""

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The codecs, in the offer's order of preference."""
        return self.codec_set.codecs

    @property
    def sends(self) -> bool:
        """Whether the offerer sends on it: a track."""
        return self.is_wanted and self.direction in ("sendrecv", "sendonly")

    @property
    def receives_only(self) -> bool:
        """Whether the offerer only receives on it: a slot."""
        return self.is_wanted and self.direction == "recvonly"


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered."""

    media: tuple[MediaLine, ...]
    fingerprints: tuple[tuple[str, str], ...]
    ufrag: str
    password: str
    is_mixed_allowed: bool
    has_bundle: bool


def read_offer(text: str) -> Offer:
    """Read an offer; raises `OfferInvalid` with the part that is at fault."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise OfferInvalid("too many lines")
    lines = [line.rstrip("\r") for line in lines if line.rstrip("\r")]
    if not lines or not lines[0].startswith("v=0"):
        raise OfferInvalid("not a session description")
    sections: list[list[str]] = [[]]
    for line in lines:
        if len(line) < 2 or line[1] != "=":
            raise OfferInvalid("a line without a type")
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    session = _Attributes(sections[0])
    parts = sections[1:]
    if not parts:
        raise OfferInvalid("no media")
    if len(parts) > MOST_MEDIA:
        raise OfferInvalid("too many media sections")
    bundle = next((group.split()[1:] for group in session.all("group") if group.startswith("BUNDLE ")), None)
    attributes = [_Attributes(part) for part in parts]
    media = tuple(
        _media_line(part[0], attrs, bundle, index)
        for index, (part, attrs) in enumerate(zip(parts, attributes, strict=True))
    )
    used = [attrs for line, attrs in zip(media, attributes, strict=True) if line.is_wanted]
    if not used:
        raise OfferInvalid("no media section that can be served")
    if len({line.mid for line in media}) != len(media):
        raise OfferInvalid("mid used twice")
    if bundle is None and len(used) > 1:
        raise OfferInvalid("BUNDLE is required")
    first = used[0]
    ufrag, password = (
        first.one("ice-ufrag") or session.one("ice-ufrag"),
        first.one("ice-pwd") or session.one("ice-pwd"),
    )
    if ufrag is None or password is None or not _UFRAG.fullmatch(ufrag):
        raise OfferInvalid("ice-ufrag and ice-pwd are required")
    setup = first.one("setup") or session.one("setup") or "actpass"
    if setup not in ("actpass", "active"):
        raise OfferInvalid("setup must be actpass or active")
    found = [
        _FINGERPRINT.fullmatch(value) for value in first.all("fingerprint") or session.all("fingerprint")
    ]
    fingerprints = tuple((match[1], match[2].upper()) for match in found if match)
    if not fingerprints:
        raise OfferInvalid("a sha-256, sha-384 or sha-512 fingerprint is required")
    mixed = session.has("extmap-allow-mixed") or first.has("extmap-allow-mixed")
    return Offer(media, fingerprints, ufrag, password, mixed, bundle is not None)


class _Attributes:
    """The a-lines of a section."""

    def __init__(self, lines: list[str]) -> None:
        self._values: dict[str, list[str]] = {}
        for line in lines:
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def one(self, name: str) -> str | None:
        values = self._values.get(name)
        return values[0] if values else None

    def has(self, name: str) -> bool:
        return name in self._values


def _media_line(first: str, attributes: _Attributes, bundle: list[str] | None, index: int) -> MediaLine:
    match = _MEDIA_LINE.fullmatch(first)
    if match is None:
        raise OfferInvalid("m-line")
    kind, port, protocol, formats = match[1], int(match[2]), match[3], match[4]
    mid = attributes.one("mid")
    if mid is None:
        mid = str(index) if bundle is None else ""
    if not _TOKEN.fullmatch(mid):
        raise OfferInvalid("mid")
    direction = next(
        (d for d in ("sendrecv", "sendonly", "recvonly", "inactive") if attributes.has(d)), "sendrecv"
    )
    codec_set = _codecs(
        kind, formats, *(tuple(attributes.all(name)) for name in ("rtpmap", "fmtp", "rtcp-fb"))
    )
    is_wanted = (
        kind != "application"
        and "RTP/SAVPF" in protocol
        and bool(codec_set.codecs)
        and (bundle is None or mid in bundle)
        and (port != 0 or attributes.has("bundle-only"))
    )
    if is_wanted and not attributes.has("rtcp-mux"):
        raise OfferInvalid("rtcp-mux is required")
    pairs = {}
    for group in attributes.all("ssrc-group"):
        words = group.split()
        if len(words) == 3 and words[0] == "FID" and all(map(_NUMBER.fullmatch, words[1:])):
            pairs[int(words[2])] = int(words[1])
    ssrcs: list[int] = []
    for value in attributes.all("ssrc"):
        number = value.split(" ", 1)[0]
        if not _NUMBER.fullmatch(number) or int(number) >= 1 << 32:
            raise OfferInvalid("ssrc")
        if int(number) not in ssrcs:
            ssrcs.append(int(number))
    return MediaLine(
        kind,
        mid,
        protocol,
        formats,
        direction,
        codec_set,
        _extensions(attributes),
        tuple(ssrc for ssrc in ssrcs if ssrc not in pairs),
        pairs,
        is_wanted,
        _layers(attributes),
    )


def _layers(attributes: _Attributes) -> tuple[str, ...]:
    """Read the layers that are sent (RFC 8851, RFC 8853); of alternatives the first, paused ones too."""
    simulcast = (attributes.one("simulcast") or "").split()
    if "send" not in simulcast[:-1]:
        return ()
    described = {value.split()[0] for value in attributes.all("rid") if value.split()[1:2] == ["send"]}
    streams = simulcast[simulcast.index("send") + 1].split(";")
    rids = tuple(stream.split(",")[0].lstrip("~") for stream in streams)
    if len(rids) > MOST_LAYERS or len(set(rids)) != len(rids):
        raise OfferInvalid("simulcast")
    if any(rid not in described or not _RID.fullmatch(rid) for rid in rids):
        raise OfferInvalid("rid")
    return rids


def _extensions(attributes: _Attributes) -> dict[str, int]:
    extensions: dict[str, int] = {}
    for value in attributes.all("extmap"):
        words = value.split()
        number = words[0].split("/")[0] if words else ""
        if len(words) < 2 or not _NUMBER.fullmatch(number):
            raise OfferInvalid("extmap")
        if 1 <= int(number) <= 14:
            extensions.setdefault(words[1], int(number))
    return extensions


@lru_cache(maxsize=MOST_CODEC_SETS)
def _codecs(
    kind: str, formats: str, rtpmaps: tuple[str, ...], fmtps: tuple[str, ...], feedbacks: tuple[str, ...]
) -> CodecSet:
    """Read the codecs of an m-line. A page's slots all say the same, and so do all pages of one browser."""
    supported = SUPPORTED.get(kind)
    if supported is None:
        return CodecSet()
    maps = dict(value.split(" ", 1) for value in rtpmaps if " " in value)
    parameters = dict(value.split(" ", 1) for value in fmtps if " " in value)
    feedback: dict[str, list[str]] = {}
    for value in feedbacks:
        number, _, what = value.partition(" ")
        feedback.setdefault(number, []).append(what)
    codecs: list[Codec] = []
    repeats: dict[int, int] = {}
    for number in formats.split():
        if not _NUMBER.fullmatch(number) or int(number) > 127:
            raise OfferInvalid("payload type")
        rtpmap = maps.get(number)
        if rtpmap is None:
            continue
        name, _, rate = rtpmap.partition("/")
        rate = rate.split("/")[0]
        if not _NUMBER.fullmatch(rate) or not _TOKEN.fullmatch(rtpmap):
            raise OfferInvalid("rtpmap")
        name = name.upper()
        if name == "RTX":
            apt = re.match(r"apt=(\d{1,3})(?:;|$)", parameters.get(number, ""))
            if apt is not None:
                repeats[int(apt[1])] = int(number)
        elif supported.get(name) == int(rate):
            fed_back = tuple(feedback.get(number, []) + feedback.get("*", []))
            codecs.append(Codec(int(number), name, rtpmap, int(rate), parameters.get(number, ""), fed_back))
    kept = {codec.payload_type for codec in codecs}
    numbers: dict[str, int] = {}
    for codec in codecs:
        numbers.setdefault(codec.key, codec.payload_type)
    return CodecSet(tuple(codecs), {apt: rtx for apt, rtx in repeats.items() if apt in kept}, numbers)
