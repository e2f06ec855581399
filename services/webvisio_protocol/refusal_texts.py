"""The words of every refusal, in French and English: one table, long because the refusals are many.

Own words, after the terms' facts. Placeholders: ``{since}``, ``{until}`` and the
refusal's details; a part in ``[[...]]`` disappears when its value is unknown.
"""

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


def _text(
    status: int, clause: str | None, *, en: tuple[str, str, str], fr: tuple[str, str, str]
) -> RefusalText:
    return RefusalText(status, clause, Words(*en), Words(*fr))


TEXTS: dict[str, RefusalText] = {
    "suspended_unpaid": _text(
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
    "suspended_illegal_content": _text(
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
    "suspended_fraud": _text(
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
    "maintenance": _text(
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
    "contract_ended": _text(
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
    "contract_not_started": _text(
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
    "period_over": _text(
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
    "no_contract": _text(
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
    "entitlements_unknown": _text(
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
    "link_unknown": _text(
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
    "link_expired": _text(
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
    "login_required": _text(
        401,
        None,
        en=(
            "Please log in",
            "This is open only to people who have logged in.",
            "Log in, then come back here.",
        ),
        fr=("Connectez-vous", "Il faut être connecté pour continuer.", "Connectez-vous, puis revenez ici."),
    ),
    "not_invited": _text(
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
    "guests_not_allowed": _text(
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
    "room_password_wrong": _text(
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
    "too_many_attempts": _text(
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
    "not_admitted": _text(
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
    "removed": _text(
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
    "credentials_wrong": _text(
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
    "invitation_invalid": _text(
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
    "password_too_weak": _text(
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
    "forbidden": _text(
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
    "not_found": _text(
        404,
        None,
        en=("Not found", "There is nothing here.", "Check the address, or go back to the start."),
        fr=("Introuvable", "Il n'y a rien ici.", "Vérifiez l'adresse, ou revenez au début."),
    ),
    "role_too_weak": _text(
        403,
        None,
        en=("Not allowed", "Your role in this room does not allow this.", "Ask a trainer to do it."),
        fr=(
            "Non autorisé",
            "Votre rôle dans cette salle ne le permet pas.",
            "Demandez à un formateur de le faire.",
        ),
    ),
    "message_malformed": _text(
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
    "message_too_large": _text(
        413,
        None,
        en=("The message is too large", "What was sent is larger than {limit}.", "Send less at a time."),
        fr=("Le message est trop grand", "L'envoi dépasse {limit}.", "Envoyez moins à la fois."),
    ),
    "message_unexpected": _text(
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
    "protocol_mismatch": _text(
        409,
        None,
        en=("This page is out of date", "The platform has been updated.", "Reload the page."),
        fr=("Cette page n'est plus à jour", "La plateforme a été mise à jour.", "Rechargez la page."),
    ),
    "rate_limited": _text(
        429,
        None,
        en=("Too fast", "Too many messages in a short time.", "Wait a moment and try again."),
        fr=("Trop vite", "Trop de messages en peu de temps.", "Attendez un instant et réessayez."),
    ),
    "input_invalid": _text(
        400,
        None,
        en=("Something is not right", "{field}: {problem}", "Correct it and try again."),
        fr=("Quelque chose ne va pas", "{field} : {problem}", "Corrigez et réessayez."),
    ),
    "conflict": _text(
        409,
        None,
        en=("This cannot be done now", "{problem}", "Look at the present state and try again."),
        fr=("C'est impossible en l'état", "{problem}", "Consultez l'état actuel et réessayez."),
    ),
    "feature_withheld": _text(
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
    "document_read_only": _text(
        403,
        None,
        en=(
            "You may read this document",
            "Only others may change it at the moment; your change was not taken.",
            "Copy it to your own files to work on it, or ask the trainer.",
        ),
        fr=(
            "Ce document est en lecture seule",
            "D'autres seulement peuvent le modifier pour l'instant ; votre modification n'a pas été prise.",
            "Copiez-le dans vos fichiers pour y travailler, ou demandez au formateur.",
        ),
    ),
    "document_too_large": _text(
        413,
        None,
        en=(
            "The document would be too large",
            "It may hold {limit} at most.",
            "Clear large outputs, or share the data as a file of the room.",
        ),
        fr=(
            "Le document deviendrait trop volumineux",
            "Il est limité à {limit}.",
            "Effacez les grosses sorties, ou partagez les données comme fichier de la salle.",
        ),
    ),
    "document_invalid": _text(
        422,
        None,
        en=(
            "This is no valid document",
            "The content cannot be read[[ ({detail})]].",
            "Open it in JupyterLab, save it again, and try once more.",
        ),
        fr=(
            "Ce document n'est pas valide",
            "Son contenu ne peut pas être lu[[ ({detail})]].",
            "Ouvrez-le dans JupyterLab, enregistrez-le de nouveau, puis réessayez.",
        ),
    ),
    "documents_limit": _text(
        409,
        None,
        en=(
            "The room holds enough documents",
            "It may hold {limit}.",
            "Delete one that is no longer needed.",
        ),
        fr=(
            "La salle contient trop de documents",
            "Elle est limitée à {limit}.",
            "Supprimez-en un qui ne sert plus.",
        ),
    ),
    "export_unavailable": _text(
        501,
        None,
        en=(
            "This format is not available",
            "This server cannot make it[[ ({detail})]].",
            "Export as HTML and print it from the browser.",
        ),
        fr=(
            "Ce format n'est pas disponible",
            "Ce serveur ne sait pas le produire[[ ({detail})]].",
            "Exportez en HTML, puis imprimez depuis le navigateur.",
        ),
    ),
    "file_name_invalid": _text(
        400,
        None,
        en=(
            "This name cannot be used",
            'A file or folder name has no / \\ < > : " | ? *, does not end in a dot, keeps the ending of what it '
            "contains, and is not too long.",
            "Choose another name.",
        ),
        fr=(
            "Ce nom ne convient pas",
            'Un nom de fichier ou de dossier ne contient pas / \\ < > : " | ? *, ne finit pas par un point, garde '
            "l'extension de son contenu et n'est pas trop long.",
            "Choisissez un autre nom.",
        ),
    ),
    "address_refused": _text(
        400,
        None,
        en=(
            "This address cannot be opened for all",
            "Only complete http and https addresses can, without a password in them.",
            "Copy the address from your browser's address bar.",
        ),
        fr=(
            "Cette adresse ne peut pas être ouverte pour tous",
            "Seules le peuvent les adresses http et https complètes, sans mot de passe.",
            "Copiez l'adresse depuis la barre d'adresse de votre navigateur.",
        ),
    ),
    "file_name_taken": _text(
        409,
        None,
        en=("This name is taken", "The folder has another file of this name.", "Choose another name."),
        fr=(
            "Ce nom est déjà pris",
            "Le dossier contient un autre fichier de ce nom.",
            "Choisissez un autre nom.",
        ),
    ),
    "file_too_large": _text(
        413,
        None,
        en=(
            "The file is too large",
            "A file of a room has a limit[[ of {limit}]].",
            "Split it, or compress it.",
        ),
        fr=(
            "Le fichier est trop volumineux",
            "La taille d'un fichier de salle est limitée[[ à {limit}]].",
            "Découpez-le ou compressez-le.",
        ),
    ),
    "file_kind_refused": _text(
        415,
        None,
        en=(
            "This file is not taken",
            "It is a program, or its content is not what its name says.",
            "Check the file. A program can be sent inside a ZIP archive.",
        ),
        fr=(
            "Ce fichier n'est pas accepté",
            "C'est un programme, ou son contenu ne correspond pas à son nom.",
            "Vérifiez le fichier. Un programme peut être envoyé dans une archive ZIP.",
        ),
    ),
    "file_infected": _text(
        422,
        None,
        en=(
            "The virus scanner found something",
            "The file was not kept.",
            "Check your computer before you send it again.",
        ),
        fr=(
            "L'antivirus a trouvé quelque chose",
            "Le fichier n'a pas été conservé.",
            "Vérifiez votre ordinateur avant de le renvoyer.",
        ),
    ),
    "file_destroyed": _text(
        410,
        "8.2",
        en=(
            "This content was destroyed",
            "The key that it was stored with no longer exists; nobody can read it any more.",
            "Ask whoever sent it for another copy.",
        ),
        fr=(
            "Ce contenu a été détruit",
            "La clé avec laquelle il était conservé n'existe plus ; personne ne peut plus le lire.",
            "Demandez une autre copie à la personne qui l'avait envoyé.",
        ),
    ),
    "folder_not_empty": _text(
        409,
        None,
        en=("The folder is not empty", "There are files in it.", "Move or delete them first."),
        fr=(
            "Le dossier n'est pas vide",
            "Il contient des fichiers.",
            "Déplacez-les ou supprimez-les d'abord.",
        ),
    ),
    "storage_full": _text(
        507,
        None,
        en=(
            "The storage is full",
            "The file does not fit into what the contract has[[: {left} are left]].",
            "Delete files or old versions, or ask for more storage.",
        ),
        fr=(
            "L'espace de stockage est plein",
            "Le fichier dépasse la place dont dispose le contrat[[ : il reste {left}]].",
            "Supprimez des fichiers ou d'anciennes versions, ou demandez plus d'espace.",
        ),
    ),
    "scanner_away": _text(
        503,
        None,
        en=(
            "The file cannot be checked now",
            "The virus scanner does not answer, and nothing is kept unchecked.",
            "Try again in a few minutes; what was sent need not be sent again.",
        ),
        fr=(
            "Le fichier ne peut pas être vérifié pour l'instant",
            "L'antivirus ne répond pas, et rien n'est conservé sans vérification.",
            "Réessayez dans quelques minutes ; ce qui a été envoyé ne sera pas à renvoyer.",
        ),
    ),
    "too_many_files": _text(
        409,
        None,
        en=(
            "There are too many files",
            "A room holds a limited number of files, folders and uploads at a time.",
            "Wait until other uploads are done, or delete what is not needed.",
        ),
        fr=(
            "Il y a trop de fichiers",
            "Une salle contient un nombre limité de fichiers, de dossiers et d'envois simultanés.",
            "Attendez la fin des autres envois, ou supprimez ce qui ne sert plus.",
        ),
    ),
    "upload_out_of_step": _text(
        409,
        None,
        en=(
            "The upload goes on elsewhere",
            "Another request sends this file, or it stopped at another place.",
            "Ask where it stopped, and go on from there.",
        ),
        fr=(
            "L'envoi se poursuit ailleurs",
            "Une autre requête envoie ce fichier, ou il s'est arrêté à un autre endroit.",
            "Demandez où il s'est arrêté, puis reprenez à cet endroit.",
        ),
    ),
    "offer_invalid": _text(
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
    "media_unavailable": _text(
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
    "media_limit": _text(
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
