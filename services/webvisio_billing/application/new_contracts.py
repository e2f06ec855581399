"""A new contract: its rooms, prices and exemption are found, it is ordered, and accepted where it is signed."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from webvisio_billing.application.decisions import Decisions, room_to_rent
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, invalid
from webvisio_billing.application.requests import NewContract
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import Accept, Channel, Order
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.refusals import refuse
from webvisio_billing.domain.terms import Prices
from webvisio_billing.storage import catalogue, registry
from webvisio_billing.storage.registry import CustomerRecord, RoomRecord
from webvisio_billing.storage.tables import IDENTIFIER_CHARACTERS
from webvisio_protocol.entitlements import RentedRoom
from webvisio_protocol.identifiers import ContractId, CustomerId, Role


def create(
    session: Session, decisions: Decisions, wish: NewContract, actor: str, seller_lacks: Sequence[str]
) -> ContractId | Refused:
    """Write a contract with its rooms and their trainers, inside a transaction.

    While the seller's identity lacks something nothing new is sold (clause 1).
    """
    now = decisions.clock.now()
    owner = registry.customer(session, wish.customer_id)
    if owner is None:
        return NOT_FOUND
    if seller_lacks:
        return refuse(DomainCode.SELLER_INCOMPLETE, missing=", ".join(seller_lacks))
    rooms = _rooms(session, owner, wish)
    if isinstance(rooms, Problem):
        return rooms
    order = _order(session, decisions, owner, wish, [room for room, _ in rooms])
    if isinstance(order, Problem):
        return order
    ordered = decisions.act(None, order, now)
    if ordered.refusal is not None:
        return ordered.refusal
    events: tuple[Event, ...] = ordered.events
    if wish.is_signed:
        accepted = decisions.act(ordered.contract, Accept(channel=Channel.SIGNATURE, actor=actor), now)
        if accepted.refusal is not None:
            return accepted.refusal
        events = (*events, *accepted.events)
    decisions.save(session, order.contract_id, owner, None, events, now)
    for room, trainer in rooms:
        registry.put_room(session, room, now, actor)
        if trainer is not None:
            registry.put_membership(session, room.room_id, trainer, Role.HOST, now, actor)
    registry.record_action(session, now, actor, "create_contract", order.contract_id, "done", {})
    return order.contract_id


def _rooms(
    session: Session, owner: CustomerRecord, wish: NewContract
) -> list[tuple[RoomRecord, str | None]] | Problem:
    rooms: list[tuple[RoomRecord, str | None]] = []
    for wanted in wish.rooms:
        found = room_to_rent(session, owner, wanted, [room.room_id for room, _ in rooms])
        if isinstance(found, Problem):
            return found
        rooms.append((found, wanted.trainer))
    return rooms


def _order(
    session: Session,
    decisions: Decisions,
    owner: CustomerRecord,
    wish: NewContract,
    rooms: list[RoomRecord],
) -> Order | Problem:
    prices = _prices(session, wish)
    if isinstance(prices, Problem):
        return prices
    exemption = next(
        (e.reference for e in catalogue.exemptions(session) if e.exemption_id == wish.exemption_id), None
    )
    if wish.exemption_id and exemption is None:
        return invalid("exemption", "not_in_catalogue")
    return Order(
        contract_id=_next_contract_id(session, owner.customer_id),
        customer_id=owner.customer_id,
        customer=owner.terms,
        formula=wish.formula,
        effective=wish.effective,
        timezone=wish.timezone,
        has_setup=wish.has_setup,
        prices=prices,
        tax_exemption=exemption,
        rooms=tuple(RentedRoom(room.room_id, room.name) for room in rooms),
        terms=decisions.policy.terms,
    )


def _prices(session: Session, wish: NewContract) -> Prices | Problem:
    """Take the prices of the plan that was chosen, as it is offered now."""
    if not wish.plan_id:
        return Prices()
    plan = next((plan for plan in catalogue.plans(session) if plan.plan_id == wish.plan_id), None)
    if plan is None or not plan.is_offered or plan.formula is not wish.formula:
        return invalid("plan", "not_in_catalogue")
    return Prices(plan.room_minor, plan.room_minor, plan.setup_minor, plan=plan.reference)


def _next_contract_id(session: Session, customer_id: CustomerId) -> ContractId:
    ordinal = len(registry.contract_heads(session, customer_id)) + 1
    stem = customer_id[: IDENTIFIER_CHARACTERS - 1 - len(str(ordinal))].rstrip("-")
    return ContractId(f"{stem}-{ordinal}")
