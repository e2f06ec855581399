"""`webvisio-billing run`: one pass over everything that is due, then over the outbox.

For cron, for a machine that was off, and for a platform whose service is
down; it may run beside the service, and twice at once. Killed at any
instruction, it goes on from there. Prints one JSON object. Exit status: 0 all
is done, 1 some contracts are stuck or messages were not delivered.
"""

import argparse
import os
import sys
from typing import Final

import msgspec

from webvisio_billing.commands.state import DONE, FOUND, add_database, bar, opened, told
from webvisio_billing.composition import make_billing, make_courier
from webvisio_billing.outbox.courier import Delivered
from webvisio_billing.storage import outbox, registry
from webvisio_entitlements.clock import clock_from_environment

NAME: Final = "run"
HELP: Final = "let time pass for every contract that is due, and deliver what waits in the outbox"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_database(parser)
    parser.add_argument(
        "--no-delivery", action="store_true", help="leave messages in the outbox, for the service to deliver"
    )


@told
def run(arguments: argparse.Namespace) -> int:
    """Do what is due."""
    clock = clock_from_environment()
    with opened(arguments) as store:
        billing = make_billing(store, clock, os.environ)
        courier = make_courier(store, clock, os.environ)
        passing = billing.run()
        with store.transaction() as session:
            due = registry.count_due(session, passing.now)
        with bar(due, "contract") as shown:
            passing.finish(shown.update)
        delivered = Delivered()
        if not arguments.no_delivery:
            with store.transaction() as session:
                waiting = outbox.counts(session)[outbox.State.WAITING]
            with bar(waiting, "message") as shown:
                delivered = courier.finish(shown.update)
    answer = {
        "now": passing.now,
        "looked_at": passing.looked_at,
        "happened": dict(sorted(passing.happened.items())),
        "stuck": list(passing.stuck.values()),
        "delivery": delivered._asdict(),
    }
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    return FOUND if passing.stuck or delivered.put_off or delivered.died else DONE
