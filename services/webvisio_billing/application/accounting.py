"""The ledger for the accountant: the FEC that French law asks for, or CSV.

FEC: article A47 A-1 of the Livre des procédures fiscales: eighteen columns,
tab-separated, UTF-8, comma decimals, one file a year, named after the SIREN
and the year's last day. Debts and what settles them are matched by the
document that they are about, once they balance.
"""

import csv
from collections.abc import Iterator
from datetime import date
from typing import Final, TextIO

from sqlalchemy.orm import Session

from webvisio_billing.domain.bookkeeping import AccountingJournal
from webvisio_billing.domain.ledger import Account
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.registration import is_siren
from webvisio_billing.storage import ledger, registry
from webvisio_billing.storage.ledger import Booked
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_protocol.identifiers import ContractId

FEC_COLUMNS: Final = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
CSV_COLUMNS: Final = (
    "entry",
    "date",
    "journal",
    "account",
    "account_name",
    "customer",
    "customer_name",
    "contract",
    "piece",
    "about",
    "kind",
    "debit",
    "credit",
    "currency",
)
_JOURNALS: Final = {
    AccountingJournal.SALES: "Ventes",
    AccountingJournal.BANK: "Banque",
    AccountingJournal.MISCELLANEOUS: "Opérations diverses",
}
_ACCOUNTS: Final = {
    Account.CUSTOMERS: "Clients",
    Account.CUSTOMERS_ADVANCES: "Clients - avances et acomptes reçus",
    Account.VAT_COLLECTED: "TVA collectée",
    Account.CHEQUES: "Chèques à encaisser",
    Account.BANK: "Banques",
    Account.PAYPAL: "PayPal",
    Account.OTHER_MEANS: "Autres valeurs à l'encaissement",
    Account.SERVICES_SOLD: "Prestations de services",
    Account.RECOVERY_INDEMNITIES: "Indemnités forfaitaires de recouvrement",
    Account.LATE_INTEREST: "Intérêts de retard",
    Account.BAD_DEBTS: "Pertes sur créances irrécouvrables",
}
_KINDS: Final = {
    "invoice_issued": "Facture",
    "credit_note_issued": "Avoir",
    "late_charge_claimed": "Pénalités de retard",
    "payment_received": "Règlement reçu",
    "payment_refunded": "Remboursement",
    "payment_reversed": "Règlement repris",
    "payment_allocated": "Imputation d'un règlement",
    "payment_released": "Trop-perçu porté au crédit",
    "debt_written_off": "Abandon de créance",
}
_WITH_CUSTOMER: Final = (Account.CUSTOMERS, Account.CUSTOMERS_ADVANCES)


def fec_name(siren: str, year: int) -> str:
    """Name the file of a year as the law does; raises `ValueError` for a SIREN that is none."""
    if not is_siren(siren):
        raise ValueError("the file is named after the seller's SIREN: nine digits with a check key")
    return f"{siren}FEC{year:04d}1231.txt"


def write_fec(session: Session, year: int, target: TextIO) -> int:
    """Write the year's entries as an FEC; tells how many lines."""
    target.write("\t".join(FEC_COLUMNS) + "\n")
    owners = _owners(session)
    matched = _matched(session, year)
    lines = 0
    for booked in ledger.read(session, year):
        for row in _fec_rows(booked, owners[booked.entry.contract_id], matched):
            target.write("\t".join(row) + "\n")
            lines += 1
    return lines


def write_csv(session: Session, year: int, target: TextIO) -> int:
    """Write the year's entries as CSV, with decimal points and ISO dates; tells how many lines."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    owners = _owners(session)
    lines = 0
    for booked in ledger.read(session, year):
        entry = booked.entry
        owner = owners[entry.contract_id]
        for posting in entry.postings:
            debit, credit = _sides(posting.amount_minor)
            row = (
                f"{year}-{booked.ordinal:06d}",
                entry.booked_on.isoformat(),
                entry.journal.value,
                posting.account.value,
                _ACCOUNTS[posting.account],
                owner.customer_id,
                owner.name,
                entry.contract_id,
                entry.piece,
                entry.about,
                entry.kind,
                debit,
                credit,
                entry.currency,
            )
            writer.writerow([_harmless(cell) for cell in row])
            lines += 1
    return lines


def _fec_rows(
    booked: Booked, owner: CustomerRecord, matched: dict[str, tuple[str, date]]
) -> Iterator[tuple[str, ...]]:
    entry = booked.entry
    day = f"{entry.booked_on:%Y%m%d}"
    what = _KINDS[entry.kind]
    label = f"{what} {entry.about or entry.piece} - {owner.name}"
    for posting in entry.postings:
        debit, credit = _sides(posting.amount_minor)
        is_customers = posting.account in _WITH_CUSTOMER
        letter, letter_day = "", ""
        if posting.account is Account.CUSTOMERS and entry.about in matched:
            letter, settled_on = matched[entry.about]
            letter_day = f"{settled_on:%Y%m%d}"
        cells = (
            entry.journal.value,
            _JOURNALS[entry.journal],
            str(booked.ordinal),
            day,
            posting.account.value,
            _ACCOUNTS[posting.account],
            owner.customer_id if is_customers else "",
            owner.name if is_customers else "",
            entry.piece,
            day,
            label,
            debit.replace(".", ","),
            credit.replace(".", ","),
            letter,
            letter_day,
            day,
            "",
            "",
        )
        yield tuple(_one_cell(cell) for cell in cells)


def _matched(session: Session, year: int) -> dict[str, tuple[str, date]]:
    """Find the documents that are settled by the end of the year: their letter, and since when."""
    owed: dict[str, int] = {}
    last: dict[str, date] = {}
    for known in ledger.years(session):
        if known > year:
            break
        for booked in ledger.read(session, known):
            about = booked.entry.about
            moved = [p.amount_minor for p in booked.entry.postings if p.account is Account.CUSTOMERS]
            if about and moved:
                owed[about] = owed.get(about, 0) + sum(moved)
                last[about] = max(last.get(about, booked.entry.booked_on), booked.entry.booked_on)
    settled = [about for about, amount_minor in owed.items() if amount_minor == 0]
    return {about: (_letters(place), last[about]) for place, about in enumerate(settled)}


def _letters(place: int) -> str:
    """Count in letters, as accountants match: AAA, AAB..."""
    letters = ""
    while place or len(letters) < 3:
        place, digit = divmod(place, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _owners(session: Session) -> dict[ContractId, CustomerRecord]:
    customers = {record.customer_id: record for record in registry.customers(session)}
    return {head.contract_id: customers[head.customer_id] for head in registry.contract_heads(session)}


def _sides(amount_minor: int) -> tuple[str, str]:
    if amount_minor >= 0:
        return format_amount(amount_minor), format_amount(0)
    return format_amount(0), format_amount(-amount_minor)


def _one_cell(text: str) -> str:
    """Keep a cell on its line and in its column."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
