"""The course in `notebooks/` runs, and its exercise can be failed and passed."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from IPython.core.interactiveshell import InteractiveShell

NOTEBOOKS: Final = Path(__file__).parents[3] / "notebooks"
EXERCISES: Final = {
    "02-exercice-atelier.ipynb": "02-corrige-atelier.ipynb",
    "02-exercise-workshop.ipynb": "02-solution-workshop.ipynb",
}
SOUND: Final = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb") if path.name not in EXERCISES)

Cell = dict[str, Any]
"""A cell as nbformat writes it: foreign JSON."""


def cells(name: str) -> list[Cell]:
    """Read a notebook's cells."""
    found: list[Cell] = json.loads((NOTEBOOKS / name).read_text())["cells"]
    return found


def failures(name: str) -> list[str]:
    """Run a notebook's cells in order, in a shell of its own; give the identifiers of those that failed."""
    shell = InteractiveShell()  # type: ignore[no-untyped-call]  # IPython has no types here
    if shell.history_manager is not None:
        shell.history_manager.enabled = False

    def succeeds(cell: Cell) -> bool:
        result = shell.run_cell("".join(cell["source"]), silent=True)  # type: ignore[no-untyped-call]
        return bool(result.success)

    return [cell["id"] for cell in cells(name) if cell["cell_type"] == "code" and not succeeds(cell)]


@pytest.mark.parametrize("name", SOUND)
def test_every_notebook_runs_from_top_to_bottom(name: str) -> None:
    assert failures(name) == []


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_fails_its_checks_and_nothing_else_until_it_is_done(name: str) -> None:
    checks = [c["id"] for c in cells(name) if c["metadata"].get("nbgrader", {}).get("grade")]

    assert checks
    assert failures(name) == checks


@pytest.mark.parametrize(("exercise", "solution"), EXERCISES.items())
def test_a_solution_differs_from_its_exercise_in_the_answers_alone(exercise: str, solution: str) -> None:
    answers = {c["id"] for c in cells(exercise) if c["metadata"].get("nbgrader", {}).get("solution")}
    pairs = list(zip(cells(exercise), cells(solution), strict=True))

    assert {asked["id"] for asked, solved in pairs if asked["source"] != solved["source"]} == answers


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_a_notebook_is_kept_without_results_and_with_unique_cells(name: str) -> None:
    found = cells(name)
    assert len({cell["id"] for cell in found}) == len(found)
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None
        for cell in found
        if cell["cell_type"] == "code"
    )
