"""Says a letter in the reader's language: a subject and paragraphs, from facts alone.

Every text names the clause that it stands on where there is one, and says
what the reader can do. The table is long because a translator reads it whole.
"""

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date
from babel.numbers import format_currency

from webvisio_billing.domain.letters import LetterFacts, LetterKind
from webvisio_protocol.refusals import local_time
from webvisio_protocol.signalling import Locale

Texts = tuple[str, tuple[str, ...]]
"""A subject and its paragraphs; placeholders are facts."""


class Worded(msgspec.Struct, frozen=True):
    """A letter in words."""

    subject: str
    paragraphs: tuple[str, ...]


_FR: Final[dict[str, Texts]] = {
    "invoice_issued": (
        "Facture {number} – {amount}",
        (
            "Votre facture {number} de {amount}, à régler le {due_on}, est jointe à ce message.",
            "Merci d'indiquer {number} dans le libellé de votre virement.",
        ),
    ),
    "credit_note_issued": (
        "Avoir {number} – {amount}",
        (
            "L'avoir {number} de {amount}, sur la facture {about}, est joint à ce message.",
            "Si cette facture était déjà réglée, le montant est porté à votre crédit.",
        ),
    ),
    "late_charges_claimed": (
        "Pénalités de retard {number} – {amount}",
        (
            "La facture {about} n'ayant pas été réglée à son échéance, les intérêts de retard et, le cas "
            "échéant, l'indemnité de recouvrement s'élèvent à {amount} (article 6.4). "
            "La note {number} est jointe à ce message.",
        ),
    ),
    "payment_received": (
        "Paiement reçu – {amount}",
        ("Nous avons bien reçu votre paiement de {amount} le {day}. Merci.",),
    ),
    "payment_refunded": (
        "Remboursement – {amount}",
        ("Nous vous avons remboursé {amount} le {day}.",),
    ),
    "payment_reversed": (
        "Paiement repris – {amount}",
        (
            "Votre paiement nous a été repris à hauteur de {amount} le {day} par votre banque ou par PayPal. "
            "Ce qu'il réglait est de nouveau dû (articles 6.1 et 6.4).",
        ),
    ),
    "due_soon": (
        "Votre contrat se renouvelle le {due_on}",
        (
            "Votre contrat {contract} se renouvelle pour un mois le {due_on} (article 3). "
            "Sa facture, payable d'avance (article 6.1), vous sera adressée ce jour-là.",
        ),
    ),
    "overdue": (
        "Rappel : facture {number} à régler",
        (
            "Sauf erreur de notre part, il reste {amount} à régler sur la facture {number}, échue le {due_on}. "
            "Si votre paiement est en route, merci de ne pas tenir compte de ce rappel.",
            "Les intérêts de retard courent sans rappel, et l'accès peut être suspendu sans préavis à partir "
            "du {suspension_on} (article 6.4).",
        ),
    ),
    "notice_acknowledged": (
        "Fin de votre contrat le {ends_day}",
        (
            "La résiliation donnée par {party} a été reçue le {day}. "
            "Le contrat {contract} prend fin le {ends_at} (article 3).",
            "Vos salles restent ouvertes jusque-là.",
        ),
    ),
    "notice_acknowledged_late": (
        "Fin de votre contrat le {ends_day}",
        (
            "La résiliation donnée par {party} a été reçue le {day}, trop tard pour l'échéance la plus "
            "proche : une semaine est nécessaire (article 3). Elle vaut pour l'échéance suivante.",
            "Le contrat {contract} prend fin le {ends_at}. Vos salles restent ouvertes jusque-là.",
        ),
    ),
    "notice_withdrawn": (
        "Votre contrat continue",
        (
            "La résiliation donnée par {party} est retirée d'un commun accord. "
            "Le contrat {contract} continue et se renouvelle comme auparavant (article 3).",
        ),
    ),
    "notice_withdrawn_ending": (
        "Résiliation retirée",
        (
            "La résiliation donnée par {party} est retirée d'un commun accord (article 3). Le contrat "
            "{contract} prend néanmoins fin le {ends_at}, pour une autre raison qui vous a été signalée.",
        ),
    ),
    "breach_letter_acknowledged": (
        "Résiliation pour manquement : fin le {ends_day}",
        (
            "La lettre recommandée de {party}, qui invoque les articles {reason}, a été reçue le {day}. "
            "Le contrat {contract} et ses prestations complémentaires prennent fin le {ends_at} (article 8.1).",
        ),
    ),
    "suspended_unpaid": (
        "Accès suspendu : facture {about} impayée",
        (
            "L'accès à vos salles est suspendu : la facture {about} n'a pas été réglée (article 6.4).",
            "Il est rétabli dès que son montant principal nous parvient.",
        ),
    ),
    "suspended_illegal_content": (
        "Accès suspendu",
        (
            "L'accès à vos salles est suspendu : un contenu illicite nous a été signalé (article 5.5). "
            "La facturation se poursuit.",
            "Répondez à ce message pour nous donner vos explications.",
        ),
    ),
    "suspended_fraud": (
        "Accès suspendu pour votre protection",
        (
            "L'accès à vos salles est suspendu : une utilisation frauduleuse de vos identifiants a été "
            "signalée (article 5.4).",
            "Confirmez le signalement par lettre recommandée ; de nouveaux identifiants vous seront remis.",
        ),
    ),
    "suspended_maintenance": (
        "Maintenance en cours",
        (
            "Vos salles sont fermées le temps d'une maintenance (article 4.3). "
            "Nous vous écrivons dès leur réouverture.",
        ),
    ),
    "suspension_lifted": (
        "Accès rétabli",
        ("L'accès à vos salles, contrat {contract}, est rétabli.",),
    ),
    "contract_ended": (
        "Votre contrat a pris fin",
        (
            "Le contrat {contract} a pris fin le {ends_at}. Ses salles sont fermées.",
            "Vos données vous sont restituées ou sont détruites, à votre choix (article 8.2) : "
            "choisissez dans « Mon compte », sous le contrat, ou répondez à ce message.",
        ),
    ),
}
_EN: Final[dict[str, Texts]] = {
    "invoice_issued": (
        "Invoice {number} – {amount}",
        (
            "Your invoice {number} of {amount}, due on {due_on}, is attached to this message.",
            "Please state {number} with your transfer.",
        ),
    ),
    "credit_note_issued": (
        "Credit note {number} – {amount}",
        (
            "Credit note {number} of {amount}, on invoice {about}, is attached to this message.",
            "If that invoice was paid already, the amount is on your credit.",
        ),
    ),
    "late_charges_claimed": (
        "Late charges {number} – {amount}",
        (
            "As invoice {about} was not paid when due, late interest and, where owed, the recovery "
            "indemnity come to {amount} (clause 6.4). Debit note {number} is attached to this message.",
        ),
    ),
    "payment_received": (
        "Payment received – {amount}",
        ("We received your payment of {amount} on {day}. Thank you.",),
    ),
    "payment_refunded": (
        "Refund – {amount}",
        ("We refunded {amount} to you on {day}.",),
    ),
    "payment_reversed": (
        "Payment taken back – {amount}",
        (
            "On {day} your bank or PayPal took {amount} of your payment back from us. "
            "What it had settled is due again (clauses 6.1 and 6.4).",
        ),
    ),
    "due_soon": (
        "Your contract renews on {due_on}",
        (
            "Your contract {contract} renews for a month on {due_on} (clause 3). "
            "Its invoice, payable in advance (clause 6.1), will be sent to you that day.",
        ),
    ),
    "overdue": (
        "Reminder: invoice {number} is unpaid",
        (
            "Unless we are mistaken, {amount} remain to be paid on invoice {number}, due on {due_on}. "
            "If your payment is under way, please disregard this reminder.",
            "Late interest runs without reminder, and access may be suspended without notice "
            "from {suspension_on} on (clause 6.4).",
        ),
    ),
    "notice_acknowledged": (
        "Your contract ends on {ends_day}",
        (
            "The notice given by {party} was received on {day}. "
            "Contract {contract} ends on {ends_at} (clause 3).",
            "Your rooms stay open until then.",
        ),
    ),
    "notice_acknowledged_late": (
        "Your contract ends on {ends_day}",
        (
            "The notice given by {party} was received on {day}, too late for the coming term: a week is "
            "needed (clause 3). It counts for the term after it.",
            "Contract {contract} ends on {ends_at}. Your rooms stay open until then.",
        ),
    ),
    "notice_withdrawn": (
        "Your contract goes on",
        (
            "The notice given by {party} is withdrawn by common agreement. "
            "Contract {contract} goes on and renews as before (clause 3).",
        ),
    ),
    "notice_withdrawn_ending": (
        "Notice withdrawn",
        (
            "The notice given by {party} is withdrawn by common agreement (clause 3). Contract {contract} "
            "still ends on {ends_at}, for another reason that you were told of.",
        ),
    ),
    "breach_letter_acknowledged": (
        "Termination for breach: ends on {ends_day}",
        (
            "The registered letter of {party}, which names clauses {reason}, was received on {day}. "
            "Contract {contract} and its complementary services end on {ends_at} (clause 8.1).",
        ),
    ),
    "suspended_unpaid": (
        "Access suspended: invoice {about} is unpaid",
        (
            "Access to your rooms is suspended: invoice {about} has not been paid (clause 6.4).",
            "It opens again as soon as its principal reaches us.",
        ),
    ),
    "suspended_illegal_content": (
        "Access suspended",
        (
            "Access to your rooms is suspended: illegal content was reported to us (clause 5.5). "
            "Billing goes on.",
            "Answer this message to explain yourself.",
        ),
    ),
    "suspended_fraud": (
        "Access suspended for your protection",
        (
            "Access to your rooms is suspended: a fraudulent use of your credentials was reported "
            "(clause 5.4).",
            "Confirm the report by registered letter; new credentials will be handed to you.",
        ),
    ),
    "suspended_maintenance": (
        "Maintenance under way",
        (
            "Your rooms are closed for maintenance (clause 4.3). "
            "We write to you as soon as they are open again.",
        ),
    ),
    "suspension_lifted": (
        "Access restored",
        ("Access to your rooms, contract {contract}, is restored.",),
    ),
    "contract_ended": (
        "Your contract has ended",
        (
            "Contract {contract} ended on {ends_at}. Its rooms are closed.",
            "Your data is returned to you or destroyed, as you choose (clause 8.2): "
            'choose in "My account", below the contract, or answer this message.',
        ),
    ),
}
_PARTIES: Final = {
    "fr": {"customer": "le client", "provider": "le prestataire"},
    "en": {"customer": "the customer", "provider": "the provider"},
}
_GREETING: Final = {"fr": ("Bonjour,", "Bonjour {name},"), "en": ("Hello,", "Hello {name},")}
_CLOSING: Final = {"fr": "Cordialement,", "en": "Kind regards,"}


