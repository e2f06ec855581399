"""What was asked cannot be done so, or not by this person."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "forbidden": text(
        403,
        None,
        en=(
            "Not allowed",
            "Your account may not do this.",
            "Ask the operator of this platform for the right.",
        ),
        fr=(
            "Non autorisé",
            "Votre compte n'a pas ce droit.",
            "Demandez ce droit à l'exploitant de la plateforme.",
        ),
    ),
    "not_found": text(
        404,
        None,
        en=("Not found", "There is nothing here.", "Check the address, or go back to the start."),
        fr=("Introuvable", "Il n'y a rien ici.", "Vérifiez l'adresse, ou revenez au début."),
    ),
    "role_too_weak": text(
        403,
        None,
        en=("Not allowed", "Your role in this room does not allow this.", "Ask a trainer to do it."),
        fr=(
            "Non autorisé",
            "Votre rôle dans cette salle ne le permet pas.",
            "Demandez à un formateur de le faire.",
        ),
    ),
    "message_malformed": text(
        400,
        None,
        en=(
            "The message was not understood",
            "The page sent something that the server does not understand[[ ({detail})]].",
            "Reload the page; if it happens again, tell the support.",
        ),
        fr=(
            "Le message n'a pas été compris",
            "La page a envoyé quelque chose que le serveur ne comprend pas[[ ({detail})]].",
            "Rechargez la page ; si cela se reproduit, signalez-le à l'assistance.",
        ),
    ),
    "message_too_large": text(
        413,
        None,
        en=("The message is too large", "What was sent is larger than {limit}.", "Send less at a time."),
        fr=("Le message est trop grand", "L'envoi dépasse {limit}.", "Envoyez moins à la fois."),
    ),
    "message_unexpected": text(
        409,
        None,
        en=(
            "Not now",
            "The server did not expect this message at this moment.",
            "Reload the page; if it happens again, tell the support.",
        ),
        fr=(
            "Pas maintenant",
            "Le serveur n'attendait pas ce message à ce moment.",
            "Rechargez la page ; si cela se reproduit, signalez-le à l'assistance.",
        ),
    ),
    "protocol_mismatch": text(
        409,
        None,
        en=("This page is out of date", "The platform has been updated.", "Reload the page."),
        fr=("Cette page n'est plus à jour", "La plateforme a été mise à jour.", "Rechargez la page."),
    ),
    "rate_limited": text(
        429,
        None,
        en=("Too fast", "Too many messages in a short time.", "Wait a moment and try again."),
        fr=("Trop vite", "Trop de messages en peu de temps.", "Attendez un instant et réessayez."),
    ),
    "input_invalid": text(
        400,
        None,
        en=("Something is not right", "{field}: {problem}", "Correct it and try again."),
        fr=("Quelque chose ne va pas", "{field} : {problem}", "Corrigez et réessayez."),
    ),
    "conflict": text(
        409,
        None,
        en=("This cannot be done now", "{problem}", "Look at the present state and try again."),
        fr=("C'est impossible en l'état", "{problem}", "Consultez l'état actuel et réessayez."),
    ),
    "feature_withheld": text(
        403,
        None,
        en=(
            "This is reserved at the moment",
            "The trainer keeps this to fewer people for now.",
            "Ask the trainer, or raise your hand.",
        ),
        fr=(
            "C'est réservé pour l'instant",
            "Le formateur réserve cette action à moins de personnes pour le moment.",
            "Demandez au formateur, ou levez la main.",
        ),
    ),
}
