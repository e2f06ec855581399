"""Customers, their rooms, and who has which role there (clause 4.5)."""

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.decisions import Decisions
from webvisio_billing.application.naming import slug
from webvisio_billing.application.outcomes import NOT_FOUND, Refused, conflict, invalid
from webvisio_billing.application.requests import ChangedCustomer, NewCustomer, NewMember
from webvisio_billing.application.transactions import Transactions
from webvisio_billing.domain.registration import is_siren
from webvisio_billing.storage import chronicle, documents, registry
from webvisio_billing.storage.registry import CustomerRecord, Membership, RoomRecord
from webvisio_protocol.identifiers import CustomerId, RoomId


class Customers:
    """The use cases of whom contracts are made with."""

    def __init__(self, transactions: Transactions, decisions: Decisions) -> None:
        self._look = transactions.look
        self._transact = transactions.transact
        self._decisions = decisions
        self._clock = decisions.clock

    # ---- reading ---------------------------------------------------------------------

    def all(self) -> list[CustomerRecord]:
        """List all customers by name."""
        return self._look(registry.customers)

    def find(self, customer_id: CustomerId) -> CustomerRecord | None:
        """Find a customer."""
        return self._look(lambda session: registry.customer(session, customer_id))

    def history(self, customer_id: CustomerId) -> list[chronicle.Change]:
        """Tell who changed a customer's record, when, and what; newest first, its making last."""
        return self._look(lambda session: registry.customer_history(session, customer_id))

    def rooms(self, customer_id: CustomerId) -> list[RoomRecord]:
        """List a customer's rooms."""
        return self._look(lambda session: registry.rooms(session, customer_id))

    def room(self, room_id: RoomId) -> RoomRecord | None:
        """Find a room."""
        return self._look(lambda session: registry.room(session, room_id))

    def members(self, room_id: RoomId) -> list[Membership]:
        """List the people of a room, trainers first."""
        return self._look(lambda session: registry.memberships(session, room_id))

    # ---- asking ----------------------------------------------------------------------

    def create(self, wish: NewCustomer, actor: str) -> CustomerRecord | Refused:
        """Add a customer."""

        def work(session: Session) -> CustomerRecord | Refused:
            now = self._clock.now()
            customer_id = wish.customer_id or CustomerId(slug(wish.name))
            if wish.siren is not None and not is_siren(wish.siren):
                return invalid("siren", "siren_invalid")
            if not customer_id:
                return invalid("customer_id", "identifier_needed")
            if registry.customer(session, customer_id) is not None:
                return conflict("customer_exists", customer=customer_id)
            record = CustomerRecord(
                customer_id,
                wish.name,
                wish.kind,
                wish.siren,
                wish.contact_name,
                wish.contact_email,
                now,
                wish.details,
            )
            registry.add_customer(session, record, actor)
            registry.record_action(session, now, actor, "create_customer", customer_id, "done", {})
            return record

        return self._transact(work)

    def change(self, wish: ChangedCustomer, actor: str) -> CustomerRecord | Refused:
        """Change who a customer is in law and in print; issued documents keep what they say."""

        def work(session: Session) -> CustomerRecord | Refused:
            known = registry.customer(session, wish.customer_id)
            if known is None:
                return NOT_FOUND
            if wish.siren is not None and not is_siren(wish.siren):
                return invalid("siren", "siren_invalid")
            changed = msgspec.structs.replace(
                known,
                name=wish.name,
                siren=wish.siren,
                contact_name=wish.contact_name,
                contact_email=wish.contact_email,
                details=wish.details,
            )
            now = self._clock.now()
            registry.change_customer(session, changed, now, actor)
            documents.retry(session, now, wish.customer_id)
            if changed.name != known.name:
                self._decisions.republish(session, changed, now)
            registry.record_action(session, now, actor, "change_customer", wish.customer_id, "done", {})
            return changed

        return self._transact(work)

    def give_role(self, wish: NewMember, actor: str) -> bool | Refused:
        """Give a person a role in a room; False when they have it already."""

        def work(session: Session) -> bool | Refused:
            if registry.room(session, wish.room_id) is None:
                return NOT_FOUND
            now = self._clock.now()
            changed = registry.put_membership(session, wish.room_id, wish.username, wish.role, now, actor)
            details = {"person": wish.username, "role": wish.role.value}
            registry.record_action(session, now, actor, "give_role", wish.room_id, "done", details)
            return changed

        return self._transact(work)

    def take_role(self, room_id: RoomId, username: str, actor: str) -> bool | Refused:
        """Take a person out of a room; not found when they are not in it."""

        def work(session: Session) -> bool | Refused:
            now = self._clock.now()
            if not registry.remove_membership(session, room_id, username, now, actor):
                return NOT_FOUND
            details = {"person": username}
            registry.record_action(session, now, actor, "take_role", room_id, "done", details)
            return True

        return self._transact(work)
