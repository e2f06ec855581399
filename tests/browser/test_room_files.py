"""Files, presented PDFs, notes and addresses with two and three browsers."""

import hashlib
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Route, expect

from browser.arrivals import Arrivals
from browser.axe import faults
from browser.conftest import NewPage
from browser.course_files import pdf_of
from browser.materials import do, fetched, file_of, give
from browser.people import Person
from hub.platform_fixture import Platform

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def trainer(trainer: Person) -> Iterator[Person]:
    """Claire, with the materials open."""
    trainer.find("materials-toggle").click()
    yield trainer
    trainer.page.evaluate("window.webvisio.client.present(null), window.webvisio.client.leave()")


@pytest.fixture(scope="module")
def trainee(trainee: Person) -> Person:
    """Amina, with the materials open."""
    trainee.find("materials-toggle").click()
    return trainee


def test_a_file_reaches_everybody_though_the_line_broke(trainer: Person, trainee: Person) -> None:
    content = random.Random(7).randbytes(9 * MIB)  # noqa: S311 - seeded
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if (
            route.request.method == "PATCH"
            and len(broken) < 2
            and route.request.headers["upload-offset"] != "0"
        ):
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    trainer.page.route("**/uploads/*", break_once)
    give(trainer, "jeu de données.bin", content)
    expect(file_of(trainee, "jeu de données.bin")).to_be_visible(timeout=60_000)
    trainer.page.unroute("**/uploads/*")
    assert len(broken) == 2
    assert hashlib.sha256(fetched(trainee, "jeu de données.bin")).digest() == hashlib.sha256(content).digest()


def test_dropping_a_file_uploads_it_and_what_is_not_what_it_says_is_refused(trainer: Person) -> None:
    drop = """(box, [name, text]) => {
      const given = new DataTransfer();
      given.items.add(new File([text], name));
      for (const type of ['dragover', 'drop']) {
        box.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: given}));
      }
    }"""
    trainer.find("files").evaluate(drop, ["notes.txt", "Bonjour"])
    expect(file_of(trainer, "notes.txt")).to_be_visible()
    trainer.find("files").evaluate(drop, ["photo.png", "<svg onload='alert(1)'>"])
    expect(trainer.find("upload")).to_have_attribute("data-state", "refused")
    expect(trainer.find("upload")).to_contain_text("Ce fichier n’est pas accepté")
    trainer.find("upload-cancel").click()
    expect(trainer.find("upload")).to_have_count(0)


def test_a_file_is_sent_to_one_person_alone(
    platform: Platform, new_page: NewPage, trainer: Person, trainee: Person
) -> None:
    guest = Arrivals(platform, new_page).on_a_phone("Zoé")
    trainer.find("file-add").click()
    with trainer.page.expect_file_chooser() as chooser:
        trainer.page.get_by_test_id("file-send-to").filter(has_text="Amina").click()
    chooser.value.set_files([{"name": "corrigé.txt", "mimeType": "text/plain", "buffer": b"42"}])
    expect(trainee.find("toast").filter(has_text="corrigé.txt")).to_be_visible()
    assert fetched(trainee, "corrigé.txt") == b"42"
    guest.find("more").click()
    guest.find("more-materials").click()
    expect(file_of(guest, "jeu de données.bin")).to_be_visible()
    expect(file_of(guest, "corrigé.txt")).to_have_count(0)
    assert faults(guest.page, ".wv-panel") == ""


def test_versions_folders_and_names(trainer: Person, trainee: Person) -> None:
    give(trainer, "plan.txt", b"one")
    expect(file_of(trainer, "plan.txt")).to_be_visible()
    give(trainer, "plan.txt", b"two!")
    expect(file_of(trainee, "plan.txt")).to_contain_text("4 byte")
    file_of(trainee, "plan.txt").get_by_test_id("file-actions").click()
    trainee.find("file-versions").click()
    with trainee.page.expect_download() as found:
        trainee.find("file-version").filter(has_text="1").click()
    assert found.value.path().read_bytes() == b"one"
    trainee.page.keyboard.press("Escape")
    trainer.find("file-add").click()
    trainer.find("folder-new").click()
    trainer.find("folder-name").fill("Semaine 1")
    trainer.find("folder-save").click()
    expect(trainer.find("folder")).to_be_visible()
    do(trainer, "plan.txt", "file-change")
    assert faults(trainer.page, "dialog") == ""
    trainer.find("file-name").fill("programme.txt")
    trainer.find("file-folder").select_option("Semaine 1")
    trainer.find("file-save").click()
    expect(file_of(trainee, "plan.txt")).to_have_count(0)
    trainee.find("folder").get_by_role("button").first.click()
    expect(file_of(trainee, "programme.txt")).to_be_visible()


