"""Makes the documents whose numbers were given, keeps their bytes, and shows the next one (clauses 1, 6.1).

A contract's life never waits for its papers: the number is taken in the
transaction of the event, and the document waits in the database until seller
and buyer are complete and the rules find it good. Its parties are those of
the moment at which it is made, normally within a second. A document that
cannot be made is told by its problems and tried again; the others go on.
"""

import logging
import traceback
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from webvisio_billing.application.outcomes import NOT_FOUND, Problem, conflict
from webvisio_billing.documents.assemble import Parties, assemble
from webvisio_billing.documents.errors import NotMakeable, NotValid, ValidatorFailed
from webvisio_billing.documents.maker import Maker
from webvisio_billing.documents.model import Document, Layout
from webvisio_billing.documents.parties import Address, Buyer, SellerIdentity
from webvisio_billing.documents.saying import grouped
from webvisio_billing.documents.seller_file import SellerFile
from webvisio_billing.domain import contract
from webvisio_billing.domain.events import CreditNoteIssued, Event, InvoiceIssued, LateChargeClaimed
from webvisio_billing.domain.state import Contract
from webvisio_billing.domain.tables import KNOWN, Tables
from webvisio_billing.storage import documents, journal, registry
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.documents import WaitingDocument
from webvisio_billing.storage.registry import CustomerRecord
from webvisio_entitlements.clock import Clock
from webvisio_protocol.identifiers import ContractId, CustomerId

RETRY_INCOMPLETE: Final = timedelta(minutes=10)
"""For what somebody has to mend; a change of the seller or of the customer is noticed at once."""
RETRY_VALIDATOR: Final = timedelta(minutes=1)
RETRY_DEFECT: Final = timedelta(hours=6)
PROBLEM_VALIDATOR: Final = "ours.validator"
PROBLEM_INVALID: Final = "ours.invalid"
PROBLEM_DEFECT: Final = "ours.defect"

_log = logging.getLogger(__name__)


class DocumentView(msgspec.Struct, frozen=True):
    """One document of a contract's list; `problems` say why it waits, when somebody has to mend something."""

    number: str
    kind: str
    issued_on: date
    made_at: datetime | None
    sha256: str
    problems: tuple[str, ...]


class TransferAccount(msgspec.Struct, frozen=True):
    """The seller's bank account, its IBAN in groups of four as banks print it."""

    holder: str
    iban: str
    bic: str


