"""Reads from an SDP offer the little that rooms must know of it.

The media worker is the one that parses offers; rooms only needs the mids: which
m-lines receive video (the *slots*, RFC 8843 mids) and which ones send. Lines
that are not understood are passed over: the worker refuses bad offers.
"""

import re
from dataclasses import dataclass

from webvisio_protocol.signalling import Source

MAX_VIDEO_SLOTS = 64
"""Slots beyond these are never assigned."""


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One m-line: its kind (`audio`, `video`, `application`), mid and direction."""

    kind: str
    mid: str
    direction: str


_RTPMAP = re.compile(r"a=rtpmap:\d{1,3} ([A-Za-z0-9-]{1,16})/")
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


def media_lines(sdp: str) -> tuple[MediaLine, ...]:
    """List the m-lines that have a mid, in order; may be empty."""
    lines: list[MediaLine] = []
    session, *sections = ("\n" + sdp.replace("\r\n", "\n")).split("\nm=")
    default = _direction(session.split("\n")) or "sendrecv"
    for section in sections:
        rows = section.split("\n")
        mid = next((row.removeprefix("a=mid:").strip() for row in rows if row.startswith("a=mid:")), "")
        if mid:
            lines.append(MediaLine(rows[0].split(" ")[0], mid, _direction(rows) or default))
    return tuple(lines)


def video_slots(sdp: str) -> tuple[str, ...]:
    """List the mids that receive video, in order; at most `MAX_VIDEO_SLOTS`."""
    lines = media_lines(sdp)
    return tuple(line.mid for line in lines if line.kind == "video" and line.direction == "recvonly")[
        :MAX_VIDEO_SLOTS
    ]


def shown_codecs(sdp: str) -> frozenset[str]:
    """Name the codecs, in capitals, that an offer's video slots can show; may be empty."""
    rows = ("\n" + sdp.replace("\r\n", "\n")).split("\nm=")[1:]
    slots = [section.split("\n") for section in rows if section.startswith("video ")]
    return frozenset(
        match[1].upper()
        for section in slots
        if _direction(section) == "recvonly"
        for row in section
        if (match := _RTPMAP.match(row)) is not None
    )


def published_sources(sdp: str) -> dict[str, Source]:
    """Name what a WHIP offer sends: its first sound a microphone, its first picture a camera."""
    names = {"audio": [Source.MICROPHONE, Source.SCREEN_AUDIO], "video": [Source.CAMERA, Source.SCREEN]}
    sources: dict[str, Source] = {}
    for line in media_lines(sdp):
        if line.direction in ("sendonly", "sendrecv") and names.get(line.kind):
            sources[line.mid] = names[line.kind].pop(0)
    return sources


def _direction(rows: list[str]) -> str | None:
    return next((row.strip()[2:] for row in rows if row.strip()[2:] in _DIRECTIONS), None)
