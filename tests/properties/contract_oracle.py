"""A second, differently built reckoning of a month contract, written from the rules alone.

It walks a wall clock of naive local times, counts days one by one, holds
money as exact fractions and knows its own Easter. It shares no code with
`webvisio_billing.domain`, so an error would have to be made twice. It
answers only what is worth two reckonings: bills, ends, refunds, interest,
allocation, suspension, access, the liability cap and the ticket clock.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)

Answer = dict[str, str] | str
"""What a step answers: some of its result's fields, or the clause that refuses it."""


def cents(amount: Fraction) -> int:
    """Round to the cent, halves up."""
    return int((amount * 2 + 1) // 2)


def euros(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def anniversary(anchor: date, months: int) -> date:
    """Count months on the calendar; a day that the month lacks gives way to the one before."""
    year, month, day = anchor.year, anchor.month, anchor.day
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def easter(year: int) -> date:
    """The anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_worked(day: date, is_alsace: bool) -> bool:
    """Monday to Friday, without the public holidays of L3133-1 and L3134-13 C. trav."""
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    movable = {easter(day.year) + n * DAY for n in (1, 39, 50)}
    if is_alsace:
        fixed.add((12, 26))
        movable.add(easter(day.year) - 2 * DAY)
    return day.isoweekday() <= 5 and (day.month, day.day) not in fixed and day not in movable


def acknowledged_by(reported: datetime, is_alsace: bool) -> datetime:
    """Count 24 hours, half an hour at a time, on worked days (4.4)."""
    now, left = reported, 48
    while left:
        left -= 1 if is_worked(now.date(), is_alsace) else 0
        now += HALF_HOUR
    return now


@dataclass
class Bill:
    """An invoice of the oracle's."""

    number: str
    issued: date
    period: tuple[date, date]
    net: int
    tax: int
    for_period: int
    """Net, without set-up and what is paid once."""
    rate: Fraction
    settled: list[tuple[date, int]] = field(default_factory=list)
    paid: int = 0
    credited: tuple[int, int] = (0, 0)
    """Net and tax that credit notes have taken off."""
    is_cancelled: bool = False
    claimed_through: date | None = None
    is_recovery_claimed: bool = False
    costs: int = 0
    interest: int = 0

    @property
    def gross(self) -> int:
        return self.net + self.tax

    @property
    def owed(self) -> int:
        return self.gross - sum(amount for _, amount in self.settled)

    def owed_on(self, day: date) -> int:
        return self.gross - sum(amount for on, amount in self.settled if on < day)


@dataclass
class Oracle:
    """One month contract in Paris, from its order on. Times are naive and local."""

    kind: str
    anchor: date
    is_floor: bool
    legal: dict[tuple[int, int], Fraction]
    """Percent, by year and half."""
    vat: list[tuple[date, Fraction]]
    month_net: int
    setup_net: int
    once: list[int]
    recurring: list[int]
    suspension_days: int
    is_alsace: bool

    accepted: datetime | None = None
    ended: datetime | None = None
    ends: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When, by whom, why: every reason to end."""
    bills: list[Bill] = field(default_factory=list)
    renewals: int = 0
    credit: int = 0
    is_suspended: bool = False
    issued: list[tuple[date, str, int, int]] = field(default_factory=list)
    """Every invoice and credit note: day, "F" or "A", net, tax."""
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    # ---- time --------------------------------------------------------------------------

    def pass_to(self, now: datetime) -> None:
        """Let happen what falls due up to `now`."""
        while self.accepted is not None and self.ended is None:
            term = datetime.combine(anniversary(self.anchor, self.renewals), datetime.min.time())
            bill_at = max(term, self.accepted)
            end_at = min((end for end, _, _ in self.ends), default=datetime.max)
            if min(bill_at, end_at) > now:
                return
            if end_at <= bill_at:
                self._end(end_at)
            else:
                self._bill(bill_at)

    def _bill(self, at: datetime) -> None:
        first = self.renewals == 0
        period = (anniversary(self.anchor, self.renewals), anniversary(self.anchor, self.renewals + 1))
        for_period = self.month_net + sum(self.recurring)
        net = for_period + (self.setup_net + sum(self.once) if first else 0)
        rate = [rate for since, rate in self.vat if since <= at.date()][-1]
        self.renewals += 1
        self._issue(at.date(), period, net, cents(net * rate / 100), for_period, rate)
        self._settle(at.date())

    def _issue(
        self, on: date, period: tuple[date, date], net: int, tax: int, for_period: int, rate: Fraction
    ) -> Bill:
        bill = Bill(self._number("F", on), on, period, net, tax, for_period, rate)
        self.bills.append(bill)
        self.issued.append((on, "F", net, tax))
        return bill

    def _number(self, letter: str, on: date) -> str:
        self.counts[letter, on.year] = self.counts.get((letter, on.year), 0) + 1
        return f"{letter}{on.year}-{self.counts[letter, on.year]:06d}"

    def _end(self, at: datetime) -> None:
        self.ended = at
        was_running = self.renewals > 0
        _, by, why = next(end for end in self.ends if end[0] == at)
        if was_running and by == "customer" and why in ("breach", "consumer"):
            for bill in self.bills:
                self._refund(bill, at)
        self._settle(at.date())

    def _refund(self, bill: Bill, at: datetime) -> None:
        """Credit, of what was charged for the period, the days that begin at the end or later."""
        first, after = bill.period
        days = [first + n * DAY for n in range((after - first).days)]
        unused = [day for day in days if datetime.combine(day, datetime.min.time()) >= at]
        net = cents(Fraction(bill.for_period * len(unused), len(days)))
        if bill.is_cancelled or net == 0:
            return
        self._credit(bill, at.date(), net, cents(net * bill.rate / 100))

    def _credit(self, bill: Bill, on: date, net: int, tax: int) -> None:
        self._number("A", on)
        self.issued.append((on, "A", net, tax))
        bill.settled.append((on, net + tax))
        bill.credited = (bill.credited[0] + net, bill.credited[1] + tax)
        if bill.owed < 0:
            self.credit -= bill.owed
            bill.paid += bill.owed
            bill.settled.append((on, bill.owed))

    def _settle(self, on: date, first: Bill | None = None) -> None:
        """Spend credit: the named invoice, then the oldest; costs, interest, principal of each."""
        for bill in sorted(self.bills, key=lambda b: (b is not first, b.issued)):
            for part in ("costs", "interest"):
                spent = min(self.credit, getattr(bill, part))
                setattr(bill, part, getattr(bill, part) - spent)
                self.credit -= spent
            spent = min(self.credit, max(bill.owed, 0))
            if spent:
                bill.settled.append((on, spent))
                bill.paid += spent
                self.credit -= spent

    # ---- steps -------------------------------------------------------------------------

    def do(self, now: datetime, name: str, given: dict[str, str]) -> Answer:
        """Answer a step, time having passed."""
        self.pass_to(now)
        answer: Answer = getattr(self, f"do_{name}")(now, given)
        self.pass_to(now)
        if name != "suspend":  # a suspension falls as soon as nothing would allow it any more
            self.is_suspended = self.is_suspended and any(
                b.owed > 0 and self._may_suspend(b, now) for b in self.bills
            )
        return answer

    def do_accept(self, now: datetime, given: dict[str, str]) -> Answer:
        if self.accepted is not None:
            return "3" if self.ended else "6.3"
        if now.date() >= anniversary(self.anchor, 1):
            return "3"
        self.accepted = now
        return {}

    def _not_live(self) -> str | None:
        return "3" if self.accepted is None or self.ended is not None else None

    def do_notice(self, now: datetime, given: dict[str, str]) -> Answer:
        if refusal := self._not_live():
            return refusal
        by = given["by"]
        if any(who == by and why != "breach" for _, who, why in self.ends):
            return "3"
        if self.kind == "consumer" and by == "customer":
            end, why = now, "consumer"
        else:
            months = max(1, self.renewals)
            while datetime.combine(anniversary(self.anchor, months) - 7 * DAY, datetime.min.time()) < now:
                months += 1
            end, why = datetime.combine(anniversary(self.anchor, months), datetime.min.time()), "notice"
        self.ends.append((end, by, why))
        return {"ends_at": str(min(self.ends)[0])}

    def do_withdraw_notice(self, now: datetime, given: dict[str, str]) -> Answer:
        if refusal := self._not_live():
            return refusal
        kept = [end for end in self.ends if end[1] != given["by"] or end[2] == "breach"]
        if len(kept) == len(self.ends):
            return "3"
        self.ends = kept
        return {"ends_at": str(min((end for end, _, _ in kept), default=None))}

    def do_breach_letter(self, now: datetime, given: dict[str, str]) -> Answer:
        if refusal := self._not_live():
            return refusal
        if not given["registered_ref"]:
            return "8.1"
        end = now + 7 * DAY
        if given["precision"] == "date":
            end = datetime.combine(now.date() + 8 * DAY, datetime.min.time())
        self.ends.append((end, given["by"], "breach"))
        return {"ends_at": str(min(end for end, _, _ in self.ends))}

    def _named(self, given: dict[str, str]) -> Bill | None:
        return next((bill for bill in self.bills if bill.number == given["invoice"]), None)

    def do_pay(self, now: datetime, given: dict[str, str]) -> Answer:
        bill = self._named(given) if "invoice" in given else None
        if "invoice" in given and bill is None:
            return "6.1"
        self.credit += cents(Fraction(given["amount"]) * 100)
        self._settle(now.date(), bill)
        return {"balance": euros(self._balance()), "credit": euros(self.credit)}

    def _balance(self) -> int:
        return sum(bill.owed + bill.costs + bill.interest for bill in self.bills) - self.credit

    def _charges(self, bill: Bill, today: date) -> tuple[int, int] | None:
        """Add the interest up day by day; None where a day has no legal rate."""
        total = Fraction(0)
        day = (bill.claimed_through or bill.issued) + DAY
        while day <= today:
            if bill.owed_on(day) > 0:
                legal = self.legal.get((day.year, 1 if day.month < 7 else 2))
                if legal is None:
                    return None
                rate = max(legal + 5, 3 * legal) if self.is_floor else legal + 5
                total += bill.owed_on(day) * rate / 36500
            day += DAY
        was_late = today > bill.issued and bill.owed_on(bill.issued + DAY) > 0
        is_owed = self.kind == "professional" and was_late and not bill.is_recovery_claimed
        return cents(total), 4000 if is_owed else 0

    def do_interest_due(self, now: datetime, given: dict[str, str]) -> Answer:
        bill = self._named(given)
        if bill is None:
            return "6.1" if self.accepted or self.ended is None else "3"
        if bill.is_cancelled:
            return "6.1"
        charges = self._charges(bill, now.date())
        return "6.4" if charges is None else {"interest": euros(charges[0]), "recovery": euros(charges[1])}

    def do_claim_late_charges(self, now: datetime, given: dict[str, str]) -> Answer:
        answer = self.do_interest_due(now, given)
        bill = self._named(given)
        charges = self._charges(bill, now.date()) if bill is not None else None
        if isinstance(answer, str) or bill is None or charges is None:
            return answer
        if charges == (0, 0):
            return "6.4"
        bill.claimed_through = now.date()
        bill.interest += charges[0]
        bill.costs += charges[1]
        bill.is_recovery_claimed = bill.is_recovery_claimed or charges[1] > 0
        self._settle(now.date())
        return answer

    def do_cancel_invoice(self, now: datetime, given: dict[str, str]) -> Answer:
        bill, is_reissued = self._named(given), given["reissue"] == "true"
        if bill is None or bill.is_cancelled:
            return "6.1"
        net, tax = bill.net - bill.credited[0], bill.tax - bill.credited[1]
        if bill.credited != (0, 0) and (is_reissued or net + tax == 0):
            return "6.1"
        self._credit(bill, now.date(), net, tax)
        bill.is_cancelled = True
        if is_reissued:
            self._issue(now.date(), bill.period, bill.net, bill.tax, bill.for_period, bill.rate)
        self._settle(now.date())
        return {}

    def _may_suspend(self, bill: Bill, now: datetime) -> bool:
        days = (now.date() - bill.issued).days
        return days >= self.suspension_days

    def do_suspend(self, now: datetime, given: dict[str, str]) -> Answer:
        if refusal := self._not_live():
            return refusal
        if self.is_suspended:
            return "6.4"
        unpaid = [bill for bill in self.bills if bill.owed > 0]
        if not unpaid or not self._may_suspend(min(unpaid, key=lambda b: b.issued), now):
            return "6.4"
        self.is_suspended = True
        return {}

    def do_may_join(self, now: datetime, given: dict[str, str]) -> Answer:
        if self.ended is not None:
            return "3"
        if self.is_suspended:
            return "6.4"
        return {"open": "True"} if self.renewals else "3"

    def do_liability_cap(self, now: datetime, given: dict[str, str]) -> Answer:
        shares: dict[date, int] = {}
        for bill in self.bills:
            if bill.paid > 0:
                share = cents(Fraction(bill.paid * bill.for_period, bill.net)) if bill.net else 0
                shares[bill.period[1]] = shares.get(bill.period[1], 0) + share
        return {"cap": euros(sum(shares[end] for end in sorted(shares)[-2:]))}

    def do_report_ticket(self, now: datetime, given: dict[str, str]) -> Answer:
        if refusal := self._not_live():
            return refusal
        return {"ack_due_at": str(acknowledged_by(now, self.is_alsace))}
