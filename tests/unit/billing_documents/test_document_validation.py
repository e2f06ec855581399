"""The validation can fail: every mutation of a good document is found, by one check or another."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from document_samples import BUYER, SELLER, samples

from webvisio_billing.documents.archive import check_archive
from webvisio_billing.documents.checks import check
from webvisio_billing.documents.cii import to_cii
from webvisio_billing.documents.errors import NotMakeable, NotValid, ValidatorFailed
from webvisio_billing.documents.maker import Maker
from webvisio_billing.documents.model import Document
from webvisio_billing.documents.parties import Buyer, SellerIdentity, is_vat_number
from webvisio_billing.documents.schematron import failed
from webvisio_billing.documents.validation import RuleProcess, check_schema

SAMPLES = dict(samples())
GOOD = SAMPLES["first_invoice"]
CREDIT = SAMPLES["cancelling_credit_note"]
GOOD_XML = to_cii(GOOD)
MADE_AT = datetime(2026, 1, 31, 9, tzinfo=UTC)


def changed(document: Document, **values: object) -> Document:
    return msgspec.structs.replace(document, **values)


def with_buyer(**values: object) -> Document:
    return changed(GOOD, buyer=msgspec.structs.replace(BUYER, **values))


def with_seller(**values: object) -> Document:
    return changed(GOOD, seller=msgspec.structs.replace(SELLER, **values))


@pytest.fixture(scope="module")
def rules() -> Iterator[RuleProcess]:
    made = RuleProcess()
    yield made
    made.close()


def test_the_good_document_passes_everything(rules: RuleProcess) -> None:
    check(GOOD)
    rules.check(GOOD_XML)


# ---- what only our own checks find ------------------------------------------------------


@pytest.mark.clause("1")
@pytest.mark.parametrize(
    ("mutated", "problem"),
    [
        (with_buyer(siren=""), "buyer.siren"),
        (with_buyer(siren="552100555", vat_number=""), "buyer.siren"),
        (with_buyer(vat_number="FR00552100554"), "buyer.vat_number"),
        (with_buyer(vat_number="FR44732829320"), "buyer.vat_number"),
        (with_buyer(name=" "), "buyer.name"),
        (
            with_buyer(address=msgspec.structs.replace(BUYER.address, postcode="7500")),
            "buyer.address.postcode",
        ),
        (with_buyer(address=msgspec.structs.replace(BUYER.address, city="")), "buyer.address.city"),
        (with_buyer(address=msgspec.structs.replace(BUYER.address, country="XX")), "buyer.address.country"),
        (with_seller(siren="732829321"), "seller.siren"),
        (with_seller(siren=""), "seller.siren"),
        (with_seller(iban="FR7630006000011234567890188"), "seller.iban"),
        (with_seller(vat_number="FR45732829320"), "seller.vat_number"),
        (with_seller(name=""), "seller.name"),
        (with_seller(legal_form=""), "seller.legal_form"),
        (with_seller(register=""), "seller.register"),
        (with_seller(address=msgspec.structs.replace(SELLER.address, street="")), "seller.address.street"),
        (with_seller(accent="red"), "seller.accent"),
    ],
)
def test_an_incomplete_party_is_refused_by_name(mutated: Document, problem: str) -> None:
    with pytest.raises(NotMakeable) as refused:
        check(mutated)

    assert problem in refused.value.problems


def test_whoever_has_no_siren_needs_an_e_mail_address() -> None:
    consumer = SAMPLES["consumer_day"]
    without = changed(consumer, buyer=msgspec.structs.replace(consumer.buyer, email=""))

    with pytest.raises(NotMakeable, match=r"buyer\.email"):
        check(without)


@pytest.mark.parametrize(
    ("mutated", "told"),
    [
        (changed(GOOD, number=""), "has a number"),
        (changed(GOOD, due_on=None), "due date"),
        (changed(GOOD, due_on=GOOD.issued_on - timedelta(days=1)), "due date"),
        (changed(CREDIT, earlier=None), "refers to its invoice"),
        (changed(GOOD, gross_minor=GOOD.gross_minor + 1), "gross total"),
        (changed(GOOD, tax_minor=GOOD.tax_minor + 1), "tax total"),
        (changed(GOOD, lines=GOOD.lines[1:]), "net total"),
        (changed(GOOD, prepaid_minor=GOOD.gross_minor + 1), "settled"),
        (
            changed(GOOD, lines=(msgspec.structs.replace(GOOD.lines[0], quantity=2), *GOOD.lines[1:])),
            "quantity times its price",
        ),
        (
            changed(GOOD, taxes=(msgspec.structs.replace(GOOD.taxes[0], rate=Decimal(10)),)),
            "taxed sum",
        ),
    ],
)
def test_a_document_that_contradicts_itself_is_no_document(mutated: Document, told: str) -> None:
    with pytest.raises(NotValid) as found:
        check(mutated)

    assert any(told in failure for failure in found.value.failures)


# ---- what schema and rules find ---------------------------------------------------------

Mutation = Callable[[str], str]


def replacing(old: str, new: str) -> Mutation:
    def mutate(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    return mutate


def without(element: str) -> Mutation:
    def mutate(xml: str) -> str:
        start = xml.index(f"<{element}")
        end = xml.index(f"</{element}>", start) + len(f"</{element}>")
        return xml[:start] + xml[end:]

    return mutate


@pytest.mark.parametrize(
    "mutate",
    [
        without("ram:ApplicableHeaderTradeDelivery"),
        without("ram:SellerTradeParty"),
        without("ram:InvoiceCurrencyCode"),
        replacing("<ram:GrandTotalAmount>", "<ram:GrandTotal>"),
        replacing('format="102"', ""),
    ],
)
def test_the_schema_refuses(mutate: Mutation) -> None:
    with pytest.raises((NotValid, SyntaxError)):
        check_schema(mutate(GOOD_XML.decode()).encode())


@pytest.mark.parametrize(
    ("mutate", "told"),
    [
        (replacing("<ram:GrandTotalAmount>378.00", "<ram:GrandTotalAmount>378.01"), "BR-CO-15"),
        (replacing("<ram:LineTotalAmount>315.00", "<ram:LineTotalAmount>314.00"), "BR-CO-1"),
        (replacing("<ram:CalculatedAmount>63.00", "<ram:CalculatedAmount>62.00"), "BR-"),
        (
            replacing("<ram:CategoryCode>S</ram:CategoryCode>", "<ram:CategoryCode>L</ram:CategoryCode>"),
            "BR-",
        ),
        (
            replacing("<ram:RateApplicablePercent>20.00", "<ram:RateApplicablePercent>21.00"),
            "BR-",
        ),
        (replacing("<ram:TypeCode>380</ram:TypeCode>", "<ram:TypeCode>383</ram:TypeCode>"), "BR-FR-04"),
        (replacing("<ram:SubjectCode>PMT</ram:SubjectCode>", ""), "BR-FR-05"),
        (replacing("<ram:SubjectCode>PMD</ram:SubjectCode>", ""), "BR-FR-05"),
        (replacing("<ram:SubjectCode>AAB</ram:SubjectCode>", ""), "BR-FR-05"),
        (replacing("<ram:ID>S1</ram:ID>", "<ram:ID>X1</ram:ID>"), "BR-FR-08"),
        (replacing(">732829320</ram:ID>", ">73282932</ram:ID>"), "BR-FR"),
        (replacing("20260131", "19990131"), "BR-FR-03"),
        (replacing("<ram:CountryID>FR</ram:CountryID>", "<ram:CountryID>ZZ</ram:CountryID>"), "CountryID"),
        (replacing(">EUR<", ">EUX<"), "CurrencyCode"),
    ],
)
def test_the_rules_refuse(mutate: Mutation, told: str, rules: RuleProcess) -> None:
    with pytest.raises(NotValid) as found:
        rules.check(mutate(GOOD_XML.decode()).encode())

    assert any(told in failure for failure in found.value.failures), found.value.failures


def test_a_credit_note_without_its_invoice_is_refused_by_the_rules(rules: RuleProcess) -> None:
    mutate = without("ram:InvoiceReferencedDocument")

    with pytest.raises(NotValid, match="failed"):
        rules.check(mutate(to_cii(CREDIT).decode()).encode())


# ---- no verdict is no good one ----------------------------------------------------------


def test_a_report_without_rules_is_a_failure() -> None:
    empty = '<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl"/>'

    assert failed(empty) == ["no rule was fired"]
    assert failed(None) == ["the rules gave no report"]


@pytest.mark.parametrize(
    "program",
    ["raise SystemExit(1)", "import sys; sys.stdout.write('no frame')", "import time; time.sleep(60)"],
)
def test_a_process_without_a_verdict_is_no_good_verdict(program: str) -> None:
    rules = RuleProcess(timeout_s=0.5, command=(sys.executable, "-c", program))

    with pytest.raises(ValidatorFailed):
        rules.check(GOOD_XML)


def test_a_process_that_died_is_started_again(rules: RuleProcess) -> None:
    rules.check(GOOD_XML)
    assert rules._process is not None
    rules._process.kill()
    rules._process.wait()

    rules.check(GOOD_XML)


def test_an_archive_with_another_xml_inside_is_found() -> None:
    class Content:
        def check(self, xml: bytes) -> None:
            """Find everything good."""

        def close(self) -> None:
            """Hold nothing."""

    maker = Maker(Content())
    made = maker.make(GOOD, MADE_AT)

    check_archive(made.pdf, GOOD_XML)
    with pytest.raises(NotValid):
        check_archive(made.pdf, GOOD_XML + b" ")


# ---- numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "siren", "is_good"),
    [
        ("FR44732829320", "732829320", True),
        ("FR44732829320", "552100554", False),
        ("fr44732829320", "732829320", False),
        ("DE136695976", "", True),
        ("DE136695975", "", False),
        ("CHE-107.787.577 IVA", "", True),
        ("GB980780684", "", True),
        ("", "", False),
    ],
)
def test_vat_numbers_are_checked_by_their_key(text: str, siren: str, is_good: bool) -> None:
    assert is_vat_number(text, siren) is is_good


def test_a_foreign_business_and_a_consumer_need_no_siren() -> None:
    assert SAMPLES["bilingual_invoice"].buyer.problems() == ()
    assert SAMPLES["consumer_day"].buyer.problems() == ()
    assert isinstance(SAMPLES["consumer_day"].buyer, Buyer)
    assert SellerIdentity().problems()
