"""Integer minor units, exact `Decimal` rates, and the one rounding: HALF_UP to the cent.

Every place that rounds calls `round_half_up` or one of the two shares below,
so a reader finds each rounding by its name.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

EURO = "EUR"

MAX_AMOUNT_MINOR = 100_000_000_00
"""A hundred million euros: more than this on one line is a typing mistake."""

_AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)


def round_half_up(amount: Decimal) -> int:
    """Round an amount in minor units to a whole one, halves away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent_of(amount_minor: int, percent: Decimal) -> int:
    """Take `percent` of an amount, rounded HALF_UP to the cent."""
    return round_half_up(Decimal(amount_minor) * percent / 100)


def share_of(amount_minor: int, part: int, whole: int) -> int:
    """Take `part / whole` of an amount, rounded HALF_UP to the cent; `whole` is positive."""
    return round_half_up(Decimal(amount_minor) * part / whole)


def parse_amount(text: str) -> int | None:
    """Read "120.00" (at most two decimals) as minor units; None where it is no such amount."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    sign, units, cents = match.groups()
    amount_minor = int(units) * 100 + int((cents or "0").ljust(2, "0"))
    return -amount_minor if sign else amount_minor


def format_amount(amount_minor: int) -> str:
    """Write minor units as a decimal string with two places: 12000 is "120.00"."""
    sign = "-" if amount_minor < 0 else ""
    units, cents = divmod(abs(amount_minor), 100)
    return f"{sign}{units}.{cents:02d}"
