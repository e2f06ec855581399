"""Plays every scenario file beside this one and holds each step to what it expects."""

from pathlib import Path

import pytest

from webvisio_billing.simulate.expectations import mismatches
from webvisio_billing.simulate.player import play
from webvisio_billing.simulate.scenario import Scenario, read_scenarios

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))
SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario.name}")
    for path in FILES
    for scenario in read_scenarios(path.read_bytes(), path.name)
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_answers_what_its_steps_expect(scenario: Scenario) -> None:
    answers = list(play(scenario, "en"))

    found = [
        f"step {step.number} ({step.do}): {mismatch}"
        for step, answer in zip(scenario.steps, answers, strict=True)
        if step.expect is not None
        for mismatch in mismatches(step.expect, answer)
    ]

    assert found == []


def test_every_golden_case_has_a_scenario() -> None:
    numbers = {path.name.split("_")[1] for path in FILES if path.name.startswith("golden_")}

    assert numbers == {f"{number:02d}" for number in range(1, 23)}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_says_what_it_is_about_and_what_it_expects(scenario: Scenario) -> None:
    assert scenario.clauses
    assert any(step.expect is not None for step in scenario.steps)
