"""What lists show of contracts: chosen, put in order and counted by the database, no journal folded.

The columns follow from the journal (`domain.standing`), like the rest of the
head: `application.changes` writes them with the events, `verify` reckons them
again. Counts stop at `MAX_COUNTED`, so that no page costs more than a look.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from webvisio_billing.domain.contract import fold
from webvisio_billing.domain.errors import HistoryError
from webvisio_billing.domain.standing import Owed, Standing, Urgency, standing
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Formula
from webvisio_billing.storage import journal
from webvisio_billing.storage.errors import JournalBroken
from webvisio_billing.storage.rows import update_rows
from webvisio_billing.storage.tables import (
    FOLDED_CHARACTERS,
    ContractRow,
    CustomerRow,
    EntitlementRow,
    table_of,
)
from webvisio_protocol.entitlements import ContractAccess
from webvisio_protocol.identifiers import ContractId, CustomerId

MAX_COUNTED: Final = 10_000
"""Above this a list says "more than"; its pages go on."""
MAX_GATHERED: Final = 500
"""A search that finds no more is read whole; one that finds more finds its first page quickly in order."""
MAX_IDLE_SHOWN: Final = 20
MAX_IDLE_SEARCHED: Final = 1000
CONTRACTS_AT_ONCE: Final = 250
_row = table_of(ContractRow)
_published = table_of(EntitlementRow)
_access = msgspec.json.Decoder(ContractAccess)
_owed = msgspec.json.Decoder(tuple[Owed, ...])
COLUMNS: Final = (
    "formula",
    "sort_key",
    "words",
    "is_held",
    "opens_at",
    "shuts_at",
    "ends_at",
    "balance_minor",
    "owed",
    "overdue_at",
    "suspension_at",
    "ticket_due_at",
)
"""Of `columns`."""
_LIVE: Final = [one.value for one in Lifecycle if one.is_live]
_RUNNING: Final = [one.value for one in Lifecycle if one.is_running]


class State(StrEnum):
    """A contract's state as its badge says it."""

    OPEN = "open"
    SUSPENDED = "suspended"
    SHUT = "shut"
    ENDING = "ending"
    ACCEPTED = "accepted"
    DRAFT = "draft"
    ENDED = "ended"
    CLOSED = "closed"


class Order(StrEnum):
    """By what a list is put in order; a minus before it turns it round."""

    CUSTOMER = "customer"
    UNTIL = "until"
    BALANCE = "balance"


class Shown(NamedTuple):
    """A contract as lists show it: where it stands, and what it publishes."""

    contract_id: ContractId
    customer_id: CustomerId
    standing: Standing
    access: ContractAccess


class Wish(msgspec.Struct, frozen=True):
    """Which contracts a list shows, in which order."""

    query: str = ""
    state: State | None = None
    order: Order = Order.CUSTOMER
    is_reversed: bool = False


def folded(text: str) -> str:
    """Fold a text for finding and ordering: no case, no accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def columns(stands: Standing, published: ContractAccess) -> dict[str, object]:
    """Give what is stored of a contract for lists."""
    name = folded(published.customer_name)
    rooms = (f"{room.room_id} {folded(room.name)}" for room in published.rooms)
    return {
        "formula": stands.formula.value,
        "sort_key": name[:FOLDED_CHARACTERS],
        "words": " ".join((name, published.customer_id, published.contract_id, *rooms)),
        "is_held": stands.is_held,
        "opens_at": stands.opens_at,
        "shuts_at": stands.shuts_at,
        "ends_at": stands.ends_at,
        "balance_minor": stands.balance_minor,
        "owed": msgspec.json.encode(stands.owed).decode(),
        "overdue_at": stands.overdue_at,
        "suspension_at": stands.suspension_at,
        "ticket_due_at": stands.ticket_due_at,
    }


# ---- lists -----------------------------------------------------------------------------


def state_of(one: Shown, now: datetime) -> State:
    """Name a contract's state for its badge, as `_is_in` chooses by it."""
    lifecycle = one.standing.lifecycle
    if one.standing.is_held and lifecycle.is_live:
        return State.SUSPENDED
    if not lifecycle.is_running:
        return State(lifecycle.value)
    opens_at, shuts_at = one.standing.opens_at, one.standing.shuts_at
    if opens_at is None or shuts_at is None or not opens_at <= now < shuts_at:
        return State.SHUT
    return State.ENDING if lifecycle is Lifecycle.ENDING else State.OPEN


