"""Reads CAMT.053 statements (ISO 20022, every version of `camt.053.001`).

Booked entries only. A batch whose transactions each state an amount becomes
one entry a transaction. The closing balance must be the opening one plus the
entries, where the bank tells both: a cut or doctored file is refused. The
parser loads nothing from outside and no document type at all.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from webvisio_billing.payments.statements import (
    MAX_ENTRIES,
    Entry,
    Fault,
    FaultCode,
    Faults,
    FaultyFile,
    Statement,
    check_entry,
    clean_iban,
    clean_text,
    with_fingerprints,
)

KIND: Final = "camt053"
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d{2}")
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,5})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?![^TZ+-])", re.ASCII)
"""ISO 20022 writes days so; a week's or an ordinal date would be a guess."""
_BOOKED: Final = "BOOK"


def looks_like_camt(data: bytes) -> bool:
    """Tell whether the bytes are XML at all."""
    start = data[:400].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    return start.startswith(b"<")


def read_camt(data: bytes, today: date, currency: str) -> Statement:
    """Read a file; raises `FaultyFile`."""
    root = _parse(data)
    namespace = etree.QName(root).namespace or ""
    if not _NAMESPACE.fullmatch(namespace):
        raise FaultyFile(Fault(FaultCode.FORMAT_UNKNOWN, root.sourceline or 0, namespace))
    faults = Faults()
    reader = _Reader(namespace, today, currency, faults)
    statements = reader.all(root, "BkToCstmrStmt/Stmt")
    if not statements:
        raise FaultyFile(Fault(FaultCode.FIELD_MISSING, root.sourceline or 0, "Stmt"))
    entries: list[Entry] = []
    for statement in statements:
        for entry in reader.statement(statement):
            entries.append(entry)
            if len(entries) > MAX_ENTRIES:
                raise FaultyFile(Fault(FaultCode.TOO_MANY_ENTRIES, entry.line))
    faults.stop()
    return Statement(KIND, with_fingerprints(entries))


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        # "1<!-- -->20" is one text, 120: lxml would otherwise give "1"
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FaultyFile(Fault(FaultCode.XML_BROKEN, error.lineno or 0)) from error
    except ValueError as error:
        raise FaultyFile(Fault(FaultCode.ENCODING)) from error
    if root.getroottree().docinfo.internalDTD is not None or root.getroottree().docinfo.doctype:
        raise FaultyFile(Fault(FaultCode.XML_UNSAFE, 1))
    return root


