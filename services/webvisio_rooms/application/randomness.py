"""Fresh names and secrets: link codes, participants, resume tokens, sessions."""

import secrets

from webvisio_protocol.documents import DocumentId, ExerciseId
from webvisio_protocol.identifiers import ParticipantId

LINK_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and figures that are mistaken for one another when read aloud."""
LINK_GROUPS = 4
LINK_GROUP_LENGTH = 5


def link_code() -> str:
    """Make the secret part of a room's link: some 99 bits, in groups of five."""
    groups = (
        "".join(secrets.choice(LINK_ALPHABET) for _ in range(LINK_GROUP_LENGTH)) for _ in range(LINK_GROUPS)
    )
    return "-".join(groups)


def participant_id() -> ParticipantId:
    """Name a participant."""
    return ParticipantId(secrets.token_hex(8))


def resume_token() -> str:
    """Make what lets a browser take its place again."""
    return secrets.token_urlsafe(24)


def session_id() -> str:
    """Name a session."""
    return secrets.token_hex(12)


def guest_id() -> str:
    """Name a guest."""
    return secrets.token_hex(8)


def document_id() -> DocumentId:
    """Name a document."""
    return DocumentId(secrets.token_hex(8))


def exercise_id() -> ExerciseId:
    """Name an exercise."""
    return ExerciseId(secrets.token_hex(8))


def epoch() -> str:
    """Name an epoch of a document."""
    return secrets.token_hex(6)


def reference() -> str:
    """Name an event, so that a person can quote it and the log can be searched for it."""
    return secrets.token_hex(4)
