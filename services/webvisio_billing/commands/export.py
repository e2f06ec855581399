"""`webvisio-billing export`: a year of the ledger, as the FEC of French law or as CSV.

The FEC (article A47 A-1 LPF) is named after the seller's SIREN, as the
seller's file says it unless another is given, and written into the folder
given. CSV goes to standard output, or into a file.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from webvisio_billing.application import accounting
from webvisio_billing.commands.state import DONE, Misused, add_database, opened, told
from webvisio_billing.documents.errors import NotMakeable
from webvisio_billing.documents.seller_file import SellerFile
from webvisio_billing.service import BillingState
from webvisio_billing.storage.database import Store

NAME: Final = "export"
HELP: Final = "write a year of the ledger as FEC (article A47 A-1 LPF) or CSV"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_database(parser)
    parser.add_argument("format", choices=("fec", "csv"))
    parser.add_argument("--year", type=int, required=True, help="calendar year of the entries")
    parser.add_argument("--siren", default="", help="names the FEC (default: the SIREN in the seller's file)")
    parser.add_argument(
        "--output", default="", help="fec: folder (default: the present one); csv: file (default: output)"
    )


@told
def run(arguments: argparse.Namespace) -> int:
    """Write the file whole or not at all."""
    if not 2000 <= arguments.year <= 9999:
        raise Misused("--year must be a year such as 2026")
    with opened(arguments, is_read_only=True) as store:
        if arguments.format == "csv":
            return _csv(store, arguments.year, arguments.output)
        name = _fec_name("".join(arguments.siren.split()), arguments.year)
        return _fec(store, arguments.year, Path(arguments.output or ".") / name)


def _fec_name(given: str, year: int) -> str:
    path = BillingState().seller_path()
    try:
        siren = given or SellerFile(path).read().siren
    except NotMakeable as error:
        raise Misused(f"{path} cannot be read: mend it, or give --siren") from error
    if not siren:
        raise Misused(f"{path} names no siren: put it there, or give --siren")
    try:
        return accounting.fec_name(siren, year)
    except ValueError as error:
        raise Misused(str(error)) from error


def _fec(store: Store, year: int, path: Path) -> int:
    def write(target: TextIO) -> int:
        with store.transaction() as session:
            return accounting.write_fec(session, year, target)

    lines = _whole(path, write)
    sys.stdout.write(f"{path}: {lines} lines\n")
    return DONE


def _csv(store: Store, year: int, output: str) -> int:
    def write(target: TextIO) -> int:
        with store.transaction() as session:
            return accounting.write_csv(session, year, target)

    if output:
        sys.stdout.write(f"{output}: {_whole(Path(output), write)} lines\n")
    else:
        write(sys.stdout)
    return DONE


def _whole(path: Path, write: Callable[[TextIO], int]) -> int:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as target:
            lines = write(target)
        part.replace(path)
    except OSError as error:
        raise Misused(f"{path} cannot be written") from error
    return lines
