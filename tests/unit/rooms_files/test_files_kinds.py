"""What a file is, by its content."""

import pytest

from webvisio_rooms.files.kinds import HEAD_BYTES, PLAIN, PROGRAM, UNKNOWN, keeps_promise, sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"MZ\x90\x00\x03", PROGRAM),
        (b"MZ is how this sentence begins", PLAIN),
        (b"\x7fELF\x02", PROGRAM),
        (b'<?xml version="1.0"?>\n<!-- x --><svg onload="alert(1)">', "image/svg+xml"),
        (b"\n\n <!DOCTYPE html><p>", "text/html"),
        (b"a;b\n1;2\n", PLAIN),
        ("été".encode(), PLAIN),
        ("é".encode() * HEAD_BYTES, PLAIN),
        ("été".encode("latin-1"), UNKNOWN),
        (b"\x00\x01\x02", UNKNOWN),
        (b"", PLAIN),
    ],
)
def test_the_first_bytes_tell_the_kind(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("name", "kind", "is_kept"),
    [
        ("plan.pdf", "application/pdf", True),
        ("plan.PDF", "text/html", False),
        ("photo.png", "application/zip", False),
        ("photo.jpg", "image/svg+xml", False),
        ("course.docx", "application/zip", True),
        ("notes.txt", "application/zip", False),
        ("notes.txt", UNKNOWN, True),
        ("lesson.md", "text/html", True),
        ("model.safetensors", UNKNOWN, True),
        ("Makefile", PLAIN, True),
    ],
)
def test_a_name_must_keep_its_promise(name: str, kind: str, is_kept: bool) -> None:
    assert keeps_promise(name, kind) is is_kept
