"""Contracts folded from their journals, kept in memory while they are wanted.

What is kept is only ever what was committed: whoever sees a transaction fail
calls `clear`. A contract that another process has moved on is caught up from
where it was known.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from webvisio_billing.application.changes import Folded
from webvisio_billing.domain import contract
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.storage import journal
from webvisio_billing.storage.errors import JournalBroken
from webvisio_billing.storage.registry import ContractHead
from webvisio_protocol.identifiers import ContractId

MAX_FOLDED_CONTRACTS: Final = 10_000
"""Contracts kept folded in memory; the least recently used is folded again when wanted."""


class FoldedContracts:
    """Folds contracts, and remembers them."""

    def __init__(self) -> None:
        self._folded: OrderedDict[ContractId, Folded] = OrderedDict()

    def load(self, session: Session, contract_id: ContractId) -> Folded:
        """Fold a contract up to its newest event; raises `JournalBroken`."""
        known = self._folded.get(contract_id)
        after, last = (0, journal.ROOT_HASH) if known is None else (known.sequence, known.last)
        recorded = journal.read(session, contract_id, after, last)
        folded = contract.fold(None if known is None else known.contract, [r.event for r in recorded])
        if folded is None:
            raise JournalBroken(contract_id, 1)
        if recorded:
            after, last = recorded[-1].sequence, recorded[-1].hash
        known = Folded(folded, after, last)
        self.remember(contract_id, known)
        return known

    def load_many(
        self, session: Session, heads: Sequence[ContractHead]
    ) -> dict[ContractId, Folded | JournalBroken | HistoryError]:
        """Fold many contracts in few queries, up to where their heads stand; a broken one is told, not raised."""
        found: dict[ContractId, Folded | JournalBroken | HistoryError] = {}
        unknown: list[ContractId] = []
        for head in heads:
            known = self._folded.get(head.contract_id)
            if known is not None and known.sequence == head.sequence:
                found[head.contract_id] = known
            else:
                unknown.append(head.contract_id)
        for contract_id, recorded in journal.read_many(session, unknown).items():
            found[contract_id] = _folded(contract_id, recorded)
        return found

    def remember(self, contract_id: ContractId, folded: Folded) -> None:
        """Keep a contract as it was committed."""
        self._folded[contract_id] = folded
        self._folded.move_to_end(contract_id)
        while len(self._folded) > MAX_FOLDED_CONTRACTS:
            self._folded.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: something may have been rolled back."""
        self._folded.clear()


def _folded(
    contract_id: ContractId, recorded: list[journal.Recorded] | JournalBroken
) -> Folded | JournalBroken | HistoryError:
    if isinstance(recorded, JournalBroken):
        return recorded
    try:
        folded = contract.fold(None, [record.event for record in recorded])
    except HistoryError as error:
        return error
    if folded is None:
        return JournalBroken(contract_id, 1)
    return Folded(folded, recorded[-1].sequence, recorded[-1].hash)
