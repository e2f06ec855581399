"""Makers for tests: the real printer; the rules real, or whatever a test wants them to say."""

from pathlib import Path

from webvisio_billing.documents.errors import NotValid, ValidatorFailed
from webvisio_billing.documents.maker import Maker
from webvisio_billing.documents.pdf import Printer
from webvisio_billing.documents.seller_file import DEMONSTRATION, SellerFile
from webvisio_billing.storage.registry import BillingDetails

DETAILS = BillingDetails(street="3 quai de l'Exemple", postcode="69002", city="Lyon")
SIREN = "000000026"
PRINTER = Printer()
"""One for all tests: its fonts are read once."""


class Verdicts:
    """Rules that say in turn what the test wants; good when nothing is left."""

    def __init__(self, *said: str) -> None:
        self._said = list(said)
        self.is_closed = False

    def check(self, xml: bytes) -> None:
        match self._said.pop(0) if self._said else "good":
            case "bad":
                raise NotValid([f"BR-CO-15 about {xml[:10]!r}"])
            case "none":
                raise ValidatorFailed("no verdict")

    def close(self) -> None:
        self.is_closed = True


def maker(*verdicts: str) -> Maker:
    """A maker whose rules say this."""
    return Maker(Verdicts(*verdicts), PRINTER)


def seller_file(folder: Path, text: str = DEMONSTRATION) -> SellerFile:
    """The demonstration's seller, or another text."""
    path = folder / "seller.toml"
    path.write_text(text, encoding="utf-8")
    return SellerFile(path)
