"""PayPal's REST API as far as the service uses it, on a real port: orders, captures, signatures.

It behaves as PayPal documents it: repeated request ids give the same answer,
a capture needs the payer's approval, a webhook verifies only if its bytes are
those that were signed. Faults are in the test's hands.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

CLIENT, SECRET, WEBHOOK_ID = "client-of-the-test", "secret-of-the-test", "WH-1"
_SIGNING_KEY = b"only PayPal has this key"


@dataclass
class FakePayPal:
    """The account's orders; `fault` is done to the next request of that name, once."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    fault: dict[str, str] = field(default_factory=dict)
    capture_status: str = "COMPLETED"
    captured_value: str = ""

    async def start(self) -> "FakePayPal":
        routes = [
            ("/v1/oauth2/token", _Token),
            ("/v2/checkout/orders", _Orders),
            ("/v2/checkout/orders/([^/]+)", _OneOrder),
            ("/v2/checkout/orders/([^/]+)/capture", _Capture),
            ("/v1/notifications/verify-webhook-signature", _Verify),
            ("/approve", _Approve),
        ]
        application = Application([(path, handler, {"fake": self}) for path, handler in routes])
        self.server = HTTPServer(application)
        (listener,) = bind_sockets(0, "127.0.0.1")
        self.server.add_socket(listener)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return self

    async def stop(self) -> None:
        self.server.stop()
        # a connection that a test has cut in mid-request never ends by itself
        with suppress(TimeoutError):
            await asyncio.wait_for(self.server.close_all_connections(), 1)

    # ---- what the payer and PayPal do --------------------------------------------------

    def approve(self, order_id: str) -> None:
        self.orders[order_id]["status"] = "APPROVED"

    def event(self, kind: str, order_id: str, event_id: str = "") -> bytes:
        """A webhook's body, spaced in a way that no JSON writer would repeat."""
        resource = (
            {"id": order_id}
            if kind.startswith("CHECKOUT.ORDER.")
            else {"id": "CAP", "supplementary_data": {"related_ids": {"order_id": order_id}}}
        )
        return json.dumps(
            {"resource": resource, "event_type": kind, "id": event_id or f"WH-{uuid.uuid4().hex}"},
            indent=3,
        ).encode()

    def send_back(
        self, order_id: str, value: str, *, status: str = "", refund_status: str = "COMPLETED"
    ) -> str:
        """Let money of a captured order go back: on PayPal's own site, or with `status` REVERSED, by a bank."""
        order = self.orders[order_id]
        refunds = order.setdefault("refunds", [])
        refund_id = f"REF-{order_id}-{len(refunds) + 1}"
        amount = {"currency_code": order["capture"]["amount"]["currency_code"], "value": value}
        refunds.append({"id": refund_id, "status": refund_status, "amount": amount})
        if refund_status == "COMPLETED":
            back = sum(Decimal(one["amount"]["value"]) for one in refunds if one["status"] == "COMPLETED")
            is_all = back == Decimal(order["capture"]["amount"]["value"])
            order["capture"]["status"] = status or ("REFUNDED" if is_all else "PARTIALLY_REFUNDED")
        return refund_id

    def event_of_return(self, kind: str, order_id: str, refund_id: str) -> bytes:
        """A webhook about money that went back: it names the refund and, by a link, its capture."""
        capture = self.orders[order_id]["capture"]["id"]
        above = {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{capture}"}
        resource = {"id": refund_id, "status": "COMPLETED", "links": [above]}
        told = {"id": f"WH-{uuid.uuid4().hex}", "event_type": kind, "resource": resource}
        return json.dumps(told, indent=3).encode()

    def sign(self, body: bytes, transmission: str = "t-1") -> dict[str, str]:
        time = "2026-11-23T08:00:00Z"
        return {
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-CERT-URL": "https://api.paypal.com/cert",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": self._signature(transmission, time, WEBHOOK_ID, body),
        }

    @staticmethod
    def _signature(transmission: str, time: str, webhook_id: str, body: bytes) -> str:
        message = "|".join((transmission, time, webhook_id)).encode() + body
        return base64.b64encode(hmac.digest(_SIGNING_KEY, message, hashlib.sha256)).decode()

    def captures(self) -> int:
        return sum(bool(order.get("capture")) for order in self.orders.values())

    def shown(self, order_id: str) -> dict[str, Any]:
        order = self.orders[order_id]
        unit = dict(order["unit"])
        if order.get("capture"):
            unit["payments"] = {"captures": [order["capture"]]}
            if order.get("refunds"):
                unit["payments"]["refunds"] = order["refunds"]
        return {
            "id": order_id,
            "status": order["status"],
            "purchase_units": [unit],
            "links": [{"rel": "payer-action", "href": f"{self.url}/approve?token={order_id}"}],
        }


@contextmanager
def paypal_beside() -> Iterator[FakePayPal]:
    """Run the fake on a thread of its own, for tests that are not asynchronous."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="paypal", daemon=True)
    thread.start()
    fake = asyncio.run_coroutine_threadsafe(FakePayPal().start(), loop).result()
    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Handler(RequestHandler):
    def initialize(self, fake: FakePayPal) -> None:
        self.fake = fake

    def compute_etag(self) -> None:
        return None

    def check_login(self) -> bool:
        if self.request.headers.get("Authorization") == "Bearer token-of-the-fake":
            return True
        self.problem(401, "AUTHENTICATION_FAILURE")
        return False

    def problem(self, status: int, issue: str) -> None:
        self.set_status(status)
        self.finish({"name": "ERROR", "message": issue, "details": [{"issue": issue}]})

    async def trouble(self, name: str) -> bool:
        """Do what the test wants to go wrong before anything happens."""
        self.fake.requests.append(name)
        match self.fake.fault.pop(f"before {name}", ""):
            case "":
                return False
            case "cut":
                self.request.connection.stream.close()  # type: ignore[union-attr]
                return True
            case status:
                self.problem(int(status), "MADE_UP")
                return True

    def done(self, name: str, answer: dict[str, Any]) -> None:
        """Answer, or let the answer get lost after the effect."""
        if self.fake.fault.pop(f"after {name}", ""):
            self.request.connection.stream.close()  # type: ignore[union-attr]
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))


class _Token(_Handler):
    def post(self) -> None:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.request.headers.get("Authorization") != f"Basic {expected}":
            self.problem(401, "invalid_client")
            return
        self.finish({"access_token": "token-of-the-fake", "token_type": "Bearer", "expires_in": 32000})


class _Orders(_Handler):
    async def post(self) -> None:
        if not self.check_login() or await self.trouble("open"):
            return
        wanted = json.loads(self.request.body)
        request_id = self.request.headers["PayPal-Request-Id"]
        order_id = self.fake.answered.get(request_id)
        if order_id is None:
            order_id = f"ORDER{len(self.fake.orders) + 1}"
            self.fake.answered[request_id] = order_id
            (unit,) = wanted["purchase_units"]
            self.fake.orders[order_id] = {
                "status": "PAYER_ACTION_REQUIRED",
                "unit": unit,
                "context": wanted["payment_source"]["paypal"]["experience_context"],
            }
        self.done("open", self.fake.shown(order_id))


class _OneOrder(_Handler):
    async def get(self, order_id: str) -> None:
        if not self.check_login() or await self.trouble("order"):
            return
        if order_id not in self.fake.orders:
            self.problem(404, "INVALID_RESOURCE_ID")
            return
        self.done("order", self.fake.shown(order_id))


class _Capture(_Handler):
    async def post(self, order_id: str) -> None:
        if not self.check_login() or await self.trouble("capture"):
            return
        order = self.fake.orders.get(order_id)
        if order is None:
            self.problem(404, "INVALID_RESOURCE_ID")
        elif order.get("capture"):
            if order["capture_request"] == self.request.headers["PayPal-Request-Id"]:
                self.done("capture", self.fake.shown(order_id))
            else:
                self.problem(422, "ORDER_ALREADY_CAPTURED")
        elif order["status"] != "APPROVED":
            self.problem(422, "ORDER_NOT_APPROVED")
        elif self.fake.capture_status == "INSTRUMENT_DECLINED":
            self.problem(422, "INSTRUMENT_DECLINED")
        else:
            amount = dict(order["unit"]["amount"])
            amount["value"] = self.fake.captured_value or amount["value"]
            order["status"] = "COMPLETED"
            order["capture_request"] = self.request.headers["PayPal-Request-Id"]
            order["capture"] = {
                "id": f"CAP-{order_id}",
                "status": self.fake.capture_status,
                "amount": amount,
            }
            self.done("capture", self.fake.shown(order_id))


class _Approve(_Handler):
    """Where a payer is sent: one who always says yes, and comes back."""

    def get(self) -> None:
        order_id = self.get_query_argument("token")
        self.fake.approve(order_id)
        self.redirect(self.fake.orders[order_id]["context"]["return_url"])


class _Verify(_Handler):
    async def post(self) -> None:
        if not self.check_login() or await self.trouble("verify"):
            return
        said = json.loads(self.request.body)
        # as PayPal does, over the bytes of the event as they came
        body = self.request.body.split(b',"webhook_event":', 1)[1][:-1]
        expected = FakePayPal._signature(
            said["transmission_id"], said["transmission_time"], said["webhook_id"], body
        )
        genuine = hmac.compare_digest(expected, said["transmission_sig"])
        await asyncio.sleep(0)
        self.done("verify", {"verification_status": "SUCCESS" if genuine else "FAILURE"})
