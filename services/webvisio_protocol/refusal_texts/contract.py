"""The contract shuts the door, or it is not known whether it is open."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "suspended_unpaid": text(
        403,
        "6.4",
        en=(
            "Access is suspended",
            "The contract of {customer} is suspended[[ since {since}]]: an invoice is still unpaid fifteen days "
            "after its due date.",
            "Access comes back as soon as the invoice is paid. Please contact the person in charge of the contract.",
        ),
        fr=(
            "L'accès est suspendu",
            "Le contrat {customer} est suspendu[[ depuis le {since}]] : une facture reste impayée quinze "
            "jours après son échéance.",
            "L'accès revient dès le règlement de la facture. Adressez-vous à la personne responsable du contrat.",
        ),
    ),
    "suspended_illegal_content": text(
        403,
        "5.5",
        en=(
            "Access is suspended",
            "The contract of {customer} is suspended[[ since {since}]]: unlawful content was reported.",
            "Only the provider can lift this suspension. Please write to the provider's support.",
        ),
        fr=(
            "L'accès est suspendu",
            "Le contrat {customer} est suspendu[[ depuis le {since}]] : un contenu illicite a été constaté.",
            "Seul le prestataire peut lever cette suspension. Écrivez à son assistance.",
        ),
    ),
    "suspended_fraud": text(
        403,
        "5.4",
        en=(
            "Access is suspended",
            "The contract of {customer} is suspended[[ since {since}]]: somebody may be using its credentials "
            "without permission.",
            "The provider will issue new credentials. Please contact the person in charge of the contract.",
        ),
        fr=(
            "L'accès est suspendu",
            "Le contrat {customer} est suspendu[[ depuis le {since}]] : quelqu'un utilise peut-être ses "
            "codes d'accès sans y être autorisé.",
            "Le prestataire va remettre de nouveaux codes. Adressez-vous à la personne responsable du contrat.",
        ),
    ),
    "maintenance": text(
        503,
        "4.3",
        en=(
            "Maintenance under way",
            "The rooms of {customer} are closed for maintenance[[ since {since}]].",
            "Please come back a little later: nothing is lost.",
        ),
        fr=(
            "Maintenance en cours",
            "Les salles du client {customer} sont fermées pour maintenance[[ depuis le {since}]].",
            "Revenez un peu plus tard : rien n'est perdu.",
        ),
    ),
    "contract_ended": text(
        403,
        "3",
        en=(
            "The contract has ended",
            "The contract of {customer} ended[[ on {since}]].",
            "A new contract reopens the rooms. Please contact the person in charge of the contract.",
        ),
        fr=(
            "Le contrat est terminé",
            "Le contrat {customer} a pris fin[[ le {since}]].",
            "Un nouveau contrat rouvre les salles. Adressez-vous à la personne responsable du contrat.",
        ),
    ),
    "contract_not_started": text(
        403,
        "3",
        en=(
            "The contract has not started yet",
            "The contract of {customer} is not running yet[[; it starts on {until}]].",
            "Please come back then, or contact the person in charge of the contract.",
        ),
        fr=(
            "Le contrat n'a pas encore commencé",
            "Le contrat {customer} ne court pas encore[[ ; il prend effet le {until}]].",
            "Revenez à cette date, ou adressez-vous à la personne responsable du contrat.",
        ),
    ),
    "period_over": text(
        403,
        "2.1",
        en=(
            "The period is over",
            "The period ordered by {customer} ended[[ on {since}]][[; the next one starts on {until}]].",
            "Ordering another period reopens the rooms. Please contact the person in charge of the contract.",
        ),
        fr=(
            "La période est terminée",
            "La période commandée par {customer} s'est achevée[[ le {since}]][[ ; la suivante commence le {until}]].",
            "Commander une nouvelle période rouvre les salles. Adressez-vous à la personne responsable du contrat.",
        ),
    ),
    "no_contract": text(
        403,
        "2.1",
        en=(
            "No contract covers this",
            "No contract opens this door for you.",
            "Please contact whoever invited you, or the operator of this platform.",
        ),
        fr=(
            "Aucun contrat ne couvre cet accès",
            "Aucun contrat ne vous ouvre cette porte.",
            "Adressez-vous à la personne qui vous a invité ou à l'exploitant de la plateforme.",
        ),
    ),
    "entitlements_unknown": text(
        503,
        None,
        en=(
            "Contracts cannot be read yet",
            "The platform is starting and does not know its contracts yet.",
            "Please try again in a few seconds.",
        ),
        fr=(
            "Les contrats ne sont pas encore lus",
            "La plateforme démarre et ne connaît pas encore ses contrats.",
            "Réessayez dans quelques secondes.",
        ),
    ),
}
