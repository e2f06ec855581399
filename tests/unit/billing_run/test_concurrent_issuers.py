"""Sixteen issuers at once, with rollbacks: no gap, no duplicate, on SQLite and on PostgreSQL (clause 6.1)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from run_world import OPERATOR, SOME_MONTHS_LATER, START, HandClock, business, documents, facts, order
from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.verification import verify
from webvisio_billing.domain.commands import AddRoom
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import DatabaseUnavailable, JournalConflict
from webvisio_protocol.identifiers import RoomId

OpenStore = Callable[[], Store]
ISSUERS = 16
ROUNDS = 3


class TurnedBack(Exception):  # noqa: N818 - what happens
    """Raised inside a transaction that has taken numbers already."""


def test_sixteen_issuers_with_rollbacks_leave_no_gap_and_no_duplicate(open_store: OpenStore) -> None:
    first = open_store()
    setup = Billing(first, HandClock())
    contracts = [order(setup, f"issuer-{n}", START.date()) for n in range(ISSUERS)]
    stores = [open_store() for _ in range(ISSUERS)]

    def issue(n: int) -> int:
        billing = Billing(stores[n], HandClock())
        chance = random.Random(n)  # noqa: S311 - seeded by the issuer's number
        issued = 0
        for round_ in range(ROUNDS):
            is_turned_back = chance.random() < 0.4
            command = AddRoom(room_id=RoomId(f"more-{n}-{round_}"), name="Salle")

            def work(
                session: Session,
                billing: Billing = billing,
                command: AddRoom = command,
                turned: bool = is_turned_back,
            ) -> None:
                done = billing.decisions.execute(session, contracts[n], command, OPERATOR)
                assert not isinstance(done, DomainRefusal | Problem), done
                if turned:
                    raise TurnedBack

            while True:
                try:
                    billing.transact(work)
                    issued += 1
                except TurnedBack:
                    pass
                except (JournalConflict, DatabaseUnavailable):
                    continue  # tried often enough by itself on a crowded machine: once more
                break
        return issued

    with ThreadPoolExecutor(ISSUERS) as pool:
        issued = sum(pool.map(issue, range(ISSUERS)))
    assert 0 < issued < ISSUERS * ROUNDS
    numbers = [number for number, _ in documents(first)]
    assert numbers == [f"F2026-{n:06d}" for n in range(1, ISSUERS + issued + 1)]
    assert verify(first, {}).findings == []


def test_four_runs_at_once_do_everything_once(open_store: OpenStore) -> None:
    store = open_store()
    business(store)
    stores = [open_store() for _ in range(4)]

    def pass_over(one: Store) -> int:
        run = Billing(one, HandClock(SOME_MONTHS_LATER)).run()
        run.finish()
        return sum(run.happened.values())

    with ThreadPoolExecutor(4) as pool:
        happened = list(pool.map(pass_over, stores))
    issued = list(documents(store))
    assert [day for _, day in issued] == sorted(day for _, day in issued)
    assert verify(store, {}).findings == []
    before = facts(store)
    assert pass_over(store) == 0
    assert facts(store) == before
    assert sum(happened) > 0


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=400)])
def test_a_run_and_an_operator_at_once_agree(open_store: OpenStore, ahead: timedelta) -> None:
    store, other = open_store(), open_store()
    business(store)
    later = HandClock(START + ahead)

    def operator(n: int) -> None:
        done = Billing(other, later).execute(
            contract_id, AddRoom(room_id=RoomId(f"added-{n}"), name="Salle"), OPERATOR
        )
        assert not isinstance(done, Problem), done

    contract_id = order(Billing(store, HandClock()), "busy", START.date())
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(Billing(store, later).run().finish)
        for n in range(5):
            pool.submit(operator, n).result()
        running.result()
    Billing(store, later).run().finish()
    assert verify(store, {}).findings == []
