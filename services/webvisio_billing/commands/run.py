"""`webvisio-billing run`: one pass over everything that is due, then over documents and the outbox.

For cron, for a machine that was off, and for a platform whose service is
down; it may run beside the service, and twice at once. Killed at any
instruction, it goes on from there. Prints one JSON object. Exit status: 0 all
is done, 1 some contracts are stuck, documents wait or messages were not delivered.
"""

import argparse
import os
import sys
from typing import Final

import msgspec

from webvisio_billing.application.documents import Documents
from webvisio_billing.commands.state import DONE, FOUND, add_database, bar, opened, told
from webvisio_billing.composition import check_settings, make_billing, make_courier
from webvisio_billing.documents.seller_file import SellerFile
from webvisio_billing.outbox.courier import Delivered
from webvisio_billing.service import BillingState
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
        check_settings(os.environ)
        billing = make_billing(store, clock, os.environ)
        documents = Documents(store, clock, SellerFile(BillingState().seller_path()))
        passing = billing.run()
        with store.transaction() as session:
            due = registry.count_due(session, passing.now)
        with bar(due, "contract") as shown:
            passing.finish(shown.update)
        with bar(documents.waiting_count(), "document") as shown:
            made = documents.make_all(shown.update)
        delivered = Delivered()
        if not arguments.no_delivery:
            courier = make_courier(store, clock, os.environ, documents)
            with store.transaction() as session:
                waiting = outbox.counts(session)[outbox.State.WAITING]
            with bar(waiting, "message") as shown:
                delivered = courier.finish(shown.update)
        waiting_documents = documents.waiting_count()
    answer = {
        "now": passing.now,
        "looked_at": passing.looked_at,
        "happened": dict(sorted(passing.happened.items())),
        "stuck": list(passing.stuck.values()),
        "documents": {"tried": made, "waiting": waiting_documents},
        "delivery": delivered._asdict(),
    }
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    is_all_done = not (passing.stuck or waiting_documents or delivered.put_off or delivered.died)
    return DONE if is_all_done else FOUND
