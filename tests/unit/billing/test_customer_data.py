"""A customer's data at the end, by hand: chosen, prepared, taken, destroyed; refused by clause (clause 8.2)."""

import hashlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime

import msgspec
import pytest
from billing_scenario import HandClock, month_contract
from billing_site import OPERATOR_TOKEN, Browser, Site, text

from webvisio_billing.application import customer_data
from webvisio_billing.application.customer_data import FakeCustomerRooms
from webvisio_billing.domain.commands import GiveNotice
from webvisio_billing.domain.events import DataDestroyed, DataTaken, DisposalCompleted, Event
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Party
from webvisio_billing.storage.database import Store
from webvisio_protocol.custody import ArchiveStage, CustomerData
from webvisio_protocol.identifiers import ContractId

pytestmark = pytest.mark.clause("8.2")

CONTRACT = ContractId("atelier-lumiere-1")
DATA = f"account/contracts/{CONTRACT}/data"
DESTRUCTION = f"contracts/{CONTRACT}/data/destruction"
ARCHIVE = bytes(i % 253 for i in range(2505))
"""More than two pieces of those below."""
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


def ready(clock: HandClock) -> CustomerData:
    return CustomerData(ArchiveStage.READY, 4, 4, clock.instant, clock.instant, len(ARCHIVE), SHA256, 4, 0)


def destroyed(at: datetime) -> CustomerData:
    return CustomerData(destroyed_at=at, destroyed=("keys: 1", "documents: 3"))


@pytest.fixture
async def site(store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(customer_data, "PIECE_BYTES", 1000)
    made = await Site(store, clock, customer_rooms=FakeCustomerRooms(ARCHIVE)).start()
    month_contract(made.billing)
    yield made
    await made.stop()


@pytest.fixture
def carole(site: Site) -> Browser:
    return Browser(site, "contact-token")


async def end(site: Site) -> None:
    """Let the contract come to its end."""
    site.billing.execute(CONTRACT, GiveNotice(by=Party.CUSTOMER), "olga")
    await site.scheduler.stop()  # nobody else lets time pass meanwhile
    site.clock.go(days=40)
    await site.scheduler.start()
    file = site.billing.contract(CONTRACT)
    assert file is not None
    assert file.view.contract.lifecycle is Lifecycle.ENDED


def journal(site: Site, *kinds: type[Event]) -> list[Event]:
    """List what happened of some kinds."""
    file = site.billing.contract(CONTRACT)
    assert file is not None
    return [one.event for one in file.journal if isinstance(one.event, kinds)]


async def test_before_the_end_the_page_tells_when_and_the_archive_is_refused_by_clause(
    site: Site, carole: Browser
) -> None:
    page = text(await carole.get(DATA))
    assert "The contract is still running" in page
    assert 'data-testid="data-return"' not in page
    for path in (f"{DATA}/archive", f"{DATA}/state"):
        refused = await carole.get(path)
        assert refused.code == 409
        assert "lause 8.2" in text(refused)
        assert "The contract has not come to its end." in text(refused)
    asked = await carole.post(DATA, {"do": "ask"})
    assert (asked.code, site.customer_rooms.made) == (409, [])
    site.billing.execute(CONTRACT, GiveNotice(by=Party.CUSTOMER), "olga")
    assert "You may choose now" in text(await carole.get(DATA))
    assert (await carole.post(DATA, {"do": "return"})).code == 303
    assert site.customer_rooms.made == [], "the archive waits for the end"


async def test_a_contact_chooses_sees_it_grow_and_takes_it_whole(site: Site, carole: Browser) -> None:
    await end(site)
    assert 'data-testid="data-link"' in text(await carole.get("account"))
    assert 'data-testid="data-return"' in text(await carole.get(DATA))
    assert (await carole.post(DATA, {"do": "return"})).code == 303
    assert site.customer_rooms.made == [False]

    site.customer_rooms.data = CustomerData(ArchiveStage.MAKING, 3, 12, site.clock.instant)
    page = text(await carole.get(DATA))
    assert 'data-stage="making"' in page
    assert "3 of 12" in page
    state = msgspec.json.decode((await carole.get(f"{DATA}/state", Accept="application/json")).body)
    assert (state["stage"], state["done"], state["total"]) == ("making", 3, 12)
    assert (await carole.get(f"{DATA}/archive")).code == 404

    site.customer_rooms.data = ready(site.clock)
    assert SHA256 in text(await carole.get(DATA))
    part = await carole.get(f"{DATA}/archive", Range="bytes=0-9")
    assert (part.code, part.body) == (206, ARCHIVE[:10])
    assert journal(site, DataTaken) == [], "a part is not all of it"
    whole = await carole.get(f"{DATA}/archive")
    assert (whole.code, whole.body == ARCHIVE) == (200, True)
    assert whole.headers["Content-Disposition"] == 'attachment; filename="atelier-lumiere.zip"'
    assert [(e.actor, e.sha256) for e in journal(site, DataTaken) if isinstance(e, DataTaken)] == [
        ("carole", SHA256)
    ]
    rest = await carole.get(f"{DATA}/archive", Range=f"bytes={len(ARCHIVE) - 5}-")
    assert rest.body == ARCHIVE[-5:]
    assert len(journal(site, DataTaken)) == 1, "the same archive counts once"
    assert "by carole" in text(await carole.get(DATA))
    assert (await carole.post(DATA, {"do": "anew"})).code == 303
    assert site.customer_rooms.made == [False, True]


async def test_the_operator_sees_it_taken_destroys_and_the_date_is_shown_to_both(
    site: Site, carole: Browser
) -> None:
    await end(site)
    olga = Browser(site)
    await carole.post(DATA, {"do": "return"})
    site.customer_rooms.data = ready(site.clock)
    assert "Not downloaded yet." in text(await olga.get(f"contracts/{CONTRACT}"))
    early = await olga.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})
    assert "has not taken it" in text(early)
    await carole.get(f"{DATA}/archive")
    assert "by carole" in text(await olga.get(f"contracts/{CONTRACT}"))
    assert "Destroy for ever" in text(await olga.get(DESTRUCTION))
    wrong = await olga.post(DESTRUCTION, {"confirmation": "atelier"})
    assert "not this customer" in text(wrong)
    assert journal(site, DataDestroyed) == []

    site.customer_rooms.data = destroyed(site.clock.instant)
    done = await olga.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})

    assert done.code == 303
    (certificate,) = journal(site, DisposalCompleted)
    assert isinstance(certificate, DisposalCompleted)
    assert (certificate.returned_sha256, certificate.destroyed) == (SHA256, ("keys: 1", "documents: 3"))
    for page in (
        text(await olga.get(f"contracts/{CONTRACT}?done=data_destroyed")),
        text(await carole.get(DATA)),
    ):
        assert 'data-testid="data-destroyed"' in page
        assert "keys: 1" in page
    gone = await carole.get(f"{DATA}/archive")
    assert (gone.code, "What was held has been destroyed." in text(gone)) == (410, True)
    assert "destroyed already" in text(await olga.get(DESTRUCTION)).lower()


