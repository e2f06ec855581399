"""The clauses that refusals cite, each in a sentence, in French and English: own words, after the terms' facts."""

CLAUSES: dict[str, dict[str, str]] = {
    "2.1": {
        "en": "The rooms may be used during the interval that was ordered.",
        "fr": "Les salles s'utilisent pendant la durée commandée.",
    },
    "3": {
        "en": "The contract runs for the period ordered: a day, or months renewed tacitly unless notice "
        "is given a week before term.",
        "fr": "Le contrat court pour la durée commandée : une journée, ou des mois renouvelés par tacite "
        "reconduction sauf dénonciation une semaine avant le terme.",
    },
    "4.3": {
        "en": "Access is open round the clock, except for operation and maintenance.",
        "fr": "L'accès est ouvert en permanence, hors interruptions d'exploitation et de maintenance.",
    },
    "4.5": {
        "en": "A customer's data is open only to the people the customer has designated.",
        "fr": "Les données d'un client ne sont ouvertes qu'aux personnes qu'il a désignées.",
    },
    "5.4": {
        "en": "Credentials are personal and confidential; a fraud is reported at once.",
        "fr": "Les codes d'accès sont personnels et confidentiels ; une fraude est signalée sans délai.",
    },
    "5.5": {
        "en": "Unlawful content lets the provider suspend the contract at once, without notice.",
        "fr": "Un contenu illicite permet au prestataire de suspendre le contrat sans délai ni préavis.",
    },
    "6.4": {
        "en": "Access may be suspended without notice fifteen days after the due date of an unpaid invoice.",
        "fr": "L'accès peut être suspendu sans préavis quinze jours après l'échéance d'une facture impayée.",
    },
    "8.2": {
        "en": "At the end the customer's data is returned or destroyed, as the customer chooses.",
        "fr": "À la fin, les données du client lui sont restituées ou sont détruites, à son choix.",
    },
}
