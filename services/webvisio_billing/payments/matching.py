"""Says which contract a transfer pays: by document number, contract reference, then account and amount.

Never a guess: an amount or a name alone only makes a suggestion for the queue
in which the operator decides. What was settled already is not settled again.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from webvisio_billing.domain.identifiers import DocumentRef
from webvisio_billing.payments.statements import Entry
from webvisio_protocol.identifiers import ContractId, CustomerId

MAX_SUGGESTIONS: Final = 3
_NUMBER = re.compile(r"(?<![A-Z0-9])([FD])[\s./-]*(\d{4})[\s./-]*(\d{6})(?!\d)", re.ASCII)
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
"""A contract's reference counts only as it is written, hyphens included."""


class Due(msgspec.Struct, frozen=True):
    """A document of a contract; a debit note has its invoice's `ref`, which payment goes to."""

    ref: DocumentRef
    number: str
    outstanding_minor: int


class Candidate(msgspec.Struct, frozen=True):
    """A contract that money may be for; `balance_minor` is all that it owes, credit taken off."""

    contract_id: ContractId
    customer_id: CustomerId
    customer_name: str
    balance_minor: int
    dues: tuple[Due, ...]


class Basis(StrEnum):
    """By what an entry was matched."""

    NUMBER = "number"
    CONTRACT = "contract"
    ACCOUNT = "account"


class Doubt(StrEnum):
    """Why an entry waits for a person."""

    UNKNOWN = "unknown"
    ALREADY_PAID = "already_paid"
    SEVERAL_CONTRACTS = "several_contracts"
    LOOK_ALIKE = "look_alike"
    NOT_ACCEPTED = "not_accepted"


class Match(msgspec.Struct, frozen=True):
    contract_id: ContractId
    basis: Basis
    invoice: DocumentRef | None = None


class Unmatched(msgspec.Struct, frozen=True):
    """`suggestions` are contracts, the likeliest first."""

    doubt: Doubt
    suggestions: tuple[ContractId, ...] = ()


class Matcher:
    """Matches the entries of one import; tell it what was settled with `settle`."""

    def __init__(self, candidates: Iterable[Candidate], owners: dict[str, CustomerId]) -> None:
        """`owners` tells whose account an IBAN was, as the operator or a match has found before."""
        self._candidates: dict[ContractId, Candidate] = {}
        self._by_number: dict[str, tuple[ContractId, Due]] = {}
        self._owners = owners
        for candidate in candidates:
            self.settle(candidate)

    def settle(self, candidate: Candidate) -> None:
        """Take note of how a contract stands now."""
        self._candidates[candidate.contract_id] = candidate
        for due in candidate.dues:
            self._by_number[due.number] = (candidate.contract_id, due)

    def learn(self, iban: str, customer_id: CustomerId) -> None:
        """Take note of whose account an IBAN is."""
        if iban:
            self._owners[iban] = customer_id

    def match(self, entry: Entry) -> Match | Unmatched:
        """Decide for one entry; money in only."""
        assert entry.amount_minor > 0, "money out pays nothing"
        return (
            self._by_document(entry)
            or self._by_contract(entry)
            or self._by_account(entry)
            or Unmatched(Doubt.UNKNOWN, self._suggest(entry))
        )

    def _by_document(self, entry: Entry) -> Match | Unmatched | None:
        numbers = {f"{kind}{year}-{ordinal}" for kind, year, ordinal in _NUMBER.findall(entry.text.upper())}
        named = [self._by_number[number] for number in sorted(numbers) if number in self._by_number]
        if not named:
            return None
        contracts = tuple(dict.fromkeys(contract_id for contract_id, _ in named))
        if len(contracts) > 1:
            return Unmatched(Doubt.SEVERAL_CONTRACTS, contracts[:MAX_SUGGESTIONS])
        owed = [due for _, due in named if due.outstanding_minor > 0]
        if not owed:
            return Unmatched(Doubt.ALREADY_PAID, contracts)
        return Match(contracts[0], Basis.NUMBER, owed[0].ref)

    def _by_contract(self, entry: Entry) -> Match | Unmatched | None:
        words = dict.fromkeys(_WORD.findall(entry.text.lower()))
        named = [ContractId(word) for word in words if word in self._candidates]
        if not named:
            return None
        if len(named) > 1:
            return Unmatched(Doubt.SEVERAL_CONTRACTS, tuple(named[:MAX_SUGGESTIONS]))
        if self._candidates[named[0]].balance_minor <= 0:
            return Unmatched(Doubt.ALREADY_PAID, tuple(named))
        return Match(named[0], Basis.CONTRACT)

    def _by_account(self, entry: Entry) -> Match | None:
        owner = self._owners.get(entry.iban) if entry.iban else None
        if owner is None:
            return None
        fitting = [
            candidate
            for candidate in self._candidates.values()
            if candidate.customer_id == owner and _fits(candidate, entry.amount_minor)
        ]
        if len(fitting) != 1:
            return None
        exact = [due for due in fitting[0].dues if due.outstanding_minor == entry.amount_minor]
        return Match(fitting[0].contract_id, Basis.ACCOUNT, exact[0].ref if exact else None)

    def _suggest(self, entry: Entry) -> tuple[ContractId, ...]:
        owner = self._owners.get(entry.iban) if entry.iban else None
        told = f"{entry.counterparty} {entry.text}".casefold()
        scored: list[tuple[int, ContractId]] = []
        for candidate in self._candidates.values():
            score = 4 * (candidate.customer_id == owner)
            score += 2 * (candidate.customer_name.casefold() in told)
            score += _fits(candidate, entry.amount_minor)
            if score:
                scored.append((-score, candidate.contract_id))
        return tuple(name for _, name in sorted(scored)[:MAX_SUGGESTIONS])


def _fits(candidate: Candidate, amount_minor: int) -> bool:
    """Whether an amount is exactly what the contract owes, or what one of its documents does."""
    owed: Sequence[int] = [due.outstanding_minor for due in candidate.dues]
    return amount_minor in (candidate.balance_minor, *owed)
