"""Prepares everything that the printed page says, as the template `invoice.typ` wants it. Pure.

Every text is a pair: French, and English or nothing. The template only places;
it words and reckons nothing.
"""

from datetime import date

from webvisio_billing.documents.model import Document, Kind, Layout, Line, Said, Span, Tax, VatCategory
from webvisio_billing.documents.parties import COUNTRIES, FRANCE, Address, Buyer, SellerIdentity
from webvisio_billing.documents.saying import amount, days, grouped, long_day, percent, short_day
from webvisio_billing.documents.wording import LABELS, TITLES, TRANSFER, legal_line, mentions
from webvisio_protocol.refusals import set_in_french

Pair = list[str]
"""One text, or two: French and English."""
Page = dict[str, object]


def page_of(document: Document) -> Page:
    """Lay out a document."""
    return _Page(document).whole()


class _Page:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._is_bilingual = document.layout is Layout.BILINGUAL

    def whole(self) -> Page:
        document, seller = self._document, self._document.seller
        return {
            "language": "fr",
            "accent": seller.accent,
            "title": self._said(TITLES[document.kind]),
            "subject": f"{TITLES[document.kind].fr} {document.number}".strip(),
            "number": document.number,
            "band": self._band(),
            "watermark": LABELS["demonstration"].fr if seller.is_demonstration else "",
            "is_paid": document.is_paid,
            "paid": self._label("paid"),
            "seller": self._seller(seller),
            "buyer": self._buyer(document.buyer),
            "facts": self._facts(),
            "head": self._head(),
            "lines": [self._line(line) for line in document.lines],
            "totals": self._totals(),
            "payable": [self._payable_label(), self._money(document.payable_minor)],
            "payment": self._payment(),
            "mentions_label": self._label("conditions"),
            "mentions": [self._said(mention) for mention in mentions(document)],
            "foot": [legal_line(seller), " · ".join(_contact(seller))],
            "page": self._label("page"),
        }

    # ---- who -------------------------------------------------------------------------

    def _seller(self, seller: SellerIdentity) -> Page:
        return {
            "name": seller.name,
            "lines": _postal(seller.address, seller.address.country != self._document.buyer.address.country),
            "numbers": self._numbers(seller.siren, seller.vat_number),
        }

    def _buyer(self, buyer: Buyer) -> Page:
        return {
            "label": self._label("buyer"),
            "name": buyer.name,
            "attention": buyer.contact_name,
            "lines": _postal(buyer.address, buyer.address.country != FRANCE),
            "numbers": self._numbers(buyer.siren, buyer.vat_number),
        }

    def _numbers(self, siren: str, vat_number: str) -> list[list[object]]:
        numbers: list[list[object]] = []
        if siren:
            numbers.append([self._label("siren"), grouped(siren, 3)])
        if vat_number:
            numbers.append([self._label("vat_number"), vat_number])
        return numbers

    # ---- what ------------------------------------------------------------------------

    def _facts(self) -> list[list[object]]:
        document = self._document
        facts: list[tuple[str, str]] = [("issued_on", self._day(document.issued_on))]
        if document.due_on is not None:
            facts.append(("due_on", self._day(document.due_on)))
        if document.span is not None:
            facts.append(("span", _span(document.span)))
        elif document.kind is not Kind.DEBIT_NOTE:
            facts.append(("supplied_on", self._day(document.supplied_on)))
        if document.earlier is not None:
            label = "replaces" if document.kind in (Kind.INVOICE, Kind.PRO_FORMA) else "invoice"
            earlier = document.earlier
            facts.append((label, f"{earlier.number}, {short_day(earlier.issued_on)}"))
        facts.append(("contract", document.contract))
        if document.buyer.order_reference:
            facts.append(("order_reference", document.buyer.order_reference))
        return [[self._label(label), value] for label, value in facts]

    def _head(self) -> list[Pair]:
        names: tuple[str, ...]
        if self._is_outside:
            names = ("designation", "quantity", "outside_unit_price", "outside_line_total")
        else:
            names = ("designation", "quantity", "unit_price", "vat_rate", "line_total")
        return [self._label(name) for name in names]

    def _line(self, line: Line) -> Page:
        details = [] if line.detail is None else [self._said(line.detail)]
        if line.span is not None and line.span != self._document.span:
            details.append(self._said(days(line.span)))
        cells = [str(line.quantity), self._money(line.unit_minor)]
        if not self._is_outside:
            cells.append(percent(line.rate) if line.vat is VatCategory.STANDARD else "—")
        return {
            "name": self._said(line.name),
            "details": details,
            "cells": [*cells, self._money(line.net_minor)],
        }

    @property
    def _is_outside(self) -> bool:
        return self._document.kind is Kind.DEBIT_NOTE

    # ---- how much --------------------------------------------------------------------

    def _totals(self) -> list[list[object]]:
        document = self._document
        if self._is_outside:
            return [[self._label("gross_outside"), self._money(document.gross_minor)]]
        rows: list[list[object]] = [[self._label("net"), self._money(document.net_minor)]]
        rows += [[self._tax_label(tax), self._money(tax.tax_minor)] for tax in document.taxes]
        rows.append([self._label("gross"), self._money(document.gross_minor)])
        if document.prepaid_minor:
            rows.append([self._label("prepaid"), self._money(-document.prepaid_minor)])
        return rows

    def _tax_label(self, tax: Tax) -> Pair:
        if tax.vat is not VatCategory.STANDARD:
            return self._label("vat_none")
        currency = self._document.currency
        label = LABELS["vat"]
        fr = label.fr.format(rate=percent(tax.rate), base=amount(tax.net_minor, currency))
        en = label.en.format(rate=percent(tax.rate, "en"), base=amount(tax.net_minor, currency, "en"))
        return self._said(Said(fr, en))

    def _payable_label(self) -> Pair:
        return self._label("payable_credit" if self._document.kind is Kind.CREDIT_NOTE else "payable")

    def _payment(self) -> Page | None:
        document = self._document
        if document.kind not in (Kind.INVOICE, Kind.DEBIT_NOTE) or document.payable_minor == 0:
            return None
        seller = document.seller
        rows: list[list[object]] = [[self._label("iban"), grouped(seller.iban, 4)]]
        if seller.bic:
            rows.append([self._label("bic"), seller.bic])
        rows.append([self._label("account_of"), seller.name])
        rows.append([self._label("payment_reference"), document.number])
        return {"label": self._label("payment"), "means": self._said(TRANSFER), "rows": rows}

    # ---- how it is said --------------------------------------------------------------

    def _band(self) -> Pair:
        if self._document.kind is Kind.PRO_FORMA:
            return self._label("pro_forma_band")
        return self._label("demonstration_band") if self._document.seller.is_demonstration else []

    def _label(self, name: str) -> Pair:
        return self._said(LABELS[name])

    def _said(self, said: Said) -> Pair:
        if self._is_bilingual and said.en != said.fr:
            return [set_in_french(said.fr), said.en]
        return [set_in_french(said.fr)]

    def _day(self, day: date) -> str:
        return short_day(day) if self._is_bilingual else long_day(day)

    def _money(self, amount_minor: int) -> str:
        return amount(amount_minor, self._document.currency)


def _span(span: Span) -> str:
    if span.first == span.last:
        return short_day(span.first)
    return f"{short_day(span.first)}\u00a0–\u00a0{short_day(span.last)}"


def _postal(address: Address, tells_country: bool) -> list[str]:
    town = f"{address.postcode} {address.city}".strip()
    country = COUNTRIES[address.country][0] if tells_country else ""
    return [line for line in (address.street, address.more, town, country) if line]


def _contact(seller: SellerIdentity) -> list[str]:
    return [part for part in (seller.email, seller.phone, seller.website) if part]
