"""`import-document` puts files into a room, once, and refuses what is no document."""

import json
from pathlib import Path

import pytest

from unit.rooms_documents.documents_world import NOTEBOOK
from webvisio_protocol.documents import DocumentKind
from webvisio_protocol.identifiers import RoomId
from webvisio_rooms.document_command import ImportDocument
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.storage.database import open_database
from webvisio_rooms.storage.document_store import DocumentStore


def run(home: Path, *arguments: str) -> tuple[int, DocumentStore]:
    url = f"sqlite:///{home}/rooms.sqlite"
    command = ImportDocument(home=str(home), database=url)
    command.initialize(list(arguments))
    try:
        command.start()
        status = 0
    except SystemExit as ended:
        status = int(str(ended.code))
    return status, DocumentStore(open_database(url), KeyFolder(home / "keys"))


def test_files_go_into_a_room_once(tmp_path: Path) -> None:
    files = [tmp_path / "cours.ipynb", tmp_path / "notes.md"]
    files[0].write_text(json.dumps(NOTEBOOK))
    files[1].write_text("# Notes")
    arguments = ("python", *map(str, files))

    assert run(tmp_path, *arguments)[0] == 0
    status, store = run(tmp_path, *arguments)

    assert status == 0
    found = store.documents(RoomId("python"))
    assert [(one.name, one.kind) for one in found] == [
        ("cours.ipynb", DocumentKind.NOTEBOOK),
        ("notes.md", DocumentKind.NOTE),
    ]


@pytest.mark.parametrize(
    ("name", "content", "status"), [("a.txt", "x", 2), ("a.ipynb", "no JSON", 1), ("a.ipynb", "{}", 1)]
)
def test_what_is_no_document_is_refused(tmp_path: Path, name: str, content: str, status: int) -> None:
    (tmp_path / name).write_text(content)

    assert run(tmp_path, "python", str(tmp_path / name))[0] == status
