"""Invites somebody from the operator's terminal: prints a link that works once.

    python -m webvisio_hub.invite NAME

For lost passwords, the operator's own included. Reads `WEBVISIO_HOME` and
`WEBVISIO_PUBLIC_URL` like `make run`; the platform may run meanwhile.
"""

import asyncio
import os
import sys

from webvisio_hub.accounts.authenticator import accounts_in_home
from webvisio_hub.errors import HubError
from webvisio_hub.supervision.layout import layout_from


def main(arguments: list[str]) -> int:
    """Print the link; returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m webvisio_hub.invite NAME\n")
        return 2
    try:
        layout = layout_from()
    except HubError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if not layout.secrets_file.exists():
        sys.stderr.write(f"{layout.home}: no platform was started here yet\n")
        return 1
    os.environ["WEBVISIO_HOME"] = str(layout.home)
    accounts = accounts_in_home()
    invited = asyncio.run(accounts.invite(arguments[0].lower()))
    accounts.close()
    sys.stdout.write(
        f"{layout.public_url}/hub/invitation/{invited.token}\n{invited.expires_at:%Y-%m-%d %H:%M} UTC\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
