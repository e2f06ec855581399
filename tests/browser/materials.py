"""What a person does with the files among a room's materials, on the plain page."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Locator

from browser.people import Person


def give(person: Person, name: str, content: bytes) -> None:
    """Choose a file for the upload that was asked for."""
    file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    person.find("file-input").set_input_files([file])


def file_of(person: Person, name: str) -> Locator:
    """Find a file's row."""
    return person.find("file").filter(has_text=name)


def do(person: Person, name: str, action: str) -> None:
    """Choose something from a file's menu."""
    file_of(person, name).get_by_test_id("file-actions").click()
    person.find(action).click()


def fetched(person: Person, name: str) -> bytes:
    """Download a file by its row; returns its bytes."""
    with person.page.expect_download() as found:
        do(person, name, "file-download")
    return found.value.path().read_bytes()
