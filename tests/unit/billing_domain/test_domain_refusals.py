"""Every refusal has a clause of the terms and words in both languages."""

import string
from datetime import date

import pytest
from contract_playing import at

from webvisio_billing.domain.clauses import CLAUSES
from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.refusal_texts import TEXTS
from webvisio_billing.domain.refusals import phrase, refuse
from webvisio_protocol.clause_texts import CLAUSES as SHOWN_CLAUSES


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", list(DomainCode))
def test_every_code_has_words_and_a_clause(code: DomainCode) -> None:
    text = TEXTS[code]

    assert text.clause in CLAUSES
    assert 400 <= text.status < 500
    for words in (text.en, text.fr):
        assert words.title and words.message.endswith(".") and words.remedy.endswith(".")


@pytest.mark.parametrize("code", list(DomainCode))
def test_both_languages_tell_the_same_facts(code: DomainCode) -> None:
    text = TEXTS[code]
    english = " ".join((text.en.title, text.en.message, text.en.remedy))
    french = " ".join((text.fr.title, text.fr.message, text.fr.remedy))

    assert placeholders(english) == placeholders(french)


@pytest.mark.clause("6.4")
@pytest.mark.parametrize(
    ("locale", "message"),
    [
        (
            "en",
            "The invoice due on 1 June 2026 allows a suspension from 16 June 2026, 00:00 (Paris time) only.",
        ),
        (
            "fr",
            "La facture échue le 1er juin 2026 ne permet de suspendre qu’à compter du 16 juin 2026 à 00:00 "
            "(heure de Paris).",
        ),
    ],
)
def test_a_refusal_is_worded_in_the_readers_language(locale: str, message: str) -> None:
    refused = refuse(DomainCode.SUSPENSION_TOO_EARLY, due=date(2026, 6, 1), allowed_at=at("2026-06-16T00:00"))

    view = phrase(refused, locale)  # type: ignore[arg-type]  # parametrized

    assert view.message.replace("\u202f", " ") == message
    assert (view.code, view.clause) == ("suspension_too_early", "6.4")


def test_the_first_of_a_month_is_told_as_the_french_say_it() -> None:
    refused = refuse(
        DomainCode.SUSPENSION_TOO_EARLY, due=date(2026, 5, 17), allowed_at=at("2026-06-01T00:00")
    )

    assert "à compter du 1er juin 2026 à 00:00" in phrase(refused, "fr").message
    assert "from 1 June 2026, 00:00" in phrase(refused, "en").message


def test_the_clauses_shown_to_users_are_clauses_of_the_terms() -> None:
    assert set(SHOWN_CLAUSES) <= set(CLAUSES)