def test_the_trainer_turns_the_pages_and_everybody_may_look_back(trainer: Person, trainee: Person) -> None:
    give(trainer, "cours.pdf", pdf_of("Un", "Deux", "Trois"))
    expect(file_of(trainer, "cours.pdf")).to_be_visible()
    do(trainer, "cours.pdf", "file-present")
    for person in (trainer, trainee):
        expect(person.find("pdf")).to_have_attribute("data-page", "1")
    trainer.find("pdf-next").click()
    trainer.find("pdf-larger").click()
    expect(trainee.find("pdf-sheet")).to_contain_text("Deux")
    expect(trainee.find("pdf")).to_have_attribute("data-zoom", "1.25")
    trainee.find("pdf-previous").click()
    expect(trainee.find("pdf-sheet")).to_contain_text("Un")
    expect(trainer.find("pdf")).to_have_attribute("data-page", "2")
    trainer.find("pdf-next").click()
    expect(trainer.find("pdf-sheet")).to_contain_text("Trois")
    expect(trainee.find("pdf")).to_have_attribute("data-page", "1")
    trainee.find("pdf-back").click()
    expect(trainee.find("pdf-sheet")).to_contain_text("Trois")
    expect(trainee.find("presented")).to_contain_text("cours.pdf")


def test_a_page_is_drawn_on_in_its_place_and_everybody_sees_it(trainer: Person, trainee: Person) -> None:
    trainer.find("pdf-annotate").click()
    expect(trainer.find("board")).to_have_attribute("data-access", "write")
    canvas = trainer.page.locator(".excalidraw canvas.interactive")
    box = canvas.bounding_box()
    assert box is not None
    trainer.page.mouse.move(box["x"] + 400, box["y"] + 250)
    trainer.page.mouse.down()
    trainer.page.mouse.move(box["x"] + 500, box["y"] + 300, steps=4)
    trainer.page.mouse.up()
    expect(trainee.find("pdf")).to_have_attribute("data-annotated", "true")
    expect(trainee.find("pdf-sheet")).to_contain_text("Trois")
    expect(trainee.page.locator(".excalidraw canvas.static")).to_be_visible()
    trainer.find("pdf-annotate").click()
    expect(trainer.find("pdf-layer")).to_have_attribute("data-pen", "false")


def test_a_pdf_that_is_broken_says_so_in_words(trainer: Person) -> None:
    give(trainer, "cassé.pdf", b"%PDF-1.4\nnot much of a PDF")
    file_of(trainer, "cassé.pdf").get_by_test_id("file-open").click()
    expect(trainer.find("pdf-failed")).to_contain_text("Ce PDF ne peut pas être affiché")
    trainer.find("presented-close").click()


HANDOUT = (
    "<!doctype html><title>Résumé</title><script>document.title = parent.document.title = 'ran'</script>"
    "<style>p { height: 120px }</style>" + "".join(f"<p>Paragraphe {n}</p>" for n in range(60))
)


def test_a_web_page_of_the_room_is_scrolled_together_and_runs_nothing(
    trainer: Person, trainee: Person
) -> None:
    give(trainer, "résumé.html", HANDOUT.encode())
    expect(file_of(trainer, "résumé.html")).to_be_visible()
    do(trainer, "résumé.html", "file-present")
    hers, theirs = (
        person.page.frame_locator("[data-testid=room-page-frame]") for person in (trainer, trainee)
    )
    first = theirs.get_by_text("Paragraphe 0", exact=True)
    expect(first).to_be_in_viewport()
    hers.get_by_text("Paragraphe 40").scroll_into_view_if_needed()
    expect(theirs.get_by_text("Paragraphe 40")).to_be_in_viewport()
    first.scroll_into_view_if_needed()
    expect(trainee.find("room-page")).to_have_attribute("data-away", "true")
    hers.get_by_text("Paragraphe 55").scroll_into_view_if_needed()
    expect(first).to_be_in_viewport()
    trainee.find("room-page-back").click()
    expect(theirs.get_by_text("Paragraphe 55")).to_be_in_viewport()
    assert "ran" not in (trainer.page.title(), trainee.page.title())
    trainer.find("present").click()
    expect(trainee.find("room-page")).to_have_count(0)


