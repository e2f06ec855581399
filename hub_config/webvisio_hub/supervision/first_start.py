"""The first start: accounts, the demonstration customers, and the one time they are told.

Passwords are random and exist in clear only in this process and on the
terminal; a file gets them only when `WEBVISIO_CREDENTIALS_FILE` asks for it
(mode 600, for tests and for unattended set-ups). When the first start is cut
short the next one does it again, with new passwords.
"""

import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from webvisio_entitlements.clock import SystemClock
from webvisio_hub.accounts.application import Accounts
from webvisio_hub.accounts.passwords import make_passphrase
from webvisio_hub.accounts.storage import AccountStorage
from webvisio_hub.errors import FirstStartFailed
from webvisio_hub.roles import FIRST_ADMIN
from webvisio_hub.rooms_service import room_link
from webvisio_hub.supervision.console import Console
from webvisio_hub.supervision.layout import CHECKOUT, Layout
from webvisio_hub.supervision.plan import service_environment, shared_environment
from webvisio_hub.supervision.secrets_file import Secrets
from webvisio_hub.supervision.words import line
from webvisio_protocol.identifiers import RoomId, room_roles

CREDENTIALS_VARIABLE: Final = "WEBVISIO_CREDENTIALS_FILE"
STEP_TIMEOUT_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.2
DEMO_ROOM: Final = "python-debutants"
DEMO_NOTEBOOK: Final = CHECKOUT / "notebooks" / "01-premieres-donnees.ipynb"

PEOPLE: Final[tuple[tuple[str, str, str, str], ...]] = (
    # name, how they are called, what they are in French and in English
    (FIRST_ADMIN, "Exploitation", "exploitant", "operator"),
    ("claire", "Claire Fontaine", "formatrice, Atelier Lumière", "trainer, Atelier Lumière"),
    ("amina", "Amina Benali", "stagiaire", "trainee"),
    ("louis", "Louis Girard", "stagiaire", "trainee"),
    ("erik", "Erik Nordström", "formateur, Studio Nord", "trainer, Studio Nord"),
)


class _HubUser(msgspec.Struct):
    name: str
    groups: list[str] = []


class FirstCredentials(msgspec.Struct):
    """What the first start made, as the credentials file has it."""

    url: str
    passwords: dict[str, str] = {}
    room_link: str = ""
    guest_password: str = ""


@dataclass(slots=True)
class FirstStart:
    """Does it once for a `WEBVISIO_HOME`."""

    layout: Layout
    secrets: Secrets = field(repr=False)
    run_id: str
    console: Console
    credentials: FirstCredentials = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.credentials = FirstCredentials(self.layout.public_url)

    @property
    def is_needed(self) -> bool:
        return not self.layout.seeded_mark.exists()

    async def make_accounts(self) -> None:
        """Make the first accounts; needs no process of the platform, so it goes on while they start."""
        accounts = Accounts(AccountStorage(self.layout.home / "accounts.sqlite"), SystemClock())
        try:
            for name, called, *_ in PEOPLE:
                self.credentials.passwords[name] = make_passphrase()
                await accounts.set_password(name, self.credentials.passwords[name], called)
        finally:
            accounts.close()

    async def make_demonstration(self) -> None:
        """Make customers, contracts and the room; raises `FirstStartFailed`. The services must be up."""
        self.console.say("preparing")
        self.credentials.guest_password = make_passphrase(words=3)
        await asyncio.gather(
            self._command("billing", "seed-demo"),
            self._furnish_room(),
        )
        self.credentials.room_link = await self._room_link()
        await self._people_are_known()
        if path := os.environ.get(CREDENTIALS_VARIABLE):
            write_private(path, msgspec.json.encode(self.credentials))
        self.layout.seeded_mark.touch(mode=0o600)

    async def _furnish_room(self) -> None:
        """Give the demonstration room a password for guests, and the notebook of its course."""
        await self._command("rooms", "set-guest-password", DEMO_ROOM, given=self.credentials.guest_password)
        if DEMO_NOTEBOOK.is_file():
            await self._command("rooms", "import-document", DEMO_ROOM, str(DEMO_NOTEBOOK))

    async def _room_link(self) -> str:
        """Ask the rooms service for the demonstration room's link; it hears of the room from billing."""
        try:
            return await room_link(
                RoomId(DEMO_ROOM), self.layout.service_url("rooms"), self.secrets.internal_token
            )
        except (HTTPClientError, OSError) as problem:
            raise FirstStartFailed(line("step_failed", step="rooms link", output=str(problem))) from problem

    async def _people_are_known(self) -> None:
        """Wait until billing has told the hub who belongs to whom: only then can they log in."""
        request = HTTPRequest(
            f"http://127.0.0.1:{self.layout.ports.hub}/hub/api/users",
            headers={"Authorization": f"token {self.secrets.rooms_token}"},
        )
        deadline = time.monotonic() + STEP_TIMEOUT_S
        wanted = {name for name, *_ in PEOPLE} - {FIRST_ADMIN}
        while time.monotonic() < deadline:
            with suppress(HTTPClientError, OSError):
                response = await AsyncHTTPClient().fetch(request)
                users = msgspec.json.decode(response.body, type=list[_HubUser])
                if wanted <= {user.name for user in users if room_roles(user.groups)}:
                    return
            await asyncio.sleep(_LOOK_EVERY_S)
        raise FirstStartFailed(line("step_failed", step="people", output=f"> {STEP_TIMEOUT_S:.0f} s"))

    async def _command(self, service: str, *arguments: str, given: str = "") -> None:
        """Run a command of a service with the service's own environment; `given` is its standard input."""
        own = service_environment(service, self.layout, self.secrets)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", f"webvisio_{service}", *arguments,
            env={**shared_environment(self.layout, self.run_id), **own},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        step = " ".join([service, *arguments])
        try:
            told, _ = await asyncio.wait_for(process.communicate(f"{given}\n".encode()), STEP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            raise FirstStartFailed(
                line("step_failed", step=step, output=f"> {STEP_TIMEOUT_S:.0f} s")
            ) from None
        if process.returncode != 0:
            output = told.decode(errors="replace")[-2000:]
            raise FirstStartFailed(line("step_failed", step=step, output=output))


def tell(credentials: FirstCredentials) -> str:
    """Word the first credentials for the terminal."""
    rule = "─" * 78
    width = max(len(name) for name, *_ in PEOPLE)
    rows = [
        f"  {name:<{width}}  {credentials.passwords[name]:<40} {french} / {english}"
        for name, _, french, english in PEOPLE
    ]
    return "\n".join(
        [
            rule,
            f"  {credentials.url}",
            "",
            "  Premiers identifiants : notez-les, ils ne seront plus montrés.",
            "  First credentials: write them down, they will not be shown again.",
            "",
            *rows,
            "",
            "  Salle de démonstration, pour tout le monde / Demonstration room, for everybody:",
            f"  {credentials.room_link}",
            f"  mot de passe des invités / guests' password: {credentials.guest_password}",
            rule,
        ]
    )


def write_private(path: str, content: bytes) -> None:
    """Write a file that only its owner can read, replacing what was there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)
