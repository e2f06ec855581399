"""The words of a document in French and in English: titles, labels, the mandatory mentions. Pure.

The mentions (L441-9, L441-10, D441-5 C. com.; CGI ann. II 242 nonies A) are
also notes of the XML, in French, for that is the language of the law.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from webvisio_billing.documents.model import Document, Kind, Said
from webvisio_billing.documents.parties import SellerIdentity
from webvisio_billing.documents.saying import amount, grouped, plain_number

TITLES: Final[Mapping[Kind, Said]] = {
    Kind.INVOICE: Said("Facture", "Invoice"),
    Kind.CREDIT_NOTE: Said("Avoir", "Credit note"),
    Kind.DEBIT_NOTE: Said("Note de débit", "Debit note"),
    Kind.PRO_FORMA: Said("Facture pro forma", "Pro-forma invoice"),
}

LABELS: Final[Mapping[str, Said]] = {
    "number": Said("Numéro", "Number"),
    "issued_on": Said("Date d'émission", "Date of issue"),
    "due_on": Said("Échéance", "Due date"),
    "supplied_on": Said("Date de la prestation", "Date of supply"),
    "span": Said("Période", "Period"),
    "contract": Said("Contrat", "Contract"),
    "order_reference": Said("Votre commande", "Your order"),
    "invoice": Said("Sur facture", "On invoice"),
    "replaces": Said("Remplace", "Replaces"),
    "buyer": Said("Client", "Customer"),
    "siren": Said("SIREN", "SIREN"),
    "vat_number": Said("TVA", "VAT"),
    "designation": Said("Désignation", "Description"),
    "quantity": Said("Qté", "Qty"),
    "unit_price": Said("Prix unitaire HT", "Unit price excl. VAT"),
    "vat_rate": Said("TVA", "VAT"),
    "line_total": Said("Montant HT", "Amount excl. VAT"),
    "outside_unit_price": Said("Montant unitaire", "Unit amount"),
    "outside_line_total": Said("Montant", "Amount"),
    "net": Said("Total HT", "Total excl. VAT"),
    "vat": Said("TVA {rate} sur {base}", "VAT {rate}"),
    "vat_none": Said("TVA", "VAT"),
    "gross": Said("Total TTC", "Total incl. VAT"),
    "gross_outside": Said("Total", "Total"),
    "prepaid": Said("Déjà réglé par votre avoir en compte", "Already settled by your credit"),
    "payable": Said("Net à payer", "Amount due"),
    "payable_credit": Said("Montant de l'avoir", "Amount of the credit"),
    "paid": Said("Acquittée", "Paid"),
    "payment": Said("Règlement", "Payment"),
    "payment_reference": Said("Référence à rappeler", "Reference to quote"),
    "iban": Said("IBAN", "IBAN"),
    "bic": Said("BIC", "BIC"),
    "account_of": Said("Titulaire", "Account holder"),
    "conditions": Said("Conditions", "Terms"),
    "page": Said("page {page} sur {pages}", "page {page} of {pages}"),
    "demonstration": Said("DÉMONSTRATION", "DÉMONSTRATION"),
    "demonstration_band": Said(
        "Document de démonstration, sans aucune valeur", "Demonstration document, worth nothing"
    ),
    "pro_forma_band": Said(
        "Aperçu de la prochaine facture : ce document n'est pas une facture",
        "Preview of the next invoice: this document is not an invoice",
    ),
}

NATURE: Final = Said("Nature de l'opération : prestation de services.", "Nature: supply of services.")
ON_DEBITS: Final = Said(
    "Option pour le paiement de la taxe d'après les débits.", "VAT is due when invoiced (option for debits)."
)
CREDIT_USE: Final = Said(
    "Cet avoir s'impute sur ce qui reste dû de la facture ; ce qui en était déjà réglé est porté à votre crédit, "
    "déduit de votre prochain règlement ou remboursé à votre demande.",
    "This credit note first settles what is still due on the invoice; what was already paid becomes your credit, "
    "deducted from your next payment or refunded at your request.",
)
TRANSFER: Final = Said("Virement bancaire", "Bank transfer")

PROBLEMS: Final[Mapping[str, Said]] = {
    "name": Said("le nom", "the name"),
    "siren": Said("un SIREN valable", "a valid SIREN"),
    "address": Said("l'adresse", "the address"),
    "vat_number": Said("un numéro de TVA valable", "a valid VAT number"),
    "iban": Said("un IBAN valable", "a valid IBAN"),
    "legal_form": Said("la forme juridique", "the legal form"),
    "register": Said("le registre du commerce", "the commercial register"),
    "email": Said("une adresse électronique", "an e-mail address"),
    "accent": Said("une couleur valable", "a valid colour"),
    "file": Said("un fichier lisible", "a readable file"),
    "logo": Said("un logo lisible", "a readable logo"),
    "street": Said("la rue", "the street"),
    "postcode": Said("le code postal", "the postcode"),
    "city": Said("la ville", "the town"),
    "country": Said("le pays", "the country"),
    "characters": Said("des caractères imprimables", "printable characters"),
}
"""What is missing or wrong, by the last word of a problem's key."""

