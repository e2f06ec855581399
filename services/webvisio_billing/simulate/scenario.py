"""One scenario, checked: its settings, its customer, its steps in the order of time.

`at` is wall-clock time in the scenario's zone, or exact with an offset. A
wall-clock time that comes twice is the first one; one that the spring change
skips is impossible and refused. The clock only moves forward.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.domain.numbering import DocumentKind, Series
from webvisio_billing.domain.tables import (
    LEGAL_RATES,
    STANDARD_RATES,
    STANDARD_VAT,
    HalfYear,
    Tables,
)
from webvisio_billing.domain.terms import (
    Customer,
    CustomerKind,
    LateRatePolicy,
    Prices,
    SellerRegion,
    TermsVersion,
    WorkingTime,
)
from webvisio_billing.simulate.errors import Place, ScenarioError
from webvisio_billing.simulate.fields import FIRST_YEAR, LAST_YEAR, Fields, day_of
from webvisio_billing.simulate.reading import Tree, read_documents
from webvisio_billing.simulate.steps import Do, Step, read_action

MAX_STEPS = 10_000
MAX_SUSPENSION_DAYS = 366

_HALF_YEAR = re.compile(r"2\d{3}-H[12]")
_SERIES = re.compile(r"([FAD])(2\d{3})")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the scenario assumes; everything has the product's default."""

    timezone: str
    terms: TermsVersion
    prices: Prices
    tables: Tables
    counters: dict[Series, int]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that is well formed."""

    name: str
    settings: Settings
    customer: Customer
    steps: tuple[Step, ...]
    clauses: tuple[str, ...]
    """The clauses that the scenario is about, for the page that lists tests by clause."""


def read_scenarios(data: bytes, file: str) -> tuple[Scenario, ...]:
    """Read and check all scenarios of a file; raises `ScenarioError` for the first problem."""
    scenarios = tuple(_scenario(tree, place) for place, tree in read_documents(data, file))
    if not scenarios:
        raise ScenarioError(Place(file), "no scenario in it")
    return scenarios


def _scenario(tree: Tree, place: Place) -> Scenario:
    fields = Fields(tree, place)
    name = fields.text("name")
    settings = _settings(fields.group("settings"))
    customer = _customer(fields.group("customer"))
    clauses = fields.texts("clauses")
    for clause in clauses:
        if clause not in CLAUSES:
            fields.fail("clauses", f"the terms have no clause {clause}")
    steps = fields.tree("steps")
    if not isinstance(steps, list) or not steps:
        fields.fail("steps", "expected a list of at least one step")
    if len(steps) > MAX_STEPS:
        fields.fail("steps", f"more than {MAX_STEPS} steps")
    fields.finish()
    return Scenario(name, settings, customer, tuple(_steps(steps, place, settings.timezone)), clauses)


def _settings(fields: Fields) -> Settings:
    timezone = fields.text("timezone", "Europe/Paris")
    if not _is_timezone(timezone):
        fields.fail("timezone", f"no time zone is called {timezone!r}")
    policy = None
    if fields.has("late_rate_policy"):
        policy = fields.choice("late_rate_policy", LateRatePolicy)
    opens, closes = _office_hours(fields)
    terms = TermsVersion(
        late_rate_policy=policy,
        seller_region=fields.choice("seller_region", SellerRegion, SellerRegion.FRANCE),
        suspension_days=fields.whole("suspension_days", 15, 0, MAX_SUSPENSION_DAYS),
        suspends_automatically=fields.flag("suspends_automatically", False),
        is_late_notice_kept=fields.flag("late_notice_kept", True),
        working_time=fields.choice("working_time", WorkingTime, WorkingTime.CLOCK),
        office_opens_hour=opens,
        office_closes_hour=closes,
    )
    settings = Settings(timezone, terms, _prices(fields.group("prices")), _tables(fields), _counters(fields))
    fields.finish()
    return settings


def _office_hours(fields: Fields) -> tuple[int, int]:
    hours = fields.group("office_hours")
    opens, closes = hours.whole("opens", 9, 0, 23), hours.whole("closes", 18, 1, 24)
    hours.finish()
    if opens >= closes:
        fields.fail("office_hours", "an office opens before it closes")
    return opens, closes


def _prices(fields: Fields) -> Prices:
    standard = Prices()
    prices = Prices(
        room_month_minor=fields.amount("room_month", standard.room_month_minor),
        room_day_minor=fields.amount("room_day", standard.room_day_minor),
        setup_minor=fields.amount("setup", standard.setup_minor),
    )
    fields.finish()
    return prices


def _tables(fields: Fields) -> Tables:
    legal: dict[HalfYear, Decimal] = dict(LEGAL_RATES)
    rates = fields.group("legal_rates")
    for name in rates.names():
        if not _HALF_YEAR.fullmatch(name):
            rates.fail(name, "expected a half-year such as 2026-H1")
        legal[HalfYear(name)] = rates.percent(name)
    vat: dict[date, Decimal] = dict(STANDARD_RATES)
    taxes = fields.group("vat")
    for name in taxes.names():
        day = day_of(name)
        if day is None:
            taxes.fail(name, "expected the first day of a rate, such as 2014-01-01")
        vat[day] = taxes.percent(name)
    return Tables(vat={STANDARD_VAT: vat}, legal_rates=legal)


def _counters(fields: Fields) -> dict[Series, int]:
    counters: dict[Series, int] = {}
    given = fields.group("counters")
    for name in given.names():
        match = _SERIES.fullmatch(name)
        if match is None:
            given.fail(name, "expected a series such as F2026")
        counters[Series(DocumentKind(match[1]), int(match[2]))] = given.whole(name, 0, 0, 999_999)
    return counters


def _customer(fields: Fields) -> Customer:
    kind = fields.choice("kind", CustomerKind, CustomerKind.PROFESSIONAL)
    siren = fields.text("siren") if fields.has("siren") else None
    fields.finish()
    return Customer(kind, siren)


def _steps(trees: list[Tree], place: Place, timezone: str) -> Iterator[Step]:
    before: datetime | None = None
    for number, tree in enumerate(trees, start=1):
        fields = Fields(tree, Place(place.file, place.scenario, number))
        at, is_date = _instant(fields, timezone)
        if before is not None and at < before:
            fields.fail("at", "the clock only moves forward")
        before = at
        do = fields.choice("do", Do)
        contract = fields.whole("contract", 0, 1, MAX_STEPS) if fields.has("contract") else None
        expect = fields.tree("expect")
        action = read_action(do, fields)
        fields.finish()
        yield Step(number, at, is_date, do, action, contract, expect)


def _instant(fields: Fields, timezone: str) -> tuple[datetime, bool]:
    """Read `at`; tells also whether only a date was written."""
    text = fields.text("at").strip()
    day = day_of(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        fields.fail("at", f"expected an instant such as 2026-11-15T00:00, found {text!r}")
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        fields.fail("at", f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
    if instant.tzinfo is not None:
        return instant.astimezone(UTC), False
    zone = ZoneInfo(timezone)
    utc = instant.replace(tzinfo=zone).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != instant:
        fields.fail("at", f"the clock of {timezone} skips {text}")
    return utc, day is not None


def _is_timezone(name: str) -> bool:
    try:
        return ZoneInfo(name).utcoffset(datetime(2026, 1, 1)) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