async def test_rooms_that_are_away_or_open_stop_it_with_words(site: Site, carole: Browser) -> None:
    await end(site)
    olga = Browser(site)
    site.customer_rooms.is_away = True
    assert (await carole.post(DATA, {"do": "return"})).code == 303, "the choice stands without them"
    assert "cannot be read now" in text(await carole.get(DATA))
    assert "rooms service does not answer" in text(await carole.post(DATA, {"do": "ask"}))
    assert (await carole.get(f"{DATA}/state", Accept="application/json")).code == 503
    assert "rooms service does not answer" in text(await carole.get(f"{DATA}/archive"))
    assert (await carole.post(DATA, {"do": "destroy"})).code == 303
    away = await olga.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})
    assert "rooms service does not answer" in text(away)
    site.customer_rooms.is_away, site.customer_rooms.is_open = False, True
    still = await olga.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})
    assert "still open" in text(still)
    assert journal(site, DataDestroyed) == []


async def test_another_contract_of_theirs_keeps_the_key(site: Site, carole: Browser) -> None:
    await end(site)
    month_contract(site.billing, "other", effective=site.clock.instant.date())
    await carole.post(DATA, {"do": "destroy"})
    refused = await Browser(site).post(DESTRUCTION, {"confirmation": "atelier-lumiere"})
    assert "Another contract of this customer is still running" in text(refused)
    assert journal(site, DataDestroyed) == []


@pytest.mark.parametrize("token", ["other-contact-token", OPERATOR_TOKEN, "trainer-token", "admin-token"])
async def test_nobody_but_the_customers_own_contact_has_the_archive(site: Site, token: str) -> None:
    await end(site)
    await Browser(site, "contact-token").post(DATA, {"do": "return"})
    site.customer_rooms.data = ready(site.clock)
    stranger = Browser(site, token)
    for path in (DATA, f"{DATA}/state", f"{DATA}/archive"):
        answer = await stranger.get(path)
        assert answer.code in (403, 404), path
        assert SHA256 not in text(answer)
    assert (await stranger.post(DATA, {"do": "destroy"})).code in (403, 404)


async def test_a_contact_destroys_nothing_by_themselves_and_the_form_needs_its_token(
    site: Site, carole: Browser
) -> None:
    await end(site)
    assert (await carole.get(DESTRUCTION)).code == 403
    assert (await carole.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})).code == 403
    await carole.get(DATA)
    assert (await carole.post(DATA, {"do": "destroy", "_xsrf": "made up"})).code in (401, 403)
    assert (await carole.post(DATA, {"do": "nonsense"})).code == 400


async def test_what_happens_to_the_data_leaves_no_name_nor_hash_in_the_log(
    site: Site, carole: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)  # as the service runs
    await end(site)
    await carole.post(DATA, {"do": "return"})
    site.customer_rooms.data = ready(site.clock)
    await carole.get(f"{DATA}/archive")
    for word in ("carole", SHA256, "Atelier"):
        assert word not in caplog.text


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_every_state_of_the_page_is_whole_in_both_languages(site: Site, locale: str) -> None:
    carole, olga = Browser(site, "contact-token", locale), Browser(site, locale=locale)
    await end(site)
    pages = [await carole.get(DATA)]
    await carole.post(DATA, {"do": "return"})
    for stage in (ArchiveStage.MAKING, ArchiveStage.FAILED, ArchiveStage.NONE):
        site.customer_rooms.data = CustomerData(stage, 1, 2)
        pages += [await carole.get(DATA), await olga.get(f"contracts/{CONTRACT}")]
    site.customer_rooms.data = ready(site.clock)
    await carole.get(f"{DATA}/archive")
    pages += [await carole.get(DATA), await olga.get(f"contracts/{CONTRACT}"), await olga.get(DESTRUCTION)]
    site.customer_rooms.data = destroyed(site.clock.instant)
    await olga.post(DESTRUCTION, {"confirmation": "atelier-lumiere"})
    pages += [await carole.get(DATA), await olga.get(f"contracts/{CONTRACT}")]
    for page in pages:
        assert page.code == 200
        shown = text(page)
        assert f'lang="{locale}"' in shown
        assert shown.count("<h1") == 1
        for key in ("data_", "archive_", "destroyed_"):
            assert f">{key}" not in shown
