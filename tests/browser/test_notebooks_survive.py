"""A shared notebook while things break: the service is killed under two writers, a laptop sleeps, a hand runs out.

Claire and Amina are in JupyterLab, Zoé writes on a phone without a server. What
anybody typed is there once, and no cell is doubled. Played by `make lesson`.
"""

import re

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.test_exercise_by_hand import shown
from browser.test_shared_notebooks import LAB_TIMEOUT_MS, LabPerson
from browser.test_working_together import add, front, write
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
TOGETHER, EXERCISE = "a-plusieurs.ipynb", "coup-de-main.ipynb"
CELLS = 6
OFFLINE = re.compile("^Hors ligne")
SAVED = "Enregistré dans la salle"
BREAKABLE_LINES = """
  window.__lines = [];
  window.WebSocket = class extends WebSocket {
    constructor(url, ...rest) {
      super(window.__isCut && String(url).includes('/services/rooms/') ? 'ws://localhost:9/' : url, ...rest);
      window.__lines.push(this);
    }
  };
"""
"""Given to a page before its own scripts: the lines to the rooms can be cut, and stay so.

Those to its own server go on: JupyterLab would ask at once whether to start it again.
"""


def open_document(person: Person, name: str, section: str = "materials-notebooks") -> None:
    """Open one of the room's materials."""
    person.find(section).locator('[data-testid="document-open"]').filter(has_text=name).click()


def type_into(person: LabPerson, number: int, text: str) -> None:
    """Type at the end of a cell, as one does."""
    person.editor(number).click()
    person.page.keyboard.press("Control+End")
    person.page.keyboard.type(text, delay=10)


def once(text: str) -> re.Pattern[str]:
    """Match what has a text once; an editor's may have a writer's name beside it."""
    return re.compile(f"^(?!.*{text}.*{text}).*{text}", re.DOTALL)


def lines(person: LabPerson) -> Locator:
    """Find the cells of a notebook that is short enough to be drawn whole."""
    return person.notebook.locator(".jp-Notebook .jp-Cell")


def cut(person: Person, is_cut: bool) -> None:
    """Cut a page's lines to the rooms, or let it open new ones."""
    person.page.evaluate("isCut => { window.__isCut = isCut; }", is_cut)
    if is_cut:
        person.page.evaluate(
            "window.__lines.filter(one => one.url.includes('/rooms/')).forEach(one => one.close())"
        )


