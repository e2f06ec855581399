"""Texts of the operator's first page and of the list of contracts: key, French, English. Joined to `catalogue`."""

from typing import Final

HOME_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "section_today": ("Aujourd'hui", "Today"),
    "at_a_glance": ("En un coup d'œil", "At a glance"),
    "to_be_done": ("à traiter", "to be done"),
    "tile_running": ("Contrats en cours", "Running contracts"),
    "tile_running_detail": (
        "{suspended} suspendus, {upcoming} à venir, {drafts} à signer",
        "{suspended} suspended, {upcoming} upcoming, {drafts} to be signed",
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
    "tile_dead_detail": ("{waiting} autres en attente", "{waiting} others waiting"),
    "tile_documents": ("Documents à établir", "Documents to be made"),
    "tile_documents_detail": ("numérotés, en attente de leur PDF", "numbered, waiting for their PDF"),
    "credit_of_customer": ("Avoir du client", "Customer's credit"),
    "money_documents": ("Factures et avoirs", "Invoices and credit notes"),
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
