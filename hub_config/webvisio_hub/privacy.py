"""Keeps names, addresses, tokens and invitations out of the hub's log.

JupyterHub logs who asked for what from where. A person becomes a pseudonym
that is stable on this platform (an HMAC with a key of its own), so a log can
be followed without telling who it is about; an address becomes `-`.
"""

import hashlib
import hmac
import ipaddress
import logging
import re
from collections import OrderedDict
from functools import cache
from typing import Final
from urllib.parse import unquote

from webvisio_hub.settings import required

MAX_NAMES: Final = 50_000
_WORD: Final = re.compile(r"[\w.@+-]+")
_PEOPLE: Final = re.compile(r"(/users?/|\bUser: )([^/\s?'\"()]+)")
"""Where a name stands even before the hub has told us of the person."""
_SECRET_PATHS: Final = re.compile(r"(/invitation/|/r/)[A-Za-z0-9_-]+")
_SECRET_VALUES: Final = re.compile(r"\b(token|code|state|_xsrf|key|secret)=[^&\s\"']+", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})(?![\w.:])"
)
_PSEUDONYM: Final = "person-"
_UNRELATED: Final = frozenset(
    {"hub", "user", "users", "admin", "services", "rooms", "billing", "api", "login"}
)
"""Words of every log line: a person with such a name is hidden only where it stands for a person."""


class Discretion(logging.Filter):
    """Rewrites every record that passes."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key.encode()
        self._names: OrderedDict[str, str] = OrderedDict()

    def learn(self, name: str) -> None:
        """Take note of a person's name, so that it is hidden from now on."""
        self._names.pop(name, None)
        self._names[name] = self.pseudonym(name)
        while len(self._names) > MAX_NAMES:
            self._names.popitem(last=False)

    def pseudonym(self, name: str) -> str:
        return _PSEUDONYM + hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:8]

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide what is private in a record; it always passes."""
        record.msg = self.hide(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = self.hide(logging.Formatter().formatException(record.exc_info))
        return True

    def hide(self, text: str) -> str:
        """Replace names, addresses and secrets in a text."""
        text = _SECRET_PATHS.sub(r"\1[secret]", text)
        text = _SECRET_VALUES.sub(r"\1=[secret]", text)
        text = _ADDRESS.sub(_hide_address, text)
        text = _PEOPLE.sub(lambda match: match[1] + self._always(match[2]), text)
        return _WORD.sub(self._hide_name, text)

    def _always(self, name: str) -> str:
        return name if name.startswith(_PSEUDONYM) else self.pseudonym(unquote(name))

    def _hide_name(self, match: re.Match[str]) -> str:
        word = match[0]
        name, at, rest = word.partition("@")
        if at and name in self._names:
            return f"{self._names[name]}@{rest}"
        if word in self._names and (word not in _UNRELATED or _stands_for_person(match)):
            return self._names[word]
        return word


@cache
def discretion() -> Discretion:
    """The hub's one filter; its key comes from the environment."""
    return Discretion(required("WEBVISIO_PSEUDONYM_KEY"))


def _stands_for_person(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 16) : match.start()].lower()
    return before.endswith(("/user/", "/users/", "user ", "(", "in: ", "out: ", "for '", "user '"))


def _hide_address(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return match[0]
    return match[0] if address.is_loopback or address.is_unspecified else "-"
