"""The operator's catalogue: versions of plans, exemptions from VAT, and rates. Append-only; decides nothing."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage import chronicle
from webvisio_billing.storage.errors import JournalConflict
from webvisio_billing.storage.payment_tables import ExemptionRow, PlanRow, RateRow, ServiceOfferRow

VAT = "vat"
LEGAL = "legal"


class Plan(msgspec.Struct, frozen=True):
    """A version of a plan; its name is told in both languages."""

    plan_id: str
    version: int
    formula: Formula
    name_fr: str
    name_en: str
    room_minor: int
    setup_minor: int
    is_offered: bool
    made_at: datetime
    made_by: str

    @property
    def reference(self) -> str:
        """What a contract refers to: "salle-mensuelle@2"."""
        return f"{self.plan_id}@{self.version}"


class ServiceOffer(msgspec.Struct, frozen=True):
    """A version of a complementary service (clause 2.2)."""

    service_id: str
    version: int
    name_fr: str
    name_en: str
    net_minor: int
    is_recurring: bool
    is_offered: bool
    made_at: datetime
    made_by: str

    @property
    def reference(self) -> str:
        """Name this version: "assistance@2"."""
        return f"{self.service_id}@{self.version}"


class Exemption(msgspec.Struct, frozen=True):
    exemption_id: str
    reference: str
    made_at: datetime
    made_by: str


class Rate(msgspec.Struct, frozen=True):
    """VAT since a day, or the legal interest rate of a half-year; `percent` is an exact decimal text."""

    kind: str
    since: str
    percent: str
    made_at: datetime
    made_by: str


def plans(session: Session) -> list[Plan]:
    """List all versions, by plan, the newest first."""
    query = select(PlanRow).order_by(PlanRow.plan_id, PlanRow.version.desc())
    return [
        Plan(
            row.plan_id,
            row.version,
            Formula(row.formula),
            row.name_fr,
            row.name_en,
            row.room_minor,
            row.setup_minor,
            row.is_offered,
            row.made_at,
            row.made_by,
        )
        for row in session.scalars(query)
    ]


def services(session: Session) -> list[ServiceOffer]:
    """List all versions, by service, the newest first."""
    query = select(ServiceOfferRow).order_by(ServiceOfferRow.service_id, ServiceOfferRow.version.desc())
    return [
        ServiceOffer(
            row.service_id,
            row.version,
            row.name_fr,
            row.name_en,
            row.net_minor,
            row.is_recurring,
            row.is_offered,
            row.made_at,
            row.made_by,
        )
        for row in session.scalars(query)
    ]


def exemptions(session: Session) -> list[Exemption]:
    """List the exemptions, by identifier."""
    query = select(ExemptionRow).order_by(ExemptionRow.exemption_id)
    return [
        Exemption(row.exemption_id, row.reference, row.made_at, row.made_by) for row in session.scalars(query)
    ]


def rates(session: Session) -> list[Rate]:
    """List the rates that were added, by kind, the newest first."""
    query = select(RateRow).order_by(RateRow.kind, RateRow.since.desc())
    return [
        Rate(row.kind, row.since, row.percent, row.made_at, row.made_by) for row in session.scalars(query)
    ]


def add(session: Session, made: Plan | ServiceOffer | Exemption | Rate) -> None:
    """Add a version; raises `JournalConflict` when another operator has just added the same."""
    values = msgspec.structs.asdict(made)
    row: PlanRow | ServiceOfferRow | ExemptionRow | RateRow
    match made:
        case Plan():
            row = PlanRow(**{**values, "formula": made.formula.value})
        case ServiceOffer():
            row = ServiceOfferRow(**values)
        case Exemption():
            row = ExemptionRow(**values)
        case Rate():
            row = RateRow(**values)
    try:
        chronicle.keep(session, row, made.made_at, made.made_by)
    except IntegrityError as error:
        raise JournalConflict("catalogue") from error
