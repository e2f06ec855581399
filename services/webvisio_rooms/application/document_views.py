"""How documents are shown, named, filled and dated: what needs no service."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pycrdt import Doc

from webvisio_protocol.documents import Collaborator, DocumentKind, ExerciseView, HandView, VersionView
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_rooms.documents import contents
from webvisio_rooms.documents.errors import ContentInvalid
from webvisio_rooms.domain.documents import Reader, is_given
from webvisio_rooms.domain.people import Identity
from webvisio_rooms.storage.document_records import DocumentRecord, ExerciseRecord, LogMark

VERSION_EVERY_S = 60
"""Changes of a history this close together are one version."""
COLORS = (
    "#b3261e", "#8f4700", "#7a5900", "#4c6706", "#0b6e2e", "#006a6a",
    "#0061a4", "#3f5aa9", "#6750a4", "#8b3c9c", "#9c3a6e", "#5d5e66",
)  # fmt: skip
"""Of cursors and names: white text on each has a contrast of 4.5 or more."""


def collaborator(identity: Identity, reader: Reader) -> Collaborator:
    """Show somebody to those who work on the same document."""
    kind, _, name = identity.person.partition(":")
    initials = "".join(word[0] for word in identity.name.split()[:2]).upper()
    color = COLORS[hashlib.sha256(identity.person.encode()).digest()[0] % len(COLORS)]
    username = name if kind == "user" else f"guest-{name}"
    return Collaborator(username, identity.name, initials, color, reader.role.moderates)


def exercise_view(record: ExerciseRecord) -> ExerciseView:
    """Show an exercise."""
    return ExerciseView(
        record.exercise_id, record.name, record.state, record.handed_out_at, record.deadline, record.copies
    )


def hand_view(record: DocumentRecord, now: datetime) -> HandView | None:
    """Show the helping hand of a copy, if one is given."""
    hand = record.hand
    return None if hand is None or not is_given(hand, now) else HandView(hand.until, hand.granted_at)


def with_suffix(kind: DocumentKind, name: str) -> str:
    """Give a name the suffix of its kind, and nothing that a path could mislead with."""
    suffix = contents.SUFFIXES[kind]
    shown = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else " " for c in name)
    stem = " ".join(shown.split()).strip(". ")
    if stem.lower().endswith(suffix):
        stem = stem[: -len(suffix)].rstrip(". ")
    if not stem:
        raise Refused(Refusal(RefusalCode.MESSAGE_MALFORMED, details={"detail": "name"}))
    return stem + suffix


def content_of(kind: DocumentKind, content: contents.Content) -> bytes:
    """Make a document's first update; raises `Refused`."""
    try:
        return contents.filled(kind, content)
    except ContentInvalid as error:
        raise Refused(Refusal(RefusalCode.DOCUMENT_INVALID, details={"detail": str(error)})) from error


def readable_content(kind: DocumentKind, doc: Doc[Any]) -> contents.Content:
    """Read a document; raises `Refused`."""
    try:
        return contents.read(kind, doc)
    except ContentInvalid as error:
        raise Refused(Refusal(RefusalCode.DOCUMENT_INVALID, details={"detail": str(error)})) from error


def doc_of(states: Iterable[bytes]) -> Doc[Any]:
    """Put updates together."""
    doc: Doc[Any] = Doc()
    for state in states:
        doc.apply_update(state)
    return doc


def versions(marks: Iterable[LogMark]) -> list[VersionView]:
    """Put the entries of a log into versions, oldest first: changes a minute apart, or of another epoch."""
    found: list[tuple[LogMark, datetime, list[str]]] = []
    for mark in marks:
        last = found[-1] if found else None
        is_same = last is not None and last[0].epoch == mark.epoch
        if is_same and last is not None and (mark.at - last[1]).total_seconds() < VERSION_EVERY_S:
            found[-1] = (mark, last[1], [*last[2], *mark.author_name.split(", ")])
        else:
            found.append((mark, mark.at, mark.author_name.split(", ")))
    return [
        VersionView(mark.seq, mark.at, tuple(dict.fromkeys(name for name in names if name)))
        for mark, _, names in found
    ]