def test_notes_are_written_together_and_each_undoes_their_own(trainer: Person, trainee: Person) -> None:
    trainer.find("add-note").click()
    expect(trainer.find("note")).to_have_attribute("data-access", "write")
    trainer.find("present").click()
    trainer.find("note-source").fill("# Plan\n\n- **boucles**\n")
    expect(trainee.find("note-text").locator("strong")).to_have_text("boucles")
    trainee.find("note-source").press("Control+End")
    trainee.find("note-source").press_sequentially("- fonctions", delay=15)
    expect(trainer.find("note-text").locator("li")).to_have_count(2)
    expect(trainer.find("note-saved")).to_have_text("Enregistré")
    for _ in "- fonctions":
        trainee.find("note-source").press("Control+z")
    trainee.find("note-source").press("Control+z")
    expect(trainer.find("note-source")).to_have_value("# Plan\n\n- **boucles**\n")


class Site(BaseHTTPRequestHandler):
    """A site that lets itself be framed."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<h1>Page {self.path}</h1><script>document.title = 1</script>".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    """Its address; another host than the platform's, as a browser sees it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_an_address_is_opened_for_all_in_a_frame_that_cannot_reach_out(
    platform: Platform, site: str, trainer: Person, trainee: Person
) -> None:
    trainer.find("web-new").fill(f"{site}/one")
    trainer.find("web-present").click()
    shown = trainee.page.frame_locator('[data-testid="web-frame"]')
    expect(shown.locator("h1")).to_have_text("Page /one")
    trainer.find("web-address").fill(f"{site}/two")
    trainer.find("web-go").click()
    expect(shown.locator("h1")).to_have_text("Page /two")
    expect(trainee.find("web-open")).to_have_attribute("href", f"{site}/two")
    assert "allow-top-navigation" not in (trainee.find("web-frame").get_attribute("sandbox") or "")
    trainer.find("web-new").fill("javascript:alert(1)")
    expect(trainer.find("web-present")).to_be_disabled()
    trainer.find("web-new").fill(f"{platform.url}/hub/home")
    trainer.find("web-present").click()
    expect(trainee.find("web-card")).to_be_visible()


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(trainer: Person, tmp_path: Path) -> None:
    film = tmp_path / f"{tmp_path.name}.bin"  # another name when the test is tried again
    film.write_bytes(random.Random(8).randbytes(9 * MIB))  # noqa: S311 - seeded
    offsets: list[str] = []

    def stop_after_the_first_piece(route: Route) -> None:
        offsets.append(route.request.headers.get("upload-offset", ""))
        if route.request.method == "PATCH" and offsets[-1] != "0":
            route.abort("connectionreset")
        else:
            route.continue_()

    trainer.page.route("**/uploads/*", stop_after_the_first_piece)
    with trainer.page.expect_request(lambda asked: asked.headers.get("upload-offset", "0") != "0"):
        trainer.find("file-input").set_input_files(film)
    trainer.page.reload()
    trainer.page.unroute("**/uploads/*")
    trainer.find("join").click()
    trainer.is_in()
    trainer.find("materials-toggle").click()
    left = trainer.find("upload").filter(has_text=film.name)
    expect(left).to_have_attribute("data-state", "left")
    expect(trainer.find("upload").filter(has_text="photo.png")).to_have_count(0)

    with trainer.page.expect_file_chooser() as chooser:
        left.get_by_test_id("upload-resume").click()
    with trainer.page.expect_request(lambda asked: asked.method == "PATCH") as first:
        chooser.value.set_files(film)

    assert first.value.headers["upload-offset"] == str(4 * MIB), "what had arrived is not sent again"
    expect(file_of(trainer, film.name)).to_be_visible()
    expect(left).to_have_count(0)
    assert hashlib.sha256(fetched(trainer, film.name)).digest() == hashlib.sha256(film.read_bytes()).digest()
