"""What a person does who has the room, and its notebooks, in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from browser.people import Person
from hub.platform_fixture import Platform

ROOM = "Python pour débutants"
LAB_TIMEOUT_MS = 60_000
"""A server and a kernel that start take their time."""


class LabPerson(Person):
    """Somebody whose room is in JupyterLab."""

    def enter(self, platform: Platform, name: str) -> None:
        """Log in to JupyterLab and join the room; what is presented there may open in front of it at once."""
        self.page.goto(f"{platform.url}/hub/login?next=%2Fhub%2Fspawn", timeout=LAB_TIMEOUT_MS)
        self.log_in(name, platform.passwords[name])
        self.join_from_lab(name)

    def join_from_lab(self, name: str) -> None:
        """Wait for one's JupyterLab, open the room from the sidebar, and press *Join*."""
        self.page.wait_for_url(re.compile(rf"/user/{name}/lab"), timeout=2 * LAB_TIMEOUT_MS)
        self.page.locator(".lm-TabBar-tab[data-id='webvisio-rooms']").click()
        self.page.locator("#webvisio-rooms").get_by_text(ROOM).first.click()
        self.place = "#webvisio-room"
        self.find("join").click()

    def show_room(self) -> None:
        """Bring the room's tab to the front."""
        self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").filter(has_text=ROOM).click()

    def front(self, name: str) -> Locator:
        """Find the tab of a notebook, while it is the one in front."""
        current = self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current")
        return current.filter(has_text=name)

    @property
    def notebook(self) -> Locator:
        """The room's notebook that is in front."""
        return self.page.locator(".webvisio-room-notebook:not(.lm-mod-hidden)")

    def bar(self, name: str) -> Locator:
        """Find a thing in the bar above the notebook."""
        return self.notebook.locator(f'[data-testid="{name}"]')

    def cell(self, number: int) -> Locator:
        """Find a cell by its place; only those near the screen are drawn."""
        return self.notebook.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def editor(self, number: int) -> Locator:
        """Find where a cell is written."""
        return self.cell(number).locator(".cm-content").first

    def present(self, name: str) -> None:
        """Open one of the room's notebooks from the materials, and put it before everybody."""
        self.open_document(name)
        expect(self.cell(0)).to_be_visible(timeout=LAB_TIMEOUT_MS)
        self.bar("present").click()

    def run(self, number: int) -> None:
        """Select a cell and press Shift+Enter."""
        self.cell(number).locator(".jp-InputPrompt, .jp-InputArea").first.click()
        self.page.keyboard.press("Shift+Enter")

    def type_into(self, number: int, text: str) -> None:
        """Type at the end of a cell, as one does."""
        self.editor(number).click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text, delay=10)

    def add_line_and_run(self, number: int, code: str) -> None:
        """Add a line to a cell, and run it."""
        self.editor(number).click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(f"\n{code}")
        self.page.keyboard.press("Shift+Enter")
