"""Imports bank statements: each booking once, each payment where it belongs, the rest to a person.

One import is one transaction: the file with all its entries and payments, or
nothing. An entry and the payment it makes have the same name (the payment's
key is made of the entry's fingerprint), so nothing can be paid twice by it
(clause 6.3).
"""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.contracts import Billing, Preview
from webvisio_billing.application.outcomes import NOT_FOUND, Problem, Refused, conflict, invalid
from webvisio_billing.application.views import ContractView
from webvisio_billing.domain.commands import Method, Pay
from webvisio_billing.domain.identifiers import DocumentRef, PaymentKey
from webvisio_billing.domain.periods import local_day
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Contract, Lifecycle
from webvisio_billing.payments.matching import Basis, Candidate, Doubt, Due, Match, Matcher, Unmatched
from webvisio_billing.payments.reading import read_statement
from webvisio_billing.payments.statements import Entry, Unreadable
from webvisio_billing.storage import registry, statements
from webvisio_billing.storage.statements import KeptEntry, KeptStatement
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import ContractId

TIMEZONE: Final = "Europe/Paris"
"""Of the bank's booking days."""
PAGE_ENTRIES: Final = 50

Progress = Callable[[int, int], None]
"""Told how many entries of how many are done; on the worker's thread."""


class Imported(msgspec.Struct, frozen=True):
    """What an import did; `is_known` means that the very same file had been imported."""

    kind: str
    is_known: bool
    entries: int = 0
    already_known: int = 0
    matched: int = 0
    queued: int = 0
    outgoing: int = 0
    matched_minor: int = 0


class BankPage(msgspec.Struct, frozen=True):
    """Entries of a state, newest first; `next_before` continues the list, None ends it."""

    entries: tuple[KeptEntry, ...]
    next_before: int | None
    queued: int


