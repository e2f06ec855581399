"""How many documents a second are made, and what each step of it costs.

    python benchmarks/documents.py [--documents 200]

The whole path: a contract is ordered, its invoice is numbered and queued, then
made (check, XML, schema, both sets of rules, page, embedding, a look at the
archive's marks) and its bytes are kept in SQLite. The steps are timed on the
sample documents of the tests, in CPU seconds of this process but for the
rules, which run in another and are timed by the clock. `over_the_page` is the
whole path beside the bare page, which no e-invoice could do without.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT / "services"),
    str(ROOT / "tests/unit/billing_documents"),
    str(ROOT / "tests/unit/billing"),
]

from billing_scenario import OPERATOR, HandClock  # noqa: E402
from document_samples import samples  # noqa: E402

from webvisio_billing.application.contracts import Billing  # noqa: E402
from webvisio_billing.application.documents import Documents  # noqa: E402
from webvisio_billing.application.requests import NewContract, NewCustomer, NewRoom  # noqa: E402
from webvisio_billing.documents.archive import check_archive  # noqa: E402
from webvisio_billing.documents.checks import check  # noqa: E402
from webvisio_billing.documents.cii import to_cii  # noqa: E402
from webvisio_billing.documents.pdf import Printer  # noqa: E402
from webvisio_billing.documents.seller_file import SellerFile, put_demonstration_seller  # noqa: E402
from webvisio_billing.documents.validation import RuleProcess, check_schema  # noqa: E402
from webvisio_billing.domain.terms import Formula  # noqa: E402
from webvisio_billing.storage.database import Store  # noqa: E402
from webvisio_billing.storage.registry import BillingDetails, CustomerRecord  # noqa: E402
from webvisio_protocol.identifiers import RoomId  # noqa: E402

ROUNDS = 10
MADE_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def steps_ms() -> dict[str, float]:
    """Time each step on every sample; medians, in milliseconds."""
    printer, rules = Printer(), RuleProcess()
    issued = [document for _, document in samples() if document.number]
    rules.check(to_cii(issued[0]))  # the rules are compiled once a process
    told: dict[str, list[float]] = {}

    def timed(step: str, work: Callable[[], object], clock: Callable[[], float]) -> None:
        began = clock()
        work()
        told.setdefault(step, []).append((clock() - began) * 1000)

    for _ in range(ROUNDS):
        for document in issued:
            xml = to_cii(document)
            pdf = printer.factur_x(document, xml, MADE_AT)
            timed("check", lambda d=document: check(d), time.process_time)
            timed("xml", lambda d=document: to_cii(d), time.process_time)
            timed("schema", lambda x=xml: check_schema(x), time.process_time)
            timed("rules", lambda x=xml: rules.check(x), time.perf_counter)
            timed("page", lambda d=document: printer.pages(d, MADE_AT), time.process_time)
            timed(
                "page_and_xml", lambda d=document, x=xml: printer.factur_x(d, x, MADE_AT), time.process_time
            )
            timed("archive", lambda p=pdf, x=xml: check_archive(p, x), time.process_time)
    rules.close()
    return {step: round(statistics.median(times), 2) for step, times in told.items()}


def whole_path(count: int) -> float:
    """Make `count` documents from the queue to the database; documents a second, the rules' start included."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/billing.sqlite")
        store.migrate()
        clock = HandClock()
        billing = Billing(store, clock)
        seller = Path(folder) / "seller.toml"
        put_demonstration_seller(seller)
        details = BillingDetails(street="3 quai de l'Exemple", postcode="69002", city="Lyon")
        for ordinal in range(count):
            wish = NewCustomer(f"Client {ordinal}", siren="000000026", details=details)
            customer = billing.customers.create(wish, OPERATOR)
            assert isinstance(customer, CustomerRecord)
            room = (NewRoom(f"Salle {ordinal}", RoomId(f"salle-{ordinal}")),)
            today = clock.now().date()
            contract = NewContract(customer.customer_id, Formula.MONTH, today, room)
            assert isinstance(billing.create_contract(contract, OPERATOR), str)
        documents = Documents(store, clock, SellerFile(seller))
        began = time.perf_counter()
        assert documents.make_all() == count
        took_s = time.perf_counter() - began
        assert documents.waiting_count() == 0
        store.close()
    return count / took_s


def main() -> None:
    """Measure, print, and write benchmarks/results/documents.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200)
    count = parser.parse_args().documents
    steps = steps_ms()
    rate = whole_path(count)
    result = {
        "documents": count,
        "documents_per_second": round(rate, 1),
        "over_the_page": round(1000 / rate / steps["page"], 1),
        "steps_ms": steps,
    }
    target = ROOT / "benchmarks/results/documents.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
