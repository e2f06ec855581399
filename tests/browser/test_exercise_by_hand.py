"""An exercise without a server: handed out with a deadline, written on a phone, helped with, handed in, collected.

Claire and Zoé are both on the plain page; Zoé has a phone and no account. Played by `make lesson`.
"""

import json

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import faults
from browser.conftest import NewPage
from browser.people import KEEP_SOCKETS, Person, fall_asleep, wake_up
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
EXERCISE = "a-completer.ipynb"
CELLS = ["# À vous\n\nComplétez la fonction.", "def double(x):\n    ...", "double(21)"]


def exercise() -> dict[str, object]:
    """Make the notebook as a file to be chosen."""
    kinds = ("markdown", "code", "code")
    cells: list[dict[str, object]] = []
    for number, (kind, source) in enumerate(zip(kinds, CELLS, strict=True)):
        results = {"outputs": [], "execution_count": None} if kind == "code" else {}
        cells.append({"cell_type": kind, "id": f"e{number}", "metadata": {}, "source": source, **results})
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return {"name": EXERCISE, "mimeType": "application/json", "buffer": json.dumps(content).encode()}


def shown(person: Person, cell: str) -> Locator:
    """Find a cell of the notebook in front."""
    return person.find("notebook").locator(f'[data-cell="{cell}"]')


def write(person: Person, cell: str, text: str) -> None:
    """Open a cell, add a line at its end, and close it."""
    shown(person, cell).get_by_test_id("cell-edit").click()
    field = shown(person, cell).get_by_test_id("cell-source")
    field.press("Control+End")
    field.press_sequentially(text)
    field.press("Escape")
    expect(shown(person, cell).get_by_test_id("cell-source")).to_have_count(0)


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> Person:
    """Claire, on the plain page, with an exercise among the materials."""
    person = Person(lasting_page(locale="fr-FR"))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    person.find("materials-toggle").click()
    person.find("add-notebook-file").set_input_files(exercise())
    expect(person.find("document-open").filter(has_text=EXERCISE)).to_be_visible()
    return person


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: Person) -> Person:
    """Zoé, on a phone."""
    person = Person(lasting_page(locale="fr-FR", width=390, height=844))
    person.page.add_init_script(KEEP_SOCKETS)
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    return person


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