class _Reader:
    """Reads elements of one namespace; what is wrong is noted with its line."""

    def __init__(self, namespace: str, today: date, currency: str, faults: Faults) -> None:
        self._namespace = {"c": namespace}
        self._today = today
        self._currency = currency
        self._faults = faults

    def all(self, parent: etree._Element, path: str) -> list[etree._Element]:
        return parent.findall("/".join(f"c:{step}" for step in path.split("/")), self._namespace)

    def text(self, parent: etree._Element, *paths: str) -> str:
        """Give the first text there is among `paths`; empty when there is none, or elements stand in it."""
        for path in paths:
            for found in self.all(parent, path):
                if found.text and found.text.strip() and not len(found):
                    return found.text.strip()
        return ""

    def statement(self, statement: etree._Element) -> Iterator[Entry]:
        account = clean_iban(self.text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id"))
        own_currency = self.text(statement, "Acct/Ccy")
        if own_currency and own_currency != self._currency:
            self._faults.add(FaultCode.CURRENCY_FOREIGN, _line(statement), own_currency)
        moved_minor = 0
        for element in self.all(statement, "Ntry"):
            if self.text(element, "Sts/Cd", "Sts") != _BOOKED:
                continue
            amount_minor = self._signed(element)
            booked_on = self._date(element)
            if amount_minor is None or booked_on is None:
                continue
            moved_minor += amount_minor
            for entry in self._entries(element, account, amount_minor, booked_on):
                check_entry(entry, self._today, self._currency, self._faults)
                yield entry
        opening, closing = self._balance(statement, "OPBD", "PRCD"), self._balance(statement, "CLBD")
        if opening is not None and closing is not None and opening + moved_minor != closing:
            difference = (closing - opening - moved_minor) / 100
            self._faults.add(FaultCode.BALANCE_MISMATCH, _line(statement), f"{difference:.2f}")

    def _entries(
        self, element: etree._Element, account: str, amount_minor: int, booked_on: date
    ) -> Iterator[Entry]:
        details = self.all(element, "NtryDtls/TxDtls")
        own = [self._part(detail, element) for detail in details]
        reference = self.text(element, "AcctSvcrRef", "NtryRef")
        is_split = len(details) > 1 and None not in own and sum(part or 0 for part in own) == amount_minor
        if not is_split:
            yield self._entry(element, details, account, amount_minor, booked_on, reference)
            return
        for number, (detail, part) in enumerate(zip(details, own, strict=True), start=1):
            assert part is not None
            named = self.text(detail, "Refs/AcctSvcrRef") or (reference and f"{reference}/{number}")
            yield self._entry(element, [detail], account, part, booked_on, named)

    def _entry(
        self,
        element: etree._Element,
        details: list[etree._Element],
        account: str,
        amount_minor: int,
        booked_on: date,
        reference: str,
    ) -> Entry:
        payer = "Dbtr" if amount_minor > 0 else "Cdtr"
        texts = [self.text(element, "AddtlNtryInf")]
        counterparty = iban = ""
        for detail in details:
            texts += [found.text or "" for found in self.all(detail, "RmtInf/Ustrd")]
            texts += [found.text or "" for found in self.all(detail, "RmtInf/Strd/CdtrRefInf/Ref")]
            texts += [found.text or "" for found in self.all(detail, "RmtInf/Strd/RfrdDocInf/Nb")]
            end_to_end = self.text(detail, "Refs/EndToEndId")
            texts.append("" if end_to_end == "NOTPROVIDED" else end_to_end)
            counterparty = counterparty or self.text(
                detail, f"RltdPties/{payer}/Nm", f"RltdPties/{payer}/Pty/Nm", f"RltdPties/Ultmt{payer}/Nm"
            )
            iban = iban or self.text(detail, f"RltdPties/{payer}Acct/Id/IBAN")
        return Entry(
            line=_line(element),
            booked_on=booked_on,
            amount_minor=amount_minor,
            currency=self._currency_of(element),
            account=account,
            counterparty=clean_text(counterparty),
            iban=clean_iban(iban),
            text=clean_text(" ".join(text for text in texts if text)),
            bank_reference=clean_text(reference)[:70],
        )

    def _part(self, detail: etree._Element, element: etree._Element) -> int | None:
        """Read a transaction's own amount, signed like its entry; None where it states none."""
        for amount in self.all(detail, "Amt") + self.all(detail, "AmtDtls/TxAmt/Amt"):
            if amount.get("Ccy") == self._currency:
                side = self.text(detail, "CdtDbtInd") or self.text(element, "CdtDbtInd")
                minor = None if len(amount) else _minor(amount.text or "")
                return None if minor is None else (-minor if side == "DBIT" else minor)
        return None

    def _currency_of(self, element: etree._Element) -> str:
        return next((amount.get("Ccy") or "" for amount in self.all(element, "Amt")), "")

    def _signed(self, element: etree._Element) -> int | None:
        text, side = self.text(element, "Amt"), self.text(element, "CdtDbtInd")
        minor = _minor(text)
        if minor is None:
            self._faults.add(FaultCode.AMOUNT_UNREADABLE, _line(element), text)
            return None
        if side not in ("CRDT", "DBIT"):
            self._faults.add(FaultCode.SIDE_UNKNOWN, _line(element), side)
            return None
        return minor if side == "CRDT" else -minor

    def _date(self, element: etree._Element) -> date | None:
        text = self.text(element, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
        try:
            if not _DAY.match(text):
                raise ValueError
            return date.fromisoformat(text[:10])
        except ValueError:
            self._faults.add(FaultCode.DATE_IMPOSSIBLE, _line(element), text)
            return None

    def _balance(self, statement: etree._Element, *codes: str) -> int | None:
        for balance in self.all(statement, "Bal"):
            if self.text(balance, "Tp/CdOrPrtry/Cd") in codes:
                return self._signed(balance)
        return None


def _minor(text: str) -> int | None:
    """Read an ISO amount ("120.5"); None where it is none, or has parts of a cent."""
    if not _AMOUNT.fullmatch(text):
        return None
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:  # pragma: no cover - the pattern lets only numbers through
        return None
    return int(cents) if cents == int(cents) else None


def _line(element: etree._Element) -> int:
    return element.sourceline or 0
