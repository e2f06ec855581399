"""PayPal behind the `PaymentGateway` port: its official server SDK on a few threads of its own.

The SDK is synchronous and untyped: its answers are read again from their JSON
text, strictly. What it does not cover, the verification of webhooks, is one
call with the SDK's own token, and the event is passed on byte for byte as it
came, because the signature is over those bytes.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from webvisio_billing.domain.money import format_amount, parse_amount
from webvisio_billing.payments.gateway import (
    AskedOrder,
    GatewayEvent,
    GatewayOrder,
    GatewayRefused,
    OpenedOrder,
    OrderState,
    OutcomeUnknown,
    Returned,
)

TIMEOUT_S: Final = 20
MAX_THREADS: Final = 4
MAX_EVENT_BYTES: Final = 64 * 1024
_SIGNATURE_HEADERS: Final = {
    "auth_algo": "PAYPAL-AUTH-ALGO",
    "cert_url": "PAYPAL-CERT-URL",
    "transmission_id": "PAYPAL-TRANSMISSION-ID",
    "transmission_sig": "PAYPAL-TRANSMISSION-SIG",
    "transmission_time": "PAYPAL-TRANSMISSION-TIME",
}
_ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_REFUNDED: Final = "PAYMENT.CAPTURE.REFUNDED"
_CAPTURE_LINK = re.compile(r"https?://[^/?#]+/v2/payments/captures/([A-Za-z0-9-]{1,64})", re.ASCII)
_APPROVAL: Final = {
    "sandbox": "https://www.sandbox.paypal.com",
    "production": "https://www.paypal.com",
}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class PayPalAccess:
    """How to reach PayPal; `api_url` replaces the environment's own address (a fake, in tests)."""

    client_id: str
    client_secret: str
    webhook_id: str
    environment: str = "sandbox"
    api_url: str = ""


# ---- what PayPal answers, as far as it matters here --------------------------------------


class _Money(msgspec.Struct):
    currency_code: str
    value: str


class _Capture(msgspec.Struct):
    id: str
    status: str
    amount: _Money


class _Refund(msgspec.Struct):
    id: str
    status: str
    amount: _Money


class _Payments(msgspec.Struct):
    captures: list[_Capture] = []
    refunds: list[_Refund] = []


class _Unit(msgspec.Struct):
    amount: _Money | None = None
    reference_id: str = ""
    custom_id: str = ""
    payments: _Payments = msgspec.field(default_factory=_Payments)


class _Link(msgspec.Struct):
    href: str
    rel: str


class _Order(msgspec.Struct):
    id: str
    status: str
    purchase_units: list[_Unit] = []
    links: list[_Link] = []


class _Issue(msgspec.Struct):
    issue: str = ""


class _Error(msgspec.Struct):
    name: str = ""
    details: list[_Issue] = []


class _RelatedIds(msgspec.Struct):
    order_id: str = ""


class _Supplement(msgspec.Struct):
    related_ids: _RelatedIds = msgspec.field(default_factory=_RelatedIds)


class _Resource(msgspec.Struct):
    id: str = ""
    links: list[_Link] = []
    supplementary_data: _Supplement = msgspec.field(default_factory=_Supplement)


class _Event(msgspec.Struct):
    id: str
    event_type: str
    resource: _Resource = msgspec.field(default_factory=_Resource)


class _Verified(msgspec.Struct):
    verification_status: str


_CAPTURE_STATES: Final = {
    "COMPLETED": OrderState.CAPTURED,
    "PARTIALLY_REFUNDED": OrderState.CAPTURED,
    "REFUNDED": OrderState.CAPTURED,
    "REVERSED": OrderState.CAPTURED,
    "PENDING": OrderState.PENDING,
    "DECLINED": OrderState.DECLINED,
    "FAILED": OrderState.DECLINED,
}
_ORDER_STATES: Final = {
    "CREATED": OrderState.WAITING,
    "SAVED": OrderState.WAITING,
    "PAYER_ACTION_REQUIRED": OrderState.WAITING,
    "APPROVED": OrderState.APPROVED,
    "VOIDED": OrderState.GONE,
}
_GONE: Final = frozenset({"RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"})
_DECLINED: Final = frozenset({"INSTRUMENT_DECLINED", "PAYER_CANNOT_PAY", "TRANSACTION_REFUSED"})


