"""Every refusal can be said, in both languages, under a clause that the terms have."""

import re
from datetime import UTC, datetime

import pytest

from webvisio_protocol.clause_texts import CLAUSES
from webvisio_protocol.refusal_texts import TEXTS
from webvisio_protocol.refusals import Refusal, RefusalCode, choose_locale, phrase

DETAILS = {
    "customer": "Atelier",
    "wait": "30 s",
    "limit": "1 MB",
    "minimum": "12",
    "field": "date",
    "problem": "x",
    "detail": "y",
}
SINCE = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("code", list(RefusalCode))
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_refusal_says_what_why_and_what_to_do(code: RefusalCode, locale: str) -> None:
    view = phrase(Refusal(code, since=SINCE, details=DETAILS), locale)  # type: ignore[arg-type]
    for sentence in (view.title, view.message, view.remedy):
        assert sentence
        assert not re.search(r"[{}\[\]]", sentence)
    if view.clause is not None:
        said = (view.clause_text or "").replace("\u00a0", " ").replace("’", "'")
        assert said == CLAUSES[view.clause][locale]


def test_texts_and_codes_are_the_same_set() -> None:
    assert set(TEXTS) == {code.value for code in RefusalCode}


@pytest.mark.parametrize("code", list(RefusalCode))
def test_both_languages_use_the_same_placeholders(code: RefusalCode) -> None:
    text = TEXTS[code.value]
    for english, french in (
        (text.en.title, text.fr.title),
        (text.en.message, text.fr.message),
        (text.en.remedy, text.fr.remedy),
    ):
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", french))


def test_an_unknown_instant_leaves_its_part_out() -> None:
    view = phrase(Refusal(RefusalCode.PERIOD_OVER, since=SINCE, details={"customer": "Atelier"}), "fr")
    assert (
        view.message
        == "La période commandée par Atelier s’est achevée le 15 mars 2026 à 00:00 (heure de Paris)."
    )


def test_instants_are_told_on_the_contracts_wall_clock() -> None:
    refusal = Refusal(
        RefusalCode.SUSPENDED_UNPAID, since=SINCE, timezone="America/Cayenne", details={"customer": "A"}
    )
    assert "14 March 2026, 20:00 (Cayenne time)" in phrase(refusal, "en").message


@pytest.mark.parametrize("code", list(RefusalCode))
def test_french_never_breaks_a_line_before_its_double_punctuation(code: RefusalCode) -> None:
    view = phrase(Refusal(code, since=SINCE, details=DETAILS), "fr")
    for sentence in (view.title, view.message, view.remedy, view.clause_text or ""):
        assert not re.search(r" [:;!?»]|« ", sentence)


@pytest.mark.parametrize(
    ("wishes", "locale"),
    [
        (("en", "fr"), "en"),
        ((None, "de-DE,en-GB;q=0.8,fr;q=0.5"), "en"),
        ((None, "de"), "fr"),
        ((None, None), "fr"),
        (("fr-CA",), "fr"),
    ],
)
def test_language_follows_the_strongest_wish_and_is_french_otherwise(
    wishes: tuple[str | None, ...], locale: str
) -> None:
    assert choose_locale(*wishes) == locale
