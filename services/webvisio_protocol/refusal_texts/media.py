"""Sound and picture."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "offer_invalid": text(
        400,
        None,
        en=(
            "Sound and picture cannot start",
            "The browser's media offer cannot be used[[ ({detail})]].",
            "Try a current version of Chrome, Edge, Firefox or Safari.",
        ),
        fr=(
            "Le son et l'image ne peuvent pas démarrer",
            "La proposition média du navigateur est inutilisable[[ ({detail})]].",
            "Essayez une version à jour de Chrome, Edge, Firefox ou Safari.",
        ),
    ),
    "media_unavailable": text(
        503,
        None,
        en=(
            "Sound and picture are restarting",
            "The media service is not there at the moment.",
            "It comes back by itself within seconds; chat goes on meanwhile.",
        ),
        fr=(
            "Le son et l'image redémarrent",
            "Le service média n'est pas disponible pour l'instant.",
            "Il revient de lui-même en quelques secondes ; la discussion écrite continue.",
        ),
    ),
    "media_limit": text(
        503,
        None,
        en=("The media service is full", "No more connections fit on this server.", "Tell the operator."),
        fr=(
            "Le service média est plein",
            "Ce serveur n'accepte plus de connexions.",
            "Prévenez l'exploitant.",
        ),
    ),
}
