"""Reads who sells from `seller.toml`, again whenever the file changes (clause 1).

The file is the operator's: see docs/operator.md. Spaces in numbers are for
their reader; here they go. What is missing stays empty and is told by
`SellerIdentity.problems`; a file that cannot be read is a problem of its own.
"""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from webvisio_billing.documents.errors import NotMakeable
from webvisio_billing.documents.parties import MAX_LOGO_BYTES, Address, SellerIdentity

MAX_FILE_BYTES: Final = 64 * 1024

DEMONSTRATION: Final = """\
# Who sells, as every invoice prints it. This is the DEMONSTRATION's seller, an invented one:
# every document carries a mark, and none is worth anything. Put your own identity here and
# remove the line "demonstration". Documents that wait are made within a minute.
demonstration = true

name = "Démo Visio (exemple)"
legal_form = "SAS au capital de 10 000 €"
siren = "000 000 018"
register = "RCS Exempleville"
vat_number = "FR66 000 000 018"
iban = "FR76 3000 6000 0112 3456 7890 189"
bic = "AGRIFRPP"
email = "facturation@demo.example"
phone = "01 99 00 00 00"
website = "demo.example"

# vat_on_debits = true          # the option for the payment of VAT on debits
# early_payment = "..."         # conditions of a discount for early payment; left out: none
# accent = "#1d4ed8"            # colour of titles and rules
# logo = "logo.png"             # beside this file: PNG, JPEG or SVG, at most 256 kB

[address]
street = "1 rue de l'Exemple"
postcode = "75001"
city = "Paris"
"""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may stand in the file."""

    name: str = ""
    legal_form: str = ""
    siren: str = ""
    register: str = ""
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    vat_on_debits: bool = False
    early_payment: str = ""
    accent: str = "#1d4ed8"
    logo: str = ""
    demonstration: bool = False
    address: Address = Address()


class SellerFile:
    """The operator's file; `read` is cheap while it does not change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: object = None
        self._seller = SellerIdentity()

    @property
    def stamp(self) -> object:
        """Something that changes with the file; None while there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def read(self) -> SellerIdentity:
        """Read the seller; empty without a file. Raises `NotMakeable` where the file or the logo is wrong."""
        stamp = self.stamp
        if stamp is None:
            return SellerIdentity()
        if stamp != self._stamp:
            self._seller = self._load()
            self._stamp = stamp
        return self._seller

    def _load(self) -> SellerIdentity:
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_FILE_BYTES + 1)
            if len(text) > MAX_FILE_BYTES:
                raise NotMakeable(["seller.file"])
            found = msgspec.convert(tomllib.loads(text.decode()), _File)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise NotMakeable(["seller.file"]) from error
        return SellerIdentity(
            name=found.name,
            legal_form=found.legal_form,
            siren=_dense(found.siren),
            register=found.register,
            address=found.address,
            vat_number=_dense(found.vat_number),
            iban=_dense(found.iban),
            bic=_dense(found.bic),
            email=found.email,
            phone=found.phone,
            website=found.website,
            is_vat_on_debits=found.vat_on_debits,
            early_payment=found.early_payment,
            accent=found.accent.lower(),
            logo=self._logo(found.logo),
            is_demonstration=found.demonstration,
        )

    def _logo(self, name: str) -> bytes:
        if not name:
            return b""
        try:
            with (self._path.parent / name).open("rb") as file:
                logo = file.read(MAX_LOGO_BYTES + 1)
        except OSError as error:
            raise NotMakeable(["seller.logo"]) from error
        if not logo or len(logo) > MAX_LOGO_BYTES:
            raise NotMakeable(["seller.logo"])
        return logo


def _dense(text: str) -> str:
    return "".join(text.split())


def put_demonstration_seller(path: Path) -> bool:
    """Write the demonstration's seller, unless there is a file; False where there was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(DEMONSTRATION)
    except FileExistsError:
        return False
    return True
