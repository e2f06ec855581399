"""Files and addresses that are shared."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "file_name_invalid": text(
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
    "address_refused": text(
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
    "file_name_taken": text(
        409,
        None,
        en=("This name is taken", "The folder has another file of this name.", "Choose another name."),
        fr=(
            "Ce nom est déjà pris",
            "Le dossier contient un autre fichier de ce nom.",
            "Choisissez un autre nom.",
        ),
    ),
    "file_too_large": text(
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
    "file_kind_refused": text(
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
    "file_infected": text(
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
    "file_destroyed": text(
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
    "folder_not_empty": text(
        409,
        None,
        en=("The folder is not empty", "There are files in it.", "Move or delete them first."),
        fr=(
            "Le dossier n'est pas vide",
            "Il contient des fichiers.",
            "Déplacez-les ou supprimez-les d'abord.",
        ),
    ),
    "storage_full": text(
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
    "scanner_away": text(
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
    "too_many_files": text(
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
    "upload_out_of_step": text(
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
}
