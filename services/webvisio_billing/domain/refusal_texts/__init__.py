"""The words of the domain's refusals, in French and English, with clause and HTTP status.

Placeholders are the refusal's details. A title says what is refused, the
message why, the remedy what can be done. One module a part of the terms.
"""

from webvisio_billing.domain.codes import DomainCode
from webvisio_billing.domain.refusal_texts import conduct, endings, money, orders
from webvisio_billing.domain.refusal_texts.words import RefusalText

TEXTS: dict[DomainCode, RefusalText] = {**orders.TEXTS, **conduct.TEXTS, **money.TEXTS, **endings.TEXTS}