class Bank:
    """The use cases of bank statements, on the worker's thread like `Billing`'s."""

    def __init__(self, billing: Billing, clock: Clock) -> None:
        self._billing = billing
        self._clock = clock

    def import_statement(
        self, data: bytes, actor: str, progress: Progress = lambda done, total: None
    ) -> Imported | Unreadable:
        """Import a file; the same one, or one that overlaps another, does nothing twice."""
        now = self._clock.now()
        read = read_statement(data, local_day(now, TIMEZONE))
        if isinstance(read, Unreadable):
            return read
        sha256 = hashlib.sha256(data).hexdigest()

        def work(session: Session) -> Imported:
            if statements.is_known_file(session, sha256):
                return Imported(read.kind, True, len(read.entries), len(read.entries))
            known = statements.known_fingerprints(session, [entry.fingerprint for entry in read.entries])
            fresh = [entry for entry in read.entries if entry.fingerprint not in known]
            statement = statements.add_statement(session, sha256, read.kind, now, actor, len(read.entries))
            matcher = self._matcher(session)
            tally = dict.fromkeys((statements.MATCHED, statements.QUEUED, statements.OUTGOING), 0)
            matched_minor = 0
            for done, entry in enumerate(fresh, start=1):
                kept = self._take(session, statement, entry, matcher, actor)
                statements.add_entry(session, statement, kept, now, actor)
                tally[kept.state] += 1
                matched_minor += kept.amount_minor if kept.state == statements.MATCHED else 0
                progress(done, len(fresh))
            registry.record_action(
                session, now, actor, "import_statement", "bank", "done", {"sha256": sha256}
            )
            return Imported(
                read.kind,
                False,
                len(read.entries),
                len(read.entries) - len(fresh),
                tally[statements.MATCHED],
                tally[statements.QUEUED],
                tally[statements.OUTGOING],
                matched_minor,
            )

        return self._billing.transact(work)

    def assign(
        self, entry_id: int, contract_id: ContractId, invoice_number: str, actor: str
    ) -> ContractView | Refused:
        """Let a queued entry pay a contract, an invoice first where one is named."""

        def work(session: Session) -> ContractView | Refused:
            command = self._assignment(session, entry_id, contract_id, invoice_number)
            if isinstance(command, Problem):
                return command
            paid = self._billing.decisions.execute(session, contract_id, command, actor)
            if isinstance(paid, DomainRefusal | Problem):
                return paid
            statements.decide(session, entry_id, statements.ASSIGNED, actor, self._clock.now(), contract_id)
            return paid

        return self._billing.transact(work)

    def rehearse(self, entry_id: int, contract_id: ContractId, invoice_number: str) -> Preview | Refused:
        """Say what `assign` would do, and do nothing."""
        command = self._billing.look(
            lambda session: self._assignment(session, entry_id, contract_id, invoice_number)
        )
        return command if isinstance(command, Problem) else self._billing.preview(contract_id, command)

    def set_aside(self, entry_id: int, reason: str, actor: str) -> KeptEntry | Refused:
        """Take a queued entry out of the queue: it pays no contract, for a reason that is kept."""
        if not reason.strip():
            return invalid("remark", "needed")

        def work(session: Session) -> KeptEntry | Refused:
            entry = self._queued(session, entry_id)
            if isinstance(entry, Problem):
                return entry
            now = self._clock.now()
            statements.decide(session, entry_id, statements.REFUSED, actor, now, None, reason.strip())
            registry.record_action(
                session, now, actor, "refuse_entry", "bank", "done", {"entry": str(entry_id)}
            )
            return entry

        return self._billing.transact(work)

    def page(self, state: str | None, before: int | None, limit: int = PAGE_ENTRIES) -> BankPage:
        """List entries, newest first."""

        def work(session: Session) -> BankPage:
            found = statements.entries(session, state, before, limit + 1)
            shown = found[:limit]
            return BankPage(
                tuple(shown),
                shown[-1].entry_id if len(found) > limit else None,
                statements.count(session, statements.QUEUED),
            )

        return self._billing.look(work)

    def imports(self) -> list[KeptStatement]:
        """List the files that were imported, newest first."""
        return self._billing.look(statements.statements)

    # ---- inside a transaction --------------------------------------------------------

    def _queued(self, session: Session, entry_id: int) -> KeptEntry | Problem:
        entry = statements.entry(session, entry_id, is_to_change=True)
        if entry is None:
            return NOT_FOUND
        return entry if entry.state == statements.QUEUED else conflict("entry_decided")

    def _assignment(
        self, session: Session, entry_id: int, contract_id: ContractId, invoice_number: str
    ) -> Pay | Problem:
        """Make the payment of a queued entry to a contract that the operator named."""
        entry = self._queued(session, entry_id)
        if isinstance(entry, Problem):
            return entry
        found = self._billing.decisions.view(session, contract_id)
        if found is None:
            return invalid("contract", "contract_unknown", text=contract_id[:48])
        if not invoice_number:
            return payment_of(entry, None)
        named = found.contract.invoice_numbered(invoice_number)
        if named is None:
            return invalid("invoice", "invoice_unknown", text=invoice_number[:20])
        return payment_of(entry, named.ref)

    def _matcher(self, session: Session) -> Matcher:
        views = self._billing.decisions.views(session)
        owners = {view.contract.contract_id: view.customer.customer_id for view in views}
        accounts = statements.account_contracts(session)
        return Matcher(
            (candidate(view) for view in views if view.contract.lifecycle is not Lifecycle.CLOSED),
            {iban: owners[name] for iban, name in accounts.items() if name in owners},
        )

    def _take(
        self, session: Session, statement: int, entry: Entry, matcher: Matcher, actor: str
    ) -> KeptEntry:
        kept = KeptEntry(
            fingerprint=entry.fingerprint,
            line=entry.line,
            booked_on=entry.booked_on,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
            account=entry.account,
            counterparty=entry.counterparty,
            iban=entry.iban,
            text=entry.text,
            state=statements.OUTGOING,
        )
        if entry.amount_minor < 0:
            return kept
        found = matcher.match(entry)
        if isinstance(found, Match) and statements.look_alikes(
            session, statement, entry.booked_on, entry.amount_minor
        ):
            # the same money may have come in a file of another format, under another name
            found = Unmatched(Doubt.LOOK_ALIKE, (found.contract_id,))
        if isinstance(found, Match):
            paid = self._billing.decisions.execute(
                session, found.contract_id, payment_of(kept, found.invoice), actor
            )
            if isinstance(paid, DomainRefusal | Problem):
                found = Unmatched(Doubt.NOT_ACCEPTED, (found.contract_id,))
            else:
                matcher.settle(candidate(paid))
                matcher.learn(entry.iban, paid.customer.customer_id)
                return msgspec.structs.replace(
                    kept,
                    state=statements.MATCHED,
                    basis=Basis(found.basis).value,
                    contract_id=found.contract_id,
                    decided_by=actor,
                    decided_at=self._clock.now(),
                )
        return msgspec.structs.replace(
            kept, state=statements.QUEUED, doubt=found.doubt.value, suggestions=found.suggestions
        )


def candidate(view: ContractView) -> Candidate:
    """Say what money may be for in a contract."""
    contract = view.contract
    return Candidate(
        contract.contract_id,
        view.customer.customer_id,
        view.customer.name,
        contract.balance_minor,
        _dues(contract),
    )


def _dues(contract: Contract) -> tuple[Due, ...]:
    invoices = (Due(i.ref, i.number, i.outstanding_minor) for i in contract.invoices)
    notes = (
        Due(n.invoice, n.number, n.interest_open_minor + n.recovery_open_minor) for n in contract.debit_notes
    )
    return (*invoices, *notes)


def payment_of(entry: KeptEntry, invoice: DocumentRef | None) -> Pay:
    """Make the command that an entry is: received on the bank's day, once for all."""
    return Pay(
        key=PaymentKey(f"bank-{entry.fingerprint[:40]}"),
        amount_minor=entry.amount_minor,
        method=Method.TRANSFER,
        currency=entry.currency,
        invoice=invoice,
        received_on=entry.booked_on,
    )
