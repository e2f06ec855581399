"""Words what happened as plain JSON values: decimal strings, local instants, printed numbers.

Events keep the names of their fields; `_minor` amounts lose the suffix and
become decimal strings, references become the numbers printed on documents.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from webvisio_billing.domain import refusals
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.money import format_amount
from webvisio_billing.domain.periods import Period
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Contract
from webvisio_protocol.entitlements import Interval
from webvisio_protocol.refusals import Refusal, phrase
from webvisio_protocol.signalling import Locale

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

_HIDDEN = frozenset({"ref", "terms", "terms_sha256", "prices", "customer", "contract_id", "customer_id"})
"""Fields that a reader of a scenario does not need: they are what the scenario itself says."""

_DOCUMENTS = frozenset({"invoice", "document", "replaces", "unpaid_invoice"})


def instant(at: datetime, timezone: str) -> str:
    """Write an instant as ISO 8601 with the zone's offset."""
    return at.astimezone(ZoneInfo(timezone)).isoformat()


def event(happened: Event, contract: Contract) -> dict[str, Json]:
    """Word an event of `contract`."""
    worded: dict[str, Json] = {
        "at": instant(happened.at, contract.timezone),
        "type": str(happened.__struct_config__.tag),
    }
    for name in happened.__struct_fields__:
        if name == "at" or name in _HIDDEN:
            continue
        value = getattr(happened, name)
        if name in _DOCUMENTS:
            worded[name] = None if value is None else contract.document_number(value)
        else:
            worded[_plain(name)] = _value(name, value, contract.timezone)
    if worded.get("document"):
        worded["invoice"] = _invoice_of(str(worded["document"]), contract)
    return worded


def refusal(refused: DomainRefusal | Refusal, locale: Locale) -> dict[str, Json]:
    """Word a refusal: its code, its clause, the sentence and what can be done."""
    view = refusals.phrase(refused, locale) if isinstance(refused, DomainRefusal) else phrase(refused, locale)
    return {"code": view.code, "clause": view.clause, "message": view.message, "remedy": view.remedy}


def period(covered: Period | None) -> Json:
    """Write a period as its first day and the day after its last."""
    return None if covered is None else [covered.start.isoformat(), covered.end.isoformat()]


def _value(name: str, value: object, timezone: str) -> Json:
    match value:
        case Enum():
            return str(value.value)
        case datetime():
            return instant(value, timezone)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case Period():
            return period(value)
        case Interval():
            return [instant(value.start, timezone), instant(value.end, timezone)]
        case bool() | None | str():
            return value
        case int():
            return format_amount(value) if name.endswith("_minor") else value
        case tuple():
            return [_value(name, item, timezone) for item in value]
        case msgspec.Struct():
            return {_plain(n): _value(n, getattr(value, n), timezone) for n in value.__struct_fields__}
        case _:
            raise TypeError(f"{name} has no plain form")


def _plain(name: str) -> str:
    return name.removesuffix("_minor")


def _invoice_of(number: str, contract: Contract) -> str:
    """Name the invoice that a document belongs to: a debit note's, or itself."""
    for note in contract.debit_notes:
        if note.number == number:
            return contract.document_number(note.invoice)
    return number
