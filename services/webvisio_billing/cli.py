"""`webvisio-billing`: the operator's command, one module of `commands` a subcommand."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from webvisio_billing.commands import dry_run, export, import_statement, init, run, simulate, verify


class Subcommand(Protocol):
    """What a module of `webvisio_billing.commands` offers."""

    NAME: str
    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit status."""


SUBCOMMANDS: tuple[Subcommand, ...] = (init, run, dry_run, verify, export, import_statement, simulate)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run the subcommand; exit status 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="webvisio-billing", description="Contracts and billing of Web Visio."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for subcommand in SUBCOMMANDS:
        subparser = subparsers.add_parser(subcommand.NAME, help=subcommand.HELP, description=subcommand.HELP)
        subcommand.configure(subparser)
        subparser.set_defaults(run=subcommand.run)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader (head, a pager) has gone: nothing is left to say, and Python must not try again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
