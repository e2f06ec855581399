"""A board, a PDF annotated, a note: the trainer in JupyterLab, a trainee in the plain page, a guest on a phone.

Played by `make lesson`. Every request of all three browsers is noted: a board
asks nobody but the platform.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, expect
from pypdf import PdfReader

from browser.arrivals import Arrivals
from browser.axe import faults
from browser.boards import begin_board, canvas, download, draw, expect_kinds, png_size, saved
from browser.conftest import NewPage
from browser.course_files import pdf_of
from browser.lab_people import LabPerson
from browser.people import Person
from hub.platform_fixture import Platform

pytestmark = pytest.mark.long
PASTE = """(box, html) => {
  const given = new DataTransfer();
  given.setData('text/html', html);
  document.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, clipboardData: given}));
}"""
ELSEWHERE = "http://elsewhere.invalid"
MALICIOUS_PICTURE = f"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200" onload="window.hacked = 7">
<script>window.hacked = 8; fetch('{ELSEWHERE}/1')</script>
<style>@import url({ELSEWHERE}/2.css); path {{ fill: url({ELSEWHERE}/3.svg#a) }}</style>
<rect width="300" height="200" fill="#00c000"/><path d="M0 0h9v9z"/>
<image href="{ELSEWHERE}/4.png" width="9" height="9" onerror="window.hacked = 9"/>
<foreignObject width="90" height="90"><body xmlns="http://www.w3.org/1999/xhtml">
<img src="{ELSEWHERE}/5.png" onerror="window.hacked = 10"/><iframe src="{ELSEWHERE}/6"></iframe>
</body></foreignObject></svg>"""
MALICIOUS_BOARD = {
    "type": "excalidraw",
    "version": 2,
    "elements": [
        {"id": "r", "type": "rectangle", "x": 0, "y": 0, "width": 90, "height": 90},
        {
            "id": "i", "type": "image", "x": 100, "y": 0, "width": 90, "height": 90,
            "fileId": "f", "status": "saved", "scale": [1, 1],
        },
        {"id": "e", "type": "embeddable", "x": 0, "y": 100, "width": 90, "height": 90, "link": f"{ELSEWHERE}/8"},
        {
            "id": "p", "type": "iframe", "x": 100, "y": 100, "width": 90, "height": 90,
            "customData": {
                "generationData": {
                    "status": "done",
                    "html": f"<script>parent.hacked = 11</script><img src='{ELSEWHERE}/9.png'>",
                }
            },
        },
    ],
    "files": {"f": {"id": "f", "mimeType": "image/png", "created": 1, "dataURL": f"{ELSEWHERE}/7.png"}},
}  # fmt: skip
MALICE = """# Plan

<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><svg onload="window.hacked = 3"></svg>

[un](javascript:window.hacked=4) <a href="jav&#x09;ascript:window.hacked=5">deux</a>
<iframe srcdoc="<script>parent.hacked = 6</script>"></iframe>

| a |
|---|
| 1 |
"""
DROP = """(box, [name, text, type]) => {
  const given = new DataTransfer();
  given.items.add(new File([text], name, {type}));
  const {x, y, width, height} = box.getBoundingClientRect();
  const place = {clientX: x + width / 2, clientY: y + height / 2};
  for (const type of ['dragover', 'drop']) {
    box.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: given, ...place}));
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
def said() -> list[str]:
    """What the three pages wrote into their consoles."""
    return []


@pytest.fixture(scope="module")
def arrivals(platform: Platform, lasting_page: NewPage, asked: set[str], said: list[str]) -> Arrivals:
    """Brings in people whose every request and word in the console is noted."""

    def noted(**window: object) -> Page:
        page = watched(lasting_page(**window), asked)
        page.on("console", lambda message: said.append(message.text))
        return page

    return Arrivals(platform, noted)


@pytest.fixture(scope="module")
def trainer(arrivals: Arrivals) -> Iterator[LabPerson]:
    """Claire, in JupyterLab, with a new board on everybody's stage."""
    person = arrivals.trainer_in_lab(width=1600, height=900)
    begin_board(person)
    yield person
    if person.find("presented").get_attribute("data-presented") == "true":
        person.find("present").click()


@pytest.fixture(scope="module")
def trainee(trainee: Person) -> Person:
    """Amina, before the board."""
    expect(canvas(trainee)).to_be_visible()
    return trainee


@pytest.fixture(scope="module")
def guest(guest: Person) -> Person:
    """Zoé, before the board on a phone."""
    expect(canvas(guest)).to_be_visible()
    return guest


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

    canvas(trainer).evaluate(DROP, ["lecon.excalidraw", content, "application/json"])

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


