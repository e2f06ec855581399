"""Which codecs an offer is answered with, and in which order: a browser sends the first of them.

By default all that can be forwarded, as the offer prefers them, but for RED:
redundant sound (RFC 2198) reaches only those who negotiated it with the same
payload types, so it is taken only where an operator names it. It is passed on
as it is, as are Opus' own redundancy and FEC.
"""

from collections.abc import Sequence
from dataclasses import replace

from webvisio_media.errors import OfferInvalid
from webvisio_media.rtp.offer import SUPPORTED, CodecSet, MediaLine, Offer

KNOWN_CODECS = frozenset(name for codecs in SUPPORTED.values() for name in codecs)
UNASKED = frozenset({"RED"})


def prefer_pictures(offer: Offer, names: Sequence[str]) -> Offer:
    """Of pictures that are sent leave the codecs named, best first; where the offer has none of them, all."""
    if not names:
        return offer
    changed: dict[int, CodecSet] = {}
    media = []
    for line in offer.media:
        is_offered = any(codec.name in names for codec in line.codecs)
        is_sent = line.kind == "video" and line.sends
        media.append(_prefer_line(line, names, changed) if is_sent and is_offered else line)
    return replace(offer, media=tuple(media))


def prefer(offer: Offer, names: Sequence[str]) -> Offer:
    """Leave the codecs named, best first; of a kind (audio, video) of which none is named, the default ones.

    Raises `OfferInvalid` when nothing is left of what could be served.
    """
    changed: dict[int, CodecSet] = {}
    media = tuple(_prefer_line(line, names, changed) for line in offer.media)
    if not any(line.is_wanted for line in media):
        raise OfferInvalid("no codec that is taken here")
    return replace(offer, media=media)


def _prefer_line(line: MediaLine, names: Sequence[str], changed: dict[int, CodecSet]) -> MediaLine:
    wanted = [name for name in names if name in SUPPORTED.get(line.kind, ())]
    before = line.codec_set
    # m-lines that said the same go on sharing one object
    after = changed.get(id(before))
    if after is None:
        after = changed[id(before)] = _prefer_codecs(before, wanted)
    return replace(line, codec_set=after, is_wanted=line.is_wanted and bool(after.codecs))


def _prefer_codecs(before: CodecSet, wanted: Sequence[str]) -> CodecSet:
    if wanted:
        kept = [codec for name in wanted for codec in before.codecs if codec.name == name]
    else:
        kept = [codec for codec in before.codecs if codec.name not in UNASKED]
    if len(kept) == len(before.codecs) and all(a is b for a, b in zip(kept, before.codecs, strict=True)):
        return before
    payload_types = {codec.payload_type for codec in kept}
    numbers: dict[str, int] = {}
    for codec in kept:
        numbers.setdefault(codec.key, codec.payload_type)
    repeats = {apt: rtx for apt, rtx in before.retransmissions.items() if apt in payload_types}
    return CodecSet(tuple(kept), repeats, numbers)
