"""Scenario files that are not well formed: exit status 2, naming file, step and field."""

from datetime import date
from pathlib import Path

import pytest

from webvisio_billing.cli import main
from webvisio_billing.domain.terms import Formula
from webvisio_billing.simulate.errors import ScenarioError
from webvisio_billing.simulate.reading import MAX_FILE_BYTES
from webvisio_billing.simulate.scenario import read_scenarios
from webvisio_billing.simulate.steps import OrderStep

GOOD = """
name: essai
steps:
  - {at: 2026-11-15T00:00, do: order, formula: month}
  - {at: 2026-11-15T00:00, do: accept, channel: signature}
"""


def problem(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ScenarioError) as caught:
        read_scenarios(data, "essai.yaml")
    return str(caught.value)


def with_step(step: str) -> str:
    return f"{GOOD}  - {step}\n"


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ("{do: advance}", "at"),
        ("{at: demain, do: advance}", "at"),
        ("{at: 2026-13-01T00:00, do: advance}", "at"),
        ("{at: 2026-02-30T00:00, do: advance}", "at"),
        ("{at: 2027-03-28T02:30, do: advance}", "at"),
        ("{at: 9999-12-31T00:00, do: advance}", "at"),
        ("{at: 0001-01-01T00:00, do: advance}", "at"),
        ("{at: 2026-11-14T23:59, do: advance}", "at"),
        ("{at: [2026-11-16], do: advance}", "at"),
        ("{at: 2026-11-16T00:00}", "do"),
        ("{at: 2026-11-16T00:00, do: explode}", "do"),
        ("{at: 2026-11-16T00:00, do: advance, to: the moon}", "to"),
        ("{at: 2026-11-16T00:00, do: order, formula: week}", "formula"),
        ("{at: 2026-11-16T00:00, do: order}", "formula"),
        ("{at: 2026-11-16T00:00, do: order, formula: day, effective: 2026-02-30}", "effective"),
        ("{at: 2026-11-16T00:00, do: order, formula: day, setup: maybe}", "setup"),
        ("{at: 2026-11-16T00:00, do: order, formula: day, rooms: [Ma salle]}", "rooms"),
        ("{at: 2026-11-16T00:00, do: order, formula: day, extras: [{label: a}]}", "extras[1].net"),
        (
            "{at: 2026-11-16T00:00, do: order, formula: day, extras: [{label: a, net: 1, x: 2}]}",
            "extras[1].x",
        ),
        ("{at: 2026-11-16T00:00, do: order, formula: day, extras: {label: a}}", "extras"),
        ("{at: 2026-11-16T00:00, do: accept}", "channel"),
        ("{at: 2026-11-16T00:00, do: notice, by: neighbour}", "by"),
        ("{at: 2026-11-16T00:00, do: breach_letter, by: customer, precision: roughly}", "precision"),
        ("{at: 2026-11-16T00:00, do: breach_letter, by: customer, clauses: '5.4'}", "clauses"),
        ("{at: 2026-11-16T00:00, do: pay}", "amount"),
        ("{at: 2026-11-16T00:00, do: pay, amount: beaucoup}", "amount"),
        ("{at: 2026-11-16T00:00, do: pay, amount: 1.001}", "amount"),
        ("{at: 2026-11-16T00:00, do: pay, amount: 1, method: barter}", "method"),
        ("{at: 2026-11-16T00:00, do: suspend, reason: annoyance}", "reason"),
        ("{at: 2026-11-16T00:00, do: report_ticket, severity: dire}", "severity"),
        ("{at: 2026-11-16T00:00, do: choose_disposal, choice: sell}", "choice"),
        ("{at: 2026-11-16T00:00, do: status, contract: 0}", "contract"),
    ],
)
def test_a_bad_step_is_named_with_its_field(step: str, field: str) -> None:
    message = problem(with_step(step))

    assert message.startswith(f"essai.yaml, scenario 1, step 3, field '{field}': ")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ("timezone: Europe/Lutece", "settings.timezone"),
        ("timezone: /etc/passwd", "settings.timezone"),
        ("late_rate_policy: usury", "settings.late_rate_policy"),
        ("seller_region: bretagne", "settings.seller_region"),
        ("suspension_days: -1", "settings.suspension_days"),
        ("suspension_days: quinze", "settings.suspension_days"),
        ("legal_rates: {2026-S1: 2.62}", "settings.legal_rates.2026-S1"),
        ("legal_rates: {2026-H1: beaucoup}", "settings.legal_rates.2026-H1"),
        ("legal_rates: {2026-H1: NaN}", "settings.legal_rates.2026-H1"),
        ("legal_rates: {2026-H1: -1}", "settings.legal_rates.2026-H1"),
        ("vat: {janvier: 20}", "settings.vat.janvier"),
        ("vat: {2027-01-01: 1e999999}", "settings.vat.2027-01-01"),
        ("prices: {room_month: gratuit}", "settings.prices.room_month"),
        ("prices: {room_year: 1.00}", "settings.prices.room_year"),
        ("prices: 100", "settings.prices"),
        ("counters: {Z2026: 1}", "settings.counters.Z2026"),
        ("office_hours: {opens: 18, closes: 9}", "settings.office_hours"),
        ("colour: blue", "settings.colour"),
    ],
)
def test_a_bad_setting_is_named(settings: str, field: str) -> None:
    text = GOOD.replace("steps:", f"settings:\n  {settings}\nsteps:")

    assert problem(text).startswith(f"essai.yaml, scenario 1, field '{field}': ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no scenario"),
        ("# rien\n", "no scenario"),
        ("- a\n- b\n", "expected fields"),
        ("name: a\n", "'steps'"),
        ("steps: []\nname: a\n", "'steps'"),
        (GOOD.replace("name: essai", "nom: essai"), "'name'"),
        (GOOD + "extra: 1\n", "'extra'"),
        (GOOD + "customer: {kind: alien}\n", "'customer.kind'"),
        (GOOD + "clauses: ['99']\n", "'clauses'"),
        ("name: [unclosed\n", "not YAML"),
        ("name: a\nname: b\n", "given twice at line 2"),
        ("? [a]\n: b\n", "a key must be text"),
        ("a: &a [*a]\n", "nested too deeply"),
        ("a: &a {<<: *a}\n", "nested too deeply"),
        ("<<: [a]\n", "'<<' merges mappings only"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"name: \x00", "not YAML"),
        (b" " * (MAX_FILE_BYTES + 1), "larger than"),
        ("[" * 20_000, "nested too deeply"),
        ("{" * 20_000, "nested too deeply"),
        ("!!python/object/apply:os.system ['true']\n", "expected fields"),
    ],
)
def test_a_file_that_is_no_scenario(text: str | bytes, words: str) -> None:
    assert words in problem(text)


