"""What can go wrong with stored content.

FileFault
├── ContentDestroyed   the key is gone, and the content with it
├── ContentDamaged     what lies on disk is not what was written
└── ScannerAway        the virus scanner does not answer
"""


class FileFault(Exception):  # noqa: N818 - the tree is drawn above
    """Base of this package's exceptions."""


class ContentDestroyed(FileFault):
    """The customer's key was destroyed."""


class ContentDamaged(FileFault):
    """A chunk does not authenticate, or is missing."""


class ScannerAway(FileFault):
    """clamd cannot be reached or answers nonsense."""
