"""The clauses of the terms, and the rule that the software keeps for each.

Own words after the terms' facts. `docs/clauses.md` is generated from here,
from the refusals and from the tests that name a clause.
"""

from dataclasses import dataclass

from webvisio_protocol.signalling import Locale


@dataclass(frozen=True, slots=True)
class Clause:
    """What a clause says, in both languages, where the rule lives, and what the software does."""

    en: str
    fr: str
    rule: str
    modules: tuple[str, ...]

    def sentence(self, locale: Locale) -> str:
        """Give the clause's gist in the reader's language."""
        return self.fr if locale == "fr" else self.en


CLAUSES: dict[str, Clause] = {
    "1": Clause(
        "The provider rents out online rooms under its own registered name.",
        "Le prestataire loue des salles en ligne sous son identité immatriculée.",
        "No invoice is issued while the seller's identity is incomplete or its SIREN fails the Luhn check.",
        ("registration",),
    ),
    "2.1": Clause(
        "The rooms may be used, by any number of people, during the interval that was ordered.",
        "Les salles s'utilisent, par un nombre illimité de personnes, pendant la durée commandée.",
        "An entitlement is an interval and a room; people are never counted.",
        ("access", "rooms"),
    ),
    "2.2": Clause(
        "Complementary services are provided on request.",
        "Des services complémentaires sont fournis sur demande.",
        "A service needs a contract that is not over, is paid once or with each period, and ends with the contract.",
        ("rooms", "lifecycle"),
    ),
    "3": Clause(
        "The contract runs for the period ordered: a day, or months renewed tacitly unless notice "
        "is given a week before term.",
        "Le contrat court pour la durée commandée : une journée, ou des mois renouvelés par tacite "
        "reconduction sauf dénonciation une semaine avant le terme.",
        "Periods are reckoned from the anchor on the wall clock; a notice counts up to term - 7 days, a late one "
        "binds the next term; contiguous day passes are one entitlement.",
        ("periods", "ordering", "notices", "lifecycle"),
    ),
    "4.1": Clause(
        "The provider hands over the room's link, the moderator's credentials and the manual.",
        "Le prestataire remet le lien de la salle, les identifiants de modérateur et le manuel.",
        "Each delivery is journalled.",
        ("cases",),
    ),
    "4.2": Clause(
        "Updates are provided as they come.",
        "Les mises à jour sont fournies dès leur disponibilité.",
        "Nothing to decide: everybody uses the version in service.",
        (),
    ),
    "4.3": Clause(
        "Access is open round the clock, except for operation and maintenance.",
        "L'accès est ouvert en permanence, hors interruptions d'exploitation et de maintenance.",
        "Maintenance windows are excluded from the availability figure.",
        ("availability", "blocks"),
    ),
    "4.4": Clause(
        "A blocking or grave anomaly is acknowledged within 24 working hours of its report.",
        "Une anomalie bloquante ou grave est prise en compte dans les 24 heures ouvrées de son signalement.",
        "The deadline counts working days of the seller's calendar and is kept with the ticket.",
        ("tickets",),
    ),
    "4.5": Clause(
        "A customer's data is open only to the people the customer has designated.",
        "Les données d'un client ne sont ouvertes qu'aux personnes qu'il a désignées.",
        "Staff open content only for a stated reason and at most a day, and the journal shows it to the customer.",
        ("cases",),
    ),
    "5.1": Clause(
        "The customer acquires no ownership of the system.",
        "Le client n'acquiert aucun droit de propriété sur le système.",
        "Nothing to decide: a right of use is all that is ever granted.",
        (),
    ),
    "5.2": Clause(
        "Commercial notices stay in place.",
        "Les mentions commerciales sont conservées.",
        "Nothing to decide in a contract's life; a breach letter may cite it.",
        (),
    ),
    "5.3": Clause(
        "The customer has read the technical prerequisites.",
        "Le client a pris connaissance des prérequis techniques.",
        "The acknowledgement is recorded with the order.",
        ("ordering",),
    ),
    "5.4": Clause(
        "Credentials are personal and confidential; a fraud is reported at once.",
        "Les codes d'accès sont personnels et confidentiels ; une fraude est signalée sans délai.",
        "A fraud goes from reported to confirmed (registered letter) to closed; its report rotates credentials.",
        ("cases", "blocks"),
    ),
    "5.5": Clause(
        "Unlawful content lets the provider suspend the contract at once, without notice.",
        "Un contenu illicite permet au prestataire de suspendre le contrat sans délai ni préavis.",
        "The block needs evidence and an actor; billing goes on; only the provider lifts it.",
        ("blocks",),
    ),
    "6.1": Clause(
        "All is payable in advance: at commissioning, then on each anniversary.",
        "Tout est payable d'avance : à la mise en service, puis à chaque date anniversaire.",
        "Exactly one bill per period and revision, due on the day it is issued.",
        ("billing", "payments", "numbering"),
    ),
    "6.2": Clause(
        "A new or raised tax is passed on at once.",
        "Toute taxe nouvelle ou augmentée est répercutée sans délai.",
        "VAT is that of the day of issue; the net price stays.",
        ("billing", "tables"),
    ),
    "6.3": Clause(
        "Payment is by cheque, transfer, online or another agreed means; paying online accepts the terms.",
        "Le règlement se fait par chèque, virement, en ligne ou autre moyen convenu ; payer en ligne vaut "
        "acceptation.",
        "An online payment needs the acceptance (hash, locale, actor, time) stored first; a key counts once.",
        ("ordering", "payments"),
    ),
    "6.4": Clause(
        "Late payment bears interest; access may be suspended without notice fifteen days after the due date.",
        "Le retard de paiement porte intérêt ; l'accès peut être suspendu sans préavis quinze jours après "
        "l'échéance.",
        "Interest by half-year from due + 1; suspension from 00:00 of due + 15 while principal is owed.",
        ("late", "blocks", "payments"),
    ),
    "7.1": Clause(
        "The use of the rooms is granted as they are.",
        "L'utilisation des salles est concédée en l'état.",
        "Nothing to decide.",
        (),
    ),
    "7.2": Clause(
        "The customer answers for its own use and equipment.",
        "Le client répond de son usage et de son matériel.",
        "Nothing to decide.",
        (),
    ),
    "7.3": Clause(
        "Liability is capped at the price last paid for two months.",
        "La responsabilité est plafonnée au prix payé dernièrement pour deux mois.",
        "The cap is what was actually paid, tax included, for the two latest months paid.",
        ("liability",),
    ),
    "7.4": Clause(
        "The provider backs up; the customer keeps copies.",
        "Le prestataire sauvegarde ; le client conserve une copie.",
        "Nothing to decide in a contract's life: export is always open to the customer.",
        (),
    ),
    "7.5": Clause(
        "The provider does not control what is said in a room.",
        "Le prestataire ne contrôle pas ce qui se dit dans une salle.",
        "Nothing to decide.",
        (),
    ),
    "8.1": Clause(
        "Either party may end the contract for breach, a week after receipt of a registered letter.",
        "Chaque partie peut résilier pour manquement, une semaine après réception d'une lettre recommandée.",
        "A letter names its reference and the clauses breached; no refund unless the provider is in breach.",
        ("notices", "billing"),
    ),
    "8.2": Clause(
        "At the end the customer's data is returned or destroyed, as the customer chooses.",
        "À la fin, les données du client lui sont restituées ou sont détruites, à son choix.",
        "Nothing is deleted before the choice or a journalled deadline; a certificate says what was done.",
        ("disposal",),
    ),
    "9": Clause(
        "An amicable settlement is tried before any court, unpaid invoices aside.",
        "Un règlement amiable est tenté avant tout juge, sauf défaut de paiement.",
        "A dispute goes to court only after an amicable attempt, or about an unpaid invoice.",
        ("cases",),
    ),
}


def is_cited(number: str) -> bool:
    """Whether the terms have a clause, or a whole article, of this number ("6.4", "6")."""
    return number in CLAUSES or any(clause.startswith(f"{number}.") for clause in CLAUSES)
