"""Importing statements: every booking once, every payment once, the rest to a person (clause 6.3)."""

import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest
from bank_files import IBAN_OF_ATELIER, camt, camt_entry, csv_file
from billing_scenario import OPERATOR, HandClock, month_contract
from billing_site import Browser, Site, text
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from webvisio_billing.application.bank import Bank, Imported
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.views import ContractView
from webvisio_billing.payments.statements import Unreadable
from webvisio_billing.storage import statements
from webvisio_billing.storage.database import Store
from webvisio_protocol.identifiers import ContractId

OpenStore = Callable[[], Store]
CONTRACT = ContractId("atelier-lumiere-1")
TRANSFER = camt_entry("120.00", "Facture F2026-000001")
pytestmark = pytest.mark.clause("6.3")


def bank(store: Store, clock: HandClock) -> tuple[Billing, Bank]:
    billing = Billing(store, clock)
    month_contract(billing)
    clock.go(days=1)
    return billing, Bank(billing, clock)


def balance(billing: Billing) -> int:
    file = billing.contract(CONTRACT)
    assert file is not None
    return file.view.contract.balance_minor


def imported(outcome: Imported | Unreadable) -> tuple[int, int, int]:
    assert isinstance(outcome, Imported), outcome
    return outcome.matched, outcome.queued, outcome.already_known


def test_a_transfer_pays_the_invoice_that_it_names_on_the_banks_day(
    open_store: OpenStore, clock: HandClock
) -> None:
    billing, desk = bank(open_store(), clock)

    done = desk.import_statement(camt(camt_entry("120.00", "F2026-000001", day="2026-11-23")), OPERATOR)

    assert imported(done) == (1, 0, 0)
    file = billing.contract(CONTRACT)
    assert file is not None
    assert file.view.contract.balance_minor == 0
    assert file.view.contract.invoices[0].settlements[0].day == date(2026, 11, 23)
    (entry,) = desk.page(None, None).entries
    assert (entry.state, entry.contract_id, entry.basis) == ("matched", CONTRACT, "number")


def test_the_same_file_and_an_overlapping_one_do_nothing_twice(
    open_store: OpenStore, clock: HandClock
) -> None:
    billing, desk = bank(open_store(), clock)
    second = camt_entry("5.00", "autre chose", reference="REF-2")
    assert imported(desk.import_statement(camt(TRANSFER), OPERATOR)) == (1, 0, 0)

    again = desk.import_statement(camt(TRANSFER), OPERATOR)
    overlapping = desk.import_statement(camt(TRANSFER, second), OPERATOR)

    assert isinstance(again, Imported)
    assert again.is_known
    assert imported(overlapping) == (0, 1, 1)
    assert balance(billing) == 0
    assert len(desk.page(None, None).entries) == 2


def test_a_refused_file_changes_nothing(open_store: OpenStore, clock: HandClock) -> None:
    billing, desk = bank(open_store(), clock)

    done = desk.import_statement(camt(TRANSFER, camt_entry("5.00", "x", currency="USD")), OPERATOR)

    assert isinstance(done, Unreadable)
    assert balance(billing) == 120_00
    assert desk.page(None, None).entries == ()


def test_partial_double_and_over_payments(open_store: OpenStore, clock: HandClock) -> None:
    billing, desk = bank(open_store(), clock)
    part = camt_entry("50.00", "F2026-000001", reference="P1")
    rest = camt_entry("100.00", "F2026-000001", reference="P2")
    double = camt_entry("120.00", "F2026-000001", reference="P3")

    assert imported(desk.import_statement(camt(part), OPERATOR)) == (1, 0, 0)
    assert balance(billing) == 70_00
    assert imported(desk.import_statement(camt(rest), OPERATOR)) == (1, 0, 0)
    assert balance(billing) == -30_00, "what is left over is the customer's credit"
    assert imported(desk.import_statement(camt(double), OPERATOR)) == (0, 1, 0)
    (queued,) = desk.page(statements.QUEUED, None).entries
    assert (queued.doubt, queued.suggestions) == ("already_paid", (CONTRACT,))


