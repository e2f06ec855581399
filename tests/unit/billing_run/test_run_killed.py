"""A run that is killed at any commit, and resumed, leaves what an uninterrupted run leaves (issue: the run)."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from run_world import (
    POLICY,
    SOME_MONTHS_LATER,
    HandClock,
    Postbox,
    business,
    courier,
    documents,
    facts,
)
from sqlalchemy import event

from webvisio_billing.application import run as running
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.verification import verify
from webvisio_billing.storage import outbox
from webvisio_billing.storage.database import Store

OpenStore = Callable[[], Store]
MANY = 200


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two contracts a batch, so that a few contracts make many commits."""
    monkeypatch.setattr(running, "CONTRACTS_A_BATCH", 2)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The business, before the months that the run catches up with."""
    path = tmp_path_factory.mktemp("run") / "begun.sqlite"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    business(store)
    store.close()
    return path


def catch_up(store: Store) -> None:
    Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run().finish()


def in_a_child(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own; gives the wait status."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def kill_at(store: Store, boundary: int) -> None:
    """Kill this process at the `boundary`-th commit: odd ones just before, even ones just after it."""
    seen = 0

    def before(_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "commit", before)
    event.listen(store.engine, "checkin", lambda *_: before(None))


def test_a_run_killed_at_each_commit_ends_like_one_that_was_not(begun: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.sqlite"
    shutil.copyfile(begun, whole)
    reference = Store(f"sqlite:///{whole}")
    catch_up(reference)
    expected = facts(reference)
    assert verify(reference, {}).findings == []
    reference.close()
    kills = 0
    for boundary in range(1, MANY):
        path = tmp_path / f"killed-{boundary}.sqlite"
        shutil.copyfile(begun, path)
        url = f"sqlite:///{path}"

        def killed(url: str = url, boundary: int = boundary) -> None:
            store = Store(url)
            kill_at(store, boundary)
            catch_up(store)

        status = in_a_child(killed)
        resumed = Store(url)
        catch_up(resumed)
        found = facts(resumed)
        resumed.close()
        for table, rows in expected.items():
            assert found[table] == rows, f"{table} after a kill at boundary {boundary}"
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        kills += 1
    assert 15 <= kills < MANY - 1


def test_a_database_server_whose_client_is_killed_holds_nothing_half_done(
    postgresql: str, request: pytest.FixtureRequest
) -> None:
    """The same on PostgreSQL, at a few commits: its server must notice and roll back."""
    expected: dict[str, list[tuple[object, ...]]] | None = None
    for boundary in (MANY, 1, 6, 13, 20):
        store = emptied(postgresql)
        business(store)
        store.close()

        def killed(boundary: int = boundary) -> None:
            mine = Store(postgresql)
            kill_at(mine, boundary)
            catch_up(mine)

        status = in_a_child(killed)
        assert os.WIFEXITED(status) == (boundary == MANY)
        resumed = Store(postgresql)
        catch_up(resumed)
        found = facts(resumed)
        assert verify(resumed, {}).findings == []
        resumed.close()
        expected = expected or found
        assert found == expected, f"after a kill at boundary {boundary}"


def emptied(url: str) -> Store:
    from sqlalchemy import text

    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    store.migrate()
    return store


def test_documents_are_numbered_in_the_order_of_their_dates(begun: Path, tmp_path: Path) -> None:
    """Clause 6.1 and numbering: an absence of months is caught up due by due over all contracts."""
    path = tmp_path / "order.sqlite"
    shutil.copyfile(begun, path)
    store = Store(f"sqlite:///{path}")
    catch_up(store)
    issued = list(documents(store))
    assert len(issued) > 10
    assert [number for number, _ in issued] == [f"F2026-{n:06d}" for n in range(1, len(issued) + 1)]
    assert [day for _, day in issued] == sorted(day for _, day in issued)
    store.close()


def test_running_again_does_nothing(begun: Path, tmp_path: Path) -> None:
    path = tmp_path / "again.sqlite"
    shutil.copyfile(begun, path)
    store = Store(f"sqlite:///{path}")
    catch_up(store)
    before = facts(store)
    again = Billing(store, HandClock(SOME_MONTHS_LATER), policy=POLICY).run()
    again.finish()
    assert (again.looked_at, dict(again.happened)) == (0, {})
    assert facts(store) == before
    store.close()


class Killing(Postbox):
    """Kills this process when the n-th message is at the door, or just after it was taken in."""

    def __init__(self, at: int, log: Path) -> None:
        super().__init__()
        self._left = at
        self._log = log

    def _pass(self, key: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._log.open("a") as file:
            file.write(f"{key}\n")
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def send(self, letter: object) -> None:
        self._pass(str(letter["Message-ID"]))  # type: ignore[index]

    def notify(self, message: outbox.Message, now: object) -> None:
        self._pass(message.key)


@pytest.mark.parametrize("at", [1, 2, 5, 6, 45, 46])
def test_a_delivery_killed_half_way_is_made_again_under_the_same_key(
    begun: Path, tmp_path: Path, at: int
) -> None:
    path, log = tmp_path / "posted.sqlite", tmp_path / "log"
    shutil.copyfile(begun, path)
    url = f"sqlite:///{path}"
    clock = HandClock(SOME_MONTHS_LATER)

    def killed() -> None:
        courier(Store(url), clock, Killing(at, log)).finish()

    assert os.WIFSIGNALED(in_a_child(killed))
    first = log.read_text().split("\n")[:-1] if log.exists() else []
    store = Store(url)
    box = Killing(0, log)
    courier(store, clock, box).finish()
    clock.instant += outbox.CLAIM
    courier(store, clock, box).finish()
    everything = log.read_text().split("\n")[:-1]
    assert set(first) <= set(everything)
    assert len(everything) - len(set(everything)) == (1 if at % 2 == 0 else 0)
    with store.transaction() as session:
        counted = outbox.counts(session)
        dead = [m.error for m in outbox.newest(session, outbox.State.DEAD)]
    assert counted[outbox.State.WAITING] == 0
    assert set(dead) == {"address_missing"}
    assert counted[outbox.State.DELIVERED] == len(set(everything))
    store.close()
