"""Starts people's JupyterLab: each in a home of their own and, where root allows it, under a uid of their own.

A person's uid is the owner of their home: the file system is the register, so
nothing can disagree with it and no uid is given twice while a home exists.
Trainees run code; another person's home and the platform's secrets are closed
to them by the kernel, or the operator is told at start that they are not.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import Bool, Unicode, default

from webvisio_hub.settings import home
from webvisio_hub.slugs import folder_name

FIRST_UID: Final = 20_000
LAST_UID: Final = 59_999
"""Between Debian's own users and its reserved range; must be mapped in a container."""
COURSES_FOLDER: Final = "cours"
SERVER_LOG: Final = ".cache/server.log"


class PersonalSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]  # jupyterhub is untyped
    """One person's server, as a local process."""

    separates_people = Bool(False, help="Run each person's server under a uid of their own.").tag(config=True)
    courses_dir = Unicode("", help="Notebooks copied into a new home.").tag(config=True)

    @default("home_dir")
    def _home_in_state(self) -> str:
        return str(home() / "homes" / folder_name(self.user.name))

    async def start(self) -> Any:
        """Make the home where there is none, then start the server."""
        await asyncio.to_thread(self.prepare_home)
        return await super().start()

    def prepare_home(self) -> None:
        """Make home and owner; a home that exists is left as it is, but for its mode."""
        folder = Path(self.home_dir)
        is_new = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.separates_people and not FIRST_UID <= folder.stat().st_uid <= LAST_UID:
            uid = next_uid(folder.parent)
            os.chown(folder, uid, uid)
        (folder / ".cache" / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_new and self.courses_dir:
            self._hand_out_courses(folder)
        if is_new and self.separates_people:
            owner = folder.stat().st_uid
            for path in folder.rglob("*"):
                os.chown(path, owner, owner, follow_symlinks=False)

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """Build what the child does before it becomes the server: give up root, go home."""
        folder = self.home_dir
        owner = Path(folder).stat().st_uid
        separates_people = self.separates_people

        def prepare() -> None:
            os.umask(0o077)
            for number in (signal.SIGINT, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            if separates_people:
                os.setgroups([])
                os.setgid(owner)
                os.setuid(owner)
            os.chdir(folder)
            # what a server logs names its person: it is theirs, not the platform's
            log = os.open(SERVER_LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)

        return prepare

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Point everything that writes at the person's own home."""
        env = dict(super().user_env(env))
        env["TMPDIR"] = str(Path(self.home_dir) / ".cache" / "tmp")
        return env

    def get_args(self) -> list[str]:
        """Add the consent that Jupyter asks of a root that cannot be given up."""
        consent = [] if self.separates_people or os.geteuid() != 0 else ["--allow-root"]
        return [*super().get_args(), *consent]

    def _hand_out_courses(self, folder: Path) -> None:
        source = Path(self.courses_dir)
        if not source.is_dir():
            return
        target = folder / COURSES_FOLDER
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))


def next_uid(homes: Path) -> int:
    """Choose a uid that owns no home yet; raises `RuntimeError` when all are taken."""
    taken = {path.stat().st_uid for path in homes.iterdir()}
    owned = [uid for uid in taken if FIRST_UID <= uid <= LAST_UID]
    uid = max(owned, default=FIRST_UID - 1) + 1
    if uid > LAST_UID:
        free = set(range(FIRST_UID, LAST_UID + 1)) - taken
        if not free:
            raise RuntimeError("every uid for people's servers is taken")
        uid = min(free)
    return uid


_PROBE: Final = "import os, sys; os.chdir(sys.argv[1]); import jupyterhub, webvisio_ext"


def why_not_separated(homes: Path) -> str | None:
    """Tell why people's servers cannot have uids of their own, by trying; None when they can.

    The answer is a key of the supervisor's words.
    """
    if os.geteuid() != 0:
        return "why_not_root"
    try:
        probe = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE, str(homes)],
            cwd="/",  # entered as root: the probe must find its own way to the homes
            user=LAST_UID,
            group=LAST_UID,
            extra_groups=[],
            env={"PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return "why_unreadable"
    return None if probe.returncode == 0 else "why_unreadable"
