"""A customer's contacts: people who log in, see its contracts and pay them (clause 6.3)."""

from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.outcomes import NOT_FOUND, Refused
from webvisio_billing.storage import contacts, registry
from webvisio_billing.storage.contacts import Contact
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import CustomerId


class Contacts:
    """The use cases, on the worker's thread; the keeper of people tells the hub."""

    def __init__(self, billing: Billing, clock: Clock) -> None:
        self._billing = billing
        self._clock = clock

    def of(self, customer_id: CustomerId) -> list[Contact]:
        """List a customer's contacts, by name."""
        return self._billing.look(lambda session: contacts.contacts(session, customer_id))

    def add(self, customer_id: CustomerId, username: str, actor: str) -> bool | Refused:
        """Make somebody a contact; False when they are one."""

        def work(session: Session) -> bool | Refused:
            if registry.customer(session, customer_id) is None:
                return NOT_FOUND
            now = self._clock.now()
            is_new = contacts.add(session, customer_id, username, now, actor)
            details = {"person": username}
            registry.record_action(session, now, actor, "add_contact", customer_id, "done", details)
            return is_new

        return self._billing.transact(work)

    def remove(self, customer_id: CustomerId, username: str, actor: str) -> bool | Refused:
        """Take a contact away; not found when they were none."""

        def work(session: Session) -> bool | Refused:
            now = self._clock.now()
            if not contacts.remove(session, customer_id, username, now, actor):
                return NOT_FOUND
            details = {"person": username}
            registry.record_action(session, now, actor, "remove_contact", customer_id, "done", details)
            return True

        return self._billing.transact(work)
