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
    # ---- contacts ------------------------------------------------------------------------
    "contacts": ("Contacts", "Contacts"),
    "contacts_intro": (
        "Un contact se connecte, voit les contrats et les factures de ce client et peut les payer en ligne ; "
        "il ne voit rien d'autre.",
        "A contact logs in, sees this customer's contracts and invoices and may pay them online; "
        "they see nothing else.",
    ),
    "invite_contact": ("Inviter {person}", "Invite {person}"),
    "remove_contact": (
        "Retirer {person} des contacts",
        "Remove {person} from the contacts",
    ),
    "done_add_contact": ("Le contact est ajouté.", "The contact is added."),
    "done_remove_contact": ("Le contact est retiré.", "The contact is removed."),
    "audit_add_contact": ("Ajout d'un contact", "Contact added"),
    "audit_remove_contact": ("Retrait d'un contact", "Contact removed"),
    # ---- the customer's own pages ----------------------------------------------------------
    "account": ("Mon compte", "My account"),
    "account_intro": (
        "Vos contrats, vos factures et ce qui reste dû.",
        "Your contracts, your invoices and what is due.",
    ),
    "account_empty": ("Vous n'avez pas encore de contrat.", "You have no contract yet."),
    "your_credit": ("Votre crédit", "Your credit"),
    "field_accepts": ("Conditions", "Terms"),
    "accept_terms": (
        "J'ai lu et j'accepte les conditions générales, version {version}.",
        "I have read and accept the general terms, version {version}.",
    ),
    "read_terms": ("Les lire", "Read them"),
    "pay_now": ("Payer {amount} avec PayPal", "Pay {amount} with PayPal"),
    "accept_and_pay": ("Accepter et payer avec PayPal", "Accept and pay with PayPal"),
    "pay_hint": (
        "Votre acceptation est enregistrée, puis vous êtes conduit chez PayPal ; l'article 6.3 le prévoit.",
        "Your acceptance is recorded, then you are taken to PayPal, as clause 6.3 provides.",
    ),
    "by_transfer": ("Par virement", "By transfer"),
    "account_holder": ("Titulaire", "Account holder"),
    "pay_by_transfer": (
        "Indiquez dans le libellé du virement le numéro de la facture ou « {reference} ».",
        "Quote the invoice number or “{reference}” as the transfer's reference.",
    ),
    "terms_title": ("Conditions générales, version {version}", "General terms, version {version}"),
    "terms_intro": (
        "L'essentiel de chaque article. Le texte complet est celui qui vous a été remis avec le contrat ; "
        "son empreinte le désigne sans équivoque.",
        "The gist of each clause. The full text is the one that came with your contract; "
        "its fingerprint names it beyond doubt.",
    ),
    "terms_hash": ("Empreinte (SHA-256)", "Fingerprint (SHA-256)"),
    "checkout_accepted": (
        "Le paiement de {amount} n'a pas encore commencé.",
        "The payment of {amount} has not begun.",
    ),
    "checkout_opened": (
        "Le paiement de {amount} attend votre accord chez PayPal.",
        "The payment of {amount} waits for your approval at PayPal.",
    ),
    "checkout_capturing": (
        "PayPal n'a pas encore confirmé votre paiement de {amount}. Ne payez pas une seconde fois : "
        "cette page le dira dès que la réponse arrivera.",
        "PayPal has not confirmed your payment of {amount} yet. Do not pay twice: "
        "this page will tell as soon as the answer comes.",
    ),
    "checkout_pending": (
        "PayPal examine votre paiement de {amount} ; cela peut prendre quelques jours.",
        "PayPal is looking at your payment of {amount}; that may take some days.",
    ),
    "checkout_paid": (
        "Merci. Votre paiement de {amount} est enregistré.",
        "Thank you. Your payment of {amount} is recorded.",
    ),
    "checkout_declined": (
        "PayPal a refusé le paiement de {amount} ; rien n'a été débité.",
        "PayPal has declined the payment of {amount}; nothing was charged.",
    ),
    "checkout_cancelled": (
        "Vous avez renoncé au paiement de {amount} ; rien n'a été débité.",
        "You have cancelled the payment of {amount}; nothing was charged.",
    ),
    "checkout_abandoned": (
        "Ce paiement de {amount} n'a plus cours ; rien n'a été débité.",
        "This payment of {amount} is no longer valid; nothing was charged.",
    ),
    "checkout_mismatch": (
        "Votre paiement de {amount} demande une vérification ; nous vous écrirons.",
        "Your payment of {amount} needs to be checked; we shall write to you.",
    ),
    "problem_online_payment_off": (
        "Le paiement en ligne n'est pas proposé ici.",
        "Online payment is not offered here.",
    ),
    "problem_gateway_silent": (
        "PayPal ne répond pas pour l'instant ; rien n'a été débité.",
        "PayPal does not answer at the moment; nothing was charged.",
    ),
    "problem_gateway_refused": (
        "PayPal refuse ce paiement pour l'instant ; rien n'a été débité.",
        "PayPal refuses this payment at the moment; nothing was charged.",
    ),
    "problem_payment_under_way": (
        "Un paiement est déjà en cours pour ce contrat.",
        "A payment is already under way for this contract.",
    ),
    # ---- the catalogue ---------------------------------------------------------------------
    "catalogue": ("Catalogue", "Catalogue"),
    "catalogue_intro": (
        "Ce que vous proposez, et à quel prix. Un changement fait une nouvelle version ; les contrats en cours "
        "gardent la leur.",
        "What you offer, and at which price. A change makes a new version; running contracts keep theirs.",
    ),
    "plans": ("Formules et prix", "Plans and prices"),
    "plan": ("Formule", "Plan"),
    "no_plan": (
        "Aucune formule encore : les contrats prennent les prix de départ (100,00 € par mois, 15,00 € par jour).",
        "No plan yet: contracts take the initial prices (€100.00 a month, €15.00 a day).",
    ),
    "offered": ("Proposé", "Offered"),
    "withdrawn": ("Retiré", "Withdrawn"),
    "version": ("version {number}", "version {number}"),
    "put_plan": ("Ajouter une formule, ou changer un prix", "Add a plan, or change a price"),
    "put_service": ("Ajouter un service, ou changer un prix", "Add a service, or change a price"),
    "save_version": ("Enregistrer la version", "Save the version"),
    "hint_plan_id": (
        "Déduit du nom ; indiquez celui d'une formule existante pour en faire une nouvelle version.",
        "Taken from the name; give that of an existing plan to make a new version of it.",
    ),
    "field_name_fr": ("Nom en français", "Name in French"),
    "field_name_en": ("Nom en anglais", "Name in English"),
    "field_room_price": ("Prix HT par salle (EUR)", "Net price per room (EUR)"),
    "field_setup_price": ("Mise en service HT (EUR)", "Net set-up fee (EUR)"),
    "field_plan_id": ("Identifiant", "Identifier"),
    "field_service_id": ("Identifiant", "Identifier"),
    "field_is_withdrawn": ("Ne plus le proposer", "No longer offer it"),
    "exemptions": ("Exonérations de TVA", "Exemptions from VAT"),
    "exemptions_intro": (
        "La référence légale est imprimée sur chaque facture du contrat.",
        "The legal reference is printed on every invoice of the contract.",
    ),
    "field_exemption_reference": ("Référence légale", "Legal reference"),
    "field_exemption": ("Exonération de TVA", "Exemption from VAT"),
    "no_exemption": ("Aucune : TVA au taux normal", "None: VAT at the standard rate"),
    "field_plan": ("Formule et prix", "Plan and price"),
    "initial_prices": ("Prix de départ", "Initial prices"),
    "plan_priced": ("{name} — {price} HT par salle", "{name} — {price} net per room"),
    "field_is_unsigned": (
        "Attendre la signature ou le paiement en ligne (article 6.3)",
        "Wait for the signature or the online payment (clause 6.3)",
    ),
    "rates": ("Taux", "Rates"),
    "rates_intro": (
        "Un taux ajouté s'applique aussitôt (article 6.2) ; sans le taux légal d'un semestre, ses intérêts ne "
        "peuvent pas être réclamés.",
        "An added rate counts at once (clause 6.2); without the legal rate of a half-year, its interest "
        "cannot be claimed.",
    ),
    "rate_vat": ("TVA, taux normal", "VAT, standard rate"),
    "rate_legal": ("Intérêt légal", "Legal interest"),
    "built_in": ("fourni", "built in"),
    "field_rate_kind": ("Taux", "Rate"),
    "field_since": ("À partir de", "Since"),
    "field_percent": ("Pour cent", "Percent"),
    "hint_since": (
        "Un semestre (2026-H2) ou un premier jour (2027-01-01).",
        "A half-year (2026-H2) or a first day (2027-01-01).",
    ),
    "done_plan": ("La version est enregistrée.", "The version is saved."),
    "done_service": ("Le service est enregistré.", "The service is saved."),
    "done_exemption": ("L'exonération est ajoutée.", "The exemption is added."),
    "done_rate": ("Le taux est ajouté.", "The rate is added."),
    "problem_not_in_catalogue": (
        "ce choix n'est pas proposé au catalogue.",
        "the catalogue does not offer this.",
    ),
    "problem_in_catalogue": ("« {text} » est déjà au catalogue.", "“{text}” is in the catalogue already."),
    "problem_plan_formula": (
        "« {text} » existe pour une autre durée.",
        "“{text}” exists for another duration.",
    ),
    "problem_not_a_percentage": ("un taux s'écrit 20 ou 2,62.", "a rate is written 20 or 2.62."),
    "problem_not_a_half_year": (
        "« {text} » n'est pas un semestre (2026-H2).",
        "“{text}” is not a half-year (2026-H2).",
    ),
    # ---- the API ---------------------------------------------------------------------------
    "field_idempotency_key": ("Idempotency-Key", "Idempotency-Key"),
    "field_after": ("after", "after"),
    "field_before": ("before", "before"),
    "field_limit": ("limit", "limit"),
    "field_state": ("state", "state"),
    "problem_not_a_key": (
        "1 à 64 lettres, chiffres, points, tirets ou soulignés.",
        "1 to 64 letters, digits, dots, hyphens or underscores.",
    ),
    "problem_not_a_limit": ("un nombre de 1 à {limit}.", "a number from 1 to {limit}."),
    "problem_key_reused": (
        "Cette clé d'idempotence a servi à une autre requête.",
        "This idempotency key was used for another request.",
    ),
    "problem_request_under_way": (
        "Cette requête est en cours, ou son issue n'est pas connue : vérifiez avant de la refaire sous une autre clé.",
        "This request is under way, or its outcome is not known: look before you send it under another key.",
    ),
    "problem_faults": ("{faults}", "{faults}"),
}
