"""What can be wrong with a document or with what a client sends of it.

DocumentError
├── MalformedFrame     a binary frame that is no sync or awareness message
├── MalformedUpdate    a Yjs update that cannot be read
└── ContentInvalid     content that is no notebook, scene or text
"""


class DocumentError(Exception):
    """Base of this package's exceptions."""


class MalformedFrame(DocumentError):  # noqa: N818 - an outcome
    """A binary frame that is no sync or awareness message."""


class MalformedUpdate(DocumentError):  # noqa: N818 - an outcome
    """A Yjs update that cannot be read."""


class ContentInvalid(DocumentError):  # noqa: N818 - an outcome
    """Content that is no notebook, scene or text; the text says what is wrong, without quoting it."""
