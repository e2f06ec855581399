"""Refusals about support, content, fraud and suspensions (clauses 4 and 5; 6.4 for blocks)."""

from webvisio_billing.domain.codes import DomainCode as Code
from webvisio_billing.domain.refusal_texts.words import RefusalText, text

TEXTS: dict[Code, RefusalText] = {
    Code.TICKET_UNKNOWN: text(
        "4.4",
        404,
        ("Unknown ticket", "The contract has no ticket {ticket}.", "Check its number."),
        ("Demande inconnue", "Le contrat n'a pas de demande {ticket}.", "Vérifiez son numéro."),
    ),
    Code.TICKET_CLOSED: text(
        "4.4",
        409,
        ("Ticket closed", "This ticket is closed.", "Report the anomaly again."),
        ("Demande close", "Cette demande est close.", "Signalez l'anomalie de nouveau."),
    ),
    Code.TICKET_ALREADY_ACKNOWLEDGED: text(
        "4.4",
        409,
        ("Already acknowledged", "This ticket has been acknowledged already.", "Nothing needs to be done."),
        ("Déjà prise en compte", "Cette demande est déjà prise en compte.", "Il n'y a rien à faire."),
    ),
    Code.TESTS_NOT_ASKED: text(
        "4.4",
        409,
        (
            "No tests awaited",
            "No tests were asked for on this ticket.",
            "Wait until the support asks for some.",
        ),
        ("Aucun test attendu", "Aucun test n'a été demandé.", "Attendez que l'assistance en demande."),
    ),
    Code.TICKETS_EXHAUSTED: text(
        "4.4",
        409,
        ("Too many tickets", "The contract can hold no more tickets.", "Write to the support."),
        ("Trop de demandes", "Le contrat ne peut plus recevoir de demande.", "Écrivez à l'assistance."),
    ),
    Code.REASON_REQUIRED: text(
        "4.5",
        422,
        ("Reason missing", "This needs a reason and the name of who does it.", "Give both."),
        ("Motif manquant", "Il faut un motif et le nom de la personne qui agit.", "Indiquez les deux."),
    ),
    Code.BREAK_GLASS_TOO_LONG: text(
        "4.5",
        422,
        (
            "Too long a while",
            "Staff may look at a customer's content for a day at most.",
            "Choose an end within the coming 24 hours.",
        ),
        (
            "Durée trop longue",
            "Le personnel n'accède au contenu d'un client que pour une journée au plus.",
            "Choisissez une fin dans les 24 heures.",
        ),
    ),
    Code.CASE_UNKNOWN: text(
        "5.4",
        404,
        ("Unknown case", "The contract has no open case {case} at this stage.", "Check its number."),
        (
            "Dossier inconnu",
            "Le contrat n'a pas de dossier {case} ouvert à ce stade.",
            "Vérifiez son numéro.",
        ),
    ),
    Code.CASES_EXHAUSTED: text(
        "5.4",
        409,
        ("Too many cases", "The contract can hold no more cases.", "Write to the support."),
        ("Trop de dossiers", "Le contrat ne peut plus recevoir de dossier.", "Écrivez à l'assistance."),
    ),
    Code.FRAUD_REF_REQUIRED: text(
        "5.4",
        422,
        (
            "Reference missing",
            "A fraud is confirmed by registered letter: its reference is missing.",
            "Give the reference.",
        ),
        (
            "Référence manquante",
            "Une fraude se confirme par lettre recommandée : sa référence manque.",
            "Indiquez la référence.",
        ),
    ),
    Code.FRAUD_NOT_CONFIRMED: text(
        "5.4",
        409,
        ("Not confirmed", "The fraud has not been confirmed by registered letter.", "Confirm it first."),
        (
            "Non confirmée",
            "La fraude n'est pas confirmée par lettre recommandée.",
            "Confirmez-la d'abord.",
        ),
    ),
    Code.EVIDENCE_REQUIRED: text(
        "5.5",
        422,
        (
            "Evidence missing",
            "Suspending for unlawful content needs evidence of it.",
            "Describe what was seen, where and when.",
        ),
        (
            "Constat manquant",
            "Suspendre pour contenu illicite demande un constat.",
            "Décrivez ce qui a été vu, où et quand.",
        ),
    ),
    Code.ACTOR_REQUIRED: text(
        "5.5",
        422,
        (
            "Actor missing",
            "Suspending for unlawful content needs the name of who decides it.",
            "Name the person.",
        ),
        (
            "Auteur manquant",
            "Suspendre pour contenu illicite demande le nom de la personne qui décide.",
            "Nommez cette personne.",
        ),
    ),
    Code.LIFT_RESERVED: text(
        "5.5",
        403,
        (
            "Reserved to the provider",
            "Only the provider lifts a suspension.",
            "Write to the provider's support.",
        ),
        (
            "Réservé au prestataire",
            "Seul le prestataire lève une suspension.",
            "Écrivez à l'assistance du prestataire.",
        ),
    ),
    Code.BLOCK_ALREADY_OPEN: text(
        "6.4",
        409,
        ("Already suspended", "Access is suspended for this reason already.", "Nothing needs to be done."),
        ("Déjà suspendu", "L'accès est déjà suspendu pour ce motif.", "Il n'y a rien à faire."),
    ),
    Code.BLOCK_NOT_OPEN: text(
        "6.4",
        409,
        ("Not suspended", "Access is not suspended for this reason.", "Nothing needs to be done."),
        ("Pas suspendu", "L'accès n'est pas suspendu pour ce motif.", "Il n'y a rien à faire."),
    ),
}
