"""Reads back what makes an archive file and an e-invoice of a PDF: PDF/A-3's marks and the XML inside.

No validator of the standard (veraPDF) is at hand, so these marks are looked
at one by one: part and conformance in the metadata, an output intent with a
colour profile, every font embedded, the XML as an associated file.
"""

import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from webvisio_billing.documents.errors import NotValid

XML_NAME: Final = "factur-x.xml"


class Marks(msgspec.Struct, frozen=True):
    """What a PDF says of itself."""

    part: str
    conformance: str
    profile: str
    """Of the e-invoice: "EN 16931"."""
    has_output_intent: bool
    is_tagged: bool
    language: str
    relation: str
    """How the XML is associated with the document."""
    xml: bytes
    bare_fonts: int
    """Fonts that are used but not embedded."""
    is_encrypted: bool


def marks(pdf: bytes) -> Marks:
    """Read the marks of a PDF."""
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.root_object
    stream = root.get("/Metadata", DictionaryObject()).get_object()
    metadata = stream.get_data().decode() if isinstance(stream, StreamObject) else ""
    files = [entry.get_object() for entry in root.get("/AF", [])]
    ours = [file for file in files if file.get("/UF") == XML_NAME]
    return Marks(
        part=_said(metadata, "pdfaid:part"),
        conformance=_said(metadata, "pdfaid:conformance"),
        profile=_said(metadata, "fx:ConformanceLevel"),
        has_output_intent=any("/DestOutputProfile" in i.get_object() for i in root.get("/OutputIntents", [])),
        is_tagged=bool(root.get("/MarkInfo", {}).get("/Marked", False)),
        language=str(root.get("/Lang", "")),
        relation=str(ours[0].get("/AFRelationship", "")) if ours else "",
        xml=bytes(ours[0]["/EF"]["/F"].get_object().get_data()) if ours else b"",
        bare_fonts=sum(not _is_embedded(font) for font in _fonts(reader)),
        is_encrypted=reader.is_encrypted,
    )


def check_archive(pdf: bytes, xml: bytes) -> None:
    """Raise `NotValid` where a mark is missing or the XML inside is another."""
    found = marks(pdf)
    wrong = [
        told
        for told, is_well in (
            ("PDF/A part 3 is declared", found.part == "3"),
            ("a conformance is declared", found.conformance in ("A", "B", "U")),
            ("the profile is declared", found.profile == "EN 16931"),
            ("there is an output intent", found.has_output_intent),
            ("the XML is associated data", found.relation == "/Data"),
            ("the XML inside is the one that was validated", found.xml == xml),
            ("all fonts are embedded", found.bare_fonts == 0),
            ("nothing is encrypted", not found.is_encrypted),
        )
        if not is_well
    ]
    if wrong:
        raise NotValid(wrong)


def _said(metadata: str, name: str) -> str:
    """Find a property of the metadata, written as an element or as an attribute."""
    found = re.search(rf"<{name}>([^<]*)</{name}>|{name}=[\"']([^\"']*)", metadata)
    return "" if found is None else (found[1] or found[2] or "").strip()


def _fonts(reader: PdfReader) -> Iterator[DictionaryObject]:
    for page in reader.pages:
        resources = page.get("/Resources", DictionaryObject()).get_object()
        for font in resources.get("/Font", DictionaryObject()).get_object().values():
            yield font.get_object()


def _is_embedded(font: DictionaryObject) -> bool:
    inner = [one.get_object() for one in font.get("/DescendantFonts", [font])]
    files = ("/FontFile", "/FontFile2", "/FontFile3")
    return all(
        any(name in one.get("/FontDescriptor", DictionaryObject()).get_object() for name in files)
        for one in inner
    )
