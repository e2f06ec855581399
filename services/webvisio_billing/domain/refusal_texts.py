"""The words of the domain's refusals, in French and English, with clause and HTTP status.

Placeholders are the refusal's details. A title says what is refused, the
message why, the remedy what can be done. Longer than other modules because it
is one table, and a translator reads it as a whole.
"""

from dataclasses import dataclass

from webvisio_billing.domain.codes import DomainCode as Code


@dataclass(frozen=True, slots=True)
class Words:
    """What is refused, why, and what the reader can do."""

    title: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RefusalText:
    """A refusal's clause, HTTP status and words."""

    clause: str
    status: int
    en: Words
    fr: Words


def _text(clause: str, status: int, en: tuple[str, str, str], fr: tuple[str, str, str]) -> RefusalText:
    return RefusalText(clause, status, Words(*en), Words(*fr))


TEXTS: dict[Code, RefusalText] = {
    # ---- order, duration ---------------------------------------------------------------
    Code.NOT_ORDERED: _text(
        "3",
        404,
        ("No contract", "There is no contract yet.", "Order one first."),
        ("Aucun contrat", "Il n'y a pas encore de contrat.", "Commencez par une commande."),
    ),
    Code.ALREADY_ORDERED: _text(
        "3",
        409,
        (
            "Already ordered",
            "This contract has been ordered already.",
            "Order another one under its own name.",
        ),
        ("Déjà commandé", "Ce contrat est déjà commandé.", "Commandez-en un autre sous son propre nom."),
    ),
    Code.ALREADY_ACCEPTED: _text(
        "6.3",
        409,
        (
            "Already accepted",
            "The terms of this contract have been accepted already.",
            "Nothing more is needed.",
        ),
        (
            "Déjà accepté",
            "Les conditions de ce contrat sont déjà acceptées.",
            "Il n'y a rien de plus à faire.",
        ),
    ),
    Code.TIMEZONE_UNKNOWN: _text(
        "3",
        422,
        ("Unknown time zone", "{timezone_name} is no time zone.", "Use a name such as Europe/Paris."),
        (
            "Fuseau inconnu",
            "{timezone_name} n'est pas un fuseau horaire.",
            "Indiquez un nom tel que Europe/Paris.",
        ),
    ),
    Code.SIREN_INVALID: _text(
        "1",
        422,
        ("Wrong SIREN", "{siren} is no SIREN: nine digits with a check key.", "Check the number."),
        (
            "SIREN incorrect",
            "{siren} n'est pas un SIREN : neuf chiffres avec une clé.",
            "Vérifiez le numéro.",
        ),
    ),
    Code.SELLER_INCOMPLETE: _text(
        "1",
        409,
        (
            "The seller is not complete",
            "No invoice can be issued before the seller's identity is complete: {missing}.",
            "Complete seller.toml in the platform's state folder.",
        ),
        (
            "Vendeur incomplet",
            "Aucune facture ne peut être émise avant que l'identité du vendeur soit complète : {missing}.",
            "Complétez seller.toml dans le dossier d'état de la plateforme.",
        ),
    ),
    Code.EFFECTIVE_DATE_PAST: _text(
        "3",
        422,
        (
            "Date in the past",
            "A contract cannot take effect on {effective}, before today.",
            "Choose a later day.",
        ),
        (
            "Date passée",
            "Un contrat ne peut pas prendre effet le {effective}, avant aujourd'hui.",
            "Choisissez un jour à venir.",
        ),
    ),
    Code.EFFECTIVE_DATE_TOO_FAR: _text(
        "3",
        422,
        ("Date too far ahead", "{effective} is more than ten years away.", "Check the year."),
        ("Date trop lointaine", "Le {effective} est à plus de dix ans.", "Vérifiez l'année."),
    ),
    Code.OFFER_LAPSED: _text(
        "3",
        409,
        (
            "The order has lapsed",
            "The period ordered from {effective} is over: nothing is left to accept.",
            "Order again from a day to come.",
        ),
        (
            "Commande caduque",
            "La période commandée à compter du {effective} est écoulée : il n'y a plus rien à accepter.",
            "Commandez de nouveau à compter d'un jour à venir.",
        ),
    ),
    Code.NOT_A_DAY_CONTRACT: _text(
        "3",
        409,
        (
            "Not a contract by the day",
            "Days are added to contracts by the day only.",
            "Order a day separately.",
        ),
        (
            "Pas un contrat à la journée",
            "Une journée ne s'ajoute qu'à un contrat à la journée.",
            "Commandez la journée séparément.",
        ),
    ),
    Code.PASS_ALREADY_ORDERED: _text(
        "3",
        409,
        ("Day already ordered", "{day} has been ordered already.", "Choose another day."),
        ("Journée déjà commandée", "Le {day} est déjà commandé.", "Choisissez un autre jour."),
    ),
    Code.CONTRACT_NOT_ACCEPTED: _text(
        "3",
        409,
        ("Not accepted yet", "The contract has not been accepted yet.", "Accept its terms first."),
        ("Pas encore accepté", "Le contrat n'est pas encore accepté.", "Acceptez d'abord ses conditions."),
    ),
    Code.CONTRACT_OVER: _text(
        "3",
        409,
        ("The contract is over", "The contract ended on {ended_at}.", "A new contract is needed."),
        ("Contrat terminé", "Le contrat a pris fin le {ended_at}.", "Il faut un nouveau contrat."),
    ),
    Code.CONTRACT_CLOSED: _text(
        "8.2",
        409,
        ("The contract is closed", "Nothing can happen to a closed contract.", "A new contract is needed."),
        ("Contrat clos", "Un contrat clos ne change plus.", "Il faut un nouveau contrat."),
    ),
    Code.NO_RENEWAL: _text(
        "3",
        409,
        (
            "Nothing to give notice of",
            "A contract by the day ends by itself: it is not renewed.",
            "Nothing needs to be done.",
        ),
        (
            "Rien à dénoncer",
            "Un contrat à la journée prend fin de lui-même : il ne se renouvelle pas.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.NOTICE_LATE: _text(
        "3",
        409,
        (
            "Notice too late",
            "For the term of {term} the notice had to arrive by {deadline}.",
            "The contract can end on {next_term}.",
        ),
        (
            "Dénonciation tardive",
            "Pour le terme du {term}, la dénonciation devait parvenir au plus tard le {deadline}.",
            "Le contrat peut prendre fin le {next_term}.",
        ),
    ),
    Code.NOTICE_ALREADY_GIVEN: _text(
        "3",
        409,
        (
            "Notice already given",
            "This party has given notice already.",
            "Withdraw it before giving another.",
        ),
        (
            "Déjà dénoncé",
            "Cette partie a déjà dénoncé le contrat.",
            "Retirez la dénonciation avant d'en adresser une autre.",
        ),
    ),
    Code.NO_NOTICE: _text(
        "3",
        409,
        ("No notice", "This party has given no notice that could be withdrawn.", "Nothing needs to be done."),
        (
            "Aucune dénonciation",
            "Cette partie n'a adressé aucune dénonciation à retirer.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.AGREEMENT_REQUIRED: _text(
        "3",
        409,
        (
            "Agreement needed",
            "A notice is withdrawn only with the other party's agreement.",
            "Ask the other party first.",
        ),
        (
            "Accord nécessaire",
            "Une dénonciation ne se retire qu'avec l'accord de l'autre partie.",
            "Demandez d'abord cet accord.",
        ),
    ),
    Code.ROOM_ALREADY_RENTED: _text(
        "2.1",
        409,
        (
            "Room already there",
            "The contract has this room already, or as many rooms as it can have.",
            "Choose another name for the room.",
        ),
        (
            "Salle déjà présente",
            "Le contrat comprend déjà cette salle, ou autant de salles qu'il peut en avoir.",
            "Choisissez un autre nom de salle.",
        ),
    ),
    Code.ROOM_UNKNOWN: _text(
        "2.1",
        404,
        ("Unknown room", "The contract has no room {room}.", "Choose one of its rooms."),
        ("Salle inconnue", "Le contrat ne comprend pas la salle {room}.", "Choisissez l'une de ses salles."),
    ),
    Code.SERVICE_UNKNOWN: _text(
        "2.2",
        404,
        (
            "Unknown service",
            "The contract has no such running service.",
            "Choose one of its recurring services.",
        ),
        (
            "Service inconnu",
            "Le contrat ne comprend pas ce service, ou il a pris fin.",
            "Choisissez l'un de ses services récurrents.",
        ),
    ),
    # ---- support, content --------------------------------------------------------------
    Code.TICKET_UNKNOWN: _text(
        "4.4",
        404,
        ("Unknown ticket", "The contract has no ticket {ticket}.", "Check its number."),
        ("Demande inconnue", "Le contrat n'a pas de demande {ticket}.", "Vérifiez son numéro."),
    ),
    Code.TICKET_CLOSED: _text(
        "4.4",
        409,
        ("Ticket closed", "This ticket is closed.", "Report the anomaly again."),
        ("Demande close", "Cette demande est close.", "Signalez l'anomalie de nouveau."),
    ),
    Code.TICKET_ALREADY_ACKNOWLEDGED: _text(
        "4.4",
        409,
        ("Already acknowledged", "This ticket has been acknowledged already.", "Nothing needs to be done."),
        ("Déjà prise en compte", "Cette demande est déjà prise en compte.", "Il n'y a rien à faire."),
    ),
    Code.TESTS_NOT_ASKED: _text(
        "4.4",
        409,
        (
            "No tests awaited",
            "No tests were asked for on this ticket.",
            "Wait until the support asks for some.",
        ),
        ("Aucun test attendu", "Aucun test n'a été demandé.", "Attendez que l'assistance en demande."),
    ),
    Code.TICKETS_EXHAUSTED: _text(
        "4.4",
        409,
        ("Too many tickets", "The contract can hold no more tickets.", "Write to the support."),
        ("Trop de demandes", "Le contrat ne peut plus recevoir de demande.", "Écrivez à l'assistance."),
    ),
    Code.REASON_REQUIRED: _text(
        "4.5",
        422,
        ("Reason missing", "This needs a reason and the name of who does it.", "Give both."),
        ("Motif manquant", "Il faut un motif et le nom de la personne qui agit.", "Indiquez les deux."),
    ),
    Code.BREAK_GLASS_TOO_LONG: _text(
        "4.5",
        422,
        (
            "Too long a while",
            "Staff may look at a customer's content for a day at most.",
            "Choose an end within the coming 24 hours.",
        ),
        (
            "Durée trop longue",
            "Le personnel n'accède au contenu d'un client que pour une journée au plus.",
            "Choisissez une fin dans les 24 heures.",
        ),
    ),
    # ---- fraud, unlawful content, blocks -----------------------------------------------
    Code.CASE_UNKNOWN: _text(
        "5.4",
        404,
        ("Unknown case", "The contract has no open case {case} at this stage.", "Check its number."),
        (
            "Dossier inconnu",
            "Le contrat n'a pas de dossier {case} ouvert à ce stade.",
            "Vérifiez son numéro.",
        ),
    ),
    Code.CASES_EXHAUSTED: _text(
        "5.4",
        409,
        ("Too many cases", "The contract can hold no more cases.", "Write to the support."),
        ("Trop de dossiers", "Le contrat ne peut plus recevoir de dossier.", "Écrivez à l'assistance."),
    ),
    Code.FRAUD_REF_REQUIRED: _text(
        "5.4",
        422,
        (
            "Reference missing",
            "A fraud is confirmed by registered letter: its reference is missing.",
            "Give the reference.",
        ),
        (
            "Référence manquante",
            "Une fraude se confirme par lettre recommandée : sa référence manque.",
            "Indiquez la référence.",
        ),
    ),
    Code.FRAUD_NOT_CONFIRMED: _text(
        "5.4",
        409,
        ("Not confirmed", "The fraud has not been confirmed by registered letter.", "Confirm it first."),
        (
            "Non confirmée",
            "La fraude n'est pas confirmée par lettre recommandée.",
            "Confirmez-la d'abord.",
        ),
    ),
    Code.EVIDENCE_REQUIRED: _text(
        "5.5",
        422,
        (
            "Evidence missing",
            "Suspending for unlawful content needs evidence of it.",
            "Describe what was seen, where and when.",
        ),
        (
            "Constat manquant",
            "Suspendre pour contenu illicite demande un constat.",
            "Décrivez ce qui a été vu, où et quand.",
        ),
    ),
    Code.ACTOR_REQUIRED: _text(
        "5.5",
        422,
        (
            "Actor missing",
            "Suspending for unlawful content needs the name of who decides it.",
            "Name the person.",
        ),
        (
            "Auteur manquant",
            "Suspendre pour contenu illicite demande le nom de la personne qui décide.",
            "Nommez cette personne.",
        ),
    ),
    Code.LIFT_RESERVED: _text(
        "5.5",
        403,
        (
            "Reserved to the provider",
            "Only the provider lifts a suspension.",
            "Write to the provider's support.",
        ),
        (
            "Réservé au prestataire",
            "Seul le prestataire lève une suspension.",
            "Écrivez à l'assistance du prestataire.",
        ),
    ),
    Code.BLOCK_ALREADY_OPEN: _text(
        "6.4",
        409,
        ("Already suspended", "Access is suspended for this reason already.", "Nothing needs to be done."),
        ("Déjà suspendu", "L'accès est déjà suspendu pour ce motif.", "Il n'y a rien à faire."),
    ),
    Code.BLOCK_NOT_OPEN: _text(
        "6.4",
        409,
        ("Not suspended", "Access is not suspended for this reason.", "Nothing needs to be done."),
        ("Pas suspendu", "L'accès n'est pas suspendu pour ce motif.", "Il n'y a rien à faire."),
    ),
    # ---- money -------------------------------------------------------------------------
    Code.AMOUNT_INVALID: _text(
        "6.1",
        422,
        ("Amount or number not possible", "An amount or a number is out of bounds.", "Check it."),
        ("Montant ou nombre impossible", "Un montant ou un nombre est hors limites.", "Vérifiez-le."),
    ),
    Code.PAYMENT_DATE_FUTURE: _text(
        "6.3",
        422,
        (
            "Not received yet",
            "A payment cannot have been received on {received_on}, which is to come.",
            "Give the day on which the money arrived.",
        ),
        (
            "Pas encore reçu",
            "Un paiement ne peut pas avoir été reçu le {received_on}, qui est à venir.",
            "Indiquez le jour où l'argent est arrivé.",
        ),
    ),
    Code.CURRENCY_MISMATCH: _text(
        "6.3",
        422,
        ("Other currency", "{currency} was given where {expected} is agreed.", "Use the agreed currency."),
        (
            "Autre devise",
            "{currency} au lieu de {expected}, la devise convenue.",
            "Utilisez la devise convenue.",
        ),
    ),
    Code.ACCEPTANCE_INCOMPLETE: _text(
        "6.3",
        422,
        (
            "Acceptance incomplete",
            "Accepting online needs the hash of the terms, their language and who accepts.",
            "Show the terms and record all three before the payment.",
        ),
        (
            "Acceptation incomplète",
            "Accepter en ligne demande l'empreinte des conditions, leur langue et qui accepte.",
            "Présentez les conditions et enregistrez ces trois éléments avant le paiement.",
        ),
    ),
    Code.TERMS_MISMATCH: _text(
        "6.3",
        409,
        (
            "Other terms",
            "The terms accepted are not those of the order.",
            "Show the terms of the order and accept those.",
        ),
        (
            "Autres conditions",
            "Les conditions acceptées ne sont pas celles de la commande.",
            "Présentez les conditions de la commande et faites accepter celles-là.",
        ),
    ),
    Code.TERMS_NOT_ACCEPTED: _text(
        "6.3",
        409,
        (
            "Terms not accepted",
            "Nobody pays online before the acceptance of the terms is stored.",
            "Accept the terms first.",
        ),
        (
            "Conditions non acceptées",
            "On ne paie pas en ligne avant que l'acceptation des conditions soit enregistrée.",
            "Acceptez d'abord les conditions.",
        ),
    ),
    Code.PAYMENT_KEY_REUSED: _text(
        "6.3",
        409,
        (
            "Key used before",
            "This key has named a movement of another amount.",
            "Give each movement its own key.",
        ),
        (
            "Clé déjà employée",
            "Cette clé a désigné un mouvement d'un autre montant.",
            "Donnez à chaque mouvement sa propre clé.",
        ),
    ),
    Code.REFUND_EXCEEDS_CREDIT: _text(
        "6.3",
        409,
        (
            "More than the credit",
            "The customer's credit is lower than this refund.",
            "Refund at most the credit.",
        ),
        (
            "Au-delà du crédit",
            "Le crédit du client est inférieur à ce remboursement.",
            "Remboursez au plus le crédit.",
        ),
    ),
    Code.INVOICE_UNKNOWN: _text(
        "6.1",
        404,
        ("Unknown invoice", "The contract has no such invoice.", "Check its number."),
        ("Facture inconnue", "Le contrat n'a pas cette facture.", "Vérifiez son numéro."),
    ),
    Code.INVOICE_CANCELLED: _text(
        "6.1",
        409,
        (
            "Invoice cancelled",
            "Invoice {number} has been cancelled by a credit note.",
            "Use its replacement.",
        ),
        (
            "Facture annulée",
            "La facture {number} est annulée par un avoir.",
            "Utilisez celle qui la remplace.",
        ),
    ),
    Code.INVOICE_CREDITED: _text(
        "6.1",
        409,
        (
            "Invoice credited in part",
            "A credit note has lowered invoice {number}: it cannot be reissued as it was.",
            "Cancel it without a replacement.",
        ),
        (
            "Facture en partie créditée",
            "Un avoir a réduit la facture {number} : elle ne peut pas être réémise à l'identique.",
            "Annulez-la sans remplacement.",
        ),
    ),
    Code.INVOICE_WRITTEN_OFF: _text(
        "6.1",
        409,
        (
            "Invoice written off",
            "What invoice {number} still owed has been written off: a credit note would give money that never came.",
            "Leave it as it is.",
        ),
        (
            "Facture passée en perte",
            "Ce que devait encore la facture {number} est passé en perte : un avoir rendrait un argent jamais reçu.",
            "Laissez-la en l'état.",
        ),
    ),
    Code.LEGAL_RATE_MISSING: _text(
        "6.4",
        409,
        (
            "Legal rate missing",
            "The legal interest rate of {half_year} is not known.",
            "Add the rate of {half_year} to the table, then try again.",
        ),
        (
            "Taux légal manquant",
            "Le taux de l'intérêt légal de {half_year} n'est pas connu.",
            "Ajoutez le taux de {half_year} à la table, puis recommencez.",
        ),
    ),
    Code.NOTHING_TO_CLAIM: _text(
        "6.4",
        409,
        ("Nothing to claim", "No late charge has run on invoice {number}.", "Nothing needs to be done."),
        (
            "Rien à réclamer",
            "Aucuns frais de retard ne courent sur la facture {number}.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.NOTHING_UNPAID: _text(
        "6.4",
        409,
        (
            "Nothing unpaid",
            "No principal is owed: late charges alone justify no suspension.",
            "Nothing needs to be done.",
        ),
        (
            "Rien d'impayé",
            "Aucun principal n'est dû : des frais de retard seuls ne justifient aucune suspension.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.NOTHING_OWED: _text(
        "6.1",
        409,
        ("Nothing owed", "The contract owes nothing.", "Nothing needs to be done."),
        ("Rien n'est dû", "Le contrat ne doit rien.", "Il n'y a rien à faire."),
    ),
    Code.SUSPENSION_TOO_EARLY: _text(
        "6.4",
        409,
        (
            "Too early to suspend",
            "The invoice due on {due} allows a suspension from {allowed_at} only.",
            "Wait until then, or remind the customer.",
        ),
        (
            "Suspension prématurée",
            "La facture échue le {due} ne permet de suspendre qu'à compter du {allowed_at}.",
            "Attendez cette date, ou relancez le client.",
        ),
    ),
    # ---- letters, data, the end --------------------------------------------------------
    Code.REGISTERED_REF_REQUIRED: _text(
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
    Code.CLAUSES_REQUIRED: _text(
        "8.1",
        422,
        ("Clauses missing", "A breach letter names the clauses that were breached.", "Name at least one."),
        (
            "Clauses manquantes",
            "La lettre nomme les dispositions enfreintes.",
            "Nommez-en au moins une.",
        ),
    ),
    Code.CLAUSE_UNKNOWN: _text(
        "8.1",
        422,
        ("Unknown clause", "The terms have no clause {cited}.", "Name a clause of the terms."),
        (
            "Clause inconnue",
            "Les conditions n'ont pas de clause {cited}.",
            "Nommez une clause des conditions.",
        ),
    ),
    Code.CONTRACT_NOT_ENDED: _text(
        "8.2",
        409,
        ("Not at its end", "The contract has not come to its end.", "Wait for its end."),
        ("Pas à son terme", "Le contrat n'est pas arrivé à sa fin.", "Attendez sa fin."),
    ),
    Code.DISPOSAL_NOT_CHOSEN: _text(
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
    Code.DISPOSAL_ALREADY_CHOSEN: _text(
        "8.2",
        409,
        ("Already chosen", "The customer has chosen already.", "Carry the choice out."),
        ("Déjà choisi", "Le client a déjà choisi.", "Exécutez ce choix."),
    ),
    Code.DISPOSAL_ALREADY_COMPLETE: _text(
        "8.2",
        409,
        ("Already done", "The data has been returned or destroyed already.", "Nothing needs to be done."),
        ("Déjà fait", "Les données sont déjà restituées ou détruites.", "Il n'y a rien à faire."),
    ),
    Code.DISPOSAL_PENDING: _text(
        "8.2",
        409,
        ("Data still held", "The customer's data has not been returned or destroyed.", "Do so first."),
        (
            "Données encore détenues",
            "Les données du client ne sont ni restituées ni détruites.",
            "Faites-le d'abord.",
        ),
    ),
    Code.DEADLINE_INVALID: _text(
        "8.2",
        422,
        ("Deadline not possible", "A deadline lies ahead and has an author.", "Give a later one and a name."),
        (
            "Échéance impossible",
            "Une échéance est à venir et porte un auteur.",
            "Donnez une date à venir et un nom.",
        ),
    ),
    Code.CERTIFICATE_INCOMPLETE: _text(
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
    Code.BALANCE_OPEN: _text(
        "6.1",
        409,
        ("Balance open", "The balance is {balance}, not zero.", "Settle, refund or write it off first."),
        (
            "Solde ouvert",
            "Le solde est de {balance}, et non nul.",
            "Réglez-le, remboursez-le ou passez-le en perte d'abord.",
        ),
    ),
    # ---- disputes ----------------------------------------------------------------------
    Code.AMICABLE_ATTEMPT_REQUIRED: _text(
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
