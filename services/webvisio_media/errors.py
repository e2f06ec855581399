"""What can go wrong in the media plane.

MediaError
├── Malformed            bytes that break their format; counted and dropped
├── OfferInvalid         an SDP offer that cannot be answered
└── LimitReached         a named limit of `engine.limits` is reached
"""


class MediaError(Exception):
    """Base of this package's exceptions."""


class Malformed(MediaError, ValueError):  # noqa: N818 - names what the bytes are
    """The bytes break the format that they claim to have."""


class OfferInvalid(MediaError):  # noqa: N818 - an outcome with a name of its own
    """The offer cannot be answered; the text says which part, and holds nothing of a person."""


class LimitReached(MediaError):  # noqa: N818 - an outcome with a name of its own
    """One more does not fit; the text names the limit."""
