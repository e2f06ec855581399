"""A lesson in three browsers: the trainer is followed, an exercise goes round, a hand is lent.

Claire and Amina are in JupyterLab, Zoé reads on a phone without a server.
Played by `make lesson`, for it takes two minutes.
"""

import re

import pytest
from playwright.sync_api import expect

from browser.arrivals import Arrivals
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.notebooks import add, long_notebook
from browser.people import Person

pytestmark = pytest.mark.long
LONG, EXERCISE = "longue-lecon.ipynb", "atelier.ipynb"
FAR = 60
"""A cell that is drawn only when the page comes near it."""


def scroll(person: LabPerson, number: int) -> None:
    """Scroll a cell into the middle of the screen; twice, for what is drawn on the way moves it."""
    for _ in range(2):
        person.cell(number).evaluate("cell => cell.scrollIntoView({ block: 'center' })")
        expect(person.cell(number)).to_be_in_viewport()


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> LabPerson:
    """Claire, presenting a long notebook from JupyterLab."""
    person = arrivals.trainer_in_lab()
    add(person, LONG, long_notebook(80))
    add(person, EXERCISE, long_notebook(6))
    person.present(LONG)
    return person


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: LabPerson) -> LabPerson:
    """Amina, in her own JupyterLab."""
    person = arrivals.in_lab("amina")
    expect(person.front(LONG)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(guest: Person) -> Person:
    """Zoé, who reads along on a phone."""
    expect(guest.find("notebook")).to_contain_text("cellule 0")
    return guest


def test_the_trainer_is_followed_over_a_long_jump(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    scroll(trainer, FAR)

    expect(trainee.cell(FAR)).to_be_in_viewport()
    expect(guest.find("notebook").locator(f'[data-cell="c{FAR}"]')).to_be_in_viewport()
    expect(trainee.cell(0)).not_to_be_in_viewport()


def test_scrolling_oneself_is_the_way_out_and_the_bar_the_way_back(
    trainer: LabPerson, trainee: LabPerson
) -> None:
    trainee.cell(FAR).hover()
    trainee.page.mouse.wheel(0, -100)
    expect(trainee.bar("follow")).to_have_text(re.compile("^Revenir à Claire"))
    scroll(trainer, 5)
    expect(trainee.cell(5)).not_to_be_in_viewport()

    trainee.bar("follow").click()

    expect(trainee.bar("follow")).to_have_attribute("aria-pressed", "true")
    expect(trainee.cell(5)).to_be_in_viewport()


def test_the_room_goes_along_to_the_notebook_that_the_trainer_turns_to(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    trainer.show_room()
    trainer.find("document-open").filter(has_text=EXERCISE).click()

    expect(trainee.front(EXERCISE)).to_be_visible()
    expect(guest.find("presented")).to_contain_text(EXERCISE)


def test_an_exercise_is_worked_on_before_the_trainers_wall(trainer: LabPerson, trainee: LabPerson) -> None:
    trainer.bar("hand-out").click()
    trainer.page.locator(".jp-Dialog .jp-mod-accept").click()
    trainer.show_room()
    trainer.find("open-wall").click()
    amina = trainer.page.locator('[data-testid="miniature"][data-owner^="Amina"]')
    expect(amina).to_be_visible()
    width, content = trainer.find("wall").evaluate("wall => [wall.clientWidth, wall.scrollWidth]")
    assert content <= width, "the wall is scrolled sideways"
    assert width > 500, "the panel beside it leaves the wall a slit"
    trainee.show_room()
    trainee.find("materials-toggle").click()
    trainee.find("materials-exercises").locator('[data-testid="document-open"]').click()
    expect(trainee.bar("hand-in")).to_be_visible()

    trainee.add_line_and_run(1, "print('bonjour')")
    trainee.add_line_and_run(2, "1/0")

    row = trainer.find("heat-row").filter(has_text="Amina")
    expect(row).to_have_attribute("data-cells", "-+!---", timeout=LAB_TIMEOUT_MS)
    expect(amina).to_contain_text("ZeroDivisionError")
    amina.click()
    expect(trainer.find("notebook")).to_contain_text("ZeroDivisionError")


def test_a_helping_hand_edits_and_runs_in_the_owners_kernel_until_taken_back(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    trainer.find("open-in-lab").click()
    expect(trainer.bar("notebook-state")).to_have_text("Lecture seule")
    expect(guest.find("presented")).to_contain_text(EXERCISE)

    trainee.bar("ask-help").click()
    expect(trainee.bar("hand-until")).to_contain_text("Aide jusqu’à")
    expect(trainer.notebook.locator('[data-access="write"]')).to_be_visible()
    trainer.add_line_and_run(3, "import os; print('chez', os.environ['JUPYTERHUB_USER'])")
    expect(trainer.cell(3)).to_contain_text("chez amina")

    trainee.bar("ask-help").click()
    expect(trainee.bar("hand-until")).to_have_count(0)
    expect(trainer.bar("notebook-state")).to_have_text("Lecture seule")


def test_a_copy_is_handed_in_collected_and_given_back(trainer: LabPerson, trainee: LabPerson) -> None:
    trainee.bar("hand-in").click()
    expect(trainee.bar("hand-in")).to_have_text("Reprendre")
    expect(trainee.bar("notebook-state")).to_have_text("Lecture seule")

    trainer.show_room()
    trainer.find("exercise-collected").click()
    expect(trainee.notebook).to_contain_text("Ramassé par le formateur")
    trainer.find("exercise-returned").click()
    expect(trainee.notebook).to_contain_text("Corrigé et rendu par le formateur")
    trainer.page.evaluate("window.webvisio?.client?.present(null)")
