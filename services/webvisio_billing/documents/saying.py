"""Writes amounts, rates, days and numbers in French and in English. Pure.

Only characters that our fonts have: the narrow no-break space of French
numbers becomes a plain no-break one.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from webvisio_billing.documents.model import Said, Span

_LOCALES: Final = {"fr": "fr_FR", "en": "en_GB"}
MAX_NAMES: Final = 6
"""More names than this on a line are counted, not listed."""


def amount(amount_minor: int, currency: str, language: str = "fr") -> str:
    """Write an amount of money: "1 200,00 €"."""
    written = format_currency(Decimal(amount_minor) / 100, currency, locale=_LOCALES[language])
    return _plain(written).replace("-", "\u2212")


def percent(rate: Decimal, language: str = "fr") -> str:
    """Write a rate in percent: "20 %", "10,15 %"."""
    number = _plain(format_decimal(rate.normalize(), format="#,##0.##", locale=_LOCALES[language]))
    return f"{number}\u00a0%" if language == "fr" else f"{number}%"


def plain_number(value: Decimal, language: str = "fr") -> str:
    """Write a number without needless digits."""
    return _plain(format_decimal(value.normalize(), format="#,##0.##", locale=_LOCALES[language]))


def long_day(day: date, language: str = "fr") -> str:
    """Write a day with its month in letters: "1er décembre 2026"."""
    written = format_date(day, "d MMMM y", locale=_LOCALES[language])
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def short_day(day: date) -> str:
    """Write a day in figures, as both languages read it in Europe: "01/12/2026"."""
    return day.strftime("%d/%m/%Y")


def days(span: Span) -> Said:
    """Write a span of days, both ends included."""
    if span.first == span.last:
        return Said(f"le {short_day(span.first)}", f"on {short_day(span.first)}")
    return Said(
        f"du {short_day(span.first)} au {short_day(span.last)}",
        f"{short_day(span.first)} to {short_day(span.last)}",
    )


def names(listed: Sequence[str]) -> Said:
    """List names; more than `MAX_NAMES` are counted."""
    shown, rest = list(listed[:MAX_NAMES]), len(listed) - MAX_NAMES
    if rest <= 0:
        return Said(", ".join(shown), ", ".join(shown))
    return Said(f"{', '.join(shown)} et {rest} de plus", f"{', '.join(shown)} and {rest} more")


def grouped(text: str, size: int) -> str:
    """Write a long number in groups, as an IBAN (4) or a SIREN (3) is read."""
    return "\u00a0".join(text[at : at + size] for at in range(0, len(text), size))


def _plain(text: str) -> str:
    return text.replace("\u202f", "\u00a0").replace("\u2009", "\u00a0")
