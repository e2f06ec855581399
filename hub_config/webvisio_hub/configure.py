"""Configures JupyterHub for this platform, from what the supervisor says in the environment."""

import logging
import os
import sys
from pathlib import Path

from jupyterhub.auth import Authenticator
from traitlets.config import Config

from webvisio_hub import roles
from webvisio_hub.accounts.authenticator import LocalAccounts
from webvisio_hub.contract import contract_authenticator
from webvisio_hub.landing import landing_page
from webvisio_hub.pages.localised import Localised
from webvisio_hub.privacy import discretion
from webvisio_hub.settings import home, required
from webvisio_hub.spawner import PersonalSpawner, why_not_separated
from webvisio_hub.supervision.layout import CHECKOUT, layout_from
from webvisio_hub.supervision.marked import RUN_VARIABLE


def configure(c: Config, inner_authenticator: type[Authenticator] = LocalAccounts) -> None:
    """Set everything; a configuration file may change any of it afterwards."""
    layout = layout_from()
    here = f"http://127.0.0.1:{layout.ports.hub}"
    _hub(c, here)
    _proxy(c, layout.ports.proxy_api, layout.bind, layout.ports.public)
    _people(c, inner_authenticator)
    _services(c)
    _pages(c)
    _servers(c)
    _logs(c)
    if enforced := os.environ.get("WEBVISIO_ENFORCED_PUBLIC_URL"):
        c.JupyterHub.public_url = enforced + "/"
    c.JupyterHub.tornado_settings = {"webvisio_public_url": layout.public_url}


def _hub(c: Config, here: str) -> None:
    c.JupyterHub.hub_bind_url = here
    c.JupyterHub.db_url = required("WEBVISIO_HUB_DATABASE")
    c.JupyterHub.cookie_secret = bytes.fromhex(required("WEBVISIO_HUB_COOKIE_SECRET"))
    c.JupyterHub.upgrade_db = True
    c.JupyterHub.trusted_downstream_ips = required("WEBVISIO_TRUSTED_PROXIES").split(",")
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.cleanup_proxy = False
    c.JupyterHub.authenticate_prometheus = True
    c.JupyterHub.concurrent_spawn_limit = 20


def _proxy(c: Config, api_port: int, bind: str, port: int) -> None:
    c.JupyterHub.bind_url = f"http://{bind}:{port}"
    # at this pace the hub compares the proxy's routes with its own: one that was started again knows none
    c.JupyterHub.last_activity_interval = 5
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{api_port}"
    c.ConfigurableHTTPProxy.auth_token = required("CONFIGPROXY_AUTH_TOKEN")


def _people(c: Config, inner_authenticator: type[Authenticator]) -> None:
    c.JupyterHub.authenticator_class = contract_authenticator(inner_authenticator)
    c.JupyterHub.custom_scopes = roles.CUSTOM_SCOPES
    c.JupyterHub.load_groups = roles.GROUPS
    c.JupyterHub.load_roles = roles.ROLES
    c.JupyterHub.default_url = landing_page
    c.JupyterHub.allow_named_servers = False
    c.Authenticator.admin_users = {roles.FIRST_ADMIN}


def _services(c: Config) -> None:
    ports = layout_from().ports.tcp
    urls = {name: f"http://127.0.0.1:{ports[name]}" for name in ("billing", "rooms")}
    tokens = {name: required(f"WEBVISIO_{name.upper()}_TOKEN") for name in urls}
    c.JupyterHub.services = roles.services(urls, tokens)


def _pages(c: Config) -> None:
    c.JupyterHub.template_paths = [str(CHECKOUT / "hub_config" / "templates")]
    c.JupyterHub.jinja_environment_options = {"extensions": [Localised]}
    c.JupyterHub.logo_file = str(Path(__file__).parent / "static" / "mark.svg")


def _servers(c: Config) -> None:
    homes = home() / "homes"
    homes.mkdir(mode=0o711, parents=True, exist_ok=True)
    environment = {
        RUN_VARIABLE: os.environ.get(RUN_VARIABLE, ""),
        "JUPYTER_CONFIG_PATH": str(CHECKOUT / "hub_config" / "singleuser"),
        "WEBVISIO_PUBLIC_URL": required("WEBVISIO_PUBLIC_URL"),
    }
    c.JupyterHub.spawner_class = PersonalSpawner
    c.PersonalSpawner.separates_people = why_not_separated(homes) is None
    c.PersonalSpawner.courses_dir = str(CHECKOUT / "notebooks")
    c.Spawner.cmd = [str(Path(sys.executable).parent / "jupyterhub-singleuser")]
    c.Spawner.default_url = "/lab"
    c.Spawner.environment = environment
    c.Spawner.server_token_scopes = roles.SERVER_TOKEN_SCOPES
    c.Spawner.http_timeout = 60
    c.Spawner.start_timeout = 120
    c.Spawner.consecutive_failure_limit = 0  # servers that fail are no reason to end the hub
    # a server with collaboration can hang on a worker thread: ask briefly, then insist
    c.LocalProcessSpawner.interrupt_timeout = 3
    c.LocalProcessSpawner.term_timeout = 2


def _logs(c: Config) -> None:
    handlers = ["console"]
    c.JupyterHub.log_level = logging.INFO
    c.Application.logging_config = {
        "filters": {"discretion": {"()": discretion}},
        "handlers": {"console": {"filters": ["discretion"]}},
        "loggers": {"webvisio_entitlements": {"level": "INFO", "handlers": handlers, "propagate": False}},
    }
