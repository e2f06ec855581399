"""How people come into the demonstration's room; the fixtures `arrivals`, `trainer`, `trainee` and `guest` use it.

A module whose people do more, or come otherwise, overrides the fixture by the
same name and goes on from there:

    @pytest.fixture(scope="module")
    def trainer(trainer: Person) -> Person:
        trainer.find("materials-toggle").click()
        return trainer
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from browser.lab_people import LabPerson
from browser.people import Person
from hub.platform_fixture import Platform

FRENCH, ENGLISH = "fr-FR", "en-GB"
PHONE = {"width": 390, "height": 844}


@dataclass
class Arrivals:
    """Brings people into the room, each in a browser context of their own; `script` runs before a page's own."""

    platform: Platform
    new_page: Callable[..., Page]

    def by_account(self, name: str, locale: str = ENGLISH) -> Person:
        """Come in on the plain page, with an account of the demonstration."""
        person = Person(self.new_page(locale=locale))
        person.join_with_account(self.platform.room_link, name, self.platform.passwords[name])
        person.is_in()
        return person

    def on_a_phone(self, name: str, script: str = "") -> Person:
        """Come in as a guest, by the link and the room's password, on a phone in French."""
        person = Person(self._prepared(script, locale=FRENCH, **PHONE))
        person.join_as_guest(self.platform.room_link, name, self.platform.guest_password)
        person.is_in()
        return person

    def in_lab(self, name: str, script: str = "", **window: int) -> LabPerson:
        """Join from one's JupyterLab in French; what is presented may be in front of the room already."""
        person = LabPerson(self._prepared(script, locale=FRENCH, **window))
        person.enter(self.platform, name)
        return person

    def trainer_in_lab(self, **window: int) -> LabPerson:
        """Bring Claire from her JupyterLab, with the materials open."""
        person = self.in_lab("claire", script="", **window)
        person.is_in()
        person.find("materials-toggle").click()
        return person

    def _prepared(self, script: str, **window: object) -> Page:
        page = self.new_page(**window)
        if script:
            page.add_init_script(script)
        return page
