"""What the simulator prints: the format that scenario-format.md fixes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from webvisio_billing.cli import main

START = """
name: {name}
{extra}
steps:
  - {{at: 2026-11-15T00:00, do: order, formula: month}}
  - {{at: 2026-11-15T00:00, do: accept, channel: signature}}
"""


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *options: str) -> list[dict[str, Any]]:
    """Simulate a file; returns its lines. `Any`: parsed JSON."""
    file = tmp_path / "essai.yaml"
    file.write_text(text)
    assert main(["simulate", *options, str(file)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *steps: str, extra: str = ""
) -> list[dict[str, Any]]:
    text = START.format(name="essai", extra=extra) + "".join(f"  - {step}\n" for step in steps)
    return run(tmp_path, capsys, text)[2:]


def test_a_line_a_step_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(
        tmp_path,
        capsys,
        START.format(name="premier", extra="") + "---" + START.format(name="second", extra=""),
    )

    assert [(line["scenario"], line["step"], line["do"], line["ok"]) for line in lines] == [
        ("premier", 1, "order", True),
        ("premier", 2, "accept", True),
        ("second", 1, "order", True),
        ("second", 2, "accept", True),
    ]
    assert set(lines[0]) == {"scenario", "step", "at", "do", "ok", "result", "events"}


def test_an_invoice_is_told_as_the_format_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = played(tmp_path, capsys, "{at: 2026-12-15T00:00, do: advance}")[0]
    issued = next(event for event in line["events"] if event["type"] == "invoice_issued")

    expected = {
        "at": "2026-12-15T00:00:00+01:00",
        "type": "invoice_issued",
        "number": "F2026-000002",
        "net": "100.00",
        "tax": "20.00",
        "gross": "120.00",
        "due_on": "2026-12-15",
        "period": ["2026-12-15", "2027-01-15"],
    }
    assert {name: issued[name] for name in expected} == expected


def test_a_refused_step_is_no_error_and_time_has_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = played(tmp_path, capsys, "{at: 2026-12-20T00:00, do: suspend, reason: illegal_content}")[0]

    assert line["ok"] is False
    assert set(line["refused"]) == {"code", "clause", "message", "remedy"}
    assert (line["refused"]["code"], line["refused"]["clause"]) == ("evidence_required", "5.5")
    assert [event["type"] for event in line["events"]] == ["contract_renewed", "invoice_issued"]


@pytest.mark.parametrize(("language", "word"), [("fr", "constat"), ("en", "evidence")])
def test_messages_come_in_the_language_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, word: str
) -> None:
    text = (
        START.format(name="a", extra="")
        + "  - {at: 2026-12-01T00:00, do: suspend, reason: illegal_content}\n"
    )

    assert word in run(tmp_path, capsys, text, "--language", language)[2]["refused"]["message"]


def test_status_tells_where_the_contract_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = played(tmp_path, capsys, "{at: 2026-11-20T00:00, do: status}")[0]

    assert line["result"] == {
        "lifecycle": "active",
        "access": "open",
        "open_until": "2026-12-15T00:00:00+01:00",
        "ends_at": None,
        "current_period": ["2026-11-15", "2026-12-15"],
        "open_blocks": [],
        "balance": "120.00",
        "credit": "0.00",
    }


def test_liability_cap_and_disposal_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = played(
        tmp_path,
        capsys,
        "{at: 2026-11-16T00:00, do: pay, amount: 120.00, method: transfer, key: a}",
        "{at: 2026-11-16T00:00, do: liability_cap}",
        "{at: 2026-11-16T00:00, do: choose_disposal, choice: return}",
        "{at: 2026-11-16T00:00, do: notice, by: provider}",
        "{at: 2026-12-16T00:00, do: choose_disposal, choice: return}",
        "{at: 2026-12-16T00:00, do: complete_disposal, destroyed: [x]}",
        f"{{at: 2026-12-16T00:00, do: complete_disposal, returned_sha256: {'ab' * 32}}}",
        "{at: 2026-12-16T00:00, do: close}",
        "{at: 2026-12-16T00:00, do: pay, amount: 1}",
    )

    outcomes = [line["result"] if line["ok"] else line["refused"]["code"] for line in lines]
    assert outcomes[1:] == [
        {"cap": "120.00"},
        "contract_not_ended",
        {"ends_at": "2026-12-15T00:00:00+01:00"},
        {"choice": "return"},
        "certificate_incomplete",
        {"lifecycle": "ended"},
        {"lifecycle": "closed"},
        "contract_closed",
    ]


@pytest.mark.parametrize(
    "step",
    [
        "do: accept, channel: signature",
        "do: notice, by: customer",
        "do: pay, amount: 1.00",
        "do: refund, amount: 1.00",
        "do: claim_late_charges, invoice: F2026-000001",
        "do: interest_due",
        "do: suspend, reason: unpaid",
        "do: lift, reason: unpaid",
        "do: status",
        "do: liability_cap",
        "do: report_ticket, severity: minor",
        "do: may_join",
    ],
)
def test_every_action_is_answered_before_there_is_a_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    line = run(tmp_path, capsys, f"name: vide\nsteps:\n  - {{at: 2026-11-15T00:00, {step}}}\n")[0]

    assert line["refused"]["code"] in {"not_ordered", "invoice_unknown", "no_contract"}


def test_negative_and_foreign_payments_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = played(
        tmp_path,
        capsys,
        "{at: 2026-11-16T00:00, do: pay, amount: -5.00}",
        "{at: 2026-11-16T00:00, do: pay, amount: 0}",
        "{at: 2026-11-16T00:00, do: pay, amount: 999999999999.00}",
        "{at: 2026-11-16T00:00, do: pay, amount: 5.00, currency: USD}",
        "{at: 2026-11-16T00:00, do: pay, amount: 5.00, invoice: F2026-999999}",
    )

    codes = [line["refused"]["code"] for line in lines]
    assert codes == ["amount_invalid"] * 3 + ["currency_mismatch", "invoice_unknown"]


def test_a_late_order_follows_an_ended_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = played(
        tmp_path,
        capsys,
        "{at: 2026-11-16T00:00, do: notice, by: customer}",
        "{at: 2026-12-20T00:00, do: order, formula: day}",
        "{at: 2026-12-20T00:00, do: accept, channel: signature}",
        "{at: 2026-12-20T12:00, do: may_join}",
        "{at: 2026-12-20T12:00, do: status, contract: 1}",
        "{at: 2026-12-20T12:00, do: status, contract: 3}",
    )

    assert lines[1]["result"] == {"contract": 2, "effective": "2026-12-20"}
    assert lines[3]["result"]["open"] is True
    assert lines[4]["result"]["lifecycle"] == "ended"
    assert lines[5]["refused"]["code"] == "not_ordered"


def test_documents_of_two_contracts_are_numbered_in_the_order_of_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = played(
        tmp_path,
        capsys,
        "{at: 2026-11-20T00:00, do: order, formula: month, rooms: [autre]}",
        "{at: 2026-11-20T00:00, do: accept, channel: signature}",
        "{at: 2027-01-31T00:00, do: advance}",
    )

    issued = [event for event in lines[2]["events"] if event["type"] == "invoice_issued"]
    assert [(event["number"], event["due_on"]) for event in issued] == [
        ("F2026-000003", "2026-12-15"),
        ("F2026-000004", "2026-12-20"),
        ("F2027-000001", "2027-01-15"),
        ("F2027-000002", "2027-01-20"),
    ]
    assert [event["at"] for event in lines[2]["events"]] == sorted(
        event["at"] for event in lines[2]["events"]
    )


def test_check_prints_only_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "essai.yaml"
    step = "  - {at: 2026-11-16T00:00, do: status, expect: {result: {balance: '1.00'}, no_events: [x]}}\n"
    file.write_text(START.format(name="essai", extra="") + step)

    assert main(["simulate", "--check", str(file)]) == 1
    out = capsys.readouterr().out
    assert out == "essai, step 3 (status): result.balance: expected '1.00', found '120.00'\n"

    file.write_text(START.format(name="essai", extra="") + step.replace("1.00", "120.00"))
    assert main(["simulate", "--check", str(file)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "expect",
    [
        "{ok: false}",
        "{events: [{type: contract_ended}]}",
        "{no_events: [contract_renewed]}",
        "{events: [{type: invoice_issued}, {type: contract_renewed}]}",
        "{result: {a: b}}",
        "{refused: {code: x}}",
        "{nothing: at all}",
        "[a, list]",
    ],
)
def test_an_expectation_can_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str], expect: str) -> None:
    file = tmp_path / "essai.yaml"
    step = f"  - {{at: 2026-12-16T00:00, do: advance, expect: {expect}}}\n"
    file.write_text(START.format(name="essai", extra="") + step)

    assert main(["simulate", "--check", str(file)]) == 1
    assert capsys.readouterr().out


def test_a_scenario_can_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = START.format(name="essai", extra="").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    assert main(["simulate", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("arguments", [[], ["simulate"], ["fly"], ["simulate", "--language", "de", "x"]])
def test_wrong_usage_exits_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2


def test_json_is_utf8_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    file = tmp_path / "essai.yaml"
    file.write_text("name: été → 漢\nsteps: [{at: 2026-11-15, do: advance}]\n")

    done = subprocess.run(
        [sys.executable, "-m", "webvisio_billing.cli", "simulate", str(file)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert json.loads(done.stdout)["scenario"] == "été → 漢"


def test_a_key_that_a_step_names_is_never_taken_for_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, unnamed = played(
        tmp_path,
        capsys,
        "{at: 2026-11-16, do: pay, amount: 50.00, key: pay-4}",
        "{at: 2026-11-17, do: pay, amount: 70.00}",
    )

    assert (named["result"]["balance"], unnamed["result"]["balance"]) == ("70.00", "0.00")


def test_a_lift_takes_the_arguments_of_a_suspension(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The format gives both the same arguments."""
    lines = played(
        tmp_path,
        capsys,
        "{at: 2026-12-01, do: suspend, reason: unpaid, invoice: F2026-000001, evidence: relance}",
        "{at: 2026-12-01, do: lift, reason: unpaid, invoice: F2026-000001, evidence: promesse}",
        "{at: 2026-12-01, do: lift, reason: unpaid, invoice: F2026-000009}",
    )

    assert [line.get("result") for line in lines[:2]] == [{"open_blocks": ["unpaid"]}, {"open_blocks": []}]
    assert lines[2]["refused"]["code"] == "invoice_unknown"


def test_many_contracts_live_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each thing that falls due costs no look at every contract: 500 of them take a moment."""
    pair = "  - {at: 2026-01-01, do: order, formula: month}\n  - {at: 2026-01-01, do: accept, channel: signature}\n"
    text = "name: essai\nsteps:\n" + pair * 500 + "  - {at: 2026-12-01, do: advance}\n"

    events = run(tmp_path, capsys, text)[-1]["events"]

    numbers = [event["number"] for event in events if event["type"] == "invoice_issued"]
    assert numbers == [f"F2026-{n:06d}" for n in range(501, 501 + 11 * 500)]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "essai.yaml"
    advance = "  - {at: 2099-11-16T00:00, do: advance}\n"
    file.write_text(START.format(name="essai", extra="") + advance)
    command = [sys.executable, "-m", "webvisio_billing.cli", "simulate", str(file)]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3] / "services"
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        begun = process.stdout.read(10)
        process.stdout.close()
        complaints = process.stderr.read()

    assert (begun, complaints, process.returncode) == (b'{"scenario', b"", 0)
