"""A notebook goes out of a room and in again: as a file, among one's own files, as a hand-out to print.

Claire is in JupyterLab, Zoé on a phone. Played by `make lesson`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from playwright.sync_api import expect

from browser.arrivals import Arrivals
from browser.conftest import NewPage
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.notebooks import add, code_cell, notebook_of, text_cell
from browser.people import Person
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
LESSON, AGAIN = "lecon.ipynb", "revenue.ipynb"
CELLS = (
    text_cell("m0", "# Bonjour la classe"),
    code_cell("c1", "import os\nprint('compte :', os.environ['JUPYTERHUB_USER'])"),
    code_cell("c2", "total = sum(range(10))\ntotal"),
    code_cell("c3", "# la suite"),
)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform that prints, instead of the session's."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(Path(folder), WEBVISIO_PDF_BROWSER="/usr/bin/chromium") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> LabPerson:
    """Claire, with her lesson open, of which a cell has run."""
    person = arrivals.trainer_in_lab()
    add(person, LESSON, notebook_of(*CELLS))
    person.open_document(LESSON)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    person.add_line_and_run(2, "print('somme :', total)")
    expect(person.cell(2)).to_contain_text("somme : 45", timeout=LAB_TIMEOUT_MS)
    expect(person.bar("notebook-state")).to_have_text("Enregistré dans la salle")
    return person


def export(person: Person, name: str, format_: str) -> bytes:
    """Download one of the room's notebooks."""
    person.find("document").filter(has_text=name).get_by_test_id("document-actions").click()
    with person.page.expect_download() as found:
        person.find(f"document-export-{format_}").click()
    return found.value.path().read_bytes()


def test_a_notebook_leaves_the_room_as_a_file_and_comes_in_again(trainer: LabPerson) -> None:
    trainer.show_room()
    taken = export(trainer, LESSON, "ipynb").decode()

    notebook = nbformat.reads(taken, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.cells[2].outputs[0].text.startswith("somme : 45")
    for private in ("Claire", "claire", "trusted", "clientId", "webvisio"):
        assert private not in taken
    add(trainer, AGAIN, taken.encode())
    again = nbformat.reads(export(trainer, AGAIN, "ipynb").decode(), as_version=nbformat.NO_CONVERT)
    assert again == notebook


def test_it_is_copied_among_ones_own_files_and_shared_from_there(trainer: LabPerson) -> None:
    trainer.open_document(LESSON)
    trainer.bar("copy-to-files").click()
    told = trainer.page.locator(".Toastify__toast").filter(has_text="est dans vos fichiers")
    told.get_by_role("button", name="Ouvrir").click()
    own = trainer.page.locator(".jp-NotebookPanel:not(.webvisio-room-notebook):not(.lm-mod-hidden)")
    expect(own).to_contain_text("somme : 45", timeout=LAB_TIMEOUT_MS)

    own.get_by_role("button", name="Partager ce notebook").click()

    expect(trainer.notebook).to_contain_text("somme : 45", timeout=LAB_TIMEOUT_MS)
    trainer.show_room()
    expect(trainer.find("document-open").filter(has_text=LESSON)).to_have_count(2)


def test_a_trainee_takes_the_hand_outs_home(
    trainer: LabPerson, guest: Person, new_page: NewPage, tmp_path: Path
) -> None:
    guest.find("more").click()
    guest.find("more-materials").click()

    (tmp_path / "hand-out.html").write_bytes(export(guest, AGAIN, "html"))
    printed = export(guest, AGAIN, "pdf")

    reader, asked = new_page(), list[str]()
    reader.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    reader.goto((tmp_path / "hand-out.html").as_uri())
    expect(reader.locator("body")).to_contain_text("somme : 45")
    expect(reader.locator("body")).to_contain_text("Bonjour la classe")
    assert set(asked) <= {"file", "data"}, "nothing is fetched from a host"
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 10_000
    assert json.loads(export(guest, AGAIN, "ipynb"))["nbformat"] == 4
