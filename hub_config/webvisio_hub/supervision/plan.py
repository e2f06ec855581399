"""The children of the supervisor: what is started, with which secrets, and how each is known to be up.

A child gets the secrets it needs and no other: the hub knows both services'
tokens, a service only its own, the proxy its own alone.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from webvisio_hub.supervision.layout import CHECKOUT, Layout, node, proxy_script
from webvisio_hub.supervision.marked import RUN_VARIABLE
from webvisio_hub.supervision.secrets_file import Secrets

LOOPBACK: Final = ("127.0.0.1", "::1")
"""A TLS proxy on this machine comes from here; so does our own proxy."""
SERVICES: Final = ("billing", "rooms")
_PYTHON: Final = (sys.executable, "-I", "-m")


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """One process: its command, its own variables, and the address that answers once it is up."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    health_url: str
    stop_timeout_s: float = 5.0


def children(layout: Layout, secrets: Secrets, run_id: str) -> tuple[ChildPlan, ...]:
    """Plan every child, in the order in which they are stopped, last one first."""
    shared = shared_environment(layout, run_id)
    services = [_service(name, layout, secrets, shared) for name in SERVICES]
    return (_proxy(layout, secrets, shared), *services, _hub(layout, secrets, shared))


_SECRETS_OF_BILLING = ("WEBVISIO_PAYPAL_CLIENT_SECRET", "WEBVISIO_WEBHOOK_SECRET")
"""What the operator gives to billing, and nobody else inherits."""


def shared_environment(layout: Layout, run_id: str) -> dict[str, str]:
    """Build what every child inherits: this process's environment and where the platform is; no secret."""
    inherited = {name: value for name, value in os.environ.items() if not _is_private(name)}
    return inherited | {
        RUN_VARIABLE: run_id,
        "WEBVISIO_HOME": str(layout.home),
        "WEBVISIO_PORT": str(layout.ports.public),
        "WEBVISIO_PUBLIC_URL": layout.public_url,
        "WEBVISIO_TRUSTED_PROXIES": ",".join([*LOOPBACK, *_named_proxies()]),
        "WEBVISIO_BILLING_URL": layout.service_url("billing"),
        "WEBVISIO_ROOMS_URL": layout.service_url("rooms"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }


def service_environment(name: str, layout: Layout, secrets: Secrets) -> dict[str, str]:
    """Build a service's own variables: those that JupyterHub gives to a managed service, and its secrets."""
    token = {"billing": secrets.billing_token, "rooms": secrets.rooms_token}[name]
    prefix = f"/services/{name}/"
    scopes = json.dumps([f"access:services!service={name}"])
    own = {
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{layout.ports.hub}/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": f"service-{name}",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": scopes,
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
        "JUPYTERHUB_OAUTH_SCOPES": scopes,
        "JUPYTERHUB_SERVICE_NAME": name,
        "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{layout.ports.tcp[name]}",
        "WEBVISIO_COOKIE_SECRET": secrets.service_cookie_secret,
        "WEBVISIO_INTERNAL_TOKEN": secrets.internal_token,
        f"WEBVISIO_{name.upper()}_DATABASE": os.environ.get(
            f"WEBVISIO_{name.upper()}_DATABASE", layout.database_url(name)
        ),
    }
    if name == "billing":
        # its pages are the hub's templates with our extensions, rendered by itself
        own["WEBVISIO_TEMPLATE_PATHS"] = str(CHECKOUT / "hub_config" / "templates")
        own["WEBVISIO_TEMPLATE_EXTENSIONS"] = "webvisio_hub.pages.localised.Localised"
        own |= {variable: os.environ[variable] for variable in _SECRETS_OF_BILLING if variable in os.environ}
    if name == "rooms":
        own["WEBVISIO_MEDIA_UDP_PORT"] = os.environ.get("WEBVISIO_MEDIA_UDP_PORT", str(layout.ports.media))
        if turn_secret := os.environ.get("WEBVISIO_TURN_SECRET"):
            own["WEBVISIO_TURN_SECRET"] = turn_secret
    return own


def _service(name: str, layout: Layout, secrets: Secrets, shared: Mapping[str, str]) -> ChildPlan:
    return ChildPlan(
        name=name,
        command=(*_PYTHON, f"webvisio_{name}"),
        environment={**shared, **service_environment(name, layout, secrets)},
        health_url=f"{layout.service_url(name)}health",
    )


def _proxy(layout: Layout, secrets: Secrets, shared: Mapping[str, str]) -> ChildPlan:
    command = (
        str(node()),
        str(proxy_script()),
        *("--ip", layout.bind, "--port", str(layout.ports.public)),
        *("--api-ip", "127.0.0.1", "--api-port", str(layout.ports.proxy_api)),
        *("--error-target", f"http://127.0.0.1:{layout.ports.hub}/hub/error"),
        *("--log-level", "warn"),
    )
    return ChildPlan(
        name="proxy",
        command=command,
        environment={**shared, "CONFIGPROXY_AUTH_TOKEN": secrets.proxy_token},
        health_url=f"{layout.front_door}/_chp_healthz",
    )


def _hub(layout: Layout, secrets: Secrets, shared: Mapping[str, str]) -> ChildPlan:
    own = {
        "CONFIGPROXY_AUTH_TOKEN": secrets.proxy_token,
        "JUPYTERHUB_CRYPT_KEY": secrets.auth_state_key,
        "WEBVISIO_BILLING_TOKEN": secrets.billing_token,
        "WEBVISIO_HUB_COOKIE_SECRET": secrets.hub_cookie_secret,
        "WEBVISIO_HUB_DATABASE": os.environ.get("WEBVISIO_HUB_DATABASE", layout.database_url("hub")),
        "WEBVISIO_INTERNAL_TOKEN": secrets.internal_token,
        "WEBVISIO_PSEUDONYM_KEY": secrets.pseudonym_key,
        "WEBVISIO_ROOMS_TOKEN": secrets.rooms_token,
    }
    if layout.has_public_url:
        own["WEBVISIO_ENFORCED_PUBLIC_URL"] = layout.public_url
    config = os.environ.get("WEBVISIO_HUB_CONFIG", str(CHECKOUT / "hub_config/jupyterhub_config.py"))
    return ChildPlan(
        name="hub",
        command=(*_PYTHON, "jupyterhub", "--config", config),
        environment={**shared, **own},
        health_url=f"{layout.front_door}/hub/health",  # by the proxy: the hub has told it its routes
        stop_timeout_s=12.0,
    )


def _named_proxies() -> list[str]:
    """Read the operator's own list of proxies on other machines."""
    given = os.environ.get("WEBVISIO_TRUSTED_PROXIES", "")
    return [address.strip() for address in given.split(",") if address.strip() not in ("", *LOOPBACK)]


def _is_private(name: str) -> bool:
    """Tell whether a variable of the operator's shell is kept from the children."""
    return name.startswith(("JUPYTERHUB_", "CONFIGPROXY_", "WEBVISIO_CREDENTIALS")) or name.endswith(
        ("_TOKEN", "_SECRET", "_PASSWORD")
    )
