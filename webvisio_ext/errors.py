"""Errors of the Python `Room`.

WebVisioError
├── RoomsUnavailable   the rooms service is not configured, or does not answer
├── RoomUnknown        no such room among those of the person
└── RoomRefused        the service refused; `code` and `remedy` say why
"""


class WebVisioError(Exception):
    """Base of everything this package raises on purpose."""


class RoomsUnavailable(WebVisioError):  # noqa: N818 - a state of the service, not a mistake of the caller
    """The rooms service is not configured here, or did not answer."""


class RoomUnknown(WebVisioError):  # noqa: N818 - as above
    """No such room among those that the person belongs to."""


class RoomRefused(WebVisioError):  # noqa: N818 - as above
    """The service refused a request, in words for the reader."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(" ".join(part for part in (message, remedy) if part))
        self.code = code
        self.remedy = remedy
