"""What a room does not take, as a person reads it on the screen: too much, too dangerous, not what it says.

Claire and Zoé are on the plain page, Amina in JupyterLab. The virus scanner is
one that speaks clamd's own protocol; the contract may store 1 GB. Played by
`make lesson`.
"""

import base64
import gzip
import io
import socketserver
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from pycrdt import Array, Doc, Map, Text

from browser.arrivals import Arrivals
from browser.conftest import NewPage
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.materials import do, fetched, file_of, give
from browser.notebooks import add, choose, code_cell, notebook_of, shown, text_cell
from browser.people import KEEP_SOCKETS, Person
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
LESSON = "piege.ipynb"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PASTED_MIB = 200
ATTACK = "window.top.__owned = 1"
HOSTILE = (
    f"<p>résultat</p><script>{ATTACK}</script><img src='/x' onerror='{ATTACK}'>"
    f"<iframe srcdoc='<script>{ATTACK}</script>'></iframe><svg onload='{ATTACK}'></svg>"
)
SVG = (
    f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='{ATTACK}'><script>{ATTACK}</script>"
    f"<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='/x' onerror='{ATTACK}'/></foreignObject></svg>"
)
OUTPUTS = [
    {"output_type": "display_data", "metadata": {}, "data": {kind: content}}
    for kind, content in (
        ("text/html", HOSTILE),
        ("image/svg+xml", SVG),
        ("application/javascript", ATTACK),
        ("text/markdown", HOSTILE),
    )
]


class Clamd(socketserver.StreamRequestHandler):
    """A virus scanner that answers INSTREAM as clamd does."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while (length := struct.unpack("!I", self.rfile.read(4))[0]) > 0:
            content += self.rfile.read(length)
        found = EICAR in content
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if found else b"stream: OK\0")


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform with a scanner and little place, instead of the session's."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as clamd,
    ):
        Thread(target=clamd.serve_forever, daemon=True).start()
        address = f"tcp:127.0.0.1:{clamd.server_address[1]}"
        try:
            with Platform.started(
                Path(folder), WEBVISIO_CLAMD=address, WEBVISIO_FILES_QUOTA_GB="1"
            ) as running:
                yield running
        finally:
            clamd.shutdown()


@pytest.fixture(scope="module")
def trainer(trainer: Person) -> Person:
    """Claire, with a notebook in which everybody writes, and whose outputs attack whoever looks at them."""
    trainer.find("materials-toggle").click()
    cell = code_cell("c0", "1", metadata={"trusted": True}, outputs=OUTPUTS, execution_count=1)
    add(trainer, LESSON, notebook_of(cell, text_cell("m0", HOSTILE)))
    row = trainer.find("document").filter(has_text=LESSON)
    row.get_by_test_id("document-actions").click()
    trainer.find("document-rule-all_write").click()
    row.get_by_test_id("document-open").click()
    trainer.find("present").click()
    return trainer


@pytest.fixture(scope="module")
def guest(arrivals: Arrivals, trainer: Person) -> Person:
    """Zoé, on a phone whose lines a test can send on."""
    return arrivals.on_a_phone("Zoé", KEEP_SOCKETS)


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: Person) -> LabPerson:
    """Amina, in JupyterLab."""
    person = arrivals.in_lab("amina")
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


def is_unharmed(page: Page) -> None:
    """Wait until a picture that is not there was asked for, as the attack's; nothing of it has run then."""
    page.evaluate(
        """() => new Promise(done => {
          const picture = new Image();
          picture.onerror = () => setTimeout(done, 100);
          picture.src = '/nowhere';
        })"""
    )
    assert page.evaluate("window.__owned ?? null") is None


def fill_the_clipboard(person: Person) -> None:
    """Copy more text than anybody reads."""
    person.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.page.bring_to_front()
    person.page.evaluate(f"navigator.clipboard.writeText('x'.repeat({PASTED_MIB} * 1024 * 1024))")


# ---- what others wrote runs nowhere ----------------------------------------------------


def test_hostile_outputs_run_nothing_on_the_plain_page(trainer: Person, guest: Person) -> None:
    for person in (trainer, guest):
        expect(person.find("notebook")).to_contain_text("résultat")
        is_unharmed(person.page)


