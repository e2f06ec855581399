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

CUT = """() => [...document.querySelectorAll('#webvisio-strip *, .webvisio-bar *')]
  .filter(one => one.checkVisibility() && getComputedStyle(one).clipPath === 'none')
  .filter(one => !one.closest('.webvisio-bar-hint, .wv-tile'))
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden')
  .map(one => one.outerHTML.slice(0, 120))"""
"""What is shown only in part; the explanation in the bar may be, for it is a tip too."""

CONTRAST = """element => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const light = colour => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map(value =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const { color, backgroundColor } = getComputedStyle(element);
  const [low, high] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
"""The contrast of an element's colour with its own background, by WCAG's formula."""


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


def test_on_a_phone_nothing_of_the_bars_is_cut(lab: Lab) -> None:
    lab.tab().click()
    lab.room.find("materials-toggle").click()
    lab.room.find("document-open").first.click()
    expect(lab.page.locator('.webvisio-bar[data-access="write"]')).to_be_visible()
    lab.page.set_viewport_size({"width": 390, "height": 844})
    expect(lab.strip.find("leave")).to_be_in_viewport(ratio=1)

    assert lab.page.evaluate(CUT) == []
    assert faults(lab.page, "#webvisio-strip", ".webvisio-bar") == ""
    lab.page.set_viewport_size({"width": 1280, "height": 800})


def test_the_chosen_layout_is_seen_in_the_theme(lab: Lab) -> None:
    lab.tab().click()
    assert lab.room.find("layout-gallery").evaluate(CONTRAST) >= 3, "WCAG 2.2, 1.4.11"
    lab.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").last.click()


def test_the_strip_and_the_list_are_reached_by_the_keyboard(lab: Lab) -> None:
    lab.strip.find("mic").focus()
    before = lab.status.get_attribute("aria-label") or ""

    lab.page.keyboard.press("Space")

    expect(lab.status).not_to_have_attribute("aria-label", re.compile(re.escape(before)))
    lab.page.keyboard.press("Tab")
    assert lab.page.evaluate("document.activeElement.dataset.testid") == "camera"
