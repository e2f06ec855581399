"""What customers are told in writing, and when; in French and English (clauses 3, 5.5, 6.1, 6.4, 8.1, 8.2)."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from run_world import OPERATOR, POLICY, START, HandClock, order

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.messages import LetterPayload
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.domain import commands
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.letters import LetterFacts, LetterKind, ReminderPolicy
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.terms import Party
from webvisio_billing.outbox import wording
from webvisio_billing.storage import outbox
from webvisio_billing.storage.database import Store
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId
from webvisio_protocol.signalling import Locale

EVERYTHING = LetterFacts(
    timezone="Europe/Paris",
    number="F2026-000001",
    about="F2026-000001",
    amount_minor=120_00,
    day=date(2026, 5, 1),
    due_on=date(2026, 5, 1),
    suspension_on=date(2026, 5, 16),
    ends_at=datetime.fromisoformat("2026-05-31T22:00Z"),
    party="customer",
)


def letters(store: Store) -> list[tuple[str, LetterFacts]]:
    """The letters written so far, in order."""
    with store.transaction() as session:
        found = [m for m in outbox.newest(session) if m.channel is outbox.Channel.MAIL]
    decode = msgspec.json.Decoder(LetterPayload).decode
    found.sort(key=lambda message: message.message_id)
    return [(m.kind, decode(m.payload).facts) for m in found]


def kinds(store: Store) -> list[str]:
    return [kind for kind, _ in letters(store)]


def at(store: Store, instant: datetime) -> Billing:
    """Let time pass up to an instant, looking once a day as a service does."""
    billing = Billing(store, HandClock(instant), policy=POLICY)
    billing.run().finish()
    return billing


def ask(billing: Billing, contract_id: ContractId, command: commands.Command) -> None:
    done = billing.execute(contract_id, command, OPERATOR)
    assert not isinstance(done, DomainRefusal | Problem), done


@pytest.fixture
def contract(store: Store) -> ContractId:
    return order(Billing(store, HandClock(), policy=POLICY), "client", START.date())


@pytest.mark.clause("6.1")
def test_an_invoice_is_sent_when_it_is_issued(store: Store, contract: ContractId) -> None:
    ((kind, facts),) = letters(store)
    assert (kind, facts.number, facts.amount_minor) == ("invoice_issued", "F2026-000001", 12_000)


@pytest.mark.clause("6.4")
def test_an_unpaid_invoice_is_reminded_at_eight_in_the_morning_of_its_days(
    store: Store, contract: ContractId
) -> None:
    """Three, eight and thirteen days after the due date, on the contract's wall clock."""
    for days, hour, reminders in ((3, 6, 0), (3, 7, 1), (7, 23, 1), (8, 7, 2), (13, 7, 3)):
        at(store, datetime(2026, 1, 15 + days, hour, tzinfo=START.tzinfo))
        assert kinds(store).count("overdue") == reminders, (days, hour)
    reminder = [facts for kind, facts in letters(store) if kind == "overdue"][-1]
    assert (reminder.number, reminder.amount_minor) == ("F2026-000001", 12_000)
    assert reminder.suspension_on == date(2026, 1, 30)


def test_an_absence_sends_the_latest_reminder_only(store: Store, contract: ContractId) -> None:
    at(store, START + timedelta(days=14))
    assert kinds(store).count("overdue") == 1
    at(store, START + timedelta(days=14))
    assert kinds(store).count("overdue") == 1


def test_a_reminder_that_nobody_sent_for_a_month_is_not_sent_any_more(
    store: Store, contract: ContractId
) -> None:
    at(store, START + timedelta(days=13 + 31))
    assert [f.due_on for kind, f in letters(store) if kind == "overdue"] == [date(2026, 2, 15)]


def test_nothing_is_reminded_that_is_paid(store: Store, contract: ContractId) -> None:
    ask(at(store, START), contract, commands.Pay(key=PaymentKey("k"), amount_minor=12_000))
    at(store, START + timedelta(days=14))
    assert kinds(store) == ["invoice_issued", "payment_received"]


def test_a_renewal_is_announced_five_days_before(store: Store, contract: ContractId) -> None:
    ask(at(store, START), contract, commands.Pay(key=PaymentKey("k"), amount_minor=12_000))
    at(store, datetime(2026, 2, 10, 6, 59, tzinfo=START.tzinfo))
    assert "due_soon" not in kinds(store)
    at(store, datetime(2026, 2, 10, 7, tzinfo=START.tzinfo))
    assert letters(store)[-1][1].due_on == date(2026, 2, 15)