def freeze(person: Person, state: str) -> None:
    """Freeze a page, or wake it, as a browser does with the pages of a laptop that sleeps."""
    person.page.context.new_cdp_session(person.page).send("Page.setWebLifecycleState", {"state": state})


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> LabPerson:
    """Claire, with a notebook in which everybody writes."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.enter(platform, "claire")
    person.is_in()
    person.find("materials-toggle").click()
    add(person, EXERCISE, CELLS)
    add(person, TOGETHER, CELLS)
    person.find("document").filter(has_text=TOGETHER).get_by_test_id("document-actions").click()
    person.find("document-rule-all_write").click()
    open_document(person, TOGETHER)
    expect(person.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    person.bar("present").click()
    return person


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> LabPerson:
    """Amina, in her own JupyterLab."""
    person = LabPerson(lasting_page(locale="fr-FR"))
    person.page.add_init_script(BREAKABLE_LINES)
    person.enter(platform, "amina")
    expect(front(person, TOGETHER)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    expect(person.bar("notebook-state")).to_have_text(SAVED, timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: LabPerson) -> Person:
    """Zoé, on a phone."""
    person = Person(lasting_page(locale="fr-FR", width=390, height=844))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    expect(person.find("notebook-bar")).to_have_attribute("data-access", "write")
    return person


def test_two_who_type_while_the_service_is_killed_lose_nothing(
    platform: Platform, trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    shown(guest, "c2").get_by_test_id("cell-edit").click()
    field = shown(guest, "c2").get_by_test_id("cell-source")
    field.press("Control+End")
    field.press_sequentially("  # Zoé avant", delay=10)
    type_into(trainee, 1, "  # Amina avant")
    type_into(trainer, 0, "  # Claire avant")

    killed = platform.kill("rooms")
    trainer.page.keyboard.type(", Claire pendant", delay=10)
    trainee.page.keyboard.type(", Amina pendant", delay=10)
    field.press_sequentially(", Zoé pendant", delay=10)
    platform.wait_until_up("rooms", but_not=killed)

    typed = [(0, "Claire"), (1, "Amina"), (2, "Zoé")]
    for person in (trainer, trainee):
        for number, name in typed:
            expect(person.editor(number)).to_have_text(once(f"# {name} avant, {name} pendant"))
        expect(lines(person)).to_have_count(CELLS)
        expect(person.bar("notebook-state")).to_have_text(SAVED)
    expect(guest.find("notebook-state")).to_have_text(SAVED)
    field.press("Escape")
    for number, name in typed:
        expect(shown(guest, f"c{number}")).to_contain_text(f"# {name} avant, {name} pendant")
    expect(guest.find("notebook").locator("[data-cell]")).to_have_count(CELLS)
    expect(trainer.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_laptop_that_slept_in_a_lesson_wakes_with_what_it_wrote_offline_and_what_others_did(
    trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    cut(trainee, is_cut=True)
    type_into(trainee, 3, "  # écrit dans le train")
    trainee.page.keyboard.press("Escape")
    trainee.page.keyboard.press("b")
    expect(lines(trainee)).to_have_count(CELLS + 1)
    expect(trainee.bar("notebook-state")).to_have_text(OFFLINE)
    freeze(trainee, "frozen")

    type_into(trainer, 3, "  # écrit en classe")
    trainer.page.keyboard.press("Escape")
    trainer.page.keyboard.press("b")
    expect(guest.find("notebook").locator("[data-cell]")).to_have_count(CELLS + 1)
    freeze(trainee, "active")
    cut(trainee, is_cut=False)

    for person in (trainer, trainee):
        for text in ("écrit dans le train", "écrit en classe"):
            expect(person.editor(3)).to_have_text(once(text))
        expect(lines(person)).to_have_count(CELLS + 2)
    expect(guest.find("notebook").locator("[data-cell]")).to_have_count(CELLS + 2)
    expect(trainee.bar("notebook-state")).to_have_text(SAVED)
    expect(trainee.page.locator(".jp-Dialog")).to_have_count(0)


def test_a_helping_hand_ends_by_the_clock(platform: Platform, trainer: LabPerson, trainee: LabPerson) -> None:
    trainer.show_room()
    open_document(trainer, EXERCISE)
    expect(trainer.cell(0)).to_be_visible()
    trainer.bar("hand-out").click()
    trainer.page.locator(".jp-Dialog .jp-mod-accept").click()
    trainer.show_room()
    trainer.find("open-wall").click()
    trainer.page.locator('[data-testid="miniature"][data-owner^="Amina"]').click()
    trainer.find("open-in-lab").click()
    expect(trainer.bar("notebook-state")).to_have_text("Lecture seule")
    trainee.show_room()
    trainee.find("materials-toggle").click()
    open_document(trainee, EXERCISE, "materials-exercises")
    trainee.bar("ask-help").click()
    expect(trainee.bar("hand-until")).to_contain_text("Aide jusqu’à")
    expect(trainer.notebook.locator('[data-access="write"]')).to_be_visible()
    write(trainer, 1, "print('aide')")
    expect(trainee.cell(1)).to_contain_text("aide", timeout=LAB_TIMEOUT_MS)

    with platform.shifted_clock(minutes=11):
        expect(trainer.bar("notebook-state")).to_have_text("Lecture seule")
        expect(trainee.bar("hand-until")).to_have_count(0)
        expect(trainee.bar("ask-help")).to_have_attribute("aria-pressed", "false")
        before = trainer.editor(2).text_content() or ""
        write(trainer, 2, "print('trop tard')")

        expect(trainer.editor(2)).to_have_text(before)
        expect(trainee.notebook).not_to_contain_text("trop tard")
        trainee.bar("hand-log-open").click()
        entry = trainee.page.get_by_test_id("hand-log-entry")
        expect(entry).to_contain_text("Terminé de lui-même")
        expect(entry.get_by_test_id("hand-log-run")).to_contain_text("Claire")
