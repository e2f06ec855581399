"""A lesson in three browsers: the trainer is followed, an exercise goes round, a hand is lent.

Claire and Amina are in JupyterLab, Zoé reads on a phone without a server.
Played by `make lesson`, for it takes two minutes.
"""

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.test_shared_notebooks import LAB_TIMEOUT_MS, LabPerson
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
LONG, EXERCISE = "longue-lecon.ipynb", "atelier.ipynb"
FAR = 60
"""A cell that is drawn only when the page comes near it."""


def notebook(name: str, cells: int) -> dict[str, object]:
    """Make a notebook as a file to be chosen: text, code and lines enough to scroll far."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": []}
        | {"source": f"# cellule {n}\n" + "\n".join(f"x{k} = {k}" for k in range(n % 7))}
        for n in range(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(content).encode()}


def add(person: Person, name: str, cells: int) -> None:
    """Put a notebook among the room's materials."""
    person.find("add-notebook-file").set_input_files(notebook(name, cells))
    expect(person.find("document-open").filter(has_text=name)).to_be_visible()


def write(person: LabPerson, number: int, code: str) -> None:
    """Add a line to a cell, and run it."""
    person.editor(number).click()
    person.page.keyboard.press("Control+End")
    person.page.keyboard.type(f"\n{code}")
    person.page.keyboard.press("Shift+Enter")


def scroll(person: LabPerson, number: int) -> None:
    """Scroll a cell into the middle of the screen; twice, for what is drawn on the way moves it."""
    for _ in range(2):
        person.cell(number).evaluate("cell => cell.scrollIntoView({ block: 'center' })")
        expect(person.cell(number)).to_be_in_viewport()


def front(person: LabPerson, name: str) -> Locator:
    """Find the tab of a notebook, while it is the one in front."""
    return person.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current").filter(has_text=name)


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> LabPerson:
    """Claire, presenting a long notebook from JupyterLab."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "claire")
    person.is_in()
    person.find("materials-toggle").click()
    add(person, LONG, 80)
    add(person, EXERCISE, 6)
    person.find("document-open").filter(has_text=LONG).click()
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    person.bar("present").click()
    return person


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> LabPerson:
    """Amina, in her own JupyterLab."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "amina")
    expect(front(person, LONG)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> Person:
    """Zoé, on a phone."""
    person = Person(lasting_page(locale="fr-FR", width=390, height=844))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    expect(person.find("notebook")).to_contain_text("cellule 0")
    return person


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

    expect(front(trainee, EXERCISE)).to_be_visible()
    expect(guest.find("presented")).to_contain_text(EXERCISE)


def test_an_exercise_is_worked_on_before_the_trainers_wall(trainer: LabPerson, trainee: LabPerson) -> None:
    trainer.bar("hand-out").click()
    trainer.page.locator(".jp-Dialog .jp-mod-accept").click()
    trainer.show_room()
    trainer.find("open-wall").click()
    amina = trainer.page.locator('[data-testid="miniature"][data-owner^="Amina"]')
    expect(amina).to_be_visible()
    trainee.show_room()
    trainee.find("materials-toggle").click()
    trainee.find("materials-exercises").locator('[data-testid="document-open"]').click()
    expect(trainee.bar("hand-in")).to_be_visible()

    write(trainee, 1, "print('bonjour')")
    write(trainee, 2, "1/0")

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
    write(trainer, 3, "import os; print('chez', os.environ['JUPYTERHUB_USER'])")
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
