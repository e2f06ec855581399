"""What became of the code cells of a notebook, as far as its document says.

A letter a code cell (`webvisio_protocol.documents.CellProgress`), in order. A
document is what clients made of it: what is not as jupyter_ydoc writes it
counts as not run.
"""

from collections.abc import Mapping
from typing import Any

from pycrdt import Array, Doc, Map

from webvisio_protocol.documents import CellProgress, WallExcerpt

EXCERPT_CHARACTERS = 280
"""Of the source, and of the output: what a miniature can show."""
RUNNING = "running"
IDLE = "idle"


def code_cells(doc: Doc[Any]) -> list[Map[Any]]:
    """List the code cells, in order."""
    cells = doc.get("cells", type=Array)
    return [cell for cell in cells if isinstance(cell, Map) and cell.get("cell_type") == "code"]


def cell_ids(doc: Doc[Any]) -> tuple[str, ...]:
    """List the identifiers of the code cells, in order."""
    return tuple(str(cell.get("id", "")) for cell in code_cells(doc))


def progress(doc: Doc[Any]) -> str:
    """Summarise the code cells: one letter each."""
    return "".join(_letter(cell) for cell in code_cells(doc))


def running_cells(doc: Doc[Any]) -> dict[str, Map[Any]]:
    """Find the cells that are marked as running, by identifier."""
    return {str(cell.get("id")): cell for cell in code_cells(doc) if cell.get("execution_state") == RUNNING}


def worked_on(doc: Doc[Any], given: Mapping[str, str]) -> int:
    """Find the cell that was run last, else the last one that is not as it was given; -1 when none is."""
    found, latest = -1, -1.0
    for index, cell in enumerate(doc.get("cells", type=Array)):
        if not isinstance(cell, Map) or cell.get("cell_type") != "code":
            continue
        count = cell.get("execution_count")
        ran = float(count) if isinstance(count, int | float) else 0.0
        source = str(cell.get("source", ""))
        is_touched = ran > 0 or source != given.get(str(cell.get("id", "")), source)
        if is_touched and ran >= latest:
            found, latest = index, ran
    return found


def excerpt(doc: Doc[Any], index: int) -> WallExcerpt | None:
    """Show the end of a cell's source and text output; `index` counts all cells."""
    cells = doc.get("cells", type=Array)
    if not 0 <= index < len(cells) or not isinstance(cells[index], Map):
        return None
    cell = cells[index]
    before = sum(1 for i in range(index) if isinstance(cells[i], Map) and cells[i].get("cell_type") == "code")
    source = str(cell.get("source", ""))[-EXCERPT_CHARACTERS:]
    return WallExcerpt(before, source, _output_text(cell)[-EXCERPT_CHARACTERS:])


def _letter(cell: Map[Any]) -> str:
    if cell.get("execution_state") == RUNNING:
        return CellProgress.RUNNING.value
    kinds = [_field(output, "output_type") for output in _outputs(cell)]
    if "error" in kinds:
        return CellProgress.ERROR.value
    was_run = bool(kinds) or isinstance(cell.get("execution_count"), int | float)
    return CellProgress.OK.value if was_run else CellProgress.NOT_RUN.value


def _outputs(cell: Map[Any]) -> list[Any]:
    outputs = cell.get("outputs")
    return list(outputs) if isinstance(outputs, Array) else []


def _field(output: Any, name: str) -> Any:
    return output.get(name) if isinstance(output, Map | dict) else None


def _output_text(cell: Map[Any]) -> str:
    outputs = _outputs(cell)
    if not outputs:
        return ""
    last = outputs[-1]
    match _field(last, "output_type"):
        case "stream":
            text = _field(last, "text")
            return "".join(map(str, text)) if isinstance(text, Array | list) else str(text)
        case "error":
            return f"{_field(last, 'ename')}: {_field(last, 'evalue')}"
        case _:
            data = _field(last, "data")
            text = _field(data, "text/plain")
            return "".join(map(str, text)) if isinstance(text, Array | list) else str(text or "")
