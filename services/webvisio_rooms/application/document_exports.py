"""Documents as files: the notebook itself, a page, a printout; a scene; Markdown.

HTML is made by nbconvert in a process of its own; PDF is that page printed by
the browser that `WEBVISIO_PDF_BROWSER` names, and is unavailable without one.
"""

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from webvisio_protocol.documents import DocumentKind
from webvisio_protocol.refusals import Refusal, RefusalCode, Refused
from webvisio_protocol.signalling import Locale
from webvisio_rooms.documents import contents
from webvisio_rooms.storage.document_records import DocumentRecord

MAX_CONVERSIONS = 2
"""Conversions at once; each takes a core for a second or two."""
MAX_WAITING = 20
PATIENCE_S = 60.0
PDF_BROWSER = "WEBVISIO_PDF_BROWSER"
NO_BROWSER = {
    "en": "the operator has named no browser that prints",
    "fr": "l'exploitant n'a indiqué aucun navigateur qui imprime",
}
_slots = asyncio.Semaphore(MAX_CONVERSIONS)
_waiting = 0


@dataclass(frozen=True, slots=True)
class Export:
    """A file to hand over."""

    name: str
    content_type: str
    data: bytes


def may_print() -> bool:
    """Tell whether the operator named a browser that prints."""
    return bool(os.environ.get(PDF_BROWSER))


async def exported(record: DocumentRecord, content: contents.Content, format_: str, locale: Locale) -> Export:
    """Export a document's content; raises `Refused`."""
    stem = record.name.removesuffix(contents.SUFFIXES[record.kind])
    match record.kind, format_:
        case DocumentKind.NOTEBOOK, "ipynb" | "":
            data = json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
            return Export(f"{stem}.ipynb", "application/x-ipynb+json", data)
        case DocumentKind.NOTEBOOK, "html":
            return Export(f"{stem}.html", "text/html; charset=utf-8", await _html(content, stem))
        case DocumentKind.NOTEBOOK, "pdf":
            browser = os.environ.get(PDF_BROWSER)
            if not browser:
                raise _unavailable(NO_BROWSER[locale])
            return Export(f"{stem}.pdf", "application/pdf", await _pdf(browser, await _html(content, stem)))
        case DocumentKind.BOARD, "excalidraw" | "":
            return Export(f"{stem}.excalidraw", "application/json", json.dumps(content).encode())
        case DocumentKind.NOTE, "md" | "":
            return Export(f"{stem}.md", "text/markdown; charset=utf-8", str(content).encode())
        case _:
            raise _unavailable(format_[:20])


def _unavailable(detail: str) -> Refused:
    return Refused(Refusal(RefusalCode.EXPORT_UNAVAILABLE, details={"detail": detail}))


async def _html(content: contents.Content, title: str) -> bytes:
    command = (sys.executable, "-m", "webvisio_rooms.documents.convert", title)
    return await _converted(command, json.dumps(content).encode())


async def _pdf(browser: str, html: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        page, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_bytes(html)
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            page.as_uri(),
        ]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium has none for root
        await _converted(command, b"")
        if not target.is_file():
            raise _unavailable("PDF")
        return target.read_bytes()


async def _converted(command: "tuple[str, ...] | list[str]", given: bytes) -> bytes:
    """Run a converter on its turn, for `PATIENCE_S` at most; returns what it wrote."""
    global _waiting
    if _waiting >= MAX_WAITING:
        raise Refused(Refusal(RefusalCode.RATE_LIMITED))
    _waiting += 1
    try:
        async with _slots:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                out, _ = await asyncio.wait_for(process.communicate(given), PATIENCE_S)
            except TimeoutError as error:
                process.kill()
                await process.wait()
                raise _unavailable("time") from error
    finally:
        _waiting -= 1
    if process.returncode != 0:
        raise Refused(Refusal(RefusalCode.DOCUMENT_INVALID))
    return out
