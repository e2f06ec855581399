"""Rooms and complementary services of a contract (clauses 2.1 and 2.2).

The rent covers one room; each further one costs the same again. What is
added within a month is billed at once for the days that are left, then with
every period; what is given back lowers the next bill. Nobody is counted.
"""

from datetime import datetime

from webvisio_billing.domain import billing, periods
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.commands import AddRoom, EndService, OrderService, RemoveRoom, RenameRoom
from webvisio_billing.domain.events import (
    EntitlementClosed,
    EntitlementOpened,
    Event,
    RoomAdded,
    RoomRemoved,
    RoomRenamed,
    ServiceEnded,
    ServiceOrdered,
)
from webvisio_billing.domain.identifiers import ServiceRef
from webvisio_billing.domain.money import MAX_AMOUNT_MINOR
from webvisio_billing.domain.ordering import MAX_ROOMS, MAX_SERVICES
from webvisio_billing.domain.refusals import DomainRefusal, refuse
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.tables import Tables
from webvisio_protocol.identifiers import RoomId


def add_room(
    contract: Contract, command: AddRoom, now: datetime, tables: Tables
) -> tuple[Event, ...] | DomainRefusal:
    """Rent one more room; while an entitlement runs it opens at once."""
    if _has_room(contract, command.room_id) or len(contract.rooms) >= MAX_ROOMS:
        return refuse(DomainCode.ROOM_ALREADY_RENTED)
    events: list[Event] = [RoomAdded(at=now, room_id=command.room_id, name=command.name)]
    if contract.lifecycle.is_running and contract.period is not None:
        entitled = periods.interval(contract.period, contract.timezone)
        if entitled.start <= now < entitled.end:
            events.append(EntitlementOpened(at=now, room_id=command.room_id, interval=entitled))
            if contract.rooms:
                events += billing.bill_added_room(contract, now, tables)
    return tuple(events)


def rename_room(contract: Contract, command: RenameRoom, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Give a room another name."""
    if not _has_room(contract, command.room_id):
        return refuse(DomainCode.ROOM_UNKNOWN, room=command.room_id)
    return (RoomRenamed(at=now, room_id=command.room_id, name=command.name),)


def remove_room(contract: Contract, command: RemoveRoom, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Give a room back; it shuts at once."""
    if not _has_room(contract, command.room_id):
        return refuse(DomainCode.ROOM_UNKNOWN, room=command.room_id)
    closed = EntitlementClosed(at=now, room_id=command.room_id)
    removed = RoomRemoved(at=now, room_id=command.room_id)
    return (closed, removed) if command.room_id in contract.entitled_rooms else (removed,)


def order_service(
    contract: Contract, command: OrderService, now: datetime, tables: Tables
) -> tuple[Event, ...] | DomainRefusal:
    """Order a complementary service; a running contract is billed for it at once."""
    if not 0 <= command.extra.net_minor <= MAX_AMOUNT_MINOR or len(contract.services) >= MAX_SERVICES:
        return refuse(DomainCode.AMOUNT_INVALID)
    ordered = ServiceOrdered(
        at=now, service=ServiceRef(f"S{len(contract.services) + 1}"), extra=command.extra
    )
    if not contract.lifecycle.is_running:
        return (ordered,)
    return (ordered, *billing.bill_added_service(contract, command.extra, now, tables))


def end_service(contract: Contract, command: EndService, now: datetime) -> tuple[Event, ...] | DomainRefusal:
    """Stop a recurring service: it is not billed with the next period."""
    service = next((s for s in contract.services if s.ref == command.service), None)
    if service is None or service.ended_at is not None or not service.extra.is_recurring:
        return refuse(DomainCode.SERVICE_UNKNOWN)
    return (ServiceEnded(at=now, service=service.ref),)


def _has_room(contract: Contract, room_id: RoomId) -> bool:
    return any(room.room_id == room_id for room in contract.rooms)
