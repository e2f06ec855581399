"""Rooms as HTML in a notebook, in French or English, in the notebook's own colours.

Invariant: every word that comes from the service is escaped, and a link is
shown as a link only when it is http(s).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlsplit

from babel.dates import format_time

from webvisio_protocol.signalling import AttendanceInterval, Locale, MyRoom, RoomState

_WORDS: dict[Locale, dict[str, str]] = {
    "en": {
        "idle": "closed",
        "waiting": "people are waiting",
        "open": "open",
        "lingering": "the trainer has left",
        "cut": "shut by the contract",
        "room": "Room",
        "state": "State",
        "people": "People",
        "link": "Link",
        "name": "Name",
        "guest": "guest",
        "joined": "Joined (UTC)",
        "duration": "Present",
        "here": "here now",
        "nobody": "Nobody has come yet.",
        "none": "You belong to no room.",
    },
    "fr": {
        "idle": "fermée",
        "waiting": "des personnes attendent",
        "open": "ouverte",
        "lingering": "le formateur est parti",
        "cut": "fermée par le contrat",
        "room": "Salle",
        "state": "État",
        "people": "Personnes",
        "link": "Lien",
        "name": "Nom",
        "guest": "invité",
        "joined": "Arrivée (UTC)",
        "duration": "Présence",
        "here": "présent",
        "nobody": "Personne n'est encore venu.",
        "none": "Vous n'appartenez à aucune salle.",
    },
}


def room_html(
    mine: MyRoom, people: Sequence[AttendanceInterval] | None, locale: Locale, now: datetime
) -> str:
    """Show one room; `people` is None for a viewer who may not know who came."""
    words = _WORDS[locale]
    lines = [
        f"<p><strong>{escape(mine.room.name)}</strong> · {_state(mine, locale)} · "
        f"{words['people']}{_colon(locale)} {mine.participants}</p>",
        f"<p>{words['link']}{_colon(locale)} {_link(mine.link)}</p>",
    ]
    if people is not None:
        lines.append(_people_table(people, locale, now) if people else f"<p>{words['nobody']}</p>")
    return f'<div class="webvisio-room">{"".join(lines)}</div>'


def rooms_html(rooms: Sequence[MyRoom], locale: Locale) -> str:
    """Show one's rooms, one a row."""
    words = _WORDS[locale]
    if not rooms:
        return f"<p>{words['none']}</p>"
    head = _row("th", words["room"], words["state"], words["people"], words["link"])
    rows = [
        _row("td", escape(mine.room.name), _state(mine, locale), str(mine.participants), _link(mine.link))
        for mine in rooms
    ]
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _people_table(people: Sequence[AttendanceInterval], locale: Locale, now: datetime) -> str:
    words = _WORDS[locale]
    head = _row("th", words["name"], words["joined"], words["duration"])
    rows = []
    for stay in people:
        guest = f" ({words['guest']})" if stay.is_guest else ""
        duration = _minutes((stay.left_at or now) - stay.joined_at)
        presence = duration if stay.left_at else f"{duration}, {words['here']}"
        joined = format_time(stay.joined_at, "HH:mm", locale=locale)
        rows.append(_row("td", escape(stay.name + guest), joined, escape(presence)))
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _minutes(duration: timedelta) -> str:
    """Tell a duration in whole minutes, rounded down; the same in both languages."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _state(mine: MyRoom, locale: Locale) -> str:
    if mine.refusal is not None:
        return escape(mine.refusal.title)
    return _WORDS[locale][RoomState(mine.room.state).value]


def _link(url: str) -> str:
    text = escape(url)
    if urlsplit(url).scheme not in ("http", "https"):
        return text
    return f'<a href="{text}" target="_blank" rel="noopener">{text}</a>'


def _row(cell: str, *contents: str) -> str:
    return "<tr>" + "".join(f"<{cell}>{content}</{cell}>" for content in contents) + "</tr>"


def _colon(locale: Locale) -> str:
    return "\u00a0:" if locale == "fr" else ":"
