"""`webvisio-billing simulate FILE...`: play scenarios and print what would happen.

Prints JSON Lines, one object a step, in UTF-8 whatever the terminal's encoding. All files are read and checked before
anything is played. Exit status: 0 played (refused steps included), 1 an
expectation was not met (`--check`), 2 a file is unreadable or not well formed.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from webvisio_billing.simulate.errors import ScenarioError
from webvisio_billing.simulate.expectations import mismatches
from webvisio_billing.simulate.player import play
from webvisio_billing.simulate.reading import MAX_FILE_BYTES
from webvisio_billing.simulate.scenario import Scenario, read_scenarios
from webvisio_protocol.signalling import Locale

NAME = "simulate"
HELP = "play contract scenarios on a calendar and print what would happen"

PLAYED, EXPECTATION_NOT_MET, NOT_WELL_FORMED = 0, 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="scenario file (YAML), or - for standard input"
    )
    parser.add_argument(
        "--language", choices=("fr", "en"), default="fr", help="language of the messages (default: fr)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="print only where a step is not what it `expect`s, and exit with status 1 then",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read all files, then play them."""
    scenarios: list[Scenario] = []
    is_well_formed = True
    for name in arguments.files:
        try:
            scenarios += read_scenarios(_content(name), name)
        except ScenarioError as error:
            is_well_formed = False
            sys.stderr.write(f"{error}\n")
        except OSError as error:
            is_well_formed = False
            sys.stderr.write(f"{name}: {error.strerror or error}\n")
    if not is_well_formed:
        return NOT_WELL_FORMED
    if arguments.check:
        return _check(scenarios, arguments.language)
    for scenario in scenarios:
        for answer in play(scenario, arguments.language):
            _print(msgspec.json.encode(answer))
    return PLAYED


def _check(scenarios: list[Scenario], locale: Locale) -> int:
    status = PLAYED
    for scenario in scenarios:
        for step, answer in zip(scenario.steps, play(scenario, locale), strict=True):
            for mismatch in mismatches(step.expect, answer) if step.expect is not None else ():
                status = EXPECTATION_NOT_MET
                _print(f"{scenario.name}, step {step.number} ({step.do}): {mismatch}".encode())
    return status


def _print(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")


def _content(name: str) -> bytes:
    """Read a file, at most one byte more than the limit that refuses it."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)
