"""Notices, withdrawals, breach letters (clauses 3 and 8.1)."""

import pytest
from contract_playing import ACCEPT, Life, at, days, of_type, order, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import BreachLetter, GiveNotice, Precision, WithdrawNotice
from webvisio_billing.domain.events import (
    ContractContinues,
    ContractEnded,
    ContractEnding,
    CreditNoteIssued,
    InvoiceIssued,
    NoticeReceived,
)
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Customer, CustomerKind, Party, TermsVersion

NOTICE = GiveNotice(by=Party.CUSTOMER)
PROVIDERS_NOTICE = GiveNotice(by=Party.PROVIDER)
CONSUMER = Customer(CustomerKind.CONSUMER)


def letter(by: Party, precision: Precision = Precision.INSTANT, *, is_justified: bool = True) -> BreachLetter:
    return BreachLetter(
        by=by, clauses=("5.4",), registered_ref="RK 1", precision=precision, is_justified=is_justified
    )


@pytest.mark.clause("3")
@pytest.mark.parametrize(
    ("received", "ends", "is_late"),
    [
        ("2026-11-15T00:00", "2026-12-15", False),
        ("2026-12-07T23:59:59", "2026-12-15", False),
        ("2026-12-08T00:00", "2026-12-15", False),
        ("2026-12-08T00:00:01", "2027-01-15", True),
        ("2026-12-14T23:59:59", "2027-01-15", True),
        ("2026-12-15T00:00", "2027-01-15", False),
    ],
)
def test_a_notice_binds_the_first_term_a_week_away(received: str, ends: str, is_late: bool) -> None:
    life = running("2026-11-15")

    notice = of_type(NoticeReceived, life.ask(received, NOTICE))[0]

    assert (notice.ends_at, notice.is_late) == (at(f"{ends}T00:00"), is_late)
    assert life.contract.lifecycle is Lifecycle.ENDING


@pytest.mark.clause("3")
def test_a_late_notice_is_refused_where_the_terms_say_so() -> None:
    command = order("2026-11-15", terms=TermsVersion(is_late_notice_kept=False))
    life = running("2026-11-15", command=command)

    refused = life.refused("2026-12-08T00:00:01", NOTICE)

    assert (refused.code, refused.clause) == (DomainCode.NOTICE_LATE, "3")
    assert refused.details["deadline"] == at("2026-12-08T00:00")
    assert life.contract.ends_at is None


@pytest.mark.clause("3")
def test_a_notice_before_the_contract_runs_binds_the_first_term() -> None:
    life = Life()
    life.ask("2026-11-10T00:00", order("2026-11-15"))
    life.ask("2026-11-10T00:00", ACCEPT)
    life.ask("2026-11-11T00:00", NOTICE)

    assert life.contract.lifecycle is Lifecycle.ACCEPTED
    life.wait("2026-12-15T00:00")

    assert [e.at for e in of_type(ContractEnded, life.events)] == [at("2026-12-15T00:00")]
    assert len(of_type(InvoiceIssued, life.events)) == 1


@pytest.mark.clause("3")
def test_each_party_gives_notice_once() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", NOTICE)

    assert life.code("2026-11-17T00:00", NOTICE) is DomainCode.NOTICE_ALREADY_GIVEN
    assert of_type(ContractEnding, life.ask("2026-11-17T00:00", PROVIDERS_NOTICE)) == []


@pytest.mark.clause("3")
def test_a_withdrawn_notice_lets_the_contract_go_on() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", NOTICE)

    events = life.ask("2026-12-14T23:00", WithdrawNotice(by=Party.CUSTOMER))

    assert len(of_type(ContractContinues, events)) == 1
    assert life.contract.lifecycle is Lifecycle.ACTIVE
    assert len(of_type(InvoiceIssued, life.wait("2026-12-15T00:00"))) == 1


