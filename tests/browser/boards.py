"""What a person does with a whiteboard, and what is read from the files that it is taken along as."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from playwright.sync_api import Locator, expect

from browser.people import Person


def begin_board(trainer: Person) -> None:
    """Add a board and put it on everybody's stage; the materials are open before and shut after."""
    trainer.find("add-board").click()
    expect(trainer.find("board")).to_have_attribute("data-access", "write")
    trainer.find("present").click()
    trainer.find("materials-toggle").click()


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


def saved(person: Person) -> None:
    """Wait until all that was drawn is on the server's disk."""
    expect(person.find("board")).to_have_attribute("data-unsaved", "0")


def scene(person: Person, folder: Path) -> list[dict[str, object]]:
    """Download the board as Excalidraw's file; returns the shapes in it."""
    path = download(person, "excalidraw", folder)
    elements: list[dict[str, object]] = json.loads(path.read_text())["elements"]
    return elements


def kinds(person: Person, folder: Path) -> list[str]:
    """List the kinds of the shapes on the board, in alphabetical order."""
    return sorted(str(one["type"]) for one in scene(person, folder))


def expect_kinds(person: Person, folder: Path, wanted: list[str]) -> None:
    """Wait until the board holds shapes of these kinds."""
    for _ in range(20):
        found = kinds(person, folder)
        if found == wanted:
            return
        person.page.wait_for_timeout(250)
    assert found == wanted


def download(person: Person, kind: str, folder: Path) -> Path:
    """Take the board along as a file of some kind."""
    person.page.locator('[data-testid="main-menu-trigger"]').first.click()
    with person.page.expect_download() as found:
        person.find(f"board-download-{kind}").click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def png_size(path: Path) -> tuple[int, int]:
    """Read a PNG's width and height from its header (RFC 2083, 4.1.1)."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)
