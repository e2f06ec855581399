"""The terms that customers accept: their whole text, kept under its hash for as long as anybody may ask (6.3).

The operator's text is a file named by `WEBVISIO_TERMS`; its name without the
ending is the version. Without it, the text that comes with the platform
counts. Each start puts the text in force into `WEBVISIO_HOME/terms`, one file
a hash, and never changes one that is there: what was accepted years ago is
still shown to whoever accepted it, or not at all where its bytes have changed.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from webvisio_billing.application.policy import PolicyInvalid

MAX_TERMS_BYTES: Final = 256 * 1024
MAX_VERSION_CHARACTERS: Final = 32
OWN_TERMS: Final = Path(__file__).parents[1] / "terms" / "2026-01.txt"


class TermsText(msgspec.Struct, frozen=True):
    """A version of the terms; `sha256` is of the file's bytes."""

    version: str
    text: str
    sha256: str

    @property
    def title(self) -> str:
        """Give the first line."""
        return self.text.strip().partition("\n")[0].strip()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """List what follows the title, line by line."""
        lines = (line.strip() for line in self.text.strip().splitlines()[1:])
        return tuple(line for line in lines if line)


def terms_in_force(environment: Mapping[str, str]) -> TermsText:
    """Read the terms of new orders; raises `PolicyInvalid`."""
    path = Path(environment.get("WEBVISIO_TERMS") or OWN_TERMS)
    try:
        data = path.read_bytes()
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyInvalid(f"WEBVISIO_TERMS: {path} cannot be read as text in UTF-8") from error
    if not text.strip() or len(data) > MAX_TERMS_BYTES or len(path.stem) > MAX_VERSION_CHARACTERS:
        raise PolicyInvalid(
            f"WEBVISIO_TERMS: {path} must hold text, at most {MAX_TERMS_BYTES // 1024} kB, "
            f"under a name of at most {MAX_VERSION_CHARACTERS} characters"
        )
    return TermsText(path.stem, text, hashlib.sha256(data).hexdigest())


class TermsShelf:
    """All texts that were ever in force, by hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, terms: TermsText) -> None:
        """Put a text on the shelf; one that is there stays as it is."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError), (self._folder / f"{terms.sha256}.txt").open("xb") as file:
            file.write(terms.text.encode())

    def text(self, version: str, sha256: str) -> TermsText | None:
        """Find a text by the hash that a contract names; None where it is not here as it was."""
        if not (len(sha256) == 64 and sha256.isalnum() and sha256.isascii()):
            return None
        try:
            data = (self._folder / f"{sha256}.txt").read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            return None
        return TermsText(version, data.decode(), sha256)
