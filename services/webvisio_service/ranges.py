"""Reads a `Range` header (RFC 9110, 14.1.2 and 14.2). One range; of several, all of the content is sent."""

import re
from dataclasses import dataclass

_one_range = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes `[start, end)` of a content; `is_partial` when they were asked for."""

    start: int
    end: int
    is_partial: bool


def span_of(header: str | None, size_bytes: int) -> Span | None:
    """Tell what is asked for; None when no byte of it exists."""
    whole = Span(0, size_bytes, is_partial=False)
    match = None if header is None else _one_range.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return whole
    first, last = match.groups()
    if first == "":
        length = min(int(last), size_bytes)
        return Span(size_bytes - length, size_bytes, is_partial=True) if length else None
    start = int(first)
    end = min(int(last) + 1, size_bytes) if last else size_bytes
    if last and int(last) < start:
        return whole
    return Span(start, end, is_partial=True) if start < size_bytes else None
