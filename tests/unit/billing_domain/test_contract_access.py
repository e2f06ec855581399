"""What is published to hub and rooms, and decided there (clauses 2.1, 3, 6.4)."""

from zoneinfo import ZoneInfo

import pytest
from contract_playing import ACCEPT, PARIS, Life, at, day, days, of_type, order, running

from webvisio_billing.domain.access import contract_access, intervals, publication_due
from webvisio_billing.domain.commands import BreachLetter, GiveNotice, OpenBlock, OrderDay
from webvisio_billing.domain.contract import next_due
from webvisio_billing.domain.events import EntitlementClosed
from webvisio_billing.domain.terms import Formula, Party
from webvisio_entitlements.access import Open, decide
from webvisio_protocol.entitlements import BlockReason, Interval
from webvisio_protocol.refusals import RefusalCode

pytestmark = pytest.mark.clause("2.1", "3")

ZONE = ZoneInfo(PARIS)


def published(life: Life, when: str) -> list[tuple[str, str]]:
    """List the published intervals as days of the Paris wall clock."""
    paris = [(i.start.astimezone(ZONE), i.end.astimezone(ZONE)) for i in intervals(life.contract, at(when))]
    return [(start.isoformat()[:16], end.isoformat()[:16]) for start, end in paris]


def answer(life: Life, when: str) -> RefusalCode | None:
    """Decide as hub and rooms do; None where the door is open."""
    decided = decide(contract_access(life.contract, "Exemple SARL", at(when)), at(when))
    return None if isinstance(decided, Open) else decided.code


def test_a_draft_opens_nothing() -> None:
    life = Life()
    life.ask("2026-11-10T00:00", order("2026-11-15"))

    assert published(life, "2026-11-15T12:00") == []
    assert answer(life, "2026-11-15T12:00") is RefusalCode.CONTRACT_NOT_STARTED


def test_an_accepted_contract_publishes_its_first_period_ahead() -> None:
    life = Life()
    life.ask("2026-11-10T00:00", order("2026-11-15"))
    life.ask("2026-11-10T00:00", ACCEPT)

    assert published(life, "2026-11-10T00:00") == [("2026-11-15T00:00", "2026-12-15T00:00")]
    assert answer(life, "2026-11-14T23:59") is RefusalCode.CONTRACT_NOT_STARTED
    assert answer(life, "2026-11-15T00:00") is None


def test_a_renewal_is_published_once_no_notice_can_prevent_it() -> None:
    life = running("2026-11-15")

    assert published(life, "2026-12-08T00:00") == [("2026-11-15T00:00", "2026-12-15T00:00")]
    assert published(life, "2026-12-08T00:00:01") == [("2026-11-15T00:00", "2027-01-15T00:00")]


def test_the_next_publication_is_at_the_deadline() -> None:
    contract = running("2026-11-15").contract

    assert publication_due(contract, at("2026-11-20T00:00")) == at("2026-12-08T00:00")
    assert publication_due(contract, at("2026-12-08T00:00:01")) == at("2027-01-08T00:00")
    assert publication_due(days("2026-11-23").contract, at("2026-11-23T00:00")) is None


def test_a_known_end_is_published_whole_at_once() -> None:
    life = running("2026-11-15")
    life.ask("2026-12-10T00:00", GiveNotice(by=Party.CUSTOMER))

    assert published(life, "2026-12-10T00:00") == [("2026-11-15T00:00", "2027-01-15T00:00")]
    assert publication_due(life.contract, at("2026-12-10T00:00")) is None


def test_a_letter_shortens_what_was_published() -> None:
    life = running("2026-11-15")
    letter = BreachLetter(by=Party.PROVIDER, clauses=("5.4",), registered_ref="RK 1")
    life.ask("2026-12-10T10:00", letter)

    assert published(life, "2026-12-10T10:00") == [("2026-11-15T00:00", "2026-12-17T10:00")]


def test_contiguous_days_are_one_interval() -> None:
    life = days("2026-11-23", "2026-11-24", "2026-11-26")

    assert published(life, "2026-11-23T00:00") == [
        ("2026-11-23T00:00", "2026-11-25T00:00"),
        ("2026-11-26T00:00", "2026-11-27T00:00"),
    ]
    assert answer(life, "2026-11-25T00:00") is RefusalCode.PERIOD_OVER


def test_a_session_before_midnight_goes_on_with_a_pass_for_the_next_day() -> None:
    life = days("2026-11-23")
    assert published(life, "2026-11-23T23:50") == [("2026-11-23T00:00", "2026-11-24T00:00")]

    life.ask("2026-11-23T23:55", OrderDay(day=day("2026-11-24")))

    assert published(life, "2026-11-23T23:55") == [("2026-11-23T00:00", "2026-11-25T00:00")]


def test_an_ended_contract_says_so() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))
    life.wait("2026-12-20T00:00")

    access = contract_access(life.contract, "Exemple SARL", at("2026-12-20T00:00"))
    assert access.ends_at == at("2026-12-15T00:00")
    assert answer(life, "2026-12-20T00:00") is RefusalCode.CONTRACT_ENDED


def test_an_end_that_is_known_ahead_is_published_ahead() -> None:
    life = running("2026-11-15")
    assert contract_access(life.contract, "Exemple SARL", at("2026-11-15T00:00")).ends_at is None
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))
    known = contract_access(life.contract, "Exemple SARL", at("2026-11-16T00:00"))

    assert known.ends_at == at("2026-12-15T00:00")
    decided = decide(known, at("2026-12-15T00:00"))
    assert not isinstance(decided, Open)
    assert decided.code is RefusalCode.CONTRACT_ENDED


def test_a_block_shuts_the_door_whatever_the_intervals_say() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", OpenBlock(reason=BlockReason.FRAUD))

    assert answer(life, "2026-11-16T00:00") is RefusalCode.SUSPENDED_FRAUD


def test_an_ended_contract_is_over_and_no_longer_suspended() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", OpenBlock(reason=BlockReason.FRAUD))
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))
    life.wait("2026-12-20T00:00")

    assert answer(life, "2026-12-20T00:00") is RefusalCode.CONTRACT_ENDED


def test_access_closes_at_the_instant_at_which_the_journal_says_so() -> None:
    life = days("2026-11-23")
    life.wait("2026-11-25T00:00")

    closed = of_type(EntitlementClosed, life.events)[0].at
    assert intervals(life.contract, at("2026-11-23T12:00")) == (Interval(at("2026-11-23T00:00"), closed),)


def test_an_accepted_day_contract_waits_for_its_day() -> None:
    life = Life()
    life.ask("2026-11-20T00:00", order("2026-11-23", Formula.DAY))
    life.ask("2026-11-20T00:00", ACCEPT)

    assert next_due(life.contract) == at("2026-11-23T00:00")
    assert published(life, "2026-11-20T00:00") == [("2026-11-23T00:00", "2026-11-24T00:00")]