def test_a_picture_or_a_board_from_elsewhere_runs_nothing_and_asks_nobody(
    platform: Platform, trainer: LabPerson, trainee: Person, guest: Person, asked: set[str], tmp_path: Path
) -> None:
    canvas(trainer).evaluate(DROP, ["piege.svg", MALICIOUS_PICTURE, "image/svg+xml"])
    saved(trainer)
    for person in (trainer, trainee, guest):
        expect_ink(person, GREEN)

    canvas(trainer).click(position={"x": 640, "y": 300})
    canvas(trainer).evaluate(PASTE, f"<p>Recopié</p><img src='{ELSEWHERE}/10.png'>")
    expect_kinds(trainee, tmp_path, ["arrow", "diamond", "ellipse", "image", "rectangle", "text"])

    canvas(trainer).evaluate(DROP, ["piege.excalidraw", json.dumps(MALICIOUS_BOARD), "application/json"])
    expect_kinds(trainee, tmp_path, ["image", "rectangle"])
    for person in (trainer, trainee, guest):
        assert person.page.evaluate("window.hacked ?? null") is None
        assert person.find("board").locator("iframe").count() == 0
    assert asked == {urlsplit(platform.url).netloc}


def test_the_board_speaks_the_language_of_whoever_looks(trainer: LabPerson, trainee: Person) -> None:
    expect(trainer.find("board").locator(".HintViewer, .App-toolbar").first).to_be_visible()
    for person, pen, find in ((trainer, "Dessiner", "Rechercher"), (trainee, "Draw", "Find")):
        tool = person.page.locator('[data-testid="toolbar-freedraw"]')
        assert (tool.get_attribute("aria-label") or "").startswith(pen)
        person.page.locator('[data-testid="main-menu-trigger"]').first.click()
        expect(person.page.locator(".dropdown-menu").filter(has_text=find)).to_be_visible()
        person.page.locator('[data-testid="main-menu-trigger"]').first.click()


def scribble(person: Person, left: int, top: int) -> None:
    """Draw a stroke with the tool that is in the hand."""
    box = canvas(person).bounding_box()
    assert box is not None
    mouse = person.page.mouse
    mouse.move(box["x"] + left, box["y"] + top)
    mouse.down()
    mouse.move(box["x"] + left + 60, box["y"] + top + 30, steps=6)
    mouse.up()
    saved(person)


RED = "data[at] > 200 && data[at + 1] < 80"
GREEN = "data[at] < 80 && data[at + 1] > 150 && data[at + 2] < 80"


def ink(person: Person, colour: str = RED) -> int:
    """Count the points of a colour that are drawn on this person's screen."""
    return int(
        canvas(person).evaluate(
            f"""canvas => {{
                const still = canvas.parentElement.querySelector('canvas.static') ??
                    document.querySelector('.excalidraw canvas.static');
                const {{ data }} = still.getContext('2d').getImageData(0, 0, still.width, still.height);
                let found = 0;
                for (let at = 0; at < data.length; at += 4) {{
                    found += data[at + 3] > 200 && {colour} ? 1 : 0;
                }}
                return found;
            }}"""
        )
    )


def expect_ink(person: Person, colour: str = RED) -> None:
    """Wait until something of a colour is drawn on this person's screen."""
    for _ in range(40):
        if ink(person, colour) > 20:
            return
        person.page.wait_for_timeout(250)
    raise AssertionError("nothing of this colour is drawn")


def test_each_page_is_annotated_in_its_place_and_everybody_who_follows_sees_it(
    trainer: LabPerson, trainee: Person, guest: Person
) -> None:
    pdf = {"name": "support.pdf", "mimeType": "application/pdf", "buffer": pdf_of("Un", "Deux", "Trois")}
    materials(trainer)
    trainer.find("file-input").set_input_files([pdf])
    trainer.find("file").filter(has_text="support.pdf").get_by_test_id("file-actions").click()
    trainer.find("file-present").click()
    trainer.find("materials-toggle").click()
    expect(trainer.find("pdf-sheet")).to_contain_text("Un")
    trainer.page.locator(".wv-pdf-box").focus()
    trainer.page.keyboard.press("ArrowRight")
    trainer.find("pdf-larger").click()
    for person in (trainee, guest):
        expect(person.find("pdf-sheet")).to_contain_text("Deux")
        expect(person.find("pdf")).to_have_attribute("data-zoom", "1.25")
        expect(person.find("pdf-annotate")).to_have_count(0)
    trainer.find("pdf-fit").click()

    trainer.page.locator(".wv-pdf-box").focus()
    trainer.page.keyboard.press("a")
    expect(trainer.find("board")).to_have_attribute("data-access", "write")
    scribble(trainer, 420, 200)
    assert faults(trainer.page, '[data-testid="pdf"]') == ""
    for person in (trainee, guest):
        expect_ink(person)
        expect(person.find("pdf-sheet")).to_contain_text("Deux")

    trainer.page.keyboard.press("PageDown")
    for person in (trainer, trainee, guest):
        expect(person.find("pdf-sheet")).to_contain_text("Trois")
    for person in (trainee, guest):
        expect(person.find("pdf-layer")).to_have_count(0)
    expect(trainer.find("pdf-layer")).to_have_attribute("data-pen", "true")
    trainer.page.keyboard.press("PageUp")
    for person in (trainer, trainee, guest):
        expect(person.find("pdf")).to_have_attribute("data-annotated", "true")
        expect_ink(person)


