"""Shared documents."""

from webvisio_protocol.refusal_texts.words import RefusalText, text

TEXTS: dict[str, RefusalText] = {
    "document_read_only": text(
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
    "document_too_large": text(
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
    "document_invalid": text(
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
    "documents_limit": text(
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
    "export_unavailable": text(
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
}
