"""What the hub reads from its environment, in one place."""

import os
from pathlib import Path

from webvisio_entitlements.clock import Clock
from webvisio_entitlements.source import BillingSource
from webvisio_hub.errors import SettingsError


def required(name: str) -> str:
    """Read a variable that the supervisor sets; raises `SettingsError` naming it."""
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set: start the platform by `make run`")
    return value


def home() -> Path:
    """Where the state is."""
    return Path(required("WEBVISIO_HOME"))


def billing_source_from(clock: Clock) -> BillingSource:
    """Make the reader of billing's entitlement stream."""
    return BillingSource(required("WEBVISIO_BILLING_URL"), required("WEBVISIO_INTERNAL_TOKEN"), clock=clock)
