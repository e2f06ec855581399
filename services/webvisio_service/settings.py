"""The traitlets settings that every service and each of its commands has.

A service names itself once (`database_name`, `default_port`, `service_name`);
the rest comes from the environment that the platform sets, the command line
or a traitlets configuration.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from traitlets import TraitError, Unicode, default
from traitlets.config import Application


class WithoutValues(logging.Filter):
    """Keeps names, addresses and tokens that libraries would log out of the log.

    JupyterHub's authentication and tornado's web layer put them into the
    arguments of their records; their templates alone say enough.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.args = ()
        return True


LIBRARIES_THAT_LOG_VALUES = ("tornado.application", "tornado.general", "tornado.access", "alembic")


class StateSettings(Application):
    """Where a service keeps its state: what its commands need too."""

    database_name: ClassVar[str]
    """`billing`: WEBVISIO_BILLING_DATABASE, or `billing.sqlite` in the state folder."""

    aliases = {  # noqa: RUF012 - traitlets reads it from the class
        "log-level": "Application.log_level",
        "database": "StateSettings.database",
    }

    home = Unicode(help="Folder of the platform's state (WEBVISIO_HOME).").tag(config=True)
    database = Unicode(help="SQLAlchemy URL (WEBVISIO_<SERVICE>_DATABASE).").tag(config=True)

    @default("log_level")
    def _default_log_level(self) -> int:
        return logging.INFO

    @default("home")
    def _default_home(self) -> str:
        return os.environ.get("WEBVISIO_HOME", "var")

    @default("database")
    def _default_database(self) -> str:
        path = Path(self.home).absolute() / f"{self.database_name}.sqlite"
        return os.environ.get(f"WEBVISIO_{self.database_name.upper()}_DATABASE") or f"sqlite:///{path}"

    def database_url(self) -> str:
        """Tell the database's URL, with the folder of an SQLite file made."""
        if self.database.startswith("sqlite:///"):
            Path(self.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return self.database

    def begin_logging(self) -> None:
        """Log to standard error, in the platform's one format, without what libraries would tell."""
        logging.basicConfig(
            level=int(str(self.log_level)),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            force=True,
        )
        for name in LIBRARIES_THAT_LOG_VALUES:
            logging.getLogger(name).addFilter(WithoutValues())
            logging.getLogger(name).setLevel(logging.WARNING)


class ServiceSettings(StateSettings):
    """Where a service listens."""

    service_name: ClassVar[str]
    default_port: ClassVar[int]

    aliases = {  # noqa: RUF012 - traitlets reads it from the class
        **StateSettings.aliases,
        "url": "ServiceSettings.url",
    }

    url = Unicode(help="Where to listen (JUPYTERHUB_SERVICE_URL).").tag(config=True)
    prefix = Unicode(help="Path of the service (JUPYTERHUB_SERVICE_PREFIX).").tag(config=True)

    @default("url")
    def _default_url(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_URL") or f"http://127.0.0.1:{self.default_port}"

    @default("prefix")
    def _default_prefix(self) -> str:
        return os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or f"/services/{self.service_name}/"


def launch(application: type[Application], arguments: list[str] | None) -> Any:
    """Run a command line; a setting that is wrong is told in one line."""
    try:
        return application.launch_instance(arguments)
    except TraitError as error:
        sys.stderr.write(f"{error}\n")
        return 2
