"""What a verification finds: where, about what, and what is wrong there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec


class Place(StrEnum):
    """Where something is wrong."""

    JOURNAL = "journal"
    ANCHOR = "anchor"
    LEDGER = "ledger"
    NUMBERS = "numbers"
    DOCUMENTS = "documents"
    CONTRACTS = "contracts"
    BLOCKS = "blocks"
    ENTITLEMENTS = "entitlements"
    CHRONICLE = "chronicle"
    RECORDS = "records"
    """A customer, a person's role, a plan: whatever the chronicle tells the history of."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not what it should be; `problem` is for the operator's eyes, in English."""

    place: Place
    subject: str
    problem: str


class Head(msgspec.Struct, frozen=True):
    """Where a chain stands: a contract's journal, a year of the ledger, or the chronicle."""

    chain: str
    position: int
    hash: str


Anchored = Mapping[str, Head]
"""Heads that were kept outside, by chain."""


@dataclass
class Report:
    """What was checked and found; `heads` are those of the chains that hold."""

    contracts: int = 0
    events: int = 0
    entries: int = 0
    lines: int = 0
    findings: list[Finding] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def found(self, place: Place, subject: str, problem: str) -> None:
        """Note something that is wrong."""
        self.findings.append(Finding(place, subject, problem))
