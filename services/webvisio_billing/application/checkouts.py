"""Online payments: the acceptance is stored first, then the gateway is asked, and its outcome is never guessed.

A checkout goes `accepted -> opened -> capturing -> paid`; aside from that way
lie `pending` (the gateway looks at the money), `declined`, `cancelled`,
`abandoned` and `mismatch` (something else came than was agreed: for the
operator, who says what was done, and it is `settled`). Whoever notices first -
the payer coming back, a webhook, the regular look - asks the gateway and writes
what it says; the payment's key is the capture's name, so it counts once (clause
6.3). Money that goes back there later is the affair of `returns`.
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, conflict, invalid
from webvisio_billing.application.returns import Returns
from webvisio_billing.application.rounds import Rounds
from webvisio_billing.application.worker import Worker
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Accept, Channel, Method, Pay
from webvisio_billing.domain.identifiers import PaymentKey
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.payments.gateway import (
    AskedOrder,
    GatewayEvent,
    GatewayOrder,
    GatewayRefused,
    OrderState,
    OutcomeUnknown,
    PaymentGateway,
)
from webvisio_billing.storage import checkouts as kept
from webvisio_billing.storage import registry
from webvisio_billing.storage.checkouts import Checkout
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import ContractId, CustomerId

LOOK_EVERY_S: Final = 30.0
OPEN_FOR: Final = timedelta(hours=6)
"""PayPal keeps an order that nobody approves for about this long."""
PATIENCE: Final = timedelta(minutes=5)
"""A payer who is at the gateway comes back by themselves; then we look for them."""
MAX_LOOKED_AT: Final = 100
SHOWN: Final = 10

_log = logging.getLogger(__name__)


class CheckoutState(StrEnum):
    """Where an online payment stands; see the module."""

    ACCEPTED = "accepted"
    OPENED = "opened"
    CAPTURING = "capturing"
    PENDING = "pending"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    MISMATCH = "mismatch"
    SETTLED = "settled"
    """A mismatch that the operator has dealt with, as their remark in the audit says."""


UNDER_WAY: Final = (CheckoutState.CAPTURING, CheckoutState.PENDING)
"""The money may be moving: nobody pays the same a second time meanwhile."""
OPEN: Final = (CheckoutState.ACCEPTED, CheckoutState.OPENED)


class Begun(msgspec.Struct, frozen=True):
    """A checkout that waits for the payer at `approve_url`."""

    checkout_id: str
    approve_url: str


class Checkouts:
    """The use cases of online payment; `gateway` None where none is configured."""

    def __init__(
        self,
        billing: Billing,
        worker: Worker,
        clock: Clock,
        gateway: PaymentGateway | None,
        account_url: str,
    ) -> None:
        """`account_url` is the public address of the account page, with a slash at its end."""
        self._billing = billing
        self._worker = worker
        self._clock = clock
        self._gateway = gateway
        self._account_url = account_url
        self._rounds = Rounds("checkouts", clock, self._look)
        self.returns = Returns(billing, worker, clock, gateway)
        """Money that goes back later."""

    @property
    def approval_origin(self) -> str:
        """Where payers are sent; empty where nobody can pay online."""
        return "" if self._gateway is None else self._gateway.approval_origin

    # ---- the payer -------------------------------------------------------------------

    async def begin(
        self, contract_id: ContractId, terms_sha256: str, locale: str, actor: str
    ) -> Begun | Refused:
        """Store the acceptance, then open an order for all that is due; a draft is accepted by it."""
        if self._gateway is None:
            return conflict("online_payment_off")
        checkout = await self._worker.run(
            self._billing.transact,
            lambda session: self._accept(session, contract_id, terms_sha256, locale, actor),
        )
        if not isinstance(checkout, Checkout):
            return checkout
        place = f"{self._account_url}checkouts/{checkout.checkout_id}"
        asked = AskedOrder(
            checkout.checkout_id,
            checkout.amount_minor,
            checkout.currency,
            f"Web Visio {contract_id}",
            locale,
            f"{place}/return",
            f"{place}/cancel",
        )
        try:
            order = await self._gateway.open(asked)
        except OutcomeUnknown:
            # an order that nobody has approved moves no money: this one is left behind
            await self._move(checkout.checkout_id, CheckoutState.ABANDONED)
            return conflict("gateway_silent")
        except GatewayRefused as refused:
            _log.warning("the gateway refuses to open an order (%s)", refused.code)
            await self._move(checkout.checkout_id, CheckoutState.ABANDONED)
            return conflict("gateway_refused")
        await self._move(checkout.checkout_id, CheckoutState.OPENED, order.order_id)
        return Begun(checkout.checkout_id, order.approve_url)

    async def come_back(self, checkout_id: str, customers: tuple[CustomerId, ...]) -> Checkout | Refused:
        """Take the payer back from the gateway; captures what they approved."""
        checkout = await self.find(checkout_id, customers)
        if isinstance(checkout, Checkout):
            checkout = await self._settle(checkout)
        return checkout

    async def cancel(self, checkout_id: str, customers: tuple[CustomerId, ...]) -> Checkout | Refused:
        """Take back a payer who has given up."""
        checkout = await self.find(checkout_id, customers)
        if isinstance(checkout, Checkout) and checkout.state in OPEN:
            return await self._move(checkout_id, CheckoutState.CANCELLED)
        return checkout

    async def find(self, checkout_id: str, customers: tuple[CustomerId, ...]) -> Checkout | Problem:
        """Find a checkout of one of `customers`; those of others are not there."""

        def work(session: Session) -> Checkout | Problem:
            found = kept.find(session, checkout_id)
            view = None if found is None else self._billing.decisions.view(session, found.contract_id)
            if found is None or view is None or view.customer.customer_id not in customers:
                return NOT_FOUND
            return found

        return await self._worker.run(self._billing.look, work)

    async def of_contract(self, contract_id: ContractId) -> list[Checkout]:
        """List a contract's newest checkouts."""
        return await self._worker.run(
            self._billing.look, lambda session: kept.of_contract(session, contract_id, SHOWN)
        )

    # ---- the operator ----------------------------------------------------------------

    async def mismatches(self) -> list[Checkout]:
        """List what came otherwise than agreed and waits for the operator, oldest first."""
        return await self._worker.run(
            self._billing.look,
            lambda session: kept.in_states(session, [CheckoutState.MISMATCH], MAX_LOOKED_AT),
        )

    async def settle(self, checkout_id: str, remark: str, actor: str) -> Checkout | Refused:
        """Close a mismatch with what the operator did about it; the remark is kept in the audit."""
        if not remark.strip():
            return invalid("remark", "needed")

        def work(session: Session) -> Checkout | Refused:
            checkout = kept.find(session, checkout_id, is_to_change=True)
            if checkout is None or checkout.state not in (CheckoutState.MISMATCH, CheckoutState.SETTLED):
                return NOT_FOUND
            if checkout.state == CheckoutState.SETTLED:
                return checkout
            now = self._clock.now()
            kept.move(session, checkout_id, CheckoutState.SETTLED, now, actor=actor)
            details = {"checkout": checkout_id, "remark": remark.strip()}
            registry.record_action(
                session, now, actor, "settle_checkout", checkout.contract_id, "done", details
            )
            return _kept(session, checkout_id)

        return await self._worker.run(self._billing.transact, work)

    # ---- the gateway -----------------------------------------------------------------

    async def hear(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Hear a webhook; False when the gateway has not signed it. Raises `OutcomeUnknown`.

        A message is never believed about money: it makes us ask. It is noted
        as heard only after that, so one that fails half-way comes again.
        """
        if self._gateway is None:
            return False
        event = await self._gateway.genuine_event(headers, body)
        if event is None:
            return False
        checkout = await self._worker.run(self._billing.look, lambda session: _about(session, event))
        if checkout is not None and checkout.state == CheckoutState.PAID:
            await self.returns.ask(checkout, event.reversal_id)
        elif checkout is not None:
            await self._settle(checkout)
        await self._worker.run(
            self._billing.transact,
            lambda session: kept.hear(session, event.event_id, event.type, self._clock.now()),
        )
        return True

    # ---- the regular look ------------------------------------------------------------

    def start(self) -> None:
        """Begin to look after what is left open."""
        if self._gateway is not None:
            self._rounds.start()

    async def stop(self) -> None:
        """End; what is open waits for the next start."""
        await self._rounds.stop()
        if self._gateway is not None:
            self._gateway.close()

    async def reconcile(self) -> None:
        """Ask the gateway about every checkout whose outcome is open."""
        states = [state.value for state in (*UNDER_WAY, *OPEN)]
        waiting = await self._worker.run(
            self._billing.look, lambda session: kept.in_states(session, states, MAX_LOOKED_AT)
        )
        for checkout in waiting:
            if checkout.state != CheckoutState.OPENED or self._clock.now() - checkout.updated_at > PATIENCE:
                await self._settle(checkout)

    async def _look(self) -> float:
        await self.reconcile()
        await self.returns.look_back()
        return LOOK_EVERY_S

    # ---- inside ----------------------------------------------------------------------

    def _accept(
        self, session: Session, contract_id: ContractId, terms_sha256: str, locale: str, actor: str
    ) -> Checkout | Refused:
        view = self._billing.decisions.view(session, contract_id)
        if view is None:
            return NOT_FOUND
        if terms_sha256 != view.contract.terms.sha256:
            return refuse(DomainCode.TERMS_MISMATCH)
        if view.contract.lifecycle is Lifecycle.DRAFT:
            accept = Accept(
                channel=Channel.ONLINE_PAYMENT, terms_sha256=terms_sha256, locale=locale, actor=actor
            )
            accepted = self._billing.decisions.execute(session, contract_id, accept, actor)
            if isinstance(accepted, DomainRefusal | Problem):
                return accepted
            view = accepted
        if view.contract.balance_minor <= 0:
            return refuse(DomainCode.NOTHING_OWED)
        now = self._clock.now()
        for other in kept.of_contract(session, contract_id, MAX_LOOKED_AT):
            if other.state in UNDER_WAY:
                return conflict("payment_under_way")
            if other.state in OPEN:
                kept.move(session, other.checkout_id, CheckoutState.ABANDONED, now)
        checkout = Checkout(
            checkout_id=secrets.token_hex(16),
            contract_id=contract_id,
            amount_minor=view.contract.balance_minor,
            currency=view.contract.prices.currency,
            terms_sha256=terms_sha256,
            locale=locale,
            actor=actor,
            accepted_at=now,
            state=CheckoutState.ACCEPTED,
            updated_at=now,
        )
        kept.add(session, checkout)
        return checkout

    async def _settle(self, checkout: Checkout) -> Checkout:
        """Bring a checkout as far as the gateway's word allows; what stays open is looked at again."""
        if self._gateway is None or checkout.order_id is None:
            return await self._give_up_when_old(checkout)
        if checkout.state not in (*OPEN, *UNDER_WAY):
            return checkout
        try:
            order = await self._gateway.order(checkout.order_id)
            if order.state is OrderState.APPROVED:
                checkout_id = checkout.checkout_id
                checkout = await self._worker.run(
                    self._billing.transact, lambda session: self._begin_capture(session, checkout_id)
                )
                if checkout.state != CheckoutState.CAPTURING:
                    return checkout
                order = await self._gateway.capture(order.order_id, checkout_id)
        except OutcomeUnknown as unknown:
            _log.warning("an online payment's outcome is not known yet (%s)", unknown)
            return checkout
        except GatewayRefused as refused:
            _log.warning("the gateway refuses what an online payment needs (%s)", refused.code)
            return checkout
        return await self._judge(checkout, order)

    def _begin_capture(self, session: Session, checkout_id: str) -> Checkout:
        """Note that the money will be taken; not where it is no longer owed, or was given up meanwhile."""
        checkout = _kept(session, checkout_id)
        if checkout.state not in (*OPEN, CheckoutState.CAPTURING):
            return checkout
        if checkout.state != CheckoutState.CAPTURING:
            view = self._billing.decisions.view(session, checkout.contract_id)
            assert view is not None, "contracts are never deleted"
            is_owed = view.contract.balance_minor >= checkout.amount_minor
            state = CheckoutState.CAPTURING if is_owed else CheckoutState.ABANDONED
            kept.move(session, checkout_id, state, self._clock.now())
        return _kept(session, checkout_id)

    def _book(self, session: Session, checkout_id: str, order: GatewayOrder) -> Checkout:
        """Record the payment and close the checkout, together; a second time does nothing."""
        checkout = _kept(session, checkout_id)
        now = self._clock.now()
        if checkout.state == CheckoutState.PAID:
            return checkout
        is_as_agreed = (
            order.capture_id is not None
            and order.checkout_id == checkout_id
            and (order.amount_minor, order.currency) == (checkout.amount_minor, checkout.currency)
        )
        if is_as_agreed:
            paid = self._billing.decisions.execute(
                session,
                checkout.contract_id,
                Pay(
                    key=PaymentKey(f"paypal-{order.capture_id}"),
                    amount_minor=order.amount_minor,
                    method=Method.PAYPAL,
                    currency=order.currency,
                ),
                checkout.actor,
            )
            is_as_agreed = not isinstance(paid, DomainRefusal | Problem)
        state = CheckoutState.PAID if is_as_agreed else CheckoutState.MISMATCH
        kept.move(session, checkout_id, state, now, capture_id=order.capture_id)
        if is_as_agreed:
            self.returns.record(session, _kept(session, checkout_id), order)
        return _kept(session, checkout_id)

    async def _judge(self, checkout: Checkout, order: GatewayOrder) -> Checkout:
        match order.state:
            case OrderState.CAPTURED:
                return await self._worker.run(
                    self._billing.transact, lambda session: self._book(session, checkout.checkout_id, order)
                )
            case OrderState.PENDING:
                return await self._move(checkout.checkout_id, CheckoutState.PENDING)
            case OrderState.DECLINED:
                return await self._move(checkout.checkout_id, CheckoutState.DECLINED)
            case OrderState.GONE:
                return await self._move(checkout.checkout_id, CheckoutState.ABANDONED)
            case OrderState.WAITING | OrderState.APPROVED:
                return await self._give_up_when_old(checkout)

    async def _give_up_when_old(self, checkout: Checkout) -> Checkout:
        is_old = self._clock.now() - checkout.accepted_at > OPEN_FOR
        if is_old and checkout.state in OPEN:
            return await self._move(checkout.checkout_id, CheckoutState.ABANDONED)
        return checkout

    async def _move(self, checkout_id: str, state: CheckoutState, order_id: str | None = None) -> Checkout:
        """Move a checkout that is still open or under way; one that has its outcome keeps it."""

        def work(session: Session) -> Checkout:
            if _kept(session, checkout_id).state in (*OPEN, *UNDER_WAY):
                kept.move(session, checkout_id, state, self._clock.now(), order_id)
            return _kept(session, checkout_id)

        return await self._worker.run(self._billing.transact, work)


def _about(session: Session, event: GatewayEvent) -> Checkout | None:
    """Find the checkout that a message is about: by its order, or by the capture whose money went back."""
    found = None if event.order_id is None else kept.by_order(session, event.order_id)
    if found is None and event.capture_id is not None:
        found = kept.by_capture(session, event.capture_id)
    return found


def _kept(session: Session, checkout_id: str) -> Checkout:
    found = kept.find(session, checkout_id, is_to_change=True)
    assert found is not None, "checkouts are never deleted"
    return found
