"""Doors are decided as rules.md says: half-open intervals, blocks first, the best contract wins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from webvisio_entitlements.access import EntitlementCopy, Open, decide
from webvisio_protocol.entitlements import (
    Block,
    BlockReason,
    ContractAccess,
    ContractChanged,
    EntitlementHeartbeat,
    EntitlementSnapshot,
    Interval,
    RentedRoom,
)
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId
from webvisio_protocol.refusals import Refusal, RefusalCode, phrase

START = datetime(2026, 11, 22, 23, tzinfo=UTC)
END = datetime(2026, 11, 23, 23, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ROOM = RoomId("python-debutants")


def contract(
    number: str = "c1",
    *intervals: Interval,
    blocks: tuple[Block, ...] = (),
    ends_at: datetime | None = None,
    customer: str = "atelier",
) -> ContractAccess:
    return ContractAccess(
        contract_id=ContractId(number),
        customer_id=CustomerId(customer),
        customer_name="Atelier Lumière",
        timezone="Europe/Paris",
        intervals=intervals,
        blocks=blocks,
        rooms=(RentedRoom(ROOM, "Python pour débutants"),),
        ends_at=ends_at,
    )


def copy_of(*contracts: ContractAccess) -> EntitlementCopy:
    copy = EntitlementCopy()
    copy.apply(EntitlementSnapshot(1, contracts))
    return copy


def code(access: object) -> RefusalCode:
    assert isinstance(access, Refusal)
    return access.code


DAY = Interval(START, END)


def test_interval_is_open_from_its_first_instant() -> None:
    assert decide(contract("c1", DAY), START) == Open(END)


def test_interval_is_open_to_the_last_instant_before_its_end() -> None:
    assert decide(contract("c1", DAY), END - TICK) == Open(END)


def test_interval_no_longer_covers_its_end() -> None:
    refusal = decide(contract("c1", DAY), END)
    assert refusal == Refusal(
        RefusalCode.PERIOD_OVER,
        since=END,
        timezone="Europe/Paris",
        details={"customer": "Atelier Lumière"},
    )


def test_before_the_first_interval_the_start_is_told() -> None:
    refusal = decide(contract("c1", DAY), START - TICK)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.until) == (RefusalCode.CONTRACT_NOT_STARTED, START)


def test_between_two_periods_both_edges_are_told() -> None:
    later = Interval(END + timedelta(days=2), END + timedelta(days=3))
    refusal = decide(contract("c1", DAY, later), END + timedelta(hours=1))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.since, refusal.until) == (RefusalCode.PERIOD_OVER, END, later.start)


def test_without_any_interval_the_contract_has_not_started() -> None:
    assert code(decide(contract("c1"), START)) is RefusalCode.CONTRACT_NOT_STARTED


def test_an_ended_contract_says_so_from_the_instant_of_its_end() -> None:
    ended = contract("c1", DAY, ends_at=END)
    assert decide(ended, END - TICK) == Open(END)
    assert code(decide(ended, END)) is RefusalCode.CONTRACT_ENDED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (BlockReason.UNPAID, RefusalCode.SUSPENDED_UNPAID),
        (BlockReason.ILLEGAL_CONTENT, RefusalCode.SUSPENDED_ILLEGAL_CONTENT),
        (BlockReason.FRAUD, RefusalCode.SUSPENDED_FRAUD),
        (BlockReason.MAINTENANCE, RefusalCode.MAINTENANCE),
    ],
)
def test_each_block_shuts_an_interval_that_covers(reason: BlockReason, expected: RefusalCode) -> None:
    refusal = decide(contract("c1", DAY, blocks=(Block(reason, START),)), START + TICK)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.since) == (expected, START)


def test_the_gravest_of_several_blocks_is_told() -> None:
    reasons = (BlockReason.MAINTENANCE, BlockReason.UNPAID, BlockReason.FRAUD, BlockReason.ILLEGAL_CONTENT)
    for i in range(len(reasons)):
        blocks = tuple(Block(reason, START) for reason in reasons[: i + 1])
        told = code(decide(contract("c1", DAY, blocks=blocks), START))
        assert told.value.endswith(reasons[i].value)


def test_a_block_is_told_even_after_the_period() -> None:
    blocked = contract("c1", DAY, blocks=(Block(BlockReason.UNPAID, START),), ends_at=END)
    assert code(decide(blocked, END)) is RefusalCode.SUSPENDED_UNPAID


def test_every_refusal_of_a_door_reads_in_both_languages() -> None:
    refusal = decide(contract("c1", DAY), END)
    assert isinstance(refusal, Refusal)
    assert "24 novembre 2026" in phrase(refusal, "fr").message
    assert "24 November 2026" in phrase(refusal, "en").message


def test_nothing_known_is_not_the_same_as_no_contract() -> None:
    assert code(EntitlementCopy().room_access(ROOM, START)) is RefusalCode.ENTITLEMENTS_UNKNOWN
    assert code(copy_of().room_access(ROOM, START)) is RefusalCode.NO_CONTRACT


def test_one_open_contract_is_enough() -> None:
    blocked = contract("c1", DAY, blocks=(Block(BlockReason.UNPAID, START),))
    assert copy_of(blocked, contract("c2", DAY)).room_access(ROOM, START) == Open(END)


def test_of_two_open_contracts_the_later_end_counts() -> None:
    longer = Interval(START, END + timedelta(days=1))
    copy = copy_of(contract("c1", longer), contract("c2", DAY))
    assert copy.next_end(ROOM, START) == longer.end


def test_of_two_shut_contracts_the_later_one_is_told() -> None:
    old = contract("c1", Interval(START - timedelta(days=9), START - timedelta(days=8)), ends_at=START)
    blocked = contract("c2", DAY, blocks=(Block(BlockReason.FRAUD, START),))
    assert code(copy_of(blocked, old).room_access(ROOM, START)) is RefusalCode.SUSPENDED_FRAUD


def test_a_room_that_no_contract_rents_is_shut() -> None:
    copy = copy_of(contract("c1", DAY))
    assert code(copy.room_access(RoomId("other"), START)) is RefusalCode.NO_CONTRACT
    assert copy.rented_room(RoomId("other")) is None
    assert copy.next_end(RoomId("other"), START) is None


def test_another_customers_contract_opens_nothing() -> None:
    copy = copy_of(contract("c1", DAY), contract("c2", DAY, customer="studio-nord"))
    copy.apply(
        ContractChanged(
            2,
            contract("c2", DAY, customer="studio-nord", blocks=(Block(BlockReason.UNPAID, START),)),
        )
    )
    assert copy.customer_access([CustomerId("atelier")], START) == Open(END)
    assert code(copy.customer_access([CustomerId("studio-nord")], START)) is RefusalCode.SUSPENDED_UNPAID
    assert code(copy.customer_access([], START)) is RefusalCode.NO_CONTRACT


def test_rooms_of_a_customer_are_listed_once() -> None:
    copy = copy_of(contract("c1", DAY), contract("c2", DAY), contract("c3", DAY, customer="studio-nord"))
    assert copy.rooms_of(CustomerId("atelier")) == (RentedRoom(ROOM, "Python pour débutants"),)


def test_a_snapshot_replaces_everything_and_names_what_changed() -> None:
    copy = copy_of(contract("c1", DAY), contract("c2", DAY))
    changed = contract("c2", DAY, ends_at=END)
    assert copy.apply(EntitlementSnapshot(5, (changed,))) == (changed,)
    assert (copy.version, set(copy.contracts)) == (5, {"c2"})


def test_a_heartbeat_changes_nothing() -> None:
    copy = copy_of(contract("c1", DAY))
    assert copy.apply(EntitlementHeartbeat(9)) == ()
    assert copy.version == 1


def test_a_change_moves_a_contract_between_rooms_and_customers() -> None:
    """The indexes forget what the contract no longer is."""
    other = RoomId("excel")
    copy = copy_of(contract("c1", DAY), contract("c2", DAY))
    moved = replace(contract("c1", DAY, customer="forum"), rooms=(RentedRoom(other, "Excel"),))

    copy.apply(ContractChanged(2, moved))

    assert [copy.rented_room(room) for room in (ROOM, other)] == [
        (contract("c2", DAY), RentedRoom(ROOM, "Python pour débutants")),
        (moved, RentedRoom(other, "Excel")),
    ]
    assert copy.rooms_of(CustomerId("forum")) == (RentedRoom(other, "Excel"),)
    copy.apply(ContractChanged(3, replace(contract("c2", DAY), rooms=())))
    assert code(copy.room_access(ROOM, START)) is RefusalCode.NO_CONTRACT
    assert copy.customer_access([CustomerId("atelier"), CustomerId("forum")], START) == Open(END)


DAYS = st.integers(min_value=0, max_value=6)
CUSTOMERS = ("atelier", "studio-nord")


@st.composite
def any_contract(draw: st.DrawFn) -> ContractAccess:
    """One of six names, so that changes replace; up to three days apart, blocked or not."""
    days = draw(st.sets(DAYS, max_size=3))
    wholes = [
        Interval(START + timedelta(days=2 * d), START + timedelta(days=2 * d + 1)) for d in sorted(days)
    ]
    blocks = draw(st.sampled_from([(), (), (), (Block(BlockReason.UNPAID, START),)]))
    number, customer = draw(st.sampled_from("abcdef")), draw(st.sampled_from(CUSTOMERS))
    return contract(number, *wholes, blocks=blocks, customer=customer)


def last_end(contract: ContractAccess) -> datetime:
    return contract.intervals[-1].end if contract.intervals else datetime.min.replace(tzinfo=UTC)


@given(
    st.lists(any_contract(), max_size=6, unique_by=lambda c: c.contract_id),
    st.lists(any_contract(), max_size=6),
    DAYS,
)
def test_however_contracts_change_the_answer_is_that_of_asking_each(
    first: list[ContractAccess], then: list[ContractAccess], day: int
) -> None:
    """Nothing that is kept in order outlives a change: decided between and after, as if it were new."""
    copy = copy_of(*first)
    now = START + timedelta(days=2 * day, hours=1)
    for n, changed in enumerate([None, *then]):
        if changed is not None:
            copy.apply(ContractChanged(n + 1, changed))
        for customers in ([CUSTOMERS[0]], [CUSTOMERS[1]], list(CUSTOMERS)):
            theirs = [c for c in copy.contracts.values() if c.customer_id in customers]
            doors = [door for c in theirs if isinstance(door := decide(c, now), Open)]
            answer = copy.customer_access([CustomerId(name) for name in customers], now)
            if doors:
                assert answer == Open(max(door.until for door in doors))
            elif theirs:
                latest = max(last_end(c) for c in theirs)
                assert answer in [decide(c, now) for c in theirs if last_end(c) == latest]
            else:
                assert code(answer) is RefusalCode.NO_CONTRACT
