"""`webvisio-billing import-statement FILE...`: import bank statements (CAMT.053 or CSV).

Each file is one transaction: imported whole or refused whole. Prints one JSON
object a file. Exit status: 0 imported (a file that was known before included),
2 a file cannot be read, with its faults by line on standard error.
"""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

import msgspec
from tqdm import tqdm

from webvisio_billing.application.bank import Bank
from webvisio_billing.application.contracts import Billing
from webvisio_billing.payments.statements import MAX_STATEMENT_BYTES, Unreadable
from webvisio_billing.service import BillingState
from webvisio_billing.web.words import words_for
from webvisio_entitlements.clock import clock_from_environment

NAME: Final = "import-statement"
HELP: Final = "import bank statements, CAMT.053 or CSV, and match them with what is owed"

IMPORTED, REFUSED = 0, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="statement file, or - for standard input")
    parser.add_argument(
        "--database", default="", help="SQLAlchemy URL (WEBVISIO_BILLING_DATABASE, else in WEBVISIO_HOME)"
    )
    parser.add_argument(
        "--language", choices=("fr", "en"), default="fr", help="language of the messages (default: fr)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Import the files in order."""
    state = BillingState(database=arguments.database) if arguments.database else BillingState()
    store = state.open_store()
    clock = clock_from_environment()
    bank = Bank(Billing(store, clock), clock)
    words = words_for(arguments.language)
    status = IMPORTED
    try:
        for name in arguments.files:
            try:
                data = _content(name)
            except OSError as error:
                sys.stderr.write(f"{name}: {error.strerror or error}\n")
                status = REFUSED
                continue
            bar = _Bar(name)
            done = bank.import_statement(data, f"import:{getpass.getuser()}"[:64], bar)
            bar.close()
            if isinstance(done, Unreadable):
                status = REFUSED
                sys.stderr.write(f"{name}: {words('statement_refused')}\n")
                sys.stderr.writelines(f"{name}: {told}\n" for told in words.faults(done))
                continue
            sys.stdout.write(msgspec.json.encode({"file": name} | msgspec.to_builtins(done)).decode() + "\n")
    finally:
        store.close()
    return status


class _Bar:
    """Draws a bar for a person who watches; nothing for a script."""

    def __init__(self, name: str) -> None:
        self._bar: tqdm[NoReturn] = tqdm(desc=name, unit="", leave=False, disable=None)

    def __call__(self, done: int, total: int) -> None:
        """Show how far the import is."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def _content(name: str) -> bytes:
    """Read a file, at most one byte more than the limit that refuses it."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_STATEMENT_BYTES + 1)
    with Path(os.fspath(name)).open("rb") as file:
        return file.read(MAX_STATEMENT_BYTES + 1)
