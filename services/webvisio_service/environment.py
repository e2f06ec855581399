"""What a service finds in its environment (docs/architecture.md, "Settings and secrets")."""

import asyncio
import logging
import os
import secrets
import signal

_log = logging.getLogger(__name__)


def secret(variable: str) -> str:
    """Read a secret; one that is missing is made up, good until the process ends."""
    found = os.environ.get(variable)
    if not found:
        _log.warning("%s is not set: a secret is made up for this run", variable)
        os.environ[variable] = found = secrets.token_hex(32)
    return found


def trusted_proxies() -> list[str]:
    """List the proxies whose word on where a request comes from is believed (WEBVISIO_TRUSTED_PROXIES)."""
    return [address for address in os.environ.get("WEBVISIO_TRUSTED_PROXIES", "").split(",") if address]


def stop_signal() -> asyncio.Event:
    """Make an event that SIGTERM and SIGINT set, in the running loop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
