"""The whiteboard with three browsers: drawn together, who may draw, undone for oneself, taken along."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from browser.axe import faults
from browser.conftest import NewPage
from browser.people import Person
from hub.platform_fixture import Platform


@pytest.fixture(scope="module")
def trainer(platform: Platform, lasting_page: NewPage) -> Person:
    """Claire, with a new board on everybody's stage (French)."""
    person = Person(lasting_page(locale="fr-FR"))
    person.join_with_account(platform.room_link, "claire", platform.passwords["claire"])
    person.is_in()
    person.find("materials-toggle").click()
    person.find("add-board").click()
    expect(person.find("board")).to_have_attribute("data-access", "write")
    person.find("present").click()
    person.find("materials-toggle").click()
    return person


@pytest.fixture(scope="module")
def trainee(platform: Platform, lasting_page: NewPage, trainer: Person) -> Person:
    """Amina, who sees the board without doing anything (English)."""
    person = Person(lasting_page())
    person.join_with_account(platform.room_link, "amina", platform.passwords["amina"])
    person.is_in()
    expect(canvas(person)).to_be_visible()
    return person


@pytest.fixture(autouse=True, scope="module")
def cleared(trainer: Person) -> Iterator[None]:
    """The stage is free again for whoever comes next."""
    yield
    trainer.page.evaluate("window.webvisio.client.present(null), window.webvisio.client.leave()")


def canvas(person: Person) -> Locator:
    """Find what the pen draws on."""
    return person.page.locator(".excalidraw canvas.interactive")


def draw(person: Person, tool: str, left: int, top: int) -> None:
    """Draw a shape with the mouse, 120 by 80, from a place on the board."""
    box = canvas(person).bounding_box()
    assert box is not None
    person.page.locator(f'[data-testid="toolbar-{tool}"]').click(force=True)
    mouse = person.page.mouse
    mouse.move(box["x"] + left, box["y"] + top)
    mouse.down()
    mouse.move(box["x"] + left + 120, box["y"] + top + 80, steps=4)
    mouse.up()


def scene(person: Person, folder: Path) -> list[dict[str, object]]:
    """Download the board as Excalidraw's file; returns the shapes in it."""
    path = download(person, "excalidraw", folder)
    elements: list[dict[str, object]] = json.loads(path.read_text())["elements"]
    return elements


def download(person: Person, kind: str, folder: Path) -> Path:
    """Take the board along as a file of some kind."""
    person.page.locator('[data-testid="main-menu-trigger"]').first.click()
    with person.page.expect_download() as found:
        person.find(f"board-download-{kind}").click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def saved(person: Person) -> None:
    """Wait until all that was drawn is on the server's disk."""
    expect(person.find("board")).to_have_attribute("data-unsaved", "0")


def kinds(person: Person, folder: Path) -> list[object]:
    return sorted(str(one["type"]) for one in scene(person, folder))


def test_what_one_draws_the_others_have_and_everybody_undoes_only_their_own(
    trainer: Person, trainee: Person, tmp_path: Path
) -> None:
    draw(trainer, "rectangle", 300, 200)
    saved(trainer)
    draw(trainee, "ellipse", 500, 320)
    saved(trainee)
    expect_kinds(trainer, tmp_path, ["ellipse", "rectangle"])
    expect_kinds(trainee, tmp_path, ["ellipse", "rectangle"])
    trainer.page.get_by_test_id("button-undo").click()
    expect_kinds(trainee, tmp_path, ["ellipse"])
    trainer.page.get_by_test_id("button-redo").click()
    expect_kinds(trainee, tmp_path, ["ellipse", "rectangle"])


def expect_kinds(person: Person, folder: Path, wanted: list[str]) -> None:
    """Wait until the board holds shapes of these kinds."""
    for _ in range(20):
        found = kinds(person, folder)
        if found == wanted:
            return
        person.page.wait_for_timeout(250)
    assert found == wanted


def test_the_trainer_keeps_the_pen_and_gives_it_back(
    trainer: Person, trainee: Person, tmp_path: Path
) -> None:
    permission = "client => client.setPermission({feature: 'draw', audience: %r, people: []})"
    trainer.page.evaluate(f"({permission % 'moderators'})(window.webvisio.client)")
    expect(trainee.find("board")).to_have_attribute("data-access", "read")
    expect(trainee.page.locator('[data-testid="toolbar-rectangle"]')).to_have_count(0)
    trainer.page.evaluate(f"({permission % 'all'})(window.webvisio.client)")
    expect(trainee.find("board")).to_have_attribute("data-access", "write")
    draw(trainee, "diamond", 620, 150)
    saved(trainee)
    expect_kinds(trainer, tmp_path, ["diamond", "ellipse", "rectangle"])


def write(person: Person, text: str, left: int, top: int) -> None:
    """Write with the text tool, from a place on the board."""
    box = canvas(person).bounding_box()
    assert box is not None
    person.page.locator('[data-testid="toolbar-text"]').click(force=True)
    person.page.mouse.click(box["x"] + left, box["y"] + top)
    person.page.locator(".excalidraw-wysiwyg").press_sequentially(text)
    person.page.keyboard.press("Escape")
    expect(person.page.locator(".excalidraw-wysiwyg")).to_have_count(0)
    saved(person)


def test_the_board_is_taken_along_as_picture_drawing_and_pdf(trainer: Person, tmp_path: Path) -> None:
    write(trainer, "Chef-d’œuvre", 420, 460)

    width, height = png_size(download(trainer, "png", tmp_path))
    drawing = ElementTree.fromstring(download(trainer, "svg", tmp_path).read_text())  # noqa: S314 - our own
    page = PdfReader(download(trainer, "pdf", tmp_path)).pages[0]

    assert "Chef-d’œuvre" in "".join(drawing.itertext())
    assert not [value for one in drawing.iter() for value in one.attrib.values() if "://" in value]
    assert width / 2 == pytest.approx(float(drawing.attrib["width"]), abs=1), "twice as fine as the screen"
    assert width / height == pytest.approx(float(page.mediabox.width) / float(page.mediabox.height), abs=0.01)
    assert "Chef-d’œuvre" in page.extract_text()


def png_size(path: Path) -> tuple[int, int]:
    """Read a PNG's width and height from its header (RFC 2083, 4.1.1)."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)


def test_around_the_board_axe_finds_nothing(trainer: Person) -> None:
    places = ('[data-testid="presented"] > header', ".App-toolbar", ".main-menu-trigger", ".wv-bar")
    assert faults(trainer.page, *places) == ""
