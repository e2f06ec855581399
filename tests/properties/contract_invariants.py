"""What holds in every life of a contract, one small check a rule; each message says what was broken.

Written from the rules: days are counted by `contract_oracle` and on plain
`zoneinfo`, sums from the events, so that an error of the domain is not
repeated here.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from contract_lives import CONTRACT, TABLES, VAT, Life, Moment
from contract_oracle import DAY, anniversary, cents

from webvisio_billing.domain import journal, ledger
from webvisio_billing.domain.access import contract_access
from webvisio_billing.domain.commands import Precision
from webvisio_billing.domain.contract import advance, fold, next_due
from webvisio_billing.domain.events import (
    BlockLifted,
    BlockOpened,
    BreachLetterReceived,
    ContractActivated,
    ContractEnded,
    ContractRenewed,
    CreditNoteIssued,
    DayPassStarted,
    EndCause,
    EntitlementClosed,
    EntitlementOpened,
    Event,
    InvoiceIssued,
    LateChargeClaimed,
    NoticeReceived,
    Part,
    PaymentAllocated,
    RoomRemoved,
    ServiceEnded,
    ServiceOrdered,
)
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.domain.tables import HalfYear
from webvisio_billing.domain.terms import CustomerKind, Formula, LateRatePolicy, Party
from webvisio_entitlements.access import Open, decide
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import RoomId

Started = ContractActivated | ContractRenewed | DayPassStarted


def midnight(day: date, contract: Contract) -> datetime:
    """The first instant of a day on the contract's wall clock."""
    return datetime.combine(day, time(), ZoneInfo(contract.timezone)).astimezone(UTC)


def day_of(instant: datetime, contract: Contract) -> date:
    return instant.astimezone(ZoneInfo(contract.timezone)).date()


def steps(life: Life) -> Iterator[tuple[Contract, Event]]:
    """Each event after the order, with the contract as it was before it."""
    contract = fold(None, life.events[:1])
    for event in life.events[1:]:
        assert contract is not None
        yield contract, event
        contract = fold(contract, [event])


# ---- history ---------------------------------------------------------------------------


def the_journal_tells_the_whole_contract(life: Life) -> None:
    """Folding the events gives the contract that decided, at each moment."""
    folded: Contract | None = None
    told = 0
    for moment in life.moments:
        folded = fold(folded, life.events[told : moment.events])
        told = moment.events
        assert folded == moment.contract, "what is decided and what is journalled differ"


def events_are_in_time_order_and_nothing_is_overdue(life: Life) -> None:
    times = [event.at for event in life.events]
    assert times == sorted(times), "an event is told after a later one"
    for moment in life.moments[1:]:
        assert life.events[moment.events - 1].at <= moment.now, "an event lies ahead of its time"
    due = next_due(life.contract)
    assert due is None or due > life.now, f"what fell due at {due} did not happen"


def time_passes_the_same_in_one_go_and_in_many(life: Life) -> None:
    later, now = life.contract, life.now
    in_many: list[Event] = []
    for rest in life.rests:
        now += rest
        happened = advance(later, now, TABLES)
        after = fold(later, happened)
        assert after is not None
        later = after
        in_many += happened
    assert tuple(in_many) == advance(life.contract, now, TABLES), "an absence changes what happens"


