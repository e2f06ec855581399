"""A notebook goes out of a room and in again: as a file, among one's own files, as a hand-out to print.

Claire is in JupyterLab, Zoé on a phone. Played by `make lesson`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from playwright.sync_api import FilePayload, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.test_notebooks_survive import open_document
from browser.test_shared_notebooks import LAB_TIMEOUT_MS, LESSON, LabPerson, lesson
from browser.test_working_together import write
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
AGAIN = "revenue.ipynb"


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform that prints, instead of the session's."""
    with (
        TemporaryDirectory(prefix="webvisio-", ignore_cleanup_errors=True) as folder,
        Platform.started(Path(folder), WEBVISIO_PDF_BROWSER="/usr/bin/chromium") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> LabPerson:
    """Claire, with her lesson open, of which a cell has run."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "claire")
    person.is_in()
    person.find("materials-toggle").click()
    choose(person, LESSON, lesson())
    open_document(person, LESSON)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    write(person, 2, "print('somme :', total)")
    expect(person.cell(2)).to_contain_text("somme : 45", timeout=LAB_TIMEOUT_MS)
    expect(person.bar("notebook-state")).to_have_text("Enregistré dans la salle")
    return person


def choose(person: Person, name: str, content: str) -> None:
    """Put a notebook into the room."""
    file = FilePayload(name=name, mimeType="application/json", buffer=content.encode())
    person.find("add-notebook-file").set_input_files([file])
    expect(person.find("document-open").filter(has_text=name)).to_be_visible()


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
    choose(trainer, AGAIN, taken)
    again = nbformat.reads(export(trainer, AGAIN, "ipynb").decode(), as_version=nbformat.NO_CONVERT)
    assert again == notebook


def test_it_is_copied_among_ones_own_files_and_shared_from_there(trainer: LabPerson) -> None:
    open_document(trainer, LESSON)
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
    platform: Platform, trainer: LabPerson, lasting_page: NewPage, new_page: NewPage, tmp_path: Path
) -> None:
    guest = Person(lasting_page(locale="fr-FR", width=390, height=844))
    guest.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    guest.is_in()
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
