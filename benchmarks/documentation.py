"""Puts a benchmark's tables where the documentation shows them: they are those of the committed results."""

import re
from pathlib import Path

MEDIA = Path(__file__).parent.parent / "docs" / "media.md"


def put_tables(name: str, tables: str) -> None:
    """Replace what stands between the marks of `name` in docs/media.md; raises `LookupError` without them."""
    text = MEDIA.read_text()
    marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    if not marks.search(text):
        raise LookupError(name)
    MEDIA.write_text(marks.sub(lambda found: f"{found[1]}{tables}\n{found[2]}", text))
