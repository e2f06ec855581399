"""Ten documents of different kinds are good by schema, by both sets of rules, and as archive files."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from document_samples import FOREIGN, SELLER, at, ordered, samples

from webvisio_billing.documents.archive import marks
from webvisio_billing.documents.assemble import Parties
from webvisio_billing.documents.cii import to_cii
from webvisio_billing.documents.maker import Maker
from webvisio_billing.documents.model import Document, Kind
from webvisio_billing.documents.validation import RuleProcess

MADE_AT = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
SAMPLES = dict(samples())
ISSUED = {name: document for name, document in SAMPLES.items() if document.kind is not Kind.PRO_FORMA}


@pytest.fixture(scope="module")
def rules() -> Iterator[RuleProcess]:
    made = RuleProcess()
    yield made
    made.close()


@pytest.fixture(scope="module")
def maker(rules: RuleProcess) -> Maker:
    return Maker(rules)


def test_the_samples_are_ten_documents_of_every_kind() -> None:
    assert len(ISSUED) >= 10
    assert {document.kind for document in SAMPLES.values()} == set(Kind)


@pytest.mark.clause("1", "6.1")
@pytest.mark.parametrize("name", ISSUED)
def test_an_issued_document_is_valid_and_an_archive_file(name: str, maker: Maker) -> None:
    document = ISSUED[name]

    made = maker.make(document, MADE_AT)

    found = marks(made.pdf)
    assert (found.part, found.profile, found.relation) == ("3", "EN 16931", "/Data")
    assert found.has_output_intent and found.is_tagged and found.bare_fonts == 0
    assert found.xml == to_cii(document)


@pytest.mark.clause("6.1")
def test_a_pro_forma_is_printed_by_the_same_path_and_carries_no_xml(maker: Maker) -> None:
    found = marks(maker.make(SAMPLES["pro_forma"], MADE_AT).pdf)

    assert found.has_output_intent and found.xml == b""


@pytest.mark.clause("8.1")
def test_a_credit_note_is_381_and_refers_to_its_invoice() -> None:
    xml = to_cii(SAMPLES["cancelling_credit_note"]).decode()

    assert "<ram:TypeCode>381</ram:TypeCode>" in xml
    assert "<ram:IssuerAssignedID>F2026-000002</ram:IssuerAssignedID>" in xml


@pytest.mark.clause("6.4")
def test_late_charges_stand_outside_vat_in_a_series_of_their_own() -> None:
    note = SAMPLES["late_charges"]

    assert note.number == "D2026-000001"
    assert (note.tax_minor, note.gross_minor) == (0, note.net_minor)
    assert "OUTOFSCOPE" in to_cii(note).decode()


def _details(document: Document) -> list[str]:
    return [line.detail.fr for line in document.lines if line.detail is not None]


@pytest.mark.clause("6.4")
def test_late_charges_show_how_the_interest_was_reckoned() -> None:
    assert "19 jours à 8,28\u00a0% l'an sur 120,00\u00a0€" in _details(SAMPLES["late_charges"])[0]


def test_a_share_of_a_month_is_said_in_words_and_multiplies_out() -> None:
    (line,) = SAMPLES["added_room"].lines

    assert line.detail is not None
    assert line.detail.fr == "Bureautique ; au prorata de 18 jours ; prix du mois 100,00\u00a0€"
    assert line.quantity * line.unit_minor == line.net_minor


def test_what_the_customers_credit_paid_at_once_is_not_asked_for_again() -> None:
    paid = SAMPLES["renewal_paid_by_credit"]

    assert (paid.is_paid, paid.payable_minor) == (True, 0)
    assert "<ram:DuePayableAmount>0.00</ram:DuePayableAmount>" in to_cii(paid).decode()


def test_an_exemption_is_printed_with_its_legal_reference() -> None:
    (tax,) = SAMPLES["exempt_invoice"].taxes

    assert (tax.vat.value, tax.reason) == ("E", "Exonération de TVA, art. 261-4-4° a du CGI")


def test_a_business_of_another_member_state_owes_the_vat_itself() -> None:
    assert {tax.vat.value for tax in SAMPLES["bilingual_invoice"].taxes} == {"AE"}


def test_a_reverse_charge_says_the_word_that_the_law_wants() -> None:
    parties = Parties(SELLER, FOREIGN)

    invoice = ordered(parties, "2026-03-01", exemption="art. 283-2 du CGI").documents[0]

    assert {tax.reason for tax in invoice.taxes} == {"Autoliquidation, art. 283-2 du CGI"}
    assert {tax.reason for tax in SAMPLES["bilingual_invoice"].taxes} == {
        "Autoliquidation par le preneur, art. 283-2 du CGI"
    }


def test_the_xml_of_a_demonstration_says_that_it_is_worth_nothing() -> None:
    assert "sans aucune valeur" in to_cii(SAMPLES["demonstration"]).decode()
    assert "sans aucune valeur" not in to_cii(SAMPLES["first_invoice"]).decode()


def test_a_replacement_names_the_invoice_that_it_stands_in_for() -> None:
    earlier = SAMPLES["replacing_invoice"].earlier

    assert earlier is not None and earlier.number == "F2026-000002"


def test_the_samples_are_played_on_the_wall_clock_of_paris() -> None:
    assert at("2026-01-31T00:00") == datetime(2026, 1, 30, 23, tzinfo=UTC)
