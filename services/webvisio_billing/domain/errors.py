"""Broken promises of the domain.

    ContractError
    |-- HistoryError      an event that cannot follow the ones before it
    |-- NotAdvanced       a command was put to a contract with events overdue
    |-- MissingTaxRate    an invoice falls due on a day without a tax rate
    `-- SellerIncomplete  an invoice falls due while the seller's identity has gaps

What a person may do wrong is no exception but a `refusals.DomainRefusal`.
"""

from datetime import date


class ContractError(Exception):
    """Base of everything that only a defect or broken reference data can cause."""


class HistoryError(ContractError):
    """An event cannot follow the ones before it: the journal is not one contract's life."""


class NotAdvanced(ContractError):  # noqa: N818 - a statement reads better
    """`handle` was called before `advance` had caught up with the same `now`."""


class MissingTaxRate(ContractError):  # noqa: N818 - a statement reads better
    """The tax table starts after the day an invoice must be issued."""

    def __init__(self, code: str, day: date) -> None:
        super().__init__(f"no rate of VAT code {code!r} is known on {day.isoformat()}")
        self.code = code
        self.day = day


class SellerIncomplete(ContractError):  # noqa: N818 - a statement reads better
    """An invoice falls due while the seller's identity has gaps (clause 1)."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(f"no invoice can be issued: the seller lacks {', '.join(problems)}")
        self.problems = problems
