"""A database that is locked, dies or lacks a rate in mid-run: a clear refusal, and nothing half-done."""

import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from run_world import POLICY, SOME_MONTHS_LATER, START, HandClock, business, facts, order
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from webvisio_billing import cli
from webvisio_billing.application import run as running
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.run import StuckCode
from webvisio_billing.application.verification import verify
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import ClaimLateCharges
from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.tables import KNOWN, STANDARD_VAT
from webvisio_billing.storage import database
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import DatabaseUnavailable

OpenStore = Callable[[], Store]


def command(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = cli.main(arguments)
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def url(store: Store) -> str:
    business(store)
    return f"sqlite:///{store.engine.url.database}"


def test_a_locked_database_is_a_clear_refusal(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 1)
    before = facts(store)
    other = sqlite3.connect(str(store.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, out, err = command("run", "--database", url)
    other.execute("ROLLBACK")
    other.close()
    assert (status, out) == (75, "")
    assert "locked" in err
    assert "Traceback" not in err
    assert facts(store) == before


def test_a_server_that_dies_in_mid_run_leaves_whole_batches(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CONTRACTS_A_BATCH", 2)
    store, whole = open_store(), open_store()
    business(whole)
    dying = Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run()
    dying.step()
    statements = 0

    def gone(*_: object) -> None:
        nonlocal statements
        statements += 1
        if statements == 9:
            raise OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))

    event.listen(store.engine, "before_cursor_execute", gone)
    with pytest.raises(DatabaseUnavailable):
        dying.finish()
    event.remove(store.engine, "before_cursor_execute", gone)
    assert verify(store, {}).findings == []
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()
    assert verify(store, {}).findings == []
    again = Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run()
    again.finish()
    assert again.looked_at == 0


@pytest.mark.parametrize("name", ["run", "dry-run", "verify", "export"])
def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, name: str) -> None:
    path = tmp_path / "none.sqlite"
    extra = ("csv", "--year", "2026") if name == "export" else ()
    status, out, err = command(name, *extra, "--database", f"sqlite:///{path}")
    assert (status, out) == (2, "")
    assert "init" in err
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite"
    path.write_text("Dear Sir or Madam, " * 100)
    status, _, err = command("verify", "--database", f"sqlite:///{path}")
    assert status in (2, 75)
    assert "Traceback" not in err


@pytest.mark.clause("6.2")
def test_a_missing_tax_rate_holds_up_its_contract_alone(store: Store) -> None:
    """6.2: a day without a rate is an error that names it; the old rate is never carried on."""
    business(store)
    gap = replace(KNOWN, vat={STANDARD_VAT: {date(2027, 1, 1): Decimal(20)}})
    run = Billing(store, HandClock(SOME_MONTHS_LATER), gap, POLICY).run()
    run.finish()
    assert {stuck.code for stuck in run.stuck.values()} == {StuckCode.MISSING_TAX_RATE}
    assert all("2026-" in stuck.reason for stuck in run.stuck.values())
    assert "leaver-1" not in run.stuck  # it ends before it would be billed again
    assert run.happened["contract_ended"] >= 1
    mended = Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run()
    mended.finish()
    assert mended.stuck == {}
    assert verify(store, {}).findings == []


@pytest.mark.clause("6.4")
def test_a_missing_legal_rate_is_a_refusal_that_names_the_half_year(store: Store) -> None:
    """6.4: a day past the last known half-year is refused, and nothing is claimed."""
    billing = Billing(store, HandClock(), policy=POLICY)
    contract_id = order(billing, "late", START.date())
    later = Billing(store, HandClock(START.replace(month=9)), policy=POLICY)
    later.run().finish()
    before = facts(store)
    refused = later.execute(contract_id, ClaimLateCharges(invoice=DocumentRef("F1")), "olga")
    assert isinstance(refused, DomainRefusal)
    assert refused.code is DomainCode.LEGAL_RATE_MISSING
    assert refused.details["half_year"] == "2026-H2"
    assert {t: r for t, r in facts(store).items() if t != "contracts"} == {
        t: r for t, r in before.items() if t != "contracts"
    }


def test_a_broken_journal_holds_up_its_contract_alone(store: Store) -> None:
    business(store)
    with store.transaction() as session:
        session.execute(text("DROP TRIGGER journal_refuses_update"))
        session.execute(text("UPDATE journal SET hash = zeroblob(32) WHERE contract_id = 'debtor-1'"))
    run = Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run()
    run.finish()
    assert {contract_id: stuck.code for contract_id, stuck in run.stuck.items()} == {
        "debtor-1": StuckCode.JOURNAL_BROKEN
    }
    assert run.happened["contract_renewed"] > 0


def test_a_dry_run_says_what_a_run_does_and_touches_nothing(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBVISIO_HOME", str(tmp_path))
    before = facts(store)
    at = SOME_MONTHS_LATER.isoformat()
    status, out, err = command("dry-run", "--database", url, "--at", at)
    assert (status, err) == (0, "")
    assert facts(store) == before
    foreseen: dict[str, list[str]] = {
        line["contract_id"]: [event["type"] for event in line["events"]]
        for line in map(json.loads, out.splitlines())
    }
    run = Billing(store, HandClock(SOME_MONTHS_LATER)).run()
    run.finish()
    happened = [kind for kinds in foreseen.values() for kind in kinds]
    assert {kind: happened.count(kind) for kind in set(happened)} == dict(run.happened)


def test_a_dry_run_cannot_write(store: Store, url: str) -> None:
    reader = Store(url, is_read_only=True)
    with pytest.raises(DatabaseUnavailable), reader.transaction() as session:
        session.execute(text("UPDATE counters SET value = 0"))
    reader.close()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEBVISIO_SUSPENSION", "sometimes"),
        ("WEBVISIO_REMIND_AFTER_DAYS", "3,x"),
        ("WEBVISIO_REMIND_BEFORE_DAYS", "0"),
        ("WEBVISIO_WEBHOOKS", "ftp://files.example"),
        ("WEBVISIO_WEBHOOKS", "https://hooks.example"),
        ("WEBVISIO_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("WEBVISIO_SMTP_URL", "smtp://someone:secret@mail.example"),
        ("WEBVISIO_SMTP_URL", "mail.example"),
        ("WEBVISIO_MAIL_FROM", "nobody"),
    ],
)
def test_a_setting_that_says_nothing_clear_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    if variable == "WEBVISIO_WEBHOOK_SECRET":
        monkeypatch.setenv("WEBVISIO_WEBHOOKS", "https://hooks.example")
    status, out, err = command("run", "--database", url)
    assert (status, out) == (2, "")
    assert variable in err
    assert "secret@" not in err


def test_the_commands_go_through_a_life(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init`, `run`, `verify --anchor`, `export` on a database of their own."""
    monkeypatch.setenv("WEBVISIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WEBVISIO_BILLING_DATABASE", raising=False)
    assert command("init")[0] == 0
    path = tmp_path / "home" / "billing.sqlite"
    assert path.exists()
    shutil.copyfile(str(store.engine.url.database), path)
    own = Store(f"sqlite:///{path}")
    business(own)
    own.close()
    status, out, _ = command("run")
    answer = json.loads(out)
    assert status == 1  # one customer has no address
    assert answer["happened"]["contract_renewed"] > 5
    letters = list((tmp_path / "home" / "outbox").glob("*.eml"))
    assert len(letters) == answer["delivery"]["delivered"] > 5
    anchor = tmp_path / "anchor.json"
    assert command("verify", "--anchor", str(anchor))[0] == 0
    assert command("verify", "--against", str(anchor))[0] == 0
    status, out, _ = command(
        "export", "fec", "--year", "2026", "--siren", "732 829 320", "--output", str(tmp_path)
    )
    assert status == 0
    assert (tmp_path / "732829320FEC20261231.txt").exists()
    assert command("export", "fec", "--year", "2026", "--siren", "123456789")[0] == 2


def test_the_fec_is_named_after_the_seller_in_the_sellers_file(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--siren` goes before it; without either, or with a file that cannot be read, nothing is written."""
    seller, exports = tmp_path / "who-sells.toml", tmp_path / "exports"
    exports.mkdir()
    monkeypatch.setenv("WEBVISIO_SELLER", str(seller))
    fec = ("export", "fec", "--year", "2026", "--database", url, "--output", str(exports))

    refused = [command(*fec)]
    for wrong in ('name = "A"', 'siren = "732 829 321"', "siren = "):
        seller.write_text(wrong, encoding="utf-8")
        refused.append(command(*fec))
    assert [status for status, *_ in refused] == [2] * 4
    assert ["who-sells.toml names no siren" in err for *_, err in refused] == [True, True, False, False]
    assert "check key" in refused[2][2]
    assert "who-sells.toml cannot be read" in refused[3][2]
    assert list(exports.iterdir()) == []

    assert command(*fec, "--siren", "552 100 554")[0] == 0
    seller.write_text('siren = "732 829 320"', encoding="utf-8")
    assert command(*fec)[0] == 0
    assert {path.name for path in exports.iterdir()} == {
        "732829320FEC20261231.txt",
        "552100554FEC20261231.txt",
    }
