"""What neither schema nor schematron looks at: buyer's SIREN, check digits, due date, sums. Pure.

Runs before anything is rendered; the first list is for the operator to mend,
the second a defect of our own.
"""

from webvisio_billing.documents.errors import NotMakeable, NotValid
from webvisio_billing.documents.model import Document, Kind


def check(document: Document) -> None:
    """Raise `NotMakeable` where a party is incomplete, `NotValid` where the document contradicts itself."""
    wanting = [f"seller.{name}" for name in document.seller.problems()]
    wanting += [f"buyer.{name}" for name in document.buyer.problems()]
    if wanting:
        raise NotMakeable(wanting)
    wrong = tuple(_contradictions(document))
    if wrong:
        raise NotValid(wrong)


def _contradictions(document: Document) -> list[str]:
    wrong = []
    if bool(document.number) is (document.kind is Kind.PRO_FORMA):
        wrong.append("an issued document has a number, a pro-forma none")
    if document.kind is Kind.CREDIT_NOTE:
        if document.earlier is None:
            wrong.append("a credit note refers to its invoice")
    elif document.due_on is None or document.due_on < document.issued_on:
        wrong.append("what is to be paid has a due date, not before its issue (L441-9)")
    if any(line.quantity * line.unit_minor != line.net_minor for line in document.lines):
        wrong.append("a line's amount is its quantity times its price")
    if sum(line.net_minor for line in document.lines) != document.net_minor:
        wrong.append("the lines add up to the net total")
    if sum(tax.net_minor for tax in document.taxes) != document.net_minor:
        wrong.append("the taxed sums add up to the net total")
    if sum(tax.tax_minor for tax in document.taxes) != document.tax_minor:
        wrong.append("the taxes add up to the tax total")
    if document.net_minor + document.tax_minor != document.gross_minor:
        wrong.append("net and tax add up to the gross total")
    if not 0 <= document.prepaid_minor <= document.gross_minor:
        wrong.append("no more is settled than is owed")
    for tax in document.taxes:
        lines = [line for line in document.lines if (line.vat, line.rate) == (tax.vat, tax.rate)]
        if sum(line.net_minor for line in lines) != tax.net_minor:
            wrong.append(f"the lines at {tax.rate} % add up to their taxed sum")
    return wrong