def gathered(session: Session, wish: Wish, now: datetime) -> list[ContractId] | None:
    """Search by words in one pass, and tell all that is found, in order; None where that is too much."""
    if not wish.query:
        return None
    place, _ = _places(wish)
    some = select(place, _row.c.contract_id).where(*_wanted(wish, now)).limit(MAX_GATHERED + 1)
    rows = session.connection().execute(some).all()
    if len(rows) > MAX_GATHERED:
        return None
    rows = sorted(rows, key=lambda row: (row[0] is not None, *row), reverse=wish.is_reversed)
    return [ContractId(contract_id) for _, contract_id in rows]


def page(session: Session, wish: Wish, now: datetime, offset: int, limit: int) -> list[Shown]:
    """List contracts from the `offset`th of a wish on, at most `limit`."""
    chosen = select(_row.c.contract_id).where(*_wanted(wish, now)).order_by(*_order(wish))
    found = session.connection().scalars(chosen.offset(offset).limit(limit)).all()
    return shown(session, [ContractId(contract_id) for contract_id in found])


def count(session: Session, wish: Wish, now: datetime) -> int:
    """Count what a wish finds, up to `MAX_COUNTED` and one."""
    some = select(_row.c.contract_id).where(*_wanted(wish, now)).limit(MAX_COUNTED + 1).subquery()
    return session.connection().scalar(select(func.count()).select_from(some)) or 0


def shown(session: Session, contract_ids: Sequence[ContractId]) -> list[Shown]:
    """Read what lists show of some contracts, in the order given."""
    query = select(_row, _published.c.payload).join(
        _published, _published.c.contract_id == _row.c.contract_id
    )
    rows = session.connection().execute(query.where(_row.c.contract_id.in_(contract_ids)))
    found = {
        row.contract_id: Shown(
            ContractId(row.contract_id),
            CustomerId(row.customer_id),
            Standing(
                Formula(row.formula),
                Lifecycle(row.lifecycle),
                row.is_held,
                row.opens_at,
                row.shuts_at,
                row.ends_at,
                row.balance_minor,
                _owed.decode(row.owed),
                row.overdue_at,
                row.suspension_at,
                row.ticket_due_at,
            ),
            _access.decode(row.payload),
        )
        for row in rows
    }
    return [found[contract_id] for contract_id in contract_ids if contract_id in found]


def stored(session: Session, contract_ids: Sequence[ContractId]) -> dict[str, dict[str, object]]:
    """Read the columns of some contracts as they are stored, to be compared with `columns`."""
    table = [_row.c[name] for name in COLUMNS]
    rows = session.connection().execute(
        select(_row.c.contract_id, *table).where(_row.c.contract_id.in_(contract_ids))
    )
    return {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in rows}


def without_contract(session: Session, query: str) -> list[tuple[CustomerId, str]]:
    """List customers who have no contract yet, by name, at most `MAX_IDLE_SHOWN`."""
    has_one = select(_row.c.contract_id).where(_row.c.customer_id == CustomerRow.customer_id).exists()
    idle = select(CustomerRow.customer_id, CustomerRow.name).where(~has_one).order_by(CustomerRow.name)
    words = folded(query).split()
    found = [
        (CustomerId(customer_id), name)
        for customer_id, name in session.execute(idle.limit(MAX_IDLE_SEARCHED))
        if all(word in f"{folded(name)} {customer_id}" for word in words)
    ]
    return sorted(found, key=lambda one: folded(one[1]))[:MAX_IDLE_SHOWN]


def _wanted(wish: Wish, now: datetime) -> list[ColumnElement[bool]]:
    found = [_row.c.words.contains(word, autoescape=True) for word in folded(wish.query).split()]
    return found if wish.state is None else [*found, _is_in(wish.state, now)]


def _is_in(state: State, now: datetime) -> ColumnElement[bool]:
    covers = and_(_row.c.opens_at <= now, _row.c.shuts_at > now)
    match state:
        case State.SUSPENDED:
            return and_(_row.c.lifecycle.in_(_LIVE), _row.c.is_held.is_(True))
        case State.OPEN:
            return and_(_row.c.lifecycle == Lifecycle.ACTIVE.value, _row.c.is_held.is_(False), covers)
        case State.ENDING:
            return and_(_row.c.lifecycle == Lifecycle.ENDING.value, _row.c.is_held.is_(False), covers)
        case State.SHUT:
            shut = or_(_row.c.opens_at.is_(None), _row.c.opens_at > now, _row.c.shuts_at <= now)
            return and_(_row.c.lifecycle.in_(_RUNNING), _row.c.is_held.is_(False), shut)
        case State.ACCEPTED:
            return and_(_row.c.lifecycle == state.value, _row.c.is_held.is_(False))
        case _:
            return _row.c.lifecycle == state.value


