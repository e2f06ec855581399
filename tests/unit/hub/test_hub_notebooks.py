"""The course notebooks run from top to bottom, say what they promise, and are handed out clean."""

from collections import Counter
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

COURSES = Path(__file__).parents[3] / "notebooks"
NOTEBOOKS = sorted(COURSES.glob("*.ipynb"))
SAID = {
    "01-premieres-donnees.ipynb": [
        "18.00 € par semaine",
        "Article inconnu : 'chouquette'",
        "Python, 20 inscrits",
    ],
    "01-first-data.ipynb": ["18.00 € a week", "Unknown article: 'eclair'", "Python, 20 registered"],
}


def test_there_is_a_course_in_each_language() -> None:
    steps = Counter(path.name.partition("-")[0] for path in NOTEBOOKS)
    assert set(SAID) <= {path.name for path in NOTEBOOKS}
    assert steps
    assert all(count % 2 == 0 for count in steps.values()), "a step is there in French and in English"


@pytest.mark.parametrize("name", SAID)
def test_a_notebook_runs_and_says_what_it_teaches(name: str) -> None:
    notebook = nbformat.read(COURSES / name, as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = "".join(output.get("text", "") for output in outputs)
    for sentence in SAID[name]:
        assert sentence in told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_handed_out_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(
        not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell
    )
    nbformat.validate(notebook)
