"""Who may come to a room, and into the platform at all."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "link_unknown": text(
        404,
        None,
        en=(
            "This link leads nowhere",
            "No room has this link.",
            "Check that the link was copied whole, or ask the trainer for it again.",
        ),
        fr=(
            "Ce lien ne mène nulle part",
            "Aucune salle ne porte ce lien.",
            "Vérifiez que le lien a été copié en entier, ou redemandez-le au formateur.",
        ),
    ),
    "link_expired": text(
        410,
        None,
        en=(
            "This link is no longer valid",
            "The link to this room has been replaced.",
            "Ask the trainer for the new link.",
        ),
        fr=(
            "Ce lien n'est plus valable",
            "Le lien de cette salle a été remplacé.",
            "Demandez le nouveau lien au formateur.",
        ),
    ),
    "login_required": text(
        401,
        None,
        en=(
            "Please log in",
            "This is open only to people who have logged in.",
            "Log in, then come back here.",
        ),
        fr=("Connectez-vous", "Il faut être connecté pour continuer.", "Connectez-vous, puis revenez ici."),
    ),
    "not_invited": text(
        403,
        "4.5",
        en=(
            "You are not on the list",
            "Your account has not been invited to this room.",
            "Ask the trainer to add you, or come in as a guest with the room's password.",
        ),
        fr=(
            "Vous n'êtes pas sur la liste",
            "Votre compte n'a pas été invité dans cette salle.",
            "Demandez au formateur de vous ajouter, ou entrez comme invité avec le mot de passe de la salle.",
        ),
    ),
    "guests_not_allowed": text(
        403,
        "4.5",
        en=(
            "Guests cannot come in",
            "This room has no password for guests.",
            "Log in with your account, or ask the trainer to open the room to guests.",
        ),
        fr=(
            "Les invités n'entrent pas",
            "Cette salle n'a pas de mot de passe pour les invités.",
            "Connectez-vous avec votre compte, ou demandez au formateur d'ouvrir la salle aux invités.",
        ),
    ),
    "room_password_wrong": text(
        403,
        "5.4",
        en=(
            "Wrong password",
            "The room's password is not this one.",
            "Check it (capital letters count) or ask the trainer for it.",
        ),
        fr=(
            "Mot de passe incorrect",
            "Ce n'est pas le mot de passe de la salle.",
            "Vérifiez-le (les majuscules comptent) ou demandez-le au formateur.",
        ),
    ),
    "too_many_attempts": text(
        429,
        "5.4",
        en=(
            "Too many attempts",
            "Too many wrong passwords were tried.",
            "Wait {wait} before you try again.",
        ),
        fr=(
            "Trop d'essais",
            "Trop de mots de passe incorrects ont été essayés.",
            "Attendez {wait} avant de réessayer.",
        ),
    ),
    "not_admitted": text(
        403,
        None,
        en=(
            "You were not let in",
            "The trainer did not let you into this session.",
            "If this is a mistake, contact the trainer another way.",
        ),
        fr=(
            "Vous n'avez pas été admis",
            "Le formateur ne vous a pas admis à cette séance.",
            "Si c'est une erreur, joignez le formateur par un autre moyen.",
        ),
    ),
    "removed": text(
        403,
        None,
        en=(
            "You were removed from the session",
            "A trainer removed you from this session.",
            "If this is a mistake, contact the trainer another way.",
        ),
        fr=(
            "Vous avez été exclu de la séance",
            "Un formateur vous a exclu de cette séance.",
            "Si c'est une erreur, joignez le formateur par un autre moyen.",
        ),
    ),
    "credentials_wrong": text(
        403,
        "5.4",
        en=(
            "Login failed",
            "The name and the password do not go together.",
            "Check both (capital letters count), or ask for a new invitation.",
        ),
        fr=(
            "Échec de la connexion",
            "L'identifiant et le mot de passe ne correspondent pas.",
            "Vérifiez les deux (les majuscules comptent), ou demandez une nouvelle invitation.",
        ),
    ),
    "invitation_invalid": text(
        410,
        "5.4",
        en=(
            "This invitation is no longer valid",
            "The invitation has been used, replaced, or is too old.",
            "Ask whoever invited you for a new one.",
        ),
        fr=(
            "Cette invitation n'est plus valable",
            "L'invitation a déjà servi, a été remplacée ou est trop ancienne.",
            "Demandez-en une nouvelle à la personne qui vous a invité.",
        ),
    ),
    "password_too_weak": text(
        400,
        "5.4",
        en=(
            "This password is too weak",
            "A password has at least {minimum} characters and is not a common one.",
            "Three or four unrelated words make a good password.",
        ),
        fr=(
            "Ce mot de passe est trop faible",
            "Un mot de passe compte au moins {minimum} caractères et n'est pas un mot de passe courant.",
            "Trois ou quatre mots sans rapport font un bon mot de passe.",
        ),
    ),
}