def the_chain_holds_and_finds_a_changed_byte(life: Life) -> None:
    entries = list(journal.append(CONTRACT, life.events, life.now))
    head = entries[-1].hash
    assert journal.first_break(entries, CONTRACT, head) is None, "an untouched journal is told broken"
    hurt = len(entries) // 2
    payload = bytearray(entries[hurt].payload)
    payload[len(payload) // 2] ^= 1
    entries[hurt] = replace(entries[hurt], payload=bytes(payload))
    assert journal.first_break(entries, CONTRACT, head) == hurt + 1, "a changed byte goes unseen"


# ---- periods, notices, ends (clauses 3, 8.1) -------------------------------------------


def month_periods_touch_and_come_back_to_the_anchor(life: Life) -> None:
    if life.contract.formula is not Formula.MONTH:
        return
    periods = [event.period for event in life.events if isinstance(event, Started)]
    for index, period in enumerate(periods):
        expected = (
            anniversary(life.contract.anchor, index),
            anniversary(life.contract.anchor, index + 1),
        )
        assert (period.start, period.end) == expected, f"period {index} is {period}, not {expected}"
    assert all(one.end == other.start for one, other in pairwise(periods)), "a gap or an overlap"


def day_passes_never_overlap(life: Life) -> None:
    if life.contract.formula is not Formula.DAY:
        return
    days = [event.period for event in life.events if isinstance(event, Started)]
    assert all(period.end == period.start + DAY for period in days), "a pass is no single day"
    assert len({period.start for period in days}) == len(days), "a day is sold twice"


def periods_start_at_midnight_or_when_the_order_came_late(life: Life) -> None:
    for before, event in steps(life):
        if isinstance(event, Started):
            at = midnight(event.period.start, before)
            if isinstance(event, ContractRenewed):
                assert event.at == at, f"renewed at {event.at}, the term is {at}"
            assert at <= event.at < midnight(event.period.end, before), "a period starts outside itself"


def a_notice_binds_the_first_term_at_least_a_week_off(life: Life) -> None:
    for before, event in steps(life):
        if not isinstance(event, NoticeReceived):
            continue
        if event.cause is EndCause.CONSUMER_NOTICE:
            assert before.customer.kind is CustomerKind.CONSUMER and event.ends_at == event.at
            continue
        months = max(1, before.period_index + 1)
        while midnight(anniversary(before.anchor, months) - 7 * DAY, before) < event.at:
            months += 1
        expected = midnight(anniversary(before.anchor, months), before)
        assert event.ends_at == expected, f"a notice of {event.at} ends at {event.ends_at}, not {expected}"


def a_breach_letter_ends_a_week_after_its_receipt(life: Life) -> None:
    for before, event in steps(life):
        if not isinstance(event, BreachLetterReceived):
            continue
        received = event.at.astimezone(ZoneInfo(before.timezone))
        if event.precision is Precision.DATE:
            expected = midnight(received.date() + 8 * DAY, before)
        else:
            expected = (received + 7 * DAY).replace(fold=0).astimezone(UTC)
        assert event.ends_at == expected, f"{event.ends_at} is not {expected}"


def a_contract_ends_at_its_earliest_ending_and_nothing_outlives_it(life: Life) -> None:
    ended = False
    for before, event in steps(life):
        if isinstance(event, ContractEnded):
            ended = True
            assert not before.entitled_rooms, "an entitlement outlives the contract"
            if before.formula is Formula.MONTH:
                assert event.at == before.ends_at, f"ended at {event.at}, not {before.ends_at}"
            else:
                last = max(midnight(day_pass.day + DAY, before) for day_pass in before.passes)
                expected = last if before.ends_at is None else min(last, before.ends_at)
                assert event.at == expected, f"ended at {event.at}, not {expected}"
        elif ended:
            assert not isinstance(event, Started | EntitlementOpened | ServiceOrdered), (
                f"{type(event).__name__} after the end"
            )
        elif before.ends_at is not None and before.lifecycle is not Lifecycle.ENDED:
            assert event.at <= before.ends_at, "the contract outlives its end"
            is_too_late = isinstance(event, Started) and event.at >= before.ends_at
            assert not is_too_late, "a period starts at the contract's end"
    if ended:
        recurring = [s for s in life.contract.services if s.extra.is_recurring]
        assert all(s.ended_at is not None for s in recurring), "a service outlives the contract"


# ---- bills (clauses 6.1, 6.2) ----------------------------------------------------------


def each_period_has_exactly_one_bill_a_revision(life: Life) -> None:
    bills = [event for event in life.events if isinstance(event, InvoiceIssued)]
    keys = [(bill.period, bill.revision) for bill in bills]
    assert len(keys) == len(set(keys)), "a period is billed twice"
    started = [(event.at, event.period) for event in life.events if isinstance(event, Started)]
    first = [(bill.at, bill.period) for bill in bills if bill.period is not None and bill.revision == 0]
    assert first == started, f"billed {first}, started {started}"


def bills_add_up_at_the_tax_of_their_day(life: Life) -> None:
    for before, event in steps(life):
        if not isinstance(event, InvoiceIssued):
            continue
        assert event.issued_on == event.due_on == day_of(event.at, before), "not payable in advance"
        net = sum(line.net_minor for line in event.lines)
        assert event.gross_minor == event.net_minor + event.tax_minor and event.net_minor == net
        if event.replaces is None:
            rate = VAT[max(first for first in VAT if first <= event.issued_on)]
            assert event.tax_minor == cents(Fraction(net) * Fraction(rate) / 100), "the tax of another day"


def numbers_are_gapless_and_in_the_order_of_time(life: Life) -> None:
    for letter, kind in (("F", InvoiceIssued), ("A", CreditNoteIssued), ("D", LateChargeClaimed)):
        counts: dict[int, int] = {}
        for event in life.events:
            if isinstance(event, kind):
                year = event.issued_on.year
                counts[year] = counts.get(year, 0) + 1
                assert event.number == f"{letter}{year}-{counts[year]:06d}", f"{event.number} out of turn"


# ---- access (clauses 2.1, 5.4, 5.5, 6.4) -----------------------------------------------


def access_is_open_exactly_under_an_entitlement_and_without_a_block(life: Life) -> None:
    open_rooms: set[RoomId] = set()
    open_blocks: set[BlockReason] = set()
    covered_until: datetime | None = None
    is_over = False
    events = iter(life.events)
    told = 0
    for moment in life.moments:
        for _ in range(moment.events - told):
            match next(events):
                case EntitlementOpened() as event:
                    assert event.room_id not in open_rooms, "an entitlement opens twice"
                    open_rooms.add(event.room_id)
                case EntitlementClosed() as event:
                    open_rooms.remove(event.room_id)
                case RoomRemoved() as event:
                    assert event.room_id not in open_rooms, "a room goes while it is entitled"
                case BlockOpened() as event:
                    assert event.reason not in open_blocks, "a block opens twice"
                    open_blocks.add(event.reason)
                case BlockLifted() as event:
                    open_blocks.remove(event.reason)
                case ContractActivated() | ContractRenewed() | DayPassStarted() as event:
                    covered_until = midnight(event.period.end, moment.contract)
                case ContractEnded():
                    is_over = True
                case _:
                    pass
        told = moment.events
        _access_agrees(moment, covered_until, is_over, open_rooms, open_blocks)


def _access_agrees(
    moment: Moment,
    covered_until: datetime | None,
    is_over: bool,
    open_rooms: set[RoomId],
    open_blocks: set[BlockReason],
) -> None:
    contract, now = moment.contract, moment.now
    is_covered = covered_until is not None and now < covered_until and not is_over
    is_open = isinstance(decide(contract_access(contract, "", now), now), Open)
    assert is_open == (is_covered and not open_blocks), f"open is {is_open} at {now}, blocks {open_blocks}"
    assert not is_open or contract.lifecycle in (Lifecycle.ACTIVE, Lifecycle.ENDING)
    expected = {room.room_id for room in contract.rooms} if is_covered else set()
    assert open_rooms == expected, f"entitled {open_rooms}, rented and covered {expected}"


def a_block_for_non_payment_stands_only_on_late_principal(life: Life) -> None:
    for before, event in steps(life):
        if isinstance(event, BlockOpened) and event.reason is BlockReason.UNPAID:
            assert _has_late_principal(before, event.at), "suspended too early, or for nothing"
    for moment in life.moments:
        if moment.contract.block(BlockReason.UNPAID) and moment.contract.lifecycle is not Lifecycle.CLOSED:
            assert _has_late_principal(moment.contract, moment.now), "a suspension outlives its debt"


def _has_late_principal(contract: Contract, now: datetime) -> bool:
    days = timedelta(days=contract.terms.suspension_days)
    return any(
        invoice.outstanding_minor > 0 and midnight(invoice.due_on + days, contract) <= now
        for invoice in contract.invoices
    )


# ---- money (clauses 6.1, 6.4; art. 1343-1 C. civ.; L441-10, D441-5 C. com.) ------------


def the_ledger_balances_and_agrees_with_the_contract(life: Life) -> None:
    for event in life.events:
        booked = sum(posting.amount_minor for posting in ledger.postings(event))
        assert booked == 0, f"{type(event).__name__} is booked {booked} off balance"
    balances = ledger.balances(life.events)
    customers = balances.get(ledger.Account.CUSTOMERS, 0)
    advances = balances.get(ledger.Account.CUSTOMERS_ADVANCES, 0)
    assert customers + advances == life.contract.balance_minor, "ledger and contract disagree on what is owed"
    assert advances == -life.contract.credit_minor <= 0, "ledger and contract disagree on the credit"
    unspent = life.contract.unspent
    assert sum(unspent.values()) == life.contract.credit_minor, "the credit is of no payment"
    assert all(amount > 0 for amount in unspent.values())


def what_a_payment_brought_is_unspent_settles_something_or_has_gone_back(life: Life) -> None:
    for moment in life.moments:
        contract = moment.contract
        settled = sum(one.amount_minor for one in contract.spent)
        came, went = sum(contract.payments.values()), sum(contract.refunds.values())
        assert came - went == settled + contract.credit_minor, "money was lost, or made"
        for invoice in contract.invoices:
            paid = sum(
                one.amount_minor
                for one in contract.spent
                if (one.document, one.part) == (invoice.ref, Part.PRINCIPAL)
            )
            assert paid == invoice.paid_minor, f"what paid {invoice.ref} is not known"


def no_document_is_overpaid_or_overcredited(life: Life) -> None:
    for moment in life.moments:
        contract = moment.contract
        for invoice in contract.invoices:
            assert 0 <= invoice.outstanding_minor <= invoice.gross_minor, f"{invoice.ref} owes beyond itself"
            assert 0 <= invoice.paid_minor <= invoice.gross_minor, f"{invoice.ref} is overpaid"
            credited = sum(tax.net_minor + tax.tax_minor for tax in invoice.credited)
            assert 0 <= credited <= invoice.gross_minor, f"{invoice.ref} is credited beyond itself"
            assert not invoice.is_cancelled or invoice.outstanding_minor == invoice.paid_minor == 0
        for note in contract.debit_notes:
            assert 0 <= note.interest_open_minor <= note.interest_minor
            assert 0 <= note.recovery_open_minor <= note.recovery_minor
        if contract.credit_minor > 0:
            assert contract.balance_minor == -contract.credit_minor, "credit lies idle beside a debt"


def money_settles_costs_then_interest_then_principal(life: Life) -> None:
    for before, event in steps(life):
        if not isinstance(event, PaymentAllocated):
            continue
        assert event.amount_minor > 0, "nothing is allocated"
        if event.part is Part.PRINCIPAL:
            claimed = [note for note in before.debit_notes if note.invoice == event.document]
            assert all(note.interest_open_minor == note.recovery_open_minor == 0 for note in claimed), (
                "principal was settled before what was claimed"
            )
        elif event.part is Part.INTEREST:
            about = next(note.invoice for note in before.debit_notes if note.ref == event.document)
            claimed = [note for note in before.debit_notes if note.invoice == about]
            assert all(note.recovery_open_minor == 0 for note in claimed), "interest before costs"


def late_charges_are_the_sum_of_their_days_and_claimed_once(life: Life) -> None:
    for before, event in steps(life):
        if not isinstance(event, LateChargeClaimed):
            continue
        invoice = before.invoice(event.invoice)
        assert invoice is not None
        interest = Fraction(0)
        day = (invoice.claimed_through or invoice.due_on) + DAY
        while day <= event.through:
            interest += invoice.outstanding_at_start_of(day) * _late_rate(before, day) / 36500
            day += DAY
        assert event.interest_minor == cents(interest), f"{event.interest_minor} is not {float(interest)}"
        was_late = (
            event.through > invoice.due_on and invoice.outstanding_at_start_of(invoice.due_on + DAY) > 0
        )
        is_professional = before.customer.kind is CustomerKind.PROFESSIONAL
        recovery = 40_00 if is_professional and was_late and not invoice.is_recovery_claimed else 0
        assert event.recovery_minor == recovery, f"an indemnity of {event.recovery_minor}, not {recovery}"


def _late_rate(contract: Contract, day: date) -> Fraction:
    legal = Fraction(TABLES.legal_rates[HalfYear(f"{day.year}-H{1 if day.month < 7 else 2}")])
    policy = contract.terms.late_rate_policy
    if policy is None:
        is_professional = contract.customer.kind is CustomerKind.PROFESSIONAL
        policy = LateRatePolicy.FLOOR if is_professional else LateRatePolicy.CONTRACT
    return max(legal + 5, 3 * legal) if policy is LateRatePolicy.FLOOR else legal + 5


def unused_days_are_refunded_only_where_owed(life: Life) -> None:
    """To a consumer who leaves, and to a customer whose letter names the provider's breach."""
    for before, event in steps(life):
        if isinstance(event, CreditNoteIssued) and not event.is_cancellation:
            decisive = min(before.endings, key=lambda ending: ending.ends_at)
            assert decisive.by is Party.CUSTOMER, "refunded though the provider ended it"
            assert decisive.cause in (EndCause.BREACH_LETTER, EndCause.CONSUMER_NOTICE), decisive.cause
            assert before.lifecycle is Lifecycle.ENDED and event.at == before.ended_at


def a_service_ends_once(life: Life) -> None:
    ended = [event.service for event in life.events if isinstance(event, ServiceEnded)]
    assert len(ended) == len(set(ended)), "a service ends twice"


INVARIANTS: tuple[Callable[[Life], None], ...] = (
    the_journal_tells_the_whole_contract,
    events_are_in_time_order_and_nothing_is_overdue,
    time_passes_the_same_in_one_go_and_in_many,
    the_chain_holds_and_finds_a_changed_byte,
    month_periods_touch_and_come_back_to_the_anchor,
    day_passes_never_overlap,
    periods_start_at_midnight_or_when_the_order_came_late,
    a_notice_binds_the_first_term_at_least_a_week_off,
    a_breach_letter_ends_a_week_after_its_receipt,
    a_contract_ends_at_its_earliest_ending_and_nothing_outlives_it,
    each_period_has_exactly_one_bill_a_revision,
    bills_add_up_at_the_tax_of_their_day,
    numbers_are_gapless_and_in_the_order_of_time,
    access_is_open_exactly_under_an_entitlement_and_without_a_block,
    a_block_for_non_payment_stands_only_on_late_principal,
    the_ledger_balances_and_agrees_with_the_contract,
    what_a_payment_brought_is_unspent_settles_something_or_has_gone_back,
    no_document_is_overpaid_or_overcredited,
    money_settles_costs_then_interest_then_principal,
    late_charges_are_the_sum_of_their_days_and_claimed_once,
    unused_days_are_refunded_only_where_owed,
    a_service_ends_once,
)
