"""Texts of the outbox: key, French, English. Joined to `catalogue`."""

from typing import Final

OUTBOX_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "outbox": ("Envois", "Outbox"),
    "outbox_intro": (
        "Chaque courriel et chaque notification part une fois, et reste ici avec son sort. "
        "Ce qui n'a pas pu partir vous attend en tête.",
        "Every e-mail and every notification goes out once, and stays here with its fate. "
        "What could not go out waits for you on top.",
    ),
    "outbox_by_hand": (
        "Aucun serveur de courriel n'est configuré : les lettres sont écrites dans le dossier « outbox » "
        "de la plateforme. Ouvrez-les ici pour les envoyer vous-même.",
        "No mail server is configured: letters are written into the platform's “outbox” folder. "
        "Open them here to send them yourself.",
    ),
    "outbox_all": ("Tous", "All"),
    "message_state_waiting": ("En attente", "Waiting"),
    "message_state_delivered": ("Parti", "Sent"),
    "message_state_written": ("Écrit", "Written"),
    "message_state_dead": ("Non parti", "Not sent"),
    "message": ("Message", "Message"),
    "message_fate": ("Sort", "Fate"),
    "message_written_at": ("Écrit le", "Written"),
    "message_attempts": ("essais : {count}", "attempts: {count}"),
    "message_next": ("prochain essai le {time}", "next attempt {time}"),
    "open_letter": ("Ouvrir la lettre", "Open the letter"),
    "retry_message": ("Réessayer", "Try again"),
    "retry_message_about": ("Réessayer : {message}, {contract}", "Try again: {message}, {contract}"),
    "open_letter_about": (
        "Ouvrir la lettre : {message}, {contract}",
        "Open the letter: {message}, {contract}",
    ),
    "no_message": ("Rien ici.", "Nothing here."),
    "done_message_revived": ("Le message est de nouveau en route.", "The message is under way again."),
    "audit_revive_message": ("Message relancé", "Message sent again"),
    "letter_invoice_issued": ("Facture", "Invoice"),
    "letter_credit_note_issued": ("Avoir", "Credit note"),
    "letter_late_charges_claimed": ("Pénalités de retard", "Late charges"),
    "letter_payment_received": ("Paiement reçu", "Payment received"),
    "letter_payment_refunded": ("Remboursement", "Refund"),
    "letter_payment_reversed": ("Paiement repris", "Payment taken back"),
    "letter_due_soon": ("Annonce de renouvellement", "Renewal announced"),
    "letter_overdue": ("Rappel de paiement", "Payment reminder"),
    "letter_notice_acknowledged": ("Résiliation reçue", "Notice acknowledged"),
    "letter_notice_withdrawn": ("Résiliation retirée", "Notice withdrawn"),
    "letter_breach_letter_acknowledged": ("Lettre de manquement reçue", "Breach letter acknowledged"),
    "letter_suspended": ("Suspension", "Suspension"),
    "letter_suspension_lifted": ("Accès rétabli", "Access restored"),
    "letter_contract_ended": ("Fin du contrat", "End of the contract"),
    "message_webhook": ("Notification {kind}", "Notification {kind}"),
    "undelivered_address_missing": (
        "le client n'a pas d'adresse de courriel : ajoutez-la, puis réessayez.",
        "the customer has no e-mail address: add one, then try again.",
    ),
    "undelivered_address_invalid": (
        "l'adresse de courriel du client n'en est pas une : corrigez-la, puis réessayez.",
        "the customer's e-mail address is none: correct it, then try again.",
    ),
    "undelivered_recipient_refused": (
        "le serveur du destinataire refuse cette adresse.",
        "the recipient's server refuses this address.",
    ),
    "undelivered_smtp_unreachable": (
        "le serveur de courriel ne répond pas.",
        "the mail server does not answer.",
    ),
    "undelivered_smtp_login_refused": (
        "le serveur de courriel refuse notre identifiant.",
        "the mail server refuses our login.",
    ),
    "undelivered_folder_unwritable": (
        "le dossier « outbox » ne peut pas être écrit.",
        "the “outbox” folder cannot be written to.",
    ),
    "undelivered_document_not_ready": (
        "le document à joindre n'est pas encore prêt.",
        "the document to be attached is not ready yet.",
    ),
    "undelivered_document_broken": (
        "le document à joindre n'est plus celui qui a été émis : lancez `webvisio-billing verify`.",
        "the document to be attached is not the one that was issued: run `webvisio-billing verify`.",
    ),
    "undelivered_document_too_large": ("le document à joindre est trop lourd.", "the document is too large."),
    "undelivered_endpoint_unreachable": ("l'abonné ne répond pas.", "the subscriber does not answer."),
    "undelivered_secret_missing": (
        "le secret de signature n'est pas configuré.",
        "the signing secret is not configured.",
    ),
    "undelivered_other": ("refusé ({code}).", "refused ({code})."),
}
