"""What the commands that open the database share: their arguments, their database, their refusals.

Exit status of all of them: 0 done, 1 something was found, 2 wrong usage or
configuration, 75 (EX_TEMPFAIL) the database is locked or gone: nothing is
half-done, run it again.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Final, NoReturn

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from tqdm import tqdm

from webvisio_billing.application.policy import PolicyInvalid
from webvisio_billing.service import BillingState
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import DatabaseUnavailable

DONE, FOUND, MISUSED, TRY_AGAIN = 0, 1, 2, 75
BAR_AFTER_S: Final = 0.5
"""Shorter work shows no bar."""


class Misused(Exception):  # noqa: N818 - a statement reads better
    """The command cannot begin; the message says what to do."""


def add_database(parser: argparse.ArgumentParser) -> None:
    """Declare which database is meant."""
    parser.add_argument(
        "--database", default="", help="SQLAlchemy URL (WEBVISIO_BILLING_DATABASE, else in WEBVISIO_HOME)"
    )


def database_url(arguments: argparse.Namespace) -> str:
    """Tell which database is meant."""
    state = BillingState(database=arguments.database) if arguments.database else BillingState()
    return state.database_url()


@contextmanager
def opened(arguments: argparse.Namespace, *, is_read_only: bool = False) -> Iterator[Store]:
    """Open a database that is there and up to date; `init` makes and updates it."""
    url = database_url(arguments)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misused("the database's URL cannot be read") from error
    path = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if path is not None and not Path(path).exists():
        raise Misused("there is no database yet: run `webvisio-billing init`")
    store = Store(url, is_read_only=is_read_only)
    try:
        if not store.is_current:
            raise Misused("the database is of another version: run `webvisio-billing init`")
        yield store
    finally:
        store.close()


def told(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Turn what keeps a command from working into one sentence and an exit status."""

    @wraps(command)
    def run(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except (Misused, PolicyInvalid) as refusal:
            sys.stderr.write(f"{refusal}\n")
            return MISUSED
        except DatabaseUnavailable:
            sys.stderr.write(
                "the database is locked, does not answer or is damaged; what was not committed was rolled "
                "back whole: run the command again\n"
            )
            return TRY_AGAIN

    return run


def bar(total: int, unit: str) -> "tqdm[NoReturn]":
    """Show progress to a person who watches; nothing to a script."""
    return tqdm(total=total, unit=unit, delay=BAR_AFTER_S, disable=None, leave=False, file=sys.stderr)
