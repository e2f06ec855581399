"""Databases for billing's tests: SQLite always, PostgreSQL too where its programs are installed.

Fixtures to be imported by a `conftest`.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from webvisio_billing.storage.database import Store


def _run_as_owner(folder: Path, *command: str) -> None:
    """Run a PostgreSQL program; it refuses to run as root, so `nobody` does it then."""
    owner = None
    if os.geteuid() == 0:
        owner = "nobody"
        os.chown(folder, pwd.getpwnam(owner).pw_uid, -1)
    subprocess.run(
        command,
        check=True,
        user=owner,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a server of our own on a Unix socket; skipped only where none is installed."""
    if not (shutil.which("initdb") and shutil.which("pg_ctl")):
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed")
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/billing-pg-XXXXXX"], text=True).strip())
    folder.chmod(0o755)
    data = folder / "data"
    try:
        _run_as_owner(
            folder, "initdb", "-D", str(data), "-U", "webvisio", "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        options = f"-c listen_addresses='' -k {folder} -c fsync=off"
        _run_as_owner(
            folder, "pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"
        )
        yield f"postgresql://webvisio@/postgres?host={folder}"
    finally:
        if (data / "postmaster.pid").exists():
            _run_as_owner(folder, "pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


MakeStore = Callable[[], Store]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, migrated once for all tests to copy."""
    path = tmp_path_factory.mktemp("billing") / "empty.sqlite"
    made = Store(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    """A migrated SQLite database."""
    path = tmp_path / "billing.sqlite"
    shutil.copyfile(migrated, path)
    made = Store(f"sqlite:///{path}")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Opens the same empty database as often as asked, on each kind of server."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'billing.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql")
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    opened: list[Store] = []

    def open_one() -> Store:
        made = Store(url)
        made.migrate()
        opened.append(made)
        return made

    yield open_one
    for made in opened:
        made.close()
