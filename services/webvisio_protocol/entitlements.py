"""What billing tells the hub and the rooms: who may use what, until when.

The unit is one contract. `webvisio_billing` answers `GET api/entitlements/stream`
with newline-delimited JSON of `StreamLine`: first an `EntitlementSnapshot`,
then a `ContractChanged` for each change, and an `EntitlementHeartbeat` every
five seconds. A consumer that loses the stream keeps what it has and
reconnects; intervals end by the consumer's own clock.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId


class BlockReason(StrEnum):
    """Why access is shut while the contract lives (rules.md, "two regions")."""

    UNPAID = "unpaid"
    ILLEGAL_CONTENT = "illegal_content"
    FRAUD = "fraud"
    MAINTENANCE = "maintenance"


class Interval(msgspec.Struct, frozen=True, gc=False):
    """A half-open stretch of time `[start, end)`, both in UTC (clause 2.1)."""

    start: datetime
    end: datetime


class Block(msgspec.Struct, frozen=True, gc=False):
    """An open block: access is shut since `opened_at` (UTC) until it is lifted."""

    reason: BlockReason
    opened_at: datetime


class RentedRoom(msgspec.Struct, frozen=True, gc=False):
    """A room that a contract pays for."""

    room_id: RoomId
    name: str


class ContractAccess(msgspec.Struct, frozen=True, gc=False):
    """Everything needed to decide locally whether a contract opens a door.

    `intervals` are ordered, disjoint and never contiguous (contiguous ones are
    merged, clause 3); `ends_at` is the end for good once it is
    known, which may lie ahead: a day pass, a notice given.
    """

    contract_id: ContractId
    customer_id: CustomerId
    customer_name: str
    timezone: str
    intervals: tuple[Interval, ...]
    blocks: tuple[Block, ...] = ()
    rooms: tuple[RentedRoom, ...] = ()
    ends_at: datetime | None = None


class EntitlementSnapshot(msgspec.Struct, frozen=True, gc=False, tag="snapshot", tag_field="type"):
    """All contracts, as of `version`; versions only grow."""

    version: int
    contracts: tuple[ContractAccess, ...]


class ContractChanged(msgspec.Struct, frozen=True, gc=False, tag="contract_changed", tag_field="type"):
    """One contract's new state, replacing what was known of it."""

    version: int
    contract: ContractAccess


class EntitlementHeartbeat(msgspec.Struct, frozen=True, gc=False, tag="heartbeat", tag_field="type"):
    """Says that the stream is alive and that `version` is the newest."""

    version: int


StreamLine = EntitlementSnapshot | ContractChanged | EntitlementHeartbeat
