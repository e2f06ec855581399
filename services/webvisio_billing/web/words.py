"""Says things in the reader's language: texts, dates, money, refusals, events.

The texts are in `catalogue`; whatever is put into them is escaped by the
template that shows it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from webvisio_billing.application.outcomes import Problem, ProblemKind
from webvisio_billing.documents import wording
from webvisio_billing.domain import clauses, events, refusals
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.periods import ONE_DAY, Period
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.payments.statements import Unreadable
from webvisio_billing.web.catalogue import CATALOGUE
from webvisio_protocol.refusals import Refusal, RefusalCode, local_time, phrase, set_in_french
from webvisio_protocol.signalling import Locale, RefusalView


class Words:
    """Everything that is said in one language; `words("key", name=value)` gives a text."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def __call__(self, key: str, **values: object) -> str:
        french, english = CATALOGUE[key]
        return (set_in_french(french) if self.locale == "fr" else english).format_map(values)

    # ---- dates and money -------------------------------------------------------------

    def day(self, day: date) -> str:
        """Tell a day: "23 novembre 2026"."""
        return format_date(day, f"{self._day_of_month(day)} MMMM y", locale=self.locale)

    def whole_day(self, instant: datetime, timezone: str) -> str:
        """Tell a day with its weekday: "lundi 23 novembre 2026"."""
        zone = ZoneInfo(timezone)
        pattern = f"EEEE {self._day_of_month(instant.astimezone(zone).date())} MMMM y"
        return format_datetime(instant, pattern, tzinfo=zone, locale=self.locale)

    def short_date(self, day: date) -> str:
        """Tell a day where there is little room: "23 nov."."""
        return format_date(day, f"{self._day_of_month(day)} MMM", locale=self.locale)

    def day_of(self, instant: datetime, timezone: str) -> str:
        """Tell the day of an instant on the wall clock of `timezone`."""
        return self.day(instant.astimezone(ZoneInfo(timezone)).date())

    def time(self, instant: datetime, timezone: str) -> str:
        """Tell an instant on the wall clock of `timezone`, with the zone named."""
        return local_time(instant, timezone, self.locale)

    def short_time(self, instant: datetime, timezone: str) -> str:
        """Tell an instant where the zone is named once for all: "23 nov. 2026, 09:00"."""
        zone = ZoneInfo(timezone)
        pattern = f"{self._day_of_month(instant.astimezone(zone).date())} MMM y, HH:mm"
        return format_datetime(instant, pattern, tzinfo=zone, locale=self.locale)

    def zone(self, timezone: str) -> str:
        """Name a time zone by its city."""
        return timezone.rpartition("/")[2].replace("_", " ")

    def machine_time(self, instant: datetime, timezone: str) -> str:
        """Tell an instant for `<time datetime>`."""
        return format_datetime(instant, "yyyy-MM-dd'T'HH:mm:ssxxx", tzinfo=ZoneInfo(timezone), locale="en")

    def money(self, amount_minor: int, currency: str = "EUR") -> str:
        """Tell an amount of money."""
        return format_currency(amount_minor / 100, currency, locale=self.locale)

    def typed_amount(self, amount_minor: int) -> str:
        """Write an amount as it is typed into a form: "120,00"."""
        return format_amount(amount_minor).replace(".", "," if self.locale == "fr" else ".")

    def medium_day(self, day: date) -> str:
        """Tell a day in a table: "23 nov. 2026"."""
        return format_date(day, f"{self._day_of_month(day)} MMM y", locale=self.locale)

    def short_period(self, period: Period) -> str:
        """Tell the days of a period in a table, the last one included: "23 nov. → 22 déc. 2026"."""
        if period.days == 1:
            return self.medium_day(period.start)
        return f"{self.short_date(period.start)} → {self.medium_day(period.end - ONE_DAY)}"

    def bar_period(self, period: Period) -> str:
        """Tell the days of a period where there is little room, the last one included: "23 nov. → 22 déc."."""
        first = self.short_date(period.start)
        return first if period.days == 1 else f"{first} → {self.short_date(period.end - ONE_DAY)}"

    def number(self, number: int) -> str:
        """Tell a whole number, its thousands apart."""
        return format_decimal(number, locale=self.locale)

    def percent(self, percent: str | Decimal) -> str:
        """Tell a rate: "2,62 %", "2.62%"."""
        told = format_decimal(Decimal(percent), locale=self.locale)
        return f"{told}\N{NO-BREAK SPACE}%" if self.locale == "fr" else f"{told}%"

    def since(self, since: str) -> str:
        """Tell from when a rate counts: "2e semestre 2026", "1er janvier 2014"."""
        year, half, number = since.partition("-H")
        return self(f"half_year_{number}", year=year) if half else self.day(date.fromisoformat(since))

    def period(self, period: Period) -> str:
        """Tell the days of a period, the last one included."""
        if period.days == 1:
            return self.day(period.start)
        return self("from_to", start=self.day(period.start), end=self.day(period.end - ONE_DAY))

    def _day_of_month(self, day: date) -> str:
        """Give the pattern of a day's number: "1er" in French, which CLDR's patterns cannot say."""
        return "d'er'" if self.locale == "fr" and day.day == 1 else "d"

    def missing(self, problems: Sequence[str]) -> str:
        """Tell what keeps a document from being made."""
        said = wording.problems(problems)
        return set_in_french(said.fr) if self.locale == "fr" else said.en

    # ---- refusals --------------------------------------------------------------------

    def clause(self, number: str) -> str:
        """Tell a clause in plain words."""
        said = clauses.CLAUSES[number].sentence(self.locale)
        return set_in_french(said) if self.locale == "fr" else said

    def refusal(
        self, refusal: Refusal | DomainRefusal | Problem, reference: str | None = None
    ) -> RefusalView:
        """Word any refusal, in the one shape that the platform shows."""
        match refusal:
            case DomainRefusal():
                return refusals.phrase(refusal, self.locale, reference)
            case Problem():
                return phrase(self._told(refusal), self.locale, reference)
            case Refusal():
                return phrase(refusal, self.locale, reference)

    def _told(self, problem: Problem) -> Refusal:
        code = RefusalCode(problem.kind.value)
        if problem.kind is ProblemKind.NOT_FOUND:
            return Refusal(code)
        values = dict(problem.values)
        if problem.message == "document_incomplete":
            values["problems"] = self.missing(values["problems"].split(","))
        details = {"problem": self(f"problem_{problem.message}", **values)}
        if problem.field:
            details["field"] = self(f"field_{problem.field}")
        return Refusal(code, details=details)

    def faults(self, unreadable: Unreadable) -> tuple[str, ...]:
        """Tell what is wrong with a statement, line by line."""
        told = []
        for fault in unreadable.faults:
            words = self(f"fault_{fault.code}", text=fault.text)
            told.append(self("fault_line", line=fault.line, fault=words) if fault.line else words)
        return tuple(told)

    # ---- what happened ---------------------------------------------------------------

    def event(self, event: Event, timezone: str) -> str:
        """Tell an event in one sentence."""
        key = f"event_{event.__struct_config__.tag}"
        return self(key if key in CATALOGUE else "event_other", **self._facts(event, timezone))

    def destroyed(self, line: str) -> str:
        """Tell a line of what was destroyed: rooms count by kind, an operator writes what they like."""
        kind, _, count = line.partition(": ")
        key = f"destroyed_{kind}"
        return self(key, count=self.number(int(count))) if key in CATALOGUE and count.isdecimal() else line

    def size(self, size_bytes: int) -> str:
        """Tell a size: "4,2 Mo", "4.2 MB"."""
        units = ("o", "ko", "Mo", "Go", "To") if self.locale == "fr" else ("B", "kB", "MB", "GB", "TB")
        power = min(max(0, (len(str(size_bytes)) - 1) // 3), len(units) - 1)
        told = format_decimal(round(size_bytes / 1000**power, 1 if power else 0), locale=self.locale)
        return f"{told}\N{NO-BREAK SPACE}{units[power]}"

    def mark(self, event: Event) -> str:
        """Name an event where there is little room, on the timeline."""
        match event:
            case events.InvoiceIssued():
                return event.number or self("number_to_come")
            case events.PaymentReceived():
                return self("mark_payment", amount=self.money(event.amount_minor, event.currency))
            case _:
                return self("mark_letter")

    def undelivered(self, code: str) -> str:
        """Say why a message did not go out."""
        key = f"undelivered_{code}"
        return self(key if key in CATALOGUE else "undelivered_other", code=code)

    def audited(self, action: str) -> str:
        """Name what an operator did."""
        key = f"audit_{action}"
        return self(key if key in CATALOGUE else "audit_other")

    def _facts(self, event: Event, timezone: str) -> dict[str, object]:
        facts: dict[str, object] = {"type": event.__struct_config__.tag}
        match event:
            case events.ContractActivated() | events.ContractRenewed() | events.DayPassStarted():
                facts["period"] = self.period(event.period)
            case events.ContractOrdered():
                facts["formula"] = self(f"formula_{event.formula}").lower()
                facts["effective"] = self.day(event.effective)
            case events.DayPassOrdered():
                facts["day"] = self.day(event.day)
            case events.NoticeReceived() | events.BreachLetterReceived():
                facts["party"] = self(f"party_{event.by}").lower()
                facts["ends_at"] = self.time(event.ends_at, timezone)
            case events.NoticeWithdrawn():
                facts["party"] = self(f"party_{event.by}").lower()
            case events.ContractEnding():
                facts["ends_at"] = self.time(event.ends_at, timezone)
            case events.BlockOpened() | events.BlockLifted():
                facts["reason"] = self(f"reason_{event.reason}").lower()
            case events.RoomAdded() | events.RoomRenamed():
                facts["room"] = event.name
            case events.RoomRemoved() | events.EntitlementOpened() | events.EntitlementClosed():
                facts["room"] = event.room_id
            case events.DataTaken():
                facts["person"] = event.actor
            case events.DataDestroyed():
                facts["destroyed"] = ", ".join(map(self.destroyed, event.destroyed))
            case events.InvoiceIssued() | events.CreditNoteIssued():
                facts["number"] = event.number or self("number_to_come")
                facts["gross"] = self.money(event.gross_minor, event.currency)
                if isinstance(event, events.InvoiceIssued):
                    facts["due"] = self.day(event.due_on)
            case events.PaymentReceived():
                facts["amount"] = self.money(event.amount_minor, event.currency)
            case (
                events.PaymentAllocated()
                | events.PaymentReleased()
                | events.PaymentRefunded()
                | events.PaymentReversed()
                | events.DebtWrittenOff()
            ):
                facts["amount"] = self.money(event.amount_minor)
            case events.LateChargeClaimed():
                facts["number"] = event.number or self("number_to_come")
                facts["amount"] = self.money(event.interest_minor + event.recovery_minor)
            case events.ServiceOrdered():
                facts["label"] = event.extra.label
            case events.TicketReported():
                facts["severity"] = self(f"severity_{event.severity}").lower()
            case _:
                pass
        return facts


@lru_cache(maxsize=2)
def words_for(locale: Locale) -> Words:
    """Give the words of a language."""
    return Words(locale)
