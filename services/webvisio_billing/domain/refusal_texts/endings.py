"""Refusals about letters, the disposal of data, the end and disputes (clauses 8 and 9)."""

from webvisio_billing.domain.codes import DomainCode as Code
from webvisio_billing.domain.refusal_texts.words import RefusalText, text

TEXTS: dict[Code, RefusalText] = {
    Code.REGISTERED_REF_REQUIRED: text(
        "8.1",
        422,
        (
            "Reference missing",
            "A breach is notified by registered letter: its reference is missing.",
            "Give the reference of the letter.",
        ),
        (
            "Référence manquante",
            "Un manquement se notifie par lettre recommandée : sa référence manque.",
            "Indiquez la référence de la lettre.",
        ),
    ),
    Code.CLAUSES_REQUIRED: text(
        "8.1",
        422,
        ("Clauses missing", "A breach letter names the clauses that were breached.", "Name at least one."),
        (
            "Clauses manquantes",
            "La lettre nomme les dispositions enfreintes.",
            "Nommez-en au moins une.",
        ),
    ),
    Code.CLAUSE_UNKNOWN: text(
        "8.1",
        422,
        ("Unknown clause", "The terms have no clause {cited}.", "Name a clause of the terms."),
        (
            "Clause inconnue",
            "Les conditions n'ont pas de clause {cited}.",
            "Nommez une clause des conditions.",
        ),
    ),
    Code.CONTRACT_NOT_ENDED: text(
        "8.2",
        409,
        ("Not at its end", "The contract has not come to its end.", "Wait for its end."),
        ("Pas à son terme", "Le contrat n'est pas arrivé à sa fin.", "Attendez sa fin."),
    ),
    Code.DISPOSAL_NOT_CHOSEN: text(
        "8.2",
        409,
        (
            "No choice yet",
            "The customer has not chosen between return and destruction, and no deadline has passed.",
            "Ask for the choice, or set a deadline.",
        ),
        (
            "Pas encore de choix",
            "Le client n'a pas choisi entre restitution et destruction, et aucune échéance n'est passée.",
            "Demandez ce choix, ou fixez une échéance.",
        ),
    ),
    Code.DISPOSAL_ALREADY_CHOSEN: text(
        "8.2",
        409,
        ("Already chosen", "The customer has chosen already.", "Carry the choice out."),
        ("Déjà choisi", "Le client a déjà choisi.", "Exécutez ce choix."),
    ),
    Code.DISPOSAL_ALREADY_COMPLETE: text(
        "8.2",
        409,
        ("Already done", "The data has been returned or destroyed already.", "Nothing needs to be done."),
        ("Déjà fait", "Les données sont déjà restituées ou détruites.", "Il n'y a rien à faire."),
    ),
    Code.DISPOSAL_PENDING: text(
        "8.2",
        409,
        ("Data still held", "The customer's data has not been returned or destroyed.", "Do so first."),
        (
            "Données encore détenues",
            "Les données du client ne sont ni restituées ni détruites.",
            "Faites-le d'abord.",
        ),
    ),
    Code.DATA_TO_BE_DESTROYED: text(
        "8.2",
        409,
        (
            "Destruction was chosen",
            "The data is to be destroyed, as was chosen: there is no archive to take.",
            "Choose return while it has not been carried out.",
        ),
        (
            "Destruction choisie",
            "Les données sont à détruire, selon le choix fait : il n'y a pas d'archive à prendre.",
            "Choisissez la restitution tant que ce n'est pas fait.",
        ),
    ),
    Code.DATA_NOT_TAKEN: text(
        "8.2",
        409,
        (
            "Not taken yet",
            "The customer chose to have the data back, and has not taken it.",
            "Wait until it is taken, or certify how it was handed over.",
        ),
        (
            "Pas encore pris",
            "Le client a choisi la restitution de ses données, et ne les a pas encore prises.",
            "Attendez qu'il les prenne, ou certifiez comment elles lui ont été remises.",
        ),
    ),
    Code.DATA_ALREADY_DESTROYED: text(
        "8.2",
        410,
        ("Destroyed already", "What was held has been destroyed.", "Nothing brings it back."),
        ("Déjà détruites", "Les données détenues ont été détruites.", "Rien ne les fait revenir."),
    ),
    Code.DEADLINE_INVALID: text(
        "8.2",
        422,
        ("Deadline not possible", "A deadline lies ahead and has an author.", "Give a later one and a name."),
        (
            "Échéance impossible",
            "Une échéance est à venir et porte un auteur.",
            "Donnez une date à venir et un nom.",
        ),
    ),
    Code.CERTIFICATE_INCOMPLETE: text(
        "8.2",
        422,
        (
            "Certificate incomplete",
            "The certificate needs the SHA-256 of what was returned, or the list of what was destroyed.",
            "Complete it.",
        ),
        (
            "Certificat incomplet",
            "Le certificat porte l'empreinte SHA-256 de ce qui est restitué, ou la liste de ce qui est détruit.",
            "Complétez-le.",
        ),
    ),
    Code.BALANCE_OPEN: text(
        "6.1",
        409,
        ("Balance open", "The balance is {balance}, not zero.", "Settle, refund or write it off first."),
        (
            "Solde ouvert",
            "Le solde est de {balance}, et non nul.",
            "Réglez-le, remboursez-le ou passez-le en perte d'abord.",
        ),
    ),
    Code.AMICABLE_ATTEMPT_REQUIRED: text(
        "9",
        409,
        (
            "Amicable attempt needed",
            "Unpaid invoices aside, no court before an attempt to settle amicably.",
            "Record an amicable attempt first.",
        ),
        (
            "Tentative amiable nécessaire",
            "Hors factures impayées, pas de juge avant une tentative de règlement amiable.",
            "Enregistrez d'abord une tentative amiable.",
        ),
    ),
}