def test_the_same_money_in_another_format_is_for_a_person(open_store: OpenStore, clock: HandClock) -> None:
    billing, desk = bank(open_store(), clock)
    desk.import_statement(camt(camt_entry("50.00", "F2026-000001")), OPERATOR)

    done = desk.import_statement(csv_file(["20/11/2026;F2026-000001;50,00;EUR"]).encode(), OPERATOR)

    assert imported(done) == (0, 1, 0)
    assert desk.page(statements.QUEUED, None).entries[0].doubt == "look_alike"
    assert balance(billing) == 70_00


def test_an_assigned_entry_pays_once_and_teaches_the_account(open_store: OpenStore, clock: HandClock) -> None:
    billing, desk = bank(open_store(), clock)
    desk.import_statement(camt(camt_entry("20.00", "loyer")), OPERATOR)
    (entry,) = desk.page(statements.QUEUED, None).entries

    shown = desk.rehearse(entry.entry_id, CONTRACT, "F2026-000001")
    paid = desk.assign(entry.entry_id, CONTRACT, "F2026-000001", OPERATOR)
    again = desk.assign(entry.entry_id, CONTRACT, "", OPERATOR)

    assert not isinstance(shown, Problem)
    assert isinstance(paid, ContractView)
    assert isinstance(again, Problem)
    assert again.message == "entry_decided"
    assert balance(billing) == 100_00
    assert imported(
        desk.import_statement(camt(camt_entry("100.00", "loyer", reference="REF-2")), OPERATOR)
    ) == (1, 0, 0)
    assert desk.page(None, None).entries[0].basis == "account"
    assert desk.page(None, None).entries[0].iban == IBAN_OF_ATELIER


def test_an_entry_is_not_assigned_to_what_does_not_exist(store: Store, clock: HandClock) -> None:
    _, desk = bank(store, clock)
    desk.import_statement(camt(camt_entry("20.00", "loyer")), OPERATOR)
    (entry,) = desk.page(statements.QUEUED, None).entries

    for contract, invoice, field in (
        ("nobody-1", "", "contract"),
        (CONTRACT, "F2026-999999", "invoice"),
    ):
        refused = desk.assign(entry.entry_id, ContractId(contract), invoice, OPERATOR)
        assert isinstance(refused, Problem)
        assert refused.field == field
    assert isinstance(desk.assign(999, CONTRACT, "", OPERATOR), Problem)


def test_an_entry_is_set_aside_with_a_reason_only(open_store: OpenStore, clock: HandClock) -> None:
    billing, desk = bank(open_store(), clock)
    desk.import_statement(camt(camt_entry("20.00", "remboursement de TVA")), OPERATOR)
    (entry,) = desk.page(statements.QUEUED, None).entries

    assert isinstance(desk.set_aside(entry.entry_id, " ", OPERATOR), Problem)
    assert not isinstance(desk.set_aside(entry.entry_id, "TVA", OPERATOR), Problem)
    assert isinstance(desk.set_aside(entry.entry_id, "TVA", OPERATOR), Problem)

    (kept,) = desk.page(statements.REFUSED, None).entries
    assert (kept.remark, kept.decided_by) == ("TVA", OPERATOR)
    assert balance(billing) == 120_00


def test_the_database_itself_keeps_what_the_bank_said(open_store: OpenStore, clock: HandClock) -> None:
    store = open_store()
    _, desk = bank(store, clock)
    desk.import_statement(camt(TRANSFER, camt_entry("5.00", "x", reference="REF-2")), OPERATOR)
    for statement in (
        "UPDATE statement_entries SET amount_minor = 1",
        "UPDATE statement_entries SET state = 'queued' WHERE state = 'matched'",
        "DELETE FROM statement_entries",
        "UPDATE statements SET entry_count = 0",
        "DELETE FROM statements",
    ):
        with pytest.raises(DBAPIError), store.engine.begin() as connection:
            connection.execute(sql(statement))