class PayPal:
    """The gateway. Made once a process; the SDK is imported here, so that others do not pay for it."""

    def __init__(self, access: PayPalAccess) -> None:
        from paypalserversdk.configuration import Configuration, Environment, Server
        from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
        from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

        class _Addressed(Configuration):  # type: ignore[misc]  # the SDK ships no types
            def get_base_uri(self, server: Server = Server.DEFAULT) -> Any:
                return access.api_url.rstrip("/") or super().get_base_uri(server)

        is_live = access.environment == "production"
        configuration = _Addressed(
            environment=Environment.PRODUCTION if is_live else Environment.SANDBOX,
            timeout=TIMEOUT_S,
            max_retries=0,
            client_credentials_auth_credentials=ClientCredentialsAuthCredentials(
                o_auth_client_id=access.client_id, o_auth_client_secret=access.client_secret
            ),
        )
        self._client = PaypalServersdkClient(config=configuration)
        self._base_url: str = configuration.get_base_uri()
        self._webhook_id = access.webhook_id
        self._approval_origin = access.api_url.rstrip("/") or _APPROVAL[access.environment]
        self._threads = ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix="paypal")

    @property
    def approval_origin(self) -> str:
        """Where payers approve."""
        return self._approval_origin

    async def open(self, asked: AskedOrder) -> OpenedOrder:
        """Create the order; see the port."""
        body = {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": asked.checkout_id,
                    "custom_id": asked.checkout_id,
                    "description": asked.description[:127],
                    "amount": {
                        "currency_code": asked.currency,
                        "value": format_amount(asked.amount_minor),
                    },
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "return_url": asked.return_url,
                        "cancel_url": asked.cancel_url,
                        "user_action": "PAY_NOW",
                        "shipping_preference": "NO_SHIPPING",
                        "locale": "fr-FR" if asked.locale == "fr" else "en-GB",
                    }
                }
            },
        }
        order = await self._order(
            lambda: self._client.orders.create_order(
                {"body": body, "paypal_request_id": asked.checkout_id, "prefer": "return=representation"}
            )
        )
        for link in order.links:
            if link.rel in ("payer-action", "approve"):
                return OpenedOrder(order.id, link.href)
        raise OutcomeUnknown("an order without a place to approve it")

    async def capture(self, order_id: str, checkout_id: str) -> GatewayOrder:
        """Capture the order; see the port."""
        try:
            order = await self._order(
                lambda: self._client.orders.capture_order(
                    {
                        "id": order_id,
                        "paypal_request_id": f"{checkout_id}-capture",
                        "prefer": "return=representation",
                    }
                )
            )
        except GatewayRefused as refused:
            if refused.code == "ORDER_ALREADY_CAPTURED":
                return await self.order(order_id)
            if refused.code in _DECLINED:
                return GatewayOrder(order_id, OrderState.DECLINED, 0, "", checkout_id)
            raise
        return _read(order)

    async def order(self, order_id: str) -> GatewayOrder:
        """Get the order; see the port."""
        try:
            return _read(await self._order(lambda: self._client.orders.get_order({"id": order_id})))
        except GatewayRefused as refused:
            if refused.code in _GONE:
                return GatewayOrder(order_id, OrderState.GONE, 0, "", "")
            raise

    async def genuine_event(self, headers: Mapping[str, str], body: bytes) -> GatewayEvent | None:
        """Verify a webhook's signature by asking PayPal, and read the event."""
        signed = {name: headers.get(header, "") for name, header in _SIGNATURE_HEADERS.items()}
        if not self._webhook_id or not all(signed.values()) or len(body) > MAX_EVENT_BYTES:
            return None
        try:
            event = msgspec.json.decode(body, type=_Event)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        asked = msgspec.json.encode({**signed, "webhook_id": self._webhook_id})
        # the event goes in as it came: writing it again would change what was signed
        request = asked[:-1] + b',"webhook_event":' + body + b"}"
        text = await self._run(lambda: self._post("/v1/notifications/verify-webhook-signature", request))
        if _decoded(text, _Verified).verification_status != "SUCCESS":
            return None
        order_id = event.resource.supplementary_data.related_ids.order_id
        if not order_id and event.event_type.startswith("CHECKOUT.ORDER."):
            order_id = event.resource.id
        is_reversal = event.event_type == "PAYMENT.CAPTURE.REVERSED"
        return GatewayEvent(
            event.id[:64],
            event.event_type[:64],
            order_id if _ORDER_ID.fullmatch(order_id) else None,
            _capture_of(event.resource) if is_reversal or event.event_type == _REFUNDED else None,
            event.resource.id[:64] if is_reversal else "",
        )

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ---- inside ----------------------------------------------------------------------

    async def _order(self, ask: Callable[[], Any]) -> _Order:
        return _decoded(await self._run(lambda: str(ask().text)), _Order)

    async def _run(self, ask: Callable[[], str]) -> str:
        """Ask on a thread; every failure becomes one of the port's two."""
        from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
        from paypalserversdk.exceptions.api_exception import ApiException
        from requests.exceptions import RequestException

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except ApiException as error:
            status = int(error.response_code)
            if status >= 500 or status in (408, 409, 429):
                raise OutcomeUnknown(f"status {status}") from None
            raise GatewayRefused(_code_of(str(error.response.text))) from None
        except AuthValidationException:
            raise GatewayRefused("NOT_AUTHENTICATED") from None  # no token: nothing was even asked
        except (RequestException, OSError) as error:
            raise OutcomeUnknown(type(error).__name__) from None

    def _post(self, path: str, body: bytes) -> str:
        import requests

        token = self._client.oauth_2.fetch_token().access_token
        answer = requests.post(
            self._base_url + path,
            data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=TIMEOUT_S,
        )
        if answer.status_code != 200:
            raise requests.HTTPError(f"status {answer.status_code}")
        return answer.text


