"""A shared notebook while things break: the service is killed under two writers, a laptop sleeps, a hand runs out.

Claire and Amina are in JupyterLab, Zoé writes on a phone without a server. What
anybody typed is there once, and no cell is doubled. Played by `make lesson`.
"""

import re

import pytest
from playwright.sync_api import Locator, expect

from browser.arrivals import Arrivals
from browser.lab_people import LAB_TIMEOUT_MS, LabPerson
from browser.notebooks import add, long_notebook, shown
from browser.people import Person
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
def trainer(arrivals: Arrivals) -> LabPerson:
    """Claire, with a notebook in which everybody writes."""
    person = arrivals.trainer_in_lab()
    add(person, EXERCISE, long_notebook(CELLS))
    add(person, TOGETHER, long_notebook(CELLS))
    person.find("document").filter(has_text=TOGETHER).get_by_test_id("document-actions").click()
    person.find("document-rule-all_write").click()
    person.present(TOGETHER)
    return person


@pytest.fixture(scope="module")
def trainee(arrivals: Arrivals, trainer: LabPerson) -> LabPerson:
    """Amina, in her own JupyterLab."""
    person = arrivals.in_lab("amina", BREAKABLE_LINES)
    expect(person.front(TOGETHER)).to_be_visible(timeout=LAB_TIMEOUT_MS)
    expect(person.bar("notebook-state")).to_have_text(SAVED, timeout=LAB_TIMEOUT_MS)
    return person


@pytest.fixture(scope="module")
def guest(guest: Person) -> Person:
    """Zoé, who writes on a phone."""
    expect(guest.find("notebook-bar")).to_have_attribute("data-access", "write")
    return guest


def test_two_who_type_while_the_service_is_killed_lose_nothing(
    platform: Platform, trainer: LabPerson, trainee: LabPerson, guest: Person
) -> None:
    shown(guest, "c2").get_by_test_id("cell-edit").click()
    field = shown(guest, "c2").get_by_test_id("cell-source")
    field.press("Control+End")
    field.press_sequentially("  # Zoé avant", delay=10)
    trainee.type_into(1, "  # Amina avant")
    trainer.type_into(0, "  # Claire avant")

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
    trainee.type_into(3, "  # écrit dans le train")
    trainee.page.keyboard.press("Escape")
    trainee.page.keyboard.press("b")
    expect(lines(trainee)).to_have_count(CELLS + 1)
    expect(trainee.bar("notebook-state")).to_have_text(OFFLINE)
    freeze(trainee, "frozen")

    trainer.type_into(3, "  # écrit en classe")
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
    trainer.open_document(EXERCISE)
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
    trainee.open_document(EXERCISE, "materials-exercises")
    trainee.bar("ask-help").click()
    expect(trainee.bar("hand-until")).to_contain_text("Aide jusqu’à")
    expect(trainer.notebook.locator('[data-access="write"]')).to_be_visible()
    trainer.add_line_and_run(1, "print('aide')")
    expect(trainee.cell(1)).to_contain_text("aide", timeout=LAB_TIMEOUT_MS)

    with platform.shifted_clock(minutes=11):
        expect(trainer.bar("notebook-state")).to_have_text("Lecture seule")
        expect(trainee.bar("hand-until")).to_have_count(0)
        expect(trainee.bar("ask-help")).to_have_attribute("aria-pressed", "false")
        before = trainer.editor(2).text_content() or ""
        trainer.add_line_and_run(2, "print('trop tard')")

        expect(trainer.editor(2)).to_have_text(before)
        expect(trainee.notebook).not_to_contain_text("trop tard")
        trainee.bar("hand-log-open").click()
        entry = trainee.page.get_by_test_id("hand-log-entry")
        expect(entry).to_contain_text("Terminé de lui-même")
        expect(entry.get_by_test_id("hand-log-run")).to_contain_text("Claire")
