"""Which passwords are accepted, and how they are kept: argon2id (clause 5.4).

The rules follow NIST SP 800-63B: a minimum length, no composition rules, no
password that is common or made of the person's own name.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS: Final = 10
MAX_CHARACTERS: Final = 256
"""Longer ones are refused before they are hashed."""

_COMMON_ROOTS: Final = (
    "password", "motdepasse", "azerty", "qwerty", "qwertz", "123456", "111111", "000000", "abcdef",
    "bonjour", "soleil", "doudou", "loulou", "chouchou", "jetaime", "iloveyou", "welcome", "bienvenue",
    "letmein", "administrateur", "administrator", "admin", "webvisio", "jupyter", "formation", "stagiaire",
    "formateur", "princess", "football", "dragon", "monkey", "sunshine", "superman", "changeme", "secret",
)  # fmt: skip
"""A password that is one of these with little around it is common."""
_MIN_DIFFERENT_CHARACTERS: Final = 5
_DISGUISES: Final = str.maketrans("013457", "oieast")

_WORDS: Final = (
    "abri", "acier", "aile", "algue", "ancre", "anneau", "arbre", "argile", "aube", "avoine", "balcon", "barque",
    "berger", "biche", "bison", "bocal", "bouleau", "brise", "bruyere", "cabane", "canard", "canoe", "carafe",
    "castor", "cerise", "chaise", "cigale", "citron", "clocher", "colline", "comete", "corail", "crayon", "cuivre",
    "cygne", "dahlia", "dauphin", "dune", "ecluse", "ecorce", "ecureuil", "epi", "erable", "etang", "etoile",
    "falaise", "farine", "faucon", "fenetre", "feuille", "figue", "flute", "foret", "fougere", "fraise", "galet",
    "genet", "girafe", "givre", "glacier", "granit", "grenier", "grive", "hamac", "herbe", "heron", "hibou",
    "horloge", "iris", "jardin", "jonquille", "lagune", "lampe", "laurier", "lavande", "lezard", "lilas", "lin",
    "loutre", "lune", "maree", "marron", "melon", "menthe", "merle", "moineau", "moulin", "mousse", "muguet",
    "murier", "myrtille", "navire", "neige", "noyau", "nuage", "oasis", "olive", "orage", "orange", "orge", "ortie",
    "osier", "ourson", "palmier", "panier", "papaye", "parasol", "perle", "peuplier", "phare", "pigeon", "pinceau",
    "pivoine", "plume", "poire", "pollen", "pomme", "prairie", "prune", "quartz", "radeau", "raisin", "rame",
    "renard", "riviere", "rocher", "roseau", "rosee", "ruche", "ruisseau", "sable", "safran", "sapin", "sarcelle",
    "saule", "savane", "seigle", "sentier", "sirop", "sorbier", "source", "tamis", "tilleul", "toile", "torrent",
    "tortue", "tournesol", "trefle", "truite", "tuile", "vallon", "vanille", "velours", "verger", "vigne", "violette",
    "voile", "volcan", "zebre",
)  # fmt: skip


def is_acceptable(password: str, name: str) -> bool:
    """Tell whether `password` may be chosen by the account `name`."""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        return False
    plain = _plain(password)
    if len(set(plain)) < _MIN_DIFFERENT_CHARACTERS:
        return False
    roots = (*_COMMON_ROOTS, _plain(name)) if len(name) >= 3 else _COMMON_ROOTS
    readings = {plain, plain.translate(_DISGUISES)}
    return all(len(_without(reading, roots)) >= MIN_CHARACTERS // 2 for reading in readings)


def make_passphrase(words: int = 4) -> str:
    """Make a random passphrase of short French words, easy to read aloud, and a number."""
    chosen = [secrets.choice(_WORDS) for _ in range(words)]
    return "-".join([*chosen, f"{secrets.randbelow(90) + 10}"])


class Hashes:
    """argon2id with the library's parameters (RFC 9106, low memory), one verification at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = self.make(secrets.token_hex(16))

    def make(self, password: str) -> str:
        """Hash a password, with a fresh salt and the parameters in the result."""
        return self._hasher.hash(_normal(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Compare, taking as long for an unknown account (`kept` is None) as for a known one."""
        if len(password) > MAX_CHARACTERS:
            return False
        try:
            self._hasher.verify(kept or self._decoy, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def _without(plain: str, roots: Iterable[str]) -> str:
    """Take the common roots out of a text: what is left makes the password."""
    for root in sorted(roots, key=len, reverse=True):
        plain = plain.replace(root, "")
    return plain


def _normal(password: str) -> str:
    """Bring what keyboards write differently into one form (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def _plain(text: str) -> str:
    """Reduce to lower-case letters and digits without accents, to compare with common ones."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if character.isalnum())
