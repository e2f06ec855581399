"""A notebook printed as PDF by a real browser, as `WEBVISIO_PDF_BROWSER` asks; skipped where there is none."""

import io
import shutil
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from webvisio_protocol.documents import DocumentId, DocumentKind, DocumentRule
from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.application.document_exports import PDF_BROWSER, exported, may_print
from webvisio_rooms.storage.document_records import DocumentRecord

CHROMIUM = shutil.which("chromium")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
RECORD = DocumentRecord(
    DocumentId("d"),
    RoomId("r"),
    DocumentKind.NOTEBOOK,
    "séance.ipynb",
    DocumentRule.MODERATORS_WRITE,
    "epoch",
    NOW,
    NOW,
    0,
)
TRACKER = "<img src='http://tracker.invalid/seen.png'>"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser to print with")


async def test_what_was_written_and_what_came_out_are_on_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PDF_BROWSER, CHROMIUM or "")
    output = {"output_type": "stream", "name": "stdout", "text": "Température moyenne : 12,5 °C\n"}
    content = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": f"# Première leçon\n\n{TRACKER}"},
            {
                "cell_type": "code",
                "id": "b",
                "metadata": {},
                "source": "print(f'Température moyenne : {moyenne} °C')",
                "execution_count": 1,
                "outputs": [output],
            },
        ],
    }

    assert may_print()
    made = await exported(RECORD, content, "pdf", "fr")

    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made.data)).pages)
    assert (made.name, made.content_type) == ("séance.pdf", "application/pdf")
    assert "Première leçon" in text
    assert "Température moyenne : 12,5 °C" in text
