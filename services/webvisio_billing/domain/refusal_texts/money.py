"""Refusals about documents, payments and late charges (clause 6)."""

from webvisio_billing.domain.codes import DomainCode as Code
from webvisio_billing.domain.refusal_texts.words import RefusalText, text

TEXTS: dict[Code, RefusalText] = {
    Code.AMOUNT_INVALID: text(
        "6.1",
        422,
        ("Amount or number not possible", "An amount or a number is out of bounds.", "Check it."),
        ("Montant ou nombre impossible", "Un montant ou un nombre est hors limites.", "Vérifiez-le."),
    ),
    Code.PAYMENT_DATE_FUTURE: text(
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
    Code.CURRENCY_MISMATCH: text(
        "6.3",
        422,
        ("Other currency", "{currency} was given where {expected} is agreed.", "Use the agreed currency."),
        (
            "Autre devise",
            "Le montant est en {currency} ; la devise convenue est {expected}.",
            "Utilisez la devise convenue.",
        ),
    ),
    Code.ACCEPTANCE_INCOMPLETE: text(
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
    Code.TERMS_MISMATCH: text(
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
    Code.TERMS_NOT_ACCEPTED: text(
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
    Code.PAYMENT_KEY_REUSED: text(
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
    Code.REFUND_EXCEEDS_CREDIT: text(
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
    Code.PAYMENT_UNKNOWN: text(
        "6.3",
        404,
        ("Unknown payment", "The contract has no such payment.", "Check its key."),
        ("Paiement inconnu", "Le contrat n'a pas ce paiement.", "Vérifiez sa clé."),
    ),
    Code.REVERSAL_EXCEEDS_PAYMENT: text(
        "6.3",
        409,
        (
            "More than was paid",
            "More would go back than this payment brought, or than is left of it.",
            "Check the amount with the bank or with PayPal.",
        ),
        (
            "Au-delà du paiement",
            "Il repartirait plus que ce paiement n'a apporté, ou que ce qu'il en reste.",
            "Vérifiez le montant auprès de la banque ou de PayPal.",
        ),
    ),
    Code.INVOICE_UNKNOWN: text(
        "6.1",
        404,
        ("Unknown invoice", "The contract has no such invoice.", "Check its number."),
        ("Facture inconnue", "Le contrat n'a pas cette facture.", "Vérifiez son numéro."),
    ),
    Code.INVOICE_CANCELLED: text(
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
    Code.INVOICE_CREDITED: text(
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
    Code.INVOICE_WRITTEN_OFF: text(
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
    Code.LEGAL_RATE_MISSING: text(
        "6.4",
        409,
        (
            "Legal rate missing",
            "The legal interest rate of {half_year} is not known.",
            "Add the rate of {half_year} on the page Catalogue, then try again.",
        ),
        (
            "Taux légal manquant",
            "Le taux de l'intérêt légal de {half_year} n'est pas connu.",
            "Ajoutez le taux de {half_year} à la page Catalogue, puis recommencez.",
        ),
    ),
    Code.NOTHING_TO_CLAIM: text(
        "6.4",
        409,
        ("Nothing to claim", "No late charge has run on invoice {number}.", "Nothing needs to be done."),
        (
            "Rien à réclamer",
            "Aucuns frais de retard ne courent sur la facture {number}.",
            "Il n'y a rien à faire.",
        ),
    ),
    Code.NOTHING_UNPAID: text(
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
    Code.NOTHING_OWED: text(
        "6.1",
        409,
        ("Nothing owed", "The contract owes nothing.", "Nothing needs to be done."),
        ("Rien n'est dû", "Le contrat ne doit rien.", "Il n'y a rien à faire."),
    ),
    Code.SUSPENSION_TOO_EARLY: text(
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
}
