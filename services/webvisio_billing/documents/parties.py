"""Who sells and who buys, as a document prints them (clause 1; CGI ann. II 242 nonies A; R123-237 C. com.).

`problems` names what keeps a document from being issued; the validation rules
of the e-invoice catch neither a missing buyer SIREN nor a wrong check digit,
so both are looked at here. Pure.
"""

import re
from typing import Final

import msgspec
from stdnum import iban as iban_number
from stdnum.ch import vat as swiss_vat_number
from stdnum.eu import vat as european_vat_number
from stdnum.gb import vat as british_vat_number

from webvisio_billing.domain.registration import Seller, is_siren
from webvisio_billing.domain.terms import CustomerKind

MAX_LOGO_BYTES: Final = 256 * 1024
FRANCE: Final = "FR"
COUNTRIES: Final = {
    "AT": ("Autriche", "Austria"),
    "BE": ("Belgique", "Belgium"),
    "BG": ("Bulgarie", "Bulgaria"),
    "CH": ("Suisse", "Switzerland"),
    "CY": ("Chypre", "Cyprus"),
    "CZ": ("Tchéquie", "Czechia"),
    "DE": ("Allemagne", "Germany"),
    "DK": ("Danemark", "Denmark"),
    "EE": ("Estonie", "Estonia"),
    "ES": ("Espagne", "Spain"),
    "FI": ("Finlande", "Finland"),
    "FR": ("France", "France"),
    "GB": ("Royaume-Uni", "United Kingdom"),
    "GR": ("Grèce", "Greece"),
    "HR": ("Croatie", "Croatia"),
    "HU": ("Hongrie", "Hungary"),
    "IE": ("Irlande", "Ireland"),
    "IT": ("Italie", "Italy"),
    "LT": ("Lituanie", "Lithuania"),
    "LU": ("Luxembourg", "Luxembourg"),
    "LV": ("Lettonie", "Latvia"),
    "MC": ("Monaco", "Monaco"),
    "MT": ("Malte", "Malta"),
    "NL": ("Pays-Bas", "Netherlands"),
    "PL": ("Pologne", "Poland"),
    "PT": ("Portugal", "Portugal"),
    "RO": ("Roumanie", "Romania"),
    "SE": ("Suède", "Sweden"),
    "SI": ("Slovénie", "Slovenia"),
    "SK": ("Slovaquie", "Slovakia"),
}
"""Where a customer may live, in French and English."""

_OUTSIDE_EU: Final = ("CH", "GB", "MC")
_POSTCODE_OF_FRANCE = re.compile(r"\d{5}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A postal address; `street` and `more` are its lines above the town."""

    street: str = ""
    more: str = ""
    postcode: str = ""
    city: str = ""
    country: str = FRANCE

    def problems(self) -> tuple[str, ...]:
        """Name the fields that are missing or cannot be."""
        wrong = [name for name in ("street", "city") if not getattr(self, name).strip()]
        if self.country not in COUNTRIES:
            wrong.append("country")
        if self.country == FRANCE and not _POSTCODE_OF_FRANCE.fullmatch(self.postcode):
            wrong.append("postcode")
        return tuple(wrong)


class SellerIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operator of the hub, from `seller.toml`. Numbers are kept without spaces."""

    name: str = ""
    legal_form: str = ""
    """With the capital, where the law asks for it: "SAS au capital de 10 000 €"."""
    siren: str = ""
    register: str = ""
    """Where it is registered: "RCS Lyon"; the SIREN is added in print."""
    address: Address = Address()
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    is_vat_on_debits: bool = False
    """The option for the payment of VAT on debits, a mandatory mention (242 nonies A, I, 16°)."""
    early_payment: str = ""
    """Conditions of a discount for early payment (L441-9); empty means that there is none."""
    accent: str = "#1d4ed8"
    """The colour of the printed page's title and rules."""
    logo: bytes = b""
    """PNG, JPEG or SVG."""
    is_demonstration: bool = False
    """Prints a mark on every document: it is worth nothing."""

    def problems(self) -> tuple[str, ...]:
        """Name what keeps documents from being issued; empty when all is well."""
        wrong = list(self.for_the_domain().problems())
        wrong += [f"address.{name}" for name in self.address.problems()]
        if not self.legal_form.strip():
            wrong.append("legal_form")
        if not self.register.strip():
            wrong.append("register")
        if self.iban and not iban_number.is_valid(self.iban):
            wrong.append("iban")
        if self.vat_number and not is_vat_number(self.vat_number, self.siren):
            wrong.append("vat_number")
        if not _COLOUR.fullmatch(self.accent):
            wrong.append("accent")
        return tuple(dict.fromkeys(wrong))

    def for_the_domain(self) -> Seller:
        """Give what the contract's own rules look at before anything is sold (clause 1)."""
        where = self.address
        return Seller(
            name=self.name,
            siren=self.siren,
            address=f"{where.street} {where.postcode} {where.city}".strip(),
            vat_number=self.vat_number,
            iban=self.iban,
        )


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer. `siren` is wanted of a professional in France, `email` of whoever has none."""

    name: str
    kind: CustomerKind
    address: Address = Address()
    siren: str = ""
    vat_number: str = ""
    contact_name: str = ""
    email: str = ""
    order_reference: str = ""
    """The customer's own order number, printed where it was given (L441-9)."""

    @property
    def is_european_business(self) -> bool:
        """Whether a business of another member state owes the VAT itself (art. 283-2 CGI)."""
        is_elsewhere = self.address.country in COUNTRIES and self.address.country not in (
            FRANCE,
            *_OUTSIDE_EU,
        )
        return self.kind is CustomerKind.PROFESSIONAL and is_elsewhere and bool(self.vat_number)

    @property
    def is_french_business(self) -> bool:
        """Whether the law wants a SIREN (242 nonies A, I, 2°, since décret 2022-1299)."""
        return self.kind is CustomerKind.PROFESSIONAL and self.address.country == FRANCE

    def problems(self) -> tuple[str, ...]:
        """Name what is missing or wrong."""
        wrong = [f"address.{name}" for name in self.address.problems()]
        if not self.name.strip():
            wrong.append("name")
        if (self.siren and not is_siren(self.siren)) or (self.is_french_business and not self.siren):
            wrong.append("siren")
        if self.vat_number and not is_vat_number(self.vat_number, self.siren):
            wrong.append("vat_number")
        if not self.siren and not self.email:
            wrong.append("email")
        return tuple(wrong)


def is_vat_number(text: str, siren: str = "") -> bool:
    """Tell whether `text` (with its country, without spaces) is a VAT number; a French one fits the SIREN."""
    if text.startswith(FRANCE) and siren and text[4:] != siren:
        return False
    checks = (european_vat_number, swiss_vat_number, british_vat_number)
    return text == text.upper() and any(check.is_valid(text) for check in checks)
