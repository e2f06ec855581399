"""Texts of the pages about documents and what they print: key, French, English. Joined to `catalogue`."""

from typing import Final

DOCUMENT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "documents": ("Documents", "Documents"),
    "document": ("Document", "Document"),
    "document_of": ("{kind} du {day}", "{kind} of {day}"),
    "file": ("Fichier", "File"),
    "kind_of_invoice": ("Facture", "Invoice"),
    "kind_of_credit_note": ("Avoir", "Credit note"),
    "kind_of_debit_note": ("Note de débit", "Debit note"),
    "open_document": ("PDF de {number}", "PDF of {number}"),
    "save_document": ("Enregistrer", "Save"),
    "save_document_named": ("Enregistrer {number}", "Save {number}"),
    "document_in_making": ("en préparation", "being made"),
    "document_waits": ("En attente. Il manque : {problems}.", "Waiting. Missing: {problems}."),
    "document_waits_for_us": ("En attente : {problems}.", "Waiting: {problems}."),
    "no_document": ("Aucun document encore.", "No document yet."),
    "next_invoice": ("Aperçu de la prochaine facture (PDF)", "Preview of the next invoice (PDF)"),
    "seller_wanting": (
        "L'identité du vendeur est incomplète : les documents attendent, et rien de nouveau ne peut être "
        "vendu. Complétez seller.toml : {problems}.",
        "The seller's identity is incomplete: documents wait, and nothing new can be sold. "
        "Complete seller.toml: {problems}.",
    ),
    "billing_details": ("Facturation", "Billing"),
    "billing_details_intro": (
        "Ce que les factures à venir impriment : sans rue, code postal et ville, aucune ne peut être établie. "
        "Celles qui sont émises ne changent jamais.",
        "What invoices to come print: without street, postcode and town none can be made. Issued ones never change.",
    ),
    "edit_customer": ("Modifier", "Edit"),
    "edit_customer_of": ("Modifier {customer}", "Edit {customer}"),
    "save": ("Enregistrer", "Save"),
    "postal_address": ("Adresse", "Address"),
    "complete_customer": ("Compléter la fiche du client", "Complete the customer's record"),
    "address_unknown": (
        "Inconnue : les factures attendent l'adresse.",
        "Not known: invoices wait for the address.",
    ),
    "field_street": ("Rue", "Street"),
    "field_more_address": ("Complément d'adresse", "Further address line"),
    "field_postcode": ("Code postal", "Postcode"),
    "field_city": ("Ville", "Town"),
    "field_country": ("Pays", "Country"),
    "field_vat_number": ("Numéro de TVA", "VAT number"),
    "field_order_reference": ("Numéro de commande du client", "Customer's order number"),
    "field_document_layout": ("Langue des documents", "Language of documents"),
    "layout_fr": ("Français", "French"),
    "layout_fr-en": ("Français et anglais", "French and English"),
    "hint_vat_number": ("Avec le pays : FR90000000026.", "With its country: FR90000000026."),
    "hint_order_reference": (
        "Imprimée sur chaque document, si le client en a donné une.",
        "Printed on each document, where the customer gave one.",
    ),
    "problem_vat_number_invalid": (
        "ce n'est pas un numéro de TVA intracommunautaire qui convient (pour la France, celui du SIREN).",
        "this is not a fitting VAT number (in France, that of the SIREN).",
    ),
    "problem_postcode_invalid": ("cinq chiffres en France.", "five digits in France."),
    "problem_no_next_invoice": (
        "Aucune facture n'est à venir d'elle-même sur ce contrat.",
        "No invoice is to come by itself on this contract.",
    ),
    "problem_document_incomplete": (
        "Le document ne peut pas être établi. Il manque : {problems}.",
        "The document cannot be made. Missing: {problems}.",
    ),
    "customer_history": ("Historique de la fiche", "History of the record"),
    "customer_history_intro": (
        "Qui a modifié quoi, et quand. Rien ne s'efface ici : le registre est chaîné et vérifié.",
        "Who changed what, and when. Nothing is erased here: the register is chained and verified.",
    ),
    "customer_made": ("Fiche créée par {actor}", "Record made by {actor}"),
    "customer_changed_by": ("Modifiée par {actor}", "Changed by {actor}"),
    "changed_from_to": ("{field} : {before} → {after}", "{field}: {before} → {after}"),
    "customer_taken_over": (
        "Fiche reprise d'une version antérieure",
        "Record taken over from an earlier release",
    ),
    "audit_change_customer": ("Modification du client", "Customer changed"),
    "done_customer_changed": ("Le client est modifié.", "The customer is changed."),
}
