"""The ledger for the accountant: the FEC of article A47 A-1 LPF, and CSV."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from run_world import OPERATOR, POLICY, SOME_MONTHS_LATER, START, HandClock, business, order

from webvisio_billing.application import accounting
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.requests import ChangedCustomer
from webvisio_billing.application.verification import verify
from webvisio_billing.domain import commands
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.registry import BillingDetails
from webvisio_protocol.identifiers import CustomerId

COLUMNS = [
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
]


def fec(store: Store, year: int = 2026) -> list[dict[str, str]]:
    target = io.StringIO()
    with store.transaction() as session:
        lines = accounting.write_fec(session, year, target)
    header, *rows = [line.split("\t") for line in target.getvalue().removesuffix("\n").split("\n")]
    assert header == COLUMNS
    assert len(rows) == lines
    assert all(len(row) == 18 for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def amount(text: str) -> Decimal:
    assert "." not in text
    return Decimal(text.replace(",", "."))


def renamed(name: str) -> ChangedCustomer:
    return ChangedCustomer(CustomerId("client"), name, None, "", "", BillingDetails())


@pytest.fixture
def lived(store: Store) -> Store:
    business(store)
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()
    return store


def test_every_entry_of_the_fec_balances_and_is_numbered_without_a_gap(lived: Store) -> None:
    rows = fec(lived)
    numbers = [int(row["EcritureNum"]) for row in rows]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert numbers == sorted(numbers)
    for number in set(numbers):
        entry = [row for row in rows if int(row["EcritureNum"]) == number]
        assert sum(amount(r["Debit"]) for r in entry) == sum(amount(r["Credit"]) for r in entry) > 0
        assert len({(r["JournalCode"], r["EcritureDate"], r["PieceRef"]) for r in entry}) == 1
    for row in rows:
        assert not (amount(row["Debit"]) and amount(row["Credit"]))
        assert all(
            len(row[name]) == 8 and row[name].isdigit() for name in ("EcritureDate", "ValidDate", "PieceDate")
        )
        assert all(row[name] for name in ("JournalLib", "CompteNum", "CompteLib", "PieceRef", "EcritureLib"))
        assert bool(row["CompAuxNum"]) == row["CompteNum"].startswith("41")


def test_what_is_settled_is_matched_and_what_is_owed_is_not(lived: Store) -> None:
    rows = [row for row in fec(lived) if row["CompteNum"] == "411"]
    paid = [row for row in rows if row["CompAuxNum"] == "payer" and row["EcritureLet"]]
    letters = {row["EcritureLet"] for row in paid}
    assert len(letters) == 3
    for letter in letters:
        settled = [row for row in rows if row["EcritureLet"] == letter]
        assert sum(amount(r["Debit"]) - amount(r["Credit"]) for r in settled) == 0
        assert len({row["DateLet"] for row in settled}) == 1
    assert not any(row["EcritureLet"] for row in rows if row["CompAuxNum"] == "debtor")


def test_a_correction_is_another_entry_never_a_change(store: Store) -> None:
    billing = Billing(store, HandClock(), policy=POLICY)
    contract_id = order(billing, "client", START.date())
    before = fec(store)
    cancel = commands.CancelInvoice(invoice=DocumentRef("F1"), is_reissued=True)
    assert not isinstance(billing.execute(contract_id, cancel, OPERATOR), DomainRefusal | Problem)
    after = fec(store)
    assert [{**row, "EcritureLet": "", "DateLet": ""} for row in after[: len(before)]] == before
    assert {row["PieceRef"] for row in after} == {"F2026-000001", "A2026-000001", "F2026-000002"}
    balance = sum(amount(r["Debit"]) - amount(r["Credit"]) for r in after if r["CompteNum"] == "411")
    assert balance == 120


def test_each_year_is_a_series_of_its_own(store: Store) -> None:
    clock = HandClock(START.replace(month=12))
    billing = Billing(store, clock, policy=POLICY)
    order(billing, "client", clock.instant.date())
    Billing(store, HandClock(clock.instant + timedelta(days=31)), policy=POLICY).run().finish()
    assert {row["PieceRef"] for row in fec(store, 2026)} == {"F2026-000001"}
    assert [row["EcritureNum"] for row in fec(store, 2027)] == ["1"] * 3
    assert fec(store, 2025) == []


def test_a_name_cannot_break_out_of_its_cell(store: Store) -> None:
    billing = Billing(store, HandClock(), policy=POLICY)
    contract_id = order(billing, "client", START.date())
    name = '=HYPERLINK("x")\tone\ntwo'
    changed = billing.customers.change(renamed(name), OPERATOR)
    assert not isinstance(changed, DomainRefusal | Problem)
    pay = commands.Pay(key=PaymentKey("+1\t2"), amount_minor=12_000)
    assert not isinstance(billing.execute(contract_id, pay, OPERATOR), DomainRefusal | Problem)
    assert len({len(row) for row in fec(store)}) == 1
    target = io.StringIO()
    with store.transaction() as session:
        accounting.write_csv(session, 2026, target)
    header, *rows = list(csv.reader(io.StringIO(target.getvalue())))
    assert tuple(header) == accounting.CSV_COLUMNS
    assert all(len(row) == len(header) for row in rows)
    assert not any(cell[:1] in "=+@" for row in rows for cell in row if cell)


def test_a_customers_new_name_is_published_at_once(store: Store) -> None:
    """Hub and rooms show it; and what is published stays what follows from the journal."""
    billing = Billing(store, HandClock(), policy=POLICY)
    order(billing, "client", START.date())
    version = billing.newest_version()
    changed = billing.customers.change(renamed("Client Neuf"), OPERATOR)
    assert not isinstance(changed, DomainRefusal | Problem)
    assert [one.contract.customer_name for one in billing.changes_since(version)] == ["Client Neuf"]
    assert verify(store, {}).findings == []


@pytest.mark.parametrize("siren", ["", "123456789", "7328293200", "732829321"])
def test_the_fec_is_named_after_a_siren_that_is_one(siren: str) -> None:
    with pytest.raises(ValueError, match="SIREN"):
        accounting.fec_name(siren, 2026)
    assert accounting.fec_name("732829320", 2026) == "732829320FEC20261231.txt"