def word(kind: LetterKind, facts: LetterFacts, contract_id: str, locale: Locale) -> Worded:
    """Say a letter: what stands between greeting and closing."""
    subject, paragraphs = (_FR if locale == "fr" else _EN)[_key(kind, facts)]
    values = {
        "contract": contract_id,
        "number": facts.number,
        "about": facts.about,
        "amount": format_currency(facts.amount_minor / 100, facts.currency, locale=locale),
        "day": _day(facts.day, locale),
        "due_on": _day(facts.due_on, locale),
        "suspension_on": _day(facts.suspension_on, locale),
        "ends_day": _day_of(facts.ends_at, facts.timezone, locale),
        "ends_at": local_time(facts.ends_at, facts.timezone, locale) if facts.ends_at else "",
        "party": _PARTIES[locale].get(facts.party, ""),
        "reason": facts.reason,
    }
    return Worded(
        _typeset(subject.format_map(values), locale),
        tuple(_typeset(paragraph.format_map(values), locale) for paragraph in paragraphs),
    )


def greet(name: str, locale: Locale) -> str:
    """Begin a letter to somebody, or to nobody in particular."""
    nobody, somebody = _GREETING[locale]
    return somebody.format(name=name) if name else nobody


def close(locale: Locale) -> str:
    """End a letter."""
    return _CLOSING[locale]


def _key(kind: LetterKind, facts: LetterFacts) -> str:
    match kind:
        case LetterKind.SUSPENDED:
            return f"{kind.value}_{facts.reason}"
        case LetterKind.NOTICE_ACKNOWLEDGED if facts.is_late:
            return f"{kind.value}_late"
        case LetterKind.NOTICE_WITHDRAWN if facts.ends_at is not None:
            return f"{kind.value}_ending"
        case _:
            return kind.value


def _day(day: date | None, locale: Locale) -> str:
    if day is None:
        return ""
    is_first = locale == "fr" and day.day == 1
    return format_date(day, "d'er' MMMM y" if is_first else "d MMMM y", locale=locale)


def _day_of(instant: datetime | None, timezone: str, locale: Locale) -> str:
    return "" if instant is None else _day(instant.astimezone(ZoneInfo(timezone)).date(), locale)


def _typeset(text: str, locale: Locale) -> str:
    """Keep French punctuation on the line of its word."""
    return re.sub(r" (?=[:;!?»])", "\u00a0", text) if locale == "fr" else text
