"""The simulator against a second reckoning written from the rules (`contract_oracle`).

Scenarios are drawn as files, so the whole way is compared: YAML, clock,
domain, numbers, output.
"""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
import yaml
from contract_oracle import DAY, Answer, Oracle, acknowledged_by, anniversary, euros
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webvisio_billing.simulate.output import Json
from webvisio_billing.simulate.player import play
from webvisio_billing.simulate.scenario import read_scenarios

BUILT_IN = {(2024, 2): "4.92", (2025, 1): "3.71", (2025, 2): "2.76", (2026, 1): "2.62"}
ANCHORS = ("2025-12-15", "2026-01-29", "2026-01-30", "2026-01-31", "2026-02-28", "2026-03-29", "2025-10-25")
FIRST_DAY, LAST_DAY = date(2024, 12, 1), date(2026, 3, 31)

amounts = st.integers(0, 300_00).map(euros)
prices = st.sampled_from([0, 1, 33_33, 99_99, 100_00, 1000_00]) | st.integers(0, 2000_00)
gaps = st.one_of(
    st.sampled_from([timedelta(days=d) for d in (0, 1, 7, 8, 14, 15, 16, 23, 24)]),
    st.integers(0, 100 * 48).map(lambda n: timedelta(minutes=30 * n)),
)
wobbles = st.sampled_from([timedelta(minutes=30 * n) for n in (-1, 0, 0, 0, 1)])
parties = st.sampled_from(["customer", "provider"])
numbers = st.tuples(st.sampled_from([2025, 2026]), st.integers(1, 4)).map(lambda yn: f"F{yn[0]}-{yn[1]:06d}")

STEPS: dict[str, st.SearchStrategy[dict[str, str]]] = {
    "notice": st.fixed_dictionaries({"by": parties}),
    "withdraw_notice": st.fixed_dictionaries({"by": parties}),
    "breach_letter": st.fixed_dictionaries(
        {
            "by": parties,
            "registered_ref": st.sampled_from(["", "RK 1", "RK 1", "RK 1"]),
            "precision": st.sampled_from(["instant", "date"]),
        }
    ),
    "pay": st.fixed_dictionaries(
        {"amount": amounts.filter(lambda a: a != "0.00")}, optional={"invoice": numbers}
    ),
    "interest_due": st.fixed_dictionaries({"invoice": numbers}),
    "claim_late_charges": st.fixed_dictionaries({"invoice": numbers}),
    "cancel_invoice": st.fixed_dictionaries(
        {"invoice": numbers, "reissue": st.sampled_from(["true", "false"])}
    ),
    "suspend": st.just({"reason": "unpaid"}),
    "may_join": st.just({}),
    "liability_cap": st.just({}),
    "report_ticket": st.just({"severity": "blocking"}),
    "accept": st.just({"channel": "signature"}),
}
OFTEN = ("pay", "pay", "pay", "interest_due", "claim_late_charges", "suspend", "may_join", "notice")

Drawn = tuple[Oracle, list[tuple[datetime, str, dict[str, str]]], str]
"""The oracle, the steps after the order, and the scenario as YAML."""


@st.composite
def dramas(draw: st.DrawFn) -> Drawn:
    """Draw a contract and what happens to it, as the oracle and the simulator take it."""
    kind = draw(st.sampled_from(["professional", "non_professional", "consumer"]))
    anchor = date.fromisoformat(draw(st.sampled_from(ANCHORS) | st.dates(FIRST_DAY, LAST_DAY).map(str)))
    policy = draw(st.sampled_from(["contract", "floor", None]))
    more_rates = draw(st.sampled_from([{}, {(2026, 2): "3.10"}, {(2026, 2): "1.07", (2027, 1): "0.5"}]))
    raised = draw(st.none() | st.dates(anchor, anchor + 90 * DAY))
    raised_to = draw(st.sampled_from(["21", "5.5", "20.6"]))
    month_net, setup_net = draw(prices), draw(prices)
    has_setup, days, is_alsace = draw(st.booleans()), draw(st.sampled_from([15, 16])), draw(st.booleans())
    extras = draw(st.lists(st.tuples(prices, st.booleans()), max_size=2))
    oracle = Oracle(
        kind=kind,
        anchor=anchor,
        is_floor=policy == "floor" or (policy is None and kind == "professional"),
        legal={half: Fraction(rate) for half, rate in {**BUILT_IN, **more_rates}.items()},
        vat=[(date(2014, 1, 1), Fraction(20)), *([(raised, Fraction(raised_to))] if raised else [])],
        month_net=month_net,
        setup_net=setup_net if has_setup else 0,
        once=[net for net, is_recurring in extras if not is_recurring],
        recurring=[net for net, is_recurring in extras if is_recurring],
        suspension_days=days,
        is_alsace=is_alsace,
    )
    now = datetime.combine(anchor, datetime.min.time()) - draw(st.sampled_from([0, 1, 48, 500])) * timedelta(
        minutes=30
    )
    ordered_at = now
    steps = []
    names = draw(st.lists(st.sampled_from([*STEPS, *OFTEN]), max_size=14))
    for name in ("accept", *names):
        steps.append((now, name, draw(STEPS[name])))
        now = _on_the_clock(max(now, now + draw(gaps) + draw(wobbles)))
    scenario = {
        "name": "drama",
        "settings": {
            "prices": {"room_month": euros(month_net), "setup": euros(setup_net)},
            "legal_rates": {f"{year}-H{half}": rate for (year, half), rate in more_rates.items()},
            "vat": {str(raised): raised_to} if raised else {},
            "suspension_days": str(days),
            "seller_region": "alsace" if is_alsace else "france",
            **({"late_rate_policy": policy} if policy else {}),
        },
        "customer": {"kind": kind},
        "steps": [
            {
                "at": ordered_at.isoformat(),
                "do": "order",
                "formula": "month",
                "effective": str(anchor),
                "setup": has_setup,
                "extras": [{"label": "s", "net": euros(net), "recurring": flag} for net, flag in extras],
            },
            *(_written(step) for step in steps),
        ],
    }
    text: str = yaml.safe_dump(scenario)
    return oracle, steps, text