def _read(order: _Order) -> GatewayOrder:
    """Translate an order; one without a unit that it was made with is nothing that can be judged."""
    if len(order.purchase_units) != 1:
        raise OutcomeUnknown("an order without its one unit")
    unit = order.purchase_units[0]
    captures = unit.payments.captures
    if captures:
        capture = captures[0]
        state = _CAPTURE_STATES.get(capture.status)
        amount, capture_id = capture.amount, capture.id
    else:
        state, capture_id = _ORDER_STATES.get(order.status), None
        amount = unit.amount or _Money("", "0.00")
    amount_minor = parse_amount(amount.value)
    if state is None or amount_minor is None:
        raise OutcomeUnknown("an order in a state that is not known")
    checkout_id = unit.custom_id or unit.reference_id
    read = GatewayOrder(order.id, state, amount_minor, amount.currency_code, checkout_id, capture_id)
    return _with_returns(read, captures[0].status, unit.payments.refunds) if captures else read


def _with_returns(order: GatewayOrder, status: str, refunds: list[_Refund]) -> GatewayOrder:
    """Add what has gone back of a capture; what the amounts do not explain is told to be unclear."""
    returned: list[Returned] = []
    is_pending = any(refund.status == "PENDING" for refund in refunds)
    is_readable = len({refund.id for refund in refunds}) == len(refunds)
    for refund in refunds:
        if refund.status != "COMPLETED":
            continue
        amount_minor = parse_amount(refund.amount.value)
        if amount_minor is None or amount_minor <= 0 or not _ORDER_ID.fullmatch(refund.id):
            is_readable = False
            continue
        currency = refund.amount.currency_code
        returned.append(Returned(refund.id, amount_minor, currency, status == "REVERSED"))
    back_minor = sum(one.amount_minor for one in returned)
    match status:
        case "REFUNDED" | "REVERSED":
            adds_up = back_minor == order.amount_minor
        case "PARTIALLY_REFUNDED":
            adds_up = 0 < back_minor < order.amount_minor
        case _:
            adds_up = back_minor == 0
    is_unclear = not is_readable or not (adds_up or is_pending)
    return msgspec.structs.replace(order, returned=tuple(returned), is_return_unclear=is_unclear)


def _capture_of(refund: _Resource) -> str | None:
    """Tell whose money a refund is: the capture is the one above it."""
    above = (_CAPTURE_LINK.fullmatch(link.href) for link in refund.links if link.rel == "up")
    return next((found[1] for found in above if found), None)


def _decoded(text: str, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise OutcomeUnknown("an answer that cannot be read") from error


def _code_of(text: str) -> str:
    try:
        error = msgspec.json.decode(text, type=_Error)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return "unreadable"
    return next((detail.issue for detail in error.details if detail.issue), error.name) or "unnamed"
