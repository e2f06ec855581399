"""Folder names for people, safe in a file system and never shared by two."""

import hashlib
import re
from typing import Final

_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


def folder_name(name: str) -> str:
    """Name a person's folder: the name itself where it is plain, else a readable part and a hash."""
    if _PLAIN.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:32]
    return f"{readable}.{hashlib.sha256(name.encode()).hexdigest()[:12]}"