def test_hostile_outputs_run_nothing_in_jupyterlab_whatever_the_document_says_of_trust(
    guest: Person, trainee: LabPerson
) -> None:
    expect(trainee.cell(0)).to_contain_text("résultat")
    is_unharmed(trainee.page)

    guest.page.evaluate(
        """frame => {
          const bytes = Uint8Array.from(atob(frame), letter => letter.charCodeAt(0));
          window.__sockets.filter(one => one.url.includes('/documents/') && one.readyState === 1)
            .forEach(line => line.send(bytes));
        }""",
        smuggled(),
    )

    expect(trainee.notebook.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    expect(trainee.cell(2)).to_contain_text("résultat")
    is_unharmed(trainee.page)


def smuggled() -> str:
    """Make a cell that says it is trusted, as a frame in base64: what a patched page would send."""
    doc: Doc[Array[Map[object]]] = Doc()
    doc["cells"] = cells = Array[Map[object]]()
    outputs = Array[object](OUTPUTS)
    cell = {"id": "s", "cell_type": "code", "source": Text("1"), "execution_count": 1.0, "outputs": outputs}
    cells.append(Map({**cell, "metadata": Map({"trusted": True})}))
    update = doc.get_update()
    length, rest = b"", len(update)
    while rest > 127:
        length, rest = length + bytes([rest & 127 | 128]), rest >> 7
    return base64.b64encode(b"\0\2" + length + bytes([rest]) + update).decode()


def test_a_hand_out_brings_no_script_along(trainer: Person, new_page: NewPage, tmp_path: Path) -> None:
    trainer.find("document").filter(has_text=LESSON).get_by_test_id("document-actions").click()
    with trainer.page.expect_download() as found:
        trainer.find("document-export-html").click()

    found.value.save_as(tmp_path / "hand-out.html")
    reader = new_page()
    reader.goto((tmp_path / "hand-out.html").as_uri())

    expect(reader.locator("body")).to_contain_text("résultat")
    is_unharmed(reader)


# ---- too much --------------------------------------------------------------------------


def test_more_than_anybody_reads_is_not_pasted_and_nothing_is_lost(trainer: Person) -> None:
    trainer.find("add-note").click()
    trainer.find("note-source").fill("déjà écrit")
    trainer.find("chat-toggle").click()
    trainer.find("chat-input").fill("déjà dit")
    fill_the_clipboard(trainer)

    for field in ("note-source", "chat-input"):
        before = trainer.find(field).input_value()
        trainer.find(field).press("Control+v")
        told = trainer.find("toast").filter(has_text="Trop long pour être collé")
        expect(told).to_contain_text("209 715 200 caractères")
        told.get_by_role("button").click()
        expect(trainer.find(field)).to_have_value(before)
    trainer.find("materials-toggle").click()
    trainer.find("document-open").filter(has_text=LESSON).click()
    shown(trainer, "c0").get_by_test_id("cell-edit").click()
    shown(trainer, "c0").get_by_test_id("cell-source").press("Control+v")
    expect(trainer.find("toast").filter(has_text="Trop long")).to_be_visible()
    expect(shown(trainer, "c0").get_by_test_id("cell-source")).to_have_value("1")
    shown(trainer, "c0").get_by_test_id("cell-source").press("Escape")
    expect(trainer.find("notebook-state")).to_have_text("Enregistré dans la salle")


def test_nor_in_jupyterlab(trainee: LabPerson) -> None:
    fill_the_clipboard(trainee)
    trainee.editor(0).click()
    trainee.page.keyboard.press("Control+v")

    expect(trainee.page.locator(".Toastify__toast")).to_contain_text("Trop long pour être collé")
    expect(trainee.editor(0)).to_have_text("1")
    expect(trainee.bar("notebook-state")).to_have_text("Enregistré dans la salle")


def test_a_file_beyond_the_contracts_place_or_the_largest_is_refused_before_it_is_sent(
    trainer: Person, tmp_path: Path
) -> None:
    for name, size, told in (
        ("film.mkv", 1_200_000_000, "L’espace de stockage est plein"),
        ("disque.img", 2_100_000_000, "Le fichier est trop volumineux"),
    ):
        with (tmp_path / name).open("wb") as sparse:
            sparse.truncate(size)
        trainer.find("file-input").set_input_files(tmp_path / name)
        is_refused(trainer, name, told)


def is_refused(person: Person, name: str, told: str) -> None:
    """Wait until an upload is refused in these words, and put it away."""
    upload = person.find("upload").filter(has_text=name)
    expect(upload).to_have_attribute("data-state", "refused")
    expect(upload).to_contain_text(told)
    upload.get_by_test_id("upload-cancel").click()
    expect(upload).to_have_count(0)
    expect(file_of(person, name)).to_have_count(0)


# ---- not what it says ------------------------------------------------------------------


def test_what_the_virus_scanner_finds_is_not_kept(trainer: Person) -> None:
    give(trainer, "lettre.txt", b"Bonjour, " + EICAR)
    is_refused(trainer, "lettre.txt", "L’antivirus a trouvé quelque chose")
    give(trainer, "lettre.txt", b"Bonjour")
    expect(file_of(trainer, "lettre.txt")).to_be_visible()


def test_an_archive_that_would_burst_is_never_unpacked(trainer: Person, guest: Person) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200_000_000))
    give(trainer, "bombe.zip", bomb.getvalue())
    expect(file_of(trainer, "bombe.zip")).to_contain_text("ko")
    assert fetched(trainer, "bombe.zip") == bomb.getvalue()
    give(trainer, "bombe.ipynb", gzip.compress(bytes(10_000_000)))
    is_refused(trainer, "bombe.ipynb", "Ce fichier n’est pas accepté")
    choose(trainer, "bombe.ipynb", gzip.compress(bytes(10_000_000)))
    expect(trainer.find("materials-notebooks").get_by_role("alert")).to_be_visible()
    deep = b'{"nbformat":4,"nbformat_minor":5,"metadata":{"a":' + b"[" * 3000 + b"]" * 3000 + b'},"cells":[]}'
    choose(trainer, "profond.ipynb", deep)
    expect(trainer.find("materials-problem")).to_be_visible()
    expect(trainer.find("document-open").filter(has_text="profond")).to_have_count(0)


def test_a_name_leads_nowhere_else(trainer: Person) -> None:
    do(trainer, "lettre.txt", "file-change")
    trainer.find("file-name").fill("../../etc/passwd")
    trainer.find("file-save").click()
    expect(trainer.find("files-problem")).to_contain_text("nom")
    expect(file_of(trainer, "lettre.txt")).to_be_visible()
    trainer.find("file-add").click()
    trainer.find("folder-new").click()
    trainer.find("folder-name").fill("../ailleurs")
    trainer.find("folder-save").click()
    expect(trainer.find("files-problem")).to_contain_text("nom")
    expect(trainer.find("folder")).to_have_count(0)
    give(trainer, "..\\..\\secret.txt", b"a name that Windows would follow")
    is_refused(trainer, "secret.txt", "nom")
