"""Whatever a scenario file holds, it is played or refused by name: nothing else comes out."""

import msgspec
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webvisio_billing.simulate.errors import ScenarioError
from webvisio_billing.simulate.player import play
from webvisio_billing.simulate.scenario import read_scenarios
from webvisio_billing.simulate.steps import Do

GOOD = b"""
name: essai
settings: {late_rate_policy: contract, prices: {room_month: "100.00"}}
customer: {kind: professional}
steps:
  - {at: 2026-01-31T00:00, do: order, formula: month, setup: true}
  - {at: 2026-01-31T00:00, do: accept, channel: signature}
  - {at: 2026-02-20T00:00, do: suspend, reason: unpaid}
  - {at: 2026-03-01T00:00, do: pay, amount: 50.00, method: transfer, key: a}
  - {at: 2026-03-31T00:00, do: claim_late_charges, invoice: F2026-000001}
"""

VALUES = st.sampled_from(
    [
        *(
            "month",
            "day",
            "true",
            "false",
            "customer",
            "provider",
            "signature",
            "online_payment",
            "unpaid",
            "fraud",
        ),
        *(
            "illegal_content",
            "maintenance",
            "transfer",
            "paypal",
            "blocking",
            "minor",
            "return",
            "destroy",
            "date",
        ),
        *(
            "F2026-000001",
            "F2026-000002",
            "D2026-000001",
            "A2026-000001",
            "room-1",
            "room-2",
            "1",
            "2",
            "120.00",
        ),
        *("-1", "0", "99999999999", "2026-02-01", "2026-02-30", "RK 1", "EUR", "USD", "", "é", "ab" * 32),
    ]
)
FIELDS = st.sampled_from(
    [
        *(
            "formula",
            "effective",
            "setup",
            "channel",
            "by",
            "registered_ref",
            "precision",
            "amount",
            "method",
            "key",
        ),
        *(
            "invoice",
            "reason",
            "evidence",
            "severity",
            "reissue",
            "room",
            "choice",
            "contract",
            "label",
            "net",
        ),
    ]
)
NEEDED: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "order": {"formula": st.sampled_from(["month", "day"])},
    "accept": {"channel": st.just("signature")},
    "notice": {"by": st.sampled_from(["customer", "provider"])},
    "withdraw_notice": {"by": st.sampled_from(["customer", "provider"])},
    "breach_letter": {
        "by": st.sampled_from(["customer", "provider"]),
        "clauses": st.just(["5.4"]),
        "registered_ref": st.just("RK 1"),
    },
    "pay": {"amount": st.sampled_from(["50.00", "120.00", "999.99"])},
    "refund": {"amount": st.sampled_from(["50.00", "120.00"])},
    "suspend": {"reason": st.sampled_from(["unpaid", "fraud"])},
    "lift": {"reason": st.sampled_from(["unpaid", "fraud"])},
    "report_ticket": {"severity": st.sampled_from(["blocking", "minor"])},
    "choose_disposal": {"choice": st.sampled_from(["return", "destroy"])},
    "add_room": {"room": st.sampled_from(["room-1", "room-2"])},
    "remove_room": {"room": st.sampled_from(["room-1", "room-2"])},
    "order_service": {"label": st.just("s"), "net": st.just("10.00")},
}


@st.composite
def scenarios(draw: st.DrawFn) -> bytes:
    """Draw steps that are mostly well formed, in the order of time, in any order of sense."""
    steps: list[dict[str, object]] = []
    day = 0
    for name in draw(st.lists(st.sampled_from([do.value for do in Do]), min_size=1, max_size=14)):
        day += draw(st.integers(0, 20))
        month, of_month = divmod(day, 28)
        step: dict[str, object] = {"at": f"2026-{month % 12 + 1:02d}-{of_month + 1:02d}T12:00", "do": name}
        step |= {field: draw(values) for field, values in NEEDED.get(name, {}).items()}
        if draw(st.integers(0, 9)) == 0:
            step[draw(FIELDS)] = draw(VALUES)
        steps.append(step)
    text: str = yaml.safe_dump({"name": "essai", "steps": steps}, allow_unicode=True)
    return text.encode()


def play_or_refuse(data: bytes) -> None:
    try:
        found = read_scenarios(data, "essai.yaml")
    except ScenarioError as error:
        assert str(error).startswith("essai.yaml")
        return
    for scenario in found:
        answers = [msgspec.json.encode(answer) for answer in play(scenario, "fr")]
        assert len(answers) == len(scenario.steps)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_any_steps_are_played_or_refused_by_name(data: bytes) -> None:
    play_or_refuse(data)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_a_damaged_file_is_played_or_refused_by_name(place: int, put: bytes, cut: int) -> None:
    play_or_refuse(GOOD[:place] + put + GOOD[place + cut :])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    play_or_refuse(data)


@settings(deadline=None)
@given(st.text(alphabet="-:{}[]&*!|>'\"#%@`,? \n\tabé0\x85\u2028", max_size=80))
def test_any_yaml_like_text_is_refused_by_name(text: str) -> None:
    play_or_refuse(text.encode())
