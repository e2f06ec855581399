"""A whiteboard moment: the trainer draws in JupyterLab, a trainee in the plain page, a guest on a phone.

Played by `make lesson`. Every request of all three browsers is noted: a board
asks nobody but the platform.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.test_shared_notebooks import LabPerson
from browser.test_whiteboard import canvas, download, draw, expect_kinds, saved
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
DROP = """(box, [name, text]) => {
  const given = new DataTransfer();
  given.items.add(new File([text], name, {type: 'application/json'}));
  for (const type of ['dragover', 'drop']) {
    box.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: given}));
  }
}"""


@pytest.fixture(scope="module")
def asked(platform: Platform) -> Iterator[set[str]]:
    """The hosts that were asked for anything, of all three browsers."""
    hosts: set[str] = set()
    yield hosts


def watched(page: Page, hosts: set[str]) -> Page:
    """Note whom a browser asks, its frames and sockets included."""

    def note(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob"):
            hosts.add(urlsplit(request.url).netloc)

    page.context.on("request", note)
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
    return page


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage, asked: set[str]) -> Iterator[LabPerson]:
    """Claire, in JupyterLab, with a new board on everybody's stage."""
    person = LabPerson(watched(lasting_page(locale="fr-FR", width=1600, height=900), asked))
    person.enter(platform, "claire")
    person.is_in()
    person.find("materials-toggle").click()
    person.find("add-board").click()
    expect(person.find("board")).to_have_attribute("data-access", "write")
    person.find("present").click()
    person.find("materials-toggle").click()
    yield person
    if person.find("presented").get_attribute("data-presented") == "true":
        person.find("present").click()


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: LabPerson, asked: set[str]) -> Person:
    """Amina, in the plain page, in English."""
    person = Person(watched(lasting_page(), asked))
    person.join_with_account(platform.room_link, "amina", platform.passwords["amina"])
    person.is_in()
    expect(canvas(person)).to_be_visible()
    return person


@pytest.fixture(scope="module")
def guest(platform: Platform, lasting_page: NewPage, trainer: LabPerson, asked: set[str]) -> Person:
    """Zoé, on a phone, by the link alone."""
    person = Person(watched(lasting_page(locale="fr-FR", width=390, height=844), asked))
    person.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    person.is_in()
    expect(canvas(person)).to_be_visible()
    return person


def test_all_three_draw_and_each_undoes_their_own(
    trainer: LabPerson, trainee: Person, guest: Person, tmp_path: Path
) -> None:
    draw(trainer, "rectangle", 420, 140)
    saved(trainer)
    draw(guest, "ellipse", 60, 200)
    saved(guest)
    draw(trainee, "diamond", 500, 320)
    saved(trainee)
    for person in (trainer, trainee):
        expect_kinds(person, tmp_path, ["diamond", "ellipse", "rectangle"])
    for initial in ("A", "Z"):
        expect(trainer.find("board").locator('.UserList, [class*="UserList"]').first).to_contain_text(initial)

    guest.page.get_by_test_id("button-undo").click()
    expect_kinds(trainer, tmp_path, ["diamond", "rectangle"])
    guest.page.get_by_test_id("button-redo").click()
    expect_kinds(trainer, tmp_path, ["diamond", "ellipse", "rectangle"])


def test_who_may_draw_is_changed_while_they_draw(trainer: LabPerson, trainee: Person, guest: Person) -> None:
    allow(trainer, "trainers")
    for person in (trainee, guest):
        expect(person.find("board")).to_have_attribute("data-access", "read")
        expect(person.page.locator('[data-testid="toolbar-rectangle"]')).to_have_count(0)
    expect(trainer.find("board")).to_have_attribute("data-access", "write")

    trainer.find("right-draw-add").click()
    trainer.find("right-choose").filter(has_text="Amina").click()
    expect(trainee.find("board")).to_have_attribute("data-access", "write")
    expect(guest.find("board")).to_have_attribute("data-access", "read")

    allow(trainer, "all")
    expect(guest.find("board")).to_have_attribute("data-access", "write")


def allow(trainer: Person, audience: str) -> None:
    """Say who draws, in the panel of rights."""
    if trainer.find("rights-panel").count() == 0:
        trainer.find("more").click()
        trainer.find("more-rights").click()
    trainer.find(f"right-draw-{audience}").click(force=True)
    expect(trainer.find(f"right-draw-{audience}")).to_be_checked()


def test_a_second_board_takes_up_what_was_taken_along_from_the_first(
    trainer: LabPerson, trainee: Person, guest: Person, tmp_path: Path
) -> None:
    content = download(trainer, "excalidraw", tmp_path).read_text()
    materials(trainer)
    trainer.find("add-board").click()
    expect(trainer.find("presented")).to_have_attribute("data-presented", "false")
    expect(trainer.find("board")).to_have_attribute("data-access", "write")
    trainer.find("present").click()
    second = head(trainer).inner_text()
    for person in (trainee, guest):
        expect(head(person)).to_have_text(second)
    expect_kinds(trainee, tmp_path, [])

    canvas(trainer).evaluate(DROP, ["lecon.excalidraw", content])

    expect_kinds(trainee, tmp_path, ["diamond", "ellipse", "rectangle"])
    draw(trainee, "arrow", 500, 200)
    saved(trainee)
    expect_kinds(trainer, tmp_path, ["arrow", "diamond", "ellipse", "rectangle"])
    trainer.find("document-open").filter(has_text="Tableau blanc").first.click()
    expect_kinds(trainer, tmp_path, ["diamond", "ellipse", "rectangle"])
    trainer.find("presented-back").click()


def materials(person: Person) -> None:
    """Open the panel of materials, unless it is."""
    if person.find("materials-panel").count() == 0:
        person.find("materials-toggle").click()


def head(person: Person) -> Locator:
    """Find the title of what stands in the middle."""
    return person.find("presented").locator("header h2")


def test_the_board_speaks_the_language_of_whoever_looks(trainer: LabPerson, trainee: Person) -> None:
    expect(trainer.find("board").locator(".HintViewer, .App-toolbar").first).to_be_visible()
    for person, pen, find in ((trainer, "Dessiner", "Rechercher"), (trainee, "Draw", "Find")):
        tool = person.page.locator('[data-testid="toolbar-freedraw"]')
        assert (tool.get_attribute("aria-label") or "").startswith(pen)
        person.page.locator('[data-testid="main-menu-trigger"]').first.click()
        expect(person.page.locator(".dropdown-menu").filter(has_text=find)).to_be_visible()
        person.page.locator('[data-testid="main-menu-trigger"]').first.click()


def test_nobody_but_the_platform_was_asked_for_anything(platform: Platform, asked: set[str]) -> None:
    assert asked == {urlsplit(platform.url).netloc}
