"""Addresses that a trainer opens for all: only what a browser may be led to without harm."""

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Tell whether `text` is a whole http(s) address, without a password in it or a character that hides."""
    if not text.isprintable() or any(c.isspace() for c in text):
        return False
    try:
        parts = urlsplit(text)
        is_addressed = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_addressed and "@" not in parts.netloc
