"""Every refusal: its stable code, its HTTP status, its clause and its words.

A refusal is a value. Hub, billing and rooms all word it through `phrase`, so
the login page, the room and the control panel say the same sentence. Texts
live in `refusal_texts`; a test checks that every code has them in both
languages and that every clause named is in the terms.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_location

from webvisio_protocol.clause_texts import CLAUSES
from webvisio_protocol.refusal_texts import TEXTS
from webvisio_protocol.signalling import Locale, RefusalView


class RefusalCode(StrEnum):
    """Stable codes; never renamed, never reused. The value is what a client sees."""

    # doors that a contract shuts
    SUSPENDED_UNPAID = "suspended_unpaid"
    SUSPENDED_ILLEGAL_CONTENT = "suspended_illegal_content"
    SUSPENDED_FRAUD = "suspended_fraud"
    MAINTENANCE = "maintenance"
    CONTRACT_ENDED = "contract_ended"
    CONTRACT_NOT_STARTED = "contract_not_started"
    PERIOD_OVER = "period_over"
    NO_CONTRACT = "no_contract"
    ENTITLEMENTS_UNKNOWN = "entitlements_unknown"
    # doors of a room
    LINK_UNKNOWN = "link_unknown"
    LINK_EXPIRED = "link_expired"
    LOGIN_REQUIRED = "login_required"
    NOT_INVITED = "not_invited"
    GUESTS_NOT_ALLOWED = "guests_not_allowed"
    ROOM_PASSWORD_WRONG = "room_password_wrong"  # noqa: S105
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    NOT_ADMITTED = "not_admitted"
    REMOVED = "removed"
    # accounts
    CREDENTIALS_WRONG = "credentials_wrong"
    INVITATION_INVALID = "invitation_invalid"
    PASSWORD_TOO_WEAK = "password_too_weak"  # noqa: S105
    # requests and messages
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ROLE_TOO_WEAK = "role_too_weak"
    MESSAGE_MALFORMED = "message_malformed"
    MESSAGE_TOO_LARGE = "message_too_large"
    MESSAGE_UNEXPECTED = "message_unexpected"
    PROTOCOL_MISMATCH = "protocol_mismatch"
    RATE_LIMITED = "rate_limited"
    INPUT_INVALID = "input_invalid"
    CONFLICT = "conflict"
    # documents and what moderators withhold
    FEATURE_WITHHELD = "feature_withheld"
    DOCUMENT_READ_ONLY = "document_read_only"
    DOCUMENT_TOO_LARGE = "document_too_large"
    DOCUMENT_INVALID = "document_invalid"
    DOCUMENTS_LIMIT = "documents_limit"
    EXPORT_UNAVAILABLE = "export_unavailable"
    ADDRESS_REFUSED = "address_refused"
    # files
    FILE_NAME_INVALID = "file_name_invalid"
    FILE_NAME_TAKEN = "file_name_taken"
    FILE_TOO_LARGE = "file_too_large"
    FILE_KIND_REFUSED = "file_kind_refused"
    FILE_INFECTED = "file_infected"
    FILE_DESTROYED = "file_destroyed"
    FOLDER_NOT_EMPTY = "folder_not_empty"
    STORAGE_FULL = "storage_full"
    SCANNER_AWAY = "scanner_away"
    TOO_MANY_FILES = "too_many_files"
    UPLOAD_OUT_OF_STEP = "upload_out_of_step"
    # media
    OFFER_INVALID = "offer_invalid"
    MEDIA_UNAVAILABLE = "media_unavailable"
    MEDIA_LIMIT = "media_limit"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal, before it is worded.

    `since` and `until` are UTC; they are told on the wall clock of `timezone`.
    `details` fills the placeholders of the texts (all plain text, escaped by
    whoever shows it).
    """

    code: RefusalCode
    since: datetime | None = None
    until: datetime | None = None
    timezone: str = "Europe/Paris"
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def clause(self) -> str | None:
        """The clause of the terms at stake, or None."""
        return TEXTS[self.code.value].clause

    @property
    def status(self) -> int:
        """The HTTP status that goes with the refusal."""
        return TEXTS[self.code.value].status


class Refused(Exception):  # noqa: N818 - an outcome with a name of its own
    """Carries a `Refusal` up to the adapter that words it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


def choose_locale(*wishes: str | None) -> Locale:
    """Pick French or English from wishes, strongest first (a cookie, then Accept-Language).

    French where nothing is said: the product's first language.
    """
    for wish in wishes:
        for part in (wish or "").split(","):
            tag = part.split(";")[0].strip().lower()[:2]
            if tag == "fr":
                return "fr"
            if tag == "en":
                return "en"
    return "fr"


def local_time(instant: datetime, timezone: str, locale: Locale) -> str:
    """Tell an instant on the wall clock of `timezone`, with the zone's city named."""
    zone = ZoneInfo(timezone)
    city = get_timezone_location(zone, locale=locale, return_city=True)
    pattern = "d MMMM y, HH:mm"
    if locale == "fr":  # "1er juin", which CLDR's patterns cannot say
        is_first = instant.astimezone(zone).day == 1
        pattern = ("d'er'" if is_first else "d") + " MMMM y 'à' HH:mm"
    wall_clock = format_datetime(instant, pattern, tzinfo=zone, locale=locale)
    if locale == "en":
        return f"{wall_clock} ({city} time)"
    of = "d'" if city[:1] in "AEÉIOUYH" else "de "
    return f"{wall_clock} (heure {of}{city})"


def phrase(refusal: Refusal, locale: Locale, reference: str | None = None) -> RefusalView:
    """Word a refusal for a person who reads `locale`."""
    text = TEXTS[refusal.code.value]
    words = text.fr if locale == "fr" else text.en
    values = dict(refusal.details)
    for name, instant in (("since", refusal.since), ("until", refusal.until)):
        if instant is not None:
            values[name] = local_time(instant, refusal.timezone, locale)
    clause = text.clause
    sentences = (words.title, words.message, words.remedy, "" if clause is None else CLAUSES[clause][locale])
    filled = [_fill(sentence, values) for sentence in sentences]
    if locale == "fr":
        filled = [set_in_french(sentence) for sentence in filled]
    return RefusalView(
        code=refusal.code.value,
        title=filled[0],
        message=filled[1],
        remedy=filled[2],
        clause=clause,
        clause_text=None if clause is None else filled[3],
        reference=reference,
    )


def set_in_french(sentence: str) -> str:
    """Set a sentence as French printers do: spaces that do not break before : ; ! ? », curved apostrophes."""
    return re.sub(r"(?<=\w)'(?=\w)", "’", re.sub("(?<=«) | (?=[:;!?»])", "\u00a0", sentence))


def _fill(sentence: str, values: Mapping[str, str]) -> str:
    """Fill placeholders; a part in ``[[...]]`` whose value is unknown is left out."""
    parts = sentence.split("[[")
    text = parts[0].format_map(values)
    for part in parts[1:]:
        optional, _, rest = part.partition("]]")
        with suppress(KeyError):
            text += optional.format_map(values)
        text += rest.format_map(values)
    return text
