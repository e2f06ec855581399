"""The end of the data and of the file (clause 8.2)."""

import pytest
from contract_playing import Life, at, of_type, running

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import (
    ChooseDisposal,
    Close,
    CompleteDisposal,
    Disposal,
    GiveNotice,
    Pay,
    RecordDataTaken,
    RecordDestruction,
    Refund,
    SetDisposalDeadline,
)
from webvisio_billing.domain.contract import evolve, next_due
from webvisio_billing.domain.disposal import may_take
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.events import (
    ContractClosed,
    ContractEnded,
    DataDestroyed,
    DataTaken,
    DisposalChosen,
    DisposalCompleted,
)
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Party

pytestmark = pytest.mark.clause("8.2")

DESTROY = ChooseDisposal(choice=Disposal.DESTROY)
RETURN = ChooseDisposal(choice=Disposal.RETURN)
DESTROYED = CompleteDisposal(actor="anna", destroyed=("salle room-1", "tableau 1"))
RETURNED = CompleteDisposal(actor="anna", returned_sha256="ab" * 32)

SHA256 = "cd" * 32
TAKEN = RecordDataTaken(actor="carole", sha256=SHA256)
KEYS_GONE = RecordDestruction(actor="anna", destroyed=("keys: 1", "documents: 3"))


def ended(*, is_paid: bool = True) -> Life:
    life = running("2026-11-15")
    if is_paid:
        life.pay("2026-11-15T10:00", 120_00)
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))
    life.wait("2026-12-15T00:00")
    return life


def test_nothing_is_destroyed_before_a_choice() -> None:
    life = ended()

    assert life.code("2026-12-16T00:00", DESTROYED) is DomainCode.DISPOSAL_NOT_CHOSEN
    life.ask("2026-12-16T00:00", DESTROY)
    completed = of_type(DisposalCompleted, life.ask("2026-12-17T00:00", DESTROYED))
    assert [(event.choice, event.destroyed) for event in completed] == [
        (Disposal.DESTROY, ("salle room-1", "tableau 1"))
    ]


def test_the_choice_may_come_with_the_notice_and_change_until_it_is_done() -> None:
    life = running("2026-11-15")
    assert life.code("2026-11-16T00:00", RETURN) is DomainCode.CONTRACT_NOT_ENDED
    life.ask("2026-11-16T00:00", GiveNotice(by=Party.CUSTOMER))
    life.ask("2026-11-16T00:00", DESTROY)
    assert life.code("2026-11-16T00:00", DESTROYED) is DomainCode.CONTRACT_NOT_ENDED
    life.ask("2026-12-16T00:00", RETURN)
    life.ask("2026-12-16T00:00", RETURNED)
    assert life.code("2026-12-16T00:00", DESTROY) is DomainCode.DISPOSAL_ALREADY_COMPLETE
    assert life.code("2026-12-16T00:00", RETURNED) is DomainCode.DISPOSAL_ALREADY_COMPLETE


@pytest.mark.parametrize(
    ("choice", "certificate"),
    [
        (RETURN, DESTROYED),
        (RETURN, CompleteDisposal(actor="anna", returned_sha256="ab" * 31)),
        (RETURN, CompleteDisposal(actor="anna", returned_sha256="AB" * 32)),
        (DESTROY, RETURNED),
    ],
)
def test_a_certificate_says_what_was_chosen(choice: ChooseDisposal, certificate: CompleteDisposal) -> None:
    life = ended()
    life.ask("2026-12-16T00:00", choice)

    assert life.code("2026-12-16T00:00", certificate) is DomainCode.CERTIFICATE_INCOMPLETE


def test_a_deadline_of_the_operator_chooses_in_the_customers_place() -> None:
    life = ended()
    deadline = SetDisposalDeadline(deadline=at("2027-01-15T00:00"), actor="anna")
    life.ask("2026-12-16T00:00", deadline)

    assert next_due(life.contract) == at("2027-01-15T00:00")
    assert life.wait("2027-01-14T23:59") == ()
    chosen = of_type(DisposalChosen, life.wait("2027-01-15T00:00"))
    assert [(event.choice, event.by) for event in chosen] == [(Disposal.DESTROY, Party.PROVIDER)]
    assert life.code("2027-01-16T00:00", deadline) is DomainCode.DISPOSAL_ALREADY_CHOSEN


def test_a_choice_takes_the_deadline_away() -> None:
    life = ended()
    life.ask("2026-12-16T00:00", SetDisposalDeadline(deadline=at("2027-01-15T00:00"), actor="anna"))
    life.ask("2026-12-17T00:00", RETURN)

    assert next_due(life.contract) is None


@pytest.mark.parametrize(("deadline", "actor"), [("2026-12-16T00:00", "anna"), ("2027-01-15T00:00", " ")])
def test_a_deadline_lies_ahead_and_has_an_author(deadline: str, actor: str) -> None:
    command = SetDisposalDeadline(deadline=at(deadline), actor=actor)

    assert ended().code("2026-12-16T00:00", command) is DomainCode.DEADLINE_INVALID


