"""What can go wrong in storage.

    StorageError
    |-- JournalConflict      somebody else wrote the same sequence first: load again and decide again
    |-- JournalBroken        a contract's hash chain does not hold: stop and look
    |-- DocumentBroken       the bytes of an issued document are not the ones that were kept
    |-- LedgerBroken         an entry of the ledger has not the lines that it was written with
    `-- DatabaseUnavailable  the database is locked or gone: nothing was written, try again later

`JournalConflict` is expected and retried; the others are broken promises.
"""


class StorageError(Exception):
    """Base of this package's errors."""


class JournalConflict(StorageError):  # noqa: N818 - a statement reads better
    """The sequence to be written is taken."""


class JournalBroken(StorageError):  # noqa: N818 - a statement reads better
    """What is stored is not what was written."""

    def __init__(self, contract_id: str, sequence: int) -> None:
        super().__init__(f"the journal of contract {contract_id} does not hold at sequence {sequence}")


class LedgerBroken(StorageError):  # noqa: N818 - a statement reads better
    """What is stored is not what was written."""

    def __init__(self, year: int, ordinal: int) -> None:
        super().__init__(f"entry {ordinal} of {year} has not the lines that it was written with")


class DatabaseUnavailable(StorageError):  # noqa: N818 - a statement reads better
    """The database is locked or gone; the transaction was rolled back whole."""


class DocumentBroken(StorageError):  # noqa: N818 - a statement reads better
    """The bytes of an issued document do not fit their hash."""

    def __init__(self, number: str) -> None:
        super().__init__(f"the bytes of document {number} are not what was kept")
