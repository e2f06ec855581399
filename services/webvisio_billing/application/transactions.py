"""Units of work on billing's database, and what is said once one was written."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from webvisio_billing.application.folding import FoldedContracts
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import JournalConflict

MAX_TRIES: Final = 5

T = TypeVar("T")


class Transactions:
    """Runs units of work, each in one transaction, on the worker thread."""

    def __init__(self, store: Store, folded: FoldedContracts) -> None:
        self._store = store
        self._folded = folded
        self.on_commit: Callable[[], None] = lambda: None
        """Called on the worker thread after each transaction that wrote something."""

    def look(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work that only reads."""
        try:
            with self._store.transaction() as session:
                return work(session)
        except BaseException:
            self._folded.clear()  # it may hold what was rolled back
            raise

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run one unit of work: tried again when another writer was first, so it may run more than once."""
        for _ in range(MAX_TRIES - 1):
            try:
                result = self.look(work)
                break
            except JournalConflict:
                continue
        else:
            result = self.look(work)
        self.on_commit()
        return result
