"""Texts of the pages about money from outside: key, French, English. Joined to `catalogue`."""

from typing import Final

PAYMENT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "payments": ("Paiements", "Payments"),
    "bank_intro": (
        "Importez le relevé de votre banque : chaque virement est rapproché de la facture qu'il règle. "
        "Ce qui n'est pas certain vous attend ici ; rien n'est deviné.",
        "Import your bank's statement: each transfer is matched with the invoice it settles. "
        "What is not certain waits for you here; nothing is guessed.",
    ),
    "import_statement": ("Importer un relevé", "Import a statement"),
    "field_statement": ("Relevé bancaire", "Bank statement"),
    "hint_statement": (
        "CAMT.053 (XML) ou CSV, 3 Mo au plus. Le même relevé, ou un relevé qui en recouvre un autre, "
        "ne compte rien deux fois.",
        "CAMT.053 (XML) or CSV, 3 MB at most. The same statement, or one that overlaps another, "
        "counts nothing twice.",
    ),
    "do_import": ("Importer", "Import"),
    "import_known": (
        "Ce relevé avait déjà été importé : rien n'a changé.",
        "This statement had been imported before: nothing has changed.",
    ),
    "import_done": (
        "Relevé importé : {entries} écritures, dont {matched} rapprochées ({amount}), {queued} à affecter, "
        "{outgoing} sorties et {known} déjà connues.",
        "Statement imported: {entries} entries, {matched} of them matched ({amount}), {queued} to be "
        "assigned, {outgoing} outgoing and {known} known before.",
    ),
    "statement_refused": (
        "Ce relevé ne peut pas être lu : rien n'a été importé.",
        "This statement cannot be read: nothing was imported.",
    ),
    "fault_line": ("Ligne {line} : {fault}", "Line {line}: {fault}"),
    "fault_empty": ("le relevé ne contient aucune écriture.", "the statement has no entry."),
    "fault_too_large": ("le fichier dépasse 3 Mo.", "the file is larger than 3 MB."),
    "fault_too_many_entries": (
        "plus de 10 000 écritures : importez des relevés plus courts.",
        "more than 10,000 entries: import shorter statements.",
    ),
    "fault_encoding": (
        "le texte n'est ni en UTF-8 ni en Windows-1252.",
        "the text is neither UTF-8 nor Windows-1252.",
    ),
    "fault_format_unknown": (
        "ce n'est pas un relevé CAMT.053 ni CSV. {text}",
        "this is neither a CAMT.053 nor a CSV statement. {text}",
    ),
    "fault_xml_broken": (
        "le XML est mal formé ou le fichier est tronqué.",
        "the XML is not well formed, or the file is cut short.",
    ),
    "fault_xml_unsafe": (
        "un relevé ne déclare pas de type de document (DOCTYPE).",
        "a statement declares no document type (DOCTYPE).",
    ),
    "fault_field_missing": ("« {text} » manque.", "“{text}” is missing."),
    "fault_columns_unknown": (
        "aucune ligne de titres avec une date et un montant (ou un crédit).",
        "no heading with a date and an amount (or a credit).",
    ),
    "fault_column_count": (
        "{text} colonnes : la ligne est tronquée ou le fichier est coupé.",
        "{text} columns: the line is cut short, or the file is.",
    ),
    "fault_quotes_open": (
        "un guillemet n'est pas fermé : le fichier est tronqué.",
        "a quotation mark is not closed: the file is cut short.",
    ),
    "fault_date_impossible": (
        "« {text} » n'est pas une date possible.",
        "“{text}” is not a possible date.",
    ),
    "fault_date_future": ("le {text} est à venir.", "{text} is to come."),
    "fault_amount_unreadable": ("« {text} » n'est pas un montant.", "“{text}” is not an amount."),
    "fault_amount_absurd": ("le montant {text} est impossible.", "the amount {text} is not possible."),
    "fault_currency_foreign": (
        "« {text} » n'est pas la devise du compte (EUR).",
        "“{text}” is not the account's currency (EUR).",
    ),
    "fault_side_unknown": (
        "ni crédit ni débit : « {text} ».",
        "neither credit nor debit: “{text}”.",
    ),
    "fault_balance_mismatch": (
        "le solde de clôture n'est pas le solde d'ouverture plus les écritures (écart : {text}).",
        "the closing balance is not the opening one plus the entries (difference: {text}).",
    ),
    "to_assign": ("À affecter ({count})", "To be assigned ({count})"),
    "nothing_to_assign": (
        "Rien n'attend : tous les virements ont trouvé leur facture.",
        "Nothing waits: all transfers have found their invoice.",
    ),
    "from_payer": ("de {payer}", "from {payer}"),
    "payer_unknown": ("émetteur non précisé", "payer not told"),
    "doubt_unknown": (
        "Ni numéro de facture ni référence de contrat dans le libellé.",
        "Neither an invoice number nor a contract's reference in the text.",
    ),
    "doubt_already_paid": (
        "Ce que le libellé nomme est déjà réglé.",
        "What the text names is settled already.",
    ),
    "doubt_several_contracts": (
        "Le libellé nomme plusieurs contrats.",
        "The text names several contracts.",
    ),
    "doubt_look_alike": (
        "Une écriture de même date et de même montant figure dans un autre relevé : est-ce la même ?",
        "An entry of the same day and amount is in another statement: is it the same one?",
    ),
    "doubt_not_accepted": (
        "Le contrat n'accepte pas ce paiement.",
        "The contract does not accept this payment.",
    ),
    "field_contract": ("Contrat", "Contract"),
    "field_invoice": ("Facture à régler d'abord", "Invoice to settle first"),
    "hint_entry_contract": (
        "Tapez le nom du client ou la référence du contrat.",
        "Type the customer's name or the contract's reference.",
    ),
    "hint_entry_invoice": (
        "Son numéro ; sinon la plus ancienne échéance.",
        "Its number; otherwise what fell due first.",
    ),
    "contract_owes": ("{customer} — doit {amount}", "{customer} — owes {amount}"),
    "action_assign": ("Affecter le virement", "Assign the transfer"),
    "does_assign": (
        "Le virement règle le contrat, à la date de la banque ; ce qui dépasse reste au crédit du client.",
        "The transfer settles the contract, as of the bank's date; what is left over is the customer's credit.",
    ),
    "set_aside": ("Écarter", "Set aside"),
    "set_aside_title": ("Ce virement ne règle aucun contrat", "This transfer settles no contract"),
    "does_set_aside": (
        "L'écriture quitte la file et reste au relevé avec votre motif. Aucun contrat ne change.",
        "The entry leaves the queue and stays in the statement with your reason. No contract changes.",
    ),
    "field_remark": ("Motif", "Reason"),
    "statement_entries": ("Écritures des relevés", "Statement entries"),
    "entries_all": ("Toutes", "All"),
    "entry_state_queued": ("À affecter", "To be assigned"),
    "entry_state_matched": ("Rapprochées", "Matched"),
    "entry_state_assigned": ("Affectées", "Assigned"),
    "entry_state_refused": ("Écartées", "Set aside"),
    "entry_state_outgoing": ("Sorties", "Outgoing"),
    "booked_on": ("Date", "Date"),
    "payer_and_text": ("Émetteur et libellé", "Payer and text"),
    "amount": ("Montant", "Amount"),
    "outcome": ("Suite donnée", "Outcome"),
    "basis_number": ("par le numéro du document", "by the document's number"),
    "basis_contract": ("par la référence du contrat", "by the contract's reference"),
    "basis_account": ("par le compte et le montant", "by the account and the amount"),
    "assigned_by": ("par {actor}", "by {actor}"),
    "no_entry": ("Aucune écriture.", "No entry."),
    "older": ("Plus anciennes", "Older"),
    "newest": ("Les plus récentes", "Newest"),
    "done_assign": ("Le virement est affecté.", "The transfer is assigned."),
    "done_set_aside": ("L'écriture est écartée.", "The entry is set aside."),
    "problem_contract_unknown": (
        "il n'y a pas de contrat « {text} ».",
        "there is no contract “{text}”.",
    ),
    "problem_invoice_unknown": (
        "ce contrat n'a pas de facture « {text} ».",
        "this contract has no invoice “{text}”.",
    ),
    "problem_entry_decided": (
        "Cette écriture a déjà reçu une suite.",
        "This entry has been decided already.",
    ),
    "problem_file_needed": ("choisissez un fichier.", "choose a file."),
    "audit_import_statement": ("Import d'un relevé", "Statement imported"),
    "audit_refuse_entry": ("Écriture écartée", "Entry set aside"),
}
