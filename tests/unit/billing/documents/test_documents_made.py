"""A contract's life never waits for its papers, and papers wait until they are right (clauses 1 and 6.1)."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from billing_scenario import ATELIER, OPERATOR, HandClock, month_contract
from document_maker import DETAILS, PRINTER, SIREN, Verdicts, maker, seller_file

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.documents import (
    PROBLEM_DEFECT,
    PROBLEM_INVALID,
    PROBLEM_VALIDATOR,
    Documents,
)
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.requests import ChangedCustomer, NewContract, NewCustomer, NewRoom
from webvisio_billing.documents.archive import marks
from webvisio_billing.documents.maker import Made, Maker
from webvisio_billing.documents.model import Document
from webvisio_billing.documents.seller_file import DEMONSTRATION, SellerFile
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import CancelInvoice, ClaimLateCharges
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId, RoomId

NUMBER = "F2026-000001"


@pytest.fixture
def billing(store: Store, clock: HandClock) -> Billing:
    return Billing(store, clock)


@pytest.fixture
def contract_id(billing: Billing) -> ContractId:
    """A contract whose customer is complete; its first invoice waits."""
    billing.customers.create(NewCustomer("Atelier Lumière", ATELIER, siren=SIREN, details=DETAILS), OPERATOR)
    return month_contract(billing)


@pytest.fixture
def documents(store: Store, clock: HandClock, tmp_path: Path) -> Iterator[Documents]:
    made = Documents(store, clock, seller_file(tmp_path), open_maker=maker)
    yield made
    made.rest()


def test_a_document_is_made_and_keeps_its_bytes(documents: Documents, contract_id: ContractId) -> None:
    assert documents.make_all() == 1

    (one,) = documents.listed(contract_id)
    pdf = documents.document_bytes(NUMBER, contract_id)
    assert pdf is not None and marks(pdf).part == "3"
    assert one.made_at is not None and one.problems == ()
    assert documents.make_all() == 0
    assert documents.document_bytes(NUMBER) == pdf


def test_the_real_rules_pass_the_demonstrations_invoice(
    store: Store, clock: HandClock, tmp_path: Path, contract_id: ContractId
) -> None:
    documents = Documents(store, clock, seller_file(tmp_path), open_maker=Maker)

    documents.make_all()

    assert documents.document_bytes(NUMBER) is not None


def test_a_document_of_another_contract_is_not_found(documents: Documents, contract_id: ContractId) -> None:
    documents.make_all()

    assert documents.document_bytes(NUMBER, ContractId("someone-elses-1")) is None
    assert documents.document_bytes("F2026-999999") is None


@pytest.mark.clause("1", "6.1")
def test_without_a_seller_the_contract_goes_on_and_its_documents_wait(
    store: Store, clock: HandClock, tmp_path: Path, billing: Billing, contract_id: ContractId
) -> None:
    documents = Documents(store, clock, SellerFile(tmp_path / "seller.toml"), open_maker=maker)
    documents.make_all()
    clock.go(days=31)
    billing.advance_due()

    file = billing.contract(contract_id)
    assert file is not None and file.view.contract.lifecycle is Lifecycle.ACTIVE
    numbers = [one.number for one in documents.listed(contract_id)]
    assert numbers == ["F2026-000002", NUMBER]
    assert "seller.siren" in documents.listed(contract_id)[1].problems

    seller_file(tmp_path)
    documents.make_all()
    assert all(one.made_at is not None for one in documents.listed(contract_id))


@pytest.mark.clause("1")
def test_nothing_new_is_sold_while_the_seller_is_incomplete(
    store: Store, clock: HandClock, tmp_path: Path, billing: Billing
) -> None:
    wrong = DEMONSTRATION.replace('siren = "000 000 018"', 'siren = "000 000 019"')
    documents = Documents(store, clock, seller_file(tmp_path, wrong), open_maker=maker)
    billing.seller_problems = documents.seller_problems
    billing.customers.create(NewCustomer("Atelier", ATELIER), OPERATOR)
    wish = NewContract(ATELIER, Formula.MONTH, clock.now().date(), (NewRoom("Salle", RoomId("salle")),))

    refused = billing.create_contract(wish, OPERATOR)

    assert isinstance(refused, DomainRefusal) and refused.code is DomainCode.SELLER_INCOMPLETE
    assert "siren" in str(refused.details)
    seller_file(tmp_path)
    assert isinstance(billing.create_contract(wish, OPERATOR), str)


def test_a_buyer_without_an_address_waits_until_the_details_are_given(
    store: Store, clock: HandClock, tmp_path: Path, billing: Billing
) -> None:
    contract_id = month_contract(billing)
    documents = Documents(store, clock, seller_file(tmp_path), open_maker=maker)
    documents.make_all()
    (waiting,) = documents.listed(contract_id)
    assert waiting.problems == (
        "buyer.address.street",
        "buyer.address.city",
        "buyer.address.postcode",
        "buyer.siren",
        "buyer.email",
    )

    billing.customers.change(ChangedCustomer(ATELIER, "Atelier Lumière", SIREN, "", "", DETAILS), OPERATOR)
    documents.make_all()

    assert documents.document_bytes(NUMBER) is not None


def test_an_issued_document_stays_when_seller_and_customer_change(
    documents: Documents, billing: Billing, contract_id: ContractId, tmp_path: Path
) -> None:
    documents.make_all()
    before = documents.document_bytes(NUMBER)

    seller_file(tmp_path, DEMONSTRATION.replace("Démo Visio", "Tout Autre"))
    billing.customers.change(ChangedCustomer(ATELIER, "Autre", SIREN, "", "", DETAILS), OPERATOR)
    documents.make_all()

    assert documents.document_bytes(NUMBER) == before


@pytest.mark.parametrize(
    ("verdict", "problem", "wait"),
    [("none", PROBLEM_VALIDATOR, {"minutes": 1}), ("bad", PROBLEM_INVALID, {"hours": 6})],
)
def test_what_is_not_found_valid_is_not_issued_and_is_tried_again(
    verdict: str,
    problem: str,
    wait: dict[str, float],
    store: Store,
    clock: HandClock,
    tmp_path: Path,
    contract_id: ContractId,
    caplog: pytest.LogCaptureFixture,
) -> None:
    documents = Documents(store, clock, seller_file(tmp_path), open_maker=lambda: maker(verdict))
    with caplog.at_level(logging.DEBUG):
        documents.make_all()

    assert documents.listed(contract_id)[0].problems == (problem,)
    assert documents.document_bytes(NUMBER) is None
    assert "Atelier" not in caplog.text and "BR-CO-15" not in caplog.text
    clock.go(**wait)
    documents.make_all()
    assert documents.document_bytes(NUMBER) is not None


class BreaksOnce(Maker):
    """Has a defect that the first document meets."""

    def __init__(self) -> None:
        super().__init__(Verdicts(), PRINTER)
        self._tried = 0

    def make(self, document: Document, made_at: datetime) -> Made:
        self._tried += 1
        if self._tried == 1:
            raise RuntimeError(document.buyer.name)
        return super().make(document, made_at)


def test_a_defect_holds_up_its_document_alone_and_quotes_nobody(
    store: Store,
    clock: HandClock,
    tmp_path: Path,
    billing: Billing,
    contract_id: ContractId,
    caplog: pytest.LogCaptureFixture,
) -> None:
    month_contract(billing, room="deux")
    documents = Documents(store, clock, seller_file(tmp_path), open_maker=BreaksOnce)
    documents.make_all()

    assert documents.listed(contract_id)[0].problems == (PROBLEM_DEFECT,)
    assert documents.document_bytes("F2026-000002") is not None
    assert "RuntimeError" in caplog.text and "Atelier" not in caplog.text


@pytest.mark.clause("6.1")
def test_the_next_invoice_is_shown_before_it_is_issued(documents: Documents, contract_id: ContractId) -> None:
    shown = documents.next_one(contract_id)

    assert isinstance(shown, bytes) and marks(shown).xml == b""
    assert [one.number for one in documents.listed(contract_id)] == [NUMBER]


def test_there_is_no_next_invoice_of_nothing(documents: Documents) -> None:
    assert isinstance(documents.next_one(ContractId("nobody-1")), Problem)


def test_every_kind_of_document_is_made_from_the_journal(
    documents: Documents, billing: Billing, clock: HandClock, contract_id: ContractId
) -> None:
    clock.go(days=3)
    billing.execute(contract_id, ClaimLateCharges(invoice=DocumentRef("F1")), OPERATOR)
    cancel = CancelInvoice(invoice=DocumentRef("F1"), is_reissued=True, reason="essai")
    billing.execute(contract_id, cancel, OPERATOR)

    documents.make_all()

    made = {one.kind: one for one in documents.listed(contract_id)}
    assert set(made) >= {"invoice", "credit_note"}
    assert all(one.made_at is not None for one in made.values()), made
