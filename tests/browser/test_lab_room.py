"""The trainer's JupyterLab: one click to the door, a session that outlives its tab, and the person's own identity."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import NewPage
from browser.people import Person
from browser.the_operator import Operator
from hub.platform_fixture import Platform

CUSTOMER = "atelier-lumiere"
ROOM = "Python pour débutants"
LAB_TIMEOUT_MS = 60_000
KERNEL_POLL_MS = 250
_KERNEL_IS_CONNECTED = """async () => {
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]+)/)[1];
  const answer = await fetch('/user/claire/api/kernels', { headers: { 'X-XSRFToken': xsrf } });
  const kernels = await answer.json();
  // those of pages that were closed have no connection any more
  return kernels.some(k => k.connections > 0 && k.execution_state === 'idle');
}"""


@dataclass
class Lab:
    """Claire's JupyterLab in a browser of hers."""

    page: Page
    platform: Platform

    @classmethod
    def opened(cls, page: Page, platform: Platform, query: str = "reset") -> "Lab":
        """Log in, wait for the server, and see an empty workspace."""
        lab = cls(page, platform)
        page.goto(f"{platform.url}/hub/login")
        Person(page).log_in("claire", platform.passwords["claire"])
        page.wait_for_url(re.compile("/user/claire/lab"), timeout=LAB_TIMEOUT_MS)
        lab.load(query)
        return lab

    def load(self, query: str = "reset") -> None:
        """Load JupyterLab (again); `reset` empties the workspace."""
        self.page.goto(f"{self.platform.url}/user/claire/lab?{query}")
        self.page.locator("#jp-main-dock-panel").wait_for(timeout=LAB_TIMEOUT_MS)

    @property
    def room(self) -> Person:
        """The room in its own tab."""
        return Person(self.page, "#webvisio-room")

    @property
    def strip(self) -> Person:
        """The strip above the status bar."""
        return Person(self.page, "#webvisio-strip")

    @property
    def status(self) -> Locator:
        """The status bar's item; its name says all it shows."""
        return self.page.locator(".webvisio-lab-status")

    def card(self) -> Locator:
        """The launcher's card."""
        return self.page.locator(".jp-LauncherCard").filter(
            has_text=re.compile("salle de formation|training room", re.I)
        )

    def sidebar_tab(self) -> Locator:
        return self.page.locator(".lm-TabBar-tab[data-id='webvisio-rooms']")

    def tab(self) -> Locator:
        """The room's tab in the main area."""
        return self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").filter(has_text=ROOM)

    def join(self) -> None:
        """From an empty workspace into the room, by the launcher."""
        self.card().click()
        self.room.find("join").click()
        self.room.is_in()

    def new_notebook(self) -> None:
        """Open a new notebook in front of everything else."""
        if self.page.locator(".jp-LauncherCard:visible").count() == 0:
            self.page.locator(".lm-TabBar-addButton:visible").first.click()
        self.page.locator(".jp-LauncherCard:visible").filter(has_text="Python 3").first.click()
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=LAB_TIMEOUT_MS)

    def kernel_is_connected(self) -> None:
        """Wait until the server has this page's connection to the kernel: JupyterLab forgets earlier runs.

        What is typed before that may be lost too, to the notebook that is still loading.
        """
        idle = self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        expect(idle.first).to_be_visible(timeout=LAB_TIMEOUT_MS)
        for _ in range(LAB_TIMEOUT_MS // KERNEL_POLL_MS):
            if self.page.evaluate(_KERNEL_IS_CONNECTED):
                return
            self.page.wait_for_timeout(KERNEL_POLL_MS)
        raise AssertionError("the kernel was never connected")


@pytest.fixture
def lab(platform: Platform, new_page: NewPage) -> Iterator[Lab]:
    """Claire's JupyterLab, in French; whatever room she is in is left at the end."""
    yield Lab.opened(new_page(locale="fr-FR"), platform)


def test_one_click_in_the_launcher_leads_to_the_door_with_ones_own_picture(lab: Lab) -> None:
    expect(lab.sidebar_tab()).to_be_visible()
    expect(lab.page.locator(".lm-MenuBar-itemLabel", has_text="Salle")).to_be_visible()

    lab.card().click()

    expect(lab.tab()).to_be_visible()
    expect(lab.room.find("join")).to_have_text(re.compile("^(Ouvrir la salle|Entrer)$"))
    moves(lab.page.locator("#webvisio-room video").first)


def test_jupyterlab_itself_speaks_the_browsers_language(lab: Lab) -> None:
    expect(lab.page.locator(".lm-MenuBar-itemLabel", has_text="Fichier")).to_be_visible()
    expect(lab.page.locator("html")).to_have_attribute("lang", re.compile("^fr"))


def test_the_session_goes_on_in_a_notebook_and_without_its_tab(
    lab: Lab, platform: Platform, new_page: NewPage
) -> None:
    lab.join()
    lab.room.sees("Vous")
    expect(lab.strip.page.locator("#webvisio-strip")).to_be_hidden()

    lab.new_notebook()
    lab.strip.sees("Vous")
    for control in ("mic", "camera", "share", "hand", "leave"):
        expect(lab.strip.find(control)).to_be_visible()
    expect(lab.status).to_have_attribute(
        "aria-label", re.compile(f"{ROOM}.*1 personne.*micro ouvert.*connecté")
    )
    lab.strip.find("mic").click()
    expect(lab.status).to_have_attribute("aria-label", re.compile("micro coupé"))

    lab.tab().locator(".lm-TabBar-tabCloseIcon").click()
    expect(lab.tab()).to_have_count(0)
    guest = Person(new_page(locale="fr-FR"))
    guest.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    guest.is_in()
    guest.sees("Claire")
    lab.strip.sees("Zoé")
    assert overflows(lab.page, "#webvisio-strip .wv-strip") == 0

    lab.status.click()
    lab.room.is_in()
    lab.room.sees("Zoé")
    lab.room.find("leave").click()
    expect(lab.room.find("left")).to_be_visible()
    lab.tab().locator(".lm-TabBar-tabCloseIcon").click()
    expect(lab.status).to_be_hidden()


def test_a_hand_is_noticed_while_working_in_a_notebook(
    lab: Lab, platform: Platform, new_page: NewPage
) -> None:
    lab.join()
    lab.new_notebook()
    guest = Person(new_page(locale="fr-FR"))
    guest.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    guest.is_in()

    guest.find("hand").click()

    notice = lab.page.locator(".jp-toastContainer").get_by_text("Zoé lève la main")
    expect(notice).to_be_visible()


def test_the_cut_reaches_a_trainer_who_works_in_a_notebook(lab: Lab, platform: Platform) -> None:
    lab.join()
    lab.new_notebook()
    with ExitStack() as stack:
        operator = stack.enter_context(Operator.logged_in(platform))
        stack.callback(operator.lift_everything, CUSTOMER)

        operator.suspend(CUSTOMER, "illegal_content")

        expect(lab.page.locator(".jp-toastContainer")).to_contain_text("contenu illicite", timeout=2000)
        expect(lab.page.locator("#webvisio-strip")).to_be_hidden()
        expect(lab.status).to_have_attribute("aria-label", re.compile("accès est suspendu"))


def test_closing_the_door_gives_the_camera_back(lab: Lab) -> None:
    lab.card().click()
    video = lab.page.locator("#webvisio-room video").first
    moves(video)
    track = video.evaluate_handle("video => video.srcObject.getVideoTracks()[0]")

    lab.tab().locator(".lm-TabBar-tabCloseIcon").click()

    expect(lab.status).to_be_hidden()
    assert track.evaluate("track => track.readyState") == "ended"


def test_a_reload_neither_rejoins_nor_opens_the_camera(lab: Lab) -> None:
    lab.join()

    lab.load("")

    expect(lab.sidebar_tab()).to_be_visible()
    lab.sidebar_tab().click()
    expect(lab.page.locator("#webvisio-rooms").get_by_text(ROOM)).to_be_visible()
    expect(lab.page.locator("video")).to_have_count(0)
    expect(lab.status).to_be_hidden()


def test_a_room_in_the_address_opens_its_door_once(lab: Lab) -> None:
    room_id = lab.page.evaluate(
        """async prefix => {
          const frame = document.body.appendChild(document.createElement('iframe'));
          await new Promise(done => { frame.onload = done; frame.src = prefix + 'session'; });
          const xsrf = frame.contentDocument.querySelector('meta[name=webvisio-xsrf]').content;
          const answer = await fetch(prefix + 'api/rooms', {headers: {'X-XSRFToken': xsrf}});
          return (await answer.json()).rooms[0].room.roomId;
        }""",
        "/services/rooms/",
    )

    lab.load(f"reset&webvisio-room={room_id}")

    expect(lab.room.find("join")).to_be_visible()
    assert "webvisio-room" not in lab.page.url


def test_when_the_hub_wants_a_login_a_click_opens_a_small_window(lab: Lab, platform: Platform) -> None:
    context = lab.page.context
    context.clear_cookies(name="jupyterhub-hub-login")
    context.clear_cookies(path="/services/rooms/")
    lab.load()
    lab.sidebar_tab().click()

    with context.expect_page() as opening:
        lab.page.locator("#webvisio-rooms").get_by_role("button", name="Se connecter").click()
    window = opening.value
    Person(window).log_in("claire", platform.passwords["claire"])

    expect(lab.page.locator("#webvisio-rooms").get_by_text(ROOM)).to_be_visible()
    assert window.is_closed()


def test_a_notebook_shows_ones_rooms_under_the_servers_own_token(lab: Lab) -> None:
    lab.new_notebook()
    lab.kernel_is_connected()
    editor = lab.page.locator(".jp-Notebook .jp-Cell").first.locator(".cm-content")
    editor.fill("from webvisio_ext import Room\nroom = Room.mine()[0]\nroom")
    expect(editor).to_contain_text("Room.mine")

    shown = lab.page.locator(".jp-Notebook .webvisio-room")
    for _ in range(6):  # JupyterLab forgets a run that is asked for while its kernel is still connecting
        editor.press("Shift+Enter")
        with suppress(AssertionError):
            expect(shown).to_contain_text(ROOM, timeout=6_000)
            break
    expect(shown).to_contain_text(ROOM)
    expect(shown.get_by_role("link")).to_have_attribute("href", lab.platform.room_link)


def test_the_room_follows_jupyterlabs_theme_in_english(platform: Platform, new_page: NewPage) -> None:
    lab = Lab.opened(new_page(locale="en-GB"), platform)
    choose(lab.page, "Settings", "Theme", "JupyterLab Dark")
    try:
        lab.card().click()
        expect(lab.room.find("join")).to_have_text(re.compile("^(Open the room|Join)$"))
        assert brightness(lab.page, "#webvisio-room .webvisio", "backgroundColor") < 60
        assert brightness(lab.page, "#webvisio-room h1", "color") > 200
    finally:
        choose(lab.page, "Settings", "Theme", "JupyterLab Light")


def moves(video: Locator) -> None:
    """Wait until a picture moves: five more frames are shown."""
    expect(video).to_be_visible()
    video.evaluate(
        """video => new Promise(resolve => {
          let shown = 0;
          const count = () => (++shown >= 5 ? resolve() : video.requestVideoFrameCallback(count));
          video.requestVideoFrameCallback(count);
        })"""
    )


def overflows(page: Page, selector: str) -> int:
    """Measure by how many CSS pixels an element's content is wider than the element."""
    width: int = page.locator(selector).evaluate("box => box.scrollWidth - box.clientWidth")
    return width


def choose(page: Page, *labels: str) -> None:
    """Choose from JupyterLab's menus."""
    page.locator(".lm-MenuBar-itemLabel", has_text=labels[0]).click()
    for label in labels[1:]:
        page.locator(".lm-Menu-itemLabel", has_text=label).first.click()


def brightness(page: Page, selector: str, name: str) -> float:
    """Read a colour of an element, or of what shows through it, as 0 (black) to 255 (white)."""
    value: float = page.locator(selector).first.evaluate(
        """(element, name) => {
          for (let at = element; at; at = at.parentElement) {
            const parts = getComputedStyle(at)[name].match(/[\\d.]+/g).map(Number);
            if ((parts[3] ?? 1) > 0) return (parts[0] + parts[1] + parts[2]) / 3;
          }
          return 255;
        }""",
        name,
    )
    return value
