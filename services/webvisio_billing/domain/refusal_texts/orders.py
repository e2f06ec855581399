"""Refusals about the order, its duration and what it rents (clauses 1, 2, 3; 6.3 for the acceptance)."""

from webvisio_billing.domain.codes import DomainCode as Code
from webvisio_billing.domain.refusal_texts.words import RefusalText, text

TEXTS: dict[Code, RefusalText] = {
    Code.NOT_ORDERED: text(
        "3",
        404,
        ("No contract", "There is no contract yet.", "Order one first."),
        ("Aucun contrat", "Il n'y a pas encore de contrat.", "Commencez par une commande."),
    ),
    Code.ALREADY_ORDERED: text(
        "3",
        409,
        (
            "Already ordered",
            "This contract has been ordered already.",
            "Order another one under its own name.",
        ),
        ("Déjà commandé", "Ce contrat est déjà commandé.", "Commandez-en un autre sous son propre nom."),
    ),
    Code.ALREADY_ACCEPTED: text(
        "6.3",
        409,
        (
            "Already accepted",
            "The terms of this contract have been accepted already.",
            "Nothing more is needed.",
        ),
        (
            "Déjà accepté",
            "Les conditions de ce contrat sont déjà acceptées.",
            "Il n'y a rien de plus à faire.",
        ),
    ),
    Code.TIMEZONE_UNKNOWN: text(
        "3",
        422,
        ("Unknown time zone", "{timezone_name} is no time zone.", "Use a name such as Europe/Paris."),
        (
            "Fuseau inconnu",
            "{timezone_name} n'est pas un fuseau horaire.",
            "Indiquez un nom tel que Europe/Paris.",
        ),
    ),
    Code.SIREN_INVALID: text(
        "1",
        422,
        ("Wrong SIREN", "{siren} is no SIREN: nine digits with a check key.", "Check the number."),
        (
            "SIREN incorrect",
            "{siren} n'est pas un SIREN : neuf chiffres avec une clé.",
            "Vérifiez le numéro.",
        ),
    ),
    Code.SELLER_INCOMPLETE: text(
        "1",
        409,
        (
            "The seller is not complete",
            "No invoice can be issued before the seller's identity is complete: {missing}.",
            "Complete seller.toml in the platform's state folder.",
        ),
        (
            "Vendeur incomplet",
            "Aucune facture ne peut être émise avant que l'identité du vendeur soit complète : {missing}.",
            "Complétez seller.toml dans le dossier d'état de la plateforme.",
        ),
    ),
    Code.EFFECTIVE_DATE_PAST: text(
        "3",
        422,
        (
            "Date in the past",
            "A contract cannot take effect on {effective}, before today.",
            "Choose a later day.",
        ),
        (
            "Date passée",
            "Un contrat ne peut pas prendre effet le {effective}, avant aujourd'hui.",
            "Choisissez un jour à venir.",
        ),
    ),
    Code.EFFECTIVE_DATE_TOO_FAR: text(
        "3",
        422,
        ("Date too far ahead", "{effective} is more than ten years away.", "Check the year."),
        ("Date trop lointaine", "Le {effective} est à plus de dix ans.", "Vérifiez l'année."),
    ),
    Code.OFFER_LAPSED: text(
        "3",
        409,
        (
            "The order has lapsed",
            "The period ordered from {effective} is over: nothing is left to accept.",
            "Order again from a day to come.",
        ),
        (
            "Commande caduque",
            "La période commandée à compter du {effective} est écoulée : il n'y a plus rien à accepter.",
            "Commandez de nouveau à compter d'un jour à venir.",
        ),
    ),
    Code.NOT_A_DAY_CONTRACT: text(
        "3",
        409,
        (
            "Not a contract by the day",
            "Days are added to contracts by the day only.",
            "Order a day separately.",
        ),
        (
            "Pas un contrat à la journée",
            "Une journée ne s'ajoute qu'à un contrat à la journée.",
            "Commandez la journée séparément.",
        ),
    ),
    Code.PASS_ALREADY_ORDERED: text(
        "3",
        409,
        ("Day already ordered", "{day} has been ordered already.", "Choose another day."),
        ("Journée déjà commandée", "Le {day} est déjà commandé.", "Choisissez un autre jour."),
    ),
    Code.CONTRACT_NOT_ACCEPTED: text(
        "3",
        409,
        ("Not accepted yet", "The contract has not been accepted yet.", "Accept its terms first."),
        ("Pas encore accepté", "Le contrat n'est pas encore accepté.", "Acceptez d'abord ses conditions."),
    ),
    Code.CONTRACT_OVER: text(
        "3",
        409,
        ("The contract is over", "The contract ended on {ended_at}.", "A new contract is needed."),
        ("Contrat terminé", "Le contrat a pris fin le {ended_at}.", "Il faut un nouveau contrat."),
    ),
    Code.CONTRACT_CLOSED: text(
        "8.2",
        409,
        ("The contract is closed", "Nothing can happen to a closed contract.", "A new contract is needed."),
        ("Contrat clos", "Un contrat clos ne change plus.", "Il faut un nouveau contrat."),
    ),
    Code.NO_RENEWAL: text(
        "3",
        409,
        (
            "Nothing to give notice of",
            "A contract by the day ends by itself: it is not renewed.",
            "Nothing needs to be done.",
        ),
        (
            "Rien à dénoncer",
            "Un contrat à la journée prend fin de lui-même : il ne se renouvelle pas.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.NOTICE_LATE: text(
        "3",
        409,
        (
            "Notice too late",
            "For the term of {term} the notice had to arrive by {deadline}.",
            "The contract can end on {next_term}.",
        ),
        (
            "Dénonciation tardive",
            "Pour le terme du {term}, la dénonciation devait parvenir au plus tard le {deadline}.",
            "Le contrat peut prendre fin le {next_term}.",
        ),
    ),
    Code.NOTICE_ALREADY_GIVEN: text(
        "3",
        409,
        (
            "Notice already given",
            "This party has given notice already.",
            "Withdraw it before giving another.",
        ),
        (
            "Déjà dénoncé",
            "Cette partie a déjà dénoncé le contrat.",
            "Retirez la dénonciation avant d'en adresser une autre.",
        ),
    ),
    Code.NO_NOTICE: text(
        "3",
        409,
        ("No notice", "This party has given no notice that could be withdrawn.", "Nothing needs to be done."),
        (
            "Aucune dénonciation",
            "Cette partie n'a adressé aucune dénonciation à retirer.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.AGREEMENT_REQUIRED: text(
        "3",
        409,
        (
            "Agreement needed",
            "A notice is withdrawn only with the other party's agreement.",
            "Ask the other party first.",
        ),
        (
            "Accord nécessaire",
            "Une dénonciation ne se retire qu'avec l'accord de l'autre partie.",
            "Demandez d'abord cet accord.",
        ),
    ),
    Code.ROOM_ALREADY_RENTED: text(
        "2.1",
        409,
        (
            "Room already there",
            "The contract has this room already, or as many rooms as it can have.",
            "Choose another name for the room.",
        ),
        (
            "Salle déjà présente",
            "Le contrat comprend déjà cette salle, ou autant de salles qu'il peut en avoir.",
            "Choisissez un autre nom de salle.",
        ),
    ),
    Code.ROOM_UNKNOWN: text(
        "2.1",
        404,
        ("Unknown room", "The contract has no room {room}.", "Choose one of its rooms."),
        ("Salle inconnue", "Le contrat ne comprend pas la salle {room}.", "Choisissez l'une de ses salles."),
    ),
    Code.SERVICE_UNKNOWN: text(
        "2.2",
        404,
        (
            "Unknown service",
            "The contract has no such running service.",
            "Choose one of its recurring services.",
        ),
        (
            "Service inconnu",
            "Le contrat ne comprend pas ce service, ou il a pris fin.",
            "Choisissez l'un de ses services récurrents.",
        ),
    ),
}