OURS: Final[Mapping[str, Said]] = {
    "validator": Said("vérification interrompue, nouvel essai", "validation interrupted, trying again"),
    "invalid": Said("contrôle non passé, voir le journal", "validation failed, see the log"),
    "defect": Said("erreur interne, voir le journal", "internal error, see the log"),
}
"""What nobody can mend in the forms."""


def late_penalty(document: Document) -> Said:
    """Say the late rate (L441-10, II C. com.; clause 6.4)."""
    late = document.late
    points = plain_number(late.points)
    fr = (
        "En cas de retard de paiement, pénalités exigibles sans rappel dès le lendemain de l'échéance, "
        f"au taux d'intérêt légal majoré de {points} points"
    )
    en = (
        "Late payment bears interest from the day after the due date, without reminder, "
        f"at the French legal rate plus {plain_number(late.points, 'en')} points"
    )
    if late.floor_multiple is not None:
        times_fr, times_en = plain_number(late.floor_multiple), plain_number(late.floor_multiple, "en")
        fr += f", et au moins {times_fr} fois ce taux (art. L441-10 C. com.)"
        en += f", and at least {times_en} times that rate (art. L441-10 C. com.)"
    return Said(f"{fr}.", f"{en}.")


def recovery_costs(document: Document) -> Said:
    """Say the fixed indemnity (D441-5 C. com.)."""
    minor = document.late.recovery_minor
    if minor == 0:
        return Said(
            "Aucune indemnité forfaitaire pour frais de recouvrement.",
            "No fixed indemnity for recovery costs.",
        )
    return Said(
        "Indemnité forfaitaire pour frais de recouvrement en cas de retard : "
        f"{amount(minor, document.currency)} (art. D441-5 C. com.).",
        "Fixed indemnity for recovery costs in case of late payment: "
        f"{amount(minor, document.currency, 'en')} (art. D441-5 C. com.).",
    )


def early_payment(document: Document) -> Said:
    """Say the discount for early payment, or that there is none (L441-9 C. com.)."""
    given = document.seller.early_payment
    if given:
        return Said(given, given)
    return Said("Pas d'escompte pour paiement anticipé.", "No discount for early payment.")


def mentions(document: Document) -> tuple[Said, ...]:
    """List the mandatory mentions below the amounts, in order."""
    reasons = tuple(Said(f"{tax.reason}.", f"{tax.reason}.") for tax in document.taxes if tax.reason)
    nature = () if document.kind is Kind.DEBIT_NOTE else (NATURE,)
    debits = (ON_DEBITS,) if document.seller.is_vat_on_debits and document.kind is not Kind.DEBIT_NOTE else ()
    use = (CREDIT_USE,) if document.kind is Kind.CREDIT_NOTE else ()
    payment = () if document.kind is Kind.CREDIT_NOTE else _payment_terms(document)
    return (*use, *nature, *reasons, *debits, *payment)


def _payment_terms(document: Document) -> tuple[Said, ...]:
    return (early_payment(document), late_penalty(document), recovery_costs(document))


def legal_line(seller: SellerIdentity) -> str:
    """Write who the seller is in law (R123-237 and R123-238 C. com.)."""
    siren = grouped(seller.siren, 3)
    return " · ".join(part for part in (seller.legal_form, f"{seller.register} {siren}".strip()) if part)


def problem(key: str) -> Said:
    """Say one problem: `buyer.address.city` is "client : la ville"."""
    whose, _, what = key.partition(".")
    if whose == "ours":
        return OURS.get(what, OURS["defect"])
    said = PROBLEMS.get(what.rpartition(".")[2], Said(what, what))
    if whose == "seller":
        return Said(f"vendeur : {said.fr}", f"seller: {said.en}")
    return Said(f"client : {said.fr}", f"customer: {said.en}")


def problems(keys: Sequence[str]) -> Said:
    """Say several problems in one line."""
    told = [problem(key) for key in keys]
    return Said(", ".join(said.fr for said in told), ", ".join(said.en for said in told))
