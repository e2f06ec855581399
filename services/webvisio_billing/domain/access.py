"""What a contract opens, in the shape that hub and rooms consume (clauses 2.1, 3, 6.4).

Published intervals are those that are certain at `now`: the periods bought,
and for a month the renewals that nobody can prevent by notice any more (the
deadline, term - 7 days, is past), so that a short absence of billing at
midnight cuts nobody. A later breach letter shortens them by a change. Blocks
shut access whatever the intervals say.
"""

from collections.abc import Iterator
from datetime import datetime

from webvisio_billing.domain import notices, periods
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.terms import Formula
from webvisio_protocol.entitlements import Block, ContractAccess, Interval


def contract_access(contract: Contract, customer_name: str, now: datetime) -> ContractAccess:
    """Say what the contract opens, as known at `now`.

    The answer changes by itself at `publication_due`; publish it again then.
    """
    blocks = tuple(Block(block.reason, block.opened_at) for block in contract.blocks)
    return ContractAccess(
        contract_id=contract.contract_id,
        customer_id=contract.customer_id,
        customer_name=customer_name,
        timezone=contract.timezone,
        intervals=intervals(contract, now),
        blocks=() if contract.ended_at is not None else blocks,
        rooms=contract.rooms,
        ends_at=known_end(contract),
    )


def known_end(contract: Contract) -> datetime | None:
    """Tell when the contract ends, or ended, for good; None while it renews itself (clause 3).

    Known ahead, so that who decides by the clock and who hears of the end say the same.
    """
    end = contract.ended_at or contract.ends_at
    if end is None and contract.formula is Formula.DAY and contract.passes:
        return periods.interval(
            periods.day_period(max(one.day for one in contract.passes)), contract.timezone
        ).end
    return end


def intervals(contract: Contract, now: datetime) -> tuple[Interval, ...]:
    """List the intervals of access that are certain at `now`, in order, merged (clause 3)."""
    if contract.accepted_at is None:
        return ()
    end = contract.ended_at or contract.ends_at
    bought = periods.merged(_bought(contract, now))
    return bought if end is None else tuple(_cut(bought, end))


def publication_due(contract: Contract, now: datetime) -> datetime | None:
    """Tell when the published intervals next grow by themselves: just after a notice deadline.

    None for day passes and for contracts whose end is known.
    """
    if contract.formula is Formula.DAY or not contract.lifecycle.is_live or contract.ends_at is not None:
        return None
    term = notices.notice_term(contract, now)
    return periods.notice_deadline(term, contract.terms.notice_days, contract.timezone)


def _bought(contract: Contract, now: datetime) -> Iterator[Interval]:
    if contract.formula is Formula.DAY:
        for day_pass in contract.passes:
            yield periods.interval(periods.day_period(day_pass.day), contract.timezone)
        return
    start = periods.midnight(contract.anchor, contract.timezone)
    if contract.ends_at is not None:
        yield Interval(start, max(start, contract.ends_at))
    elif contract.ended_at is None:
        yield Interval(start, periods.midnight(notices.notice_term(contract, now), contract.timezone))


def _cut(bought: tuple[Interval, ...], end: datetime) -> Iterator[Interval]:
    for interval in bought:
        if interval.start < end:
            yield Interval(interval.start, min(interval.end, end))
