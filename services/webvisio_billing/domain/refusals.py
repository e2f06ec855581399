"""Every refusal of the domain: a value with a stable code, a clause and facts.

`phrase` words it in French or English from `refusal_texts`, in the shape that
the rest of the platform shows. Codes are never renamed and never reused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from babel.dates import format_date

from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.refusal_texts import TEXTS
from webvisio_protocol.refusals import local_time, set_in_french
from webvisio_protocol.signalling import Locale, RefusalView

Detail = str | date | datetime


@dataclass(frozen=True, slots=True)
class DomainRefusal:
    """A command that the contract does not allow.

    `details` fills the words; instants (UTC) are told on the wall clock of `timezone`.
    """

    code: DomainCode
    details: Mapping[str, Detail] = field(default_factory=dict)
    timezone: str = "Europe/Paris"

    @property
    def clause(self) -> str:
        """The clause of the terms that the refusal stands on."""
        return TEXTS[self.code].clause

    @property
    def status(self) -> int:
        """The HTTP status that goes with the refusal."""
        return TEXTS[self.code].status


def refuse(code: DomainCode, timezone: str = "Europe/Paris", **details: Detail) -> DomainRefusal:
    """Make a refusal from its facts."""
    return DomainRefusal(code, details, timezone)


def phrase(refusal: DomainRefusal, locale: Locale, reference: str | None = None) -> RefusalView:
    """Word a refusal for a person who reads `locale`."""
    text = TEXTS[refusal.code]
    words = text.fr if locale == "fr" else text.en
    values = {name: _worded(value, refusal.timezone, locale) for name, value in refusal.details.items()}
    sentences = [words.title, words.message, words.remedy]
    filled = [sentence.format_map(values) for sentence in sentences] + [CLAUSES[text.clause].sentence(locale)]
    if locale == "fr":
        filled = [set_in_french(sentence) for sentence in filled]
    return RefusalView(
        code=refusal.code.value,
        title=filled[0],
        message=filled[1],
        remedy=filled[2],
        clause=text.clause,
        clause_text=filled[3],
        reference=reference,
    )


def _worded(value: Detail, timezone: str, locale: Locale) -> str:
    match value:
        case datetime():
            return local_time(value, timezone, locale)
        case date():
            is_first = locale == "fr" and value.day == 1  # "1er juin", which CLDR's patterns cannot say
            return format_date(value, "d'er' MMMM y" if is_first else "d MMMM y", locale=locale)
        case _:
            return value
