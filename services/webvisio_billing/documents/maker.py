"""Makes the bytes of a document: check, XML, validation, print, and a look at what came out.

One code path for all kinds; a pro-forma goes the same way but for the XML,
which no machine shall book. Nothing is issued that was not found valid.
"""

import hashlib
from datetime import datetime

import msgspec

from webvisio_billing.documents.archive import check_archive
from webvisio_billing.documents.checks import check
from webvisio_billing.documents.cii import to_cii
from webvisio_billing.documents.model import Document, Kind
from webvisio_billing.documents.pdf import Printer
from webvisio_billing.documents.validation import RuleProcess, Validator


class Made(msgspec.Struct, frozen=True):
    """The exact bytes of a document and their SHA-256."""

    pdf: bytes
    sha256: bytes


class Maker:
    """Makes documents; one at a time. `rest` ends the process that checks the rules."""

    def __init__(self, validator: Validator | None = None, printer: Printer | None = None) -> None:
        self._validator = validator or RuleProcess()
        self._printer = printer or Printer()

    def make(self, document: Document, made_at: datetime) -> Made:
        """Make it; raises `NotMakeable`, `NotValid` or `ValidatorFailed`, and then nothing was made."""
        check(document)
        if document.kind is Kind.PRO_FORMA:
            return _made(self._printer.pages(document, made_at))
        xml = to_cii(document)
        self._validator.check(xml)
        pdf = self._printer.factur_x(document, xml, made_at)
        check_archive(pdf, xml)
        return _made(pdf)

    def rest(self) -> None:
        """Free what is held until the next document."""
        self._validator.close()


def _made(pdf: bytes) -> Made:
    return Made(pdf, hashlib.sha256(pdf).digest())
