"""Matching transfers with what is owed: by name of the document, never by guess (clause 6.3)."""

from datetime import date

import pytest

from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.payments.matching import Basis, Candidate, Doubt, Due, Match, Matcher, Unmatched
from webvisio_billing.payments.statements import Entry
from webvisio_protocol.identifiers import ContractId, CustomerId

pytestmark = pytest.mark.clause("6.3")
ATELIER, STUDIO = ContractId("atelier-lumiere-1"), ContractId("studio-nord-1")
IBAN = "FR7630006000011234567890189"


def candidate(name: ContractId, number: str, owed: int = 120_00, customer: str = "") -> Candidate:
    customer = customer or name.rpartition("-")[0]
    due = Due(DocumentRef("F1"), number, owed)
    return Candidate(name, CustomerId(customer), customer.replace("-", " ").title(), owed, (due,))


def matcher(**owners: str) -> Matcher:
    return Matcher(
        (candidate(ATELIER, "F2026-000001"), candidate(STUDIO, "F2026-000002")),
        {iban: CustomerId(owner) for iban, owner in owners.items()},
    )


def entry(text: str, amount_minor: int = 120_00, iban: str = "", name: str = "") -> Entry:
    return Entry(
        line=1,
        booked_on=date(2026, 11, 20),
        amount_minor=amount_minor,
        currency="EUR",
        text=text,
        iban=iban,
        counterparty=name,
    )


@pytest.mark.parametrize(
    "text", ["F2026-000002", "virement f2026 000002 merci", "FACT F2026000002", "F 2026/000002"]
)
def test_a_document_number_is_found_however_the_bank_spells_it(text: str) -> None:
    assert matcher().match(entry(text, 50_00)) == Match(STUDIO, Basis.NUMBER, DocumentRef("F1"))


@pytest.mark.parametrize("text", ["F2026-0000021", "XF2026-000002", "2026-000002", "F2026-00002"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert matcher().match(entry(text, 1_00)) == Unmatched(Doubt.UNKNOWN)


def test_a_document_that_is_settled_is_not_settled_again() -> None:
    paid = Matcher([candidate(ATELIER, "F2026-000001", 0)], {})
    assert paid.match(entry("F2026-000001")) == Unmatched(Doubt.ALREADY_PAID, (ATELIER,))


def test_numbers_of_two_contracts_are_for_a_person() -> None:
    found = matcher().match(entry("F2026-000001 et F2026-000002", 240_00))
    assert found == Unmatched(Doubt.SEVERAL_CONTRACTS, (ATELIER, STUDIO))


def test_a_contracts_reference_matches_as_it_is_written() -> None:
    assert matcher().match(entry("loyer ATELIER-LUMIERE-1")) == Match(ATELIER, Basis.CONTRACT)
    assert isinstance(matcher().match(entry("loyer atelier-lumiere-12", 1)), Unmatched)
    assert isinstance(matcher().match(entry("loyer atelier lumiere 1", 1)), Unmatched)


def test_a_known_account_matches_only_an_exact_amount() -> None:
    known = matcher(**{IBAN: "studio-nord"})
    assert known.match(entry("loyer", 120_00, IBAN)) == Match(STUDIO, Basis.ACCOUNT, DocumentRef("F1"))
    assert known.match(entry("loyer", 119_99, IBAN)) == Unmatched(Doubt.UNKNOWN, (STUDIO,))


def test_a_known_account_with_two_fitting_contracts_is_for_a_person() -> None:
    two = Matcher(
        (
            candidate(STUDIO, "F2026-000001"),
            candidate(ContractId("studio-nord-2"), "F2026-000002", customer="studio-nord"),
        ),
        {IBAN: CustomerId("studio-nord")},
    )
    assert two.match(entry("loyer", 120_00, IBAN)) == Unmatched(
        Doubt.UNKNOWN, (STUDIO, ContractId("studio-nord-2"))
    )


def test_amount_and_name_alone_only_suggest() -> None:
    found = matcher().match(entry("loyer", 120_00, name="Studio Nord"))
    assert found == Unmatched(Doubt.UNKNOWN, (STUDIO, ATELIER))