def _on_the_clock(now: datetime) -> datetime:
    """Keep off the hours that a change of the clock skips or gives twice: naive times cannot tell them."""
    return now.replace(hour=4) if 1 <= now.hour <= 3 else now


def _written(step: tuple[datetime, str, dict[str, str]]) -> dict[str, object]:
    at, name, given = step
    cited = {"clauses": ["5.4"]} if name == "breach_letter" else {}
    return {"at": at.isoformat(), "do": name, **cited, **given}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(dramas())
def test_the_simulator_answers_as_the_rules_do(drama: Drawn) -> None:
    oracle, steps, text = drama
    scenario = read_scenarios(text.encode(), "drama.yaml")[0]
    documents: list[tuple[date, str, int, int]] = []

    _, *answers = list(play(scenario, "fr"))

    for (at, name, asked), answer in zip(steps, answers, strict=True):
        expected = oracle.do(at, name, asked)
        documents += _documents(answer)
        assert _said(answer, expected) == expected, (at, name, answer)
        assert documents == oracle.issued, (at, name)


def _said(answer: dict[str, Json], expected: Answer) -> Answer:
    """Bring what the simulator said into the oracle's form."""
    if answer["ok"] is False:
        refused = answer["refused"]
        assert isinstance(refused, dict)
        return str(refused["clause"])
    result = answer["result"]
    assert isinstance(result, dict)
    names = expected if isinstance(expected, dict) else result
    return {name: _plain(name, result.get(name)) for name in names}


def _plain(name: str, value: Json) -> str:
    if name.endswith("_at") and isinstance(value, str):
        return str(datetime.fromisoformat(value).replace(tzinfo=None))
    return str(value)


def _documents(answer: dict[str, Json]) -> list[tuple[date, str, int, int]]:
    events = answer["events"]
    assert isinstance(events, list)
    found = []
    for event in events:
        assert isinstance(event, dict)
        if event["type"] in ("invoice_issued", "credit_note_issued"):
            net, tax = (int(Fraction(str(event[part])) * 100) for part in ("net", "tax"))
            found.append((date.fromisoformat(str(event["issued_on"])), str(event["number"])[0], net, tax))
    return found


# ---- day passes ----------------------------------------------------------------------------

AROUND_THE_CHANGES = [date(2026, 3, 26) + n * DAY for n in range(6)] + [
    date(2026, 10, 22) + n * DAY for n in range(6)
]
HOURS = {date(2026, 3, 29): 23, date(2026, 10, 25): 25}
"""Of the days on which the clock changes; the others have 24."""


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(AROUND_THE_CHANGES), min_size=1, unique=True),
    st.lists(st.sampled_from(AROUND_THE_CHANGES), max_size=6),
    st.sampled_from(["00:00", "04:30", "12:00", "23:59:59"]),
)
def test_day_passes_open_their_days_and_cost_one_bill_each(
    days: list[date], asked: list[date], hour: str
) -> None:
    before = "2026-03-20"
    steps: list[dict[str, object]] = [
        {"at": before, "do": "order", "formula": "day", "effective": str(day)} for day in days
    ]
    steps += [{"at": before, "do": "accept", "channel": "signature"}]
    steps += [{"at": f"{day}T{hour}", "do": "may_join"} for day in sorted(asked)]
    steps += [{"at": "2026-12-01", "do": "status"}]
    text: str = yaml.safe_dump({"name": "days", "steps": steps})

    answers = list(play(read_scenarios(text.encode(), "days.yaml")[0], "fr"))

    assert [answer["ok"] for answer in answers if answer["do"] == "may_join"] == [
        day in days for day in sorted(asked)
    ]
    documents = [document for answer in answers for document in _documents(answer)]
    assert documents == [(day, "F", 15_00, 3_00) for day in sorted(days)]
    opened, closed = (_instants(answers, f"entitlement_{change}") for change in ("opened", "closed"))
    assert len(opened) == len([day for day in days if day - DAY not in days]), "contiguous days are one"
    seconds = sum((end - start).total_seconds() for start, end in zip(opened, closed, strict=True))
    assert seconds == 3600 * sum(HOURS.get(day, 24) for day in days)


def _instants(answers: list[dict[str, Json]], kind: str) -> list[datetime]:
    found = []
    for answer in answers:
        events = answer["events"]
        assert isinstance(events, list)
        for event in events:
            if isinstance(event, dict) and event["type"] == kind:
                found.append(datetime.fromisoformat(str(event["at"])))
    return found


# ---- the oracle itself, held by the golden cases it was not written after -------------------


@pytest.mark.parametrize(("months", "day"), [(1, "2027-02-28"), (2, "2027-03-31"), (13, "2028-02-29")])
def test_the_oracle_counts_months_from_the_anchor(months: int, day: str) -> None:
    assert str(anniversary(date(2027, 1, 31), months)) == day


def test_the_oracle_keeps_good_friday_in_alsace_only() -> None:
    reported = datetime(2026, 4, 2, 15)

    assert acknowledged_by(reported, is_alsace=True) == datetime(2026, 4, 7, 15)
    assert acknowledged_by(reported, is_alsace=False) == datetime(2026, 4, 3, 15)
