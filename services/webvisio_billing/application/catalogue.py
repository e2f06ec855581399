"""The operator's catalogue: what is offered at which price, VAT exemptions, and dated rates (clauses 2.2, 6.1, 6.2).

A change makes a new version and never touches an older one; a contract keeps
the version that it was ordered by. Rates extend the built-in tables.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.naming import slug
from webvisio_billing.application.outcomes import Problem, Refused, conflict, invalid
from webvisio_billing.domain.money import MAX_AMOUNT_MINOR
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage import catalogue as kept
from webvisio_billing.storage import registry
from webvisio_billing.storage.catalogue import Exemption, Plan, Rate, ServiceOffer
from webvisio_entitlements.clock import Clock

MAX_PERCENT: Final = Decimal(100)
_HALF_YEAR: Final = re.compile(r"20\d{2}-H[12]", re.ASCII)
_PERCENT: Final = re.compile(r"\d{1,3}(\.\d{1,4})?", re.ASCII)

Version = TypeVar("Version", Plan, ServiceOffer)


class Offer(msgspec.Struct, frozen=True):
    """Everything that the operator offers, and the rates that they added."""

    plans: tuple[Plan, ...]
    services: tuple[ServiceOffer, ...]
    exemptions: tuple[Exemption, ...]
    rates: tuple[Rate, ...]

    @property
    def offered_plans(self) -> list[Plan]:
        """The newest version of each plan that is still offered."""
        return [plan for plan in newest(self.plans) if plan.is_offered]

    @property
    def offered_services(self) -> list[ServiceOffer]:
        """The newest version of each service that is still offered."""
        return [service for service in newest(self.services) if service.is_offered]


def newest(versions: Iterable[Version]) -> list[Version]:
    """Keep the newest version of each; they come newest first."""
    found: dict[str, Version] = {}
    for version in versions:
        name = version.plan_id if isinstance(version, Plan) else version.service_id
        found.setdefault(name, version)
    return list(found.values())


class Catalogue:
    """The use cases, on the worker's thread."""

    def __init__(self, billing: Billing, clock: Clock) -> None:
        self._billing = billing
        self._clock = clock

    def offer(self) -> Offer:
        """Read the whole catalogue."""
        return self._billing.look(
            lambda session: Offer(
                tuple(kept.plans(session)),
                tuple(kept.services(session)),
                tuple(kept.exemptions(session)),
                tuple(kept.rates(session)),
            )
        )

    def put_plan(
        self,
        name_fr: str,
        name_en: str,
        formula: Formula,
        room_minor: int,
        setup_minor: int,
        actor: str,
        *,
        plan_id: str = "",
        is_offered: bool = True,
    ) -> Plan | Refused:
        """Offer a plan, or a new version of one; `is_offered` False withdraws it."""
        if not (0 < room_minor <= MAX_AMOUNT_MINOR and 0 <= setup_minor <= MAX_AMOUNT_MINOR):
            return invalid("room_price", "not_an_amount")
        wanted = plan_id or slug(name_fr)
        if not wanted:
            return invalid("name_fr", "identifier_needed")

        def work(session: Session) -> Plan | Refused:
            known = [plan for plan in kept.plans(session) if plan.plan_id == wanted]
            if known and known[0].formula is not formula:
                return conflict("plan_formula", text=wanted)
            now = self._clock.now()
            version = known[0].version + 1 if known else 1
            made = Plan(
                wanted,
                version,
                formula,
                name_fr,
                name_en or name_fr,
                room_minor,
                setup_minor,
                is_offered,
                now,
                actor,
            )
            kept.add(session, made)
            registry.record_action(
                session, now, actor, "put_plan", "catalogue", "done", {"plan": made.reference}
            )
            return made

        return self._billing.transact(work)

    def put_service(
        self,
        name_fr: str,
        name_en: str,
        net_minor: int,
        actor: str,
        *,
        service_id: str = "",
        is_recurring: bool = False,
        is_offered: bool = True,
    ) -> ServiceOffer | Refused:
        """Offer a complementary service, or a new version of one (2.2)."""
        if not 0 < net_minor <= MAX_AMOUNT_MINOR:
            return invalid("net", "not_an_amount")
        wanted = service_id or slug(name_fr)
        if not wanted:
            return invalid("name_fr", "identifier_needed")

        def work(session: Session) -> ServiceOffer | Refused:
            known = [s for s in kept.services(session) if s.service_id == wanted]
            now = self._clock.now()
            version = known[0].version + 1 if known else 1
            made = ServiceOffer(
                wanted, version, name_fr, name_en or name_fr, net_minor, is_recurring, is_offered, now, actor
            )
            kept.add(session, made)
            registry.record_action(
                session, now, actor, "put_service", "catalogue", "done", {"service": wanted}
            )
            return made

        return self._billing.transact(work)

    def add_exemption(self, reference: str, actor: str) -> Exemption | Refused:
        """Add a reason not to charge VAT, by the legal reference that invoices print."""
        name = slug(reference)
        if not name:
            return invalid("exemption_reference", "identifier_needed")

        def work(session: Session) -> Exemption | Refused:
            if any(exemption.exemption_id == name for exemption in kept.exemptions(session)):
                return conflict("in_catalogue", text=reference)
            now = self._clock.now()
            made = Exemption(name, reference, now, actor)
            kept.add(session, made)
            registry.record_action(session, now, actor, "add_exemption", "catalogue", "done", {})
            return made

        return self._billing.transact(work)

    def add_rate(self, kind: str, since: str, percent: str, actor: str) -> Rate | Refused:
        """Add a VAT rate by its first day, or the legal interest rate of a half-year; counts at once."""
        percent = percent.replace(",", ".").strip()
        if not _PERCENT.fullmatch(percent) or Decimal(percent) > MAX_PERCENT:
            return invalid("percent", "not_a_percentage")
        if kind == kept.VAT and not _is_day(since):
            return invalid("since", "not_a_date", text=since[:20])
        if kind == kept.LEGAL and not _HALF_YEAR.fullmatch(since):
            return invalid("since", "not_a_half_year", text=since[:20])
        if kind not in (kept.VAT, kept.LEGAL):
            return invalid("rate_kind", "not_a_choice", choices=f"{kept.VAT}, {kept.LEGAL}")

        def work(session: Session) -> Rate | Refused:
            if any((rate.kind, rate.since) == (kind, since) for rate in kept.rates(session)):
                return conflict("in_catalogue", text=since)
            now = self._clock.now()
            made = Rate(kind, since, percent, now, actor)
            kept.add(session, made)
            details = {"kind": kind, "since": since, "percent": percent}
            registry.record_action(session, now, actor, "add_rate", "catalogue", "done", details)
            return made

        made = self._billing.transact(work)
        if not isinstance(made, Problem):
            self._billing.refresh_tables()
        return made


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