@pytest.mark.clause("3")
def test_withdrawing_one_notice_leaves_the_other_partys() -> None:
    life = running("2026-11-15")
    life.ask("2026-11-16T00:00", NOTICE)
    life.ask("2026-12-10T00:00", PROVIDERS_NOTICE)

    events = life.ask("2026-12-11T00:00", WithdrawNotice(by=Party.CUSTOMER))

    assert [e.ends_at for e in of_type(ContractEnding, events)] == [at("2027-01-15T00:00")]
    assert life.contract.lifecycle is Lifecycle.ENDING


@pytest.mark.clause("3")
def test_withdrawals_that_cannot_be() -> None:
    life = running("2026-11-15")
    assert life.code("2026-11-16T00:00", WithdrawNotice(by=Party.CUSTOMER)) is DomainCode.NO_NOTICE
    life.ask("2026-11-16T00:00", NOTICE)
    disagreed = WithdrawNotice(by=Party.CUSTOMER, is_agreed=False)
    assert life.code("2026-11-16T00:00", disagreed) is DomainCode.AGREEMENT_REQUIRED
    assert life.code("2026-11-16T00:00", WithdrawNotice(by=Party.PROVIDER)) is DomainCode.NO_NOTICE
    late = WithdrawNotice(by=Party.CUSTOMER)
    assert life.code("2026-12-15T00:00", late) is DomainCode.CONTRACT_OVER


@pytest.mark.clause("3")
def test_a_consumers_notice_ends_at_once_and_refunds_unused_days() -> None:
    life = running("2026-11-15", command=order("2026-11-15", setup=True, customer=CONSUMER))
    life.pay("2026-11-15T09:00", 180_00)

    events = life.ask("2026-11-24T10:00", NOTICE)

    # 30 days, 10 of them used (15 to 24 November): 100.00 x 20 / 30 = 66.67 net, 13.33 tax
    assert [e.at for e in of_type(ContractEnded, events)] == [at("2026-11-24T10:00")]
    note = of_type(CreditNoteIssued, events)[0]
    assert (note.net_minor, note.tax_minor) == (66_67, 13_33)
    assert life.contract.credit_minor == 80_00


@pytest.mark.clause("3")
def test_a_consumers_unpaid_invoice_is_only_lowered() -> None:
    life = running("2026-11-15", command=order("2026-11-15", customer=CONSUMER))
    life.ask("2026-11-25T00:00", NOTICE)

    assert life.contract.balance_minor == 40_00
    assert life.contract.credit_minor == 0


@pytest.mark.clause("3")
def test_the_providers_notice_to_a_consumer_waits_for_the_term() -> None:
    life = running("2026-11-15", command=order("2026-11-15", customer=CONSUMER))
    life.ask("2026-11-24T10:00", PROVIDERS_NOTICE)

    assert life.contract.ends_at == at("2026-12-15T00:00")


@pytest.mark.clause("8.1")
@pytest.mark.parametrize(
    ("received", "precision", "ends"),
    [
        ("2026-11-06T11:00", Precision.DATE, "2026-11-14T00:00"),
        ("2026-11-06T00:00", Precision.DATE, "2026-11-14T00:00"),
        ("2026-11-06T23:59", Precision.DATE, "2026-11-14T00:00"),
        ("2026-11-06T11:00", Precision.INSTANT, "2026-11-13T11:00"),
        ("2026-10-21T09:30", Precision.INSTANT, "2026-10-28T09:30"),  # the clock changes in between
    ],
)
def test_a_breach_letter_ends_the_contract_a_week_after_receipt(
    received: str, precision: Precision, ends: str
) -> None:
    life = running("2026-10-20")
    life.ask(received, letter(Party.PROVIDER, precision))

    assert life.contract.ends_at == at(ends)


@pytest.mark.clause("8.1")
def test_a_letter_never_puts_the_end_off() -> None:
    life = running("2026-10-20")
    life.ask("2026-11-10T00:00", NOTICE)

    events = life.ask("2026-11-16T00:00", letter(Party.PROVIDER))

    assert of_type(ContractEnding, events) == []
    assert life.contract.ends_at == at("2026-11-20T00:00")


