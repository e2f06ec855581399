"""What the supervisor says on the terminal, in the terminal's language.

French unless the locale of the terminal asks for English. What is said only
once, the first credentials, is said in both.
"""

import os
from typing import Final

from webvisio_protocol.refusals import choose_locale
from webvisio_protocol.signalling import Locale

LINES: Final[dict[str, dict[Locale, str]]] = {
    "starting": {
        "fr": "Web Visio démarre (état : {home}, port {port})",
        "en": "Web Visio is starting (state: {home}, port {port})",
    },
    "up": {"fr": "{name} prêt", "en": "{name} is up"},
    "ready": {
        "fr": "Prêt en {seconds} s : {url} (Ctrl-C pour arrêter)",
        "en": "Ready in {seconds} s: {url} (Ctrl-C to stop)",
    },
    "crashed": {
        "fr": "{name} s'est arrêté ({status}) ; nouveau départ dans {delay} s",
        "en": "{name} stopped ({status}); starting it again in {delay} s",
    },
    "gave_up": {
        "fr": "{name} s'arrête sans cesse ({crashes} fois de suite) ; tout est arrêté. Fin de son journal, {log} :",
        "en": "{name} keeps stopping ({crashes} times in a row); everything is stopped. End of its log, {log}:",
    },
    "never_up": {
        "fr": "{name} n'a pas répondu en {seconds} s ; il est arrêté",
        "en": "{name} did not answer within {seconds} s; it is ended",
    },
    "stopping": {"fr": "Arrêt…", "en": "Stopping…"},
    "stopped": {"fr": "Tout est arrêté.", "en": "Everything is stopped."},
    "stale": {
        "fr": "{count} processus d'une exécution interrompue ont été arrêtés",
        "en": "{count} processes of an interrupted run were ended",
    },
    "already_running": {
        "fr": "Web Visio tourne déjà avec cet état ({home}), processus {pid}",
        "en": "Web Visio already runs with this state ({home}), process {pid}",
    },
    "port_taken": {
        "fr": "Le port {port} est occupé par un autre programme ({holder}). Libérez-le ou choisissez un autre "
        "port public : WEBVISIO_PORT=8100 make run",
        "en": "Port {port} is taken by another program ({holder}). Free it or choose another public port: "
        "WEBVISIO_PORT=8100 make run",
    },
    "port_forbidden": {
        "fr": "Le port {port} demande des droits que ce compte n'a pas",
        "en": "Port {port} needs rights that this account does not have",
    },
    "port_unusable": {
        "fr": "Impossible d'écouter sur {address}, port {port}",
        "en": "Cannot listen on {address}, port {port}",
    },
    "preparing": {
        "fr": "Première mise en route : bases de données et démonstration",
        "en": "First start: databases and demonstration",
    },
    "step_failed": {
        "fr": "L'étape « {step} » a échoué :\n{output}",
        "en": 'The step "{step}" failed:\n{output}',
    },
    "separated": {
        "fr": "Chaque personne a son propre compte système pour son serveur Jupyter",
        "en": "Each person's Jupyter server runs under a system account of its own",
    },
    "not_separated": {
        "fr": "ATTENTION : tous les serveurs Jupyter partagent un seul compte système ({why}). Leurs utilisateurs "
        "peuvent lire les fichiers les uns des autres et les secrets de la plateforme : n'invitez que des "
        "personnes de confiance. Voir docs/operator.md.",
        "en": "WARNING: all Jupyter servers share one system account ({why}). Their users can read each other's "
        "files and the platform's secrets: invite only people you trust. See docs/operator.md.",
    },
    "why_not_root": {"fr": "non lancé par root", "en": "not started by root"},
    "why_unreadable": {
        "fr": "Python, ou l'état de la plateforme, se trouve dans un dossier fermé aux autres comptes",
        "en": "Python, or the platform's state, is in a folder closed to other accounts",
    },
}


def terminal_locale() -> Locale:
    """Pick the terminal's language; the first of the usual variables that is set decides."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return choose_locale(value)
    return "fr"


def line(key: str, **values: object) -> str:
    """Word a line for the terminal."""
    return LINES[key][terminal_locale()].format_map(values)
