"""SIREN numbers and the seller's identity (clause 1).

No invoice may be issued while the seller is incomplete or its SIREN fails
the Luhn check; the same check is made on a buyer's SIREN.
"""

import msgspec

SIREN_DIGITS = 9


def is_siren(text: str) -> bool:
    """Tell whether `text` is nine digits whose Luhn sum is a multiple of ten."""
    if len(text) != SIREN_DIGITS or not (text.isascii() and text.isdigit()) or text == "0" * SIREN_DIGITS:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(text))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells: from configuration, printed on every invoice."""

    name: str = ""
    siren: str = ""
    address: str = ""
    vat_number: str = ""
    iban: str = ""

    def problems(self) -> tuple[str, ...]:
        """Name the fields that keep invoices from being issued; empty when all is well."""
        fields = ("name", "siren", "address", "vat_number", "iban")
        missing = [name for name in fields if not getattr(self, name).strip()]
        if self.siren and not is_siren(self.siren):
            missing.append("siren")
        return tuple(missing)
