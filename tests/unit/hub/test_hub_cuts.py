"""When servers of people whose contract was cut are stopped."""

from webvisio_hub.cuts import CutSchedule


def test_a_server_is_left_for_the_grace_and_no_longer() -> None:
    cuts = CutSchedule(grace_s=60.0)
    assert cuts.due(["amina"], 0.0) == []
    assert cuts.due(["amina"], 59.9) == []
    assert cuts.due(["amina"], 60.0) == ["amina"]


def test_without_grace_a_server_is_due_at_once() -> None:
    assert CutSchedule(grace_s=0.0).due(["amina"], 5.0) == ["amina"]


def test_a_contract_that_reopens_forgets_the_cut() -> None:
    cuts = CutSchedule(grace_s=60.0)
    cuts.due(["amina"], 0.0)
    cuts.due([], 30.0)
    assert cuts.due(["amina"], 61.0) == []
    assert cuts.due(["amina"], 121.0) == ["amina"]


def test_each_person_has_their_own_grace() -> None:
    cuts = CutSchedule(grace_s=10.0)
    cuts.due(["louis"], 0.0)
    cuts.due(["louis", "amina"], 5.0)
    assert cuts.due(["louis", "amina"], 12.0) == ["louis"]
