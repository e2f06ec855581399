"""Who was in a session and when: half-open intervals in UTC.

An interval opens when a person comes in and closes when they leave, are
removed, lose their connection for good (at the moment it was lost), or the
session is cut. One that was still open when the service stopped is closed at
the last instant the service is known to have lived.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webvisio_protocol.identifiers import Role


@dataclass(frozen=True, slots=True)
class Stay:
    """One interval of one person; `left_at` is None while they are there."""

    person: str
    name: str
    role: Role
    is_guest: bool
    joined_at: datetime
    left_at: datetime | None = None


def close_orphan(stay: Stay, last_seen_at: datetime) -> Stay:
    """Close an interval that a crash left open; never before it began."""
    if stay.left_at is not None:
        return stay
    return replace(stay, left_at=max(stay.joined_at, last_seen_at))


def merge(stays: Iterable[Stay], gap_s: float) -> tuple[Stay, ...]:
    """Join the intervals of a person that are at most `gap_s` apart; ordered by joining.

    A reload or a restart of the service is no absence. The name and role of
    the later interval stand.
    """
    merged: list[Stay] = []
    latest: dict[str, int] = {}
    for stay in sorted(stays, key=lambda s: s.joined_at):
        index = latest.get(stay.person)
        if index is not None:
            before = merged[index]
            if before.left_at is None or stay.joined_at - before.left_at <= timedelta(seconds=gap_s):
                merged[index] = replace(
                    stay, joined_at=before.joined_at, left_at=_later(before.left_at, stay.left_at)
                )
                continue
        latest[stay.person] = len(merged)
        merged.append(stay)
    return tuple(merged)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)
