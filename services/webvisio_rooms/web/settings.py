"""What the handlers know of the service they are part of."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth

from webvisio_rooms.application.custody import CustomerCustody
from webvisio_rooms.application.files import Files
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.application.shared import Shared
from webvisio_rooms.web.vigil import Vigil

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`prefix` is the service's path, `base_url` the hub's; `public_url` is what links begin with."""

    rooms: Rooms
    shared: Shared
    files: Files
    custody: CustomerCustody
    hub: HubOAuth
    prefix: str
    base_url: str
    public_url: str
    cookie_secret: str
    internal_token: str
    vigil: Vigil
    static: Path = STATIC

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over HTTPS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def hub_prefix(self) -> str:
        return f"{self.base_url}hub/"

    def link(self, code: str) -> str:
        """Write out the link of a room."""
        return f"{self.public_url.rstrip('/')}{self.prefix}r/{code}"

    def lab_url(self, room_id: str) -> str:
        """Where one's own JupyterLab starts with the room open in it."""
        return f"{self.hub_prefix}user-redirect/lab?webvisio-room={room_id}"
