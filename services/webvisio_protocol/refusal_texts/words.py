"""What the words of a refusal are: what happened, why, and what can be done, in two languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, why, and what the reader can do."""

    title: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RefusalText:
    """A refusal's HTTP status, its clause and its words."""

    status: int
    clause: str | None
    en: Words
    fr: Words


def text(
    status: int, clause: str | None, *, en: tuple[str, str, str], fr: tuple[str, str, str]
) -> RefusalText:
    """Put a refusal's words together: title, message and remedy in each language."""
    return RefusalText(status, clause, Words(*en), Words(*fr))
