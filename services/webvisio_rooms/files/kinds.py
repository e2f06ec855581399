"""What a file is, by its first bytes: the name and the browser's word are not believed.

The table knows only what decides something here: programs are refused, and a
name that promises one of these kinds must keep its promise. Everything is
served as an attachment of no kind anyway, so an unknown kind is harmless.
"""

HEAD_BYTES = 4096
"""So much of the beginning is looked at."""
PLAIN = "text/plain"
UNKNOWN = "application/octet-stream"
PROGRAM = "application/x-executable"

_ZIP = "application/zip"
_OLE = "application/x-ole-storage"
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"PK\x05\x06", _ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"\x7fELF", PROGRAM),
    (0, b"MZ", PROGRAM),
    (0, b"\xfe\xed\xfa\xce", PROGRAM),
    (0, b"\xfe\xed\xfa\xcf", PROGRAM),
    (0, b"\xce\xfa\xed\xfe", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
)
_PROMISES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "zip": _ZIP,
    "docx": _ZIP,
    "xlsx": _ZIP,
    "pptx": _ZIP,
    "odt": _ZIP,
    "ods": _ZIP,
    "odp": _ZIP,
    "whl": _ZIP,
    "gz": "application/gzip",
    "7z": "application/x-7z-compressed",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "csv": PLAIN,
    "ipynb": PLAIN,
    "json": PLAIN,
    "md": PLAIN,
    "py": PLAIN,
    "txt": PLAIN,
}
_ACTIVE = (
    (b"<svg", "image/svg+xml"),
    (b"<!doctype svg", "image/svg+xml"),
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<script", "text/html"),
    (b"<body", "text/html"),
)


def sniff(head: bytes) -> str:
    """Tell the kind of what begins with `head` (`HEAD_BYTES` of it are enough)."""
    for offset, mark, kind in _SIGNATURES:
        if head.startswith(mark, offset) and not (mark == b"MZ" and _is_text(head[:HEAD_BYTES])):
            return kind
    start = head[:HEAD_BYTES].lower()
    for mark, kind in _ACTIVE:
        if mark in start:
            return kind
    return PLAIN if _is_text(head[:HEAD_BYTES]) else UNKNOWN


def keeps_promise(name: str, kind: str) -> bool:
    """Tell whether content of `kind` may be called `name`."""
    promised = _PROMISES.get(name.rpartition(".")[2].lower() if "." in name else "")
    if promised is None or promised == kind:
        return True
    # prose and code may hold markup, and a text may be in an old encoding or empty
    return promised == PLAIN and (kind in ("text/html", "image/svg+xml") or kind == UNKNOWN)


def _is_text(head: bytes) -> bool:
    try:
        # the cut may go through a character
        text = head.decode("utf-8", "strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return not any(ord(c) < 32 and c not in "\t\n\r\f\x1b" for c in text)
