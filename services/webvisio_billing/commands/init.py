"""`webvisio-billing init`: make the database or bring it up to date, and say what is not set yet.

Safe to run again, and beside a running service. Exit status: 0 ready.
"""

import argparse
import os
import sys
from typing import Final

from webvisio_billing.application.policy import policy_from_environment
from webvisio_billing.commands.state import DONE, add_database, database_url, told
from webvisio_billing.outbox.mail import post_from_environment, sender_from_environment
from webvisio_billing.storage.database import Store

NAME: Final = "init"
HELP: Final = "make the database or bring it up to date, and say what is not set yet"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_database(parser)


@told
def run(arguments: argparse.Namespace) -> int:
    """Migrate, and look at the settings."""
    policy = policy_from_environment(os.environ)
    post_from_environment(os.environ)
    sender_from_environment(os.environ, "")
    store = Store(database_url(arguments))
    try:
        store.migrate()
    finally:
        store.close()
    suspends = "by itself" if policy.suspends_automatically else "by hand"
    sys.stdout.write("the database is ready\n")
    sys.stdout.write(f"suspension for what is unpaid: {suspends} (WEBVISIO_SUSPENSION)\n")
    if not os.environ.get("WEBVISIO_SMTP_URL"):
        sys.stdout.write(
            "letters are written as files into the outbox folder (WEBVISIO_SMTP_URL is not set)\n"
        )
    return DONE
