"""What an entitlement decision costs: may somebody enter this room now?

    python benchmarks/decisions.py [--contracts 100000]

The copy that hub and rooms decide from, at 1,000 contracts and at as many as
asked; a customer's decision (may somebody log in?) is over ten contracts.
The floor is finding a contract in a dictionary and comparing `now`
with one interval: what any decision must do. The journal's way is what the
copy replaces: telling from the contract itself what it opens. Times are the
best of several rounds, in microseconds a decision.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "services")]

from webvisio_billing.domain import commands as ask  # noqa: E402
from webvisio_billing.domain.access import contract_access  # noqa: E402
from webvisio_billing.domain.contract import act  # noqa: E402
from webvisio_billing.domain.terms import Formula  # noqa: E402
from webvisio_entitlements.access import EntitlementCopy, Open, decide  # noqa: E402
from webvisio_protocol.entitlements import (  # noqa: E402
    ContractAccess,
    EntitlementSnapshot,
    Interval,
    RentedRoom,
)
from webvisio_protocol.identifiers import ContractId, CustomerId, RoomId  # noqa: E402

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PERIOD = Interval(NOW - timedelta(days=9), NOW + timedelta(days=21))
GOAL_US = 10
DECISIONS = 20_000
ROUNDS = 5


def contracts(count: int) -> tuple[ContractAccess, ...]:
    """Make contracts of one room each, ten to a customer."""
    return tuple(
        ContractAccess(
            contract_id=ContractId(f"contract-{n}"),
            customer_id=CustomerId(f"customer-{n // 10}"),
            customer_name=f"Client {n // 10}",
            timezone="Europe/Paris",
            intervals=(PERIOD,),
            rooms=(RentedRoom(RoomId(f"room-{n}"), f"Salle {n}"),),
        )
        for n in range(count)
    )


def best_us(decision: Callable[[int], bool], count: int) -> float:
    """Time decisions about contracts far apart; every one of them must be for opening."""
    numbers = [n * 7919 % count for n in range(DECISIONS)]
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        opened = sum(decision(n) for n in numbers)
        rounds.append((time.perf_counter() - began) / DECISIONS * 1e6)
        if opened != DECISIONS:
            raise RuntimeError("a door that must be open was shut")
    return min(rounds)


def measure(count: int) -> dict[str, float]:
    """Time the ways to decide among `count` contracts."""
    known = contracts(count)
    copy = EntitlementCopy()
    began = time.perf_counter()
    copy.apply(EntitlementSnapshot(1, known))
    loaded_s = time.perf_counter() - began
    by_room = {contract.rooms[0].room_id: contract for contract in known}
    rooms = [contract.rooms[0].room_id for contract in known]
    customers = [contract.customer_id for contract in known]

    def floor(n: int) -> bool:
        interval = by_room[rooms[n]].intervals[0]
        return interval.start <= NOW < interval.end

    return {
        "contracts": count,
        "floor_us": best_us(floor, count),
        "one_contract_us": best_us(lambda n: isinstance(decide(known[n], NOW), Open), count),
        "room_us": best_us(lambda n: isinstance(copy.room_access(rooms[n], NOW), Open), count),
        "customer_us": best_us(lambda n: isinstance(copy.customer_access([customers[n]], NOW), Open), count),
        "snapshot_ms": loaded_s * 1000,
    }


def from_the_contract() -> float:
    """Time the decision from the domain's contract itself, a year into its life."""
    anchor = date(2025, 11, 23)
    order = ask.Order(
        contract_id=ContractId("c"), customer_id=CustomerId("c"), formula=Formula.MONTH, effective=anchor
    )
    began = datetime(2025, 11, 23, tzinfo=UTC)
    acted = act(None, order, began)
    for command, at in (
        (ask.Accept(channel=ask.Channel.SIGNATURE), began),
        (ask.GiveNotice(by=ask.Party.CUSTOMER), NOW),
    ):
        acted = act(acted.contract, command, at)
    contract = acted.contract
    if contract is None or acted.refusal is not None:
        raise RuntimeError("the contract did not live")
    return best_us(lambda _: isinstance(decide(contract_access(contract, "Client", NOW), NOW), Open), 1)


def main() -> None:
    """Measure, print, and write the result beside the others."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contracts", type=int, default=100_000)
    parser.add_argument("--no-result", action="store_true", help="print only")
    given = parser.parse_args()
    few, many = measure(1_000), measure(given.contracts)
    result = {
        "python": platform.python_version(),
        "goal_us": GOAL_US,
        "few": few,
        "many": many,
        "from_the_contract_us": from_the_contract(),
        "room_over_floor": many["room_us"] / many["floor_us"],
        "customer_over_floor": many["customer_us"] / many["floor_us"],
        "growth": many["room_us"] / few["room_us"],
        "customer_growth": many["customer_us"] / few["customer_us"],
        "is_goal_met": max(many["room_us"], many["customer_us"]) < GOAL_US,
    }
    text = json.dumps(_rounded(result), indent=1)
    print(text)
    if not given.no_result:
        (ROOT / "benchmarks" / "results" / "decisions.json").write_text(text + "\n")


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
