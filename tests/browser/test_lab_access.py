"""What the extension adds to JupyterLab passes axe (WCAG 2.2 A and AA), in light and in dark."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.axe import faults
from browser.conftest import NewPage
from browser.people import Person
from browser.test_lab_room import Lab, choose
from hub.platform_fixture import Platform


@pytest.fixture(scope="module", params=["Light", "Dark"])
def lab(request: pytest.FixtureRequest, platform: Platform, lasting_page: NewPage) -> Iterator[Lab]:
    """JupyterLab in one theme, with a guest in the room beside the trainer."""
    lab = Lab.opened(lasting_page(locale="en-GB"), platform)
    choose(lab.page, "Settings", "Theme", f"JupyterLab {request.param}")
    yield lab
    choose(lab.page, "Settings", "Theme", "JupyterLab Light")


def test_a_fault_is_told(lab: Lab) -> None:
    lab.page.evaluate(
        """() => { const bad = document.querySelector('.webvisio-lab-sidebar').appendChild(
          document.createElement('button')); bad.id = 'bad'; }"""
    )
    lab.sidebar_tab().click()
    try:
        assert "button-name" in faults(lab.page, "#webvisio-rooms")
    finally:
        lab.page.evaluate("document.getElementById('bad').remove()")
        lab.sidebar_tab().click()


def test_the_list_of_rooms_and_the_door(lab: Lab) -> None:
    lab.sidebar_tab().click()
    lab.page.locator("#webvisio-rooms").get_by_text("Python pour").first.click()
    expect(lab.room.find("join")).to_be_visible()

    assert faults(lab.page, "#webvisio-rooms", "#webvisio-room", ".webvisio-lab-status") == ""


def test_the_room_with_its_panels(lab: Lab, platform: Platform, lasting_page: NewPage) -> None:
    lab.room.find("join").click()
    lab.room.is_in()
    guest = Person(lasting_page(locale="en-GB"))
    guest.join_as_guest(platform.room_link, "Zoé", platform.guest_password)
    lab.room.sees("Zoé")

    lab.room.find("people-toggle").click()
    assert faults(lab.page, "#webvisio-rooms", "#webvisio-room", ".webvisio-lab-status") == ""
    lab.room.find("chat-toggle").click()
    assert faults(lab.page, "#webvisio-room") == ""


def test_the_strip_above_the_status_bar(lab: Lab) -> None:
    lab.sidebar_tab().click()
    lab.new_notebook()
    expect(lab.strip.find("leave")).to_be_visible()

    assert faults(lab.page, "#webvisio-strip", ".webvisio-lab-status") == ""


def test_the_strip_and_the_list_are_reached_by_the_keyboard(lab: Lab) -> None:
    lab.strip.find("mic").focus()
    before = lab.status.get_attribute("aria-label") or ""

    lab.page.keyboard.press("Space")

    expect(lab.status).not_to_have_attribute("aria-label", re.compile(re.escape(before)))
    lab.page.keyboard.press("Tab")
    assert lab.page.evaluate("document.activeElement.dataset.testid") == "camera"
