"""The pages as a browser meets them: cookies, XSRF, rehearsal, confirmation, two languages, escaping.

Long, for each page of the operator is visited in both languages, and each form with what is wrong in it.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from billing_scenario import ATELIER, MORNING, OPERATOR, ROOM, HandClock, month_contract
from billing_site import PREFIX, Browser, Site, text

from webvisio_billing.application.contracts import Billing
from webvisio_billing.application.hub import FakeHub, HubUnavailable
from webvisio_billing.application.requests import NewCustomer
from webvisio_billing.application.room_links import FakeRoomLinks
from webvisio_billing.application.run import StuckCode
from webvisio_billing.application.scheduler import Scheduler
from webvisio_billing.domain.commands import GiveNotice, OpenBlock
from webvisio_billing.domain.tables import KNOWN
from webvisio_billing.domain.terms import Party
from webvisio_billing.storage.database import Store
from webvisio_billing.storage.stuck import StuckContract, longest
from webvisio_billing.web.look import HUB_TEMPLATES, Look
from webvisio_protocol.entitlements import BlockReason
from webvisio_protocol.identifiers import ContractId

CONTRACT_ID = ContractId("atelier-lumiere-1")
CONTRACT = f"contracts/{CONTRACT_ID}"
HUB_CONFIG = Path(__file__).parents[3] / "hub_config"
LINK = "https://visio.example/services/rooms/r/abc"
SUSPEND = {"action": "suspend", "reason": "illegal_content", "evidence": "report 2026-17"}


@pytest.fixture
async def site(store: Store, clock: HandClock) -> AsyncIterator[Site]:
    links = FakeRoomLinks(**{ROOM: LINK})
    made = await Site(store, clock, hub=FakeHub(MORNING), links=links).start()
    month_contract(made.billing)
    yield made
    await made.stop()


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser(site)


def kept(store: Store) -> list[StuckContract]:
    with store.transaction() as session:
        return longest(session, 10)


class _Fields(HTMLParser):
    def __init__(self, button: str) -> None:
        super().__init__()
        self.button = button
        self.form: dict[str, str] = {}
        self.found: dict[str, str] | None = None
        self.in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = {}
        elif tag == "input" and said.get("type") == "hidden":
            self.form[said["name"]] = said.get("value", "")
        self.in_button = tag == "button"

    def handle_data(self, data: str) -> None:
        if self.in_button and data.strip() == self.button and self.found is None:
            self.found = self.form


def hidden_fields(page: str, button: str = "Confirm") -> dict[str, str]:
    """The hidden fields of the form with that button: what a confirmation sends."""
    parser = _Fields(button)
    parser.feed(page)
    assert parser.found is not None, f"no button {button!r}"
    return parser.found


# ---- reading ---------------------------------------------------------------------------


async def test_the_first_page_says_who_needs_the_operator(
    site: Site, browser: Browser, clock: HandClock
) -> None:
    page = text(await browser.get(""))
    assert "Nobody: every contract is running its course." in page
    clock.go(days=10)
    page = text(await browser.get(""))
    assert page.index("Who needs me today?") < page.index("Overdue: €120.00") < page.index("At a glance")
    assert "may be suspended from 8 December 2026 (clause 6.4)" in page
    assert f'<span class="wv-small">{CONTRACT_ID}</span>' in page  # a customer may have several
    clock.go(days=10)
    assert "suspension possible since 8 December 2026 (clause 6.4)" in text(await browser.get(""))


@pytest.mark.clause("6.2")
async def test_a_legal_rate_that_is_missing_is_told_once_somebody_is_late(
    site: Site, browser: Browser, clock: HandClock
) -> None:
    assert "rate-wanting" not in text(await browser.get(""))
    clock.go(days=10)
    page = text(await browser.get(""))
    assert "The legal interest rate of the second half of 2026 is missing" in page
    assert "catalogue#rates" in page
    added = await browser.post(
        "catalogue", {"do": "rate", "rate_kind": "legal", "since": "2026-H2", "percent": "2,50"}
    )
    assert added.code == 302
    assert "rate-wanting" not in text(await browser.get(""))


async def test_an_invitation_is_copied_with_one_press(site: Site, browser: Browser) -> None:
    page = text(
        await browser.post(f"{CONTRACT}/rooms/{ROOM}/members", {"do": "invite", "username": "claire"})
    )
    assert 'data-copies="invitation-link"' in page
    assert (await browser.get("static/copy.js")).code == 200


async def test_the_first_page_counts_what_waits(site: Site, browser: Browser, clock: HandClock) -> None:
    def tile(page: str, name: str) -> str:
        found = re.search(rf'data-tile="{name}".*?wv-tile-count">(.*?)</li>', page, re.DOTALL)
        assert found is not None, name
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", found[1])).strip()

    page = text(await browser.get(""))
    assert tile(page, "running") == "1 suspended: 0 · upcoming: 0 · to be signed: 0"
    assert "Monday 23 November 2026" in page
    site.billing.execute(
        CONTRACT_ID, OpenBlock(reason=BlockReason.ILLEGAL_CONTENT, evidence="x", actor=OPERATOR), OPERATOR
    )
    page = text(await browser.get(""))
    assert tile(page, "running").startswith("0 suspended: 1")
    assert tile(page, "queued").startswith("0 received")


async def test_a_stuck_contract_is_told_with_its_remedy_and_tried_again(
    site: Site, browser: Browser, store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.scheduler.stop()  # it would be quicker than this test, and has every rate
    clock.go(days=40)
    scheduler = Scheduler(Billing(store, clock, replace(KNOWN, vat={})), site.worker, clock)
    await scheduler.start()
    await scheduler.stop()
    assert [one.code for one in kept(store)] == [StuckCode.MISSING_TAX_RATE]

    page = text(await browser.get(""))
    assert "since" in page
    assert "A rate is missing on that date: add it to the catalogue." in page
    nudged: list[bool] = []
    monkeypatch.setattr(site.scheduler, "nudge", lambda: nudged.append(True))
    tried = await browser.post("stuck/retry", {})
    assert tried.headers["Location"].endswith("?done=retry_stuck#wv-main")
    assert nudged
    await site.scheduler.start()
    assert kept(store) == []
    assert "add it to the catalogue" not in text(await browser.get(""))


async def test_a_journal_that_does_not_verify_is_told_and_takes_no_other_contract_away(
    tmp_path: Path, clock: HandClock
) -> None:
    store = Store(f"sqlite:///{tmp_path}/billing.sqlite")
    store.migrate()
    site = await Site(store, clock).start()
    broken, sound = month_contract(site.billing), month_contract(site.billing, "other")
    await site.stop()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_refuses_update")
        connection.exec_driver_sql(f"UPDATE journal SET hash = zeroblob(32) WHERE contract_id = '{broken}'")  # noqa: S608

    again = await Site(store, clock).start()
    page = text(await Browser(again).get(""))
    assert f'contracts/{broken}">{broken}</a> <span>Its journal does not verify' in page
    listed = text(await Browser(again).get("contracts"))
    assert sound in listed
    await again.stop()
    store.close()


async def test_contracts_are_found_by_name_and_by_state(site: Site, browser: Browser) -> None:
    site.billing.customers.create(NewCustomer("Studio Nord"), OPERATOR)
    found = text(await browser.get("contracts?q=LUMI"))
    assert "atelier-lumiere-1" in found
    assert "Studio Nord" not in found
    assert "No contract matches." in text(await browser.get("contracts?q=nobody"))
    assert "No contract matches." in text(await browser.get("contracts?state=suspended"))
    assert "atelier-lumiere-1" in text(await browser.get("contracts?state=open"))


async def test_an_empty_list_teaches(store: Store, clock: HandClock) -> None:
    made = await Site(store, clock).start()
    assert "There is no customer yet." in text(await Browser(made).get(""))
    await made.stop()


async def test_a_customer_without_a_contract_is_one_click_from_it(site: Site, browser: Browser) -> None:
    site.billing.customers.create(NewCustomer("Studio Nord"), OPERATOR)
    assert f"{PREFIX}customers/studio-nord/contracts/new" in text(await browser.get("contracts"))
    assert "no room can open" in text(await browser.get("customers/studio-nord"))


async def test_the_contract_page_tells_state_rooms_people_and_money(browser: Browser) -> None:
    page = text(await browser.get(CONTRACT))
    for words in (
        "The rooms are open until 23 December 2026, 00:00 (Paris time).",
        "a notice must arrive by 16 December 2026, 00:00 (Paris time)",
        LINK,
        "claire",
        "Trainer",
        "F2026-000001",
        "Period 2, if renewed",
        "today",
    ):
        assert words in page, words


async def test_a_room_service_that_is_away_takes_nothing_else_away(site: Site, browser: Browser) -> None:
    site.links.links.clear()
    page = text(await browser.get(CONTRACT))
    assert "The link is shown as soon as the rooms service answers." in page
    assert "claire" in page


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "contracts",
        "payments",
        "catalogue",
        "outbox",
        "customers/new",
        "customers/atelier-lumiere",
        "customers/atelier-lumiere/contracts/new",
        CONTRACT,
    ],
)
async def test_every_page_is_whole_in_both_languages(site: Site, path: str, locale: str) -> None:
    response = await Browser(site, locale=locale).get(path)
    page = text(response)
    assert response.code == 200
    assert f'lang="{locale}"' in page
    assert len(re.findall("<h1", page)) == 1
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"(?s)<(script|style).*?</\1>", "", page)), "an unfilled text"


async def test_the_bar_is_the_hubs_own(store: Store, clock: HandClock) -> None:
    look = Look([str(HUB_CONFIG / "templates")], ["webvisio_hub.pages.localised.Localised"])
    site = await Site(store, clock, hub=FakeHub(MORNING), look=look).start()
    page = text(await Browser(site).get(""))
    assert 'id="nav-password"' in page
    assert 'id="nav-contracts"' in page
    assert 'id="nav-account"' not in page
    assert 'id="nav-account"' in text(await Browser(site, "contact-token").get("account"))
    site.hub.failure = HubUnavailable()
    # a hub that is away takes an entry away, not the page
    assert 'id="nav-password"' not in text(await Browser(site).get(""))
    await site.stop()


async def test_the_language_cookie_wins_over_the_browser(site: Site) -> None:
    browser = Browser(site, locale="en")
    browser.cookies["webvisio-locale"] = "fr"
    assert "Clients et contrats" in text(await browser.get("contracts"))


async def test_french_is_the_first_language(site: Site) -> None:
    assert "Clients et contrats" in text(await Browser(site, locale="de").get("contracts"))


async def test_names_are_escaped_everywhere(site: Site, browser: Browser) -> None:
    name = "<script>alert(1)</script>"
    site.billing.customers.create(NewCustomer(name, ATELIER.__class__("evil")), OPERATOR)
    for path in ("contracts", "customers/evil", "customers/evil/contracts/new"):
        page = text(await browser.get(path))
        assert name not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_pages_are_not_framed_nor_kept(browser: Browser) -> None:
    headers = (await browser.get(CONTRACT)).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("locale", "title"), [("fr", "Introuvable"), ("en", "Not found")])
async def test_what_is_not_there_is_said_in_a_page(site: Site, locale: str, title: str) -> None:
    response = await Browser(site, locale=locale).get("contracts/none-1")
    assert response.code == 404
    assert f"<h1>{title}</h1>" in text(response)


async def test_an_address_that_is_none_of_ours_is_said_in_a_page(site: Site, browser: Browser) -> None:
    response = await browser.get("nowhere")
    assert response.code == 404
    assert "<h1>Not found</h1>" in text(response)
    assert (await site.ask("nowhere")).headers["Content-Type"] == "application/problem+json"


async def test_a_stranger_is_sent_to_the_hub(site: Site) -> None:
    response = await Browser(site, token="unknown").get("")
    assert response.code == 302
    assert response.headers["Location"].startswith("/hub/api/oauth2/authorize")


async def test_a_trainer_is_told_that_this_is_not_theirs(site: Site) -> None:
    response = await Browser(site, token="trainer-token").get("")
    assert response.code == 403
    assert "Your account may not do this." in text(response)


# ---- actions in two steps --------------------------------------------------------------


async def test_a_suspension_is_rehearsed_then_carried_out(site: Site, browser: Browser) -> None:
    rehearsed = await browser.post(f"{CONTRACT}/act", {**SUSPEND, "step": "preview"})
    page = text(rehearsed)
    assert "Clause 5.5" in page
    assert "Suspended: unlawful content." in page
    assert site.billing.contracts()[0].is_open
    done = await browser.post(f"{CONTRACT}/act", hidden_fields(page))
    assert done.headers["Location"] == f"{PREFIX}{CONTRACT}?done=suspend#wv-main"
    assert not site.billing.contracts()[0].is_open
    after = text(await browser.get(f"{CONTRACT}?done=suspend"))
    assert "The contract is suspended." in after
    assert "Suspended</span>" in after


async def test_it_is_lifted_the_same_way(site: Site, browser: Browser) -> None:
    page = text(await browser.post(f"{CONTRACT}/act", SUSPEND))
    await browser.post(f"{CONTRACT}/act", hidden_fields(page))
    page = text(await browser.post(f"{CONTRACT}/act", {"action": "lift", "reason": "illegal_content"}))
    await browser.post(f"{CONTRACT}/act", hidden_fields(page))
    assert site.billing.contracts()[0].is_open


async def test_a_refusal_by_clause_keeps_the_form_as_it_was(browser: Browser) -> None:
    fields = {"action": "suspend", "reason": "unpaid", "evidence": "two reminders sent"}
    response = await browser.post(f"{CONTRACT}/act", fields)
    page = text(response)
    assert response.code == 409
    assert 'data-clause="6.4"' in page
    assert "8 December 2026" in page
    assert "two reminders sent" in page


async def test_unlawful_content_needs_evidence(browser: Browser) -> None:
    page = text(await browser.post(f"{CONTRACT}/act", {**SUSPEND, "evidence": " "}))
    assert 'data-code="evidence_required"' in page


async def test_what_was_rehearsed_on_an_old_page_is_not_carried_out(site: Site, browser: Browser) -> None:
    page = text(await browser.post(f"{CONTRACT}/act", SUSPEND))
    site.billing.execute(ContractId("atelier-lumiere-1"), GiveNotice(by=Party.CUSTOMER), "someone-else")
    response = await browser.post(f"{CONTRACT}/act", hidden_fields(page))
    assert "The contract has changed since this page was shown." in text(response)
    assert site.billing.contracts()[0].is_open


@pytest.mark.parametrize("sequence", ["", "-1", "1e3", "9" * 40, "²"])
async def test_a_confirmation_without_a_page_is_not_carried_out(
    site: Site, browser: Browser, sequence: str
) -> None:
    await browser.post(f"{CONTRACT}/act", {**SUSPEND, "step": "confirm", "sequence": sequence})
    assert site.billing.contracts()[0].is_open


async def test_an_action_that_does_not_exist(browser: Browser) -> None:
    assert (await browser.post(f"{CONTRACT}/act", {"action": "explode"})).code == 404


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"action": "notice", "by": "customer"}, "The contract will end on 23 December 2026"),
        ({"action": "add_room", "room_name": "Atelier"}, "Room added: Atelier."),
        (
            {"action": "pay", "amount": "120", "method": "transfer", "key": "V-1"},
            "Payment received: €120.00.",
        ),
    ],
)
async def test_each_action_shows_its_result_first(
    browser: Browser, fields: dict[str, str], after: str
) -> None:
    page = text(await browser.post(f"{CONTRACT}/act", fields))
    assert after in page
    done = await browser.post(f"{CONTRACT}/act", hidden_fields(page))
    assert done.code == 302


# ---- XSRF ------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "made-up", "2|aaaa|bbbb|1"])
async def test_a_form_without_the_pages_token_does_nothing(site: Site, browser: Browser, token: str) -> None:
    await browser.get("")
    page = text(await browser.post(f"{CONTRACT}/act", SUSPEND))
    fields = {**hidden_fields(page), "_xsrf": token}
    assert (await browser.post(f"{CONTRACT}/act", fields)).code in (302, 401, 403)
    assert site.billing.contracts()[0].is_open


async def test_another_persons_token_does_nothing(site: Site, browser: Browser) -> None:
    other = Browser(site, token="admin-token")
    await other.get("")
    await browser.get("")
    fields = {**SUSPEND, "_xsrf": other.cookies["_xsrf"]}
    assert (await browser.post(f"{CONTRACT}/act", fields)).code in (302, 401, 403)


# ---- customers and contracts -----------------------------------------------------------


async def test_a_customer_and_a_contract_by_hand(site: Site, browser: Browser) -> None:
    made = await browser.post("customers/new", {"name": "Studio Nord", "kind": "professional"})
    assert made.headers["Location"] == f"{PREFIX}customers/studio-nord?done=customer#wv-main"
    path = "customers/studio-nord/contracts/new"
    fields = {"formula": "day", "effective": "2026-11-23", "room_name": "Nord", "trainer": "erik"}
    page = text(await browser.post(path, {**fields, "step": "preview"}))
    assert "€18.00" in page
    assert "24 November 2026, 00:00 (Paris time)" in page
    assert len(site.billing.contracts()) == 1
    done = await browser.post(path, {**hidden_fields(page, "Record the signature and open")})
    assert done.headers["Location"] == f"{PREFIX}contracts/studio-nord-1?done=contract#wv-main"
    assert "erik" in text(await browser.get("contracts/studio-nord-1"))


@pytest.mark.parametrize(
    ("locale", "words"),
    [("fr", "Date d’effet : « 2026-02-30 » n’est pas"), ("en", "“2026-02-30” is not a date")],
)
async def test_an_impossible_date_is_said_above_the_form(site: Site, locale: str, words: str) -> None:
    browser = Browser(site, locale=locale)
    fields = {"formula": "day", "effective": "2026-02-30", "room_name": "Nord"}
    response = await browser.post("customers/atelier-lumiere/contracts/new", fields)
    page = text(response).replace("\u00a0", " ")
    assert response.code == 400
    assert words in page
    assert 'value="Nord"' in page
    assert 'aria-invalid="true"' in page


async def test_a_wrong_siren_is_said_above_the_form(browser: Browser) -> None:
    page = text(await browser.post("customers/new", {"name": "Studio", "siren": "123 456 789"}))
    assert "check digit" in page
    assert 'value="Studio"' in page


# ---- people ----------------------------------------------------------------------------

MEMBERS = f"{CONTRACT}/rooms/{ROOM}/members"


async def test_what_is_wrong_is_said_beside_its_field(browser: Browser) -> None:
    page = text(await browser.post("customers/new", {"name": "Studio Nord", "siren": "123"}))
    field = page.partition('id="f-siren"')[2].partition("</div>")[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="f-siren-error f-siren-hint"' in field
    assert "SIREN" in field.partition('id="f-siren-error">')[2].partition("<")[0]


async def test_people_are_added_and_removed(site: Site, browser: Browser) -> None:
    await browser.post(MEMBERS, {"do": "add", "username": "Amina", "role": "participant"})
    assert [m.username for m in site.billing.customers.members(ROOM)] == ["claire", "amina"]
    await browser.post(MEMBERS, {"do": "remove", "username": "amina"})
    assert [m.username for m in site.billing.customers.members(ROOM)] == ["claire"]


async def test_a_person_that_cannot_be_is_refused_where_they_were_typed(site: Site, browser: Browser) -> None:
    page = text(await browser.post(MEMBERS, {"do": "add", "username": "a b", "role": "participant"}))
    assert "unaccented letters" in page
    assert 'value="a b"' in page
    assert len(site.billing.customers.members(ROOM)) == 1


async def test_an_invitation_is_shown_once(site: Site, browser: Browser) -> None:
    response = await browser.post(MEMBERS, {"do": "invite", "username": "claire"})
    assert "https://hub.example/hub/invitation/1" in text(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert "hub.example" not in text(await browser.get(CONTRACT))
    assert site.hub.user_names == {"claire"}


@pytest.mark.parametrize("is_away", [True, False])
async def test_why_there_is_no_invitation(site: Site, browser: Browser, is_away: bool) -> None:
    site.hub.failure = HubUnavailable("away") if is_away else None
    site.hub.expires_at = None
    page = text(await browser.post(MEMBERS, {"do": "invite", "username": "claire"}))
    assert ("The hub does not answer" if is_away else "This hub has no local accounts") in page


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (MEMBERS, {"do": "invite", "username": "nobody"}),
        (MEMBERS, {"do": "remove", "username": "nobody"}),
        (MEMBERS, {"do": "dance", "username": "claire"}),
        (f"{CONTRACT}/rooms/other/members", {"do": "add", "username": "amina", "role": "host"}),
        ("contracts/none-1/rooms/other/members", {"do": "add", "username": "amina", "role": "host"}),
    ],
)
async def test_people_and_rooms_that_are_not_there(
    browser: Browser, path: str, fields: dict[str, str]
) -> None:
    assert (await browser.post(path, fields)).code == 404


# ---- the hub's templates ---------------------------------------------------------------


def test_the_hubs_page_still_has_the_blocks_we_fill() -> None:
    source = (HUB_TEMPLATES / "page.html").read_text()
    for block in ("title", "stylesheet", "main", "script", "nav_bar_left_items"):
        assert re.search(rf"block {block}\b", source), block
