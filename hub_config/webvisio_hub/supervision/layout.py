"""Where this run keeps its state and on which ports it listens.

Everything follows from `WEBVISIO_HOME`, `WEBVISIO_PORT`, `WEBVISIO_BIND` and
`WEBVISIO_PUBLIC_URL`, so two instances with different values never meet.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from webvisio_hub.errors import SettingsError

CHECKOUT: Final = Path(__file__).resolve().parents[3]
"""The checkout: the packages are installed from it, in place."""

LARGEST_OFFSET: Final = 84
"""The inner ports reach this far above the public one."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one instance; all follow from the public one."""

    public: int

    @property
    def proxy_api(self) -> int:
        return self.public + 1

    @property
    def hub(self) -> int:
        return self.public + 81

    @property
    def billing(self) -> int:
        return self.public + 82

    @property
    def rooms(self) -> int:
        return self.public + 83

    @property
    def media(self) -> int:
        """UDP, unlike the others."""
        return self.public + LARGEST_OFFSET

    @property
    def tcp(self) -> dict[str, int]:
        """The TCP ports by the name of the process that listens on each."""
        return {
            "proxy": self.public,
            "proxy API": self.proxy_api,
            "hub": self.hub,
            "billing": self.billing,
            "rooms": self.rooms,
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths, addresses and ports of one instance."""

    home: Path
    bind: str
    ports: Ports
    public_url: str
    has_public_url: bool
    """Whether the operator named the public URL: then it is enforced, else any host name will do."""

    @property
    def secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def homes(self) -> Path:
        """The people's own directories."""
        return self.home / "homes"

    @property
    def lock_file(self) -> Path:
        return self.home / "run.lock"

    @property
    def seeded_mark(self) -> Path:
        """Exists once the demonstration data and the first accounts are there."""
        return self.home / "first-start.done"

    def database_url(self, name: str) -> str:
        """SQLAlchemy's URL of one of this instance's SQLite files."""
        return f"sqlite:///{self.home / name}.sqlite"

    @property
    def front_door(self) -> str:
        """Where the proxy answers on this machine."""
        address = "127.0.0.1" if self.bind in ("0.0.0.0", "") else self.bind  # noqa: S104 - compared, not bound
        return f"http://{address}:{self.ports.public}"

    def service_url(self, name: str) -> str:
        """The direct address of a service, with its prefix and a final slash."""
        return f"http://127.0.0.1:{self.ports.tcp[name]}/services/{name}/"


def layout_from(environment: Mapping[str, str] = os.environ) -> Layout:
    """Read the layout out of the environment; raises `SettingsError` naming what is wrong."""
    port = _port(environment.get("WEBVISIO_PORT") or "8000")
    bind = environment.get("WEBVISIO_BIND") or "127.0.0.1"
    public_url = environment.get("WEBVISIO_PUBLIC_URL") or ""
    if public_url and not public_url.startswith(("http://", "https://")):
        raise SettingsError("WEBVISIO_PUBLIC_URL must begin with http:// or https://")
    return Layout(
        home=Path(environment.get("WEBVISIO_HOME") or "var").absolute(),
        bind=bind,
        ports=Ports(port),
        public_url=public_url.rstrip("/") or f"http://localhost:{port}",
        has_public_url=bool(public_url),
    )


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        raise SettingsError(f"WEBVISIO_PORT must be a number, not {text!r}") from None
    if not 1 <= port <= 65535 - LARGEST_OFFSET:
        raise SettingsError(f"WEBVISIO_PORT must lie between 1 and {65535 - LARGEST_OFFSET}")
    return port


def node() -> Path:
    """Find Node: the virtual environment's own, else the one on PATH; raises `SettingsError`."""
    folders = [str(Path(sys.executable).parent), *os.environ.get("PATH", "").split(os.pathsep)]
    for folder in folders:
        if folder and os.access(Path(folder) / "node", os.X_OK):
            return Path(folder) / "node"
    raise SettingsError("Node is missing: `make run` brings it into the virtual environment")


def proxy_script() -> Path:
    """Find the proxy that the set-up installed; raises `SettingsError`."""
    script = CHECKOUT / "hub_config/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    if not script.exists():
        raise SettingsError("the proxy is not installed: `make run` installs it")
    return script