def _order(wish: Wish) -> list[ColumnElement[object]]:
    by = _places(wish)
    return [one.desc() for one in by] if wish.is_reversed else by


def _places(wish: Wish) -> list[ColumnElement[object]]:
    """Name the columns of an order: the second tells equals apart."""
    place: ColumnElement[object] = {
        Order.CUSTOMER: _row.c.sort_key,
        Order.UNTIL: _row.c.shuts_at,
        Order.BALANCE: _row.c.balance_minor,
    }[wish.order]
    return [place, _row.c.contract_id]


# ---- who needs somebody ------------------------------------------------------------------


def urgent(
    session: Session, now: datetime, ends_within: timedelta, limit: int
) -> tuple[list[tuple[Urgency, Shown]], int]:
    """List the contracts that need somebody, at most `limit`; and count the others, as far as is counted."""
    found: list[tuple[Urgency, ContractId]] = []
    total = 0
    for urgency, condition, place in _urgencies(now, ends_within):
        some = select(_row.c.contract_id).where(condition)
        if len(found) < limit:
            first = some.order_by(place, _row.c.contract_id).limit(limit - len(found))
            found += ((urgency, ContractId(name)) for name in session.connection().scalars(first))
        counted = some.limit(MAX_COUNTED + 1).subquery()
        total += session.connection().scalar(select(func.count()).select_from(counted)) or 0
    by_name = {one.contract_id: one for one in shown(session, [name for _, name in found])}
    return [(urgency, by_name[name]) for urgency, name in found if name in by_name], total - len(found)


def _urgencies(
    now: datetime, ends_within: timedelta
) -> list[tuple[Urgency, ColumnElement[bool], ColumnElement[object]]]:
    held = and_(_row.c.lifecycle.in_(_LIVE), _row.c.is_held.is_(True))
    free = or_(_row.c.is_held.is_(False), _row.c.lifecycle.not_in(_LIVE))
    paid = or_(_row.c.overdue_at.is_(None), _row.c.overdue_at > now)
    calm = and_(paid, _row.c.ticket_due_at.is_(None))
    ends = and_(_row.c.lifecycle == Lifecycle.ENDING.value, _row.c.is_held.is_(False))
    return [
        (Urgency.SUSPENDED, held, _row.c.sort_key),
        (Urgency.OVERDUE, and_(_row.c.overdue_at <= now, free), _row.c.overdue_at),
        (Urgency.TICKET, and_(_row.c.ticket_due_at.is_not(None), free, paid), _row.c.ticket_due_at),
        (Urgency.ENDING, and_(ends, calm, _row.c.ends_at <= now + ends_within), _row.c.ends_at),
        (Urgency.UNSIGNED, and_(_row.c.lifecycle == Lifecycle.DRAFT.value, calm), _row.c.sort_key),
    ]


def count_by_state(session: Session) -> dict[tuple[Lifecycle, bool], int]:
    """Count contracts by where they are in their life, and whether anything suspends them."""
    held = func.sum(case((_row.c.is_held.is_(True), 1), else_=0))
    query = select(_row.c.lifecycle, func.count(), held).group_by(_row.c.lifecycle)
    counted: dict[tuple[Lifecycle, bool], int] = {}
    for lifecycle, together, of_them_held in session.connection().execute(query):
        counted[Lifecycle(lifecycle), True] = of_them_held
        counted[Lifecycle(lifecycle), False] = together - of_them_held
    return counted


# ---- data from before there were standings ------------------------------------------------


def fill(session: Session) -> None:
    """Reckon the columns of every contract: for a database from before revision 0009."""
    contract_ids = [ContractId(name) for name in session.scalars(select(_row.c.contract_id))]
    for start in range(0, len(contract_ids), CONTRACTS_AT_ONCE):
        some = contract_ids[start : start + CONTRACTS_AT_ONCE]
        rows = []
        published = session.connection().execute(
            select(_published.c.contract_id, _published.c.payload).where(_published.c.contract_id.in_(some))
        )
        payloads = {contract_id: _access.decode(payload) for contract_id, payload in published}
        for contract_id, recorded in journal.read_many(session, some).items():
            known = payloads.get(contract_id)
            if known is None or isinstance(recorded, JournalBroken):
                continue  # `verify` tells
            try:
                lived = fold(None, [record.event for record in recorded])
            except HistoryError:
                continue
            if lived is not None:
                rows.append({"contract_id": contract_id, **columns(standing(lived, known), known)})
        update_rows(session, ContractRow, rows, key="contract_id")