def test_aliases_cannot_unfold_without_end() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )

    assert "too large" in problem(bomb)


def test_scalars_stay_what_was_written() -> None:
    text = GOOD.replace("steps:", "settings: {prices: {room_month: 0100.10}}\nsteps:")

    assert read_scenarios(text.encode(), "essai.yaml")[0].settings.prices.room_month_minor == 100_10


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null"])
def test_a_field_without_a_value_is_a_missing_one(nothing: str) -> None:
    text = GOOD.replace("steps:", f"settings: {nothing}\ncustomer: {nothing}\nclauses: {nothing}\nsteps:")

    assert read_scenarios(text.encode(), "essai.yaml")[0].customer.siren is None
    assert problem(GOOD.replace("essai", nothing)).endswith("field 'name': is missing")


def test_a_null_in_quotes_is_text() -> None:
    assert read_scenarios(GOOD.replace("essai", "'null'").encode(), "essai.yaml")[0].name == "null"


def test_a_merged_mapping_gives_what_the_step_does_not_say() -> None:
    text = GOOD.replace("- {at", "- &first {at", 1) + (
        "  - {<<: *first, formula: day, effective: 2026-11-20}\n"
        "  - {<<: [{formula: day}, *first], at: 2026-11-21}\n"
    )
    one, other = (step.action for step in read_scenarios(text.encode(), "essai.yaml")[0].steps[2:])

    assert isinstance(one, OrderStep) and isinstance(other, OrderStep)
    assert (one.formula, one.effective) == (Formula.DAY, date(2026, 11, 20))
    assert (other.formula, other.effective) == (Formula.DAY, None)


def test_a_time_that_comes_twice_is_the_first_and_an_offset_is_exact() -> None:
    text = GOOD.replace("2026-11-15", "2026-10-01") + (
        "  - {at: 2026-10-25T02:30, do: advance}\n  - {at: 2026-10-25T02:30+01:00, do: advance}\n"
    )
    first, second = read_scenarios(text.encode(), "essai.yaml")[0].steps[2:]

    assert (second.at - first.at).total_seconds() == 3600


def test_several_scenarios_are_one_document_each() -> None:
    text = f"{GOOD}---\n{GOOD}---\n{with_step('{at: 2026-11-16T00:00, do: fly}')}"

    assert problem(text).startswith("essai.yaml, scenario 3, step 3, field 'do'")


def test_nothing_is_played_when_one_file_is_not_well_formed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, absent = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "absent.yaml"
    good.write_text(GOOD)
    bad.write_text(with_step("{at: 2026-11-16T00:00, do: pay, amount: x}"))

    status = main(["simulate", str(good), str(bad), str(absent)])

    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0].startswith(f"{bad}, scenario 1, step 3, field 'amount':")
    assert lines[1].startswith(f"{absent}: ")


def test_a_folder_is_no_scenario_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
