"""The server extension: it tells JupyterLab where the rooms are, and nothing else.

Invariant: nothing secret passes here. What is put in the page is public to any
script of the page, and the requests of the lab extension are those of the
person in the browser, with their own cookies, never with this server's token.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from traitlets import TraitError, Unicode, validate
from traitlets.config import Configurable

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from traitlets.utils.bunch import Bunch

ROOMS_PATH = "services/rooms/"


class WebVisio(Configurable):
    """Where the training rooms are, for the browser."""

    rooms_url = Unicode(
        help="""Path (or same-origin URL) of the rooms service as the browser sees it, ending in a slash.

        Empty where this server is not run by a hub: the lab extension then stays silent.
        """
    ).tag(config=True)

    @validate("rooms_url")
    def _ends_in_a_slash(self, proposal: "Bunch") -> str:
        url = str(proposal.value)
        if not url:
            return url
        if urlsplit(url).scheme not in ("", "http", "https"):
            raise TraitError("WebVisio.rooms_url is a path or an http(s) URL")
        return url if url.endswith("/") else url + "/"


def rooms_path(environ: Mapping[str, str]) -> str:
    """Give the public path of the rooms service beside the hub that started this server, or ''."""
    base = environ.get("JUPYTERHUB_BASE_URL", "")
    return f"{base.rstrip('/')}/{ROOMS_PATH}" if base else ""


def _load_jupyter_server_extension(serverapp: "ServerApp") -> None:
    """Put the rooms' address in JupyterLab's page configuration."""
    settings = WebVisio(parent=serverapp)
    page_config = serverapp.web_app.settings.setdefault("page_config_data", {})
    page_config["webvisioRoomsUrl"] = settings.rooms_url or rooms_path(os.environ)