def test_a_contract_closes_when_the_data_is_gone_and_nothing_is_owed() -> None:
    life = ended(is_paid=False)
    assert life.code("2026-12-16T00:00", Close()) is DomainCode.DISPOSAL_PENDING
    life.ask("2026-12-16T00:00", DESTROY)
    life.ask("2026-12-16T00:00", DESTROYED)
    owed = life.refused("2026-12-16T00:00", Close())
    assert (owed.code, owed.details["balance"]) == (DomainCode.BALANCE_OPEN, "120.00")
    life.pay("2026-12-16T00:00", 130_00)
    assert life.refused("2026-12-16T00:00", Close()).details["balance"] == "-10.00"
    life.ask("2026-12-16T00:00", Refund(key=PaymentKey("r"), amount_minor=10_00))

    assert len(of_type(ContractClosed, life.ask("2026-12-16T00:00", Close()))) == 1
    assert life.contract.lifecycle is Lifecycle.CLOSED


def test_nothing_follows_the_closing() -> None:
    life = ended()
    for command in (DESTROY, DESTROYED, Close()):
        life.ask("2026-12-16T00:00", command)

    late_payment = Pay(key=PaymentKey("x"), amount_minor=1)
    assert life.code("2026-12-17T00:00", late_payment) is DomainCode.CONTRACT_CLOSED
    assert life.wait("2030-01-01T00:00") == ()
    with pytest.raises(HistoryError):
        evolve(life.contract, ContractEnded(at=at("2026-12-17T00:00")))


def test_the_archive_is_taken_between_the_choice_after_the_end_and_the_certificate() -> None:
    def reason(life: Life) -> DomainCode | None:
        refusal = may_take(life.contract)
        return None if refusal is None else refusal.code

    life = running("2026-11-15")
    assert reason(life) is DomainCode.CONTRACT_NOT_ENDED
    life = ended()
    assert reason(life) is DomainCode.DISPOSAL_NOT_CHOSEN
    assert life.code("2026-12-16T00:00", TAKEN) is DomainCode.DISPOSAL_NOT_CHOSEN
    life.ask("2026-12-16T00:00", DESTROY)
    assert reason(life) is DomainCode.DATA_TO_BE_DESTROYED
    life.ask("2026-12-16T01:00", RETURN)
    assert reason(life) is None
    taken = of_type(DataTaken, life.ask("2026-12-16T02:00", TAKEN))
    assert [(event.actor, event.sha256) for event in taken] == [("carole", SHA256)]
    assert life.ask("2026-12-16T03:00", TAKEN) == (), "the same archive counts once"
    assert reason(life) is None
    life.ask("2026-12-16T04:00", RETURNED)
    assert reason(life) is DomainCode.DISPOSAL_ALREADY_COMPLETE
    life.ask("2026-12-16T05:00", Close())
    assert reason(life) is DomainCode.CONTRACT_CLOSED


def test_what_was_not_taken_is_not_destroyed_and_what_was_is_certified_with_it() -> None:
    life = ended()
    assert life.code("2026-12-16T00:00", KEYS_GONE) is DomainCode.DISPOSAL_NOT_CHOSEN
    life.ask("2026-12-16T00:00", RETURN)
    assert life.code("2026-12-16T00:00", KEYS_GONE) is DomainCode.DATA_NOT_TAKEN
    life.ask("2026-12-16T00:00", TAKEN)
    nothing = RecordDestruction(actor="anna", destroyed=())
    assert life.code("2026-12-16T01:00", nothing) is DomainCode.CERTIFICATE_INCOMPLETE

    done = life.ask("2026-12-17T00:00", KEYS_GONE)

    assert [event.destroyed for event in of_type(DataDestroyed, done)] == [("keys: 1", "documents: 3")]
    (certificate,) = of_type(DisposalCompleted, done)
    assert (certificate.choice, certificate.returned_sha256) == (Disposal.RETURN, SHA256)
    assert life.contract.data_destroyed_at == at("2026-12-17T00:00")
    assert life.code("2026-12-17T00:00", KEYS_GONE) is DomainCode.DATA_ALREADY_DESTROYED
    refusal = may_take(life.contract)
    assert refusal is not None
    assert refusal.code is DomainCode.DATA_ALREADY_DESTROYED


def test_what_was_certified_as_returned_otherwise_is_destroyed_after_it() -> None:
    life = ended()
    life.ask("2026-12-16T00:00", RETURN)
    life.ask("2026-12-16T00:00", RETURNED)

    done = life.ask("2026-12-17T00:00", KEYS_GONE)

    assert len(of_type(DataDestroyed, done)) == 1
    assert of_type(DisposalCompleted, done) == []


def test_the_choice_of_destruction_is_carried_out_and_certified_in_one() -> None:
    life = ended()
    life.ask("2026-12-16T00:00", DESTROY)

    (certificate,) = of_type(DisposalCompleted, life.ask("2026-12-17T00:00", KEYS_GONE))

    assert (certificate.choice, certificate.returned_sha256) == (Disposal.DESTROY, "")
    assert certificate.destroyed == ("keys: 1", "documents: 3")
