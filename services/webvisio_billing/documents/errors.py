"""What can keep a document from being made.

    DocumentError
    |-- NotMakeable        values are missing or wrong: waits until somebody mends them
    |-- NotValid           our own XML fails a schema or a rule: a defect, nothing is issued
    `-- ValidatorFailed    the process that checks the rules died or hangs: try again

`NotMakeable` is expected and told to the operator by its problems.
"""

from collections.abc import Sequence


class DocumentError(Exception):
    """Base of this package's errors."""


class NotMakeable(DocumentError):  # noqa: N818 - a statement reads better
    """`problems` are keys such as `seller.iban` or `buyer.siren`; `documents.wording` says them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = tuple(problems)


class NotValid(DocumentError):  # noqa: N818 - a statement reads better
    """`failures` are the failed assertions, in the words of the rules; never logged, for they quote values."""

    def __init__(self, failures: Sequence[str]) -> None:
        super().__init__(f"{len(failures)} failed assertions")
        self.failures = tuple(failures)


class ValidatorFailed(DocumentError):  # noqa: N818 - a statement reads better
    """No verdict was given, which is never taken for a good one."""
