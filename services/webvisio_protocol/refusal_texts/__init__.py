"""The words of every refusal, in French and English, a module a subject.

Own words, after the terms' facts. Placeholders: ``{since}``, ``{until}`` and the
refusal's details; a part in ``[[...]]`` disappears when its value is unknown.
"""

from webvisio_protocol.refusal_texts import contract, documents, entry, files, media, requests
from webvisio_protocol.refusal_texts.words import RefusalText

TEXTS: dict[str, RefusalText] = {
    **contract.TEXTS,
    **entry.TEXTS,
    **requests.TEXTS,
    **documents.TEXTS,
    **files.TEXTS,
    **media.TEXTS,
}
