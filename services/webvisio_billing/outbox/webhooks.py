"""Notifications by webhook, signed as Standard Webhooks says.

The body is the stored payload, byte for byte; `webhook-id` is the message's
key, the same at every attempt, so that a receiver knows what it had already.
"""

import hashlib
from datetime import datetime
from typing import Final, Protocol

import httpx
from standardwebhooks import Webhook

from webvisio_billing.outbox.mail import Undelivered
from webvisio_billing.storage.outbox import Message

TIMEOUT_S: Final = 10.0
GONE: Final = 410
"""The receiver wants no more of them: this message is not tried again."""


class Subscriber(Protocol):
    """Where notifications go."""

    def notify(self, message: Message, now: datetime) -> None:
        """Deliver a notification; raises `Undelivered`."""


class SignedSubscriber:
    """Posts notifications to their endpoint, signed with the operator's secret."""

    def __init__(self, secret: str, transport: httpx.BaseTransport | None = None) -> None:
        self._secret = secret
        self._transport = transport

    def notify(self, message: Message, now: datetime) -> None:
        """Post one notification: any 2xx answer is a receipt; redirections are not followed."""
        if not self._secret:
            raise Undelivered("secret_missing")
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S, transport=self._transport, trust_env=False) as client,
                client.stream(
                    "POST",
                    message.endpoint,
                    content=message.payload,
                    headers=signed_headers(self._secret, message, now),
                ) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Undelivered("endpoint_unreachable") from error
        if not 200 <= status < 300:
            raise Undelivered(f"http_{status}", is_final=status == GONE)


def signed_headers(secret: str, message: Message, now: datetime) -> dict[str, str]:
    """Make the headers of a notification as sent at `now`."""
    webhook_id = webhook_id_of(message.key)
    return {
        "Content-Type": "application/json",
        "User-Agent": "webvisio-billing",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, now, message.payload.decode()),
    }


def webhook_id_of(key: str) -> str:
    """Make the identifier by which a receiver knows a notification again."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
