"""The printed page: any name is printed as it stands, long documents go on, logos are shown or refused."""

import io
import os
import struct
import zlib
from datetime import UTC, datetime

import msgspec
import pytest
from document_samples import BUYER, SELLER, samples
from pypdf import PdfReader

from webvisio_billing.documents.errors import NotMakeable
from webvisio_billing.documents.layout import page_of
from webvisio_billing.documents.model import Document
from webvisio_billing.documents.pdf import Printer

MADE_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PRINTER = Printer()
SAMPLES = dict(samples())
GOOD = SAMPLES["first_invoice"]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 3"><rect width="9" height="3"/></svg>'


def png(width: int, height: int) -> bytes:
    """A white picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff\xff\xff" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def printed(document: Document) -> PdfReader:
    return PdfReader(io.BytesIO(PRINTER.pages(document, MADE_AT)))


def text_of(document: Document) -> str:
    return " ".join(" ".join(page.extract_text() for page in printed(document).pages).split())


def named(name: str) -> Document:
    return msgspec.structs.replace(GOOD, buyer=msgspec.structs.replace(BUYER, name=name))


@pytest.mark.parametrize(
    "name", ['#panic() *x* $a$ \\ [b] "c"', "<script>&amp;", "Ελληνική Εταιρεία", "Ž Ł ő ș"]
)
def test_a_name_is_printed_and_never_understood(name: str) -> None:
    assert name in text_of(named(name))


def test_a_name_that_no_font_has_is_told() -> None:
    with pytest.raises(NotMakeable, match=r"buyer\.characters"):
        printed(named("a\ufdd0b"))


@pytest.mark.parametrize("logo", [png(400, 120), png(40, 400), png(4000, 20), SVG])
def test_a_logo_is_shown(logo: bytes) -> None:
    document = msgspec.structs.replace(GOOD, seller=msgspec.structs.replace(SELLER, logo=logo))

    assert len(printed(document).pages) == 1


def test_a_logo_that_is_no_picture_is_told() -> None:
    seller = msgspec.structs.replace(SELLER, logo=os.urandom(4096))

    with pytest.raises(NotMakeable, match=r"seller\.logo"):
        printed(msgspec.structs.replace(GOOD, seller=seller))


def test_a_long_document_numbers_its_pages_and_repeats_its_head() -> None:
    long = msgspec.structs.replace(GOOD, lines=GOOD.lines * 14)
    pages = [page.extract_text() for page in printed(long).pages]

    assert len(pages) > 1
    for ordinal, page in enumerate(pages, start=1):
        assert f"page {ordinal} sur {len(pages)}" in page
        assert "Désignation" in page and "F2026-000001" in page


@pytest.mark.clause("1", "6.4")
@pytest.mark.parametrize(
    "mention",
    [
        "Facture F2026-000001",
        "31 janvier 2026",
        "31/01/2026 – 27/02/2026",
        "SIREN 732 829 320",
        "TVA FR44732829320",
        "SAS au capital de 10 000 € · RCS Lyon 732 829 320",
        "12 rue de la République",
        "Atelier Lumière",
        "SIREN 552 100 554",
        "TVA FR96552100554",
        "3 quai des Célestins",
        "BC-2026-117",
        "Mise en service",
        "Prix unitaire HT",
        "TVA 20 % sur 315,00 €",
        "Total HT 315,00 €",
        "378,00 €",
        "FR76 3000 6000 0112 3456 7890 189",
        "Nature de l’opération : prestation de services.",
        "Pas d’escompte pour paiement anticipé.",
        "taux d’intérêt légal majoré de 5 points, et au moins 3 fois ce taux (art. L441-10 C. com.)",
        "Indemnité forfaitaire pour frais de recouvrement en cas de retard : 40,00 € (art. D441-5 C. com.).",
    ],
)
def test_an_invoice_prints_every_mandatory_mention(mention: str) -> None:
    assert mention in text_of(GOOD).replace("\u00a0", " ")


def test_the_option_for_debits_and_a_discount_are_printed() -> None:
    seller = msgspec.structs.replace(
        SELLER, is_vat_on_debits=True, early_payment="Escompte de 1 % sous 8 jours."
    )
    told = text_of(msgspec.structs.replace(GOOD, seller=seller))

    assert "d’après les débits" in told and "Escompte de 1 %" in told
    assert "Pas d’escompte" not in told


def test_a_bilingual_page_says_everything_twice() -> None:
    told = text_of(SAMPLES["bilingual_invoice"])

    for english in (
        "Invoice",
        "Date of issue",
        "Amount excl. VAT",
        "Set-up",
        "Amount due",
        "Reference to quote",
    ):
        assert english in told


def test_a_french_page_has_no_english() -> None:
    assert "Amount" not in text_of(GOOD)


def test_a_demonstration_and_a_pro_forma_are_marked_as_worth_nothing() -> None:
    assert "sans aucune valeur" in text_of(SAMPLES["demonstration"])
    assert "n’est pas une facture" in text_of(SAMPLES["pro_forma"])
    assert "sans aucune valeur" not in text_of(GOOD)


def test_a_paid_invoice_asks_for_nothing() -> None:
    told = text_of(SAMPLES["renewal_paid_by_credit"])

    assert "Acquittée" in told and "IBAN" not in told


def test_every_text_of_a_page_is_worded_in_python() -> None:
    page = page_of(GOOD)

    assert page["title"] == ["Facture"]
    assert page["language"] == "fr"
