"""The chronicle: what is beside the contracts has a chained history, and the present row is its last line."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from run_world import OPERATOR, START, HandClock, order
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.findings import Finding, Head, Place
from webvisio_billing.application.requests import ChangedCustomer
from webvisio_billing.application.verification import verify
from webvisio_billing.storage import chronicle, registry
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.registry import BillingDetails
from webvisio_billing.storage.tables import CustomerRow, RoomRow
from webvisio_protocol.identifiers import CustomerId

OpenStore = Callable[[], Store]
CLIENT = CustomerId("client")
LATER = datetime(2026, 1, 16, 10, tzinfo=UTC)


def renamed(store: Store, name: str, city: str = "") -> None:
    wish = ChangedCustomer(CLIENT, name, None, "", "", BillingDetails(city=city))
    Billing(store, HandClock(LATER)).customers.change(wish, "paul")


def begun(open_store: OpenStore) -> Store:
    store = open_store()
    order(Billing(store, HandClock()), "client", START.date())
    return store


def test_a_customers_history_says_who_changed_what_and_when(open_store: OpenStore) -> None:
    store = begun(open_store)
    renamed(store, "Client & Fils", "Strasbourg")
    renamed(store, "Client & Fils", "Strasbourg")
    with store.transaction() as session:
        changed, made = registry.customer_history(session, CLIENT)
    assert (changed.at, changed.actor) == (LATER, "paul")
    assert changed.changed == {"name": ("Client", "Client & Fils"), "city": ("", "Strasbourg")}
    assert (made.at, made.actor) == (START, OPERATOR)
    assert made.changed["name"] == (None, "Client")


def test_what_is_rolled_back_leaves_no_line(open_store: OpenStore) -> None:
    store = begun(open_store)
    with pytest.raises(ZeroDivisionError), store.transaction() as session:
        registry.record_action(session, LATER, "paul", "open_block", "client-1", "done", {})
        raise ZeroDivisionError
    report = verify(store, {})
    assert report.is_well
    with store.transaction() as session:
        assert len(list(chronicle.read(session))) == report.lines


@pytest.mark.parametrize(
    ("change", "place", "subject", "problem"),
    [
        (
            "UPDATE customers SET city = 'Metz'",
            Place.RECORDS,
            "customers/client",
            "city: not what line",
        ),
        (
            "INSERT INTO people (username, created_at) VALUES ('eve', '2026-01-15 09:00:00+00:00')",
            Place.RECORDS,
            "people/eve",
            "is in no line",
        ),
        ("DELETE FROM rooms", Place.RECORDS, "rooms/room-client-0115", "is gone since line"),
    ],
)
def test_a_foreign_hand_is_seen_where_it_was(
    open_store: OpenStore, change: str, place: Place, subject: str, problem: str
) -> None:
    store = begun(open_store)
    renamed(store, "Autre")
    with store.transaction() as session:
        session.execute(text(change))
    (finding,) = verify(store, {}).findings
    assert (finding.place, finding.subject) == (place, subject)
    assert finding.problem.startswith(problem)


def test_a_chronicle_that_was_rewritten_as_a_whole_is_shown_by_its_anchor(open_store: OpenStore) -> None:
    store = begun(open_store)
    anchored = {head.chain: head for head in verify(store, {}).heads}
    renamed(store, "Autre")
    assert verify(store, anchored).is_well
    forged = Head("chronicle", anchored["chronicle"].position, "00" * 32)
    assert verify(store, {**anchored, "chronicle": forged}).findings == [
        Finding(Place.ANCHOR, "chronicle", "is not the one that was anchored")
    ]


def test_a_row_that_cannot_be_read_is_told_like_any_other(store: Store) -> None:
    """On SQLite, which takes any text for a date."""
    order(Billing(store, HandClock()), "client", START.date())
    with store.transaction() as session:
        session.execute(text("UPDATE rooms SET created_at = 'yesterday'"))
    (finding,) = verify(store, {}).findings
    assert (finding.place, finding.subject) == (Place.RECORDS, "rooms/room-client-0115")


def test_more_rows_than_are_read_at_once_are_all_compared(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begun(open_store)
    for name in "abcde":
        order(Billing(store, HandClock()), name, START.date())
    monkeypatch.setattr(chronicle, "ROWS_AT_ONCE", 2)
    assert verify(store, {}).is_well
    with store.transaction() as session:
        assert [subject for subject, _ in chronicle.read_rows(session, CustomerRow)] == sorted(
            [*"abcde", "client"]
        )
        assert len(list(chronicle.read_rows(session, RoomRow))) == 6


def test_the_chronicle_is_append_only_in_the_database(open_store: OpenStore) -> None:
    store = begun(open_store)
    for change in ("UPDATE chronicle SET actor = 'eve'", "DELETE FROM chronicle"):
        with pytest.raises(DBAPIError, match="append-only"), store.transaction() as session:
            session.execute(text(change))
