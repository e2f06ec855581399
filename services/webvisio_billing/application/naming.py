"""Makes identifiers out of names, as `webvisio_protocol.identifiers` allows them."""

import re
import unicodedata

from webvisio_billing.storage.tables import IDENTIFIER_CHARACTERS

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o"})


def slug(name: str) -> str:
    """Turn a name into an identifier ("Atelier Lumière" is `atelier-lumiere`); may be empty."""
    plain = unicodedata.normalize("NFKD", name.translate(_LIGATURES)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return words[:IDENTIFIER_CHARACTERS].rstrip("-")
