"""`webvisio-billing verify`: check the journal, the ledger and all that follows from them.

Prints one JSON object a finding, then a summary. `--anchor FILE` checks
against the heads kept in FILE, if it is there, and, where all is well, writes
the present ones in their place: kept on another machine, it shows a journal
that was rewritten as a whole. Exit status: 0 all is well, 1 it is not.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

from webvisio_billing.application.findings import Head, Report
from webvisio_billing.application.verification import count_contracts, verify
from webvisio_billing.commands.state import DONE, FOUND, Misused, add_database, bar, opened, told

NAME: Final = "verify"
HELP: Final = "check that the journal, the ledger and all that follows from them are as they were written"

MAX_ANCHOR_BYTES: Final = 256 * 1024 * 1024


class Anchor(msgspec.Struct, frozen=True):
    """The heads of all chains at one moment, as they are kept outside."""

    heads: list[Head]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_database(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--anchor", metavar="FILE", help="check against FILE, then keep the present heads there"
    )
    group.add_argument("--against", metavar="FILE", help="check against the heads kept in FILE")


@told
def run(arguments: argparse.Namespace) -> int:
    """Check everything."""
    known: dict[str, Head] = {}
    kept = arguments.anchor or arguments.against
    if kept and (arguments.against or Path(kept).exists()):
        known = {head.chain: head for head in _read(Path(kept)).heads}
    with opened(arguments, is_read_only=True) as store, bar(count_contracts(store), "contract") as shown:
        report = verify(store, known, shown.update)
    for finding in report.findings:
        sys.stdout.write(msgspec.json.encode(finding).decode() + "\n")
    if report.is_well and arguments.anchor:
        _write(Path(arguments.anchor), report)
    summary = {
        "is_well": report.is_well,
        "contracts": report.contracts,
        "events": report.events,
        "entries": report.entries,
        "lines": report.lines,
        "anchored": len(known),
        "findings": len(report.findings),
    }
    sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
    return DONE if report.is_well else FOUND


def _read(path: Path) -> Anchor:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ANCHOR_BYTES + 1)
        return msgspec.json.decode(data[:MAX_ANCHOR_BYTES], type=Anchor)
    except (OSError, msgspec.MsgspecError) as error:
        raise Misused(f"{path} holds no anchored heads") from error


def _write(path: Path, report: Report) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(Anchor(report.heads)), indent=0))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise Misused(f"{path} cannot be written") from error
