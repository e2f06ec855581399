"""Puts the parts together from the environment: the same for the service and for the commands."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.documents import Documents
from webvisio_billing.application.policy import policy_from_environment, webhook_secret
from webvisio_billing.application.terms import TermsShelf, terms_in_force
from webvisio_billing.outbox.courier import Courier
from webvisio_billing.outbox.mail import post_from_environment, sender_from_environment
from webvisio_billing.outbox.webhooks import SignedSubscriber
from webvisio_billing.storage.database import Store
from webvisio_entitlements.clock import Clock

DEFAULT_SENDER: Final = "Web Visio"


def check_settings(environment: Mapping[str, str]) -> None:
    """Look at all settings before anything begins; raises `PolicyInvalid`."""
    policy_from_environment(environment)
    terms_in_force(environment)
    post_from_environment(environment)
    sender_from_environment(environment, DEFAULT_SENDER)


def make_billing(store: Store, clock: Clock, environment: Mapping[str, str]) -> Billing:
    """Make the use cases with the operator's policy; raises `PolicyInvalid`."""
    policy = policy_from_environment(environment)
    terms = terms_in_force(environment)
    make_shelf(environment).keep(terms)
    policy = msgspec.structs.replace(policy, terms_version=terms.version, terms_sha256=terms.sha256)
    billing = Billing(store, clock, policy=policy)
    billing.refresh_tables()
    return billing


def make_shelf(environment: Mapping[str, str]) -> TermsShelf:
    """Find the texts of all terms that were ever in force."""
    return TermsShelf(Path(environment.get("WEBVISIO_HOME") or "var") / "terms")


def make_courier(store: Store, clock: Clock, environment: Mapping[str, str], documents: Documents) -> Courier:
    """Make who delivers the outbox, by the ways that the operator has set; raises `PolicyInvalid`."""
    return Courier(
        store,
        clock,
        post_from_environment(environment),
        sender_from_environment(environment, documents.seller_name() or DEFAULT_SENDER),
        SignedSubscriber(webhook_secret(environment)),
        documents.document_bytes,
    )


def is_mail_by_hand(environment: Mapping[str, str]) -> bool:
    """Whether letters are written as files, because no mail server is set."""
    return not environment.get("WEBVISIO_SMTP_URL")
