"""Decides, from a copy of the entitlements, whether a door is open at an instant.

Access is open if and only if an entitlement covers `now` and no block is open
(rules.md, "State machine: two regions"). Intervals are half-open, so at its
end an interval no longer covers. Nothing here reads a clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

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


def decide(contract: ContractAccess, now: datetime) -> Access:
    """Decide whether `contract` opens its doors at `now` (UTC, aware)."""
    refuse = _refuser(contract)
    blocks = {block.reason: block for block in contract.blocks}
    for reason, code in _BLOCKED.items():
        if reason in blocks:
            return refuse(code, since=blocks[reason].opened_at)
    for interval in contract.intervals:
        if interval.start <= now < interval.end:
            return Open(interval.end)
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
    answers `entitlements_unknown`.
    """

    version: int = -1
    contracts: dict[ContractId, ContractAccess] = field(default_factory=dict)

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
                self.contracts = {contract.contract_id: contract for contract in line.contracts}
                return tuple(c for c in line.contracts if before.get(c.contract_id) != c)
            case ContractChanged():
                self.version = max(self.version, line.version)
                self.contracts[line.contract.contract_id] = line.contract
                return (line.contract,)
            case EntitlementHeartbeat():
                return ()

    def room_access(self, room: RoomId, now: datetime) -> Access:
        """Decide whether `room` is open: by any contract that rents it."""
        holders = [c for c in self.contracts.values() if any(r.room_id == room for r in c.rooms)]
        return self._best(holders, now)

    def customer_access(self, customers: Iterable[CustomerId], now: datetime) -> Access:
        """Decide whether a person who belongs to `customers` may log in or start a server."""
        wanted = set(customers)
        return self._best([c for c in self.contracts.values() if c.customer_id in wanted], now)

    def rented_room(self, room: RoomId) -> tuple[ContractAccess, RentedRoom] | None:
        """Find a room and the contract to show with it; the one with the latest end wins."""
        found = [(c, r) for c in self.contracts.values() for r in c.rooms if r.room_id == room]
        return max(found, key=lambda pair: _last_end(pair[0].intervals), default=None)

    def rooms_of(self, customer: CustomerId) -> tuple[RentedRoom, ...]:
        """List the rooms of a customer, by identifier."""
        rooms = {r.room_id: r for c in self.contracts.values() if c.customer_id == customer for r in c.rooms}
        return tuple(rooms[key] for key in sorted(rooms))

    def next_end(self, room: RoomId, now: datetime) -> datetime | None:
        """Tell when access to `room` ends by the clock, or None when it is shut already."""
        access = self.room_access(room, now)
        return access.until if isinstance(access, Open) else None

    def _best(self, contracts: list[ContractAccess], now: datetime) -> Access:
        if not self.is_known:
            return Refusal(RefusalCode.ENTITLEMENTS_UNKNOWN)
        answers = [(contract, decide(contract, now)) for contract in contracts]
        opened = [answer for _, answer in answers if isinstance(answer, Open)]
        if opened:
            return max(opened, key=lambda answer: answer.until)
        if not answers:
            return Refusal(RefusalCode.NO_CONTRACT)
        return max(answers, key=lambda pair: _last_end(pair[0].intervals))[1]


def _last_end(intervals: tuple[Interval, ...]) -> float:
    return intervals[-1].end.timestamp() if intervals else float("-inf")
