"""The operator's hand for tests: contracts over billing's JSON API, with a token of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from hub.platform_fixture import HubSession, Platform, wait_for

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Operator:
    """The admin of the platform under test."""

    platform: Platform
    billing: httpx.Client

    @classmethod
    @contextmanager
    def logged_in(cls, platform: Platform) -> Iterator[Operator]:
        """Take the platform's operator, who acts on contracts by a token."""
        with platform.operator() as billing:
            yield cls(platform, billing)

    # ---- contracts -------------------------------------------------------------------

    def contracts(self, customer: str | None = None) -> list[dict[str, Any]]:
        """List contracts, of one customer or of all."""
        answer = self.billing.get("contracts")
        answer.raise_for_status()
        return [one for one in answer.json() if customer in (None, one["customer_id"])]

    def suspend(self, customer: str, reason: str) -> None:
        """Suspend a customer's contract."""
        self._post(
            f"contracts/{self.platform.contract_of(customer)}/blocks",
            {"reason": reason, "evidence": "seen in a test"},
        )

    def lift(self, customer: str, reason: str) -> None:
        """Lift a suspension."""
        path = f"contracts/{self.platform.contract_of(customer)}/blocks/{reason}"
        self.billing.delete(path).raise_for_status()

    def lift_everything(self, customer: str) -> None:
        """Lift whatever suspends a customer's contracts."""
        for contract in self.contracts(customer):
            for block in contract["access"]["blocks"]:
                self.lift(customer, block["reason"])

    def rent(self, customer: str, formula: str, room: str, effective: datetime | None = None) -> None:
        """Make a customer with one contract and one room, whose identifier is `room`."""
        first_day = (effective or self.now()).date().isoformat()
        self._post("customers", {"name": customer.title(), "customer_id": customer, "siren": "732829320"})
        self._post(
            "contracts",
            {
                "customer_id": customer,
                "formula": formula,
                "effective": first_day,
                "room_name": room.replace("-", " ").title(),
                "room_id": room,
            },
        )

    def add(self, room: str, username: str, role: str) -> None:
        """Give somebody who has an account a role in a room."""
        self._post(f"rooms/{room}/members", {"username": username, "role": role})

    def as_host(
        self, room: str, host: str, password: str, method: str, path: str, body: object = None
    ) -> None:
        """Have a host change their room, over the rooms service's API."""
        with self.platform.session(host, password, locale="en") as session:
            token = _token_of(session, host)
        answer = httpx.request(
            method,
            f"{self.platform.url}/services/rooms/api/rooms/{room}{path}",
            headers={"Authorization": f"token {token}"},
            json=body,
        )
        assert answer.is_success, answer.text

    def give_address(self, customer: str) -> None:
        """Complete what a customer's documents print, by the form."""
        place = f"/services/billing/customers/{customer}/edit"
        fields = {
            "name": customer.title(),
            "siren": "732829320",
            "street": "1 rue de l'Essai",
            "postcode": "29000",
            "city": "Quimper",
            "country": "FR",
            "document_layout": "fr",
        }
        with self.platform.session("admin", locale="en") as admin:
            answer = admin.submit(admin.follow(admin.get(place)), fields, place)
            assert answer.status_code == 302, admin.text_of(answer)

    def make_contact(self, customer: str, username: str, password: str) -> None:
        """Let a person see and pay what a customer owes, with an account of their own, by the customer's page."""
        place = f"/services/billing/customers/{customer}"
        with self.platform.session("admin", locale="en") as admin:
            page = admin.follow(admin.get(place))
            admin.submit(page, {"do": "add", "username": username}, f"{place}/contacts")
            shown = admin.submit(
                admin.get(place), {"do": "invite", "username": username}, f"{place}/contacts"
            )
            found = re.search(r'value="(http[^"]+/hub/invitation/[^"]+)"', shown.text)
            assert found, admin.text_of(shown)
        with self.platform.session(locale="en") as session:
            path = httpx.URL(found[1]).path
            chosen = {"new_password": password, "repeated_password": password}
            answer = session.submit(session.get(path), chosen, path)
            assert answer.status_code == 302, session.text_of(answer)

    def invite(self, room: str, username: str, role: str, password: str) -> None:
        """Give a person a role, and an account with `password` by their invitation."""
        self.add(room, username, role)
        url = self._post(f"rooms/{room}/members/{username}/invitation", {})["url"]
        with self.platform.session(locale="en") as session:
            page = session.get(url)
            path = httpx.URL(url).path
            answer = session.submit(page, {"new_password": password, "repeated_password": password}, path)
            assert answer.status_code in (200, 302), session.text_of(answer)

    def link_of(self, room: str) -> str:
        """Find a room's link, as its contract's page shows it."""
        for contract in self.contracts():
            if any(one["room_id"] == room for one in contract["access"]["rooms"]):
                found: list[str] = []

                def look(contract_id: str = contract["contract_id"], found: list[str] = found) -> bool:
                    page = self.billing.get(
                        f"{self.platform.url}/services/billing/contracts/{contract_id}"
                    ).text
                    found += re.findall(r"https?://[^\s\"'<]+/services/rooms/r/[\w-]+", page)
                    return bool(found)

                wait_for(look, 10, lambda: f"no link of {room}")
                return found[0]
        raise AssertionError(f"nobody rents {room}")

    # ---- time ------------------------------------------------------------------------

    @staticmethod
    def now() -> datetime:
        """Tell the time on the contracts' wall clock."""
        return datetime.now(PARIS)

    def seconds_until_midnight(self) -> float:
        """Tell how long the present day pass still runs."""
        now = self.now()
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return tomorrow.timestamp() - now.timestamp()

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        answer = self.billing.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())


def _token_of(session: HubSession, name: str) -> str:
    session.follow(session.get("/hub/home"))
    answer = session.api("POST", f"/users/{name}/tokens", {"note": "tests"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])
