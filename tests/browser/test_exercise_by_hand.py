"""An exercise without a server: handed out with a deadline, written on a phone, helped with, handed in, collected.

Claire and Zoé are both on the plain page; Zoé has a phone and no account. Played by `make lesson`.
"""

import pytest
from playwright.sync_api import expect

from browser.arrivals import Arrivals
from browser.axe import faults
from browser.notebooks import add, code_cell, notebook_of, shown, text_cell
from browser.people import KEEP_SOCKETS, Person, fall_asleep, wake_up
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
EXERCISE = "a-completer.ipynb"
CELLS = (
    text_cell("e0", "# À vous\n\nComplétez la fonction."),
    code_cell("e1", "def double(x):\n    ..."),
    code_cell("e2", "double(21)"),
)


def write(person: Person, cell: str, text: str) -> None:
    """Open a cell, add a line at its end, and close it."""
    shown(person, cell).get_by_test_id("cell-edit").click()
    field = shown(person, cell).get_by_test_id("cell-source")
    field.press("Control+End")
    field.press_sequentially(text)
    field.press("Escape")
    expect(shown(person, cell).get_by_test_id("cell-source")).to_have_count(0)


@pytest.fixture(scope="module")
def trainer(trainer: Person) -> Person:
    """Claire, with an exercise among the materials."""
    trainer.find("materials-toggle").click()
    add(trainer, EXERCISE, notebook_of(*CELLS))
    return trainer


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: Person) -> Person:
    """Zoé, on a phone whose lines can be cut."""
    return arrivals.on_a_phone("Zoé", KEEP_SOCKETS)


def test_a_copy_is_written_on_a_phone_and_its_deadline_counts_down(trainer: Person, trainee: Person) -> None:
    row = trainer.find("document").filter(has_text=EXERCISE)
    row.get_by_test_id("document-actions").click()
    trainer.find("document-hand-out").click()
    trainer.find("deadline-in-30").click()
    expect(trainer.find("deadline-hint")).to_contain_text("Ramassé de lui-même")
    trainer.find("hand-out-confirm").click()
    expect(trainer.find("exercise")).to_have_attribute("data-state", "open")

    banner = trainee.find("exercise-banner")
    expect(banner).to_contain_text("encore")
    trainee.find("exercise-open").click()
    expect(banner).to_have_count(0)
    expect(trainee.find("deadline")).to_contain_text("encore")
    expect(trainee.find("notebook-no-kernel")).to_contain_text("JupyterLab")
    write(trainee, "e1", "\nreturn 2 * x")

    expect(trainee.find("notebook-state")).to_have_text("Enregistré dans la salle")
    expect(shown(trainee, "e1")).to_contain_text("    return 2 * x")
    assert faults(trainee.page) == ""


def test_the_trainer_watches_it_on_the_wall(trainer: Person, trainee: Person) -> None:
    trainer.find("open-wall").click()

    expect(trainer.find("miniature")).to_contain_text("return 2 * x")
    assert faults(trainer.page) == ""
    trainer.find("miniature").click()
    expect(shown(trainer, "e1")).to_contain_text("return 2 * x")
    expect(trainer.find("cell-edit")).to_have_count(0)


def test_a_laptop_that_slept_comes_back_with_its_changes_and_no_cell_is_doubled(
    trainer: Person, trainee: Person
) -> None:
    trainee.find("ask-help").click()
    expect(trainee.find("hand-until")).to_be_visible()
    expect(trainer.find("notebook-bar")).to_have_attribute("data-access", "write")

    fall_asleep(trainee)
    write(trainee, "e2", "  # hors ligne")
    write(trainer, "e0", "\n\nUn conseil.")
    shown(trainer, "e2").get_by_test_id("cell-edit").click()
    shown(trainer, "e2").get_by_test_id("cell-add-text").click()
    expect(trainee.find("notebook-state")).to_have_text(
        "Hors ligne : vos modifications attendent, et partiront au retour de la connexion."
    )
    wake_up(trainee)

    for person in (trainer, trainee):
        expect(shown(person, "e2")).to_contain_text("# hors ligne")
        expect(shown(person, "e0")).to_contain_text("Un conseil.")
        expect(person.find("notebook").locator("[data-cell]")).to_have_count(4)
    expect(trainee.find("notebook-state")).to_have_text("Enregistré dans la salle")


def test_the_log_of_helping_hands_is_read_by_both(trainer: Person, trainee: Person) -> None:
    trainee.find("ask-help").click()
    expect(trainer.find("notebook-bar")).to_have_attribute("data-access", "read")

    for person in (trainer, trainee):
        person.find("hand-log-open").click()
        expect(person.find("hand-log-entry")).to_contain_text("Terminé par Zoé")
        person.page.keyboard.press("Escape")


def test_the_deadline_collects_by_the_clock_and_what_comes_too_late_is_told(
    platform: Platform, trainer: Person, trainee: Person
) -> None:
    trainee.find("hand-in").click()
    expect(trainee.find("notebook-state")).to_contain_text("Rendu")
    trainee.find("hand-in").click()
    expect(trainee.find("notebook-bar")).to_have_attribute("data-access", "write")
    fall_asleep(trainee)
    write(trainee, "e2", "  # trop tard")
    expect(trainee.find("notebook-bar")).to_have_attribute("data-line", "down")

    with platform.shifted_clock(minutes=31):
        expect(trainer.find("exercise")).to_have_attribute("data-state", "collected")
        wake_up(trainee)

        expect(trainee.find("notebook-state")).to_contain_text("Ramassé par le formateur")
    expect(trainee.find("notebook-late")).to_contain_text("trop tard")
    expect(trainee.find("cell-edit")).to_have_count(0)
    expect(trainee.find("notebook")).not_to_contain_text("trop tard")
