"""Every text exists in both languages with the same blanks; the timeline shows what happened where."""

import re
import string
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from billing_scenario import MORNING, OPERATOR, HandClock, month_contract

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.requests import NewContract, NewCustomer, NewRoom
from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.domain.commands import GiveNotice, LiftBlock, OpenBlock, OrderDay, Pay
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.terms import Formula, Party
from webvisio_billing.storage.database import Store
from webvisio_billing.web.catalogue import CATALOGUE
from webvisio_billing.web.timeline import LABEL_PERCENT, Timeline, timeline
from webvisio_billing.web.words import words_for
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId, CustomerId


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_both_languages_fill_the_same_blanks(key: str) -> None:
    french, english = CATALOGUE[key]
    assert french.strip()
    assert english.strip()
    assert blanks(french) == blanks(english)


def test_french_punctuation_stays_with_its_word() -> None:
    said = words_for("fr")("problem_not_a_date", text="30 février")
    assert said.startswith("«\u00a030 février\u00a0» n’est")


def test_dates_and_money_follow_the_language() -> None:
    french, english = words_for("fr"), words_for("en")
    assert (french.day(MORNING.date()), english.day(MORNING.date())) == (
        "23 novembre 2026",
        "23 November 2026",
    )
    assert french.money(12345).replace("\u202f", " ").replace("\u00a0", " ") == "123,45 €"
    assert english.money(12345) == "€123.45"
    assert english.machine_time(MORNING, "Europe/Paris") == "2026-11-23T09:00:00+01:00"


def test_the_first_of_a_month_is_said_as_the_french_say_it() -> None:
    french, english = words_for("fr"), words_for("en")
    first = datetime.fromisoformat("2026-11-30T23:30Z")  # the first of December in Paris
    assert french.day(date(2026, 12, 1)) == "1er décembre 2026"
    assert french.short_date(date(2026, 12, 1)) == "1er déc."
    assert french.medium_day(date(2026, 12, 1)) == "1er déc. 2026"
    assert french.short_time(first, "Europe/Paris") == "1er déc. 2026, 00:30"
    assert french.whole_day(first, "Europe/Paris") == "mardi 1er décembre 2026"
    assert french.medium_day(date(2026, 12, 11)) == "11 déc. 2026"
    assert english.day(date(2026, 12, 1)) == "1 December 2026"


def test_a_rate_counts_from_a_half_year_in_words() -> None:
    french, english = words_for("fr"), words_for("en")
    assert (french.since("2026-H2"), english.since("2026-H2")) == ("2e semestre 2026", "second half of 2026")
    assert french.since("2014-01-01") == "1er janvier 2014"


@pytest.mark.parametrize("number", sorted(CLAUSES))
def test_clauses_are_set_as_french_printers_do(number: str) -> None:
    said = words_for("fr").clause(number)
    assert not re.search(r"\w'\w| [:;?!»]|« ", said), said


# ---- the timeline ----------------------------------------------------------------------


@pytest.fixture
def billing(store: Store, clock: HandClock) -> Billing:
    return Billing(store, clock)


def drawn(billing: Billing, contract_id: ContractId) -> Timeline:
    file = billing.contract(contract_id)
    assert file is not None
    return timeline(file.view, [recorded.event for recorded in file.journal])


def test_a_month_is_drawn_with_the_one_that_may_follow(billing: Billing) -> None:
    line = drawn(billing, month_contract(billing))
    assert [(bar.number, bar.state) for bar in line.periods] == [(1, "current"), (2, "coming")]
    first, second = line.periods
    assert first.left + first.width == pytest.approx(second.left)
    assert second.left + second.width == pytest.approx(100)
    assert first.left < line.today < second.left


def test_a_renewal_that_is_certain_is_drawn_so(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    clock.go(days=25)
    assert [bar.state for bar in drawn(billing, contract_id).periods] == ["current", "certain", "coming"]


def test_a_long_life_is_shown_from_four_months_back(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    clock.go(days=400)
    billing.advance_due()
    line = drawn(billing, contract_id)
    assert line.start == clock.now() - timedelta(days=121)
    assert line.periods[0].left == 0
    assert 4 <= len(line.periods) <= 7


def test_a_known_end_cuts_the_line(billing: Billing) -> None:
    contract_id = month_contract(billing)
    billing.execute(contract_id, GiveNotice(by=Party.CUSTOMER), OPERATOR)
    line = drawn(billing, contract_id)
    assert [bar.state for bar in line.periods] == ["current"]
    assert line.periods[0].left + line.periods[0].width < 100


def test_day_passes_are_drawn_day_by_day(billing: Billing) -> None:
    billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    wish = NewContract(CustomerId("atelier-lumiere"), Formula.DAY, MORNING.date(), (NewRoom("Salle"),))
    contract_id = billing.create_contract(wish, OPERATOR)
    assert isinstance(contract_id, str)
    billing.execute(contract_id, OrderDay(day=MORNING.date() + timedelta(days=2)), OPERATOR)
    assert [(b.number, b.state) for b in drawn(billing, contract_id).periods] == [
        (1, "current"),
        (2, "certain"),
    ]


def test_blocks_last_until_they_are_lifted(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    billing.execute(contract_id, OpenBlock(reason=BlockReason.MAINTENANCE, actor=OPERATOR), OPERATOR)
    clock.go(days=5)
    billing.execute(contract_id, LiftBlock(reason=BlockReason.MAINTENANCE, actor=OPERATOR), OPERATOR)
    billing.execute(contract_id, OpenBlock(reason=BlockReason.FRAUD, actor=OPERATOR), OPERATOR)
    lifted, still_open = drawn(billing, contract_id).blocks
    assert (lifted.state, still_open.state) == ("maintenance", "fraud")
    assert lifted.left + lifted.width == pytest.approx(still_open.left, abs=0.01)
    assert still_open.left + still_open.width == pytest.approx(100)


def test_labels_never_meet_in_a_row(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    for n in range(40):
        clock.go(hours=13)
        billing.execute(contract_id, Pay(key=PaymentKey(f"V-{n}"), amount_minor=100), OPERATOR)
    marks = drawn(billing, contract_id).marks
    assert len(marks) == 41
    for row in range(4):
        starts = [m.left - (LABEL_PERCENT if m.is_leftward else 0) for m in marks if m.row == row]
        assert all(after - before >= LABEL_PERCENT - 0.001 for before, after in pairwise(starts))


def test_everything_drawn_lies_on_the_line(billing: Billing, clock: HandClock) -> None:
    contract_id = month_contract(billing)
    for days in (0, 1, 29, 31, 60, 365, 3000):
        clock.instant = datetime.fromisoformat("2026-11-23T08:00Z") + timedelta(days=days)
        line = drawn(billing, contract_id)
        places = [line.today, *(m.left for m in line.marks), *(b.left + b.width for b in line.periods)]
        assert all(0 <= place <= 100.001 for place in places)
