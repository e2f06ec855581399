"""Delivers what waits in the outbox: at least once, with back-off, and gives up in the open.

A message is claimed in one transaction, delivered outside of any, and settled
in another. Who is killed in between leaves the claim to run out; the message
then goes out again under the same key.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email.policy import SMTP
from typing import Final, NamedTuple

import msgspec

from webvisio_billing.application.messages import LetterPayload
from webvisio_billing.documents.model import Layout
from webvisio_billing.outbox.mail import (
    MAX_ATTACHMENT_BYTES,
    Attachment,
    Post,
    Recipient,
    Sender,
    Undelivered,
    compose,
    write_out,
)
from webvisio_billing.outbox.webhooks import Subscriber
from webvisio_billing.storage import outbox, registry
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.errors import DocumentBroken
from webvisio_billing.storage.outbox import Channel, Message, State
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_entitlements.clock import Clock

AT_ONCE: Final = 20
"""Messages claimed together: far fewer than a claim's time allows."""
RETRIES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60))
"""How long to wait after each failure; after the last one a message is dead."""

_payloads = msgspec.json.Decoder(LetterPayload)
_log = logging.getLogger(__name__)

DocumentBytes = Callable[[str], bytes | None]
"""Gives the PDF of an issued document by its number; None while it is not rendered yet."""


class Parcel(NamedTuple):
    """A claimed message with all that its delivery needs from the database."""

    message: Message
    recipient: CustomerRecord | None
    documents: tuple[tuple[str, bytes | None], ...]
    failure: Undelivered | None = None
    """What keeps it from being delivered whoever carries it."""


class Delivered(NamedTuple):
    """What a pass did."""

    delivered: int = 0
    put_off: int = 0
    died: int = 0


class Courier:
    """Claims, delivers and settles; each step may run on a thread of its own."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        post: Post,
        sender: Sender,
        subscriber: Subscriber,
        document_bytes: DocumentBytes | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._post = post
        self._sender = sender
        self._subscriber = subscriber
        self._document_bytes = document_bytes

    def finish(self, on_progress: Callable[[int], object] = lambda _: None) -> Delivered:
        """Deliver all that is due, one batch after the other."""
        totals = Delivered()
        while parcels := self.claim():
            done = Delivered()
            for parcel in parcels:
                done = Delivered(*map(sum, zip(done, self.settle(parcel, self.deliver(parcel)), strict=True)))
            totals = Delivered(*map(sum, zip(totals, done, strict=True)))
            on_progress(len(parcels))
        return totals

    def claim(self) -> list[Parcel]:
        """Take the next messages that are due; the database is asked here only."""
        with self._store.transaction() as session:
            outbox.forget(session, self._clock.now())
            messages = outbox.claim(session, self._clock.now(), AT_ONCE)
            heads = {m.contract_id: registry.contract_head(session, m.contract_id) for m in messages}
            owners = registry.customers_of(session, [head.customer_id for head in heads.values() if head])
        parcels: list[Parcel] = []
        for message in messages:
            head = heads[message.contract_id]
            owner = None if head is None else owners.get(head.customer_id)
            try:
                parcels.append(Parcel(message, owner, self._documents(message)))
            except DocumentBroken:
                parcels.append(Parcel(message, owner, (), Undelivered("document_broken", is_final=True)))
        return parcels

    def letter(self, message_id: int) -> bytes | None:
        """Write a letter out as it was or would be sent; None where there is no such letter."""
        with self._store.transaction() as session:
            message = outbox.find(session, message_id)
            if message is None or message.channel is not Channel.MAIL:
                return None
            head = registry.contract_head(session, message.contract_id)
            owner = None if head is None else registry.customer(session, head.customer_id)
        parcel = Parcel(message, owner, self._documents(message))
        recipient = _recipient(parcel)
        ready = Parcel(message, owner, tuple(pair for pair in parcel.documents if pair[1] is not None))
        try:
            written = compose(message, self._sender, recipient, _attachments(ready))
        except Undelivered:
            written = write_out(message, self._sender, recipient, _attachments(ready))
        return written.as_bytes(policy=SMTP)

    def page(self, state: State | None) -> tuple[dict[State, int], list[Message]]:
        """Count the messages by state, and list the newest of one state or of all."""
        with self._store.transaction() as session:
            return outbox.counts(session), outbox.newest(session, state)

    def revive(self, message_id: int, actor: str) -> bool:
        """Let a dead message be tried again; False where it is not dead."""
        now = self._clock.now()
        with self._store.transaction() as session:
            message = outbox.find(session, message_id)
            if message is None or not outbox.revive(session, message_id, now):
                return False
            details = {"message": message.kind}
            registry.record_action(
                session, now, actor, "revive_message", message.contract_id, "done", details
            )
            return True

    def next_due_at(self) -> datetime | None:
        """Tell when the next message is to be tried."""
        with self._store.transaction() as session:
            return outbox.next_due_at(session)

    def deliver(self, parcel: Parcel) -> Undelivered | None:
        """Send one message; tells what went wrong, or None."""
        message = parcel.message
        if parcel.failure is not None:
            return parcel.failure
        try:
            if message.channel is Channel.WEBHOOK:
                self._subscriber.notify(message, self._clock.now())
            else:
                self._post.send(compose(message, self._sender, _recipient(parcel), _attachments(parcel)))
        except Undelivered as failure:
            return failure
        except Exception:  # the outermost loop of one message: it must not hold up the others
            _log.exception("message %d cannot be delivered", message.message_id)
            return Undelivered("defect")
        return None

    def settle(self, parcel: Parcel, failure: Undelivered | None) -> Delivered:
        """Write down what became of a message."""
        message = parcel.message
        now = self._clock.now()
        retry_at = None if failure is None else _retry_at(message.attempts, failure, now)
        with self._store.transaction() as session:
            outbox.settle(
                session,
                message.message_id,
                now,
                error="" if failure is None else failure.code,
                retry_at=retry_at,
            )
        if failure is None:
            return Delivered(delivered=1)
        _log.warning("message %d (%s) not delivered: %s", message.message_id, message.kind, failure.code)
        return Delivered(died=1) if retry_at is None else Delivered(put_off=1)

    def _documents(self, message: Message) -> tuple[tuple[str, bytes | None], ...]:
        if message.channel is not Channel.MAIL or self._document_bytes is None:
            return ()
        number = _payloads.decode(message.payload).facts.number
        return ((number, self._document_bytes(number)),) if number else ()


def _retry_at(attempts: int, failure: Undelivered, now: datetime) -> datetime | None:
    if failure.is_waiting:
        return now + RETRIES[min(attempts, 3) - 1]
    if failure.is_final or attempts > len(RETRIES):
        return None
    return now + RETRIES[attempts - 1]


def _recipient(parcel: Parcel) -> Recipient:
    if parcel.recipient is None:
        return Recipient("", "")
    owner = parcel.recipient
    is_bilingual = Layout(owner.details.document_layout) is Layout.BILINGUAL
    return Recipient(owner.contact_name, owner.contact_email, is_bilingual)


def _attachments(parcel: Parcel) -> tuple[Attachment, ...]:
    found: list[Attachment] = []
    for number, content in parcel.documents:
        if content is None:
            raise Undelivered("document_not_ready", is_waiting=True)
        if len(content) > MAX_ATTACHMENT_BYTES:
            raise Undelivered("document_too_large", is_final=True)
        found.append(Attachment(f"{number}.pdf", content))
    return tuple(found)
