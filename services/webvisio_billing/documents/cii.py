"""Writes a document as Cross Industry Invoice, profile EN 16931 with the French rules (CTC). Pure.

Types: 380, and 381 for a credit note. A debit note of late charges is 380 in
category O with the note `OUTOFSCOPE`: it is no matter of VAT, and the French
list of types (BR-FR-04) has no 383. Notes are in French, as the law speaks.
"""

from decimal import Decimal
from typing import Final

from facturx.generate_xml import generate_cii_xml

from webvisio_billing.documents.model import Document, Kind, Line, Tax, VatCategory
from webvisio_billing.documents.parties import Address, Buyer
from webvisio_billing.documents.wording import (
    CREDIT_USE,
    LABELS,
    early_payment,
    late_penalty,
    legal_line,
    recovery_costs,
)
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.terms import CustomerKind

Fields = dict[str, object]

PROFILE: Final = "en16931"
SIREN_SCHEME: Final = "0002"
"""ISO 6523: the SIREN as a legal identifier."""
FRENCH_DIRECTORY: Final = "0225"
"""EAS: an address in the French directory of e-invoicing, which begins with the SIREN."""
EMAIL: Final = "EM"
SERVICES: Final = "S1"
SERVICES_PAID: Final = "S2"
"""Frames of the French reform (BT-23): services, and services that are paid already."""
TRANSFER: Final = "30"
VAT_WHEN_PAID: Final = "payment"
VAT_WHEN_INVOICED: Final = "invoice"


def to_cii(document: Document) -> bytes:
    """Write the XML; `validation` says whether it is good. Not for a pro-forma, which no machine may book."""
    assert document.kind is not Kind.PRO_FORMA, "a pro-forma is no invoice"
    xml: bytes = generate_cii_xml(_fields(document), level=PROFILE, check_xsd=False, check_schematron=None)
    return xml


def _fields(document: Document) -> Fields:
    seller, buyer = document.seller, document.buyer
    is_credit = document.kind is Kind.CREDIT_NOTE
    is_outside = document.kind is Kind.DEBIT_NOTE
    fields: Fields = {
        "BT-1": document.number,
        "BT-2": document.issued_on,
        "BT-3": "381" if is_credit else "380",
        "BT-5": document.currency,
        "BT-12": document.contract,
        "BT-23": SERVICES_PAID if document.is_paid else SERVICES,
        "BT-72": document.supplied_on,
        "BT-83": document.number,
        "BT-106": format_amount(document.net_minor),
        "BT-109": format_amount(document.net_minor),
        "BT-110": format_amount(document.tax_minor),
        "BT-112": format_amount(document.gross_minor),
        "BT-115": format_amount(document.payable_minor),
        "BG-1": _notes(document),
        "BG-4": {
            "name": seller.name,
            "legal_info": legal_line(seller),
            "legal_identifier": seller.siren,
            "legal_identifier_schemeid": SIREN_SCHEME,
            "einvoicing_addr": seller.siren,
            "einvoicing_addr_schemeid": FRENCH_DIRECTORY,
            # BR-O-02: nobody's VAT number stands on what is outside VAT
            "vat_identifier": None if is_outside else seller.vat_number,
            **_address(seller.address),
        },
        "BG-7": _buyer(buyer, is_outside),
        "BG-23": [_tax(tax) for tax in document.taxes],
        "BG-25": [_line(ordinal, line) for ordinal, line in enumerate(document.lines, start=1)],
    }
    if not is_outside:
        fields["BT-8"] = VAT_WHEN_INVOICED if seller.is_vat_on_debits else VAT_WHEN_PAID
    if buyer.order_reference:
        fields["BT-13"] = buyer.order_reference
    if document.due_on is not None:
        fields["BT-9"] = document.due_on
    if is_credit:
        fields["BT-20"] = CREDIT_USE.fr
    else:
        fields |= {"BT-81": TRANSFER, "BT-82": "Virement bancaire"}
        fields |= {"BT-84": seller.iban, "BT-85": seller.name, "BT-86": seller.bic or None}
    if document.prepaid_minor:
        fields["BT-113"] = format_amount(document.prepaid_minor)
    if document.span is not None:
        fields |= {"BT-73": document.span.first, "BT-74": document.span.last}
    if document.earlier is not None:
        fields["BG-3"] = [{"BT-25": document.earlier.number, "BT-26": document.earlier.issued_on}]
    return fields


def _notes(document: Document) -> list[Fields]:
    marked: list[Fields] = []
    if document.seller.is_demonstration:
        marked.append({"BT-22": LABELS["demonstration_band"].fr})
    return [
        *marked,
        {"BT-21": "PMT", "BT-22": recovery_costs(document).fr},
        {"BT-21": "PMD", "BT-22": late_penalty(document).fr},
        {"BT-21": "AAB", "BT-22": early_payment(document).fr},
        {"BT-21": "BAR", "BT-22": _scope(document)},
    ]


def _scope(document: Document) -> str:
    """Say to which flow of the French reform the document belongs."""
    if document.kind is Kind.DEBIT_NOTE:
        return "OUTOFSCOPE"
    if document.buyer.is_french_business:
        return "B2B"
    return "B2BINT" if document.buyer.kind is CustomerKind.PROFESSIONAL else "B2C"


def _buyer(buyer: Buyer, is_outside: bool) -> Fields:
    fields: Fields = {"name": buyer.name, **_address(buyer.address)}
    if buyer.siren:
        fields |= {
            "legal_identifier": buyer.siren,
            "legal_identifier_schemeid": SIREN_SCHEME,
            "einvoicing_addr": buyer.siren,
            "einvoicing_addr_schemeid": FRENCH_DIRECTORY,
        }
    else:
        fields |= {"einvoicing_addr": buyer.email, "einvoicing_addr_schemeid": EMAIL}
    if buyer.vat_number and not is_outside:
        fields["vat_identifier"] = buyer.vat_number
    if buyer.contact_name:
        fields["contacts"] = [{"name": buyer.contact_name}]
    return fields


def _address(address: Address) -> Fields:
    return {
        "addr_l1": address.street,
        "addr_l2": address.more or None,
        "postcode": address.postcode or None,
        "city": address.city,
        "country_code": address.country,
    }


def _tax(tax: Tax) -> Fields:
    return {
        "BT-116": format_amount(tax.net_minor),
        "BT-117": format_amount(tax.tax_minor),
        "BT-118": tax.vat.value,
        "BT-119": None if tax.vat is VatCategory.OUTSIDE else _rate(tax.rate),
        "BT-120": tax.reason or None,
    }


def _line(ordinal: int, line: Line) -> Fields:
    return {
        "BT-126": str(ordinal),
        "BT-129": str(line.quantity),
        "BT-130": line.unit.value,
        "BT-131": format_amount(line.net_minor),
        "BT-146": format_amount(line.unit_minor),
        "BT-151": line.vat.value,
        "BT-152": None if line.vat is VatCategory.OUTSIDE else _rate(line.rate),
        "BT-153": line.name.fr,
        "BT-154": None if line.detail is None else line.detail.fr,
        "BT-134": None if line.span is None else line.span.first,
        "BT-135": None if line.span is None else line.span.last,
    }


def _rate(rate: Decimal) -> str:
    return f"{rate:.2f}"
