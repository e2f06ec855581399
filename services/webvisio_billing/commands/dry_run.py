"""`webvisio-billing dry-run`: print what `run` would do now, and touch nothing.

JSON Lines, one object a contract that is due: its events without numbers, the
letters that would be written, or why it is stuck. The database is opened for
reading only. Exit status: 0, or 1 where a contract is stuck.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from typing import Final

import msgspec

from webvisio_billing.commands.state import DONE, FOUND, Misused, add_database, bar, opened, told
from webvisio_billing.composition import make_billing
from webvisio_billing.storage import registry
from webvisio_entitlements.clock import clock_from_environment

EARLIEST_YEAR: Final = 2001
LATEST_YEAR: Final = 2199
NAME: Final = "dry-run"
HELP: Final = "print what `run` would do, and do nothing"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_database(parser)
    parser.add_argument(
        "--at", metavar="INSTANT", help="as if it were this instant (ISO 8601 with an offset); default: now"
    )


@told
def run(arguments: argparse.Namespace) -> int:
    """Print what would happen."""
    clock = clock_from_environment()
    now = clock.now() if arguments.at is None else _instant(arguments.at)
    status = DONE
    with opened(arguments, is_read_only=True) as store:
        billing = make_billing(store, clock, os.environ)
        with store.transaction() as session:
            due = registry.count_due(session, now)
        with bar(due, "contract") as shown:
            for foreseen in billing.foresee(now):
                if foreseen.stuck is not None:
                    status = FOUND
                sys.stdout.write(msgspec.json.encode(foreseen).decode() + "\n")
                shown.update()
    return status


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misused("--at must be an instant such as 2026-12-15T00:00:00+01:00") from error
    if instant.tzinfo is None:
        raise Misused("--at needs an offset, such as 2026-12-15T00:00:00+01:00")
    if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise Misused(f"--at must lie between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return instant.astimezone(UTC)