class Documents:
    """All use cases of documents, on one database; synchronous, called from one thread at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seller: SellerFile,
        tables: Tables = KNOWN,
        open_maker: Callable[[], Maker] = Maker,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seller = seller
        self._tables = tables
        self._open_maker = open_maker
        self._maker: Maker | None = None
        self._seller_stamp = seller.stamp

    # ---- reading ---------------------------------------------------------------------

    def seller_problems(self) -> tuple[str, ...]:
        """Name what the seller lacks, as `seller.toml` calls it; nothing is sold until it is mended (1)."""
        try:
            return self._seller.read().problems()
        except NotMakeable as wrong:
            return tuple(problem.removeprefix("seller.") for problem in wrong.problems)

    def seller_name(self) -> str:
        """Tell who sells, for the letters; empty while the file does not say it."""
        try:
            return self._seller.read().name
        except NotMakeable:
            return ""

    def transfer_account(self) -> TransferAccount | None:
        """Tell where transfers go; None while the seller has named no account."""
        try:
            seller = self._seller.read()
        except NotMakeable:
            return None
        return TransferAccount(seller.name, grouped(seller.iban, 4), seller.bic) if seller.iban else None

    def listed(self, contract_id: ContractId) -> list[DocumentView]:
        """List a contract's documents, newest first."""
        with self._store.transaction() as session:
            kept = documents.kept(session, contract_id)
            waiting = documents.waiting(session, contract_id)
        views = [
            (
                one.sequence,
                DocumentView(one.number, one.kind, one.issued_on, one.made_at, one.sha256.hex(), ()),
            )
            for one in kept
        ]
        views += [
            (one.sequence, DocumentView(one.number, one.kind, one.issued_on, None, "", one.problems))
            for one in waiting
        ]
        return [view for _, view in sorted(views, key=lambda pair: pair[0], reverse=True)]

    def document_bytes(self, number: str, contract_id: ContractId | None = None) -> bytes | None:
        """Read the exact bytes of a document; None while it waits, and where the contract has none such."""
        with self._store.transaction() as session:
            if contract_id is not None:
                mine = {one.number for one in documents.kept(session, contract_id)}
                if number not in mine:
                    return None
            return documents.document_bytes(session, number)

    def waiting_count(self) -> int:
        """Count the documents that wait."""
        with self._store.transaction() as session:
            return documents.waiting_count(session)

    # ---- making ----------------------------------------------------------------------

    def make_next(self) -> bool:
        """Make the document that has waited longest; False where none is to be tried now."""
        now = self._clock.now()
        with self._store.transaction() as session:
            self._notice_the_seller(session, now)
            due = documents.due(session, now, 1)
        if not due:
            return False
        self._make(due[0], now)
        return True

    def make_all(self, on_progress: Callable[[int], object] = lambda _: None) -> int:
        """Make everything that can be made now, for a command line; tells how many were tried."""
        count = 0
        while self.make_next():
            count += 1
            on_progress(1)
        self.rest()
        return count

    def rest(self) -> None:
        """Free what making holds."""
        if self._maker is not None:
            self._maker.rest()

    def retry(self, customer_id: CustomerId) -> None:
        """Try a customer's waiting documents again: their details have changed."""
        with self._store.transaction() as session:
            documents.retry(session, self._clock.now(), customer_id)

    def next_one(self, contract_id: ContractId) -> bytes | Problem:
        """Print the next invoice that will fall due by itself: the pro-forma."""
        with self._store.transaction() as session:
            head = registry.contract_head(session, contract_id)
            owner = None if head is None else registry.customer(session, head.customer_id)
            recorded = [] if owner is None else journal.read(session, contract_id)
        folded = contract.fold(None, [record.event for record in recorded])
        if folded is None or owner is None:
            return NOT_FOUND
        coming = contract.preview(folded, self._tables)
        if coming is None:
            return conflict("no_next_invoice")
        try:
            document = assemble(folded, coming, (), self._parties(owner), self._tables)
            return self._made_by().make(document, self._clock.now()).pdf
        except NotMakeable as wrong:
            return conflict("document_incomplete", problems=",".join(wrong.problems))

    # ---- inside ----------------------------------------------------------------------

    def _make(self, waiting: WaitingDocument, now: datetime) -> None:
        problems: tuple[str, ...]
        try:
            made = self._made_by().make(self._document(waiting), now)
        except NotMakeable as wrong:
            problems, retry_at = wrong.problems, now + RETRY_INCOMPLETE
        except ValidatorFailed:
            _log.warning("document %s waits: the rules gave no verdict", waiting.number)
            problems, retry_at = (PROBLEM_VALIDATOR,), now + RETRY_VALIDATOR
        except NotValid as wrong:
            _log.error("document %s is not valid: %d rules failed", waiting.number, len(wrong.failures))
            problems, retry_at = (PROBLEM_INVALID,), now + RETRY_DEFECT
        except Exception as error:  # the outermost loop: one document must not hold up the others
            # where, but not what: a library's message may quote a name
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("document %s cannot be made: %s at\n%s", waiting.number, type(error).__name__, where)
            problems, retry_at = (PROBLEM_DEFECT,), now + RETRY_DEFECT
        else:
            with self._store.transaction() as session:
                documents.keep(session, waiting, made.pdf, made.sha256, now)
            return
        with self._store.transaction() as session:
            documents.postpone(session, waiting.number, problems, retry_at)

    def _document(self, waiting: WaitingDocument) -> Document:
        with self._store.transaction() as session:
            head = registry.contract_head(session, waiting.contract_id)
            assert head is not None, "a numbered document belongs to a contract"
            owner = registry.customer(session, head.customer_id)
            recorded = journal.read(session, waiting.contract_id)
        assert owner is not None, "a contract has a customer"
        event = recorded[waiting.sequence - 1].event
        before = contract.fold(None, [record.event for record in recorded[: waiting.sequence - 1]])
        assert before is not None, "a contract is ordered before anything is issued"
        return _assembled(before, event, [r.event for r in recorded], self._parties(owner), self._tables)

    def _parties(self, owner: CustomerRecord) -> Parties:
        seller: SellerIdentity = self._seller.read()
        return Parties(seller, buyer_of(owner), Layout(owner.details.document_layout))

    def _made_by(self) -> Maker:
        if self._maker is None:
            self._maker = self._open_maker()
        return self._maker

    def _notice_the_seller(self, session: Session, now: datetime) -> None:
        stamp = self._seller.stamp
        if stamp != self._seller_stamp:
            self._seller_stamp = stamp
            documents.retry(session, now)


def buyer_of(owner: CustomerRecord) -> Buyer:
    """Tell what a customer's documents print."""
    details = owner.details
    return Buyer(
        name=owner.name,
        kind=owner.kind,
        address=Address(
            street=details.street,
            more=details.more_address,
            postcode=details.postcode,
            city=details.city,
            country=details.country,
        ),
        siren=owner.siren or "",
        vat_number=details.vat_number,
        contact_name=owner.contact_name,
        email=owner.contact_email,
        order_reference=details.order_reference,
    )


def _assembled(
    before: Contract, event: Event, happened: list[Event], parties: Parties, tables: Tables
) -> Document:
    assert isinstance(event, InvoiceIssued | CreditNoteIssued | LateChargeClaimed), "only these are numbered"
    around = [other for other in happened if other.at == event.at]
    return assemble(before, event, around, parties, tables)