def test_a_participant_annotates_too_and_looks_back_alone(
    trainer: LabPerson, trainee: Person, guest: Person
) -> None:
    guest.find("pdf-annotate").click()
    expect(guest.page.locator('[data-testid="toolbar-freedraw"]')).to_be_visible()
    before = ink(trainer)
    scribble(guest, 100, 210)
    for _ in range(40):
        if ink(trainer) > before:
            break
        trainer.page.wait_for_timeout(250)
    assert ink(trainer) > before

    trainee.find("pdf-previous").click()
    expect(trainee.find("pdf")).to_have_attribute("data-away", "true")
    expect(trainer.find("pdf")).to_have_attribute("data-page", "2")
    trainee.find("pdf-back").click()
    expect(trainee.find("pdf")).to_have_attribute("data-page", "2")
    expect_ink(trainee)


def test_annotated_pages_are_taken_along(trainer: LabPerson, tmp_path: Path) -> None:
    whole = PdfReader(download(trainer, "pdf-all", tmp_path))
    drawing = download(trainer, "svg", tmp_path).read_text()
    shapes = json.loads(download(trainer, "excalidraw", tmp_path).read_text())["elements"]
    width, height = png_size(download(trainer, "png", tmp_path))

    assert [page.extract_text().strip() for page in whole.pages] == ["Un", "Deux", "Trois"]
    assert sorted(one["type"] for one in shapes) == ["freedraw", "freedraw", "image"]
    assert "data:image/jpeg;base64," in drawing and 'stroke="#e03131"' in drawing.replace("fill=", "stroke=")
    assert width / height == pytest.approx(1032 / 594.5, abs=0.05), "the page with its margin"


def test_what_was_drawn_survives_a_reload(trainer: LabPerson, trainee: Person, guest: Person) -> None:
    for person in (trainee, guest):
        person.page.reload()
        person.find("join").click()
        person.is_in()
        expect(person.find("pdf")).to_have_attribute("data-page", "2")
        expect_ink(person)


def test_notes_are_written_by_two_and_bring_no_behaviour(
    trainer: LabPerson, trainee: Person, guest: Person, tmp_path: Path
) -> None:
    materials(trainer)
    trainer.find("add-note").click()
    expect(trainer.find("note")).to_have_attribute("data-access", "write")
    trainer.find("present").click()
    trainer.find("note-source").fill(MALICE)
    trainee.find("note-source").press("Control+End")
    trainee.find("note-source").press_sequentially("\n\nTo be read")
    trainer.find("note-source").press("Control+Home")
    trainer.find("note-source").press_sequentially("À relire\n\n")
    guest.find("note").get_by_role("button", name="Lire").click()
    for person in (trainer, trainee, guest):
        text = person.find("note-text")
        expect(text).to_contain_text("À relire")
        expect(text).to_contain_text("To be read")
        expect(text.locator("td").first).to_have_text("1")
        for link in text.locator("a").all():
            assert not (link.get_attribute("href") or "").lower().startswith(("java", "data"))
            link.dispatch_event("click")
        assert text.locator("script, iframe, form, [onerror], [onload]").count() == 0
        assert person.page.evaluate("window.hacked ?? null") is None
    trainer.find("document").filter(has_text="Notes").get_by_test_id("document-actions").click()
    with trainer.page.expect_download() as found:
        trainer.find("document-export-md").click()
    found.value.save_as(tmp_path / "notes.md")
    written = (tmp_path / "notes.md").read_text()
    assert written.startswith("À relire") and written.rstrip().endswith("To be read")


def test_nobody_but_the_platform_was_asked_for_anything(platform: Platform, asked: set[str]) -> None:
    assert asked == {urlsplit(platform.url).netloc}


def test_jupyterlab_has_one_yjs(trainer: LabPerson, said: list[str]) -> None:
    assert [line for line in said if "Yjs was already imported" in line] == []
