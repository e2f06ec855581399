"""Decides, from a copy of the entitlements, whether a door is open at an instant.

Access is open if and only if an entitlement covers `now` and no block is open
(rules.md, "State machine: two regions"). Intervals are half-open, so at its
end an interval no longer covers. Nothing here reads a clock.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from webvisio_protocol.entitlements import (
    BlockReason,
    ContractAccess,
    ContractChanged,
    EntitlementHeartbeat,
    EntitlementSnapshot,
    Interval,
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
_Index = dict[_Key, dict[ContractId, ContractAccess]]


def decide(contract: ContractAccess, now: datetime) -> Access:
    """Decide whether `contract` opens its doors at `now` (UTC, aware)."""
    if not contract.blocks:  # the common case, and the one that is asked most
        for interval in contract.intervals:
            if interval.start <= now < interval.end:
                return Open(interval.end)
    return _refuse(contract, now)


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
class EntitlementCopy:
    """What billing last said, and the decisions drawn from it.

    Empty until the first snapshot: then `is_known` is False and every door
    answers `entitlements_unknown`. A decision looks only at the contracts of
    its room or customer, however many others there are.
    """

    version: int = -1
    contracts: dict[ContractId, ContractAccess] = field(default_factory=dict)
    _of_room: "_Index[RoomId]" = field(default_factory=dict)
    _of_customer: "_Index[CustomerId]" = field(default_factory=dict)

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
                self.contracts, self._of_room, self._of_customer = {}, {}, {}
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
        return self._best(self._of_room.get(room, {}).values(), now)

    def customer_access(self, customers: Iterable[CustomerId], now: datetime) -> Access:
        """Decide whether a person who belongs to `customers` may log in or start a server."""
        theirs = (self._of_customer.get(customer, {}).values() for customer in dict.fromkeys(customers))
        return self._best([contract for contracts in theirs for contract in contracts], now)

    def rented_room(self, room: RoomId) -> tuple[ContractAccess, RentedRoom] | None:
        """Find a room and the contract to show with it; the one with the latest end wins."""
        found = [(c, r) for c in self._of_room.get(room, {}).values() for r in c.rooms if r.room_id == room]
        return max(found, key=lambda pair: _last_end(pair[0].intervals), default=None)

    def rooms_of(self, customer: CustomerId) -> tuple[RentedRoom, ...]:
        """List the rooms of a customer, by identifier."""
        rooms = {r.room_id: r for c in self._of_customer.get(customer, {}).values() for r in c.rooms}
        return tuple(rooms[key] for key in sorted(rooms))

    def _put(self, contract: ContractAccess) -> None:
        """Add a contract, or replace what was known of it, in the indexes too."""
        before = self.contracts.get(contract.contract_id)
        rooms = {room.room_id for room in contract.rooms}
        if before is not None:
            for gone in {room.room_id for room in before.rooms} - rooms:
                del self._of_room[gone][before.contract_id]
            if before.customer_id != contract.customer_id:
                del self._of_customer[before.customer_id][before.contract_id]
        self.contracts[contract.contract_id] = contract
        for room_id in rooms:
            self._of_room.setdefault(room_id, {})[contract.contract_id] = contract
        self._of_customer.setdefault(contract.customer_id, {})[contract.contract_id] = contract

    def next_end(self, room: RoomId, now: datetime) -> datetime | None:
        """Tell when access to `room` ends by the clock, or None when it is shut already."""
        access = self.room_access(room, now)
        return access.until if isinstance(access, Open) else None

    def _best(self, contracts: Collection[ContractAccess], now: datetime) -> Access:
        if not self.is_known:
            return Refusal(RefusalCode.ENTITLEMENTS_UNKNOWN)
        best: Open | None = None
        refused: list[tuple[ContractAccess, Refusal]] = []
        for contract in contracts:
            answer = decide(contract, now)
            if isinstance(answer, Refusal):
                refused.append((contract, answer))
            elif best is None or answer.until > best.until:
                best = answer
        if best is not None:
            return best
        if not refused:
            return Refusal(RefusalCode.NO_CONTRACT)
        return max(refused, key=lambda pair: _last_end(pair[0].intervals))[1]


def _last_end(intervals: tuple[Interval, ...]) -> float:
    return intervals[-1].end.timestamp() if intervals else float("-inf")
