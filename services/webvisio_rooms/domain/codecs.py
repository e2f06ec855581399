"""Which codecs the pictures of a session are sent in: of the operator's those that everybody who is in can show.

A forwarder converts nothing, so the codec of a picture is that of its
publisher. Each page offers what it knows of the operator's list; the answer
to its offer leaves what all can show. When somebody comes who can show less,
those who send something else are asked to offer again (`outdated`); nobody
goes back when that person leaves. VP8, which every browser has, is the last
of each list. Whoever knows nothing of the list (a tool over WHEP) does not
count: they would see nothing whatever was chosen among it.
"""

from collections.abc import Collection, Iterable

from webvisio_protocol.identifiers import ParticipantId
from webvisio_rooms.domain.negotiation import shown_codecs

FALLBACK = "VP8"
KNOWN_CODECS = frozenset({"VP8", "H264", "VP9", "AV1"})


def preferred_codecs(names: Iterable[str]) -> tuple[str, ...]:
    """Make an operator's list whole; raises `ValueError` with the names that nobody knows."""
    codecs = tuple(dict.fromkeys(name.strip().upper() for name in names if name.strip()))
    if unknown := set(codecs) - KNOWN_CODECS:
        raise ValueError(", ".join(sorted(unknown)))
    return codecs if FALLBACK in codecs else (*codecs, FALLBACK)


class PictureCodecs:
    """Those of one session; `preferred` as `preferred_codecs` makes it."""

    def __init__(self, preferred: tuple[str, ...] = (FALLBACK,)) -> None:
        self.preferred = preferred
        self._shown: dict[ParticipantId, frozenset[str]] = {}
        self._told: dict[ParticipantId, tuple[str, ...]] = {}
        """In what each may send, as the answer to their newest offer said."""

    def enter(
        self, participant_id: ParticipantId, offer: str, inside: Collection[ParticipantId]
    ) -> tuple[str, ...]:
        """Note what somebody `inside` can show; returns in what they may send, best first."""
        for gone in [one for one in self._shown if one not in inside]:
            del self._shown[gone], self._told[gone]
        self._shown[participant_id] = shown_codecs(offer) & set(self.preferred)
        told = self._told[participant_id] = self._common()
        return told

    def outdated(self) -> list[ParticipantId]:
        """List those who may send what somebody cannot show, once: they are to offer again."""
        common = self._common()
        found = [one for one, told in self._told.items() if told[0] not in common]
        for one in found:
            self._told[one] = common
        return found

    def _common(self) -> tuple[str, ...]:
        shown = [codecs for codecs in self._shown.values() if codecs]
        return tuple(
            name for name in self.preferred if name == FALLBACK or all(name in codecs for codecs in shown)
        )
