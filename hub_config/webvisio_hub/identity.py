"""The identity that JupyterLab shows of a person: name, initials, a colour of their own. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Final

PALETTE: Final = (
    "#1565c0", "#ad1457", "#2e7d32", "#6a1b9a", "#c2410c", "#00695c",
    "#4527a0", "#9a3412", "#0e7490", "#a21caf", "#4d7c0f", "#b91c1c",
)  # fmt: skip
"""Each has a contrast of at least 4.5 with white text."""


def user_info_of(
    name: str, display_name: str | None, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Complete what an identity provider told (`known`) into JupyterHub's `user_info`."""
    shown = display_name or (known or {}).get("display_name") or (known or {}).get("name") or name
    info = {"name": shown, "display_name": shown, "initials": initials_of(shown), "color": color_of(name)}
    return info | {key: value for key, value in (known or {}).items() if value}


def initials_of(shown: str) -> str:
    """Take the first letters of the first and the last word."""
    words = [word for word in shown.replace("-", " ").replace(".", " ").split() if word]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [shown[:2]]
    return "".join(letters).upper()


def color_of(name: str) -> str:
    """Pick a colour that stays the same for a name."""
    return PALETTE[hashlib.sha256(name.encode()).digest()[0] % len(PALETTE)]
