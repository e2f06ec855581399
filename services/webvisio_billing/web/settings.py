"""What the handlers need, put together by `service` (or by a test)."""

from dataclasses import dataclass

from jupyterhub.services.auth import HubOAuth

from webvisio_billing.application.bank import Bank
from webvisio_billing.application.catalogue import Catalogue
from webvisio_billing.application.checkouts import Checkouts
from webvisio_billing.application.contacts import Contacts
from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.customer_data import Returning
from webvisio_billing.application.document_keeper import DocumentKeeper
from webvisio_billing.application.documents import Documents
from webvisio_billing.application.hub import HubAdministration
from webvisio_billing.application.people import PeopleKeeper
from webvisio_billing.application.publisher import Publisher
from webvisio_billing.application.room_links import RoomLinks
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.application.terms import TermsShelf
from webvisio_billing.application.worker import Worker
from webvisio_billing.outbox.courier import Courier
from webvisio_billing.outbox.deliverer import Deliverer
from webvisio_billing.web.look import Look
from webvisio_billing.web.measures import Measures
from webvisio_entitlements.clock import Clock


@dataclass(frozen=True, slots=True)
class WebSettings:
    """One service, ready to answer; `prefix` begins and ends with a slash."""

    billing: Billing
    bank: Bank
    catalogue: Catalogue
    checkouts: Checkouts
    contacts: Contacts
    returning: Returning
    terms: TermsShelf
    worker: Worker
    publisher: Publisher
    people: PeopleKeeper
    documents: Documents
    papers: DocumentKeeper
    """Runs what is asked of `documents` on its own thread."""
    courier: Courier
    deliverer: Deliverer
    scheduler: Scheduler
    is_mail_by_hand: bool
    """Whether letters are written as files, because no mail server is set."""
    hub: HubAdministration
    hub_auth: HubOAuth
    room_links: RoomLinks
    look: Look
    measures: Measures
    clock: Clock
    prefix: str
    internal_token: str
