"""What can be wrong with a scenario file, always with its place.

ScenarioError    the scenario is not well formed: file, step, field, problem
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the input something is; `scenario` and `step` count from 1."""

    file: str
    scenario: int | None = None
    step: int | None = None
    field: str | None = None

    def at(self, field: str) -> "Place":
        """Go to a field; within another one, joined by a dot."""
        name = field if self.field is None else f"{self.field}.{field}"
        return Place(self.file, self.scenario, self.step, name)

    def __str__(self) -> str:
        parts = [self.file]
        if self.scenario is not None:
            parts.append(f"scenario {self.scenario}")
        if self.step is not None:
            parts.append(f"step {self.step}")
        if self.field is not None:
            parts.append(f"field {self.field!r}")
        return ", ".join(parts)


class ScenarioError(Exception):
    """The scenario is not well formed."""

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