def test_two_imports_of_one_file_at_once_count_it_once(open_store: OpenStore, clock: HandClock) -> None:
    first, second = open_store(), open_store()
    billing, desk = bank(first, clock)
    desks = [desk, Bank(Billing(second, clock), clock)]
    data = camt(TRANSFER, *(camt_entry("1.00", "x", reference=f"R{n}") for n in range(20)))
    together = threading.Barrier(2)
    done: list[Imported | Unreadable] = []

    def work(one: Bank) -> None:
        together.wait(10)
        done.append(one.import_statement(data, OPERATOR))

    threads = [threading.Thread(target=work, args=(one,)) for one in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(imported(one) for one in done) == [(0, 0, 21), (1, 20, 0)]
    assert balance(billing) == 0


def test_the_pages_follow_each_other_without_gap(store: Store, clock: HandClock) -> None:
    _, desk = bank(store, clock)
    desk.import_statement(camt(*(camt_entry("1.00", f"n{n}", reference=f"R{n}") for n in range(7))), OPERATOR)
    seen: list[int] = []
    before: int | None = None
    while True:
        page = desk.page(None, before, limit=3)
        seen += [entry.entry_id for entry in page.entries]
        before = page.next_before
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


# ---- by hand ---------------------------------------------------------------------------


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    made = await Site(store, clock).start()
    month_contract(made.billing)
    clock.go(days=1)
    yield made
    await made.stop()


async def upload(browser: Browser, data: bytes) -> str:
    if "_xsrf" not in browser.cookies:
        await browser.get("payments")
    boundary = "limit-of-the-parts"
    token = browser.cookies["_xsrf"].encode()
    body = b"".join(
        (
            b"--" + boundary.encode() + b'\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n' + token,
            b"\r\n--" + boundary.encode(),
            b'\r\nContent-Disposition: form-data; name="statement"; filename="releve"\r\n\r\n' + data,
            b"\r\n--" + boundary.encode() + b"--\r\n",
        )
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return text(await browser._send("POST", "payments/import", body, kind))


async def test_a_statement_is_uploaded_and_its_doubts_are_settled_with_a_mouse(site: Site) -> None:
    browser = Browser(site)
    page = await upload(browser, camt(TRANSFER, camt_entry("9.00", "loyer", reference="REF-2")))
    assert "2 entries, 1 of them matched (€120.00), 1 to be assigned" in page
    assert "Neither an invoice number" in page

    asked = {"do": "assign", "contract": CONTRACT, "invoice": ""}
    shown = text(await browser.post("payments/entries/2", {**asked, "step": "preview"}))
    assert "Payment received: €9.00." in shown
    done = await browser.post("payments/entries/2", {**asked, "step": "confirm"})
    assert done.code == 302
    after = text(await browser.get("payments?done=assign"))
    assert "The transfer is assigned." in after
    assert "Nothing waits" in after
    assert "1 known before" in await upload(browser, camt(TRANSFER))


async def test_a_statement_that_cannot_be_read_is_told_by_line_in_both_languages(site: Site) -> None:
    bad = camt(TRANSFER, camt_entry("5.00", "x", currency="USD"))
    assert "Line 20: “USD” is not the account" in await upload(Browser(site), bad)
    french = await upload(Browser(site, locale="fr"), bad)
    assert "Ligne 20\u00a0: «\u00a0USD\u00a0» n’est pas la devise" in french
    assert "choose a file" in await upload(Browser(site), b"")


async def test_a_file_in_the_wrong_field_or_none_is_no_error_of_ours(site: Site) -> None:
    browser = Browser(site)
    answer = await browser.post("payments/import", {"statement": "typed"})
    assert answer.code == 400
    assert (await browser.post("payments/entries/nonsense", {"do": "assign"})).code == 404


def test_the_command_imports_and_refuses(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("Date;Libellé;Montant\n02/01/2024;loyer;120,00\n", encoding="cp1252")
    bad.write_text("Date;Libellé;Montant\n02/13/2024;loyer;120,00\n", encoding="utf-8")
    command = [sys.executable, "-m", "webvisio_billing.cli", "import-statement", "--language", "en"]
    url = f"sqlite:///{tmp_path / 'billing.sqlite'}"

    done = subprocess.run(
        [*command, "--database", url, str(good), str(bad), str(tmp_path / "missing")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert (answer["kind"], answer["entries"], answer["queued"]) == ("csv", 1, 1)
    assert "Line 2: “02/13/2024” is not a possible date." in done.stderr
    assert "missing: No such file or directory" in done.stderr
