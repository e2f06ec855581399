"""The scenario that the tests of billing share: its people, its clock, its contract."""

from datetime import UTC, date, datetime, timedelta

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.requests import NewContract, NewCustomer, NewRoom
from webvisio_billing.domain.terms import Formula
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""09:00 in Paris, on the day of the scenarios."""
TODAY = MORNING.date()
OPERATOR = "operator"
ATELIER = CustomerId("atelier-lumiere")
ROOM = RoomId("python-debutants")


class HandClock:
    """A clock that a test moves."""

    recheck_s = 0.001

    def __init__(self) -> None:
        self.instant = MORNING

    def now(self) -> datetime:
        return self.instant

    def go(self, **step: float) -> None:
        self.instant += timedelta(**step)


def month_contract(
    billing: Billing, room: str = ROOM, trainer: str | None = "claire", effective: date = TODAY
) -> ContractId:
    """The customer of the scenarios, if missing, and a monthly contract with one room."""
    if billing.customers.find(ATELIER) is None:
        billing.customers.create(NewCustomer("Atelier Lumière"), OPERATOR)
    wish = NewContract(
        ATELIER,
        Formula.MONTH,
        effective,
        (NewRoom("Python pour débutants", RoomId(room), trainer),),
    )
    made = billing.create_contract(wish, OPERATOR)
    assert isinstance(made, str), made
    return made
