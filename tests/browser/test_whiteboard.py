"""The whiteboard with three browsers: drawn together, who may draw, undone for oneself, taken along."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from browser.axe import faults
from browser.boards import begin_board, canvas, download, draw, expect_kinds, png_size, saved, write
from browser.people import Person


@pytest.fixture(scope="module")
def trainer(trainer: Person) -> Person:
    """Claire, with a new board on everybody's stage."""
    trainer.find("materials-toggle").click()
    begin_board(trainer)
    return trainer


@pytest.fixture(scope="module")
def trainee(trainee: Person) -> Person:
    """Amina, who sees the board without doing anything."""
    expect(canvas(trainee)).to_be_visible()
    return trainee


@pytest.fixture(autouse=True, scope="module")
def cleared(trainer: Person) -> Iterator[None]:
    """The stage is free again for whoever comes next."""
    yield
    trainer.page.evaluate("window.webvisio.client.present(null), window.webvisio.client.leave()")


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


def test_around_the_board_axe_finds_nothing(trainer: Person) -> None:
    places = ('[data-testid="presented"] > header', ".App-toolbar", ".main-menu-trigger", ".wv-bar")
    assert faults(trainer.page, *places) == ""
