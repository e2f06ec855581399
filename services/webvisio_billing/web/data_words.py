"""What pages say about a customer's data at the end (clause 8.2). French first."""

from typing import Final

DATA_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "data": ("Données de vos salles", "Data of your rooms"),
    "data_of": ("Données de {customer}", "Data of {customer}"),
    "data_held": ("Données du client", "The customer's data"),
    "data_link": (
        "Données de vos salles : restitution ou destruction",
        "Data of your rooms: return or destruction",
    ),
    "data_lead": (
        "Documents, tableaux blancs, notes, copies d'exercices, fichiers avec leurs versions, "
        "messages : tout ce que vos salles contiennent est à vous.",
        "Documents, whiteboards, notes, copies of exercises, files with their versions, "
        "messages: all that your rooms hold is yours.",
    ),
    "data_not_yet": (
        "Le contrat court encore. À sa fin, vous choisirez ici entre restitution et destruction ; "
        "rien n'est supprimé avant ce choix.",
        "The contract is still running. At its end you choose here between return and destruction; "
        "nothing is deleted before that choice.",
    ),
    "data_ending": (
        "Le contrat finit le {ends_at}. Vous pouvez choisir dès maintenant ; l'archive se prépare à la fin.",
        "The contract ends on {ends_at}. You may choose now; the archive is prepared at the end.",
    ),
    "data_choose": ("Votre choix", "Your choice"),
    "data_change": ("Changer de choix", "Change the choice"),
    "data_deadline": (
        "Sans choix de votre part le {deadline}, les données pourront être détruites.",
        "Without a choice of yours by {deadline}, the data may be destroyed.",
    ),
    "data_return": ("Me restituer mes données", "Give me my data back"),
    "data_return_does": (
        "Une archive ZIP de tout se prépare ; vous la téléchargez ici. "
        "Notre copie est détruite une fois que vous l'avez.",
        "One ZIP archive of everything is prepared; you download it here. "
        "Our copy is destroyed once you have it.",
    ),
    "data_destroy": ("Détruire mes données", "Destroy my data"),
    "data_destroy_does": (
        "Nous détruisons la clé de vos données : aucune copie, même sauvegardée, ne peut plus être lue. "
        "Tant que ce n'est pas fait, vous pouvez changer d'avis.",
        "We destroy the key of your data: no copy, backups included, can be read any more. "
        "Until that is done you may change your mind.",
    ),
    "data_chosen_return": ("Restitution choisie le {at}", "Return chosen on {at}"),
    "data_chosen_destroy": ("Destruction choisie le {at}", "Destruction chosen on {at}"),
    "data_by_provider": ("faute de choix avant l'échéance", "no choice was made before the deadline"),
    "data_no_choice": ("Le client n'a pas encore choisi.", "The customer has not chosen yet."),
    "data_to_be_destroyed": (
        "Vos données vont être détruites. Tant que ce n'est pas fait, vous pouvez encore demander leur restitution.",
        "Your data is going to be destroyed. Until that is done you may still ask for its return.",
    ),
    "archive": ("Archive", "Archive"),
    "archive_none": ("L'archive n'a pas encore été demandée.", "The archive has not been asked for yet."),
    "archive_make": ("Préparer l'archive", "Prepare the archive"),
    "archive_making": ("L'archive se prépare…", "The archive is being prepared…"),
    "archive_progress": ("{done} sur {total}", "{done} of {total}"),
    "archive_stays": (
        "Vous pouvez fermer cette page : la préparation continue.",
        "You may close this page: the preparation goes on.",
    ),
    "archive_ready": ("L'archive est prête.", "The archive is ready."),
    "archive_take": ("Télécharger l'archive ({size})", "Download the archive ({size})"),
    "archive_made": ("Préparée le", "Prepared on"),
    "archive_entries": ("Contenu", "Content"),
    "archive_count": ("fichiers : {count}", "files: {count}"),
    "archive_unreadable": (
        "illisibles : {count} (manifest.json les nomme)",
        "unreadable: {count} (manifest.json names them)",
    ),
    "archive_sha256": ("Empreinte SHA-256", "SHA-256"),
    "archive_failed": (
        "La préparation s'est interrompue. Recommencez ; si cela se répète, écrivez-nous.",
        "The preparation broke off. Try again; if it happens again, write to us.",
    ),
    "archive_anew": ("Préparer de nouveau", "Prepare again"),
    "archive_away": (
        "L'état de l'archive ne peut pas être lu pour l'instant. Réessayez dans un moment.",
        "The state of the archive cannot be read now. Try again in a moment.",
    ),
    "data_taken": ("Téléchargée le {at} par {person}", "Downloaded on {at} by {person}"),
    "data_not_taken": ("Pas encore téléchargée.", "Not downloaded yet."),
    "data_taken_next": (
        "Vérifiez votre archive : notre copie va être détruite.",
        "Check your archive: our copy is going to be destroyed.",
    ),
    "data_certified": ("Certifié le {at}", "Certified on {at}"),
    "data_destroyed_at": ("Données détruites le {at}", "Data destroyed on {at}"),
    "data_certificate": ("Certificat", "Certificate"),
    "data_returned_hash": ("Restitué (SHA-256)", "Returned (SHA-256)"),
    "data_destroyed_list": ("Détruit", "Destroyed"),
    "destroyed_keys": ("clés : {count}", "keys: {count}"),
    "destroyed_documents": ("documents : {count}", "documents: {count}"),
    "destroyed_files": ("fichiers : {count}", "files: {count}"),
    "destroyed_versions": ("versions de fichiers : {count}", "file versions: {count}"),
    "destroyed_messages": ("messages : {count}", "messages: {count}"),
    "data_destroy_now": ("Détruire ce que nous détenons…", "Destroy what we hold…"),
    "data_destroy_title": ("Détruire les données de {customer}", "Destroy the data of {customer}"),
    "data_destroy_lead": (
        "La clé de {customer} est détruite, et l'archive, les messages de ses salles avec elle : "
        "documents et fichiers deviennent illisibles, dans les sauvegardes aussi. "
        "Rien ne les fait revenir. La date et la liste font foi au certificat.",
        "The key of {customer} is destroyed, the archive and the messages of its rooms with it: "
        "documents and files become unreadable, in backups too. "
        "Nothing brings them back. Date and list are on the certificate.",
    ),
    "data_destroy_backup": (
        "Les sauvegardes du dossier des clés sont à vous : détruisez-y celle-ci aussi.",
        "Backups of the folder of keys are yours: destroy this one there too.",
    ),
    "field_confirmation": (
        "Pour confirmer, l'identifiant du client",
        "To confirm, the customer's identifier",
    ),
    "data_destroy_do": ("Détruire définitivement", "Destroy for ever"),
    "done_data_destroyed": (
        "Les données sont détruites, le certificat est enregistré.",
        "The data is destroyed, the certificate recorded.",
    ),
    "problem_not_the_customer": (
        "ce n'est pas l'identifiant de ce client.",
        "this is not this customer's identifier.",
    ),
    "problem_rooms_unavailable": (
        "le service des salles ne répond pas ; réessayez dans un moment.",
        "the rooms service does not answer; try again in a moment.",
    ),
    "problem_rooms_open": (
        "Une salle de ce client est encore ouverte.",
        "A room of this customer is still open.",
    ),
    "problem_key_still_needed": (
        "Un autre contrat de ce client court encore et a besoin de la même clé : attendez sa fin.",
        "Another contract of this customer is still running and needs the same key: wait for its end.",
    ),
    "event_data_taken": ("Archive téléchargée par {person}.", "Archive downloaded by {person}."),
    "event_data_destroyed": ("Données détruites : {destroyed}.", "Data destroyed: {destroyed}."),
    "audit_record_data_taken": ("Archive téléchargée", "Archive downloaded"),
    "audit_record_destruction": ("Données détruites", "Data destroyed"),
}
