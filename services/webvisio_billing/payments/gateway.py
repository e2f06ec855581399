"""The port of an online payment: open an order, let the payer approve it, capture it, ask about it.

Whatever leaves it open whether a request had an effect is `OutcomeUnknown`:
the caller keeps the checkout and asks again, it never guesses (clause 6.3).
Every request that moves something carries a key, and repeating it is harmless.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec


class OrderState(StrEnum):
    """Where an order stands at the gateway."""

    WAITING = "waiting"
    """The payer has not approved it."""
    APPROVED = "approved"
    CAPTURED = "captured"
    PENDING = "pending"
    """The money is being looked at by the gateway."""
    DECLINED = "declined"
    GONE = "gone"
    """Cancelled, run out, or never there."""


class Returned(msgspec.Struct, frozen=True):
    """Money of a capture that has gone back: refunded by the seller, or taken back (`is_reversal`)."""

    return_id: str
    amount_minor: int
    currency: str
    is_reversal: bool = False


class GatewayOrder(msgspec.Struct, frozen=True):
    """An order as the gateway tells it; amounts are those of the capture once there is one."""

    order_id: str
    state: OrderState
    amount_minor: int
    currency: str
    checkout_id: str
    capture_id: str | None = None
    returned: tuple[Returned, ...] = ()
    is_return_unclear: bool = False
    """Money has gone back and the amounts told do not add up to what the state says."""


class AskedOrder(msgspec.Struct, frozen=True):
    """An order to be opened; the payer comes back at one of the two addresses."""

    checkout_id: str
    amount_minor: int
    currency: str
    description: str
    locale: str
    return_url: str
    cancel_url: str


class OpenedOrder(msgspec.Struct, frozen=True):
    """An order that waits for the payer at `approve_url`."""

    order_id: str
    approve_url: str


class GatewayEvent(msgspec.Struct, frozen=True):
    """A message of the gateway: only a reason to ask it, never a proof of payment by itself."""

    event_id: str
    type: str
    order_id: str | None
    capture_id: str | None = None
    """Whose money has gone back, where the message is about that."""
    reversal_id: str = ""
    """The return that was none of the seller's doing, where the message is about one."""


class OutcomeUnknown(Exception):  # noqa: N818 - a statement reads better
    """The gateway did not answer, or not clearly: the request may have had its effect."""


class GatewayRefused(Exception):  # noqa: N818 - a statement reads better
    """The gateway said no, by its own `code`; nothing has moved."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentGateway(Protocol):
    """What a means of online payment must do."""

    @property
    def approval_origin(self) -> str:
        """Where payers approve, for the pages' content security policy."""

    async def open(self, asked: AskedOrder) -> OpenedOrder:
        """Open an order; the same `checkout_id` again gives the same order."""

    async def capture(self, order_id: str, checkout_id: str) -> GatewayOrder:
        """Take the money of an approved order; once, however often it is asked."""

    async def order(self, order_id: str) -> GatewayOrder:
        """Ask where an order stands."""

    async def genuine_event(self, headers: Mapping[str, str], body: bytes) -> GatewayEvent | None:
        """Read a message that the gateway signed; None for any other."""

    def close(self) -> None:
        """Let go of threads and connections."""
