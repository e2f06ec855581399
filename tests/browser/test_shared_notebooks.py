"""A notebook that everybody works on: a trainer and a trainee in JupyterLab, a guest on a phone, all of it real.

Claire shares a notebook of hers; Amina opens it in her own JupyterLab and runs
it in her own kernel; Zoé reads along on the plain page, without any server.
"""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform

ROOM = "Python pour débutants"
LAB_TIMEOUT_MS = 60_000
LESSON = "lecon.ipynb"
SOURCES = [
    "# Bonjour la classe",
    "import os\nprint('compte :', os.environ['JUPYTERHUB_USER'])",
    "total = sum(range(10))\ntotal",
    *[f"# étape {number}\nnumber = {number}" for number in range(3, 20)],
]


def lesson() -> str:
    """Write the lesson as an `.ipynb`: one cell of Markdown, the rest code."""
    cells = [
        {"cell_type": "markdown", "id": "m0", "metadata": {}, "source": SOURCES[0]},
        *[
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(SOURCES[1:], 1)
        ],
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    )


class LabPerson(Person):
    """Somebody whose room is in JupyterLab."""

    def enter(self, platform: Platform, name: str) -> None:
        """Log in to JupyterLab and join the room."""
        self.page.goto(f"{platform.url}/hub/login?next=%2Fhub%2Fspawn", timeout=LAB_TIMEOUT_MS)
        self.log_in(name, platform.passwords[name])
        self.page.wait_for_url(re.compile(rf"/user/{name}/lab"), timeout=LAB_TIMEOUT_MS)
        self.page.locator(".lm-TabBar-tab[data-id='webvisio-rooms']").click()
        self.page.locator("#webvisio-rooms").get_by_text(ROOM).first.click()
        self.place = "#webvisio-room"
        self.find("join").click()

    @property
    def notebook(self) -> Locator:
        """The room's notebook that is in front."""
        return self.page.locator(".webvisio-room-notebook:not(.lm-mod-hidden)")

    def bar(self, name: str) -> Locator:
        """Find a thing in the bar above the notebook."""
        return self.notebook.locator(f'[data-testid="{name}"]')

    def cell(self, number: int) -> Locator:
        return self.notebook.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def editor(self, number: int) -> Locator:
        return self.cell(number).locator(".cm-content").first

    def run(self, number: int) -> None:
        """Select a cell and press Shift+Enter."""
        self.cell(number).locator(".jp-InputPrompt, .jp-InputArea").first.click()
        self.page.keyboard.press("Shift+Enter")

    def show_room(self) -> None:
        """Bring the room's tab to the front."""
        self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").filter(has_text=ROOM).click()


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> LabPerson:
    """Claire, in the room, from JupyterLab, with her lesson among the materials and open before her."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "claire")
    person.is_in()
    person.find("materials-toggle").click()
    person.find("add-notebook-file").set_input_files(
        {"name": LESSON, "mimeType": "application/json", "buffer": lesson().encode()}
    )
    person.find("document-open").filter(has_text=LESSON).click()
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    person.bar("present").click()
    return person


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> LabPerson:
    """Amina, in the room, from her own JupyterLab, which opens by itself what the trainer presents."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "amina")
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> Iterator[Person]:
    """Zoé, on a phone, by the link alone."""
    person = Person(lasting_page(locale="fr-FR", width=390, height=844))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    yield person


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
