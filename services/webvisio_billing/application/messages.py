"""What the outbox carries: a letter's facts, or the notification of an event to a subscriber.

A key names a message for good. Payloads hold no address and no name: who a
letter goes to is looked up when it is sent.
"""

import hashlib
from datetime import datetime

import msgspec

from webvisio_billing.domain.contract import Contract
from webvisio_billing.domain.events import Event
from webvisio_billing.domain.letters import Letter, LetterFacts
from webvisio_billing.storage.outbox import Channel, Draft
from webvisio_protocol.identifiers import ContractId, CustomerId
from webvisio_protocol.signalling import Locale

_encoder = msgspec.json.Encoder()


class LetterPayload(msgspec.Struct, frozen=True, gc=False):
    """What a letter is made of, and the language in which the terms were accepted."""

    locale: Locale
    facts: LetterFacts


class NotificationData(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Which contract an event is about; the API tells the rest to whoever may know it."""

    contract_id: ContractId
    customer_id: CustomerId
    sequence: int
    lifecycle: str
    number: str = ""
    """Of the document issued, where the event is one."""


class Notification(msgspec.Struct, frozen=True, gc=False):
    """The body of a webhook, in the form that Standard Webhooks recommends."""

    type: str
    timestamp: datetime
    data: NotificationData


def mail(letter: Letter, after: Contract) -> Draft:
    """Put a letter into the outbox."""
    payload = LetterPayload(after.locale, letter.facts)
    return Draft(
        f"mail:{letter.key}",
        Channel.MAIL,
        letter.kind.value,
        after.contract_id,
        _encoder.encode(payload),
    )


def webhook(event: Event, sequence: int, after: Contract, endpoint: str) -> Draft:
    """Tell a subscriber that something happened to a contract."""
    kind = str(event.__struct_config__.tag)
    told = Notification(
        type=f"contract.{kind}",
        timestamp=event.at,
        data=NotificationData(
            after.contract_id,
            after.customer_id,
            sequence,
            after.lifecycle.value,
            getattr(event, "number", ""),
        ),
    )
    place = hashlib.sha256(endpoint.encode()).hexdigest()[:12]
    key = f"webhook:{after.contract_id}:{sequence}:{place}"
    return Draft(key, Channel.WEBHOOK, kind, after.contract_id, _encoder.encode(told), endpoint)