@pytest.mark.clause("3")
def test_a_notice_is_acknowledged_and_no_renewal_announced(store: Store, contract: ContractId) -> None:
    ask(at(store, START), contract, commands.GiveNotice(by=Party.CUSTOMER))
    ask(at(store, START), contract, commands.Pay(key=PaymentKey("k"), amount_minor=12_000))
    at(store, START + timedelta(days=60))
    assert kinds(store) == [
        "invoice_issued",
        "notice_acknowledged",
        "payment_received",
        "contract_ended",
    ]


@pytest.mark.clause("6.4")
def test_the_operators_policy_suspends_from_day_fifteen_and_a_payment_lifts(
    store: Store, contract: ContractId
) -> None:
    at(store, datetime(2026, 1, 29, 22, 59, 59, tzinfo=START.tzinfo))
    assert "suspended" not in kinds(store)
    billing = at(store, datetime(2026, 1, 29, 23, tzinfo=START.tzinfo))
    kind, facts = letters(store)[-1]
    assert (kind, facts.reason, facts.about) == ("suspended", "unpaid", "F2026-000001")
    ask(billing, contract, commands.Pay(key=PaymentKey("k"), amount_minor=12_000))
    assert kinds(store)[-1] == "suspension_lifted"


def test_without_the_policy_nobody_is_suspended_by_itself(store: Store) -> None:
    billing = Billing(store, HandClock())
    order(billing, "client", START.date())
    later = Billing(store, HandClock(START + timedelta(days=40)), policy=POLICY)
    later.run().finish()
    assert "suspended" not in kinds(store)


def test_letters_about_everything_else(store: Store, contract: ContractId) -> None:
    billing = at(store, START + timedelta(days=1))
    evidence = commands.OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, actor="olga", evidence="report 7")
    ask(billing, contract, evidence)
    ask(billing, contract, commands.LiftBlock(reason=BlockReason.ILLEGAL_CONTENT, actor="olga"))
    ask(billing, contract, commands.GiveNotice(by=Party.CUSTOMER))
    ask(billing, contract, commands.WithdrawNotice(by=Party.CUSTOMER))
    ask(billing, contract, commands.ClaimLateCharges(invoice=DocumentRef("F1")))
    ask(billing, contract, commands.CancelInvoice(invoice=DocumentRef("F1")))
    letter = commands.BreachLetter(by=Party.CUSTOMER, clauses=("4.2",), registered_ref="RK 1")
    ask(billing, contract, letter)
    assert kinds(store) == [
        "invoice_issued",
        "suspended",
        "suspension_lifted",
        "notice_acknowledged",
        "notice_withdrawn",
        "late_charges_claimed",
        "credit_note_issued",
        "breach_letter_acknowledged",
    ]


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("reason", BlockReason)
@pytest.mark.parametrize("is_late", [False, True])
def test_every_letter_is_worded_whole(
    kind: LetterKind, locale: Locale, reason: BlockReason, is_late: bool
) -> None:
    facts = msgspec.structs.replace(EVERYTHING, reason=reason.value, is_late=is_late)
    worded = wording.word(kind, facts, "client-1", locale)
    whole = " ".join((worded.subject, *worded.paragraphs))
    assert worded.subject
    assert all(paragraph.endswith(".") for paragraph in worded.paragraphs)
    assert not re.search(r"[{}]| [,.]|  ", whole), whole
    if locale == "fr":
        assert not re.search(r" [:;!?»]", whole), whole
        assert "1 mai" not in whole


def test_the_first_of_a_month_is_written_as_the_french_write_it() -> None:
    facts = msgspec.structs.replace(EVERYTHING, reason=BlockReason.UNPAID.value)
    worded = [wording.word(kind, facts, "client-1", "fr") for kind in LetterKind]
    assert any("1er mai" in paragraph for one in worded for paragraph in one.paragraphs)


def test_both_languages_say_the_same_letters() -> None:
    assert wording._FR.keys() == wording._EN.keys()
    for key in wording._FR:
        for (subject_fr, fr), (subject_en, en) in ((wording._FR[key], wording._EN[key]),):
            named = [
                set(re.findall(r"{(\w+)}", " ".join((s, *t))))
                for s, t in ((subject_fr, fr), (subject_en, en))
            ]
            assert named[0] == named[1], key


def test_reminders_come_in_the_order_of_their_days() -> None:
    assert all(a < b for a, b in pairwise(ReminderPolicy().days_after))
