"""Prints a document as PDF/A-3 and puts its XML inside: Factur-X.

Typst sets the page (PDF/A-3, tagged for screen readers); the `factur-x`
library embeds the XML and writes the metadata that say so. `markers` reads
back what makes an archive file of it.
"""

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Final

import typst
from facturx import generate_from_binary

from webvisio_billing.documents.errors import NotMakeable
from webvisio_billing.documents.layout import Page, page_of
from webvisio_billing.documents.model import Document
from webvisio_billing.documents.wording import TITLES

PDF_STANDARD: Final = "a-3a"
CREATOR: Final = "Web Visio"
_HERE: Final = Path(__file__).parent

# the library tells the file's name and, in errors, the whole XML
logging.getLogger("factur-x").setLevel(logging.CRITICAL)


class Printer:
    """Sets pages; fonts are read once. Our own come first; the machine's serve for characters they lack."""

    def __init__(self) -> None:
        fonts = typst.Fonts(font_paths=[str(_HERE / "fonts")])
        self._compiler = typst.Compiler(input=str(_HERE / "invoice.typ"), root=str(_HERE), font_paths=fonts)

    def pages(self, document: Document, made_at: datetime) -> bytes:
        """Set the pages, without XML: all that a pro-forma gets.

        Raises `NotMakeable` where no font has a character of a name.
        """
        page: Page = page_of(document)
        if document.seller.logo:
            page["logo"] = list(document.seller.logo)
        try:
            printed = self._compiler.compile(
                format="pdf",
                sys_inputs={"page": json.dumps(page)},
                pdf_standards=[PDF_STANDARD],
                timestamp=made_at.replace(microsecond=0),
            )
        except typst.TypstError as error:
            if "logo" in page and "image" in f"{error.message} {error.diagnostic}":
                raise NotMakeable(["seller.logo"]) from error
            if "could not be displayed" in f"{error.message} {error.diagnostic}":
                raise NotMakeable(["buyer.characters"]) from error
            raise
        assert isinstance(printed, bytes)
        return printed

    def factur_x(self, document: Document, xml: bytes, made_at: datetime) -> bytes:
        """Set the pages and embed the XML, which has been validated."""
        title = f"{document.seller.name} : {TITLES[document.kind].fr.lower()} {document.number}"
        made: bytes = generate_from_binary(
            self.pages(document, made_at),
            xml,
            flavor="factur-x",
            level="en16931",
            check_xsd=False,
            check_schematron=False,
            pdf_metadata={
                "author": document.seller.name,
                "keywords": "Factur-X",
                "title": title,
                "subject": f"{title}, {document.issued_on.isoformat()}",
            },
            lang="fr-FR",
            afrelationship="data",
        )
        return made
