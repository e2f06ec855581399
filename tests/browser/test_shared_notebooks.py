"""A notebook that everybody works on: a trainer and a trainee in JupyterLab, a guest on a phone, all of it real.

Claire shares a notebook of hers; Amina opens it in her own JupyterLab and runs
it in her own kernel; Zoé reads along on the plain page, without any server.
"""

import pytest
from playwright.sync_api import expect

from browser.arrivals import Arrivals
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.notebooks import add, code_cell, notebook_of, text_cell
from browser.people import Person

LESSON = "lecon.ipynb"
CELLS = (
    text_cell("m0", "# Bonjour la classe"),
    code_cell("c1", "import os\nprint('compte :', os.environ['JUPYTERHUB_USER'])"),
    code_cell("c2", "total = sum(range(10))\ntotal"),
    *(code_cell(f"c{number}", f"# étape {number}\nnumber = {number}") for number in range(3, 20)),
)


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> LabPerson:
    """Claire, in the room, from JupyterLab, with her lesson among the materials and open before her."""
    person = arrivals.trainer_in_lab()
    add(person, LESSON, notebook_of(*CELLS))
    person.present(LESSON)
    return person


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: LabPerson) -> LabPerson:
    """Amina, in the room, from her own JupyterLab, which opens by itself what the trainer presents."""
    person = arrivals.in_lab("amina")
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


def test_what_the_trainer_presents_is_before_everybody(trainer: LabPerson, guest: Person) -> None:
    expect(trainer.bar("present")).to_have_attribute("aria-pressed", "true")
    expect(guest.find("presented")).to_have_attribute("data-kind", "notebook")
    expect(guest.find("notebook")).to_contain_text("Bonjour la classe")
    expect(guest.find("presented")).to_contain_text("Présenté par Claire")


def test_a_word_typed_is_seen_by_all(trainer: LabPerson, trainee: LabPerson, guest: Person) -> None:
    trainer.editor(2).click()
    trainer.page.keyboard.press("Control+End")
    trainer.page.keyboard.type("  # quarante-cinq")

    expect(trainee.editor(2)).to_contain_text("# quarante-cinq")
    expect(guest.find("notebook")).to_contain_text("# quarante-cinq")
    expect(trainee.notebook.locator(".webvisio-cursor-name").first).to_contain_text("Claire")


def test_an_output_arrives_as_it_comes(trainer: LabPerson, trainee: LabPerson, guest: Person) -> None:
    trainer.run(1)

    for seen in (trainer.cell(1), trainee.cell(1), guest.find("notebook")):
        expect(seen).to_contain_text("compte : claire", timeout=LAB_TIMEOUT_MS)


def test_a_reader_cannot_write_and_is_told_why(trainer: LabPerson, trainee: LabPerson) -> None:
    expect(trainee.bar("notebook-state")).to_contain_text("Lecture seule")
    before = trainee.editor(2).text_content() or ""

    trainee.editor(2).click()
    trainee.page.keyboard.type("effacez tout")
    trainee.page.keyboard.press("Escape")
    trainee.page.keyboard.press("d")
    trainee.page.keyboard.press("d")

    expect(trainee.editor(2)).to_have_text(before)
    expect(trainer.editor(2)).not_to_contain_text("effacez")
    expect(trainee.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_reader_runs_in_their_own_kernel_for_themselves_alone(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    trainee.run(1)

    private = trainee.cell(1).locator(".webvisio-private-output")
    expect(private).to_contain_text("compte : amina", timeout=LAB_TIMEOUT_MS)
    expect(trainer.notebook).not_to_contain_text("compte : amina")
    expect(guest.find("notebook")).not_to_contain_text("compte : amina")


def test_what_is_presented_no_longer_leaves_everybodys_stage(trainer: LabPerson, guest: Person) -> None:
    trainer.bar("present").click()
    expect(trainer.bar("present")).to_have_attribute("aria-pressed", "false")
    expect(guest.find("presented")).to_have_count(0)
