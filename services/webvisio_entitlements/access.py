"""Decides, from a copy of the entitlements, whether a door is open at an instant.

Access is open if and only if an entitlement covers `now` and no block is open
(rules.md, "State machine: two regions"). Intervals are half-open, so at its
end an interval no longer covers. Nothing here reads a clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from webvisio_protocol.entitlements import (
    BlockReason,
    ContractAccess,
    ContractChanged,
    EntitlementHeartbeat,
    EntitlementSnapshot,
    RentedRoom,
    StreamLine,
)
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode

_BLOCKED: dict[BlockReason, RefusalCode] = {
    # the gravest reason is told first when several blocks are open
    BlockReason.ILLEGAL_CONTENT: RefusalCode.SUSPENDED_ILLEGAL_CONTENT,
    BlockReason.FRAUD: RefusalCode.SUSPENDED_FRAUD,
    BlockReason.UNPAID: RefusalCode.SUSPENDED_UNPAID,
    BlockReason.MAINTENANCE: RefusalCode.MAINTENANCE,
}


@dataclass(frozen=True, slots=True)
class Open:
    """The door is open until `until` (UTC), when the interval at hand ends."""

    until: datetime


Access = Open | Refusal

_Key = TypeVar("_Key")


def decide(contract: ContractAccess, now: datetime) -> Access:
    """Decide whether `contract` opens its doors at `now` (UTC, aware)."""
    until = _open_until(contract, now)
    return _refuse(contract, now) if until is None else Open(until)


def _open_until(contract: ContractAccess, now: datetime) -> datetime | None:
    """Tell when the interval that covers `now` ends; None where the door is shut."""
    if not contract.blocks:
        for interval in contract.intervals:
            if interval.start <= now < interval.end:
                return interval.end
    return None


def _refuse(contract: ContractAccess, now: datetime) -> Refusal:
    """Say why a contract is shut: the gravest block, or what its intervals and its end say."""
    refuse = _refuser(contract)
    blocks = {block.reason: block for block in contract.blocks}
    for reason, code in _BLOCKED.items():
        if reason in blocks:
            return refuse(code, since=blocks[reason].opened_at)
    if contract.ends_at is not None and contract.ends_at <= now:
        return refuse(RefusalCode.CONTRACT_ENDED, since=contract.ends_at)
    past = [interval for interval in contract.intervals if interval.end <= now]
    coming = [interval for interval in contract.intervals if interval.start > now]
    until = coming[0].start if coming else None
    if past:
        return refuse(RefusalCode.PERIOD_OVER, since=past[-1].end, until=until)
    return refuse(RefusalCode.CONTRACT_NOT_STARTED, until=until)


class _refuser:  # noqa: N801 - a function with its contract bound
    def __init__(self, contract: ContractAccess) -> None:
        self._contract = contract

    def __call__(
        self, code: RefusalCode, since: datetime | None = None, until: datetime | None = None
    ) -> Refusal:
        details = {"customer": self._contract.customer_name}
        return Refusal(code, since=since, until=until, timezone=self._contract.timezone, details=details)


@dataclass(slots=True)
class _Index(Generic[_Key]):
    """The contracts of each room, or of each customer."""

    _of: dict[_Key, dict[ContractId, ContractAccess]] = field(default_factory=dict)
    _ordered: dict[_Key, tuple[ContractAccess, ...]] = field(default_factory=dict)
    """What `latest_first` has put in order since the last change of a key."""

    def put(self, key: _Key, contract: ContractAccess) -> None:
        """Add a contract, or replace what was known of it."""
        self._of.setdefault(key, {})[contract.contract_id] = contract
        self._ordered.pop(key, None)

    def drop(self, key: _Key, contract_id: ContractId) -> None:
        """Take a contract away from a key."""
        del self._of[key][contract_id]
        self._ordered.pop(key, None)

    def latest_first(self, key: _Key) -> tuple[ContractAccess, ...]:
        """List the contracts of a key, those whose last interval ends latest first; may be empty."""
        ordered = self._ordered.get(key)
        if ordered is None:
            ordered = tuple(sorted(self._of.get(key, {}).values(), key=_last_end, reverse=True))
            if ordered:  # what is asked for and is none of ours is not kept
                self._ordered[key] = ordered
        return ordered


@dataclass(slots=True)
class EntitlementCopy:
    """What billing last said, and the decisions drawn from it.

    Empty until the first snapshot: then `is_known` is False and every door
    answers `entitlements_unknown`. A decision looks only at the contracts of
    its room or customer, however many others there are.
    """

    version: int = -1
    contracts: dict[ContractId, ContractAccess] = field(default_factory=dict)
    _of_room: _Index[RoomId] = field(default_factory=_Index)
    _of_customer: _Index[CustomerId] = field(default_factory=_Index)

    @property
    def is_known(self) -> bool:
        """Whether a snapshot has arrived since the start."""
        return self.version >= 0

    def apply(self, line: StreamLine) -> tuple[ContractAccess, ...]:
        """Take a line of the stream in; returns the contracts that changed, may be empty."""
        match line:
            case EntitlementSnapshot():
                before = self.contracts
                self.version = line.version
                self.contracts, self._of_room, self._of_customer = {}, _Index(), _Index()
                for contract in line.contracts:
                    self._put(contract)
                return tuple(c for c in line.contracts if before.get(c.contract_id) != c)
            case ContractChanged():
                self.version = max(self.version, line.version)
                self._put(line.contract)
                return (line.contract,)
            case EntitlementHeartbeat():
                return ()

    def room_access(self, room: RoomId, now: datetime) -> Access:
        """Decide whether `room` is open: by any contract that rents it."""
        return self._best((self._of_room.latest_first(room),), now)

    def customer_access(self, customers: Iterable[CustomerId], now: datetime) -> Access:
        """Decide whether a person who belongs to `customers` may log in or start a server."""
        return self._best([self._of_customer.latest_first(customer) for customer in customers], now)

    def rented_room(self, room: RoomId) -> tuple[ContractAccess, RentedRoom] | None:
        """Find a room and the contract to show with it; the one with the latest end wins."""
        latest = self._of_room.latest_first(room)
        return next(((c, r) for c in latest for r in c.rooms if r.room_id == room), None)

    def rooms_of(self, customer: CustomerId) -> tuple[RentedRoom, ...]:
        """List the rooms of a customer, by identifier."""
        rooms = {r.room_id: r for c in self._of_customer.latest_first(customer)[::-1] for r in c.rooms}
        return tuple(rooms[key] for key in sorted(rooms))

    def _put(self, contract: ContractAccess) -> None:
        """Add a contract, or replace what was known of it, in the indexes too."""
        before = self.contracts.get(contract.contract_id)
        rooms = {room.room_id for room in contract.rooms}
        if before is not None:
            for gone in {room.room_id for room in before.rooms} - rooms:
                self._of_room.drop(gone, before.contract_id)
            if before.customer_id != contract.customer_id:
                self._of_customer.drop(before.customer_id, before.contract_id)
        self.contracts[contract.contract_id] = contract
        for room_id in rooms:
            self._of_room.put(room_id, contract)
        self._of_customer.put(contract.customer_id, contract)

    def next_end(self, room: RoomId, now: datetime) -> datetime | None:
        """Tell when access to `room` ends by the clock, or None when it is shut already."""
        access = self.room_access(room, now)
        return access.until if isinstance(access, Open) else None

    def _best(self, known: Sequence[tuple[ContractAccess, ...]], now: datetime) -> Access:
        """Decide among contracts, each list of them with the latest ends first: the longest open door wins."""
        if not self.is_known:
            return Refusal(RefusalCode.ENTITLEMENTS_UNKNOWN)
        best: datetime | None = None
        for contracts in known:
            for contract in contracts:
                # what follows ends no later: it can neither be open any more, nor longer
                if not contract.intervals or contract.intervals[-1].end <= (best or now):
                    break
                until = _open_until(contract, now)
                if until is not None and (best is None or until > best):
                    best = until
        if best is not None:
            return Open(best)
        latest = max((contracts[0] for contracts in known if contracts), key=_last_end, default=None)
        return Refusal(RefusalCode.NO_CONTRACT) if latest is None else _refuse(latest, now)


def _last_end(contract: ContractAccess) -> float:
    return contract.intervals[-1].end.timestamp() if contract.intervals else float("-inf")
