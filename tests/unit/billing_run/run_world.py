"""A small business for the tests of the run: contracts of every kind, months behind, and their state as facts."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage

from sqlalchemy import text

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.policy import Policy
from webvisio_billing.application.requests import NewContract, NewCustomer, NewRoom
from webvisio_billing.domain.commands import GiveNotice, Pay
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.terms import Formula, Party
from webvisio_billing.outbox.courier import Courier
from webvisio_billing.outbox.mail import Sender
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.outbox import Message
from webvisio_billing.storage.registry import BillingDetails
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

START = datetime(2026, 1, 15, 9, tzinfo=UTC)
SOME_MONTHS_LATER = START + timedelta(days=75)
HOOK = "https://accounts.example/hooks/webvisio"
POLICY = Policy(suspends_automatically=True, webhooks=(HOOK,))
OPERATOR = "olga"
TABLES = (
    "contracts",
    "journal",
    "blocks",
    "entitlements",
    "counters",
    "ledger_entries",
    "ledger_postings",
    "outbox",
)


class HandClock:
    """A clock that a test moves."""

    recheck_s = 0.001

    def __init__(self, instant: datetime = START) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


class Postbox:
    """Takes letters and notifications in, and remembers each delivery."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.notified: list[Message] = []

    def send(self, letter: EmailMessage) -> None:
        self.letters.append(message_from_bytes(letter.as_bytes(), policy=letter.policy))  # type: ignore[arg-type]

    def notify(self, message: Message, now: datetime) -> None:
        self.notified.append(message)


def order(
    billing: Billing,
    name: str,
    effective: date,
    formula: Formula = Formula.MONTH,
    email: str = "",
    layout: str = "fr",
) -> ContractId:
    """A customer, if missing, with a contract of one room."""
    customer = CustomerId(name)
    if billing.customers.find(customer) is None:
        wanted = NewCustomer(
            name.title(), customer, contact_email=email, details=BillingDetails(document_layout=layout)
        )
        done = billing.customers.create(wanted, OPERATOR)
        assert not isinstance(done, DomainRefusal | Problem), done
    room = RoomId(f"room-{name}-{effective:%m%d}")
    wish = NewContract(customer, formula, effective, (NewRoom("Salle", room),))
    made = billing.create_contract(wish, OPERATOR)
    assert not isinstance(made, DomainRefusal | Problem), made
    return made


def business(store: Store) -> None:
    """Six contracts: one pays, one stops, one is a day, one begins later, two never pay."""
    billing = Billing(store, HandClock(), policy=POLICY)
    today = START.date()
    paying = order(billing, "payer", today, email="payer@customer.example")
    leaving = order(billing, "leaver", today, email="leaver@customer.example")
    order(billing, "dayer", today + timedelta(days=4), Formula.DAY, "dayer@customer.example")
    order(billing, "later", today + timedelta(days=16), email="later@customer.example")
    order(billing, "debtor", today, email="debtor@customer.example")
    order(billing, "silent", today)
    pay = Pay(key=PaymentKey("cheque 17"), amount_minor=40_000)
    assert not isinstance(billing.execute(paying, pay, OPERATOR), DomainRefusal | Problem)
    notice = GiveNotice(by=Party.CUSTOMER)
    assert not isinstance(billing.execute(leaving, notice, OPERATOR), DomainRefusal | Problem)


def courier(store: Store, clock: HandClock, box: Postbox) -> Courier:
    return Courier(store, clock, box, Sender("Démo Visio", "billing@seller.example"), box)


def facts(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """What billing stores of contracts, comparable between two databases; messages without their attempts."""
    found: dict[str, list[tuple[object, ...]]] = {}
    with store.transaction() as session:
        for table in TABLES:
            columns = "key, kind, contract_id, payload" if table == "outbox" else "*"
            rows = session.execute(text(f"SELECT {columns} FROM {table}")).all()  # noqa: S608
            # how long the chronicle is says how often operators asked, not what became of contracts
            found[table] = sorted(tuple(row) for row in rows if row[0] != "chronicle")
    return found


def fingerprint(store: Store) -> str:
    return hashlib.sha256(repr(facts(store)).encode()).hexdigest()


def documents(store: Store) -> Iterator[tuple[str, date]]:
    """The numbers of all documents in the order of their series, with their dates."""
    with store.transaction() as session:
        rows = session.execute(text("SELECT payload FROM journal WHERE type = 'invoice_issued'")).scalars()
        import json

        issued = [json.loads(bytes(row)) for row in rows]
    yield from sorted((one["number"], date.fromisoformat(one["issued_on"])) for one in issued)
