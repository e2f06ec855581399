"""Texts of the operator's first page and of the list of contracts: key, French, English. Joined to `catalogue`."""

from typing import Final

HOME_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "section_today": ("Aujourd'hui", "Today"),
    "at_a_glance": ("En un coup d'œil", "At a glance"),
    "to_be_done": ("à traiter", "to be done"),
    "tile_running": ("Contrats en cours", "Running contracts"),
    "tile_running_detail": (
        "suspendus : {suspended} · à venir : {upcoming} · à signer : {drafts}",
        "suspended: {suspended} · upcoming: {upcoming} · to be signed: {drafts}",
    ),
    "tile_due_today": ("Échéances du jour", "Due today"),
    "next_run": ("prochain passage le {time}", "next run on {time}"),
    "no_next_run": ("rien n'est attendu", "nothing is expected"),
    "tile_queued": ("Virements à affecter", "Transfers to assign"),
    "tile_queued_detail": ("reçus, sans facture certaine", "received, without a certain invoice"),
    "tile_mismatches": ("Paiements en ligne à vérifier", "Online payments to check"),
    "tile_mismatches_detail": ("autre chose est arrivé que convenu", "something else came than was agreed"),
    "tile_stuck": ("Contrats bloqués", "Stuck contracts"),
    "tile_stuck_detail": ("le passage du temps s'y arrête", "time does not pass for them"),
    "tile_dead": ("Envois abandonnés", "Messages given up"),
    "tile_dead_detail": ("en attente : {waiting}", "waiting: {waiting}"),
    "tile_documents": ("Documents à établir", "Documents to be made"),
    "tile_documents_detail": ("numérotés, en attente de leur PDF", "numbered, waiting for their PDF"),
    "credit_of_customer": ("Avoir du client", "Customer's credit"),
    "money_documents": ("Factures et avoirs", "Invoices and credit notes"),
    "print": ("Imprimer", "Print"),
    "open_to_print": ("ouvrir pour imprimer", "open to print"),
    "terms_are_french": (
        "Ce texte fait foi en français.",
        "The French text is the one that counts; the contract's pages say each clause in English.",
    ),
    "terms_hash_is": ("Empreinte SHA-256 du texte : {sha256}", "SHA-256 of the text: {sha256}"),
    "field_offered": ("Service du catalogue", "Service of the catalogue"),
    "service_once": ("{name} : {price} HT, une fois", "{name}: {price} net, once"),
    "service_each_period": ("{name} : {price} HT, à chaque période", "{name}: {price} net, every period"),
    "hint_no_service": (
        "Le catalogue ne propose aucun service : ajoutez-le d'abord à la page Catalogue, avec son prix.",
        "The catalogue offers no service: add it on the page Catalogue first, with its price.",
    ),
    "will_be_invoiced": ("Ce qui sera facturé", "What will be invoiced"),
    "net_amount": ("Montant HT", "Net amount"),
    "vat_at": ("TVA {percent}", "VAT {percent}"),
    "service": ("Service", "Service"),
    "paid": ("Payé", "Paid"),
    "each_period": ("à chaque période", "every period"),
    "once": ("une fois", "once"),
    "net_price": ("Prix HT", "Net price"),
    "no_service": (
        "Aucun service encore. Ce que vous ajoutez ici se commande à la page d'un contrat.",
        "No service yet. What you add here is ordered on a contract's page.",
    ),
    "rate": ("Taux", "Rate"),
    "since": ("Depuis", "Since"),
    "value": ("Valeur", "Value"),
    "source": ("Source", "Source"),
    "added": ("ajouté ici", "added here"),
    "mismatches": ("Paiements en ligne à vérifier ({count})", "Online payments to check ({count})"),
    "no_mismatch": (
        "Rien n'attend : chaque paiement en ligne est arrivé comme convenu.",
        "Nothing waits: every online payment came as agreed.",
    ),
    "mismatch_told": (
        "PayPal a pris autre chose que le montant convenu ci-dessus : rien n'est inscrit au contrat. Regardez la "
        "capture chez PayPal ; enregistrez ce qui est arrivé à la page du contrat, ou remboursez-le chez PayPal.",
        "PayPal took something else than the amount agreed above: nothing is recorded on the contract. Look at the "
        "capture at PayPal; record what came on the contract's page, or refund it at PayPal.",
    ),
    "mismatch_names": ("Commande {order}, capture {capture}", "Order {order}, capture {capture}"),
    "returns": ("Argent reparti chez PayPal", "Money that went back at PayPal"),
    "returns_intro": (
        "Remboursé sur le site de PayPal, ou repris par PayPal ou par une banque. Ce qu'un paiement repris réglait "
        "est de nouveau dû.",
        "Refunded on PayPal's own site, or taken back by PayPal or a bank. What a payment that went back had settled "
        "is due again.",
    ),
    "noted_at": ("Relevé le", "Noted"),
    "return_refund": ("Remboursement.", "Refund."),
    "return_reversal": ("Reprise (impayé).", "Taken back."),
    "return_booked": ("Inscrit au contrat.", "Recorded on the contract."),
    "return_amount_unknown": (
        "PayPal ne dit pas combien : regardez-y, puis inscrivez-le sur la page du contrat.",
        "PayPal does not say how much: look there, then record it on the contract's page.",
    ),
    "return_not_booked": (
        "Pas inscrit ({code}) : à traiter à la main.",
        "Not recorded ({code}): to be dealt with by hand.",
    ),
    "what_was_done": ("Ce qui a été fait", "What was done"),
    "settle_mismatch": ("Classer", "Settle"),
    "done_settle_checkout": ("Le paiement en ligne est classé.", "The online payment is settled."),
    "audit_settle_checkout": ("Paiement en ligne classé", "Online payment settled"),
    "checkout_settled": (
        "Votre paiement de {amount} a été vérifié.",
        "Your payment of {amount} has been checked.",
    ),
    "stuck_missing_tax_rate": (
        "Un taux manque à la date voulue : ajoutez-le au catalogue.",
        "A rate is missing on that date: add it to the catalogue.",
    ),
    "stuck_seller_incomplete": (
        "Votre identité de vendeur est incomplète : complétez seller.toml.",
        "Your identity as the seller is incomplete: complete seller.toml.",
    ),
    "stuck_journal_broken": (
        "Son journal ne se vérifie pas : lancez « webvisio-billing verify » avant tout.",
        "Its journal does not verify: run “webvisio-billing verify” before anything else.",
    ),
    "stuck_defect": (
        "Une erreur de notre part l'arrête : elle est dans le journal du service.",
        "An error of ours stops it: it is in the service's log.",
    ),
    "retry_stuck": ("Réessayer maintenant", "Try again now"),
    "done_retry_stuck": (
        "Un nouveau passage est lancé ; ce qui reste bloqué est ci-dessous.",
        "Another run has begun; what is still stuck is below.",
    ),
    "shortcuts": ("Raccourcis", "Shortcuts"),
    "shortcut_catalogue": ("Changer un prix ou un taux", "Change a price or a rate"),
    "search_contracts": ("Client ou contrat", "Customer or contract"),
    "search": ("Chercher", "Search"),
    "any_state": ("Tous les états", "Any state"),
    "nothing_found": (
        "Aucun contrat ne correspond. Essayez un autre nom ou un autre état.",
        "No contract matches. Try another name or another state.",
    ),
    "show_all": ("Tout afficher", "Show all"),
}