@pytest.mark.clause("8.1")
def test_a_period_that_begins_before_the_week_is_over_is_billed_and_refunded_if_the_provider_is_in_breach() -> (
    None
):
    life = running("2026-10-20")
    life.ask("2026-11-17T00:00", letter(Party.CUSTOMER))

    events = life.wait("2026-11-24T00:00")

    # 20 November to 20 December: 26 of 30 days unused
    assert len(of_type(InvoiceIssued, events)) == 1
    assert [note.net_minor for note in of_type(CreditNoteIssued, events)] == [86_67]


@pytest.mark.clause("8.1")
def test_the_providers_letter_refunds_nothing() -> None:
    life = running("2026-10-20")
    life.ask("2026-11-06T00:00", letter(Party.PROVIDER))

    assert of_type(CreditNoteIssued, life.wait("2026-11-20T00:00")) == []


@pytest.mark.clause("8.1")
def test_a_letter_before_the_contract_runs_keeps_it_from_running() -> None:
    life = Life()
    life.ask("2026-11-01T00:00", order("2026-11-15"))
    life.ask("2026-11-01T00:00", ACCEPT)
    life.ask("2026-11-02T00:00", letter(Party.PROVIDER))
    life.wait("2026-12-31T00:00")

    assert life.contract.lifecycle is Lifecycle.ENDED
    assert of_type(InvoiceIssued, life.events) == []


@pytest.mark.clause("8.1")
def test_a_letter_ends_day_passes_too() -> None:
    life = days("2026-11-23", "2026-11-30", "2026-12-01")
    life.ask("2026-11-23T12:00", letter(Party.PROVIDER))
    life.wait("2026-12-03T00:00")

    assert [e.at for e in of_type(ContractEnded, life.events)] == [at("2026-11-30T12:00")]
    assert len(of_type(InvoiceIssued, life.events)) == 2


@pytest.mark.clause("8.1")
def test_an_exit_without_a_breach_owes_all_to_expiry() -> None:
    life = running("2026-10-20")
    life.ask("2026-11-16T00:00", letter(Party.CUSTOMER, is_justified=False))
    life.wait("2027-01-01T00:00")

    assert [e.at for e in of_type(ContractEnded, life.events)] == [at("2026-12-20T00:00")]
    assert life.contract.balance_minor == 240_00


@pytest.mark.clause("8.1")
def test_a_letter_may_cite_a_whole_article() -> None:
    life = running("2026-10-20")

    life.ask("2026-11-06T00:00", BreachLetter(by=Party.PROVIDER, clauses=("5", "9"), registered_ref="RK 1"))

    assert life.contract.ends_at == at("2026-11-13T00:00")


@pytest.mark.clause("8.1")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (BreachLetter(by=Party.PROVIDER, clauses=("5.4",)), DomainCode.REGISTERED_REF_REQUIRED),
        (
            BreachLetter(by=Party.PROVIDER, clauses=("5.4",), registered_ref="  "),
            DomainCode.REGISTERED_REF_REQUIRED,
        ),
        (BreachLetter(by=Party.PROVIDER, registered_ref="RK 1"), DomainCode.CLAUSES_REQUIRED),
        (
            BreachLetter(by=Party.PROVIDER, clauses=("5.4", "10"), registered_ref="RK 1"),
            DomainCode.CLAUSE_UNKNOWN,
        ),
        (BreachLetter(by=Party.PROVIDER, clauses=("",), registered_ref="RK 1"), DomainCode.CLAUSE_UNKNOWN),
        (BreachLetter(by=Party.PROVIDER, clauses=("5.",), registered_ref="RK 1"), DomainCode.CLAUSE_UNKNOWN),
    ],
)
def test_incomplete_letters_are_refused(command: BreachLetter, code: DomainCode) -> None:
    life = running("2026-10-20")

    assert life.code("2026-11-06T00:00", command) is code
    assert life.contract.ends_at is None
