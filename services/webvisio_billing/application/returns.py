"""Money that went back at the gateway after it was paid: a refund, a dispute, a chargeback.

The gateway is asked - after a webhook, and by itself once a day for as long as
money may go back - and what it tells is recorded once, by its own name of the
return (clause 6.3). What cannot be booked, or whose amount is not told, waits
for the operator.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import Problem
from webvisio_billing.application.worker import Worker
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Method, ReversePayment
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.payments.gateway import (
    GatewayOrder,
    GatewayRefused,
    OutcomeUnknown,
    PaymentGateway,
    Returned,
)
from webvisio_billing.storage import checkouts as kept
from webvisio_billing.storage.checkouts import Checkout, KeptReturn
from webvisio_entitlements.clock import Clock

LOOK_BACK_FOR: Final = timedelta(days=200)
"""Money goes back for half a year: refunds as disputes may be made for 180 days."""
LOOK_BACK_EVERY: Final = timedelta(days=1)
LOOKED_BACK_AT_ONCE: Final = 10
AMOUNT_UNKNOWN: Final = "amount_unknown"
GATEWAY: Final = "paypal"
"""Who is named in the audit where the gateway's word is booked."""
MAX_SHOWN: Final = 100

_log = logging.getLogger(__name__)


class Returns:
    """The use cases of money that goes back; `gateway` None where none is configured."""

    def __init__(
        self, billing: Billing, worker: Worker, clock: Clock, gateway: PaymentGateway | None
    ) -> None:
        self._billing = billing
        self._worker = worker
        self._clock = clock
        self._gateway = gateway
        self._looked_up_to = ""
        self._round_ended_at: datetime | None = None

    async def newest(self) -> list[KeptReturn]:
        """List the newest money that went back at the gateway."""
        return await self._worker.run(self._billing.look, lambda session: kept.returns(session, MAX_SHOWN))

    async def look_back(self) -> None:
        """Ask about some of what was paid: money may go back long afterwards, and a webhook may be lost.

        Goes round all payments young enough once a day, a few at each look.
        """
        now = self._clock.now()
        if self._round_ended_at is not None and now - self._round_ended_at < LOOK_BACK_EVERY:
            return
        behind, since = self._looked_up_to, now - LOOK_BACK_FOR
        page = await self._worker.run(
            self._billing.look, lambda session: kept.paid_since(session, since, behind, LOOKED_BACK_AT_ONCE)
        )
        for checkout in page:
            self._looked_up_to = checkout.checkout_id
            try:
                await self.ask(checkout)
            except OutcomeUnknown as unknown:
                _log.warning("whether money went back is not known yet (%s)", unknown)
        if len(page) < LOOKED_BACK_AT_ONCE:
            self._round_ended_at, self._looked_up_to = now, ""

    async def ask(self, checkout: Checkout, reversal_id: str = "") -> None:
        """Ask whether money of a paid checkout has gone back, and record it. Raises `OutcomeUnknown`."""
        assert self._gateway is not None and checkout.order_id is not None, "it was paid at the gateway"
        try:
            order = await self._gateway.order(checkout.order_id)
        except GatewayRefused as refused:
            _log.warning("the gateway refuses to tell of a paid order (%s)", refused.code)
            return
        await self._worker.run(
            self._billing.transact, lambda session: self.record(session, checkout, order, reversal_id)
        )

    def record(
        self, session: Session, checkout: Checkout, order: GatewayOrder, reversal_id: str = ""
    ) -> None:
        """Record each return once, as the gateway tells it; what cannot be booked waits for the operator."""
        if order.capture_id is None or order.capture_id != checkout.capture_id:
            return
        for one in order.returned:
            is_reversal = one.is_reversal or one.return_id == reversal_id
            if not kept.is_known_return(session, one.return_id):
                outcome = self._book(session, checkout, one, is_reversal=is_reversal)
                self._note(session, checkout, one, outcome, is_reversal=is_reversal)
        unclear = Returned(f"{order.capture_id}-unclear", 0, checkout.currency)
        if order.is_return_unclear and not kept.is_known_return(session, unclear.return_id):
            _log.warning("money of an online payment went back, and the gateway does not tell how much")
            self._note(session, checkout, unclear, AMOUNT_UNKNOWN, is_reversal=False)

    def _book(self, session: Session, checkout: Checkout, one: Returned, *, is_reversal: bool) -> str:
        if one.currency != checkout.currency:
            return DomainCode.CURRENCY_MISMATCH.value
        command = ReversePayment(
            key=PaymentKey(f"paypal-return-{one.return_id}"),
            payment=PaymentKey(f"paypal-{checkout.capture_id}"),
            amount_minor=one.amount_minor,
            method=Method.PAYPAL,
            is_refund=not is_reversal,
        )
        done = self._billing.decisions.execute(session, checkout.contract_id, command, GATEWAY)
        match done:
            case DomainRefusal():
                return done.code.value
            case Problem():
                return done.message
            case _:
                return kept.BOOKED

    def _note(
        self, session: Session, checkout: Checkout, one: Returned, outcome: str, *, is_reversal: bool
    ) -> None:
        made = KeptReturn(
            return_id=one.return_id,
            checkout_id=checkout.checkout_id,
            contract_id=checkout.contract_id,
            amount_minor=one.amount_minor,
            currency=one.currency,
            is_reversal=is_reversal,
            outcome=outcome,
            noted_at=self._clock.now(),
        )
        kept.add_return(session, made)
