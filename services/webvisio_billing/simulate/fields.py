"""Takes typed values out of a mapping, field by field, naming what is wrong with which.

`Fields` remembers what was taken; `finish` refuses what nobody asked for, so
a misspelt field is an error and not a silent default.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Never, TypeVar

from webvisio_billing.domain.money import parse_amount
from webvisio_billing.simulate.errors import Place, ScenarioError
from webvisio_billing.simulate.reading import Tree

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

FIRST_YEAR = 2001
LAST_YEAR = 2199
"""Dates outside are impossible for a contract, and keep calendar arithmetic in bounds."""

MAX_PERCENT = Decimal(1000)


class Fields:
    """The fields of one mapping."""

    def __init__(self, tree: Tree, place: Place) -> None:
        self.place = place
        if not isinstance(tree, dict):
            raise ScenarioError(place, "expected fields (a mapping)")
        self._left = dict(tree)

    def has(self, name: str) -> bool:
        """Tell whether the field is given and not taken yet."""
        return name in self._left

    def fail(self, name: str, problem: str) -> Never:
        """Refuse the field."""
        raise ScenarioError(self.place.at(name), problem)

    def tree(self, name: str) -> Tree | None:
        """Take a field as it is; None where it is missing."""
        return self._left.pop(name, None)

    def text(self, name: str, default: str | None = None) -> str:
        """Take text; without a default the field is needed and not empty."""
        if name not in self._left:
            if default is None:
                self.fail(name, "is missing")
            return default
        value = self._left.pop(name)
        if not isinstance(value, str):
            self.fail(name, "expected text")
        if default is None and not value.strip():
            self.fail(name, "is empty")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Take true or false."""
        return self._read(name, default, "true or false", lambda text: _FLAGS.get(text.lower()))

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Take a whole number between two bounds."""

        def read(text: str) -> int | None:
            is_whole = text.isascii() and text.isdigit() and len(text) < 10
            return int(text) if is_whole and least <= int(text) <= most else None

        return self._read(name, default, f"a whole number from {least} to {most}", read)

    def amount(self, name: str, default: int | None = None) -> int:
        """Take an amount of money ("120.00") as minor units; negative ones are the domain's to refuse."""
        return self._read(name, default, "an amount such as 120.00", parse_amount)

    def percent(self, name: str) -> Decimal:
        """Take a percentage as an exact decimal."""
        return self._read(name, None, "a percentage such as 2.62", _percent)

    def day(self, name: str, default: date | None = None) -> date:
        """Take a date, 2026-11-15."""
        return self._read(name, default, "a date such as 2026-11-15", day_of)

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Take one of an enumeration's values."""
        names = " or ".join(kind)
        return self._read(name, default, names, lambda text: kind(text) if text in list(kind) else None)

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts; empty where the field is missing."""
        return tuple(
            text for text in self._items(name) if isinstance(text, str) or self.fail(name, "expected texts")
        )

    def groups(self, name: str) -> "tuple[Fields, ...]":
        """Take a list of mappings; empty where the field is missing."""
        return tuple(
            Fields(item, self.place.at(f"{name}[{n}]")) for n, item in enumerate(self._items(name), start=1)
        )

    def group(self, name: str) -> "Fields":
        """Take a mapping; an empty one where the field is missing."""
        return Fields(self._left.pop(name, {}), self.place.at(name))

    def names(self) -> tuple[str, ...]:
        """List the fields that nobody has taken, in the order written."""
        return tuple(self._left)

    def finish(self) -> None:
        """Refuse fields that nobody has taken."""
        for name in self._left:
            self.fail(name, "is not a field known here")

    def _items(self, name: str) -> list[Tree]:
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            self.fail(name, "expected a list")
        return value

    def _read(
        self, name: str, default: Value | None, expected: str, read: Callable[[str], Value | None]
    ) -> Value:
        if name not in self._left:
            if default is None:
                self.fail(name, "is missing")
            return default
        text = self._left.pop(name)
        value = read(text.strip()) if isinstance(text, str) else None
        if value is None:
            shown = text if isinstance(text, str) else "a list or a mapping"
            self.fail(name, f"expected {expected}, found {shown!r}")
        return value


def day_of(text: str) -> date | None:
    """Read a date; None where it is none or outside the years a contract can have."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR and len(text) == len("2026-11-15") else None


def _percent(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= MAX_PERCENT and len(text) < 20 else None


_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
