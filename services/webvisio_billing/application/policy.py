"""The operator's own policy: what the terms leave to them, and whom to tell.

Read from the environment (docs/architecture.md, "Settings and secrets").
What is wrong there is said at start and ends the process: a policy that is
half understood would write wrong letters.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from webvisio_billing.domain.letters import ReminderPolicy
from webvisio_billing.domain.terms import TermsVersion
from webvisio_billing.storage.tables import ENDPOINT_CHARACTERS

MAX_WEBHOOKS: Final = 10
MAX_REMINDERS: Final = 5
MAX_REMINDER_DAYS: Final = 28
MIN_SECRET_BYTES: Final = 24


class PolicyInvalid(ValueError):  # noqa: N818 - a statement reads better
    """A setting does not say what it should; the message names the variable."""


class Policy(msgspec.Struct, frozen=True):
    """How this operator handles what the terms leave open."""

    suspends_automatically: bool = False
    """Clause 6.4: suspend by itself from day 15; stored with each order, so it never changes an old contract."""
    reminders: ReminderPolicy = ReminderPolicy()
    terms_version: str = TermsVersion().version
    terms_sha256: str = TermsVersion().sha256
    """Of the text of a new order (`application.terms`)."""
    webhooks: tuple[str, ...] = ()
    """Where every event of a contract is told."""

    @property
    def terms(self) -> TermsVersion:
        """The terms of a new order."""
        return TermsVersion(
            version=self.terms_version,
            sha256=self.terms_sha256,
            suspends_automatically=self.suspends_automatically,
        )


def policy_from_environment(environment: Mapping[str, str]) -> Policy:
    """Read the policy; raises `PolicyInvalid`."""
    return Policy(
        suspends_automatically=_choice(
            environment, "WEBVISIO_SUSPENSION", {"manual": False, "automatic": True}
        ),
        reminders=ReminderPolicy(
            _days(environment, "WEBVISIO_REMIND_BEFORE_DAYS", ReminderPolicy().days_before),
            _days(environment, "WEBVISIO_REMIND_AFTER_DAYS", ReminderPolicy().days_after),
        ),
        webhooks=_webhooks(environment),
    )


def webhook_secret(environment: Mapping[str, str]) -> str:
    """Read the secret that webhooks are signed with; empty where there is none. Raises `PolicyInvalid`."""
    variable = "WEBVISIO_WEBHOOK_SECRET"
    secret = environment.get(variable, "")
    if not secret:
        return ""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith("whsec_") or len(key) < MIN_SECRET_BYTES:
        raise PolicyInvalid(f"{variable} must be whsec_ and at least {MIN_SECRET_BYTES} bytes in base64")
    return secret


def _choice(environment: Mapping[str, str], variable: str, known: Mapping[str, bool]) -> bool:
    found = environment.get(variable) or next(iter(known))
    if found not in known:
        raise PolicyInvalid(f"{variable} must be one of {', '.join(known)}")
    return known[found]


def _days(environment: Mapping[str, str], variable: str, usual: tuple[int, ...]) -> tuple[int, ...]:
    text = environment.get(variable)
    if text is None:
        return usual
    days = [part.strip() for part in text.split(",") if part.strip()]
    if len(days) > MAX_REMINDERS or not all(_is_day(day) for day in days):
        raise PolicyInvalid(
            f"{variable} must be at most {MAX_REMINDERS} numbers from 1 to {MAX_REMINDER_DAYS}, "
            "comma-separated"
        )
    return tuple(sorted({int(day) for day in days}))


def _is_day(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_REMINDER_DAYS


def _webhooks(environment: Mapping[str, str]) -> tuple[str, ...]:
    variable = "WEBVISIO_WEBHOOKS"
    found = tuple(
        dict.fromkeys(url.strip() for url in environment.get(variable, "").split(",") if url.strip())
    )
    if len(found) > MAX_WEBHOOKS:
        raise PolicyInvalid(f"{variable} names more than {MAX_WEBHOOKS} addresses")
    for url in found:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > ENDPOINT_CHARACTERS:
            raise PolicyInvalid(f"{variable} must be http or https addresses, comma-separated")
    if found and not webhook_secret(environment):
        raise PolicyInvalid(f"{variable} needs WEBVISIO_WEBHOOK_SECRET, with which they are signed")
    return found
