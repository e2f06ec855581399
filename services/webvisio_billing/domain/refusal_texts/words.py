"""What the words of a refusal are: what is refused, why, and what can be done, in two languages."""

from dataclasses import dataclass

from webvisio_protocol.refusal_texts.words import Words


@dataclass(frozen=True, slots=True)
class RefusalText:
    """A refusal's clause, HTTP status and words."""

    clause: str
    status: int
    en: Words
    fr: Words


def text(clause: str, status: int, en: tuple[str, str, str], fr: tuple[str, str, str]) -> RefusalText:
    """Put a refusal's words together: title, message and remedy in English, then in French."""
    return RefusalText(clause, status, Words(*en), Words(*fr))
